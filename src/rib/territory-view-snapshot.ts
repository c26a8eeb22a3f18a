import type { Asn } from '../bgp/asn.ts';
import type { EventTime } from '../bgp/time.ts';
import type { IndexSet } from '../lib/index-set.ts';
import type { MessageEffect } from './message-effect.ts';

/** What may have changed in a view since the last call. */
export interface Touched {
  /**
   * Indices of units whose `seen` or `visible` may have changed, ascending. A touched mark always has a touched unit.
   */
  readonly units: readonly number[];
  /** Marks whose count may have changed. */
  readonly marks: readonly string[];
  /** The effect of messages on what voters see, overall and by unit; units without an effect are left out. */
  readonly effect: MessageEffect;
  readonly unitEffects: ReadonlyMap<number, MessageEffect>;
}

/** An AS that lost its last vote. */
export interface FormerVoter {
  readonly asn: Asn;
  readonly at: EventTime;
  /** Whether its messages may have been missed; `false`: its table turned out not to be a full one. */
  readonly isMissed: boolean;
  /** Indices of the units that it usually sees and did not see then, upward. */
  readonly lacking: readonly number[];
}

/** The state from which a view continues, without its routes and votes. */
export interface TerritoryViewSnapshot {
  /** By AS, upward: indices of the units that it usually sees. The sets go on changing with the view. */
  readonly baseline: readonly (readonly [Asn, IndexSet])[];
  /** ASes that lost their vote, in the order in which they did. */
  readonly former: readonly FormerVoter[];
  /** The level at which visibility has not changed, and since when. */
  readonly steady: { readonly share: number; readonly since: EventTime } | undefined;
  /** ASes that came to see more than usual and were not handled yet. */
  readonly grown: readonly Asn[];
  /** When a voter last came or went, or the baseline last changed. */
  readonly rosterAt: EventTime | undefined;
  /** Indices of units that were not looked at yet, upward. */
  readonly touched: readonly number[];
}
