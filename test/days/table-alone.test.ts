import { expect, test } from 'vitest';
import { clocksOf } from '../../src/app/output/formatters.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { DEFAULT_VOTING } from '../../src/policy/voting-policy.ts';
import { noVerdictLines } from '../../src/report/summary.ts';
import { clock, Day, KP, peers } from '../support/day.ts';
import { eventsOf } from './words.ts';

const clocks = clocksOf({ territories: [{ territory: KP, policy: DEFAULT_POLICY }], voting: DEFAULT_VOTING });

/** The sentence at the end of a day on which too few networks are seen. */
function endOf(day: Day): string {
  const standings = day.engine.status().map(({ territory, family, verdict, visibility }) => ({
    ...{ territory, family, verdict, visibility, since: undefined, pending: undefined },
    minVoters: DEFAULT_POLICY.minVoters,
  }));
  return noVerdictLines({ standings, end: clock('12:00') }, clocks).join('\n');
}

test('X: one table alone says what it shows', () => {
  expect(endOf(new Day().dump('12:00', peers(1)))).toMatch(
    /1 network that reports to RIS, 10 are needed for a verdict\. What they show: .*has a route to all of its 4 prefixes\.$/,
  );
});

test('X: one table without the country says that it lacks it, and that this proves nothing', () => {
  expect(endOf(new Day().dump('12:00', peers(1), []))).toMatch(
    /What they show: .*has no route to any of its 4 prefixes\. That says nothing about North Korea\.$/,
  );
});

test('no table, and fewer than half have the right origin: both figures are given, and not that no peer saw it', () => {
  const asked = peers(42);
  const day = new Day().announce('10:00', asked, undefined, [3491, 17557]).announce('10:30', asked.slice(0, 19));
  const text = endOf(day.tick('12:00'));
  expect(text).toContain(
    '23 of 42 networks that reported any route inside its blocks have no route to any of its 4 prefixes, 19 have one',
  );
  expect(text).not.toContain('none of it was seen');
  expect(text).not.toContain('says nothing about');
});

test('N: observer.healed has the time from which it sees again, and the time at which it went blind', () => {
  const day = new Day().dump('00:00', peers(20)).gap('10:00', 'rrc00').dump('12:00', peers(20)).tick('13:00');
  const healed = eventsOf(day, 'observer.healed').map(({ data }) => [
    data.since.slice(11, 16),
    data.lostAt?.slice(11, 16),
  ]);
  expect(healed.length).toBeGreaterThan(0);
  expect(new Set(healed.map(String))).toEqual(new Set(['12:00,10:00']));
  expect(eventsOf(day, 'observer.restored').map(({ data }) => data.since.slice(11, 16))).toEqual(['12:00']);
});

test('W: a poisoned path is not another upstream', () => {
  const day = new Day().dump('00:00', peers(20));
  day.announce('01:00', peers(20), undefined, [4837, 131279, 64666, 131279]).tick('03:00');
  expect(day.said('upstream', 'country')).toEqual([]);
});
