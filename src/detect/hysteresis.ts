import { later, type EventTime } from '../bgp/time.ts';

/** A value that is on or off, and a change of it that has not yet lasted long enough to count. */
export interface Hysteresis {
  readonly on: boolean;
  /** Since when the input has pointed the other way. */
  readonly turningSince?: EventTime;
}

/** Where the input points. `stay`: between the thresholds; a change that had begun is dropped. */
export type Aim = 'on' | 'off' | 'stay';

/** Compares the share with two thresholds: on from `onAt`, off below `offBelow`. */
export function aimOf(share: number, onAt: number, offBelow: number): Aim {
  if (share >= onAt) return 'on';
  return share < offBelow ? 'off' : 'stay';
}

/** Records where the input points now. The hold starts again when that changes. */
export function aimAt(hysteresis: Hysteresis, aim: Aim, at: EventTime): Hysteresis {
  if (aim === 'stay' || (aim === 'on') === hysteresis.on)
    return hysteresis.turningSince === undefined ? hysteresis : { on: hysteresis.on };
  return hysteresis.turningSince === undefined ? { on: hysteresis.on, turningSince: at } : hysteresis;
}

/** When the value will change if the input stays as it is; `undefined`: it will not. */
export function turnsAt(hysteresis: Hysteresis, holdMs: number): EventTime | undefined {
  return hysteresis.turningSince === undefined ? undefined : later(hysteresis.turningSince, holdMs);
}
