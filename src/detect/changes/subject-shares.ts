import { carriedLevel, type MessageEffect } from '../../rib/message-effect.ts';
import type { TerritoryView } from '../../rib/territory-view.ts';
import type { Policy } from '../../policy/policy.ts';
import { aimOf, type Aim } from '../hysteresis.ts';
import { keyOf, type Entry, type ChangeSubject } from './change-entry.ts';

/** Reads from a territory view how many voters show a subject, and what that means for its entry under the policy. */
export class SubjectShares {
  readonly #view: TerritoryView;
  readonly #policy: Policy;
  /** Voters with a route to the territory, counted once per look. */
  #concerned: number | undefined;

  constructor(view: TerritoryView, policy: Policy) {
    this.#view = view;
    this.#policy = policy;
  }

  /** Call when the view may have changed since the last call. */
  refresh(): void {
    this.#concerned = undefined;
  }

  /** Voters that see the unit, or whose routes carry the mark. */
  count(subject: ChangeSubject): number {
    if (subject.kind === 'unit') return this.#view.sightOf(subject.unit).seeing;
    return this.#view.tally.count(keyOf(subject));
  }

  /**
   * The number of voters by which the count is divided. For a unit: the voters of its baseline. For an upstream: the
   * voters that see the unit. For an origin or a prefix: the voters with a route to the territory.
   */
  of(subject: ChangeSubject): number {
    if (subject.kind === 'unit') return this.#view.sightOf(subject.unit).of;
    if (subject.kind === 'upstream') return this.#view.seen[subject.unit] ?? 0;
    return (this.#concerned ??= this.#view.concerned);
  }

  /** 0 to 1; 0 when there are no voters to divide by. */
  share(subject: ChangeSubject): number {
    const of = this.of(subject);
    return of === 0 ? 0 : this.count(subject) / of;
  }

  /** Whether the subject is an origin that does not count for the territory. */
  isForeign(subject: ChangeSubject): boolean {
    return subject.kind === 'origin' && this.#view.territory.origins.length > 0;
  }

  /**
   * Whether the entry is off and no voter shows its subject. Such an entry can be removed: a new one would be the same.
   */
  isIdle({ subject, hysteresis }: Entry): boolean {
    return (
      subject.kind !== 'unit' && !hysteresis.on && hysteresis.turningSince === undefined && this.count(subject) === 0
    );
  }

  /** Which way the present share turns the entry. */
  aim({ subject, level }: Entry): Aim {
    const { unroutableBelow, restoredAt, presentAt, absentBelow } = this.#policy;
    const share = (subject.kind === 'unit' ? level : undefined) ?? this.share(subject);
    switch (subject.kind) {
      case 'unit':
        if (this.#view.baseline[subject.unit] === 1) return aimOf(share, restoredAt, unroutableBelow);
        // A unit that has left the baseline cannot be lost; it can only return.
        return share >= restoredAt ? 'on' : 'stay';
      case 'upstream':
        return this.#view.visible[subject.unit] === 1 ? aimOf(share, presentAt, absentBelow) : 'stay';
      case 'origin':
        return aimOf(share, presentAt, absentBelow);
      case 'prefix':
        return share >= presentAt ? 'on' : 'stay';
    }
  }

  /** How long a change of the entry must last before it is reported, milliseconds. */
  holdMs({ subject, hysteresis }: Entry): number {
    if (subject.kind !== 'unit') return this.#policy.changeHoldMs;
    return hysteresis.on ? this.#policy.unroutableHoldMs : this.#policy.settleMs;
  }

  /**
   * Updates the share by which a unit is evaluated.
   *
   * @param effect what messages did to the unit; `undefined`: use what is seen now.
   * @returns whether the carried share of the entry changed.
   */
  updateLevel(entry: Entry, effect: MessageEffect | undefined): boolean {
    if (entry.subject.kind !== 'unit') return false;
    const share = this.share(entry.subject);
    entry.level = effect === undefined || entry.level === undefined ? share : carriedLevel(entry.level, share, effect);
    const carried = entry.level === share ? undefined : entry.level;
    if (carried === entry.carried) return false;
    entry.carried = carried;
    return true;
  }
}
