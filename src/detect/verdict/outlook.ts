import type { EventTime } from '../../bgp/time.ts';
import { carriedLevel, type MessageEffect } from '../../rib/message-effect.ts';
import type { Sample } from '../../rib/sample.ts';
import type { TerritoryView } from '../../rib/territory-view.ts';
import type { Policy } from '../../policy/policy.ts';
import { areaAt, beatOf, dropCountsAt, noteLevel, settle, startLevels, type Beat, type Levels } from './levels.ts';
import { blindness, type Controlled } from './verdict.ts';

/** The state from which an outlook continues. */
export interface OutlookSnapshot {
  /**
   * The visibility to evaluate, if it differs from the visibility seen because voters came or went; see `carriedLevel`.
   */
  readonly level: number | undefined;
  readonly levels: Levels | undefined;
}

/** What the verdict of a view is based on: its visibility as voters reported it, and the recent past of it. */
export class Outlook {
  readonly #view: TerritoryView;
  readonly #policy: Policy;
  /** The visibility of the last judgement. `undefined`: nothing is carried over, and the next judgement uses what is seen then. */
  #level: number | undefined;
  /** The recent past; `undefined` while the verdict is `unknown`. */
  #levels: Levels | undefined;
  #beat: Beat | undefined;
  #at = 0 as EventTime;

  constructor(view: TerritoryView, policy: Policy) {
    this.#view = view;
    this.#policy = policy;
  }

  get levels(): Levels | undefined {
    return this.#levels;
  }

  get beat(): Beat | undefined {
    return this.#beat;
  }

  /** Whether the next look uses what is seen then: no level is carried over. */
  get isFresh(): boolean {
    return this.#level === undefined;
  }

  /** Drops the carried level, because the baseline has changed. */
  forget(): void {
    this.#level = undefined;
  }

  /** The baseline was chosen: the visibility seen now is the level. */
  begin(at: EventTime): number {
    this.#level = this.#view.sample(at).share;
    return this.#level;
  }

  /**
   * The sample to evaluate. While nothing is carried it is `seen` itself.
   *
   * @param effect what messages did since the last look.
   */
  look(seen: Sample, control: number | undefined, effect: MessageEffect): Controlled {
    const { at } = seen;
    const level = this.#level === undefined ? seen.share : carriedLevel(this.#level, seen.share, effect);
    // Fields are added to the new object in place: a copy by spread took a third of the engine's time.
    const controlled: Controlled = Object.assign(seen, { control });
    const sample = level === seen.share ? controlled : { ...controlled, share: level };
    this.#level = level;
    this.#at = at;
    if (blindness(sample, this.#policy) !== undefined) {
      this.#levels = undefined;
      this.#beat = undefined;
      return sample;
    }
    const before = this.#levels;
    const noted =
      before === undefined ? startLevels(level, at, this.#policy) : noteLevel(before, level, at, this.#policy);
    const levels = noted.at < at ? settle(noted, this.#policy) : noted;
    this.#levels = levels;
    this.#beat = beatOf(levels, at, this.#policy);
    return Object.assign(sample, { area: areaAt(levels, at), beat: this.#beat });
  }

  /** When a drop that has begun will count as a drop. */
  dropCountsAt(): EventTime | undefined {
    return this.#levels && dropCountsAt(this.#levels, this.#at, this.#policy);
  }

  snapshot(): OutlookSnapshot {
    const level = this.#level === this.#view.sample(this.#at).share ? undefined : this.#level;
    return { level, levels: this.#levels };
  }

  /** Restore the view first. */
  restore({ level, levels }: OutlookSnapshot, at: EventTime): void {
    this.#at = at;
    this.#level = level ?? this.#view.sample(at).share;
    this.#levels = levels;
    this.#beat = levels && beatOf(levels.at < at ? settle(levels, this.#policy) : levels, at, this.#policy);
  }
}
