import { expect, test } from 'vitest';
import { Day, KP, prefix, UNITS } from '../support/day.ts';
import { all, eventsOf } from './words.ts';

const RIGHT = [3356, 36561];
const FOREIGN = [3491, 17557];
const YT = { ...KP, id: 'YT', name: 'YouTube', blocks: [prefix('208.65.152.0/22')], origins: [36561] as never };
const covered = () => new Day({ territories: [YT] }).dump('00:00', all, ['208.65.152.0/22'], 500_000, RIGHT);
const four = [152, 153, 154, 155].map((third) => `208.65.${third}.0/24`);

const statusIn = (day: Day) => day.engine.status()[0];

test('a foreign /24 under the right /22 takes its network, and no other: degraded, as on 2008-02-24', () => {
  const day = covered().announce('01:00', all, four.slice(1, 2), FOREIGN);
  expect(day.tick('01:02').said('country', 'unit')).toEqual([
    '01:00:30 unit.lost 208.65.153.0/24 since 01:00:00',
    '01:01:00 country.degraded since 01:00:00',
  ]);
  expect(statusIn(day)?.units.map(({ share }) => share)).toEqual([1, 0, 1, 1]);
  day.withdraw('03:00', all, four.slice(1, 2)).tick('03:02');
  expect(statusIn(day)?.verdict).toBe('routable');
});

test('four foreign /24s under the right /22: nothing is reached by longest match, until they go', () => {
  const day = covered().announce('01:00', all, four, FOREIGN).withdraw('03:00', all, four).tick('05:00');
  expect(day.said('country')).toEqual([
    '01:00:30 country.unroutable since 01:00:00',
    '03:01:00 country.restored since 03:00:00',
  ]);
});

test('a foreign /21 over the right /22 takes nothing', () => {
  const day = covered().announce('01:00', all, ['208.65.152.0/21'], FOREIGN).tick('02:00');
  expect(statusIn(day)).toMatchObject({ verdict: 'routable', visibility: { share: 1 } });
});

test('foreign /25s take half of a network each: half of it is enough to be seen, less is not', () => {
  const day = covered();
  day.announce('01:00', all, ['208.65.152.0/25', '208.65.153.0/25', '208.65.153.128/32'], FOREIGN).tick('01:02');
  expect(statusIn(day)?.units.map(({ share }) => share)).toEqual([1, 0, 1, 1]);
  day.announce('02:00', all, ['208.65.153.0/26'], RIGHT).tick('02:02');
  expect(statusIn(day)?.units.map(({ share }) => share)).toEqual([1, 1, 1, 1]);
});

test('one address of each network is not the country: four addresses are left, and the event says so', () => {
  const single = UNITS.map((unit) => unit.replace('.0/24', '.1/32'));
  const day = new Day().dump('00:00', all).announce('00:10', all, single).withdraw('01:00', all).tick('02:00');
  expect(day.said('country')).toEqual(['01:00:30 country.unroutable since 01:00:00']);
  expect(day.events.find(({ type }) => type === 'country.unroutable')?.data).toMatchObject({
    visibility: { share: 0, seeing: 0, partial: { voters: 40, largest: 0.0039 } },
  });
});

test('one half of each network is enough; the event says that it is a part', () => {
  const halves = UNITS.map((unit) => unit.replace('/24', '/25'));
  const day = new Day().dump('00:00', all).announce('00:10', all, halves).withdraw('01:00', all).tick('02:00');
  expect(day.said('country')).toEqual([]);
  expect(statusIn(day)?.visibility).toMatchObject({ share: 1, partial: { voters: 40, largest: 0.5 } });
});

test('with two paths of one prefix, one of the right origin is enough', () => {
  const day = new Day().dump('00:00', all, ['175.45.176.0/22']);
  for (const at of ['01:00', '01:01'])
    for (const one of all)
      day.apply({
        ...{ type: 'announcement', at: Date.parse(`2014-12-22T${at}:00Z`) as never, peer: one },
        ...{ prefix: prefix(UNITS[0]), pathId: at === '01:00' ? 1 : 2 },
        path: [one.asn, ...((at === '01:00' ? [4837, 131279] : [4837, 9009]) as never[])],
      });
  expect(statusIn(day.tick('01:10'))?.units.map(({ share }) => share)).toEqual([1, 1, 1, 1]);
});

test('a foreign origin that is there at the first look is reported, with its date as the latest; so is its end', () => {
  const day = new Day({ territories: [YT] });
  day.announce('00:00:30', all, four.slice(1, 2), FOREIGN).dump('00:01', all, ['208.65.152.0/22'], 500_000, RIGHT);
  day.withdraw('03:00', all, four.slice(1, 2)).tick('04:00');
  const reported = eventsOf(day, 'origin.changed').map(
    ({ time, data: { origin, change, since, sinceAtLatest, share } }) =>
      [time.slice(11, 16), origin, change, since.slice(11, 16), sinceAtLatest === true, share].join(' '),
  );
  expect(reported).toEqual(['00:02 17557 appeared 00:01 true 1', '03:01 17557 gone 03:00 false 0']);
});

test('where no origin is configured, those of the first look are the usual ones', () => {
  const day = new Day({ territories: [{ ...YT, origins: [] }] })
    .dump('00:00', all, four, 500_000, FOREIGN)
    .tick('02:00');
  expect(day.said('origin')).toEqual([]);
});
