import { describe, expect, test } from 'vitest';
import { as2, as4, ATTRIBUTES, ip, record, rib, ribEntry, u16, u32 } from '../../../bgpkit-parser-wasm/mrt.ts';
import { decode } from '../decode/decode-helpers.ts';
import { between, expectGap, COLLECTOR_GAP, lines, ROUTE, ROUTE_LINE, TABLE } from './forms.ts';

describe('what dumps and state records may not be', () => {
  test('case 24: entries before any peer index table, or beyond it, are skipped and counted one by one', () => {
    const entries = [ribEntry(7, ATTRIBUTES), ribEntry(0, ATTRIBUTES), ribEntry(65_535, ATTRIBUTES)];
    const alone = decode(rib('175.45.176.0/24', entries));
    expect(alone.elements).toEqual([]);
    expect(alone.problems).toMatchObject([{ treatment: 'skipped', offset: 0 }]);

    const outcome = between(rib('175.45.176.0/24', entries));
    expect(outcome.lines).toEqual([ROUTE_LINE]);
    expect(outcome.problems).toEqual([expect.stringMatching(/^skipped/), expect.stringMatching(/^skipped/)]);
  });

  test('case 24: a second table replaces the first only once it was read whole', () => {
    const entry = rib('175.45.176.0/24', [ribEntry(0, ATTRIBUTES)]);
    for (let cut = 1; cut <= 17; cut++) {
      const torn = TABLE.slice(0, -cut);
      torn.set(u32(torn.length - 12), 8);
      torn.set(ip('192.0.2.9'), 12 + 8 + 5);
      expect(lines(decode(TABLE, torn, entry))).toEqual([COLLECTOR_GAP, ROUTE_LINE]);
    }
  });

  test('case 25: 65,535 entries declared in a record of 30 bytes', () => {
    const short = record(13, 2, [...u32(1), ...ROUTE, ...u16(65_535), ...Array.from({ length: 20 }, () => 0)]);
    const before = process.memoryUsage();
    for (let i = 0; i < 1000; i++) expect(between(short).lines.every((line) => line.includes('gap'))).toBe(true);
    expect(process.memoryUsage().arrayBuffers - before.arrayBuffers).toBeLessThan(64 * 2 ** 20);
  });

  test('case 26: states 7 and 8 (Quagga) are states; any other beyond them makes the peer unknown', () => {
    const forms = (from: number, to: number): readonly Uint8Array[] => [
      record(16, 5, as4([...u16(from), ...u16(to)])),
      record(17, 5, [...u32(1), ...as4([...u16(from), ...u16(to)])]),
      record(16, 0, as2([...u16(from), ...u16(to)])),
      record(5, 3, [...u16(64_500), ...ip('192.0.2.1'), ...u16(from), ...u16(to)]),
    ];
    for (const odd of forms(6, 7)) expect(between(odd)).toEqual({ lines: ['A down'], problems: [] });
    for (const odd of [...forms(7, 1), ...forms(3, 8)]) expect(between(odd)).toEqual({ lines: [], problems: [] });
    for (const state of [9, 255, 65_535]) {
      expectGap('peer-unknown', [...forms(6, state), ...forms(state, 6)], /BGP state/);
    }
  });
});
