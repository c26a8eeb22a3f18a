import type { Asn } from '../../../src/bgp/asn.ts';
import { u16, u32 } from '../../mrt/record/octets.ts';
import type { SessionEnd } from '../../mrt/decode/peer-state.ts';
import { HEADER_BYTES, TYPE, typeName } from '../../mrt/record/record-types.ts';
import { readBgpMessage, type BgpMessage } from './bgp-message.ts';
import { addressAt } from '../../bgp-message/address.ts';

/** The content of a record of an update file: RFC 6396 sections 4.4 and 4.5. */
export type MrtFact = MrtMessage | MrtStateChange;

/** A BGP message in an MRT record. */
export interface MrtMessage {
  readonly kind: 'message';
  /** Milliseconds since 1970, microseconds cut off. */
  readonly ms: number;
  readonly peer: SessionEnd;
  readonly local: SessionEnd;
  /** The collector sent it. */
  readonly isLocal: boolean;
  readonly message: BgpMessage;
  /** A view of the record's bytes: copy it to keep it. */
  readonly raw: Uint8Array;
}

/** A change of a session's state in an MRT record. */
export interface MrtStateChange {
  readonly kind: 'state';
  readonly ms: number;
  readonly peer: SessionEnd;
  readonly local: SessionEnd;
  readonly from: number;
  readonly to: number;
}

/** An MRT record that was read, or why it cannot be served. */
export type ReadRecord =
  | { readonly ok: true; readonly fact: MrtFact }
  /** `session`: the session, if it is known. An unreadable message still shows its sender. */
  | { readonly ok: false; readonly reason: string; readonly session?: RecordSession };

/** From which peer a record came, and when. */
export interface RecordSession {
  readonly peer: SessionEnd;
  readonly local: SessionEnd;
}

interface Form {
  readonly asWidth: 2 | 4;
  readonly isState: boolean;
  readonly isLocal: boolean;
}

/** By subtype. The ADD-PATH forms (8 to 11, RFC 8050) are left out: RIS Live's JSON has no path identifiers. */
const FORMS: Readonly<Record<number, Form>> = {
  0: { asWidth: 2, isState: true, isLocal: false },
  1: { asWidth: 2, isState: false, isLocal: false },
  4: { asWidth: 4, isState: false, isLocal: false },
  5: { asWidth: 4, isState: true, isLocal: false },
  6: { asWidth: 2, isState: false, isLocal: true },
  7: { asWidth: 4, isState: false, isLocal: true },
};
/** Idle to Established (RFC 4271 section 8.2.2), Quagga's Clearing and Deleted. */
const LAST_STATE = 8;

/** Reads the record `bytes[start..end)`, header included. */
export function readMrtRecord(bytes: Uint8Array, start: number, end: number): ReadRecord {
  const type = u16(bytes, start + 4);
  const subtype = u16(bytes, start + 6);
  const form = FORMS[subtype];
  const isExtended = type === TYPE.bgp4mpEt;
  if ((type !== TYPE.bgp4mp && !isExtended) || form === undefined) {
    return { ok: false, reason: `${typeName(type, subtype)} is not served` };
  }
  const seconds = u32(bytes, start) * 1000;
  const body = start + HEADER_BYTES + (isExtended ? 4 : 0);
  const ms = isExtended ? seconds + Math.floor(u32(bytes, start + HEADER_BYTES) / 1000) : seconds;
  const ends = readEnds(bytes, body, end, form);
  if (typeof ends === 'string') return { ok: false, reason: ends };
  return form.isState ? stateChange(bytes, end, ms, ends) : message(bytes, end, { ms, form, ends });
}

interface Ends extends RecordSession {
  /** Where what follows them begins. */
  readonly next: number;
}

function readEnds(bytes: Uint8Array, body: number, end: number, form: Form): Ends | string {
  const { asWidth, isState } = form;
  const asnAt = (at: number): Asn => (asWidth === 4 ? u32(bytes, at) : u16(bytes, at)) as Asn;
  const afiAt = body + 2 * asWidth + 2;
  const unnamed = {
    peer: { address: '0.0.0.0', asn: asnAt(body) },
    local: { address: '0.0.0.0', asn: asnAt(body + asWidth) },
  };
  // Zebra left out everything between the AS numbers and the states. FRR still does so for a connection without a peer.
  if (isState && afiAt - 2 + 4 === end) return { ...unnamed, next: afiAt - 2 };
  if (!isState && asWidth === 2 && u32(bytes, afiAt - 2) === 0xffff_ffff) return { ...unnamed, next: afiAt - 2 };

  const afi = u16(bytes, afiAt);
  if (afiAt + 2 > end) return 'record ends inside its fixed fields (RFC 6396 section 4)';
  if (afi !== 1 && afi !== 2) return 'unknown address family of the peer (RFC 6396 section 4.4.1)';
  const octets = afi === 1 ? 4 : 16;
  const next = afiAt + 2 + 2 * octets;
  if (next > end) return 'record ends inside its fixed fields (RFC 6396 section 4)';
  return {
    peer: { address: addressAt(bytes, afiAt + 2, octets), asn: unnamed.peer.asn },
    local: { address: addressAt(bytes, afiAt + 2 + octets, octets), asn: unnamed.local.asn },
    next,
  };
}

function stateChange(bytes: Uint8Array, end: number, ms: number, { peer, local, next }: Ends): ReadRecord {
  const from = u16(bytes, next);
  const to = u16(bytes, next + 2);
  if (next + 4 > end) return { ok: false, reason: 'record ends inside its fixed fields (RFC 6396 section 4)' };
  if (from > LAST_STATE || to > LAST_STATE) return { ok: false, reason: 'unknown BGP state (RFC 6396 section 4.4.1)' };
  return { ok: true, fact: { kind: 'state', ms, peer, local, from, to } };
}

interface Envelope {
  readonly ms: number;
  readonly form: Form;
  readonly ends: Ends;
}

function message(bytes: Uint8Array, end: number, { ms, form, ends }: Envelope): ReadRecord {
  const { peer, local, next } = ends;
  const isExternal = peer.asn !== local.asn;
  const read = readBgpMessage(bytes, next, end, { asWidth: form.asWidth, isExternal });
  if (!read.ok) return form.isLocal ? read : { ...read, session: { peer, local } };
  const raw = bytes.subarray(next, end);
  return { ok: true, fact: { kind: 'message', ms, peer, local, isLocal: form.isLocal, message: read.message, raw } };
}
