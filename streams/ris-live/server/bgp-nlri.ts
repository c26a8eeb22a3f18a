import { addressText } from '../../../src/bgp/prefix.ts';
import type { Nlri } from '../../bgp-message/nlri.ts';

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

/** True when every address of `inner` lies in `outer`; equal prefixes cover each other. */
export function covers(outer: Nlri, inner: Nlri): boolean {
  if (outer.family !== inner.family || outer.length > inner.length) return false;
  for (let i = 0, bits = outer.length; bits > 0; i++, bits -= 32) {
    const difference = (outer.words[i] ?? 0) ^ (inner.words[i] ?? 0);
    if ((bits >= 32 ? difference : difference >>> (32 - bits)) !== 0) return false;
  }
  return true;
}
