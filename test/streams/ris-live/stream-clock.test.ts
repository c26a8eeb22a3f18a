import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EventTime } from '../../../src/bgp/time.ts';
import { StreamClock } from '../../../streams/ris-live/stream-clock.ts';
import { clock as day } from '../../support/day.ts';

const noon = day('12:00');
const MINUTE = 60_000;
const DAY = 86_400_000;

function at(ms: number): EventTime {
  return (noon + ms) as EventTime;
}

function live(): StreamClock {
  const clock = new StreamClock('live');
  clock.guess(noon, 0);
  return clock;
}

test('the feed sets the time, and monotonic time continues it', () => {
  const clock = live();
  expect(clock.classify(at(900), 1000)).toBe('in-time');
  expect(clock.lastMessageAt).toBe(at(900));
  expect(clock.expected(31_000)).toBe(at(30_900));
});

test('39: a message from ten minutes ahead is not believed and moves nothing', () => {
  const clock = live();
  clock.classify(at(0), 0);
  expect(clock.classify(at(10 * MINUTE), 100)).toBe('ahead');
  expect(clock.lastMessageAt).toBe(at(0));
  expect(clock.classify(at(150), 200)).toBe('in-time');
});

test('39: a message three days old is absurd; one of an hour ago is late, and moves nothing', () => {
  const clock = live();
  clock.classify(at(0), 0);
  expect(clock.classify(at(-3 * DAY), 10)).toBe('absurd');
  expect(clock.classify(at(-60 * MINUTE), 20)).toBe('in-time');
  expect(clock.lastMessageAt).toBe(at(0));
});

test('a collector whose clock runs ten minutes ahead is never believed while others are on time', () => {
  const clock = live();
  for (let ms = 0; ms < 10 * MINUTE; ms += 100) {
    expect(clock.classify(at(ms), ms)).toBe('in-time');
    for (let i = 0; i < 3; i++) expect(clock.classify(at(ms + 10 * MINUTE), ms + 10)).toBe('ahead');
  }
});

test('15: when the whole feed is ahead for five seconds it has leapt, and after half a minute it is believed: a machine that was suspended', () => {
  const clock = live();
  clock.classify(at(0), 0);
  const judged: string[] = [];
  for (let ms = 100; ms <= 40_000; ms += 100) judged.push(clock.classify(at(10 * MINUTE + ms), ms));
  expect(judged.slice(0, 50)).toEqual(Array.from({ length: 50 }, () => 'ahead'));
  expect(judged.indexOf('leapt')).toBe(50);
  expect(judged.indexOf('in-time')).toBe(300);
  expect(judged.slice(300).every((one) => one === 'in-time')).toBe(true);
});

test('15: a feed that comes back from a leap that was believed is believed again after half a minute, once', () => {
  const clock = live();
  clock.classify(at(0), 0);
  for (let ms = 100; ms <= 60_000; ms += 100) clock.classify(at(10 * MINUTE + ms), ms);
  const judged: string[] = [];
  for (let ms = 60_100; ms <= 100_000; ms += 100) judged.push(clock.classify(at(ms), ms, true));
  expect(judged.filter((one) => one === 'returned')).toHaveLength(1);
  expect(judged.indexOf('returned')).toBe(300);
  expect(clock.expected(100_000)).toBeLessThanOrEqual(at(100_000));
});

test('one collector that is as late as the feed has leapt does not take time back while others are on time', () => {
  const clock = live();
  clock.classify(at(0), 0);
  for (let ms = 100; ms <= 60_000; ms += 100) clock.classify(at(10 * MINUTE + ms), ms);
  for (let ms = 60_100; ms <= 200_000; ms += 100) {
    expect(clock.classify(at(ms), ms, true)).toBe('in-time');
    expect(clock.classify(at(10 * MINUTE + ms), ms)).toBe('in-time');
  }
  expect(clock.lastMessageAt).toBe(at(10 * MINUTE + 200_000));
});

test('one absurd message, however often it comes back, does not take time back', () => {
  const clock = live();
  clock.classify(at(0), 0);
  for (let ms = 0; ms < 60_000; ms += 1000) expect(clock.classify(at(-2 * DAY), ms)).toBe('absurd');
});

test('a wall clock days ahead at the start is put right by the feed', () => {
  const clock = new StreamClock('live');
  clock.guess(at(3 * DAY), 0);
  const judged = Array.from({ length: 70 }, (_, i) => clock.classify(at(i * 100), i * 100));
  expect(judged[0]).toBe('absurd');
  expect(judged.at(-1)).toBe('in-time');
  expect(clock.expected(7000)).toBe(at(7000));
});

test('a recording may be of any time and pass at any speed', () => {
  const clock = new StreamClock('history');
  clock.guess(noon, 0);
  expect(clock.expected(0)).toBeUndefined();
  expect(clock.classify(Date.UTC(2001, 0, 1) as EventTime, 5)).toBe('in-time');
  expect(clock.classify(Date.UTC(2001, 5, 1) as EventTime, 6)).toBe('in-time');
});

test('for any input, the feed’s time goes back only from a leap, and runs ahead of monotonic time by the lead at most at once', () => {
  const message = fc.record({ offset: fc.integer({ min: -4 * DAY, max: 4 * DAY }), after: fc.nat({ max: 4000 }) });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 50 }), (messages) => {
      const clock = live();
      let now = 0;
      for (const { offset, after } of messages) {
        now += after;
        const before = clock.lastMessageAt;
        clock.classify(at(now + offset), now);
        expect(clock.lastMessageAt ?? 0).toBeGreaterThanOrEqual(before ?? 0);
      }
    }),
  );
});
