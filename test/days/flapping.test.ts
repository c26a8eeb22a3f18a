import { expect, test } from 'vitest';
import { Day } from '../support/day.ts';
import { isThorough } from '../support/thorough.ts';
import { after, all, eventsOf, flappingDay, incidentsOf, newsOf } from './words.ts';

/** Down, up, verdicts, drops, seconds down in the incident. */
const DAYS: readonly (readonly [number, number, string, number, number])[] = [
  [29, 1, 'unroutable routable', 120, 3480],
  [20, 20, 'degraded routable', 90, 1800],
  [25, 35, 'degraded routable', 60, 1500],
  [40, 40, 'unroutable degraded routable', 45, 1800],
  [31, 59, 'unroutable degraded routable', 40, 1240],
  [300, 50, 'unroutable routable', 11, 3300],
];

test.each(isThorough ? DAYS : DAYS.slice(2))(
  '%i s down and %i s up for an hour: %s, one incident of %i drops, %i s down',
  (down, up, said, drops, seconds) => {
    const day = flappingDay(down, up);
    const verdicts = day.events.flatMap(({ data }) => ('verdict' in data ? [data.verdict] : []));
    expect(verdicts.join(' ')).toBe(said);
    const incidents = incidentsOf(day);
    expect(incidents).toHaveLength(1);
    expect(incidents[0]).toMatchObject({ state: 'closed', shape: 'flapping', drops, downMs: seconds * 1000 });
    expect(incidents[0]?.spans[0]?.from).toBe('2014-12-22T01:00:00.000Z');
  },
);

test('two minutes down and two up: each outage is reported by itself, in one incident', () => {
  const day = flappingDay(120, 120);
  expect(eventsOf(day, 'country.unroutable')).toHaveLength(15);
  expect(eventsOf(day, 'country.restored')).toHaveLength(15);
  expect(incidentsOf(day).map(({ drops, outages, downMs }) => [drops, outages, downMs])).toEqual([[15, 15, 1_800_000]]);
});

test('the start of flapping is reported with the third drop, its end a quarter of an hour after the last change', () => {
  const day = flappingDay(20, 20);
  const reported = [...eventsOf(day, 'country.flapping'), ...eventsOf(day, 'country.steady')];
  expect(
    reported.map(({ type, time, data }) => [
      type,
      time.slice(11, 19),
      data.since.slice(11, 19),
      data.drops,
      data.downShare,
    ]),
  ).toEqual([
    ['country.flapping', '01:01:21', '01:00:00', 3, 0.5],
    ['country.steady', '02:14:40', '01:59:40', 90, 0.5028],
  ]);
});

test('the onset of what flaps is that of its first drop, not of the one that led to the verdict', () => {
  const days = [
    [20, 20],
    ...(isThorough
      ? [
          [10, 5],
          [29, 1],
        ]
      : []),
  ] as const;
  for (const [down = 0, up = 0] of days) {
    const [incident] = incidentsOf(flappingDay(down, up));
    const at = '2014-12-22T01:00:00.000Z';
    expect(incident?.onset).toEqual({ first: at, half: at, ninety: at });
    expect(incident?.upstreamsLost).toEqual([{ upstream: 4837, at }]);
  }
});

test('drops too short for any verdict flap as well', () => {
  const day = new Day().dump('00:00', all);
  for (const hour of ['01:00', '01:12', '01:24']) day.withdraw(hour, all).announce(after(hour, 20), all);
  day.tick('03:00');
  expect(day.said('country', 'incident')).toEqual([
    '01:24:01 country.flapping since 01:00:00',
    '01:39:20 country.steady since 01:24:20',
  ]);
});

test('a flapping that ends in an outage is an outage', () => {
  const day = new Day().dump('00:00', all);
  for (let t = 0; t < 400; t += 40) day.withdraw(after('01:00', t), all).announce(after('01:00', t + 20), all);
  day.withdraw('01:07', all).tick('03:00');
  expect(day.said('country.unroutable')).toEqual(['01:09:00 country.unroutable since 01:07:00']);
});

test('it flaps on once the incident says so: no update for each drop', () => {
  expect(newsOf(flappingDay(20, 20))).toEqual(['02:02:00 verdict']);
});

test('one voter at the threshold that comes and goes moves no date', () => {
  const day = new Day().dump('00:00', all).withdraw('01:00', all.slice(3));
  for (let i = 0; i < 75; i++)
    day.announce(after('01:00:05', i * 20), all.slice(3, 4)).withdraw(after('01:00:12', i * 20), all.slice(3, 4));
  expect(day.tick('02:00').said('country')).toEqual(['01:00:30 country.unroutable since 01:00:00']);
});
