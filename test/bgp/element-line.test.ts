import fc from 'fast-check';
import { expect, test } from 'vitest';
import { elementLine, elementLineReader } from '../../src/bgp/element-line.ts';
import type { Element } from '../../src/bgp/element.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import { asn, clock, peer, prefix } from '../support/day.ts';
import { anyElement } from '../streams/tape/elements.ts';

const at = clock('16:15:00.042');
const route = { at, peer: peer(1), prefix: prefix('175.45.176.0/24'), pathId: undefined };

test('every element reads back as it was', () => {
  const read = elementLineReader();
  fc.assert(
    fc.property(anyElement, (element) => {
      expect(read(elementLine(element))).toEqual(element);
    }),
    { numRuns: 2000 },
  );
});

test('a line is one line', () => {
  fc.assert(
    fc.property(anyElement, (element) => {
      expect(elementLine(element)).toMatch(/^[\x20-\x7e]+$/);
    }),
  );
});

test('reading any line gives an element or reports that it is none', () => {
  const read = elementLineReader();
  const fields = fc.array(
    fc.oneof(fc.string(), fc.constantFrom('A', 'W', '1419264900.000', 'rrc00', '1', '10.0.0.1', '')),
  );
  fc.assert(
    fc.property(fields, (parts) => {
      expect(read(parts.join('|'))).toHaveProperty('type');
    }),
  );
});

test('a line with one character changed reads as another element that can be written again, or as none', () => {
  fc.assert(
    fc.property(anyElement, fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (element, where, character) => {
      const line = elementLine(element);
      const cut = where % line.length;
      const read = elementLineReader()(line.slice(0, cut) + character + line.slice(cut + 1));
      if (read.type !== 'bad-line') expect(elementLineReader()(elementLine(read))).toEqual(read);
    }),
    { numRuns: 2000 },
  );
});

test.each<[string, Element]>([
  [
    'A|1419264900.042|rrc00|64513|198.51.100.1|175.45.176.0/24||64513 4837 {64500,64501}',
    { ...route, type: 'announcement', path: [asn(64_513), asn(4837), [asn(64_500), asn(64_501)]] },
  ],
  ['R|1419264900.042|rrc00|64513|198.51.100.1|175.45.176.0/24|7|', { ...route, type: 'rib', pathId: 7, path: [] }],
  ['W|1419264900.042|rrc00|64513|198.51.100.1|175.45.176.0/24|', { ...route, type: 'withdrawal' }],
  ['S|1419264900.042|rrc00|64513|198.51.100.1|down', { type: 'peer-state', at, peer: peer(1), state: 'down' }],
  ['E|1419264900.042|rrc00|64513|198.51.100.1|ipv6', { type: 'end-of-rib', at, peer: peer(1), family: 'ipv6' }],
  [
    'E|1419264900.042|rrc00|64513|198.51.100.1||1419264840000|500000|20000',
    {
      type: 'end-of-rib',
      at,
      peer: peer(1),
      family: undefined,
      dump: { from: 1_419_264_840_000 as EventTime, routes: { ipv4: 500_000, ipv6: 20_000 } },
    },
  ],
  ['G|1419264900.042|rrc00|||disconnected', { type: 'gap', at, collector: peer(1).collector, reason: 'disconnected' }],
  ['T|1419264900.042|rrc00|64513|198.51.100.1', { type: 'tick', at, collector: peer(1).collector, peer: peer(1) }],
])('%s', (line, element) => {
  expect(elementLine(element)).toBe(line);
  expect(elementLineReader()(line)).toEqual(element);
});

test.each([
  'A|1419264900|rrc00|64513|198.51.100.1|175.45.176.0/24||1',
  'A|1419264900.042|rrc00|64513|198.51.100.1|175.45.176.0/24||1|more',
  'A|1419264900.042|rrc00|64513|198.51.100.1|175.45.176.0/24|-1|1',
  'A|1419264900.042|rrc00|64513|198.51.100.1|175.45.176.0/24||1  2',
  'A|1419264900.042|rrc00|64513|198.51.100.1|175.45.176.0/24||{1,2',
  'A|1419264900.042|rrc00|4294967296|198.51.100.1|175.45.176.0/24||1',
  'W|1419264900.042|rrc00||198.51.100.1|175.45.176.0/24|',
  'S|1419264900.042|rrc00|64513|198.51.100.1|sideways',
  'G|1419264900.042|rrc00|||constructor',
  'E|1419264900.042|rrc00|64513|198.51.100.1||1419264840000|500000',
  'Z|1419264900.042|rrc00|64513|198.51.100.1',
])('%s is not an element, but of rrc00', (line) => {
  expect(elementLineReader()(line)).toEqual({ type: 'bad-line', collector: 'rrc00' });
});
