import { describe, expect, test } from 'vitest';
import type { Bytes } from '../../../bgpkit-parser-wasm/mrt.ts';
import {
  as4,
  asPath,
  attribute,
  message,
  NEXT_HOP,
  nlri,
  ORIGIN,
  record,
  sequence,
  sequence16,
  u16,
  u32,
  update,
  updateBody,
} from '../../../bgpkit-parser-wasm/mrt.ts';
import { decode } from '../decode/decode-helpers.ts';
import {
  between,
  expectGap,
  GAP,
  inEveryEnvelope,
  inTwoOctetForms,
  mpUnreach,
  onOneRoute,
  PATH_TEXT,
  ROUTE,
  ROUTE_6,
  tableDump,
  TWO_OCTET_ATTRIBUTES,
} from './forms.ts';

describe('what AS paths may not be', () => {
  const bad: readonly Bytes[] = [
    [0, 1, ...u32(1)],
    [5, 1, ...u32(1)],
    [255, 1, ...u32(1)],
    [2, 0],
    [2, 255, ...u32(1), ...u32(2), ...u32(3)],
    [2],
    [...sequence(64_500, 4837), 1, 2, ...u32(1)],
    [...sequence(64_500, 4837), 0],
  ];

  test('case 15: segments of unknown types (RIS rrc03 2005-11-11), of no AS, or of fewer ASes than they count', () => {
    for (const path of bad) {
      expectGap('routes-unknown', onOneRoute([...ORIGIN, ...asPath(path), ...NEXT_HOP]), /AS_PATH malformed/);
    }
    const two = [...ORIGIN, ...asPath([2, 3, ...u16(64_500), ...u16(4837)]), ...NEXT_HOP];
    const body = updateBody({ attributes: two, announced: ROUTE });
    expectGap('routes-unknown', [...inTwoOctetForms(body), tableDump(two)], /AS_PATH malformed/);
  });

  test('case 15: the withdrawals of such a message count, they need no path', () => {
    for (const path of bad) {
      const attributes = [...ORIGIN, ...asPath(path), ...NEXT_HOP, ...mpUnreach(0, 2, 1, ...ROUTE_6)];
      const body = updateBody({ withdrawn: nlri('175.45.177.0/24'), attributes, announced: ROUTE });
      expect(between(record(16, 4, as4(message(body)))).lines).toEqual([
        'A withdrew 175.45.177.0/24',
        'A withdrew 2001:db8::/32',
        GAP,
      ]);
    }
  });

  test('case 16: an empty AS_PATH from an external peer; from an internal one it is a path', () => {
    const attributes = [...ORIGIN, ...asPath([]), ...NEXT_HOP];
    const body = message(updateBody({ attributes, announced: ROUTE }));
    expectGap('routes-unknown', inEveryEnvelope(body), /AS_PATH empty/);

    const internal = [...u32(64_500), ...u32(64_500), ...as4().slice(8), ...body];
    expect(between(record(16, 4, internal))).toEqual({ lines: ['A has 175.45.176.0/24 by '], problems: [] });
  });

  test('case 16: an AS4_PATH of one byte before the AS_PATH (GoBGP CVE-2026-41643) is left out, the route counts', () => {
    const attributes = [...attribute(0xc0, 17, [1]), ...TWO_OCTET_ATTRIBUTES];
    const body = updateBody({ attributes, announced: ROUTE });
    for (const bad of [...inTwoOctetForms(body), tableDump(attributes)]) {
      expect(between(bad)).toEqual({
        lines: ['A has 175.45.176.0/24 by 64500 4837'],
        problems: [expect.stringMatching(/^attribute-discarded: AS4_PATH/)],
      });
    }
  });

  test('case 17: paths of 16,000 ASes, each another one, take time in proportion and keep their length', () => {
    const long = (first: number): Bytes =>
      Array.from({ length: 64 }, () => sequence(first, ...Array.from({ length: 249 }, (_, i) => i + 1))).flat();
    const records = Array.from({ length: 64 }, (_, i) =>
      update({ attributes: [...ORIGIN, ...asPath(long(i + 1)), ...NEXT_HOP], announced: ROUTE }),
    );
    const start = process.cpuUsage();
    const { elements } = decode(...records);
    // Less than a hundredth of this, where it was measured. A step for each two ASes of a path would be 16,000,000,000 steps.
    expect(process.cpuUsage(start).user).toBeLessThan(10_000_000);
    expect(elements.map((element) => (element.type === 'announcement' ? element.path.length : 0))).toEqual(
      records.map(() => 16_000),
    );
  });

  test('case 27: AS_TRANS gives way to the AS4_PATH, and without one stays AS_TRANS, which is not the origin of any territory', () => {
    const attributes = [...ORIGIN, ...asPath(sequence16(64_500, 4837, 23_456)), ...NEXT_HOP];
    const merged = [...attributes, ...attribute(0xc0, 17, sequence(4837, 131_279))];
    for (const [some, path] of [
      [merged, PATH_TEXT],
      [attributes, '64500 4837 23456'],
    ] as const) {
      for (const good of [...inTwoOctetForms(updateBody({ attributes: some, announced: ROUTE })), tableDump(some)]) {
        expect(between(good)).toEqual({ lines: [`A has 175.45.176.0/24 by ${path}`], problems: [] });
      }
    }
  });
});
