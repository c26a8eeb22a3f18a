import type { EventTime } from '../bgp/time.ts';

/** Messages at most this far apart belong to one movement. */
const CHAIN_MS = 60_000;

/** A value's movement in one direction, traced back to its first step. */
export interface Run {
  readonly value: number;
  readonly direction: 'up' | 'down' | 'none';
  readonly since: EventTime;
  readonly last: EventTime;
}

export function startRun(value: number, at: EventTime): Run {
  return { value, direction: 'none', since: at, last: at };
}

export function continueRun(run: Run, value: number, at: EventTime): Run {
  if (value === run.value) return run;
  const direction = value > run.value ? 'up' : 'down';
  const isChained = direction === run.direction && at - run.last <= CHAIN_MS;
  return { value, direction, since: isChained ? run.since : at, last: at };
}

/** When the movement began that crossed a threshold at `at`: `at` itself, when the run goes the other way or ended before. */
export function beganAt(run: Run, goes: 'up' | 'down', at: EventTime): EventTime {
  return run.direction === goes && run.since <= at && at - run.last <= CHAIN_MS ? run.since : at;
}
