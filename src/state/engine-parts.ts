import type { PeerTable } from '../peers/peer-table.ts';
import type { TerritoryView } from '../rib/territory-view.ts';
import type { Chain } from '../detect/events/chain.ts';
import type { ControlGroup } from '../detect/observer/control-group.ts';
import type { Evaluator } from '../detect/evaluator.ts';
import type { Reach } from '../reach/reach.ts';
import type { Observer } from '../detect/observer/observer.ts';

/** An evaluator, and the territory of its events. */
export interface NamedEvaluator {
  readonly evaluator: Evaluator;
  /** `/territories/KP`. */
  readonly source: string;
  /** Identifies territory and policy. Another policy gives other event ids. */
  readonly version: string;
}

/** All parts of an engine whose state is stored and restored. */
export interface Parts {
  readonly evaluators: readonly NamedEvaluator[];
  readonly control: ControlGroup;
  readonly peerTable: PeerTable;
  readonly observer: Observer;
  readonly chain: Chain;
  /** Whether services inside the territories answer. It has no influence on decisions about routes. */
  readonly reach: Reach;
}

/** The views of all territories and of the control group. */
export function allViews({ evaluators, control }: Pick<Parts, 'evaluators' | 'control'>): readonly TerritoryView[] {
  return [...evaluators.map(({ evaluator }) => evaluator.view), ...control.views];
}
