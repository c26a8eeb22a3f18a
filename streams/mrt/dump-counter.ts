import { addressText, type AddressWords, type Family } from '../../src/bgp/prefix.ts';
import { u16, u32, u8 } from './octets.ts';
import { HEADER_BYTES, PEER_INDEX_TABLE, TYPE } from './record-types.ts';

/** One peer of a RIB dump, and how many prefixes of each family the dump carried for it, watched or not. */
export interface DumpPeer {
  readonly address: string;
  readonly asn: number;
  readonly routes: Record<Family, number>;
}

/** A RIB dump that ended: all its peers, those without routes among them. */
export interface Dump {
  /** Seconds at which it began. */
  readonly from: number;
  readonly peers: readonly DumpPeer[];
  /** RIB records (TABLE_DUMP_V2) or entries (TABLE_DUMP). */
  readonly records: number;
  /** Families of which it carried any route. */
  readonly families: readonly Family[];
  /** Why it cannot be whole, in words; `undefined` when nothing speaks against it. */
  readonly flaw: string | undefined;
}

/** A dump's IPv4 table that goes up to here and no further was cut: 200.0.0.0–223.255.255.255 is well filled everywhere. */
const LAST_IPV4_OCTET = 200;
/** Shorter tables than this say nothing by where they end. */
const TELLING_PREFIXES = 1_000;
/** RFC 6396 section 4.3.1: the peer count has 16 bits. */
const MAX_PEERS = 65_536;

/**
 * Counts the routes of every peer in RIB dumps (RFC 6396 sections 4.2 and 4.3), from all records of a file, whether the
 * prefilter lets them through or not. A prefix counts once per peer, however many ADD-PATH paths it has; multicast and
 * families other than IPv4 and IPv6 do not count.
 */
export class DumpCounter {
  #open = false;
  #isTable2 = false;
  #from = 0;
  #peers: DumpPeer[] = [];
  #counts = new Uint32Array(0);
  /** The record in which a peer was counted last. */
  #stamps = new Uint32Array(0);
  #old = new Map<string | number, number>();
  #records = 0;
  #flaw: string | undefined;
  #lastIpv4 = 0;
  #ipv4Prefixes = 0;
  #isAscending = true;

  /** Reads one record; gives back the dump that this record shows to be over. */
  record(bytes: Uint8Array, start: number, end: number): Dump | undefined {
    const type = u16(bytes, start + 4);
    if (type === TYPE.tableDump2) return this.#table2(bytes, start, end, u16(bytes, start + 6));
    if (type === TYPE.tableDump) return this.#table1(bytes, start, end, u16(bytes, start + 6));
    return this.#open ? this.close() : undefined;
  }

  /** Bytes were lost: the dump that is being read is not whole. */
  damaged(): void {
    if (this.#open) this.#flaw = 'part of the dump is damaged';
  }

  close(): Dump | undefined {
    if (!this.#open) return undefined;
    this.#open = false;
    for (const [i, { routes }] of this.#peers.entries()) {
      routes.ipv4 = this.#counts[2 * i] ?? 0;
      routes.ipv6 = this.#counts[2 * i + 1] ?? 0;
    }
    const peers = this.#peers.filter(({ address, asn }) => asn !== 0 || !isZero(address));
    const families = (['ipv4', 'ipv6'] as const).filter((family) => peers.some(({ routes }) => routes[family] > 0));
    return { from: this.#from, peers, records: this.#records, families, flaw: this.#flaw ?? this.#cut() };
  }

  #cut(): string | undefined {
    if (!this.#isAscending || this.#ipv4Prefixes < TELLING_PREFIXES || this.#lastIpv4 >>> 24 >= LAST_IPV4_OCTET)
      return undefined;
    return `the IPv4 table ends at ${addressText('ipv4', [this.#lastIpv4, 0, 0, 0])}`;
  }

  #begin(seconds: number, isTable2: boolean, peers: DumpPeer[], flaw: string | undefined): Dump | undefined {
    const before = this.close();
    this.#open = true;
    this.#isTable2 = isTable2;
    this.#from = seconds;
    this.#peers = peers;
    this.#counts = new Uint32Array(Math.max(peers.length, isTable2 ? 0 : 64) * 2);
    this.#stamps = new Uint32Array(this.#counts.length / 2);
    this.#old.clear();
    this.#records = 0;
    this.#flaw = flaw;
    this.#lastIpv4 = 0;
    this.#ipv4Prefixes = 0;
    this.#isAscending = true;
    return before;
  }

  #table2(bytes: Uint8Array, start: number, end: number, subtype: number): Dump | undefined {
    const body = start + HEADER_BYTES;
    if (subtype === PEER_INDEX_TABLE) {
      const peers = readPeers(bytes, body, end);
      return this.#begin(
        u32(bytes, start),
        true,
        peers ?? [],
        peers === undefined ? 'its list of peers cannot be read' : undefined,
      );
    }
    const isAddPath = subtype >= 8;
    let ended: Dump | undefined;
    if (!this.#open || !this.#isTable2)
      ended = this.#begin(u32(bytes, start), true, [], 'its list of peers is missing');

    let at = body + 4;
    let family = subtype === 2 || subtype === 8 ? 0 : subtype === 4 || subtype === 10 ? 1 : -1;
    if (subtype === 6 || subtype === 12) {
      if (u8(bytes, at + 2) === 1) family = u16(bytes, at) - 1;
      at += 3;
    }
    this.#records++;
    if (family === 0) this.#order(bytes, at);
    if (family === 0 || family === 1)
      this.#entries(bytes, at + 1 + ((u8(bytes, at) + 7) >> 3), end, family, isAddPath ? 10 : 6);
    return ended;
  }

  /** `fixed`: bytes of an entry before its attribute length. */
  #entries(bytes: Uint8Array, from: number, end: number, family: number, fixed: number): void {
    const counts = this.#counts;
    const stamps = this.#stamps;
    const stamp = this.#records;
    let at = from + 2;
    for (let left = u16(bytes, from); left > 0 && at + fixed + 2 <= end; left--) {
      const peer = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
      if (peer < stamps.length && stamps[peer] !== stamp) {
        stamps[peer] = stamp;
        counts[2 * peer + family] = (counts[2 * peer + family] ?? 0) + 1;
      }
      at += fixed + 2 + (((bytes[at + fixed] ?? 0) << 8) | (bytes[at + fixed + 1] ?? 0));
    }
  }

  #table1(bytes: Uint8Array, start: number, end: number, subtype: number): Dump | undefined {
    const ended = this.#open && !this.#isTable2 ? undefined : this.#begin(u32(bytes, start), false, [], undefined);
    const family = subtype === 1 || subtype === 3 ? 0 : 1;
    const addressBytes = family === 0 ? 4 : 16;
    const asBytes = subtype <= 2 ? 2 : 4;
    const fixed = 2 * addressBytes + 8 + asBytes;
    for (let at = start + HEADER_BYTES + 4; at + fixed <= end; at += fixed + u16(bytes, at + fixed - 2)) {
      const peerAt = at + addressBytes + 6;
      const peer = this.#oldPeer(bytes, peerAt, family, asBytes);
      this.#records++;
      if (family === 0) this.#orderOf(u32(bytes, at));
      this.#counts[2 * peer + family] = (this.#counts[2 * peer + family] ?? 0) + 1;
    }
    return ended;
  }

  /** TABLE_DUMP names the peer in each entry. */
  #oldPeer(bytes: Uint8Array, at: number, family: number, asBytes: number): number {
    const asAt = at + (family === 0 ? 4 : 16);
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
    this.#peers.push({ address: addressAt(bytes, at, family), asn, routes: { ipv4: 0, ipv6: 0 } });
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

/** RFC 6396 section 4.3.1; `undefined` when it does not hold what it says. */
function readPeers(bytes: Uint8Array, body: number, end: number): DumpPeer[] | undefined {
  let at = body + 6 + u16(bytes, body + 4);
  const count = u16(bytes, at);
  at += 2;
  if (at > end) return undefined;
  const peers: DumpPeer[] = [];
  for (let i = 0; i < count; i++) {
    const type = u8(bytes, at);
    const family = (type & 1) === 0 ? 0 : 1;
    const asAt = at + 5 + (family === 0 ? 4 : 16);
    const next = asAt + ((type & 2) === 0 ? 2 : 4);
    if (next > end) return undefined;
    const asn = (type & 2) === 0 ? u16(bytes, asAt) : u32(bytes, asAt);
    peers.push({ address: addressAt(bytes, at + 5, family), asn, routes: { ipv4: 0, ipv6: 0 } });
    at = next;
  }
  return peers;
}

function addressAt(bytes: Uint8Array, at: number, family: number): string {
  if (family === 0) return addressText('ipv4', [u32(bytes, at), 0, 0, 0]);
  const words: AddressWords = [u32(bytes, at), u32(bytes, at + 4), u32(bytes, at + 8), u32(bytes, at + 12)];
  return addressText('ipv6', words);
}

function isZero(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}
