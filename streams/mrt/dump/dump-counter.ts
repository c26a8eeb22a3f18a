import { addressText, type Family } from '../../../src/bgp/prefix.ts';
import { addressAt } from '../../bgp-message/address.ts';
import { DumpCheck, isMessage, routeKindOf } from './dump-check.ts';
import { u16, u32, u8 } from '../record/octets.ts';
import { readPeers, type DumpPeer } from './peer-index.ts';
import { GEO_PEER_TABLE, HEADER_BYTES, PEER_INDEX_TABLE, TYPE } from '../record/record-types.ts';

/** A RIB dump that ended, with all its peers, including those without routes. */
export interface Dump {
  /** Seconds at which it began. */
  readonly from: number;
  readonly peers: readonly DumpPeer[];
  /** RIB records (TABLE_DUMP_V2) or entries (TABLE_DUMP). */
  readonly records: number;
  /** Families with at least one route. */
  readonly families: readonly Family[];
  /** Why it is incomplete, in words; `undefined`: it is complete. */
  readonly flaw: string | undefined;
}

/** An IPv4 table that ends below this address was cut: 200.0.0.0–223.255.255.255 is well filled everywhere. */
const LAST_IPV4_OCTET = 200;
/** For shorter tables the last address says nothing. */
const MIN_PREFIXES = 1_000;
/** RFC 6396 section 4.3.1: the peer count has 16 bits. */
const MAX_PEERS = 65_536;

const TABLE2_NUMBERS = 2 ** 32;
const TABLE1_NUMBERS = 2 ** 16;

/** RIB records that can be skipped: what the next ones must be, and what is known about those that were skipped. */
export interface DumpPassage {
  readonly family: Family;
  /** Sequence number of the next record. */
  readonly number: number;
  /** Address of the last IPv4 prefix. */
  readonly lastIpv4: number;
}

/** The counts of skipped records. */
export interface DumpPassed extends Omit<DumpPassage, 'family'> {
  readonly records: number;
  /** Whether a prefix was below the one before it. */
  readonly descends: boolean;
}

/** Routes of the present dump that were counted elsewhere, by peer: IPv4, IPv6. */
export type PassedRoutes = (dump: number) => Uint32Array;

/** One record: `body` is where its header ends. */
interface Row {
  readonly bytes: Uint8Array;
  readonly body: number;
  readonly end: number;
  readonly subtype: number;
  /** Of event time. */
  readonly seconds: number;
}

/** Where the entries of a record are. */
interface EntryPlace {
  readonly from: number;
  readonly end: number;
  readonly family: number;
  readonly fixed: number;
}

/**
 * Counts the routes of every peer in RIB dumps (RFC 6396 sections 4.2 and 4.3), from all records of a file, including
 * those that the prefilter drops. A prefix counts once per peer, however many ADD-PATH paths it has; multicast and
 * families other than IPv4 and IPv6 do not count.
 */
export class DumpCounter {
  readonly #passed: PassedRoutes;
  #open = false;
  /** Number of dumps so far. */
  #dumps = 0;
  #isTable2 = false;
  #from = 0;
  #peers: DumpPeer[] = [];
  #counts = new Uint32Array(0);
  /** The last record in which each peer was counted. */
  #stamps = new Uint32Array(0);
  #old = new Map<string | number, number>();
  #records = 0;
  #check = new DumpCheck(TABLE2_NUMBERS);
  #lastIpv4 = 0;
  #ipv4Prefixes = 0;
  #isAscending = true;

  constructor(passed: PassedRoutes = () => new Uint32Array(0)) {
    this.#passed = passed;
  }

  /** The number of the present dump, and its peers; `undefined`: no dump is open. */
  get open(): { readonly dump: number; readonly peers: number } | undefined {
    return this.#open ? { dump: this.#dumps, peers: this.#isTable2 ? this.#peers.length : 0 } : undefined;
  }

  /** What the dump's next record must be so that it can be skipped; `undefined`: each record must be read. */
  get passage(): DumpPassage | undefined {
    const expected = this.#isTable2 ? this.#check.expected : undefined;
    return expected && { ...expected, lastIpv4: this.#lastIpv4 };
  }

  pass({ records, number, lastIpv4, descends }: DumpPassed): void {
    if (this.passage?.family === 'ipv4') this.#ipv4Prefixes += records;
    this.#records += records;
    this.#lastIpv4 = lastIpv4;
    if (descends) this.#isAscending = false;
    this.#check.pass(records, number);
  }

  /**
   * Reads one record. Returns the dump that ends with it, if any. A valid record of another type ends a dump; otherwise
   * it is a RIB record with a damaged type, and the dump continues without it.
   *
   * @param seconds event time of the record, if it can be trusted.
   */
  record(bytes: Uint8Array, start: number, end: number, seconds: number): Dump | undefined {
    const type = u16(bytes, start + 4);
    const subtype = u16(bytes, start + 6);
    const body = start + HEADER_BYTES;
    if (type === TYPE.tableDump2 && (this.#isTable2 || !this.#open)) {
      return this.#table2({ bytes, body, end, subtype, seconds });
    }
    if (type === TYPE.tableDump && (!this.#isTable2 || !this.#open)) {
      return this.#table1({ bytes, body, end, subtype, seconds });
    }
    if (!this.#open) return undefined;
    if (isMessage(bytes, start, end)) return this.close();
    if (type === TYPE.tableDump2 && subtype === PEER_INDEX_TABLE && readPeers(bytes, body, end) !== undefined) {
      return this.#table2({ bytes, body, end, subtype, seconds });
    }
    this.#check.doubt('a record of another type is among its records');
    return undefined;
  }

  /** Call when bytes were lost: the present dump is incomplete. */
  damaged(): void {
    if (this.#open) this.#check.doubt('part of the dump is damaged');
  }

  close(): Dump | undefined {
    if (!this.#open) return undefined;
    this.#open = false;
    const passed = this.#passed(this.#dumps);
    for (const [i, { routes }] of this.#peers.entries()) {
      routes.ipv4 = (this.#counts[2 * i] ?? 0) + (passed[2 * i] ?? 0);
      routes.ipv6 = (this.#counts[2 * i + 1] ?? 0) + (passed[2 * i + 1] ?? 0);
    }
    const peers = this.#peers.filter(({ address, asn }) => asn !== 0 || !isZero(address));
    const families = (['ipv4', 'ipv6'] as const).filter((family) => peers.some(({ routes }) => routes[family] > 0));
    return { from: this.#from, peers, records: this.#records, families, flaw: this.#check.end() ?? this.#cut() };
  }

  #cut(): string | undefined {
    if (!this.#isAscending || this.#ipv4Prefixes < MIN_PREFIXES || this.#lastIpv4 >>> 24 >= LAST_IPV4_OCTET)
      return undefined;
    return `the IPv4 table ends at ${addressText('ipv4', [this.#lastIpv4, 0, 0, 0])}`;
  }

  #begin(seconds: number, peers: DumpPeer[], check: DumpCheck, isTable2: boolean): Dump | undefined {
    const before = this.close();
    this.#open = true;
    this.#dumps++;
    this.#isTable2 = isTable2;
    this.#from = seconds;
    this.#peers = peers;
    this.#counts = new Uint32Array(Math.max(peers.length, isTable2 ? 0 : 64) * 2);
    this.#stamps = new Uint32Array(this.#counts.length / 2);
    this.#old.clear();
    this.#records = 0;
    this.#check = check;
    this.#lastIpv4 = 0;
    this.#ipv4Prefixes = 0;
    this.#isAscending = true;
    return before;
  }

  #table2({ bytes, body, end, subtype, seconds }: Row): Dump | undefined {
    if (subtype === PEER_INDEX_TABLE) {
      const peers = readPeers(bytes, body, end);
      const flaw = peers === undefined ? 'its list of peers cannot be read' : undefined;
      return this.#begin(seconds, peers ?? [], new DumpCheck(TABLE2_NUMBERS, flaw), true);
    }
    let ended: Dump | undefined;
    if (!this.#open)
      ended = this.#begin(seconds, [], new DumpCheck(TABLE2_NUMBERS, 'its list of peers is missing'), true);
    if (subtype === GEO_PEER_TABLE) return ended;

    this.#records++;
    const kind = routeKindOf(bytes, body, subtype);
    if (kind === undefined) {
      this.#check.doubt(`a record of subtype ${subtype} cannot be read`);
      return ended;
    }
    const at = body + (subtype === 6 || subtype === 12 ? 7 : 4);
    const bits = u8(bytes, at);
    this.#check.record(u32(bytes, body), kind, bits === 0 ? 0 : u8(bytes, at + 1));
    if (kind.afi > 2 || kind.safi > 2) return ended;

    const family = kind.safi === 1 ? kind.afi - 1 : -1;
    if (family === 0) this.#order(bytes, at);
    const isRead =
      bits <= (kind.afi === 1 ? 32 : 128) &&
      this.#entries(bytes, { from: at + 1 + ((bits + 7) >> 3), end, family, fixed: subtype >= 8 ? 10 : 6 });
    if (!isRead) this.#check.doubt(`the entries of its record ${this.#records} cannot be read`);
    return ended;
  }

  /**
   * Counts a record's entries and says whether they fill it as it declares. `fixed`: bytes of an entry before its
   * attribute length; `family`: -1 for those that do not count.
   */
  #entries(bytes: Uint8Array, { from, end, family, fixed }: EntryPlace): boolean {
    const counts = this.#counts;
    const stamps = this.#stamps;
    const stamp = this.#records;
    let at = from + 2;
    let left = u16(bytes, from);
    let hasStranger = false;
    for (; left > 0 && at + fixed + 2 <= end; left--) {
      const peer = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
      if (peer >= stamps.length) hasStranger = true;
      else if (family >= 0 && stamps[peer] !== stamp) {
        stamps[peer] = stamp;
        counts[2 * peer + family] = (counts[2 * peer + family] ?? 0) + 1;
      }
      at += fixed + 2 + (((bytes[at + fixed] ?? 0) << 8) | (bytes[at + fixed + 1] ?? 0));
    }
    if (left > 0 || at !== end) return false;
    if (hasStranger) this.#check.doubt('an entry names a peer that is not in its list');
    return true;
  }

  #table1({ bytes, body, end, subtype, seconds }: Row): Dump | undefined {
    const ended = this.#open ? undefined : this.#begin(seconds, [], new DumpCheck(TABLE1_NUMBERS), false);
    const family = subtype === 1 || subtype === 3 ? 0 : 1;
    const addressBytes = family === 0 ? 4 : 16;
    const asBytes = subtype <= 2 ? 2 : 4;
    const fixed = 2 * addressBytes + 8 + asBytes;
    let at = body + 4;
    this.#check.record(u16(bytes, body + 2), { afi: family + 1, safi: 1 }, u8(bytes, at));
    for (; at + fixed <= end; at += fixed + u16(bytes, at + fixed - 2)) {
      const peerAt = at + addressBytes + 6;
      const peer = this.#oldPeer(bytes, peerAt, family, asBytes);
      this.#records++;
      if (u8(bytes, at + addressBytes) > 8 * addressBytes) this.#check.doubt('a prefix in it cannot be read');
      if (family === 0) this.#orderOf(u32(bytes, at));
      this.#counts[2 * peer + family] = (this.#counts[2 * peer + family] ?? 0) + 1;
    }
    if (at !== end || subtype < 1 || subtype > 4) this.#check.doubt(`its record ${this.#records} cannot be read`);
    // The decoder has no reader for Zebra's four-octet forms, 3 and 4, so their routes are not among the elements.
    if (subtype === 3 || subtype === 4) this.#check.doubt('its form with four-octet AS numbers is not read');
    return ended;
  }

  /** TABLE_DUMP names the peer in each entry. */
  #oldPeer(bytes: Uint8Array, at: number, family: number, asBytes: number): number {
    const octets = family === 0 ? 4 : 16;
    const asAt = at + octets;
    const asn = asBytes === 2 ? u16(bytes, asAt) : u32(bytes, asAt);
    const key =
      family === 0 && asBytes === 2 ? u32(bytes, at) * 65_536 + asn : `${asn} ${bytes.subarray(at, asAt).join('.')}`;
    const found = this.#old.get(key);
    if (found !== undefined) return found;

    const added = this.#peers.length;
    if (added >= MAX_PEERS) return 0;
    if (added * 2 >= this.#counts.length) {
      const grown = new Uint32Array(this.#counts.length * 2);
      grown.set(this.#counts);
      this.#counts = grown;
    }
    this.#old.set(key, added);
    this.#peers.push({ address: addressAt(bytes, at, octets), asn, routes: { ipv4: 0, ipv6: 0 } });
    return added;
  }

  #order(bytes: Uint8Array, at: number): void {
    const length = u8(bytes, at);
    let value = 0;
    for (let i = 0; i < 4; i++) value = value * 256 + (i * 8 < length ? u8(bytes, at + 1 + i) : 0);
    this.#orderOf(value);
  }

  #orderOf(ipv4: number): void {
    this.#ipv4Prefixes++;
    if (ipv4 < this.#lastIpv4) this.#isAscending = false;
    this.#lastIpv4 = ipv4;
  }
}

function isZero(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}
