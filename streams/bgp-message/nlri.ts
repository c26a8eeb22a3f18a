import { familyBits, type AddressWords, type Family, type Prefix } from '../../src/bgp/prefix.ts';
import { u32 } from '../mrt/record/octets.ts';
import type { OctetRange } from './octet-range.ts';

/** A prefix of an UPDATE. Most are never printed, so the text is created on demand. Host bits are 0. */
export interface Nlri extends Pick<Prefix, 'family' | 'length' | 'words'> {
  /** With ADD-PATH (RFC 7911). */
  readonly pathId?: number;
}

/**
 * Reads a list of prefixes (RFC 4271 section 4.3) that fills its octets to the last one; `undefined` when it does not,
 * or when only an ADD-PATH that was not negotiated explains it: path identifiers read as several default routes.
 *
 * @param addPath a path identifier of four octets comes before each prefix (RFC 7911 section 3).
 */
export function readNlri(
  { bytes, from, to }: OctetRange,
  family: Family,
  addPath = false,
): readonly Nlri[] | undefined {
  const list: Nlri[] = [];
  const bits = familyBits(family);
  let defaults = 0;
  for (let at = from; at < to;) {
    const lengthAt = addPath ? at + 4 : at;
    const length = bytes[lengthAt] ?? 0;
    const next = lengthAt + 1 + ((length + 7) >> 3);
    if (length > bits || next > to) return undefined;
    if (length === 0 && !addPath && ++defaults > 1) return undefined;
    const words = wordsAt(bytes, lengthAt + 1, next, length);
    list.push(addPath ? { family, length, words, pathId: u32(bytes, at) } : { family, length, words });
    at = next;
  }
  return list;
}

function wordsAt(bytes: Uint8Array, from: number, end: number, length: number): AddressWords {
  const words: [number, number, number, number] = [0, 0, 0, 0];
  for (let i = 0; i < 4 && from + i * 4 < end; i++) {
    const at = from + i * 4;
    const word =
      at + 4 <= end
        ? u32(bytes, at)
        : (((bytes[at] ?? 0) << 24) |
            ((at + 1 < end ? (bytes[at + 1] ?? 0) : 0) << 16) |
            ((at + 2 < end ? (bytes[at + 2] ?? 0) : 0) << 8)) >>>
          0;
    const bits = length - i * 32;
    words[i] = bits >= 32 ? word : (word & (0xffff_ffff << (32 - bits))) >>> 0;
  }
  return words;
}
