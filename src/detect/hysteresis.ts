import { later, type EventTime } from '../bgp/time.ts';

/** Something that is there or not, and a change of it that has not lasted long enough to be reported. */
export interface Hysteresis {
  readonly on: boolean;
  /** Since when it has been the other way. */
  readonly turningSince?: EventTime;
}

/** `stay`: between the thresholds, where neither can be said. A change that had begun has not lasted. */
export type Aim = 'on' | 'off' | 'stay';

/** The share decides with hysteresis: on from `onAt`, off below `offBelow`. */
export function aimOf(share: number, onAt: number, offBelow: number): Aim {
  if (share >= onAt) return 'on';
  return share < offBelow ? 'off' : 'stay';
}

/** Notes which way the value points now; the clock starts again when that changes. */
export function aimAt(hysteresis: Hysteresis, aim: Aim, at: EventTime): Hysteresis {
  if (aim === 'stay' || (aim === 'on') === hysteresis.on)
    return hysteresis.turningSince === undefined ? hysteresis : { on: hysteresis.on };
  return hysteresis.turningSince === undefined ? { on: hysteresis.on, turningSince: at } : hysteresis;
}

/** When the hysteresis turns, if nothing changes before; `undefined` when it does not. */
export function turnsAt(hysteresis: Hysteresis, holdMs: number): EventTime | undefined {
  return hysteresis.turningSince === undefined ? undefined : later(hysteresis.turningSince, holdMs);
}
