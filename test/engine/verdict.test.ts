import { expect, test } from 'vitest';
import { Day, peers, UNITS } from '../support/day.ts';

const all = peers(20);

test('an outage is dated from its first low sample and reported after the hold', () => {
  const day = new Day().dump('12:00', all).withdraw('16:15', all).tick('17:00');
  expect(day.said('country')).toEqual(['16:15:30 country.unroutable since 16:15:00']);
});

test('the start is silent when the territory is routable', () => {
  expect(new Day().dump('12:00', all).tick('17:00').said()).toEqual([]);
});

test('a dip shorter than the hold is never reported', () => {
  const day = new Day().dump('12:00', all).withdraw('16:15', all).announce('16:15:29', all).tick('17:00');
  expect(day.said()).toEqual([]);
});

test('a dip of exactly the hold is reported: the deadline comes before the element that passes it', () => {
  const day = new Day().dump('12:00', all).withdraw('16:15', all).announce('16:15:30', all).tick('16:16');
  expect(day.said('country')).toEqual(['16:15:30 country.unroutable since 16:15:00']);
});

test('the whole life of an outage', () => {
  const day = new Day().dump('12:00', all).withdraw('16:15', all).announce('18:00', all).tick('20:00');
  expect(day.said()).toEqual([
    '16:15:30 unit.lost 175.45.176.0/24 since 16:15:00',
    '16:15:30 unit.lost 175.45.177.0/24 since 16:15:00',
    '16:15:30 unit.lost 175.45.178.0/24 since 16:15:00',
    '16:15:30 unit.lost 175.45.179.0/24 since 16:15:00',
    '16:15:30 country.unroutable since 16:15:00',
    '16:15:30 incident.opened since 16:15:00',
    '18:01:00 unit.returned 175.45.176.0/24 since 18:00:00',
    '18:01:00 unit.returned 175.45.177.0/24 since 18:00:00',
    '18:01:00 unit.returned 175.45.178.0/24 since 18:00:00',
    '18:01:00 unit.returned 175.45.179.0/24 since 18:00:00',
    '18:01:00 country.restored since 18:00:00',
    '18:01:00 incident.updated since 16:15:00',
    '18:30:00 incident.closed since 16:15:00',
  ]);
});

test('one of four networks lost for a minute is degraded, not unroutable', () => {
  const day = new Day().dump('12:00', all).withdraw('16:15', all, UNITS.slice(0, 1)).tick('17:00');
  expect(day.said('country')).toEqual(['16:16:00 country.degraded since 16:15:00']);
});

test('two stuck peers in fifty do not hide an outage', () => {
  const many = peers(50);
  const day = new Day().dump('12:00', many).withdraw('16:15', many.slice(2)).tick('17:00');
  expect(day.said('country')).toEqual(['16:15:30 country.unroutable since 16:15:00']);
  const opened = day.events.find((event) => event.type === 'incident.opened');
  expect(opened?.data.incident.stuck.map((one) => one.asn)).toEqual([64_513, 64_514]);
});

test('the onset begins with the first loss received, and says when half and nine tenths were lost', () => {
  const day = new Day().dump('12:00', all);
  for (const [i, one] of all.entries()) day.withdraw(`16:15:${String(i).padStart(2, '0')}`, [one]);
  day.tick('17:00');
  expect(day.said('country')).toEqual(['16:15:48 country.unroutable since 16:15:18']);
  const opened = day.events.find((event) => event.type === 'incident.opened');
  expect(opened?.data.incident.onset).toEqual({
    first: '2014-12-22T16:15:00.000Z',
    half: '2014-12-22T16:15:09.000Z',
    ninety: '2014-12-22T16:15:17.000Z',
  });
  expect(opened?.data.incident.shape).toBe('cliff');
});

test('a loss that creeps over eighteen minutes is reported, and is a slope', () => {
  const day = new Day().dump('12:00', all);
  for (const [i, one] of all.entries()) day.withdraw(`16:${String(15 + i).padStart(2, '0')}`, [one]);
  day.tick('17:00');
  expect(day.said('country')).toEqual([
    '16:18:00 country.degraded since 16:17:00',
    '16:33:30 country.unroutable since 16:33:00',
  ]);
  const updated = day.events.findLast((event) => event.type === 'incident.updated');
  expect(updated?.data.incident.shape).toBe('slope');
  expect(updated?.data.incident.onset?.first).toBe('2014-12-22T16:15:00.000Z');
});

test('drops closer together than half an hour are one incident, and three of them are flapping', () => {
  const day = new Day().dump('12:00', all);
  for (const [down, up] of [
    ['13:00', '13:05'],
    ['13:20', '13:25'],
    ['13:40', '13:45'],
  ] as const) {
    day.withdraw(down, all).announce(up, all);
  }
  day.withdraw('14:16:01', all).announce('14:20', all).tick('16:00');
  const closed = day.events.filter((event) => event.type === 'incident.closed');
  expect(closed.map((event) => [event.data.incident.drops, event.data.incident.shape])).toEqual([
    [3, 'flapping'],
    [1, 'cliff'],
  ]);
  expect(day.said('incident.opened')).toHaveLength(2);
});

test('a second outage within the hour is reported again', () => {
  const day = new Day()
    .dump('12:00', all)
    .withdraw('13:00', all)
    .announce('13:10', all)
    .withdraw('13:40', all)
    .tick('14:00');
  expect(day.said('country')).toEqual([
    '13:00:30 country.unroutable since 13:00:00',
    '13:11:00 country.restored since 13:10:00',
    '13:40:30 country.unroutable since 13:40:00',
  ]);
});

test('a withdrawal and the same announcement at once change nothing', () => {
  const day = new Day().dump('12:00', all).withdraw('13:00', all).announce('13:00', all).tick('14:00');
  expect(day.said()).toEqual([]);
});

test('half of it back is not a recovery to routable: it is degraded', () => {
  const day = new Day().dump('12:00', all).withdraw('13:00', all).announce('13:10', all.slice(0, 12)).tick('14:00');
  expect(day.said('country')).toEqual([
    '13:00:30 country.unroutable since 13:00:00',
    '13:11:00 country.degraded since 13:10:00',
  ]);
});

test('an outage that was there at the first look is reported as such', () => {
  const day = new Day().dump('12:00', all, []).tick('13:00');
  expect(day.said('country')).toEqual(['12:00:30 country.unroutable since 12:00:00']);
  expect(day.events[0]?.data).toMatchObject({ sinceAtLatest: true });
});

test('a partial loss that lasts for a day is the new baseline', () => {
  const day = new Day().dump('12:00', all).withdraw('13:00', all, UNITS.slice(0, 1)).tick('+2 12:00');
  expect(day.said('country')).toEqual([
    '13:01:00 country.degraded since 13:00:00',
    '+1 13:01:00 country.restored since +1 13:00:00',
  ]);
  expect(day.events.find((event) => event.type === 'country.restored')?.data).toMatchObject({ rebased: true });
});

test('a territory that is gone whole is never forgotten', () => {
  const day = new Day().dump('12:00', all).withdraw('13:00', all).tick('+20 12:00');
  expect(day.said('country')).toEqual(['13:00:30 country.unroutable since 13:00:00']);
});

test('a re-announcement over 131279 as transit is not the country', () => {
  const day = new Day()
    .dump('12:00', all)
    .withdraw('13:00', all)
    .announce('13:05', all, UNITS, [131279, 51040])
    .tick('14:00');
  expect(day.said('country')).toEqual(['13:00:30 country.unroutable since 13:00:00']);
});

test('a covering route of the same origin keeps the territory routable, a default route does not', () => {
  const covered = new Day()
    .dump('12:00', all)
    .announce('12:30', all, ['175.45.176.0/22'])
    .withdraw('13:00', all)
    .tick('14:00');
  expect(covered.said('country')).toEqual([]);
  const byDefault = new Day()
    .dump('12:00', all)
    .announce('12:30', all, ['0.0.0.0/0'])
    .withdraw('13:00', all)
    .tick('14:00');
  expect(byDefault.said('country')).toEqual(['13:00:30 country.unroutable since 13:00:00']);
});

test('a partial loss that comes at once is a cliff as well', () => {
  const day = new Day()
    .dump('12:00', all)
    .withdraw('13:00', all.slice(0, 9))
    .withdraw('13:00:08', all.slice(9, 10))
    .tick('14:00');
  const opened = day.events.find((event) => event.type === 'incident.opened');
  expect(opened?.data.incident).toMatchObject({ shape: 'cliff', depth: 0.5, worst: 'degraded' });
});

test('the evidence of a lost unit is about that unit', () => {
  const day = new Day().dump('12:00', all).withdraw('13:00', all).tick('14:00');
  const lost = day.events.find((event) => event.type === 'unit.lost');
  expect(lost?.data.evidence).toMatchObject({
    count: 20,
    messages: [{ prefixes: [UNITS[0]] }, ...Array.from({ length: 15 }, () => ({}))],
  });
});

test('a dump alone is enough for a first verdict, with every unit that its voters see', () => {
  const [few, rest] = [all.slice(0, 10), all.slice(10)];
  const day = new Day().dump('12:00', few, UNITS.slice(0, 2)).dump('12:00', rest).dump('12:00:05', peers(60).slice(20));
  expect(day.engine.status()[0]).toMatchObject({ verdict: 'routable', visibility: { units: 4, unitsVisible: 4 } });
  expect(day.said()).toEqual([]);
});
