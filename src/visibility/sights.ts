import type { Peer } from '../bgp/peer.ts';
import type { Prefix } from '../bgp/prefix.ts';
import type { EventTime } from '../bgp/time.ts';

/** One voter's sight gained or lost, with the message that did it. */
export interface Sight {
  readonly at: EventTime;
  readonly type: 'announcement' | 'withdrawal' | 'rib';
  readonly peer: Peer;
  readonly prefix: Prefix;
  readonly lost: boolean;
}

/** How many changes of sight are remembered as evidence, at least; at most twice as many. */
const MAX_SIGHTS = 1024;

/** Latest changes of voters' sight. */
export class Sights {
  readonly #kept: Sight[] = [];

  /** Oldest first. */
  get kept(): readonly Sight[] {
    return this.#kept;
  }

  add(sight: Sight): void {
    this.#kept.push(sight);
    if (this.#kept.length > 2 * MAX_SIGHTS) this.#kept.splice(0, MAX_SIGHTS);
  }
}
