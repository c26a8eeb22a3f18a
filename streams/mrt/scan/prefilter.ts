import { u16, u8 } from '../record/octets.ts';
import { HEADER_BYTES, PEER_INDEX_TABLE, TYPE } from '../record/record-types.ts';
import { spaceOf, type AddressSpace, type WatchedBlocks } from './watched.ts';

/** The result of reading some NLRI. */
const CLEAR = 0;
const CONCERNS = 1;
/** The bytes cannot be read as NLRI: the decoder decides. */
const UNREADABLE = 2;
type Relevance = typeof CLEAR | typeof CONCERNS | typeof UNREADABLE;

const AFI_IPV4 = 1;
const AFI_IPV6 = 2;
const SAFI_UNICAST = 1;
const SAFI_MULTICAST = 2;

const BGP_HEADER_BYTES = 19;
const BGP_UPDATE = 2;
const MP_REACH = 14;
const MP_UNREACH = 15;
/** Attribute flag "extended length", RFC 4271 section 4.3. */
const EXTENDED = 0x10;

/**
 * Looks at the NLRI of a record and at nothing else. A record that names only prefixes which cannot concern a watched
 * block stops here: that is all but one in 10,000 of them when a country is watched. Peer index tables, state changes,
 * End-of-RIB, what cannot be walked and the old types pass: the decoder reads those.
 *
 * It is a class although it has no mutable state: with closures, the JIT compiler would discard and rebuild its inlined
 * code for each file.
 */
export class Prefilter {
  readonly #ipv4: AddressSpace;
  readonly #ipv6: AddressSpace;

  constructor(watch: WatchedBlocks) {
    this.#ipv4 = spaceOf(watch, 'ipv4');
    this.#ipv6 = spaceOf(watch, 'ipv6');
  }

  /** Whether the record `bytes[start..end)`, header included, has to be decoded. */
  passes(bytes: Uint8Array, start: number, end: number): boolean {
    const type = u16(bytes, start + 4);
    const subtype = u16(bytes, start + 6);
    const body = start + HEADER_BYTES;
    if (type === TYPE.bgp4mp) return this.#messagePasses(bytes, body, end, subtype);
    if (type === TYPE.tableDump2) return this.#ribPasses(bytes, body, end, subtype);
    // BGP4MP_ET has four bytes of microseconds first, RFC 6396 section 3.
    if (type === TYPE.bgp4mpEt) return this.#messagePasses(bytes, body + 4, end, subtype);
    if (type === TYPE.tableDump) return this.#tablePasses(bytes, body, end, subtype);
    return true;
  }

  /** RFC 6396 section 4.4, RFC 8050 section 3. */
  #messagePasses(bytes: Uint8Array, body: number, end: number, subtype: number): boolean {
    const asBytes = subtype === 1 || subtype === 6 || subtype === 8 || subtype === 10 ? 2 : 4;
    const isMessage = asBytes === 2 || subtype === 4 || subtype === 7 || subtype === 9 || subtype === 11;
    if (!isMessage) return true;

    const afiAt = body + 2 * asBytes + 2;
    const afi = u16(bytes, afiAt);
    if (afi !== AFI_IPV4 && afi !== AFI_IPV6) return true;
    const message = afiAt + 2 + (afi === AFI_IPV4 ? 8 : 32);
    if (message + BGP_HEADER_BYTES > end || u16(bytes, message + 16) !== end - message) return true;
    for (let i = message; i < message + 16; i++) {
      if (bytes[i] !== 0xff) return true;
    }
    const kind = u8(bytes, message + 18);
    // OPEN, NOTIFICATION, KEEPALIVE and ROUTE-REFRESH carry no route.
    if (kind !== BGP_UPDATE) return kind === 0 || kind > 5;
    return this.#updatePasses(bytes, message + BGP_HEADER_BYTES, end, subtype >= 8);
  }

  /** RFC 4271 section 4.3: withdrawn routes, attributes, NLRI. */
  #updatePasses(bytes: Uint8Array, at: number, end: number, addPath: boolean): boolean {
    const withdrawnEnd = at + 2 + u16(bytes, at);
    const attributes = withdrawnEnd + 2;
    if (attributes > end) return true;
    const attributesEnd = attributes + u16(bytes, withdrawnEnd);
    if (attributesEnd > end) return true;

    if (walk(bytes, at + 2, withdrawnEnd, this.#ipv4, 32, addPath) !== CLEAR) return true;
    if (walk(bytes, attributesEnd, end, this.#ipv4, 32, addPath) !== CLEAR) return true;
    const named = withdrawnEnd > at + 2 || end > attributesEnd;
    return this.#attributesPass(bytes, attributes, attributesEnd, named, addPath);
  }

  /** `named`: the UPDATE named prefixes outside its attributes. One that names none at all is an End-of-RIB. */
  // oxlint-disable-next-line max-params -- no object a record or route where millions pass
  #attributesPass(bytes: Uint8Array, from: number, end: number, named: boolean, addPath: boolean): boolean {
    let seen = 0;
    let at = from;
    while (at < end) {
      const isLong = (u8(bytes, at) & EXTENDED) !== 0;
      const type = u8(bytes, at + 1);
      const value = at + (isLong ? 4 : 3);
      const length = isLong ? u16(bytes, at + 2) : u8(bytes, at + 2);
      if (value > end || value + length > end) return true;
      if (type === MP_REACH || type === MP_UNREACH) {
        // An attribute that occurs twice is an error for the decoder.
        if ((seen & (1 << (type - MP_REACH))) !== 0) return true;
        seen |= 1 << (type - MP_REACH);
        const found =
          type === MP_REACH
            ? this.#reach(bytes, value, value + length, addPath)
            : this.#unreach(bytes, value, value + length, addPath);
        if (found !== CLEAR) return true;
      }
      at = value + length;
    }
    return !named && seen === 0;
  }

  /** RFC 4760 section 3. A next hop of unknown length is left to the decoder. */
  #reach(bytes: Uint8Array, at: number, end: number, addPath: boolean): Relevance {
    if (at + 5 > end) return UNREADABLE;
    const safi = u8(bytes, at + 2);
    const hop = u8(bytes, at + 3);
    if (safi === SAFI_MULTICAST) return CLEAR;
    if (safi !== SAFI_UNICAST || (hop !== 4 && hop !== 16 && hop !== 32)) return UNREADABLE;
    const nlri = at + 5 + hop;
    if (nlri > end) return UNREADABLE;
    return nlri === end ? UNREADABLE : this.#walkFamily(bytes, nlri, end, u16(bytes, at), addPath);
  }

  /** RFC 4760 section 4. Without prefixes it is the family's End-of-RIB, RFC 4724 section 2. */
  #unreach(bytes: Uint8Array, at: number, end: number, addPath: boolean): Relevance {
    if (at + 3 >= end) return UNREADABLE;
    const safi = u8(bytes, at + 2);
    if (safi === SAFI_MULTICAST) return CLEAR;
    return safi === SAFI_UNICAST ? this.#walkFamily(bytes, at + 3, end, u16(bytes, at), addPath) : UNREADABLE;
  }

  // oxlint-disable-next-line max-params -- no object a record or route where millions pass
  #walkFamily(bytes: Uint8Array, at: number, end: number, afi: number, addPath: boolean): Relevance {
    if (afi === AFI_IPV4) return walk(bytes, at, end, this.#ipv4, 32, addPath);
    return afi === AFI_IPV6 ? walk(bytes, at, end, this.#ipv6, 128, addPath) : UNREADABLE;
  }

  /** RFC 6396 sections 4.3.2 and 4.3.3; only the prefix is looked at. */
  #ribPasses(bytes: Uint8Array, body: number, end: number, subtype: number): boolean {
    const at = body + 4;
    switch (subtype) {
      case PEER_INDEX_TABLE:
        return true;
      case 2:
      case 8:
        return prefixPasses(bytes, at, end, this.#ipv4, 32);
      case 4:
      case 10:
        return prefixPasses(bytes, at, end, this.#ipv6, 128);
      case 3:
      case 5:
      case 9:
      case 11:
        return false;
      case 6:
      case 12:
        return this.#genericPasses(bytes, at, end);
      default:
        return true;
    }
  }

  #genericPasses(bytes: Uint8Array, at: number, end: number): boolean {
    const afi = u16(bytes, at);
    const safi = u8(bytes, at + 2);
    if (safi === SAFI_MULTICAST) return false;
    if (safi !== SAFI_UNICAST) return true;
    if (afi === AFI_IPV4) return prefixPasses(bytes, at + 3, end, this.#ipv4, 32);
    return afi === AFI_IPV6 ? prefixPasses(bytes, at + 3, end, this.#ipv6, 128) : true;
  }

  /** RFC 6396 section 4.2; RIS of 2000 puts many entries into one record. */
  #tablePasses(bytes: Uint8Array, body: number, end: number, subtype: number): boolean {
    const addressBytes = subtype === 1 || subtype === 3 ? 4 : 16;
    const space = addressBytes === 4 ? this.#ipv4 : this.#ipv6;
    const fixed = 2 * addressBytes + (subtype <= 2 ? 10 : 12);
    let at = body + 4;
    if (at >= end) return true;
    while (at < end) {
      if (at + fixed > end) return true;
      const length = u8(bytes, at + addressBytes);
      if (length > addressBytes * 8 || space.concerns(bytes, at, length)) return true;
      at += fixed + u16(bytes, at + fixed - 2);
    }
    return at !== end;
  }
}

// oxlint-disable-next-line max-params -- no object a record or route where millions pass
function prefixPasses(bytes: Uint8Array, at: number, end: number, space: AddressSpace, bits: number): boolean {
  const length = u8(bytes, at);
  if (length > bits || at + 1 + ((length + 7) >> 3) > end) return true;
  return space.concerns(bytes, at + 1, length);
}

/** RFC 4271 section 4.3; with ADD-PATH four bytes of path identifier come before each prefix, RFC 7911 section 3. */
// oxlint-disable-next-line max-params -- no object a record or route where millions pass
function walk(
  bytes: Uint8Array,
  from: number,
  end: number,
  space: AddressSpace,
  bits: number,
  addPath: boolean,
): Relevance {
  let at = from;
  while (at < end) {
    if (addPath) at += 4;
    if (at >= end) return UNREADABLE;
    const length = bytes[at] ?? 0;
    const next = at + 1 + ((length + 7) >> 3);
    if (length > bits || next > end) return UNREADABLE;
    // A default route is rare, and unannounced path identifiers look like one. The decoder distinguishes them.
    if (length === 0) return UNREADABLE;
    if (space.concerns(bytes, at + 1, length)) return CONCERNS;
    at = next;
  }
  return CLEAR;
}
