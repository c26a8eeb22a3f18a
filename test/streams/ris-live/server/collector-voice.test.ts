import { describe, expect, test } from 'vitest';
import { addressText } from '../../../../src/bgp/prefix.ts';
import type { EventTime } from '../../../../src/bgp/time.ts';
import { frameText, MessageIds, type RisMessage } from '../../../../streams/ris-live/server/message.ts';
import { attribute, update, type UpdateParts } from '../../../support/mrt-writer.ts';
import { bgp, bytes, record, sentOf, stateRecord } from './support/record.ts';

const NOON = Date.UTC(2014, 11, 22, 12);
const PEER = { peer: '192.0.2.1', asn: 64_496 };
const OPEN = bgp(1, [4, 0xfb, 0xf0, 0, 180, 192, 0, 2, 1, 0]);

/** Records of one session; times in seconds after noon. */
const recordAt = (at: number, body: Uint8Array, more = {}) => record({ at: NOON + at * 1000, ...PEER, body, ...more });
const keepalive = (at: number) => recordAt(at, bgp(4));
const updateAt = (at: number, parts: UpdateParts, more = {}) => recordAt(at, Uint8Array.from(update(parts)), more);
const becomes = (at: number, from: number, to: number, more = {}) =>
  stateRecord({ at: NOON + at * 1000, ...PEER, from, to, ...more });

/** `30 KEEPALIVE`, `0 down`. */
const story = (messages: readonly RisMessage[]): string[] =>
  messages.map(({ body, at }) => `${(at - NOON) / 1000} ${body.type === 'STATE' ? body.state : body.type}`);
const dataOf = (message: RisMessage | undefined): Record<string, unknown> =>
  message === undefined ? {} : (JSON.parse(frameText(message, false)) as { data: Record<string, unknown> }).data;

describe('sessions', () => {
  test('one that sent data sends a KEEPALIVE every 30 seconds of event time, and at the end of it', () => {
    const { messages } = sentOf([updateAt(5, { announced: ['10.0.0.0/24'] }), updateAt(95, {})], { keepalives: true });
    expect(story(messages)).toEqual(['5 UPDATE', '30 KEEPALIVE', '60 KEEPALIVE', '90 KEEPALIVE', '95 UPDATE']);
  });

  test('its own KEEPALIVEs are sent, and replace ours', () => {
    const { messages } = sentOf([keepalive(5), keepalive(50), updateAt(95, {})], { keepalives: true });
    expect(story(messages)).toEqual(['5 KEEPALIVE', '50 KEEPALIVE', '90 KEEPALIVE', '95 UPDATE']);
  });

  test('one that is down gets no KEEPALIVEs, and the KEEPALIVE that opens it is not a sign of life', () => {
    const records = [
      keepalive(0),
      becomes(10, 6, 1),
      recordAt(70, OPEN),
      keepalive(70),
      becomes(70, 5, 6),
      updateAt(100, {}),
    ];
    expect(story(sentOf(records, { keepalives: true }).messages)).toEqual([
      '0 KEEPALIVE',
      '10 down',
      '70 OPEN',
      '70 up',
      '100 UPDATE',
    ]);
  });

  test('only leaving Established takes it down, only reaching it brings it up', () => {
    const records = [becomes(1, 1, 2), becomes(2, 4, 5), becomes(3, 5, 6), becomes(4, 6, 7), becomes(5, 7, 1)];
    expect(story(sentOf(records).messages)).toEqual(['3 up', '4 down']);
  });

  test('a state record that names no address means the only session of its AS', () => {
    const records = [keepalive(0), becomes(1, 6, 1, { peer: '0.0.0.0' })];
    expect(sentOf(records).messages.map(({ peer }) => peer)).toEqual(['192.0.2.1', '192.0.2.1']);
  });

  test('where the AS has two, neither is reported as down or as alive', () => {
    const other = { peer: '192.0.2.2' };
    const records = [
      keepalive(0),
      recordAt(0, bgp(4), other),
      becomes(1, 6, 1, { peer: '0.0.0.0' }),
      becomes(200, 1, 2),
    ];
    const { messages, counts } = sentOf(records, { keepalives: true });
    expect(story(messages)).toEqual(['0 KEEPALIVE', '0 KEEPALIVE']);
    expect(counts.all).toEqual([['a session went down, but the record does not say which of its AS', 1]]);
  });

  test('a silence of a day is a file that is missing: it is not filled', () => {
    const { messages } = sentOf([0, 1, 86_403, 86_404].map(keepalive), { keepalives: true });
    expect(messages).toHaveLength(4);
  });
});

describe('time', () => {
  test('microseconds are cut to milliseconds, and written with three decimals', () => {
    const bytesOf = updateAt(0.372_999, { announced: ['10.0.0.0/24'] });
    const [message] = sentOf([bytesOf]).messages;
    expect(message && frameText(message, false)).toContain(`"timestamp":${NOON / 1000}.372,`);
  });

  test('it never goes back: a record out of order gets the time reached before it', () => {
    const { messages } = sentOf([updateAt(10, {}), updateAt(7, {}), updateAt(11, {})]);
    expect(story(messages)).toEqual(['10 UPDATE', '10 UPDATE', '11 UPDATE']);
  });

  test('a record whose time is off moves nothing', () => {
    const { messages, counts } = sentOf([updateAt(9, {}), updateAt(10, {}), updateAt(400_000, {}), updateAt(11, {})]);
    expect(story(messages)).toEqual(['9 UPDATE', '10 UPDATE', '10 UPDATE', '11 UPDATE']);
    expect(counts.all).toEqual([['a time that is off', 1]]);
  });
});

describe('ids', () => {
  test('48 bits of milliseconds and a counter that restarts in each', () => {
    const ids = new MessageIds();
    expect(ids.next('192.0.2.1', 0x01a0_89e0_bb06 as EventTime)).toBe('192.0.2.1-01a089e0bb060000');
    expect(ids.next('2001:db8::1', 0x01a0_89e0_bb06 as EventTime)).toBe('2001:db8::1-01a089e0bb060001');
    expect(ids.next('192.0.2.1', 0x01a0_89e0_bb07 as EventTime)).toBe('192.0.2.1-01a089e0bb070000');
  });

  test('they grow and never repeat, though 200,000 messages fall into one second', () => {
    const ids = new MessageIds();
    const all = Array.from({ length: 200_000 }, (_, i) => ids.next('', (NOON + (i < 199_990 ? 0 : 1000)) as EventTime));
    expect(all.every((id, i) => i === 0 || id > (all[i - 1] ?? ''))).toBe(true);
  });
});

describe('the message of an UPDATE', () => {
  test('withdrawals and announcements of both families, all arrays present', () => {
    const parts = {
      withdrawn: ['10.1.0.0/16'],
      withdrawn6: ['2001:db8:1::/48'],
      announced: ['10.2.0.0/16'],
      announced6: ['2001:db8:2::/48'],
    };
    const data = dataOf(sentOf([updateAt(0, parts)]).messages[0]);
    expect(data['withdrawals']).toEqual(['10.1.0.0/16', '2001:db8:1:0:0:0:0:0/48']);
    expect(data['announcements']).toEqual([
      { next_hop: '192.0.2.1', prefixes: ['10.2.0.0/16'] },
      { next_hop: '2001:db8::1', prefixes: ['2001:db8:2::/48'] },
    ]);
    expect(data['community']).toEqual([]);
  });

  test('the path of a session with two-octet AS numbers is merged with AS4_PATH', () => {
    const more = [...attribute(17, [2, 2, ...bytes(20_485, 4), ...bytes(131_279, 4)], 0xc0)];
    const parts: UpdateParts = { announced: ['10.0.0.0/24'], path: [64_496, 3356, 23_456], asBytes: 2, more };
    expect(dataOf(sentOf([updateAt(0, parts, { subtype: 1 })]).messages[0])['path']).toEqual([64_496, 20_485, 131_279]);
  });

  test('an AS_SET is an array in the path, its members ascending; confederations are private', () => {
    const path = attribute(2, [
      3,
      1,
      ...bytes(65_001, 4),
      2,
      1,
      ...bytes(64_496, 4),
      1,
      2,
      ...bytes(9, 4),
      ...bytes(3, 4),
    ]);
    const attributes = [...attribute(1, [1]), ...path, ...attribute(3, [192, 0, 2, 1])];
    const body = bgp(2, [0, 0, ...bytes(attributes.length, 2), ...attributes, 24, 10, 0, 0]);
    expect(dataOf(sentOf([recordAt(0, body)]).messages[0])).toMatchObject({ path: [64_496, [3, 9]], origin: 'EGP' });
  });

  test('an End-of-RIB is an UPDATE of empty arrays, as nothing of it is in the JSON', () => {
    const data = dataOf(sentOf([updateAt(0, { withdrawn6: [] })]).messages[0]);
    expect(data).toMatchObject({ path: [], announcements: [], withdrawals: [] });
  });

  test.each([
    ['a length that is not that of the bytes', bgp(2, [0, 0, 0, 0]).with(17, 22)],
    ['a broken marker', bgp(4).with(3, 0)],
    ['withdrawn routes beyond the message', bgp(2, [0, 9, 0, 0])],
    ['attributes beyond the message', bgp(2, [0, 0, 0, 9])],
    ['an attribute beyond the attributes', bgp(2, [0, 0, 0, 4, 0x40, 1, 9, 0])],
    ['a prefix of 33 bits', bgp(2, [0, 6, 33, 1, 2, 3, 4, 5, 0, 0])],
    ['a prefix that ends early', bgp(2, [0, 2, 24, 1, 0, 0])],
    ['two default routes, which are path identifiers', bgp(2, [0, 2, 0, 0, 0, 0])],
    ['routes without a path', bgp(2, [0, 0, 0, 0, 24, 10, 0, 0])],
    ['an empty path from another AS', emptyPath()],
    ['a KEEPALIVE with a body', bgp(4, [0])],
    ['an OPEN that ends early', bgp(1, [4, 0, 1])],
    ['an unknown message type', bgp(9)],
  ])('is nothing when it cannot be read: %s', (_what, body) => {
    const { messages, counts } = sentOf([recordAt(0, body)]);
    expect(messages).toEqual([]);
    expect(counts.all).toHaveLength(1);
  });

  test('what the collector itself sent is left out, except its OPEN', () => {
    const records = [updateAt(0, { announced: ['10.0.0.0/8'] }, { subtype: 7 }), recordAt(1, OPEN, { subtype: 7 })];
    const { messages } = sentOf(records);
    expect(story(messages)).toEqual(['1 OPEN']);
    expect(dataOf(messages[0])['direction']).toBe('sent');
  });

  test('an address is written in its canonical form', () => {
    const { messages } = sentOf([recordAt(0, bgp(4), { peer: '2001:db8:0:0:1::1' })]);
    expect(messages[0]?.peer).toBe(addressText('ipv6', [0x2001_0db8, 0, 0x0001_0000, 1]));
  });
});

function emptyPath(): Uint8Array {
  const attributes = [...attribute(1, [0]), ...attribute(2, []), ...attribute(3, [192, 0, 2, 1])];
  return bgp(2, [0, 0, ...bytes(attributes.length, 2), ...attributes, 8, 10]);
}
