import { describe, expect, test } from 'vitest';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import type { PublishedTime } from '../../src/report/published.ts';
import { scoreOf } from '../../src/report/score.ts';

/** An event of the country, as far as a score looks at it. */
function countryEvent(type: string, first: string, since = first): UnroutableEvent {
  return { type, data: { first: `2014-12-22T${first}.000Z`, since: `2014-12-22T${since}.000Z` } } as UnroutableEvent;
}

function published(at: string, precision: PublishedTime['precision'], met_by = 'country.unroutable'): PublishedTime {
  return { at: `2014-12-22T${at}Z`, precision, source: 's', what: 'w', met_by };
}

function known(times: readonly PublishedTime[], isQuiet = false) {
  return { name: 'n', published: times, expected: undefined, isQuiet };
}

describe('a published time', () => {
  test.each([
    ['second', '16:15:00', 0],
    ['second', '16:15:03', 2001],
    ['minute', '16:15:59', 0],
    ['minute', '16:16:10', 10_001],
    ['minute', '16:14:50', 10_000],
    ['about', '16:44:00', 0],
    ['about', '16:46:00', 60_000],
  ] as const)('to the %s is missed by an event at %s by %i ms', (precision, first, error) => {
    const score = scoreOf(known([published('16:15:00', precision)]), [countryEvent('country.unroutable', first)]);
    expect(score).toMatchObject({ met: 1, onsetErrorMs: error, unpublished: 0 });
  });

  test('is not met by an event of another type, nor by one that is hours away', () => {
    const events = [countryEvent('country.restored', '16:15:00'), countryEvent('country.unroutable', '19:15:00')];
    expect(scoreOf(known([published('16:15:00', 'second')]), events)).toMatchObject({ met: 0, unpublished: 1 });
  });
});

test('the error of a duration is that of its onset and of its end', () => {
  const times = [published('16:15:00', 'second'), published('17:00:00', 'second', 'country.restored')];
  const events = [countryEvent('country.unroutable', '16:15:02'), countryEvent('country.restored', '17:00:05')];
  expect(scoreOf(known(times), events).durationErrorMs).toBe(1001 + 4001);
});

test('on a quiet day every outage is a false alarm; a partial return is not an outage', () => {
  const events = [
    countryEvent('country.unroutable', '16:15:00'),
    countryEvent('country.degraded', '16:40:00'),
    countryEvent('country.restored', '16:50:00'),
    countryEvent('country.degraded', '18:00:00'),
  ];
  expect(scoreOf(known([], true), events)).toMatchObject({ falseAlarms: 2, unpublished: 2 });
});
