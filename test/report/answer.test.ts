import { describe, expect, test } from 'vitest';
import { eventTime, type EventTime } from '../../src/bgp/time.ts';
import { answerText, stretchesOf, type VerdictStretch } from '../../src/report/answer.ts';
import { createClock } from '../../src/report/clock.ts';

const range = { from: eventTime('2014-12-22T00:00:00Z'), until: eventTime('2014-12-23T00:00:00Z') };

function answer(
  turns: readonly (readonly [string, VerdictStretch['verdict']])[],
  recorded = '2014-12-23T00:00:00Z',
): string {
  const at = turns.map(([time, verdict]) => [eventTime(`2014-12-22T${time}Z`), verdict] as const);
  const stretches = stretchesOf(at, range, eventTime(recorded));
  return answerText({ name: 'North Korea', clock: createClock('Asia/Pyongyang'), range, stretches });
}

const DAY = 'between 2014-12-22 00:00:00 UTC and 2014-12-23 00:00:00 UTC';

describe('the one sentence of a report', () => {
  test('one outage has its begin in both clocks and its length', () => {
    const turns = [
      ['00:00:00', 'routable'],
      ['16:00:00', 'unroutable'],
      ['18:30:00', 'routable'],
    ] as const;
    expect(answer(turns)).toBe(
      `North Korea was unroutable once ${DAY}: from 2014-12-22 16:00:00 UTC (01:00:00 in Pyongyang, 23 Dec) for 2 h 30 min.`,
    );
  });

  test('several are counted and added up, and the longest is named; partial losses are separate', () => {
    const turns = [
      ...[
        ['00:00:00', 'routable'],
        ['03:00:00', 'unroutable'],
        ['03:10:00', 'degraded'],
        ['04:00:00', 'routable'],
      ],
      ...[
        ['16:00:00', 'unroutable'],
        ['17:00:00', 'routable'],
      ],
    ] as [string, VerdictStretch['verdict']][];
    expect(answer(turns)).toContain('was unroutable 2 times');
    expect(answer(turns)).toContain('1 h 10 min in all; the longest time from 2014-12-22 16:00:00 UTC');
    expect(answer(turns)).toContain('; it was degraded for 50 min more.');
  });

  test('an outage that is not seen for a while is not two, and may be more', () => {
    const turns = [
      ['00:00:00', 'routable'],
      ['01:00:00', 'unroutable'],
      ['02:00:00', 'unknown'],
      ['04:00:00', 'unroutable'],
      ['05:00:00', 'routable'],
    ] as const;
    expect(answer(turns)).toBe(
      `North Korea was unroutable at least once ${DAY}: from 2014-12-22 01:00:00 UTC (10:00:00 in Pyongyang) for at least 2 h. For 2 h of it we could not see.`,
    );
  });

  test('blind time is never part of an outage: it is named, and not added', () => {
    const turns = [
      ['00:00:00', 'routable'],
      ['05:00:00', 'unknown'],
      ['09:00:00', 'routable'],
    ] as const;
    expect(answer(turns)).toBe(`North Korea was routable ${DAY} whenever it was seen. For 4 h of it we could not see.`);
  });

  test('time that was not recorded is named, before the first record and after the last', () => {
    expect(answer([['06:00:00', 'routable']], '2014-12-22T20:00:00Z')).toBe(
      `North Korea was routable ${DAY} whenever it was seen. Nothing was recorded for 10 h of it.`,
    );
  });

  test('where most of the time was not seen, that comes first', () => {
    expect(answer([['06:00:00', 'routable']], '2014-12-22T12:00:00Z')).toBe(
      `For most of the time ${DAY} it is not known whether North Korea was routable: it was seen for 6 h, and was routable then. Nothing was recorded for 18 h of it.`,
    );
  });

  test('next to time that was not seen an outage lasted at least as long as it was seen, and its absence holds only for seen time', () => {
    const cut = (verdict: 'unroutable' | 'degraded') =>
      answer([
        ['00:00:00', 'routable'],
        ['16:00:00', verdict],
        ['18:00:00', 'unknown'],
        ['20:00:00', 'routable'],
      ]);
    expect(cut('unroutable')).toContain(
      '(01:00:00 in Pyongyang, 23 Dec) for at least 2 h. For 2 h of it we could not see.',
    );
    expect(cut('degraded')).toContain(`was not unroutable ${DAY} whenever it was seen, and degraded for 2 h`);
    const both = answer([
      ['00:00:00', 'unknown'],
      ['01:00:00', 'unroutable'],
      ['02:00:00', 'routable'],
      ['04:00:00', 'unroutable'],
      ['07:00:00', 'routable'],
    ]);
    expect(both).toContain(
      'at least 4 h in all; the longest time from 2014-12-22 04:00:00 UTC (13:00:00 in Pyongyang) for 3 h.',
    );
  });

  test('an outage that has not ended says so', () => {
    const turns = [
      ['00:00:00', 'routable'],
      ['16:00:00', 'unroutable'],
    ] as const;
    expect(answer(turns)).toContain('for 8 h, and still was at the end.');
  });

  test('of a time in which nothing was seen nothing is known', () => {
    const unknown = `It is not known whether North Korea was routable ${DAY}: nothing of it was seen.`;
    expect(answer([])).toBe(unknown);
    expect(answer([['00:00:00', 'unknown']])).toBe(unknown);
  });

  test('a moment has a verdict and no length', () => {
    const at = eventTime('2014-12-22T17:00:00Z');
    const moment = { from: at, until: (at + 1000) as EventTime };
    const stretches = stretchesOf([[range.from, 'unroutable']], moment, range.until);
    const text = answerText({ name: 'North Korea', clock: createClock(undefined), range: moment, stretches });
    expect(text).toBe('At 2014-12-22 17:00:00 UTC, North Korea was unroutable.');
  });
});

test('stretches fill the whole range, in order and without holes', () => {
  const turns = [
    [eventTime('2014-12-21T00:00:00Z'), 'routable'],
    [eventTime('2014-12-22T05:00:00Z'), 'unroutable'],
  ] as const;
  const stretches = stretchesOf(turns, range, eventTime('2014-12-22T20:00:00Z'));
  expect(stretches.map(({ verdict }) => verdict)).toEqual(['routable', 'unroutable', 'off']);
  expect(stretches[0]?.from).toBe(range.from);
  expect(stretches.at(-1)?.until).toBe(range.until);
  for (const [i, { until }] of stretches.slice(0, -1).entries()) expect(stretches[i + 1]?.from).toBe(until);
});
