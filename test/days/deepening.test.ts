import { expect, test } from 'vitest';
import { Day, UNITS } from '../support/day.ts';
import { after, all, incidentsOf, newsOf } from './words.ts';

test('a loss that goes on after it was reported: below half, on no network, near the threshold, each once', () => {
  const day = new Day().dump('09:00', all).withdraw('10:00', all.slice(0, 6)).withdraw('10:05', all.slice(0, 24));
  day.withdraw('10:12', all.slice(0, 35));
  // It goes up and down there, which is not reported.
  for (let i = 0; i < 20; i++)
    day.announce(after('11:00', i * 240), all.slice(0, 24)).withdraw(after('11:02', i * 240), all.slice(0, 24));
  day.announce('20:00', all).tick('23:00');
  expect(newsOf(day)).toEqual(['10:06:00 below-half spread', '10:13:00 near-unroutable', '20:01:00 verdict']);
  expect(incidentsOf(day)[0]).toMatchObject({ worst: 'degraded', depth: 0.125, shape: 'slope' });
});

test('a blip is not a deepening', () => {
  const day = new Day().dump('09:00', all).withdraw('10:00', all.slice(0, 6)).withdraw('10:05', all.slice(0, 24));
  expect(newsOf(day.announce('10:05:59', all.slice(6, 24)).tick('12:00'))).toEqual([]);
});

test('another network lost is reported, once', () => {
  const day = new Day()
    .dump('09:00', all)
    .withdraw('10:00', all, UNITS.slice(0, 1))
    .withdraw('10:30', all, UNITS.slice(1, 2));
  day.announce('10:40', all, UNITS.slice(1, 2)).withdraw('10:50', all, UNITS.slice(1, 2)).tick('12:00');
  expect(newsOf(day)).toEqual(['10:31:00 below-half', '10:31:30 units-lost']);
});

test('a territory that became unroutable is reported as that, and as nothing else', () => {
  const day = new Day().dump('09:00', all).withdraw('10:00', all.slice(0, 6)).withdraw('10:05', all).tick('12:00');
  expect(newsOf(day)).toEqual(['10:05:30 verdict']);
});
