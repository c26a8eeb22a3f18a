import { expect } from 'vitest';
import type { StateStore } from '../../../src/ports.ts';
import { RedisFailure, type FailureKind } from '../../../src/store/redis/failure.ts';
import { batch, change, event } from '../../contract/fixtures.ts';

/** The batch of this number: an event, and a record with the same text. */
export function oneOf(number: number) {
  return batch(number, { events: [event(number)], changes: [change('voters', 'last', String(number))] });
}

/**
 * Stores a batch for each number, and repeats it until it is known to be stored, as the pipeline does.
 *
 * @returns what went wrong on the way.
 */
export async function keep(store: StateStore, from: number, to: number): Promise<Set<FailureKind>> {
  const failures = new Set<FailureKind>();
  for (let number = from; number <= to;) {
    try {
      expect(await store.commit(oneOf(number))).toEqual({ ok: true });
      number++;
    } catch (error) {
      if (!(error instanceof RedisFailure)) throw error;
      failures.add(error.kind);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return failures;
}

/** With what it was rejected. */
export async function failureOf(attempt: Promise<unknown>): Promise<RedisFailure> {
  const outcome = await attempt.then(
    (value) => ({ value }),
    (error: unknown) => error,
  );
  if (!(outcome instanceof RedisFailure)) throw new Error('it should have failed', { cause: outcome });
  return outcome;
}

export function upTo(most: number): number[] {
  return Array.from({ length: most }, (_, i) => i + 1);
}

/** Asks until there is an answer, which it gives. */
export async function again<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof RedisFailure)) throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
