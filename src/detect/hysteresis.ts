import { later, type EventTime } from '../bgp/time.ts';

/** Something that is there or not, and a change of it that has not lasted long enough to be told. */
export interface Toggle {
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

export function aimAt(toggle: Toggle, aim: Aim, at: EventTime): Toggle {
  if (aim === 'stay' || (aim === 'on') === toggle.on)
    return toggle.turningSince === undefined ? toggle : { on: toggle.on };
  return toggle.turningSince === undefined ? { on: toggle.on, turningSince: at } : toggle;
}

export function turnsAt(toggle: Toggle, holdMs: number): EventTime | undefined {
  return toggle.turningSince === undefined ? undefined : later(toggle.turningSince, holdMs);
}
