import { expect, test } from 'vitest';
import { originsOf, pathText, upstreamOf } from '../../src/bgp/as-path.ts';
import { asnOf, parseAsn } from '../../src/bgp/asn.ts';
import { parseCollector } from '../../src/bgp/peer.ts';
import { eventTimeOf, isoTime, LAST_EVENT_TIME } from '../../src/bgp/time.ts';
import { asn } from '../support/day.ts';

test.each([
  ['64496', 64496],
  ['AS131279', 131279],
  ['as0', 0],
  ['4294967295', 4294967295],
])('%s is an ASN', (text, number) => expect(parseAsn(text)).toBe(number));

test.each(['', 'AS', '-1', '4294967296', '1e5', '1.5', '0x10', ' 1', '99999999999', 'ASN1'])('%j is none', (text) =>
  expect(parseAsn(text)).toBeUndefined(),
);

test.each([-1, 1.5, Number.NaN, Infinity, 2 ** 32])('the number %s is not an ASN', (value) =>
  expect(asnOf(value)).toBeUndefined(),
);

test('the origin is the last AS; of a set, each of its members', () => {
  expect(originsOf([asn(30844), asn(4837), asn(131279)])).toEqual([131279]);
  expect(originsOf([asn(30844), [asn(1), asn(2)]])).toEqual([1, 2]);
  expect(originsOf([])).toEqual([]);
});

test('the upstream comes before the origin and its prepends', () => {
  expect(upstreamOf([asn(30844), asn(4837), asn(131279), asn(131279)])).toBe(4837);
  expect(upstreamOf([asn(131279), asn(131279)])).toBeUndefined();
  expect(upstreamOf([asn(4837), [asn(1)]])).toBe(4837);
  expect(upstreamOf([[asn(1)], asn(131279)])).toBeUndefined();
});

test('a poisoned path does not move the upstream: what follows the leftmost origin was put in by it', () => {
  expect(upstreamOf([3356, 4837, 131279, 64666, 131279].map(asn))).toBe(4837);
  expect(upstreamOf([131279, 64666, 131279].map(asn))).toBeUndefined();
});

test('a path is printed as routers print it', () => {
  expect(pathText([asn(1), asn(1), [asn(2), asn(3)]])).toBe('1 1 {2,3}');
});

test('a collector is the same with and without the domain of RIS', () => {
  expect(parseCollector('rrc21.ripe.net')).toBe('rrc21');
  expect(parseCollector('route-views.sg')).toBe('route-views.sg');
  expect(['', '../x', 'a b', 'x'.repeat(65), 'a|b'].map(parseCollector)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test('event time is whole milliseconds that an MRT header can hold', () => {
  expect(eventTimeOf(1445565708372.152)).toBe(1445565708372);
  expect([-1, Number.NaN, Infinity, LAST_EVENT_TIME + 1].map(eventTimeOf)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(isoTime(eventTimeOf(1419264900000) ?? LAST_EVENT_TIME)).toBe('2014-12-22T16:15:00.000Z');
});
