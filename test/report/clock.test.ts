import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LAST_EVENT_TIME, type EventTime } from '../../src/bgp/time.ts';
import { createClock, dayText, durationText, isTimeZone, utcText } from '../../src/report/clock.ts';

const pyongyang = createClock('Asia/Pyongyang');

function at(text: string): EventTime {
  return Date.parse(text) as EventTime;
}

describe('a moment is written in UTC and in local time', () => {
  test.each([
    ['the day there is another', '2014-12-22T16:15:00Z', '2014-12-22 16:15:00 UTC (01:15:00 in Pyongyang, 23 Dec)'],
    ['the day is the same', '2013-03-13T00:59:30Z', '2013-03-13 00:59:30 UTC (09:59:30 in Pyongyang)'],
    ['the year there is another', '2014-12-31T20:00:00Z', '2014-12-31 20:00:00 UTC (05:00:00 in Pyongyang, 1 Jan)'],
    [
      'parts of a second are cut off',
      '2014-12-22T16:15:00.999Z',
      '2014-12-22 16:15:00 UTC (01:15:00 in Pyongyang, 23 Dec)',
    ],
  ])('%s', (_what, moment, expected) => {
    expect(pyongyang.moment(at(moment))).toBe(expected);
  });

  test('Pyongyang was half an hour behind from 15 August 2015 to 4 May 2018', () => {
    const there = (moment: string) => pyongyang.wall(at(moment)).time;
    expect(there('2015-08-14T14:59:59Z')).toBe('23:59:59');
    expect(there('2015-08-14T15:00:00Z')).toBe('23:30:00');
    expect(there('2016-03-30T15:10:00Z')).toBe('23:40:00');
    expect(there('2018-05-04T14:59:59Z')).toBe('23:29:59');
    expect(there('2018-05-04T15:00:00Z')).toBe('00:00:00');
  });

  test('a zone is named by its town, and UTC is written once', () => {
    expect(createClock('America/Argentina/Buenos_Aires').moment(at('2020-01-01T12:00:00Z'))).toBe(
      '2020-01-01 12:00:00 UTC (09:00:00 in Buenos Aires)',
    );
    for (const zone of [undefined, 'UTC', 'Etc/UTC']) {
      expect(createClock(zone).moment(at('2020-01-01T12:00:00Z'))).toBe('2020-01-01 12:00:00 UTC');
    }
  });

  test('midnight is 00, not 24', () => {
    expect(pyongyang.wall(at('2014-12-22T15:00:00Z'))).toEqual({
      year: '2014',
      month: '12',
      day: '23',
      time: '00:00:00',
    });
  });

  test('any moment that MRT can express reads back from its text', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LAST_EVENT_TIME }), (ms) => {
        const text = utcText(ms as EventTime);
        expect(Date.parse(text.replace(' ', 'T').replace(' UTC', 'Z'))).toBe(ms - (ms % 1000));
      }),
    );
  });

  test('the local time is never more than 15 hours from UTC, in any zone and at any time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: LAST_EVENT_TIME }),
        fc.constantFrom('Asia/Pyongyang', 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Asia/Kathmandu'),
        (ms, zone) => {
          const { year, month, day, time } = createClock(zone).wall(ms as EventTime);
          const there = Date.parse(`${year}-${month}-${day}T${time}Z`);
          expect(Math.abs(there - (ms - (ms % 1000)))).toBeLessThanOrEqual(15 * 3_600_000);
        },
      ),
    );
  });
});

describe('time zones are names of places with a history', () => {
  test.each([
    ['Asia/Pyongyang', true],
    ['UTC', true],
    ['Asia/Nowhere', false],
    ['+09:00', false],
    ['', false],
  ])('%s: %s', (name, known) => {
    expect(isTimeZone(name)).toBe(known);
  });
});

describe('a duration is written in its two largest units, and never more than has passed', () => {
  test.each([
    [34_260_000, '9 h 31 min'],
    [34_279_999, '9 h 31 min'],
    [31 * 60_000, '31 min'],
    [310_000, '5 min 10 s'],
    [45_000, '45 s'],
    [3_600_000, '1 h'],
    [3_605_000, '1 h'],
    [90_000_000, '1 d 1 h'],
    [999, 'less than 1 s'],
    [0, 'less than 1 s'],
  ])('%i ms is %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  test('the text differs from the duration by less than the smaller unit', () => {
    const sizes: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, min: 60_000, s: 1000 };
    const below: Readonly<Record<string, number>> = { d: 3_600_000, h: 60_000, min: 1000, s: 1000 };
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 400 * 86_400_000 }), (ms) => {
        const parts = [...durationText(ms).matchAll(/(\d+) (d|h|min|s)/g)];
        const total = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (sizes[unit ?? ''] ?? 0), 0);
        expect(total).toBeLessThanOrEqual(ms);
        expect(ms - total).toBeLessThan(below[parts[0]?.[2] ?? ''] ?? 0);
      }),
    );
  });
});

test('a day is written short', () => {
  expect(dayText({ year: '2014', month: '12', day: '03', time: '00:00:00' })).toBe('3 Dec');
});
