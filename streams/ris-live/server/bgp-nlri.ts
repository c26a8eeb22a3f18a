import { addressText, familyBits, type AddressWords, type Family, type Prefix } from '../../../src/bgp/prefix.ts';
import { u32 } from '../../mrt/record/octets.ts';

/** A prefix of an UPDATE. Most are never printed, so the text is created on demand. Host bits are 0. */
export type Nlri = Pick<Prefix, 'family' | 'length' | 'words'>;

/**
 * Reads a list of prefixes (RFC 4271 section 4.3) that fills `bytes[from..end)` to the last octet; `undefined` when it
 * does not, or when only ADD-PATH (RFC 7911) explains it: path identifiers read as several default routes.
 */
export function readNlri(bytes: Uint8Array, from: number, end: number, family: Family): readonly Nlri[] | undefined {
  const list: Nlri[] = [];
  const bits = familyBits(family);
  let defaults = 0;
  for (let at = from; at < end;) {
    const length = bytes[at] ?? 0;
    const next = at + 1 + ((length + 7) >> 3);
    if (length > bits || next > end) return undefined;
    if (length === 0 && ++defaults > 1) return undefined;
    list.push({ family, length, words: wordsAt(bytes, at + 1, next, length) });
    at = next;
  }
  return list;
}

/** The form in announcements: RFC 5952. */
export function nlriText({ family, words, length }: Nlri): string {
  return `${addressText(family, words)}/${length}`;
}

/** As RIS Live prints withdrawals: IPv6 in full, without leading zeros, `2605:de00:bb:0:0:0:0:0/48`. */
export function withdrawnText(nlri: Nlri): string {
  if (nlri.family === 'ipv4') return nlriText(nlri);
  const groups = nlri.words.map((word) => `${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`);
  return `${groups.join(':')}/${nlri.length}`;
}

/** Text of the address of 4 or 16 octets at `at`, which are there. */
export function addressAt(bytes: Uint8Array, at: number, octets: 4 | 16): string {
  if (octets === 4) return addressText('ipv4', [u32(bytes, at), 0, 0, 0]);
  return addressText('ipv6', [u32(bytes, at), u32(bytes, at + 4), u32(bytes, at + 8), u32(bytes, at + 12)]);
}

/** True when every address of `inner` lies in `outer`; equal prefixes cover each other. */
export function covers(outer: Nlri, inner: Nlri): boolean {
  if (outer.family !== inner.family || outer.length > inner.length) return false;
  for (let i = 0, bits = outer.length; bits > 0; i++, bits -= 32) {
    const difference = (outer.words[i] ?? 0) ^ (inner.words[i] ?? 0);
    if ((bits >= 32 ? difference : difference >>> (32 - bits)) !== 0) return false;
  }
  return true;
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
