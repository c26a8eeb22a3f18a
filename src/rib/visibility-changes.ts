import type { Asn } from '../bgp/asn.ts';
import type { Peer } from '../bgp/peer.ts';
import { overlaps, type Prefix } from '../bgp/prefix.ts';
import type { EventTime } from '../bgp/time.ts';
import type { AdjRibIn } from './adj-rib-in.ts';
import type { HeldRoute } from './route-table.ts';
import { MAX_DETAILED_UNITS } from './marks.ts';
import { EVIDENCE_MS } from '../policy/fixed.ts';

/**
 * A voter gained or lost a network, with the message that caused it. `rib`: a RIB dump has the route, or ended without
 * it.
 */
export interface VisibilityChange {
  readonly at: EventTime;
  readonly type: 'announcement' | 'withdrawal' | 'rib';
  readonly peer: Peer;
  readonly prefix: Prefix;
  readonly lost: boolean;
}

/** The visibility change that this route caused for the session that sent it. */
export function changeOf({ peer }: AdjRibIn, { path, dumped, at, prefix }: HeldRoute, lost: boolean): VisibilityChange {
  return { at, type: path === undefined ? 'withdrawal' : dumped ? 'rib' : 'announcement', peer, prefix, lost };
}

/**
 * The least number of latest changes that are stored as evidence; changes of some hours are stored as far as there is
 * room.
 */
const MIN_STORED = 1024;

/** The most changes that a view stores. */
export const MAX_VISIBILITY_CHANGES = 262_144;

/**
 * Some 760 full-feed sessions of RIS carry North Korea in 2026: a thousand may change their sight of each unit, and
 * come again.
 */
function maxStored(units: number): number {
  if (units > MAX_DETAILED_UNITS) return MAX_VISIBILITY_CHANGES / 4;
  return Math.min(MAX_VISIBILITY_CHANGES, Math.max(16_384, 1024 * units));
}

/** The latest visibility changes of a view. */
export class VisibilityLog {
  readonly #most: number;
  #stored: VisibilityChange[] = [];
  /** Number of the oldest stored change, counted from 0. */
  #first = 0;
  /** The state at the last write: number of the oldest stored change then, and of the next one. */
  #written = { first: 0, next: 0 };

  /** @param units of the view. */
  constructor(units: number) {
    this.#most = maxStored(units);
  }

  /** Oldest first. */
  get stored(): readonly VisibilityChange[] {
    return this.#stored;
  }

  add(sight: VisibilityChange): void {
    this.#stored.push(sight);
    if (this.#stored.length < 2 * MIN_STORED) return;
    const last = this.#stored[MIN_STORED - 1];
    if (this.#stored.length <= this.#most && last !== undefined && sight.at - last.at <= EVIDENCE_MS) return;
    this.#stored.splice(0, MIN_STORED);
    this.#first += MIN_STORED;
  }

  /**
   * Adds the loss of these networks by a peer whose table lacks them.
   *
   * @param knownSince losses that are in the log since then are not added again; `undefined`: all are added.
   */
  addLosses(
    lost: readonly Prefix[],
    {
      at,
      peer,
      knownSince,
    }: { readonly at: EventTime; readonly peer: Peer; readonly knownSince: EventTime | undefined },
  ): void {
    const known = knownSince === undefined ? [] : this.#lossesOf(peer.asn, knownSince);
    for (const prefix of lost) {
      if (known.some((one) => overlaps(one.prefix, prefix))) continue;
      this.add({ at, type: 'rib', peer, prefix, lost: true });
    }
  }

  #lossesOf(asn: Asn, from: EventTime): readonly VisibilityChange[] {
    const losses: VisibilityChange[] = [];
    for (let i = this.#stored.length - 1; i >= 0; i--) {
      const change = this.#stored[i];
      if (change === undefined || change.at < from) break;
      if (change.lost && change.peer.asn === asn) losses.push(change);
    }
    return losses;
  }

  /** All stored changes, by number. */
  numbered(from = this.#first): readonly (readonly [number, VisibilityChange])[] {
    const start = Math.max(from, this.#first);
    return this.#stored.slice(start - this.#first).map((sight, i) => [start + i, sight]);
  }

  /** New changes since the last call, by number, and the numbers of removed ones. */
  takeDirty(): { readonly came: readonly (readonly [number, VisibilityChange])[]; readonly went: readonly number[] } {
    const { first, next } = this.#written;
    this.#written = { first: this.#first, next: this.#first + this.#stored.length };
    const went = Math.min(this.#first, next) - first;
    return { came: this.numbered(next), went: Array.from({ length: went }, (_, i) => first + i) };
  }

  /** @param numbered by number upward. @throws Error when one is missing between them. */
  restore(numbered: readonly (readonly [number, VisibilityChange])[]): void {
    this.#first = numbered[0]?.[0] ?? 0;
    const missing = numbered.findIndex(([number], i) => number !== this.#first + i);
    if (missing >= 0) throw new Error(`there is none of number ${this.#first + missing}`);
    this.#stored = numbered.map(([, sight]) => sight);
  }
}
