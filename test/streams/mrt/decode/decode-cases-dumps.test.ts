import { describe, expect, it } from 'vitest';
import type { Collector } from '../../../../src/bgp/peer.ts';
import { createRecordDecoder } from '../../../../streams/mrt/decode/decode.ts';
import { as4, ATTRIBUTES, peerIndexTable, record, rib, ribEntry, u16, u32 } from '../../../bgpkit-parser-wasm/mrt.ts';
import { COLLECTOR_GAP, decode, expectGap, GOOD, GOOD_LINE, lines, PEER_GAP, treatments } from './decode-helpers.ts';

/** What becomes of bad dumps and state records, by the number of the case. */

describe('RIB dumps', () => {
  const table = peerIndexTable({ address: '192.0.2.1', asn: 64500 }, { address: '192.0.2.2', asn: 64501 });

  it('24: an entry before any PEER_INDEX_TABLE is skipped', () => {
    const decoded = decode(rib('175.45.176.0/24', [ribEntry(0, ATTRIBUTES)]));
    expect(decoded.elements).toEqual([]);
    expect(treatments(decoded)).toEqual(['skipped']);
  });

  it('24: an entry of a peer that the table does not have is skipped, the others are used', () => {
    const decoded = decode(table, rib('175.45.176.0/24', [ribEntry(2, ATTRIBUTES), ribEntry(1, ATTRIBUTES)]));
    expect(lines(decoded)).toEqual(['rib 192.0.2.2 175.45.176.0/24 64500 4837 131279']);
    expect(treatments(decoded)).toEqual(['skipped']);
  });

  it('24: a second table replaces the first', () => {
    const second = peerIndexTable({ address: '192.0.2.3', asn: 64502 });
    const entry = rib('175.45.176.0/24', [ribEntry(0, ATTRIBUTES)]);
    expect(lines(decode(table, entry, second, entry))).toEqual([
      'rib 192.0.2.1 175.45.176.0/24 64500 4837 131279',
      'rib 192.0.2.3 175.45.176.0/24 64500 4837 131279',
    ]);
  });

  it('24: a second table that is torn does not replace the first, and is a gap: whose routes follow is unknown', () => {
    const torn = peerIndexTable({ address: '192.0.2.3', asn: 64502 }).slice(0, -1);
    torn.set(u32(torn.length - 12), 8);
    const decoded = decode(table, torn, rib('175.45.176.0/24', [ribEntry(0, ATTRIBUTES)]));
    expect(lines(decoded)).toEqual([COLLECTOR_GAP, 'rib 192.0.2.1 175.45.176.0/24 64500 4837 131279']);
  });

  it('24: each decoder has a table of its own', () => {
    const first = createRecordDecoder('rrc00' as Collector);
    const second = createRecordDecoder('rrc01' as Collector);
    first.decode(table);
    second.decode(peerIndexTable({ address: '192.0.2.9', asn: 64509 }));
    const entry = rib('175.45.176.0/24', [ribEntry(0, ATTRIBUTES)]);
    expect(lines(first.decode(entry))).toEqual(['rib 192.0.2.1 175.45.176.0/24 64500 4837 131279']);
    expect(lines(second.decode(entry))).toEqual(['rib 192.0.2.9 175.45.176.0/24 64500 4837 131279']);
  });

  it('25: 65,535 entries declared in a short record: those present are used, the rest is a gap', () => {
    const decoded = decode(table, rib('175.45.176.0/24', [ribEntry(0, ATTRIBUTES)], 65_535));
    expect(lines(decoded)).toEqual(['rib 192.0.2.1 175.45.176.0/24 64500 4837 131279', COLLECTOR_GAP]);
  });

  it('a route whose attributes cannot be read is a gap of its peer only', () => {
    const decoded = decode(table, rib('175.45.176.0/24', [ribEntry(0, [0x40, 2]), ribEntry(1, ATTRIBUTES)]));
    expect(lines(decoded)).toEqual(['rib 192.0.2.2 175.45.176.0/24 64500 4837 131279', PEER_GAP]);
  });
});

describe('state records', () => {
  const state = (from: number, to: number): Uint8Array => record(16, 5, as4([...u16(from), ...u16(to)]));

  it('26: states 7 and 8 mean nothing but having left Established, 255 is a gap', () => {
    expect(lines(decode(state(6, 7), state(7, 1), state(3, 8)))).toEqual(['down 192.0.2.1']);
    expectGap(state(6, 255), 'peer-unknown', /BGP state/);
  });

  it('without addresses, which FRR writes for a connection that is not a peer yet, say nothing about a session', () => {
    const short = record(16, 5, [...u32(0), ...u32(0), ...u16(1), ...u16(8)]);
    expect(decode(GOOD, short)).toMatchObject({ elements: [{ type: 'announcement' }], problems: [] });
  });

  it('of an unknown address family are a gap of every known session of their AS', () => {
    const body = [...u32(64500), ...u32(64999), ...u16(0), ...u16(99), ...Array.from({ length: 12 }, () => 1)];
    expect(lines(decode(GOOD, record(16, 5, body)))).toEqual([GOOD_LINE, PEER_GAP]);
  });
});
