import type { Electorate } from '../peers/peer-table.ts';
import type { Plane } from '../rib/territory-view.ts';
import type { Chain } from '../detect/events/chain.ts';
import type { ControlGroup } from '../detect/observer/control-group.ts';
import type { Judge } from '../detect/evaluator.ts';
import type { Observer } from '../detect/observer/observer.ts';

/** A judge, and as whose its events are told. */
export interface Seat {
  readonly judge: Judge;
  /** `/territories/KP`. */
  readonly source: string;
  /** Stands for territory and policy: what is judged otherwise makes other events. */
  readonly version: string;
}

/** All that an engine is made of: what is written down, and put back. */
export interface Parts {
  readonly seats: readonly Seat[];
  readonly control: ControlGroup;
  readonly electorate: Electorate;
  readonly observer: Observer;
  readonly chain: Chain;
}

export function allPlanes({ seats, control }: Pick<Parts, 'seats' | 'control'>): readonly Plane[] {
  return [...seats.map(({ judge }) => judge.plane), ...control.planes];
}
