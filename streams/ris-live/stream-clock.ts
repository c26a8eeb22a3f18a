import { later, type EventTime } from '../../src/bgp/time.ts';

/**
 * What a message's own time is, beside the feed's:
 * - `in-time`: it takes the feed's time on, or is a little behind it;
 * - `absurd`: days old. RIS Live passes on updates stamped days or weeks ago;
 * - `ahead`: no clock of a collector is believed that runs ahead of all the others;
 * - `leapt`: the whole feed is ahead, not long enough to be believed;
 * - `returned`: the whole feed is back from a leap that was believed. Its time goes back with this message.
 */
export type Timeliness = 'in-time' | 'absurd' | 'ahead' | 'leapt' | 'returned';

/** What the clock of a feed needs. */
export interface StreamClockOptions {
  /**
   * `live`: a second of the feed is a second of ours, so that a message from the future can be told. `history`: a
   * recording at any speed; every message that is not absurd is believed.
   */
  readonly timeline: 'live' | 'history';
  /** Milliseconds a collector's clock may run ahead of the feed. @default 10_000 */
  readonly leadMs?: number;
  /** Older than this, a message is absurd, milliseconds. @default 86_400_000 */
  readonly oldestMs?: number;
  /**
   * The whole feed must be ahead this long, milliseconds of monotonic time, before we think that we are behind.
   * @default 5_000
   */
  readonly doubtMs?: number;
  /** … and this long before its time is used, once the feed has given one. @default 30_000 */
  readonly beliefMs?: number;
}

/** So many messages must agree before a new time is believed. */
const WITNESSES = 3;

/** Messages that agree with each other, but not with the feed's time. */
interface Doubt {
  at: EventTime;
  /** When `at` arrived. Monotonic. */
  atMs: number;
  readonly sinceMs: number;
  witnesses: number;
}

/**
 * The feed's time: what its messages say, taken on by monotonic time while nothing comes. Wall time is
 * a first guess for a live feed and is not asked again, so that a step of our own clock changes nothing.
 */
export class StreamClock {
  readonly #timeline: 'live' | 'history';
  readonly #leadMs: number;
  readonly #oldestMs: number;
  readonly #doubtMs: number;
  /** The latest time that was used, and when it arrived. */
  #heard: { readonly at: EventTime; readonly monotonicMs: number } | undefined;
  #guess: { readonly at: EventTime; readonly monotonicMs: number } | undefined;
  #doubt: Doubt | undefined;
  /** How far the feed leapt ahead when that was believed last. It may have been wrong, and come back. Milliseconds. */
  #leaptMs: number | undefined;
  readonly #beliefMs: number;

  constructor(options: StreamClockOptions) {
    const { timeline, leadMs = 10_000, oldestMs = 86_400_000, doubtMs = 5000, beliefMs = 30_000 } = options;
    this.#timeline = timeline;
    this.#beliefMs = beliefMs;
    this.#leadMs = leadMs;
    this.#oldestMs = oldestMs;
    this.#doubtMs = doubtMs;
  }

  /** The latest time of a message. */
  get heard(): EventTime | undefined {
    return this.#heard?.at;
  }

  /** Starts a live feed at our wall clock, which is all that is known of its time before the first message. */
  guess(at: EventTime, monotonicMs: number): void {
    if (this.#timeline === 'live') this.#guess ??= { at, monotonicMs };
  }

  /** What the feed's time should be by now. */
  expected(monotonicMs: number): EventTime | undefined {
    const base = this.#heard ?? this.#guess;
    return base === undefined ? undefined : later(base.at, Math.max(0, Math.floor(monotonicMs - base.monotonicMs)));
  }

  /** `isStale`: it is minutes behind what the feed can do, so it does not say what time it is now. */
  judge(at: EventTime, monotonicMs: number, isStale = false): Timeliness {
    const expected = this.expected(monotonicMs);
    if (expected !== undefined) {
      if (this.#mayHaveReturned(at, expected)) {
        if (this.#doubtedMs(at, monotonicMs) < this.#beliefMs) return 'in-time';
        this.#doubt = this.#leaptMs = undefined;
        this.#heard = { at, monotonicMs };
        return 'returned';
      }
      const isAhead = this.#timeline === 'live' && at > expected + this.#leadMs;
      const isAbsurd = at < expected - this.#oldestMs;
      if (isAhead && this.#heard !== undefined) {
        const doubtedMs = this.#doubtedMs(at, monotonicMs);
        if (doubtedMs < this.#doubtMs) return 'ahead';
        if (doubtedMs < this.#beliefMs) return 'leapt';
        this.#leaptMs = at - expected;
      } else if ((isAhead || (isAbsurd && this.#heard === undefined)) && !this.#isConvinced(at, monotonicMs)) {
        return isAhead ? 'ahead' : 'absurd';
      }
      if (isAbsurd && this.#heard !== undefined) return 'absurd';
    }
    this.#doubt = undefined;
    if (this.#heard === undefined || (at > this.#heard.at && !isStale)) this.#heard = { at, monotonicMs };
    return 'in-time';
  }

  /** It is dated as it would be if the feed had never leapt. */
  #mayHaveReturned(at: EventTime, expected: EventTime): boolean {
    return this.#leaptMs !== undefined && Math.abs(expected - this.#leaptMs - at) <= this.#toleranceMs;
  }

  /** Whether the feed as a whole, and not one message, tells another time than we thought. */
  #isConvinced(at: EventTime, monotonicMs: number): boolean {
    return this.#doubtedMs(at, monotonicMs) >= this.#doubtMs;
  }

  /** For how long the messages have agreed on another time than the feed's; 0 while they are too few. */
  #doubtedMs(at: EventTime, monotonicMs: number): number {
    const doubt = this.#doubt;
    if (doubt === undefined || Math.abs(at - later(doubt.at, monotonicMs - doubt.atMs)) > this.#toleranceMs) {
      this.#doubt = { at, atMs: monotonicMs, sinceMs: monotonicMs, witnesses: 1 };
      return 0;
    }
    doubt.witnesses++;
    if (at > doubt.at) {
      doubt.at = at;
      doubt.atMs = monotonicMs;
    }
    return doubt.witnesses >= WITNESSES ? monotonicMs - doubt.sinceMs : 0;
  }

  get #toleranceMs(): number {
    return this.#leadMs + this.#doubtMs;
  }
}
