import { expect, test } from 'vitest';
import { parsePeriod } from '../../src/config/period.ts';

test.each([
  ['2014', '2014-01-01', '2015-01-01'],
  ['2014-12', '2014-12-01', '2015-01-01'],
  ['2016-02', '2016-02-01', '2016-03-01'],
  ['2014-12-31', '2014-12-31', '2015-01-01'],
  ['2014-12-22T16:20', '2014-12-22T16:20:00Z', '2014-12-22T16:20:01Z'],
])('%s is the time from %s to %s, in UTC', (text, from, until) => {
  const period = parsePeriod(text);
  expect(period?.from).toBe(Date.parse(from));
  expect(period?.until).toBe(Date.parse(until));
});

test.each(['', 'KP', '2014-13', '2014-02-30', '14-12', 'December 2014'])('“%s” is not a time', (text) => {
  expect(parsePeriod(text)).toBeUndefined();
});
