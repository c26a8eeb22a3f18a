import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Day, peers, UNITS } from '../support/day.ts';
import { after } from './words.ts';

const voters = peers(14);
const strangers = peers(20).slice(14);

/** A word of some voters about some networks, so many seconds after the one before. */
const word = fc.record({
  type: fc.constantFrom('announce', 'withdraw', 'down', 'dump', 'gap'),
  wait: fc.constantFrom(0, 1, 20, 45, 70, 400, 4000),
  from: fc.integer({ min: 0, max: 13 }),
  count: fc.constantFrom(1, 3, 14),
  units: fc.subarray([...UNITS], { minLength: 1 }),
});

/** A session that goes down takes its routes without a word about them: what its next table lacks was never told. */
const whole = word.filter(({ type }) => type !== 'down');

type Word = typeof word extends fc.Arbitrary<infer W> ? W : never;

/** A day on which these words are heard; strangers never have the country. */
function dayOf(words: readonly Word[], hasStrangers = false): Day {
  const day = new Day().dump('00:00', voters);
  if (hasStrangers) day.dump('00:10', strangers, []);
  let at = 3600;
  for (const { type, wait, from, count, units } of words) {
    at += wait;
    const time = after('00:00', at);
    const some = voters.slice(from, from + count);
    if (type === 'announce') day.announce(time, some, units);
    else if (type === 'withdraw') day.withdraw(time, some, units);
    else if (type === 'down') day.session(time, some, 'down');
    else if (type === 'dump') day.dump(time, some, units);
    else for (const one of some) day.gap(time, 'rrc00', one);
  }
  return day.tick(after('00:00', at + 7200));
}

const RUNS = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 60) };

const told = (day: Day) => day.events.filter(({ type }) => /^(?:country|unit)\./.test(type));

test('evidence of a verdict, or of a network, is never empty', () => {
  fc.assert(
    fc.property(fc.array(whole, { maxLength: 14 }), (words) => {
      for (const { data } of told(dayOf(words)))
        if ('evidence' in data && data.evidence !== undefined) {
          expect(data.evidence.count).toBeGreaterThan(0);
          expect(data.evidence.messages.length).toBe(Math.min(16, data.evidence.count));
        }
    }),
    RUNS,
  );
});

test('voters that never saw the country change nothing of what is said of it', () => {
  const said = (day: Day) =>
    told(day).flatMap(({ type, time, data }) =>
      'visibility' in data
        ? [`${time} ${type} ${data.since} ${data.visibility.share} ${data.visibility.witnesses}`]
        : [],
    );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 14 }), (words) => {
      expect(said(dayOf(words, true))).toEqual(said(dayOf(words)));
    }),
    RUNS,
  );
});
