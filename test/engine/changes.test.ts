import { expect, test } from 'vitest';
import { Day, peers, UNITS } from '../support/day.ts';

const all = peers(20);
const TTK = [20485, 131279];
const UNICOM = [4837, 131279];
const INTELSAT = [22351, 131279];

test('an upstream that takes three of four networks is reported once, with the networks', () => {
  const three = [UNITS[0], UNITS[2], UNITS[3]];
  const day = new Day().dump('06:00', all).announce('09:07:51', all.slice(0, 12), three, TTK).tick('09:30');
  expect(day.said()).toEqual(['09:08:51 upstream.gained AS20485 176,178,179 since 09:07:51']);
});

test('an upstream seen for less than a minute was path hunting', () => {
  const day = new Day()
    .dump('06:00', all)
    .announce('09:00', all, UNITS, TTK)
    .announce('09:00:40', all, UNITS, UNICOM)
    .tick('10:00');
  expect(day.said()).toEqual([]);
});

test('networks that leave an upstream one by one are reported one by one', () => {
  const day = new Day().dump('06:00', all, UNITS, 500_000, TTK);
  day.announce('07:56:39', all, [UNITS[0]], UNICOM).announce('09:10:29', all, [UNITS[3]], UNICOM).tick('10:00');
  expect(day.said('upstream')).toEqual([
    '07:57:39 upstream.gained AS4837 176 since 07:56:39',
    '07:57:39 upstream.lost AS20485 176 since 07:56:39',
    '09:11:29 upstream.gained AS4837 179 since 09:10:29',
    '09:11:29 upstream.lost AS20485 179 since 09:10:29',
  ]);
});

test('the loss of a network is not a change of its upstreams; its return over another upstream is', () => {
  const day = new Day().dump('00:10', all).withdraw('00:59:30', all);
  day.announce('01:02', all, [UNITS[0]], INTELSAT).announce('01:02', all, UNITS.slice(1), UNICOM).tick('03:00');
  expect(day.said('upstream')).toEqual([
    '01:03:00 upstream.gained AS22351 176 since 01:02:00',
    '01:03:00 upstream.lost AS4837 176 since 01:02:00',
  ]);
  const closed = day.events.find((event) => event.type === 'incident.closed');
  expect(closed?.data.incident.upstreamsLost.map((one) => one.upstream)).toEqual([4837]);
});

test('a change dates from the threshold and says when its first message was received', () => {
  const day = new Day()
    .dump('06:00', all)
    .announce('09:00:00', all.slice(0, 1), UNITS, TTK)
    .announce('09:00:05', all.slice(1), UNITS, TTK);
  const gained = day.tick('09:10').events.find((event) => event.type === 'upstream.gained');
  expect(gained?.data).toMatchObject({
    first: '2014-12-22T09:00:00.000Z',
    since: '2014-12-22T09:00:05.000Z',
    share: 1,
  });
});

test('a foreign origin inside the blocks is reported, and is not the country', () => {
  const day = new Day().dump('06:00', all).announce('07:00', all.slice(0, 8), [UNITS[1]], [174, 64496]).tick('08:00');
  const reported = day.events.find((event) => event.type === 'origin.changed');
  expect(reported?.data).toMatchObject({ origin: 64496, change: 'appeared', units: [UNITS[1]], share: 0.4 });
  // Eight of twenty voters prefer the stranger, so they no longer see the country there.
  expect(day.engine.status()[0]?.units[1]?.share).toBe(0.6);
});

test('a prefix that no voter had before is reported once', () => {
  const day = new Day()
    .dump('06:00', all)
    .announce('07:00', all, ['175.45.176.0/22'])
    .withdraw('08:00', all, ['175.45.176.0/22']);
  day.announce('09:00', all, ['175.45.176.0/22']).tick('10:00');
  expect(day.said()).toEqual(['07:01:00 prefix.new since 07:00:00']);
});

test('each event has its place in the chain of its source', () => {
  const day = new Day().dump('06:00', all).withdraw('07:00', all).gap('08:00', 'rrc00').tick('09:00');
  const territory = day.events.filter((event) => event.source === '/territories/KP');
  expect(territory.map((event) => Number(event.sequence))).toEqual(territory.map((_, i) => i + 1));
  expect(territory.map((event) => event.previousid)).toEqual([
    undefined,
    ...territory.slice(0, -1).map((event) => event.id),
  ]);
  expect(day.events.filter((event) => event.source === '/observer').map((event) => event.sequence)).toEqual([
    '0000000001',
    '0000000002',
  ]);
});

test('an event carries the messages behind it', () => {
  const day = new Day().dump('06:00', all).withdraw('07:00', all).tick('09:00');
  const reported = day.events.find((event) => event.type === 'country.unroutable');
  expect(reported?.data.evidence?.count).toBe(20);
  expect(reported?.data.evidence?.messages[0]).toEqual({
    at: '2014-12-22T07:00:00.000Z',
    type: 'withdrawal',
    collector: 'rrc00',
    peer: { address: '198.51.100.1', asn: 64_513 },
    prefixes: [...UNITS],
  });
});
