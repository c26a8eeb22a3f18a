import { expect, test } from 'vitest';
import { asn, clock, Day, peers, prefix, UNITS } from '../support/day.ts';
import { all, eventsOf } from './words.ts';

/** Ten voters, and five are enough. */
const ten = all.slice(0, 10);
const fewDay = () => new Day({ policy: { minVoters: 5 } }).dump('00:00', ten);

const verdictIn = (day: Day) => day.engine.status()[0]?.verdict;

test('all sessions go down, their return is not received, and a dump has everything: the country is there', () => {
  const day = new Day().dump('00:00', all).session('10:00', all, 'down').dump('12:00', all).tick('13:00');
  expect(day.said()).toEqual([
    '10:00:10 country.unknown since 10:00:00',
    '10:00:10 observer.blind since 10:00:00',
    '12:00:10 country.known since 12:00:00',
    '12:00:10 observer.restored since 12:00:00',
  ]);
});

test('a dump that began before its session went down does not count for it', () => {
  const day = new Day().dump('00:00', all).withdraw('09:59', all).session('10:00', all, 'down').dump('09:59:30', all);
  expect(verdictIn(day.tick('10:30'))).toBe('unknown');
});

test('all sessions go down, and dumps then lack two networks: the dumps are the evidence, 40 of them', () => {
  const day = new Day().dump('00:00', all).session('10:00', all, 'down').dump('12:00', all, UNITS.slice(2));
  const [event] = eventsOf(day.tick('13:00'), 'country.degraded');
  expect(event?.data).toMatchObject({ since: '2014-12-22T12:00:00.000Z', sinceAtLatest: true });
  expect(event?.data.evidence).toMatchObject({
    count: 40,
    messages: { 0: { type: 'rib', at: '2014-12-22T12:00:00.000Z', prefixes: UNITS.slice(0, 2) } },
  });
});

test('an upstream, its loss and a foreign origin list the messages that showed them', () => {
  const day = new Day().dump('00:00', all).announce('10:00', all.slice(0, 30), UNITS, [20485, 131279]);
  day.announce('11:00', all.slice(30), UNITS, [20485, 131279]).announce('12:00', all.slice(0, 10), UNITS, [666]);
  day.tick('13:00');
  const [gained] = eventsOf(day, 'upstream.gained');
  expect(gained?.data).toMatchObject({ upstream: 20485, evidence: { count: 30 } });
  const [lost] = eventsOf(day, 'upstream.lost');
  expect(lost?.data).toMatchObject({ upstream: 4837, evidence: { count: 10 } });
  const [origin] = eventsOf(day, 'origin.changed');
  expect(origin?.data).toMatchObject({ origin: 666, share: 0.25, evidence: { count: 10 } });
});

test('voters that never had it come first at the first look: it is routable at its usual level', () => {
  const few = all.slice(0, 6);
  const day = new Day().dump('00:00', few, []).dump('00:00', all.slice(6)).tick('06:00');
  expect([verdictIn(day), day.said()]).toEqual(['routable', []]);
});

test('25 voters that never had it make no foreign origin smaller', () => {
  const strangers = peers(all.length + 25).slice(all.length);
  const day = new Day().dump('00:00', all).dump('01:00', strangers, []);
  day.announce('02:00', all.slice(0, 5), UNITS, [666]).tick('03:00');
  expect(eventsOf(day, 'origin.changed')[0]?.data).toMatchObject({ share: 0.125 });
});

test('a network that the baseline gave up is not back because one voter has it again', () => {
  const day = new Day().dump('00:00', all).withdraw('01:00', all, UNITS.slice(0, 1));
  day.announce('02:00', all.slice(0, 1), UNITS.slice(0, 1)).tick('+3 00:00');
  expect(day.said('unit', 'country.restored')).toEqual([
    '01:00:30 unit.lost 175.45.176.0/24 since 01:00:00',
    '+1 01:01:00 country.restored since +1 01:00:00',
  ]);
});

test('a network that was lost while no peer was connected was lost then or earlier', () => {
  const day = new Day().dump('00:00', all).session('10:00', all, 'down').dump('12:00', all, UNITS.slice(1));
  expect(eventsOf(day.tick('13:00'), 'unit.lost')[0]?.data).toMatchObject({
    since: '2014-12-22T12:00:00.000Z',
    sinceAtLatest: true,
  });
});

test('a torn dump in quiet times takes no vote, and gives none: the outage after it is reported', () => {
  const torn = peers(all.length + 5).slice(all.length);
  const day = new Day().dump('00:00', all);
  // The dump has four of forty peers, and five that were never seen before, and then the file ends.
  for (const one of [...all.slice(0, 4), ...torn]) {
    const path = [one.asn, asn(4837), asn(131279)];
    day.apply({ type: 'rib', at: clock('08:00'), peer: one, prefix: prefix(UNITS[0]), pathId: undefined, path });
  }
  expect(day.tick('08:10').engine.status()[0]?.visibility).toMatchObject({ voters: 40, share: 1 });
  day.withdraw('09:00', all);
  expect(day.tick('10:00').said('country')).toEqual(['09:00:30 country.unroutable since 09:00:00']);
});

test('a voter that sees it goes down beside one that lost it: the change of voters is not a message about the country', () => {
  const day = fewDay().withdraw('01:00', all.slice(0, 1));
  expect(verdictIn(day.session('02:00', all.slice(1, 2), 'down').tick('03:00'))).toBe('routable');
  // The next message that takes sight away counts all of what is seen then.
  day.withdraw('04:00', all.slice(2, 3)).tick('05:00');
  expect(day.said('country')).toEqual(['04:01:00 country.degraded since 04:00:00']);
});

test('those that lost it go down, and all that are left see it: no peer announced it again', () => {
  const day = new Day().dump('00:00', all).withdraw('01:00', all.slice(0, 10), UNITS.slice(0, 2));
  day.session('02:00', all.slice(0, 10), 'down').tick('03:00');
  expect(verdictIn(day)).toBe('degraded');
  expect(day.said('country')).toEqual(['01:01:00 country.degraded since 01:00:00']);
});

test('a network seen by one voter of ten is not lost because that voter goes down, nor back because others do', () => {
  const day = fewDay().withdraw('01:00', ten.slice(1), UNITS.slice(0, 1));
  day.session('02:00', ten.slice(0, 1), 'down').tick('02:10');
  expect(day.said('unit')).toEqual([]);
  const other = fewDay().withdraw('01:00', ten, UNITS.slice(0, 1)).tick('01:30');
  other.announce('02:00', ten.slice(0, 4), UNITS.slice(0, 1)).session('03:00', ten.slice(7), 'down').tick('04:00');
  expect(other.said('unit.returned')).toEqual([]);
  other.announce('05:00', ten.slice(4, 5), UNITS.slice(0, 1)).tick('06:00');
  expect(other.said('unit.returned')).toEqual(['05:01:00 unit.returned 175.45.176.0/24 since 05:00:00']);
});

test('a voter that comes back with the table it had changes nothing; with a smaller one, that is a loss', () => {
  const day = fewDay().session('01:00', ten.slice(0, 1), 'down').dump('02:00', ten.slice(0, 1));
  expect(day.tick('03:00').said('country', 'unit')).toEqual([]);
  day.session('04:00', ten.slice(0, 2), 'down').dump('05:00', ten.slice(0, 2), []).tick('06:00');
  expect(day.said('country')).toEqual(['05:01:00 country.degraded since 05:00:00']);
});

test('few voters: a network that is back for all is back, though one voter less would be a dip', () => {
  const day = new Day({ policy: { minVoters: 3 } }).dump('00:00', all.slice(0, 5));
  day.withdraw('01:00', all.slice(0, 5), UNITS.slice(0, 2)).announce('01:00:12', all.slice(0, 5)).tick('02:00');
  expect(day.said('country')).toEqual([]);
});

test('a foreign origin that a table lacks is gone, and messages are listed', () => {
  const day = new Day().dump('00:00', all).announce('01:00', all.slice(0, 5), UNITS, [666]);
  day.dump('02:00', all.slice(0, 5)).tick('03:00');
  const gone = eventsOf(day, 'origin.changed').filter(({ data }) => data.change === 'gone');
  expect(gone.map(({ data }) => [data.since.slice(11, 16), (data.evidence?.count ?? 0) > 0])).toEqual([
    ['02:00', true],
  ]);
});
