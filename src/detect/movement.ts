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

/** The movement after the next value: continued, or a new one. */
export function continueMovement(movement: Movement, value: number, at: EventTime): Movement {
  if (value === movement.value) return movement;
  const direction = value > movement.value ? 'up' : 'down';
  const isChained = direction === movement.direction && at - movement.last <= MOVEMENT_CHAIN_MS;
  return { value, direction, since: isChained ? movement.since : at, last: at };
}

/** Continues the movement from another value. The value changed because the set of voters did, not by a message. */
export function rebaseMovement(movement: Movement, value: number): Movement {
  return value === movement.value ? movement : { ...movement, value };
}

/**
 * When the movement that crossed a threshold at `at` began. `at` itself if the movement goes the other way or ended
 * before.
 */
export function beganAt(movement: Movement, goes: 'up' | 'down', at: EventTime): EventTime {
  return movement.direction === goes && movement.since <= at && at - movement.last <= MOVEMENT_CHAIN_MS
    ? movement.since
    : at;
}
