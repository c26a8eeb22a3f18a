import type { Peer } from '../bgp/peer.ts';
import type { Prefix } from '../bgp/prefix.ts';
import type { EventTime } from '../bgp/time.ts';
import type { AdjRibIn, HeldRoute } from './adj-rib-in.ts';

/** One voter's sight gained or lost, with the message that did it. */
export interface VisibilityChange {
  readonly at: EventTime;
  readonly type: 'announcement' | 'withdrawal' | 'rib';
  readonly peer: Peer;
  readonly prefix: Prefix;
  readonly lost: boolean;
}

/** What this route did to the sight of the session that told it. */
export function changeOf({ peer }: AdjRibIn, { path, dumped, at, prefix }: HeldRoute, lost: boolean): VisibilityChange {
  return { at, type: path === undefined ? 'withdrawal' : dumped ? 'rib' : 'announcement', peer, prefix, lost };
}

/** How many changes of sight are remembered as evidence, at least. */
const MIN_VISIBILITY_CHANGES = 1024;

/** … and at most. */
export const MAX_VISIBILITY_CHANGES = 2 * MIN_VISIBILITY_CHANGES;

/** Latest changes of voters' sight. */
export class VisibilityLog {
  #kept: VisibilityChange[] = [];
  /** Number of the oldest that is kept: they are counted from 0. */
  #first = 0;
  /** How far they were written: number of the oldest kept then, and of the next one. */
  #written = { first: 0, next: 0 };

  /** Oldest first. */
  get kept(): readonly VisibilityChange[] {
    return this.#kept;
  }

  add(sight: VisibilityChange): void {
    this.#kept.push(sight);
    if (this.#kept.length <= MAX_VISIBILITY_CHANGES) return;
    this.#kept.splice(0, MIN_VISIBILITY_CHANGES);
    this.#first += MIN_VISIBILITY_CHANGES;
  }

  /** All that are kept, by number. */
  numbered(from = this.#first): readonly (readonly [number, VisibilityChange])[] {
    const start = Math.max(from, this.#first);
    return this.#kept.slice(start - this.#first).map((sight, i) => [start + i, sight]);
  }

  /** Those that came since this was last called, by number, and the numbers of those forgotten since. */
  takeDirty(): { readonly came: readonly (readonly [number, VisibilityChange])[]; readonly went: readonly number[] } {
    const { first, next } = this.#written;
    this.#written = { first: this.#first, next: this.#first + this.#kept.length };
    const went = Math.min(this.#first, next) - first;
    return { came: this.numbered(next), went: Array.from({ length: went }, (_, i) => first + i) };
  }

  /** @param numbered by number upward. @throws Error when one is missing between them. */
  restore(numbered: readonly (readonly [number, VisibilityChange])[]): void {
    this.#first = numbered[0]?.[0] ?? 0;
    const missing = numbered.findIndex(([number], i) => number !== this.#first + i);
    if (missing >= 0) throw new Error(`there is none of number ${this.#first + missing}`);
    this.#kept = numbered.map(([, sight]) => sight);
  }
}
