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

/** How many changes of sight are remembered as evidence, at least. */
const MIN_SIGHTS = 1024;

/** … and at most. */
export const MAX_SIGHTS = 2 * MIN_SIGHTS;

/** Latest changes of voters' sight. */
export class Sights {
  #kept: Sight[] = [];
  /** Number of the oldest that is kept: they are counted from 0. */
  #first = 0;
  /** How far they were written: number of the oldest kept then, and of the next one. */
  #written = { first: 0, next: 0 };

  /** Oldest first. */
  get kept(): readonly Sight[] {
    return this.#kept;
  }

  add(sight: Sight): void {
    this.#kept.push(sight);
    if (this.#kept.length <= MAX_SIGHTS) return;
    this.#kept.splice(0, MIN_SIGHTS);
    this.#first += MIN_SIGHTS;
  }

  /** All that are kept, by number. */
  numbered(from = this.#first): readonly (readonly [number, Sight])[] {
    const start = Math.max(from, this.#first);
    return this.#kept.slice(start - this.#first).map((sight, i) => [start + i, sight]);
  }

  /** Those that came since this was last called, by number, and the numbers of those forgotten since. */
  takeAltered(): { readonly came: readonly (readonly [number, Sight])[]; readonly went: readonly number[] } {
    const { first, next } = this.#written;
    this.#written = { first: this.#first, next: this.#first + this.#kept.length };
    const went = Math.min(this.#first, next) - first;
    return { came: this.numbered(next), went: Array.from({ length: went }, (_, i) => first + i) };
  }

  /** @param numbered by number upward. @throws Error when one is missing between them. */
  restore(numbered: readonly (readonly [number, Sight])[]): void {
    this.#first = numbered[0]?.[0] ?? 0;
    const missing = numbered.findIndex(([number], i) => number !== this.#first + i);
    if (missing >= 0) throw new Error(`there is none of number ${this.#first + missing}`);
    this.#kept = numbered.map(([, sight]) => sight);
  }
}
