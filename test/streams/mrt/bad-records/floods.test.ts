import { describe, expect, test } from 'vitest';
import type { Asn } from '../../../../src/bgp/asn.ts';
import type { Element } from '../../../../src/bgp/element.ts';
import { peerOf } from '../../../../src/bgp/peer.ts';
import { createRecordDecoder } from '../../../../streams/mrt/decode/decode.ts';
import {
  as4,
  asPath,
  ATTRIBUTES,
  message,
  NEXT_HOP,
  nlri,
  ORIGIN,
  record,
  sequence,
  u32,
  update,
  updateBody,
} from '../../../bgpkit-parser-wasm/mrt.ts';
import { COLLECTOR } from '../decode/decode-helpers.ts';
import { Day, peers, UNITS } from '../../../support/day.ts';
import { isThorough } from '../../../support/thorough.ts';

const FLOODER = peerOf(COLLECTOR, '192.0.2.1', 64_500 as Asn);
/** Several times as many as are stored of one peer. */
const ROUTES = isThorough ? 1_000_000 : 240_000;
/** Of eight bytes each: as many as one message holds. */
const ROUTES_PER_MESSAGE = 8000;

/** All sessions have North Korea's four prefixes; the records of the tests follow a quarter of an hour later. */
function calmDay(): Day {
  return new Day().dump('16:00', [...peers(19), FLOODER]);
}

function play(day: Day, elements: readonly Element[]): void {
  for (const element of elements) day.apply(element);
}

/** ADD-PATH routes of one prefix, the same bytes again and again with other path identifiers. */
function floods(): (from: number) => Uint8Array {
  const route = [...u32(0), ...nlri('175.45.176.0/24')];
  const announced = Array.from({ length: ROUTES_PER_MESSAGE }, () => route).flat();
  const whole = Buffer.from(record(16, 9, as4(message(updateBody({ attributes: ATTRIBUTES, announced })))));
  const start = whole.length - announced.length;
  return (from) => {
    for (let i = 0; i < ROUTES_PER_MESSAGE; i++) whole.writeUInt32BE(from + i, start + i * route.length);
    return whole;
  };
}

describe('more of the same', () => {
  test(`case 28: ${ROUTES.toLocaleString('en')} routes of one peer are bounded, the excess is reported, and no other peer is touched`, () => {
    const day = calmDay();
    const decoder = createRecordDecoder(COLLECTOR);
    const before = process.memoryUsage().rss;
    const flood = floods();
    let routes = 0;
    for (let from = 1; from <= ROUTES; from += ROUTES_PER_MESSAGE) {
      const { elements, problems } = decoder.decode(flood(from));
      expect(problems).toEqual([]);
      routes += elements.length;
      play(day, elements);
    }
    decoder.close();

    expect(routes).toBe(ROUTES);
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 2 ** 20);
    expect(day.said('country')).toEqual([]);
    expect(day.events.filter(({ data }) => 'reason' in data && data.reason === 'too-many-routes').length).toBe(1);
    expect(day.engine.status()).toMatchObject([{ verdict: 'routable', visibility: { voters: 19, share: 1 } }]);
  }, 120_000);

  test('case 29: the same update ten thousand times is one fact: no event', () => {
    const day = calmDay();
    const attributes = [...ORIGIN, ...asPath(sequence(64_500, 4837, 131_279)), ...NEXT_HOP];
    const again = update({ attributes, announced: UNITS.flatMap((unit) => nlri(unit)) });
    const decoder = createRecordDecoder(COLLECTOR);
    const first = decoder.decode(again).elements;
    for (let i = 0; i < 10_000; i++) {
      const { elements } = decoder.decode(again);
      play(day, elements);
      if (i % 1000 === 0) expect(elements).toEqual(first);
    }
    decoder.close();
    expect(day.tick('16:30').said()).toEqual(calmDay().tick('16:30').said());
  });

  test('case 29: the same withdrawal ten thousand times has the effect of one', () => {
    const withdraw = update({ withdrawn: UNITS.flatMap((unit) => nlri(unit)) });
    const after = (times: number): string[] => {
      const day = calmDay();
      const decoder = createRecordDecoder(COLLECTOR);
      for (let i = 0; i < times; i++) play(day, decoder.decode(withdraw).elements);
      decoder.close();
      return day.tick('16:30').said();
    };
    expect(after(10_000)).toEqual(after(1));
  });
});
