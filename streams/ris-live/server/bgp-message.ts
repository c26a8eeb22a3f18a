import { u16, u32, u8 } from '../../mrt/record/octets.ts';
import { readOpen, type Open } from './bgp-open.ts';
import { readUpdate, type Dialect, type Update } from './bgp-update.ts';

/** The parts of a BGP message that RIS Live's JSON contains. */
export type BgpMessage =
  | { readonly type: 'UPDATE'; readonly update: Update }
  | { readonly type: 'OPEN'; readonly open: Open }
  | { readonly type: 'NOTIFICATION'; readonly code: number; readonly subcode: number; readonly data: Uint8Array }
  | { readonly type: 'KEEPALIVE' };

/** A BGP message that was read, or why it cannot be. */
export type ReadMessage =
  | { readonly ok: true; readonly message: BgpMessage }
  /** For people; names the field and the RFC section. */
  | { readonly ok: false; readonly reason: string };

/** RFC 4271 section 4.1: 16 octets of marker, 2 of length, 1 of type. */
const HEADER_BYTES = 19;

/** Reads the one message that `bytes[from..end)` is, strict about every length. */
export function readBgpMessage(bytes: Uint8Array, from: number, end: number, dialect: Dialect): ReadMessage {
  if (end - from < HEADER_BYTES) return no('BGP message too short (RFC 4271 section 4.1)');
  for (let at = from; at < from + 16; at += 4) {
    if (u32(bytes, at) !== 0xffff_ffff) return no('marker is not all ones (RFC 4271 section 4.1)');
  }
  if (u16(bytes, from + 16) !== end - from)
    return no('BGP message length is not that of the bytes present (RFC 4271 section 4.1)');

  const body = from + HEADER_BYTES;
  switch (u8(bytes, from + 18)) {
    case 1: {
      const open = readOpen(bytes, body, end);
      return open === undefined
        ? no('OPEN malformed (RFC 4271 section 4.2)')
        : { ok: true, message: { type: 'OPEN', open } };
    }
    case 2: {
      const read = readUpdate(bytes, body, end, dialect);
      return read.ok ? { ok: true, message: { type: 'UPDATE', update: read.update } } : read;
    }
    case 3:
      if (body + 2 > end) return no('NOTIFICATION malformed (RFC 4271 section 4.5)');
      return { ok: true, message: notification(bytes, body, end) };
    case 4:
      return body === end
        ? { ok: true, message: { type: 'KEEPALIVE' } }
        : no('KEEPALIVE malformed (RFC 4271 section 4.4)');
    case 5:
      return no('ROUTE-REFRESH has no form in RIS Live');
    default:
      return no('unknown BGP message type (RFC 4271 section 4.1)');
  }
}

function notification(bytes: Uint8Array, body: number, end: number): BgpMessage {
  const data = bytes.slice(body + 2, end);
  return { type: 'NOTIFICATION', code: bytes[body] ?? 0, subcode: bytes[body + 1] ?? 0, data };
}

function no(reason: string): ReadMessage {
  return { ok: false, reason };
}
