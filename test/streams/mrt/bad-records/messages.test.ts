import { describe, expect, test } from 'vitest';
import { as2, as4, ATTRIBUTES, message, nlri, record, u16, updateBody } from '../../../bgpkit-parser-wasm/mrt.ts';
import {
  between,
  expectGap,
  GAP,
  inEveryEnvelope,
  inTwoOctetForms,
  onOneRoute,
  ROUTE,
  ROUTE_LINE,
  tableDump,
  TWO_OCTET_ATTRIBUTES,
} from './forms.ts';

describe('what BGP messages may not be', () => {
  test('case 11: a marker that is not all ones, in a message of any type', () => {
    for (const type of [1, 2, 3, 4, 5]) {
      for (const at of [0, 7, 15]) {
        const bgp = [...message(updateBody({ withdrawn: ROUTE }), type)];
        bgp[at] = 0xfe;
        expectGap('peer-unknown', [...inEveryEnvelope(bgp), record(16, 1, as2(bgp))], /marker/);
      }
    }
  });

  test('case 12: a BGP length below 19', () => {
    const body = updateBody({ withdrawn: ROUTE });
    for (let length = 0; length < 19; length++) {
      expectGap('peer-unknown', inEveryEnvelope(message(body, 2, length)), /length/);
    }
  });

  test('case 12: a BGP length that is not that of the bytes: what is there up to the cut is used, and the peer unknown', () => {
    const body = updateBody({ attributes: ATTRIBUTES, announced: ROUTE });
    for (const length of [19 + body.length + 1, 4096, 65_535]) {
      for (const bad of inEveryEnvelope(message(body, 2, length))) {
        expect(between(bad)).toEqual({ lines: [ROUTE_LINE, GAP], problems: [expect.stringMatching(/^peer-unknown/)] });
      }
    }
  });

  test('case 12: a message cut at any byte never withdraws what it had not yet withdrawn whole, and is always a gap', () => {
    const body = updateBody({ withdrawn: nlri('175.45.177.0/24'), attributes: ATTRIBUTES, announced: ROUTE });
    const whole = message(body);
    for (let end = 19; end < whole.length; end++) {
      const outcome = between(record(16, 4, as4(whole.slice(0, end))));
      expect(outcome.lines.at(-1)).toBe(GAP);
      expect(outcome.lines.length === 1 || outcome.lines[0] === 'A withdrew 175.45.177.0/24').toBe(true);
    }
  });

  test('case 13: withdrawn routes that reach beyond the message, even by one byte, withdraw nothing', () => {
    for (const beyond of [1, 100, 65_535 - ROUTE.length]) {
      const body = [...u16(ROUTE.length + beyond), ...ROUTE];
      expectGap('peer-unknown', inEveryEnvelope(message(body)), /withdrawn routes/);
      expectGap('peer-unknown', inTwoOctetForms(body), /withdrawn routes/);
    }
  });

  test('case 14: a total attribute length beyond the message, or short by any number of bytes', () => {
    const announced = [...u16(0), ...u16(ATTRIBUTES.length + 100), ...ATTRIBUTES, ...ROUTE];
    expectGap('peer-unknown', inEveryEnvelope(message(announced)), /path attributes reach/);
    for (let short = 1; short < ATTRIBUTES.length; short++) {
      const body = [...u16(0), ...u16(ATTRIBUTES.length - short), ...ATTRIBUTES, ...ROUTE];
      for (const bad of inEveryEnvelope(message(body))) {
        const outcome = between(bad);
        expect(outcome.lines.at(-1)).toBe(GAP);
        expect(outcome.lines.some((line) => line.includes('withdrew'))).toBe(false);
      }
    }
  });

  test('case 14: an attribute that says 20,529 bytes where 31 are left (RIS rrc06, 2002-01-07)', () => {
    const lie = [0xd0, 18, ...u16(20_529), ...Array.from({ length: 31 }, () => 0)];
    expectGap('peer-unknown', onOneRoute([...ATTRIBUTES, ...lie]), /attribute reaches beyond/);
    expectGap('peer-unknown', onOneRoute([...lie, ...ATTRIBUTES]), /attribute reaches beyond/);
    expectGap('peer-unknown', [tableDump([...TWO_OCTET_ATTRIBUTES, ...lie])], /attribute reaches beyond/);
  });
});
