import { expect, test } from 'vitest';
import { Day, UNITS } from '../support/day.ts';
import { createClock } from '../../src/report/clock.ts';
import { cardMarkdown, cardOf } from '../../src/report/incident-card.ts';
import { incidentFacts, lastedText } from '../../src/report/incident-words.ts';
import { sentence } from '../../src/report/words.ts';
import { all, eventsOf, incidentsOf, minutes, newsOf, spansIn } from './words.ts';

test('gone for ten minutes, back in part, the rest twenty hours later: each time under its own verdict', () => {
  const day = new Day().dump('00:00', all).withdraw('01:00', all).announce('01:10', all, UNITS.slice(0, 3));
  const [incident] = incidentsOf(day.announce('21:10', all, UNITS.slice(3)).tick('23:00'));
  expect(incident && spansIn(incident)).toEqual(['01:00:00 unroutable', '01:10:00 degraded', '21:10:00 over']);
  expect(incident).toMatchObject({
    unroutableMs: minutes(10),
    degradedMs: minutes(20 * 60),
    unknownMs: 0,
    downMs: minutes(20 * 60 + 10),
    durationMs: minutes(20 * 60 + 10),
    outages: 1,
    drops: 1,
    depth: 0,
  });
});

test('it came back while all files were missing: blind time is not an outage', () => {
  const day = new Day()
    .dump('00:00', all)
    .withdraw('01:00', all)
    .gap('01:15', 'rrc00')
    .dump('08:00', all)
    .tick('10:00');
  const [incident] = incidentsOf(day);
  expect(incident && spansIn(incident)).toEqual(['01:00:00 unroutable', '01:15:00 unknown', '08:00:00 over']);
  expect(incident).toMatchObject({ state: 'closed', backfilled: true, downMs: minutes(15), unknownMs: minutes(405) });
});

test('it was down when we went blind and down when we saw again: one incident with a blind span', () => {
  const day = new Day().dump('00:00', all).withdraw('01:00', all).gap('01:15', 'rrc00').dump('08:00', all, []);
  const [incident, ...more] = incidentsOf(day.announce('09:00', all).tick('10:00'));
  expect(more).toEqual([]);
  expect(incident && spansIn(incident)).toEqual([
    '01:00:00 unroutable',
    '01:15:00 unknown',
    '08:00:00 unroutable or earlier',
    '09:00:00 over',
  ]);
  expect(incident).toMatchObject({ downMs: minutes(75), unknownMs: minutes(405), drops: 1, outages: 1 });
  expect(eventsOf(day, 'country.known').map(({ data }) => data.incident)).toEqual([incident?.id]);
});

test('one outage seen through two holes in the files is one outage: no peer saw it come back, and it does not flap', () => {
  const day = new Day().dump('00:00', all).withdraw('01:00', all);
  day.gap('02:00', 'rrc00').dump('04:00', all, []).gap('06:00', 'rrc00').dump('08:00', all, []);
  const [incident, ...more] = incidentsOf(day.announce('10:00', all).tick('11:00'));
  expect(more).toEqual([]);
  expect(incident).toMatchObject({ shape: 'cliff', drops: 1, outages: 1, unroutableMs: minutes(300) });
  expect(newsOf(day).filter((news) => news.includes('flapping'))).toEqual([]);
  expect(incident && lastedText(incident)).toBe('unroutable for 5 h, not seen for 4 h');
  const facts = incidentFacts({ incident } as never).join('\n');
  expect(facts).not.toContain('longest');
});

test('it was seen to come back before we went blind: the loss after that is another one', () => {
  const day = new Day().dump('00:00', all).withdraw('01:00', all).announce('01:10', all).tick('01:12');
  const [incident] = incidentsOf(day.gap('01:15', 'rrc00').dump('01:25', all, []).announce('02:00', all).tick('04:00'));
  expect(incident).toMatchObject({ drops: 2, outages: 2 });
});

test('the data end while we are blind: the incident is not reported as going on', () => {
  const day = new Day().dump('00:00', all).withdraw('01:00', all).gap('02:00', 'rrc00').tick('08:00');
  const [incident] = incidentsOf(day);
  expect(incident?.state).toBe('open');
  expect(incident && lastedText(incident)).toBe('unroutable for 1 h, not seen since 2014-12-22 02:00:00 UTC');
  const reported = eventsOf(day, 'incident.updated').map((event) => sentence(event, () => createClock(undefined)));
  expect(reported).toEqual([
    'The incident of North Korea since 2014-12-22 01:00:00 UTC cannot be followed now: North Korea was unroutable for 1 h, not seen since 2014-12-22 02:00:00 UTC; visibility down to 0 %.',
  ]);
  const card = eventsOf(day, 'incident.updated').map(({ data }) =>
    cardMarkdown(cardOf(data, () => createClock(undefined))),
  );
  expect(card.join()).not.toContain('not over');
});

test('an end on another day has its date', () => {
  const day = new Day().dump('00:00', all).withdraw('22:00', all).announce('+1 01:00', all, UNITS.slice(0, 3));
  const [incident] = incidentsOf(day.announce('+1 02:00', all, UNITS.slice(3)).tick('+1 04:00'));
  const facts = incidentFacts({ incident } as never).join('\n');
  expect(facts).toContain('Unroutable from 2014-12-22 22:00:00 UTC to 2014-12-23 01:00:00 UTC, 3 h');
  expect(facts).toContain('Networks lost: 175.45.176.0/24 22:00:00, ');
  expect(facts).toContain('Networks back: 175.45.176.0/24 2014-12-23 01:00:00 UTC, ');
});

test('an update after the recovery says that it was unroutable, and not that it still is', () => {
  const day = new Day().dump('00:00', all).withdraw('01:00', all).announce('01:10', all).tick('01:20');
  const reported = eventsOf(day, 'incident.updated').map((event) => sentence(event, () => createClock(undefined)));
  expect(reported).toEqual([
    'An incident: North Korea was unroutable for 10 min, from 2014-12-22 01:00:00 UTC to 2014-12-22 01:10:00 UTC; visibility down to 0 %.',
  ]);
});

test('blind after the recovery: the incident ends when it was restored, and closes once we see', () => {
  const day = new Day().dump('00:00', all).withdraw('01:00', all).announce('01:10', all);
  const [incident] = incidentsOf(day.gap('01:15', 'rrc00').dump('08:00', all).tick('10:00'));
  expect(incident && spansIn(incident)).toEqual(['01:00:00 unroutable', '01:10:00 over']);
  expect(incident).toMatchObject({ state: 'closed', durationMs: minutes(10), unknownMs: 0 });
});

test('under way at the first look: no onset is made up, and nothing was filled in', () => {
  const [incident] = incidentsOf(new Day().dump('00:00', all, []).announce('02:00', all).tick('04:00'));
  expect(incident && spansIn(incident)).toEqual(['00:00:00 unroutable or earlier', '02:00:00 over']);
  expect(incident).toMatchObject({ sinceAtLatest: true, shape: 'unseen', backfilled: false });
  expect(incident?.onset).toBeUndefined();
});

test('a trickle long before, then the rest at once: event and incident have one onset, and it is a cliff', () => {
  const day = new Day().dump('00:00', all).withdraw('01:00', all.slice(0, 3));
  for (const [i, one] of all.slice(3).entries())
    day.withdraw(`03:00:0${i % 4}`.replace(/\d$/, String(Math.floor(i / 10))), [one]);
  const [incident] = incidentsOf(day.announce('04:00', all).tick('06:00'));
  const [event] = eventsOf(day, 'country.unroutable');
  expect(event?.data.first).toBe('2014-12-22T03:00:00.000Z');
  expect(incident).toMatchObject({ shape: 'cliff', onset: { first: event?.data.first } });
});

test('a loss that stays is the new baseline, and its return says how long it lasted, though no other message comes', () => {
  const day = new Day()
    .dump('00:00', all)
    .withdraw('01:00', all, UNITS.slice(3))
    .announce('+4 04:00', all, UNITS.slice(3));
  const [incident] = incidentsOf(day.tick('+4 12:00'));
  expect(incident).toMatchObject({
    rebased: true,
    state: 'closed',
    unitsLost: [{ unit: UNITS[3] }],
    unitsReturned: [],
  });
  expect(newsOf(day)).toEqual(['01:01:00 verdict rebased']);
  expect(eventsOf(day, 'unit.returned').map(({ time, data }) => [time, data.unit, data.lostSince])).toEqual([
    ['2014-12-26T04:01:00.000Z', UNITS[3], '2014-12-22T01:00:00.000Z'],
  ]);
});

test('networks of an incident are those that unit.lost and unit.returned report, at the same moments', () => {
  const day = new Day().dump('00:00', all).withdraw('01:00', all).announce('02:00', all);
  // A blip without an event.
  day.withdraw('02:02', all, UNITS.slice(3)).announce('02:02:10', all, UNITS.slice(3));
  const [incident] = incidentsOf(day.tick('04:00'));
  const reported = (type: 'unit.lost' | 'unit.returned') =>
    eventsOf(day, type).map(({ data }) => ({ unit: data.unit, at: data.since }));
  expect(incident?.unitsLost).toEqual(reported('unit.lost'));
  expect(incident?.unitsReturned).toEqual(reported('unit.returned'));
});
