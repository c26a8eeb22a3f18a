import { describe, expect, test } from 'vitest';
import type { Bytes } from '../../../bgpkit-parser-wasm/mrt.ts';
import {
  as4,
  attribute,
  ATTRIBUTES,
  message,
  NEXT_HOP,
  ORIGIN,
  PATH,
  record,
  rib,
  ribEntry,
  u16,
  u32,
  updateBody,
} from '../../../bgpkit-parser-wasm/mrt.ts';
import { decode } from '../decode/decode-helpers.ts';
import {
  between,
  GAP,
  expectGap,
  COLLECTOR_GAP,
  inEveryEnvelope,
  inTwoOctetForms,
  mpReach,
  mpUnreach,
  NEXT_HOP_6,
  onOneRoute,
  ROUTE,
  ROUTE_6,
  ROUTE_LINE,
  TABLE,
  tableDump,
  TWO_OCTET_ATTRIBUTES,
} from './forms.ts';

describe('what NLRI and attributes may not be', () => {
  test('case 18: prefix lengths beyond the family: nothing of the message is applied, before or after', () => {
    const bad = [33, 64, 128, 129, 255].map((length) => [length, 1, 2, 3, 4, 5, 6, 7, 8]);
    for (const wrong of bad) {
      for (const list of [[...ROUTE, ...wrong], wrong]) {
        expectGap('peer-unknown', inEveryEnvelope(message(updateBody({ withdrawn: list }))), /NLRI/);
        const both = updateBody({ withdrawn: ROUTE, attributes: ATTRIBUTES, announced: list });
        expectGap('peer-unknown', inEveryEnvelope(message(both)), /NLRI/);
      }
    }
    for (const length of [129, 255]) {
      const wrong = [...ROUTE_6, length, ...Array.from({ length: 32 }, () => 1)];
      const reach = [...ORIGIN, ...PATH, ...mpReach(0, 2, 1, ...NEXT_HOP_6, ...wrong)];
      expectGap('peer-unknown', inEveryEnvelope(message(updateBody({ attributes: reach, withdrawn: ROUTE }))), /NLRI/);
      const unreach = mpUnreach(0, 2, 1, ...wrong);
      expectGap('peer-unknown', inEveryEnvelope(message(updateBody({ attributes: unreach }))), /NLRI/);
    }
  });

  test('case 18: in a dump, a prefix length of 33 makes its peer unknown, or all peers where the record names none', () => {
    expectGap('peer-unknown', [tableDump(TWO_OCTET_ATTRIBUTES, 33)], /NLRI/);
    const wrong = record(13, 2, [...u32(1), 33, 1, 2, 3, 4, 5, ...u16(1), ...ribEntry(0, ATTRIBUTES)]);
    expect(between(wrong).lines).toEqual([COLLECTOR_GAP]);
  });

  test('case 19: an MP_REACH_NLRI with a next hop of 0, 5, 17 or 255 bytes, or standing there twice', () => {
    for (const length of [0, 5, 17, 255]) {
      const value = [length, ...Array.from({ length }, () => 1), 0, ...ROUTE_6];
      const attributes = [...ORIGIN, ...PATH, ...mpReach(0, 2, 1, ...value)];
      expectGap('peer-unknown', inEveryEnvelope(message(updateBody({ attributes }))), /next hop length/);
    }
    const reach = mpReach(0, 2, 1, ...NEXT_HOP_6, ...ROUTE_6);
    const twice = updateBody({ attributes: [...ORIGIN, ...PATH, ...reach, ...reach] });
    expectGap('peer-unknown', inEveryEnvelope(message(twice)), /more than once/);
  });

  test('case 19: families that we do not read have next hops of their own, and are not damage', () => {
    for (const [afi, safi, length] of [
      [1, 128, 12],
      [2, 128, 24],
      [25, 70, 4],
      [1, 133, 0],
      [16_388, 71, 4],
    ] as const) {
      const reach = mpReach(...u16(afi), safi, length, ...Array.from({ length: length + 9 }, () => 7));
      const body = updateBody({ attributes: [...ORIGIN, ...PATH, ...reach] });
      expect(between(record(16, 4, as4(message(body))))).toEqual({ lines: [], problems: [] });
    }
  });

  test('case 20: an unknown well-known attribute (GoBGP CVE-2026-41642): a gap; in a dump the collector has the route', () => {
    const attributes = [...ATTRIBUTES, ...attribute(0x40, 200, [1])];
    const announced = message(updateBody({ attributes, announced: ROUTE }));
    expectGap('routes-unknown', inEveryEnvelope(announced), /well-known/);
    const dumped = between(rib('175.45.176.0/24', [ribEntry(0, attributes)]));
    expect(dumped).toEqual({ lines: [ROUTE_LINE], problems: [] });
  });

  test('case 20: a missing mandatory attribute (FRR CVE-2023-46753)', () => {
    for (const some of [
      [...ORIGIN, ...NEXT_HOP],
      [...PATH, ...NEXT_HOP],
      [...ORIGIN, ...PATH],
    ]) {
      const announced = message(updateBody({ attributes: some, announced: ROUTE }));
      expectGap('routes-unknown', inEveryEnvelope(announced), /missing/);
    }
    expectGap('routes-unknown', [rib('175.45.176.0/24', [ribEntry(0, [...ORIGIN, ...NEXT_HOP])])], /missing/);
  });

  test('case 21: a corrupt Tunnel Encapsulation (CVE-2023-38802) and attribute 255 are opaque bytes', () => {
    const attributes = [...ATTRIBUTES, ...attribute(0xc0, 23, [0, 8, 0, 255]), ...attribute(0xe0, 255, [])];
    for (const odd of onOneRoute(attributes)) expect(between(odd)).toEqual({ lines: [ROUTE_LINE], problems: [] });
  });

  test('case 22: ADD-PATH data in a record that declares none, of either family', () => {
    const paths = (route: Bytes): Bytes => [1, 2].flatMap((id) => [...u32(id), ...route]);
    const four = updateBody({ attributes: ATTRIBUTES, announced: paths(ROUTE) });
    const six = updateBody({ attributes: [...ORIGIN, ...PATH, ...mpReach(0, 2, 1, ...NEXT_HOP_6, ...paths(ROUTE_6))] });
    for (const body of [four, six]) expectGap('peer-unknown', inEveryEnvelope(message(body)), /ADD-PATH/);
    const gone = updateBody({ withdrawn: paths(ROUTE) });
    expectGap('peer-unknown', [...inEveryEnvelope(message(gone)), ...inTwoOctetForms(gone)], /ADD-PATH/);
  });

  test('case 23: path identifier, then length, then prefix: golden bytes of RFC 7911 section 3', () => {
    const announced = [0x0a, 0x0b, 0x0c, 0x0d, 24, 175, 45, 176, 0, 0, 0, 1, 16, 10, 1];
    const body = message(updateBody({ attributes: ATTRIBUTES, announced }));
    const { elements } = decode(record(16, 9, as4(body)));
    expect(elements.map((element) => element.type === 'announcement' && [element.pathId, element.prefix.text])).toEqual(
      [
        [0x0a0b0c0d, '175.45.176.0/24'],
        [1, '10.1.0.0/16'],
      ],
    );
    const swapped = updateBody({ attributes: ATTRIBUTES, announced: [...ROUTE, 0x0a, 0x0b, 0x0c, 0x0d] });
    const outcome = between(record(16, 9, as4(message(swapped))));
    expect(outcome.lines.at(-1)).toBe(GAP);
    expect(outcome.lines).not.toContain(ROUTE_LINE);
  });

  test('case 23: in a dump it comes after the time the route was learned: golden bytes of RFC 8050 section 4.1', () => {
    const entry = [0, 1, 0x3b, 0x9a, 0xca, 0, 0, 0, 0, 7, ...u16(ATTRIBUTES.length), ...ATTRIBUTES];
    const dump = record(13, 8, [0, 0, 0, 1, ...ROUTE, 0, 1, ...entry]);
    expect(decode(TABLE, dump).elements).toMatchObject([{ type: 'rib', pathId: 7, peer: { address: '192.0.2.2' } }]);
  });
});
