import { describe, expect, it } from 'vitest';
import { MrtDecoder } from '#bgpkit-parser-wasm';
import type { Asn } from '../../../../src/bgp/asn.ts';
import type { Collector } from '../../../../src/bgp/peer.ts';
import { readColumns, type DecodedColumns } from '../../../../streams/mrt/decode/columns.ts';
import { KnownSessions } from '../../../../streams/mrt/decode/known-sessions.ts';
import { MAX_SESSIONS, SessionBook } from '../../../../streams/mrt/decode/peer-state.ts';
import {
  ATTRIBUTES,
  ip,
  join,
  message,
  nlri,
  record,
  u16,
  u32,
  update,
  updateBody,
} from '../../../bgpkit-parser-wasm/mrt.ts';

const COLLECTOR = 'rrc00' as Collector;
const V4 = { peer: { address: '192.0.2.1', asn: 64500 }, local: { address: '192.0.2.254', asn: 64999 } };
const V6 = { peer: { address: '2001:db8::1', asn: 64501 }, local: { address: '2001:db8:0:1::', asn: 4_200_000_000 } };

describe('Sessions of a batch', () => {
  it('have both ends, over IPv4 and IPv6, with AS numbers of four octets', () => {
    const { known } = collector();
    const sessions = known.of(decoded(join(announcement(), announcement6())));
    expect(sessions).toMatchObject([V4, V6]);
    expect(sessions[1]?.peer.id).toBe('rrc00|2001:db8::1|64501');
  });

  it('are the same objects in every batch, and peers of two collectors are two peers', () => {
    const { known } = collector();
    const [first] = known.of(decoded(announcement()));
    expect(known.of(decoded(join(announcement6(), announcement())))[1]).toBe(first);
    const other = new KnownSessions('rrc01' as Collector, new SessionBook()).of(decoded(announcement()));
    expect(other[0]?.peer.id).toBe('rrc01|192.0.2.1|64500');
  });

  it('are in the book once a message named them, not while only state records do', () => {
    const { known, book } = collector();
    const unnamed = { address: '0.0.0.0', asn: 64500 as Asn };
    known.of(decoded(state()));
    expect(book.meant(unnamed)).toEqual([]);
    known.of(decoded(join(state(), announcement())));
    expect(book.meant(unnamed)).toEqual([V4.peer]);
  });

  it('are right beyond the number that is remembered', () => {
    const { known } = collector();
    for (let i = 0; i < MAX_SESSIONS; i += 256) known.of(manySessions(i, 256));
    const [late] = known.of(manySessions(MAX_SESSIONS + 5, 1));
    expect(late?.peer).toMatchObject({ address: '10.1.0.5', asn: 64500 });
    expect(known.of(manySessions(3, 1))[0]?.peer.address).toBe('10.0.0.3');
  });
});

function collector(): { readonly known: KnownSessions; readonly book: SessionBook } {
  const book = new SessionBook();
  return { known: new KnownSessions(COLLECTOR, book), book };
}

function decoded(records: Uint8Array): DecodedColumns {
  const decoder = new MrtDecoder();
  const batch = readColumns(decoder.decode(records));
  decoder.free();
  return batch;
}

function announcement(): Uint8Array {
  return update({ attributes: ATTRIBUTES, announced: nlri('175.45.176.0/24') });
}

function announcement6(): Uint8Array {
  const ends = [...ip6('20010db8000000000000000000000001'), ...ip6('20010db8000000010000000000000000')];
  const body = message(updateBody({ attributes: ATTRIBUTES, announced: nlri('175.45.177.0/24') }));
  return record(16, 4, [...u32(V6.peer.asn), ...u32(V6.local.asn), ...u16(0), ...u16(2), ...ends, ...body]);
}

/** STATE_CHANGE_AS4 from Established to Idle. */
function state(): Uint8Array {
  const ends = [...u16(0), ...u16(1), ...ip(V4.peer.address), ...ip(V4.local.address)];
  return record(16, 5, [...u32(V4.peer.asn), ...u32(V4.local.asn), ...ends, ...u16(6), ...u16(1)]);
}

/** A peer index table of `10.0.0.0` and onward. */
function manySessions(first: number, count: number): DecodedColumns {
  const entries = Array.from({ length: count }, (_, i) => [
    2,
    ...u32(i),
    ...u32(0x0a00_0000 + first + i),
    ...u32(64500),
  ]);
  return decoded(record(13, 1, [...ip('10.0.0.9'), ...u16(0), ...u16(count), ...entries.flat()]));
}

function ip6(hex: string): readonly number[] {
  return [...Buffer.from(hex, 'hex')];
}
