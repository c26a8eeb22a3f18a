import { expect, test } from 'vitest';
import { Day, peers, UNITS } from '../support/day.ts';

const ALL = peers(12);
const voters = (day: Day): number => day.engine.status()[0]?.visibility.voters ?? 0;

test('a table that began inside a gap is not whole at its End-of-RIB: half of it was sent inside the gap', () => {
  const day = new Day().dump('12:00', ALL).gap('12:30', 'rrc00');
  day.announce('12:31', ALL, UNITS.slice(2)).endOfRib('12:32', ALL).tick('12:50');
  expect(voters(day)).toBe(0);
  expect(day.said('country').some((line) => /degraded|unroutable/.test(line))).toBe(false);
});

test('a session that comes up after the gap is whole at its End-of-RIB', () => {
  const day = new Day().dump('12:00', ALL).gap('12:30', 'rrc00').session('12:31', ALL, 'up');
  expect(voters(day.announce('12:32', ALL).endOfRib('12:33', ALL))).toBe(12);
});
