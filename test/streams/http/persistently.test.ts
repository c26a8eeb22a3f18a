import { expect, test } from 'vitest';
import { persistently, type Tried } from '../../../streams/http/persistently.ts';
import { HandClock, until } from '../../support/clock.ts';

const waits = { firstMs: 1_000, mostMs: 60_000 };

/** Attempts that give these, one after another, and the times at which they were made. */
function attemptsOf(clock: HandClock, ...tried: readonly Tried<string>[]) {
  const at: number[] = [];
  const attempt = async (tries: number): Promise<Tried<string>> => {
    at.push(clock.monotonicMs());
    return tried[tries - 1] ?? { outcome: 'too many', againMs: undefined };
  };
  return { at, attempt };
}

const again = (outcome: string, againMs = 0): Tried<string> => ({ outcome, againMs });
const last = (outcome: string): Tried<string> => ({ outcome, againMs: undefined });

test('waits grow, and are as long as the server asks for where that is longer', async () => {
  const clock = new HandClock();
  const { at, attempt } = attemptsOf(clock, again('a'), again('b', 500), again('c', 7_000), last('d'));
  const said: string[] = [];
  const how = {
    clock,
    random: () => 1,
    waits,
    attempts: 5,
    onWait: (ms: number, of: string) => said.push(`${of} ${ms}`),
  };
  const done = persistently(attempt, how, new AbortController().signal);
  await clock.turn(60_000);
  expect(await done).toBe('d');
  expect(at).toEqual([0, 1_000, 3_000, 10_000]);
  expect(said).toEqual(['a 1000', 'b 2000', 'c 7000']);
});

test('the last outcome counts after the last attempt, and where a wait would end too late', async () => {
  const clock = new HandClock();
  const how = { clock, random: () => 1, waits, attempts: 2 };
  const { at, attempt } = attemptsOf(clock, again('a'), again('b'), last('c'));
  const done = persistently(attempt, how, new AbortController().signal);
  await clock.turn(60_000);
  expect([await done, at]).toEqual(['b', [0, 1_000]]);
  const { attempt: late } = attemptsOf(clock, again('busy', 9_000), last('c'));
  const untilMs = clock.monotonicMs() + 5_000;
  expect(await persistently(late, { ...how, untilMs }, new AbortController().signal)).toBe('busy');
});

test('an abort ends a wait at once, with the outcome before it', async () => {
  const [clock, stop] = [new HandClock(), new AbortController()];
  const { at, attempt } = attemptsOf(clock, again('a'), last('b'));
  const done = persistently(attempt, { clock, random: () => 1, waits, attempts: 5 }, stop.signal);
  await until(() => clock.sleeping === 1);
  stop.abort();
  expect([await done, at.length, clock.sleeping]).toEqual(['a', 1, 0]);
});
