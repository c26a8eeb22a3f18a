import type { Family } from '../../../src/bgp/prefix.ts';
import { u16, u32, u8 } from '../record/octets.ts';
import { HEADER_BYTES, TYPE } from '../record/record-types.ts';

/** IANA's address family numbers in a RIB_GENERIC record: IPv4, IPv6, L2VPN, BGP-LS. */
const GENERIC_AFIS: ReadonlySet<number> = new Set([1, 2, 25, 16_388]);
/** First octets of assigned IPv6 prefixes: ::/8, 2000::/3, fc00::/7, fe80::/9, ff00::/8. */
const isIpv6Octet = (octet: number): boolean => octet === 0 || octet >> 5 === 1 || octet >= 0xfc;

/** Numbers of unicast kinds of routes, as `DumpCheck` keeps them. */
const KINDS: ReadonlyMap<number, Family> = new Map([
  [0x101, 'ipv4'],
  [0x201, 'ipv6'],
]);

/** Bytes before the message: microseconds, two AS numbers, interface, family, two IPv6 addresses. */
const MOST_FIELD_BYTES = 4 + 8 + 4 + 32;

/** What kind of route a RIB record carries. */
export interface RouteKind {
  /** 1 IPv4, 2 IPv6; other address families only in RIB_GENERIC. */
  readonly afi: number;
  /** 1 unicast, 2 multicast; others only in RIB_GENERIC. */
  readonly safi: number;
}

/**
 * Checks that all records of one RIB dump were read: RFC 6396 numbers them from 0. Only if the numbers are complete,
 * and each record contains what it declares, does a missing route prove that a peer has none.
 *
 * - Numbers go on from family to family, as Quagga, FRR, BIRD and OpenBGPD write them, or begin at 0 with each.
 * - TABLE_DUMP's 16 bits wrap. A writer that numbers nothing writes 0 everywhere, as RIS did in 2000.
 * - The records of a family are contiguous. A single one among others is a record with a damaged subtype.
 */
export class DumpCheck {
  #flaw: string | undefined;
  readonly #numbers: number;
  #records = 0;
  #next = 0;
  #highest = 0;
  #isUnnumbered = false;
  #kind = -1;
  readonly #kinds = new Map<number, { records: number; isPlausible: boolean }>();

  /**
   * @param numbers how many different sequence numbers there are: 2 ** 32 in TABLE_DUMP_V2, 2 ** 16 in TABLE_DUMP.
   * @param flaw what is wrong with it from the start.
   */
  constructor(numbers: number, flaw?: string) {
    this.#numbers = numbers;
    this.#flaw = flaw;
  }

  /** Records why missing routes in the dump prove nothing. The first reason is stored. */
  doubt(reason: string): void {
    this.#flaw ??= reason;
  }

  /**
   * One record that was read.
   *
   * @param number its sequence number.
   * @param octet the first octet of its prefix.
   */
  record(number: number, { afi, safi }: RouteKind, octet: number): void {
    const kind = afi * 256 + safi;
    const isNew = kind !== this.#kind;
    this.#number(number, isNew);
    const known = this.#kinds.get(kind);
    if (known === undefined) {
      const isPlausible = safi === 1 && (afi === 1 || isIpv6Octet(octet));
      this.#kinds.set(kind, { records: 1, isPlausible });
    } else {
      known.records++;
      if (isNew) this.doubt('records of one family are among those of another');
    }
    this.#kind = kind;
  }

  /** What the next record must be so that it can be skipped; `undefined`: each record must be read. */
  get expected(): { readonly family: Family; readonly number: number } | undefined {
    const family = KINDS.get(this.#kind);
    return family === undefined || this.#isUnnumbered ? undefined : { family, number: this.#next };
  }

  /** Call after skipping `count` expected records; `next` is the number after them. */
  pass(records: number, next: number): void {
    this.#records += records;
    this.#next = next;
    this.#highest = (next + this.#numbers - 1) % this.#numbers;
    const known = this.#kinds.get(this.#kind);
    if (known !== undefined) known.records += records;
  }

  /** Why missing routes in the dump prove nothing; `undefined`: the dump is complete. */
  end(): string | undefined {
    for (const { records, isPlausible } of this.#kinds.values()) {
      if (records === 1 && !isPlausible && this.#kinds.size > 1)
        this.doubt('a single record of another family is in it');
    }
    return this.#flaw;
  }

  #number(number: number, isNewKind: boolean): void {
    const isFirst = this.#records++ === 0;
    if (number === this.#next && !this.#isUnnumbered) this.#highest = number;
    else if (number === 0 && this.#highest === 0 && !isFirst) this.#isUnnumbered = true;
    else if (number !== 0 || !isNewKind) this.#hole(number, isFirst);
    this.#next = (number + 1) % this.#numbers;
  }

  #hole(number: number, isFirst: boolean): void {
    const before = isFirst ? 'the first has' : `number ${this.#next - 1} is followed by`;
    this.doubt(`its records are not all there: ${before} number ${number}`);
  }
}

/** Reads which routes a TABLE_DUMP_V2 record carries; `undefined` for subtypes and families that no program writes. */
export function routeKindOf(bytes: Uint8Array, body: number, subtype: number): RouteKind | undefined {
  switch (subtype) {
    case 2:
    case 8:
      return { afi: 1, safi: 1 };
    case 3:
    case 9:
      return { afi: 1, safi: 2 };
    case 4:
    case 10:
      return { afi: 2, safi: 1 };
    case 5:
    case 11:
      return { afi: 2, safi: 2 };
    case 6:
    case 12: {
      const afi = u16(bytes, body + 4);
      return GENERIC_AFIS.has(afi) ? { afi, safi: u8(bytes, body + 6) } : undefined;
    }
    default:
      return undefined;
  }
}

/**
 * Whether a record of type BGP4MP is what it says: a message with its marker (RFC 4271 section 4.1), or a change
 * between two states that exist. A damaged RIB record is not, so it does not end its dump.
 */
export function isMessage(bytes: Uint8Array, start: number, end: number): boolean {
  const type = u16(bytes, start + 4);
  if (type !== TYPE.bgp4mp && type !== TYPE.bgp4mpEt) return false;
  const subtype = u16(bytes, start + 6);
  const asBytes = subtype === 4 || subtype === 5 || subtype === 7 || subtype === 9 || subtype === 11 ? 4 : 2;
  const afiAt = start + HEADER_BYTES + (type === TYPE.bgp4mpEt ? 4 : 0) + 2 * asBytes + 2;
  const at = afiAt + 2 + (u16(bytes, afiAt) === 1 ? 8 : 32);
  if (subtype === 0 || subtype === 5) return at + 4 <= end && u16(bytes, at) <= 8 && u16(bytes, at + 2) <= 8;
  return at + 16 <= end && hasMarkerAt(bytes, at);
}

/**
 * Whether a record contains a BGP message, behind fields of any kind. It looks only as far as the fields of BGP4MP_ET
 * reach.
 */
export function holdsMessage(bytes: Uint8Array, start: number, end: number): boolean {
  const last = Math.min(end - 16, start + HEADER_BYTES + MOST_FIELD_BYTES);
  for (let at = start + HEADER_BYTES; at <= last; at++) if (hasMarkerAt(bytes, at)) return true;
  return false;
}

/** The 16 octets of ones that begin a BGP message. */
function hasMarkerAt(bytes: Uint8Array, at: number): boolean {
  return (
    u32(bytes, at) === 0xffff_ffff &&
    u32(bytes, at + 4) === 0xffff_ffff &&
    u32(bytes, at + 8) === 0xffff_ffff &&
    u32(bytes, at + 12) === 0xffff_ffff
  );
}
