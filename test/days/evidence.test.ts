import { expect, test } from 'vitest';
import type { Evidence } from '../../src/detect/events/event.ts';
import { Day, KP, peer, prefix, UNITS } from '../support/day.ts';
import { after, all, eventsOf } from './words.ts';

/** Seconds of the day at which the listed messages came. */
const timesOf = ({ messages }: Evidence): readonly string[] => messages.map(({ at }) => at.slice(11, 19));

const lossOf = (day: Day): Evidence | undefined => eventsOf(day, 'country.unroutable')[0]?.data.evidence;

test('760 sessions that lose four networks one by one: each message is counted, the first and the last are listed', () => {
  const many = Array.from({ length: 760 }, (_, i) => peer(i % 250, { asn: 100_000 + i, collector: `rrc0${i % 4}` }));
  const day = new Day().dump('00:00', many);
  for (const [n, unit] of UNITS.entries())
    for (const [i, one] of many.entries()) day.withdraw(after('01:00', Math.floor(i / 20) + 40 * n), [one], [unit]);
  const evidence = lossOf(day.tick('02:00'));
  expect(evidence).toMatchObject({ count: 4 * 760 });
  const times = timesOf(evidence ?? { count: 0, messages: [] });
  expect([times.length, times[0], times.at(-1)]).toEqual([16, '01:00:00', '01:02:37']);
});

test('192 networks of forty voters: each message is counted, and the sample goes across the whole movement', () => {
  const nets = Array.from({ length: 192 }, (_, i) => `175.45.${i}.0/24`);
  const blocks = [prefix('175.45.0.0/17'), prefix('175.45.128.0/18')];
  const day = new Day({ territories: [{ ...KP, blocks }] }).dump('00:00', all, nets);
  for (const [i, one] of all.entries()) day.withdraw(after('01:00', Math.floor(i / 2)), [one], nets);
  const evidence = lossOf(day.tick('02:00'));
  expect(evidence).toMatchObject({ count: 40 });
  const times = timesOf(evidence ?? { count: 0, messages: [] });
  expect([times.length, times[0], times.at(-1)]).toEqual([16, '01:00:00', '01:00:19']);
  expect(evidence?.messages[0]?.prefixes).toHaveLength(192);
});

test('networks of two peers announced in turns within a second are two messages', () => {
  const day = new Day().dump('00:00', all);
  for (const unit of UNITS) day.withdraw('01:00', all, [unit]);
  expect(lossOf(day.tick('01:10'))).toMatchObject({ count: 40 });
});

test('an outage inside a gap: the tables that lack it are the evidence', () => {
  const day = new Day().dump('00:00', all).gap('01:00', 'rrc00').dump('02:00', all, []).tick('02:10');
  expect(eventsOf(day, 'country.unroutable')).toHaveLength(1);
  expect(lossOf(day)).toMatchObject({ count: 40 });
  expect(lossOf(day)?.messages[0]).toMatchObject({ type: 'rib', at: '2014-12-22T02:00:00.000Z' });
});
