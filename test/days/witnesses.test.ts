import { expect, test } from 'vitest';
import { clock, Day, KP, peers, prefix, UNITS } from '../support/day.ts';
import { all, incidentsOf, minutes } from './words.ts';

/** Events about the country, its networks, upstreams and origins. */
const eventTypes = (day: Day): string[] =>
  day.events.filter(({ type }) => /^(?:country|unit|upstream|origin|prefix)\./.test(type)).map(({ type }) => type);

/** What is seen now. */
const seenIn = (day: Day) => day.engine.status()[0]?.visibility;

test.each([10, 25])('%s peers join that never had the country: nothing is reported, and nothing changes', (count) => {
  const strangers = peers(all.length + count).slice(all.length);
  const day = new Day().dump('00:00', all).dump('08:00', strangers, []).tick('12:00');
  expect(eventTypes(day)).toEqual([]);
  expect(seenIn(day)).toMatchObject({ share: 1, voters: all.length + count, witnesses: all.length });
});

test('an outage is reported with strangers among the voters, of those that usually see it', () => {
  const strangers = peers(all.length + 10).slice(all.length);
  const day = new Day().dump('00:00', all).dump('08:00', strangers, []).withdraw('12:00', all).tick('12:05');
  expect(day.events.find(({ type }) => type === 'country.unroutable')?.data).toMatchObject({
    visibility: { share: 0, voters: all.length + 10, witnesses: all.length, seeing: 0, seeingNothing: all.length },
  });
});

test('tables that arrive slowly after a reset change nothing', () => {
  const late = all.slice(30);
  const day = new Day().dump('00:00', all).session('10:00', late, 'down').session('10:01', late, 'up');
  for (const [i, one] of late.entries()) {
    const minute = String(2 + i).padStart(2, '0');
    day.announce(`10:${minute}`, [one]).endOfRib(`10:${minute}`, [one]);
  }
  expect(eventTypes(day.tick('12:00'))).toEqual([]);
  expect(seenIn(day)).toMatchObject({ share: 1, witnesses: all.length });
});

test('a network that six of forty voters never see is routable at its usual level; an outage of it is one of an hour', () => {
  const day = new Day().dump('00:00', all.slice(6)).dump('00:00', all.slice(0, 6), []).tick('06:00');
  expect(eventTypes(day)).toEqual([]);
  expect(seenIn(day)).toMatchObject({ share: 1, voters: all.length, witnesses: all.length - 6 });
  day.withdraw('06:00', all.slice(6)).announce('07:00', all.slice(6)).tick('09:00');
  day.withdraw('+10 06:00', all.slice(6)).announce('+10 07:00', all.slice(6)).tick('+10 09:00');
  expect(incidentsOf(day).map(({ state, downMs }) => [state, downMs])).toEqual([
    ['closed', minutes(60)],
    ['closed', minutes(60)],
  ]);
});

test('an upstream is not lost because a voter that used another one came, or its only voter left', () => {
  const day = new Day().dump('00:00', all.slice(1)).dump('00:00', all.slice(0, 1), UNITS, 500_000, [1239, 131279]);
  const strangers = peers(all.length + 25).slice(all.length);
  day.dump('04:00', strangers).session('05:00', all.slice(0, 1), 'down').tick('07:00');
  expect(eventTypes(day)).toEqual([]);
});

test('voters move to another upstream in the very second in which others leave: it is reported', () => {
  for (const isFirst of [true, false]) {
    const day = new Day().dump('00:00', all);
    if (isFirst) day.session('10:00', all.slice(0, 10), 'down');
    day.announce('10:00', all.slice(10), UNITS, [9930, 131279]);
    if (!isFirst) day.session('10:00', all.slice(0, 10), 'down');
    expect(day.tick('12:00').said('upstream.gained')).toEqual([
      '10:01:00 upstream.gained AS9930 176,177,178,179 since 10:00:00',
    ]);
  }
});

test('25 voters come with another upstream in the very second in which one voter moves to it: that is not reported', () => {
  const others = peers(all.length + 25).slice(all.length);
  for (const isFirst of [true, false]) {
    const day = new Day().dump('00:00', all);
    if (isFirst) day.announce('10:00', all.slice(0, 1), UNITS, [9930, 131279]);
    day.dump('10:00', others, UNITS, 500_000, [9930, 131279]);
    if (!isFirst) day.announce('10:00', all.slice(0, 1), UNITS, [9930, 131279]);
    expect(day.tick('12:00').said('upstream')).toEqual([]);
  }
});

test('a peer that came and sees what others usually see is a witness a minute later, and that is not reported', () => {
  const late = peers(all.length + 10).slice(all.length);
  const day = new Day().dump('00:00', all).dump('08:00', late).tick('08:00:59');
  expect(seenIn(day)).toMatchObject({ witnesses: all.length });
  expect(seenIn(day.tick('08:01:01'))).toMatchObject({ share: 1, witnesses: all.length + 10 });
  expect(eventTypes(day)).toEqual([]);
});

test('a network that is not usually seen must be seen for an hour, also by peers that came with it', () => {
  const late = peers(all.length + 30).slice(all.length);
  const day = new Day().dump('00:00', all, UNITS.slice(0, 3)).dump('08:00', late);
  day.announce('08:00', all.slice(0, 20), UNITS.slice(3));
  expect(seenIn(day.tick('08:59'))).toMatchObject({ unitsVisible: 3, units: 3, witnesses: all.length + 30 });
  expect(seenIn(day.tick('09:01'))).toMatchObject({ share: 1, unitsVisible: 4, units: 4 });
});

test('a witness that sees a network for a few minutes as well does not usually see it', () => {
  const few = all.slice(0, 6);
  const day = new Day().dump('00:00', all.slice(6)).dump('00:00', few, UNITS.slice(0, 3));
  day.announce('08:00', few, UNITS.slice(3)).withdraw('08:30', few, UNITS.slice(3)).tick('10:00');
  expect(seenIn(day)).toMatchObject({ share: 1 });
});

test('a peer that comes during the loss is not a witness of what is left', () => {
  const late = peers(all.length + 10).slice(all.length);
  const day = new Day().dump('00:00', all).withdraw('08:00', all.slice(0, 8)).dump('08:00:30', late).tick('08:30');
  expect(seenIn(day)).toMatchObject({ witnesses: all.length });
  day.announce('08:40', all.slice(0, 8)).tick('08:42:01');
  expect(seenIn(day)).toMatchObject({ share: 1, witnesses: all.length + 10 });
});

test('when all who usually saw it are gone for a day, those that came instead become witnesses', () => {
  const day = new Day().dump('00:00', all).session('10:00', all, 'down');
  const others = peers(all.length + 30).slice(all.length);
  day.dump('11:00', others).tick('14:00');
  expect(seenIn(day)).toMatchObject({ share: 1, witnesses: 30 });
  expect(day.engine.status()[0]?.verdict).toBe('unknown');
  day.tick('+1 12:00');
  expect(day.engine.status()[0]?.verdict).toBe('routable');
});

test('one table that is half as large again as the others takes no votes, then or later', () => {
  const day = new Day().dump('00:00', all).dump('08:00', all.slice(0, 1), UNITS, 750_000);
  expect(seenIn(day.tick('09:00'))).toMatchObject({ voters: all.length });
  day.withdraw('10:00', all).tick('10:05');
  expect(eventTypes(day)).toContain('country.unroutable');
});

test('partial feeds that never had a country prove nothing: 60,000 routes are not a full table in 2014', () => {
  const day = new Day().dump('00:00', all, [], 60_000).tick('02:00');
  expect(eventTypes(day)).toEqual([]);
  expect(day.engine.status()[0]?.verdict).toBe('unknown');
});

test('without a table, of the peers that sent any route inside the blocks, those count that sent the right one', () => {
  const YT = {
    ...KP,
    id: 'YT',
    name: 'YouTube',
    blocks: [prefix('208.65.152.0/22')],
    origins: [36561].map(Number) as never,
  };
  const day = new Day({ territories: [YT] });
  const asked = all.slice(0, 40);
  day.announce('12:00', asked.slice(0, 19), ['208.65.152.0/22'], [3491, 36561]);
  day.announce('12:00', asked.slice(19), ['208.65.152.0/22'], [3491, 17557]);
  day.tick('12:30');
  expect(seenIn(day)).toMatchObject({ share: 0.475, of: 'peers-with-a-route', voters: 40 });
  expect(clock('12:30')).toBeGreaterThan(0);
});

test.each([24, 30, 38])(
  'without a table, %s of 42 sent the right one and the others a foreign one: all 42 are witnesses',
  (right) => {
    const asked = peers(42);
    const day = new Day().announce('12:00', asked, UNITS, [3491, 17557]).announce('12:30', asked.slice(0, right));
    day.tick('15:00');
    const share = Math.round((right / 42) * 10_000) / 10_000;
    expect(seenIn(day)?.share).toBeCloseTo(share, 3);
    expect(seenIn(day)).toMatchObject({ voters: 42, witnesses: 42, seeing: right });
    expect(day.engine.status()[0]?.verdict).toBe(right === 38 ? 'routable' : 'degraded');
    for (const { type, data } of day.events)
      if ('evidence' in data && data.evidence !== undefined)
        expect([type, data.evidence.count > 0]).toEqual([type, true]);
    day.announce('15:00', asked).tick('16:00');
    expect(seenIn(day)).toMatchObject({ share: 1, witnesses: 42 });
    expect(day.said('country.restored')).toHaveLength(right === 38 ? 0 : 1);
  },
);

test('one full table among thirteen partial feeds: it alone votes', () => {
  const day = new Day().dump('00:00', all.slice(0, 1)).dump('00:00', all.slice(1, 14), [], 60_000).tick('01:00');
  expect(seenIn(day)).toMatchObject({ voters: 1 });
});

test('one table half as large again among four voters blinds none of them', () => {
  const day = new Day().dump('00:00', all.slice(0, 4)).dump('08:00', all.slice(0, 1), UNITS, 750_000).tick('09:00');
  expect(seenIn(day)).toMatchObject({ voters: 4 });
});

test.each([1.5, 3])('the tables of one collector of four are %s times the others: no peer loses its vote', (factor) => {
  const large = all.slice(0, 10);
  const day = new Day()
    .dump('00:00', all)
    .dump('08:00', large, UNITS, 500_000 * factor)
    .dump('08:00', all.slice(10));
  day.withdraw('10:00', all).tick('10:05');
  expect(seenIn(day)).toMatchObject({ voters: 40, seeingNothing: 40 });
  expect(eventTypes(day)).toContain('country.unroutable');
});

test('two of twenty tables are three times the others: no peer loses its vote', () => {
  const twenty = all.slice(0, 20);
  const day = new Day().dump('00:00', twenty).dump('08:00', twenty.slice(0, 2), UNITS, 1_500_000).tick('09:00');
  expect(seenIn(day)).toMatchObject({ voters: 20 });
});

test('tables that arrive twelve minutes after a reset cause no event, though no End-of-RIB marks their end', () => {
  const reset = all.slice(20);
  const day = new Day().dump('00:00', all).session('02:00', reset, 'down').session('02:00:30', reset, 'up');
  day.announce('02:12:30', reset).tick('04:00');
  expect(eventTypes(day)).toEqual([]);
  expect(incidentsOf(day)).toEqual([]);
});

test('a session that came up and sent nothing for half an hour has no route to send', () => {
  const reset = all.slice(20);
  const day = new Day()
    .dump('00:00', all)
    .session('02:00', reset, 'down')
    .session('02:00:30', reset, 'up')
    .tick('04:00');
  const degraded = day.events.filter(({ type }) => type === 'country.degraded');
  expect(degraded.map(({ time }) => time.slice(11, 16))).toEqual(['02:31']);
});
