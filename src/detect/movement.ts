import type { EventTime } from '../bgp/time.ts';
import { MOVEMENT_CHAIN_MS } from '../policy/fixed.ts';

/** A value's movement in one direction, traced back to its first step. */
export interface Movement {
  readonly value: number;
  readonly direction: 'up' | 'down' | 'none';
  readonly since: EventTime;
  readonly last: EventTime;
}

/** A movement that begins with this value. */
export function startMovement(value: number, at: EventTime): Movement {
  return { value, direction: 'none', since: at, last: at };
}

/** The movement after another value: continued, or begun again. */
export function continueMovement(movement: Movement, value: number, at: EventTime): Movement {
  if (value === movement.value) return movement;
  const direction = value > movement.value ? 'up' : 'down';
  const isChained = direction === movement.direction && at - movement.last <= MOVEMENT_CHAIN_MS;
  return { value, direction, since: isChained ? movement.since : at, last: at };
}

/** The movement goes on from another value, which no message made: others are asked now. */
export function rebaseMovement(movement: Movement, value: number): Movement {
  return value === movement.value ? movement : { ...movement, value };
}

/** When the movement began that crossed a threshold at `at`: `at` itself, when the movement goes the other way or ended before. */
export function beganAt(movement: Movement, goes: 'up' | 'down', at: EventTime): EventTime {
  return movement.direction === goes && movement.since <= at && at - movement.last <= MOVEMENT_CHAIN_MS
    ? movement.since
    : at;
}
