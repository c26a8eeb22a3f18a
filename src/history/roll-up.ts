import type { EventTime } from '../bgp/time.ts';
import type { StateChange } from '../spaces.ts';
import { emptyBucket, merged, stretchOf, type Bucket, type Look } from './bucket.ts';
import { beginOf, HOUR_MS, MINUTE_MS } from './calendar.ts';
import { Chunk, LEVELS, openText, type Level } from './chunk.ts';

/** Key of the record of the minute that is being filled. */
export const OPEN_KEY = 'open';

/** Longer than this without any element, nothing is known of the time between. Holes of an archive are gaps before that. */
export const MOST_CARRIED_MS = 24 * HOUR_MS;

/** What a roll-up goes on from: the minute that was open, and the records that it belongs to. */
export interface OpenBuckets {
  readonly minute: Bucket;
  readonly chunks: readonly Chunk[];
}

/** Turns looks into minutes, minutes into hours, hours into days, and says which records changed. */
export class RollUp {
  #minute: Bucket | undefined;
  readonly #chunks = new Map<Level, Chunk>();
  readonly #changed = new Set<Chunk>();
  #isOpenChanged = false;
  #last: Look | undefined;
  readonly #ended: (hour: EventTime) => void;

  /** @param ended is called with the begin of each hour that is over. */
  constructor(open: OpenBuckets | undefined, ended: (hour: EventTime) => void) {
    this.#minute = open?.minute;
    for (const chunk of open?.chunks ?? []) this.#chunks.set(chunk.level, chunk);
    this.#ended = ended;
  }

  /** Looks come in order of time. What was seen holds until the next look. */
  add(look: Look): void {
    this.#pass(look.at);
    this.#last = look;
    this.#put(stretchOf(look, look.at, 0));
  }

  /** What was seen when this was written down: it holds until the next look. */
  resume(look: Look): void {
    this.#last = look;
  }

  /** Messages that came at this moment; those that are late count in the minute in which they came. */
  count(at: EventTime, announced: number, withdrawn: number): void {
    this.#pass(beginOf(at, MINUTE_MS));
    const minute = this.#minuteOf(at);
    this.#minute = { ...minute, announced: minute.announced + announced, withdrawn: minute.withdrawn + withdrawn };
    this.#isOpenChanged = true;
  }

  /** Records that changed since this was last called. */
  take(): Omit<StateChange, 'space'>[] {
    const changes: Omit<StateChange, 'space'>[] = [...this.#changed].map((chunk) => ({
      key: chunk.key,
      value: chunk.text(),
    }));
    this.#changed.clear();
    if (this.#isOpenChanged && this.#minute !== undefined)
      changes.push({ key: OPEN_KEY, value: openText(this.#minute) });
    this.#isOpenChanged = false;
    return changes;
  }

  /** All records that are being filled change again: for a store that lost them. */
  touch(): void {
    for (const chunk of this.#chunks.values()) this.#changed.add(chunk);
    this.#isOpenChanged = true;
  }

  /** Time went on to this moment: what was seen last held until then. */
  #pass(at: EventTime): void {
    const before = this.#last;
    if (before !== undefined && at > before.at) {
      if (at - before.at <= MOST_CARRIED_MS) this.#fill(before, at);
      this.#last = { ...before, at };
    }
    this.#minuteOf(at);
  }

  #fill(look: Look, until: EventTime): void {
    for (let { at } = look; at < until;) {
      const minute = this.#minuteOf(at);
      const end = Math.min(minute.at + MINUTE_MS, until) as EventTime;
      this.#put(stretchOf(look, at, end - at));
      at = end;
    }
  }

  #put(stretch: Bucket): void {
    const minute = this.#minute;
    if (minute !== undefined) this.#minute = merged(minute, stretch);
    this.#isOpenChanged = true;
  }

  /** The minute of this moment: the one before is closed. */
  #minuteOf(at: EventTime): Bucket {
    const from = beginOf(at, MINUTE_MS);
    if (this.#minute !== undefined && from <= this.#minute.at) return this.#minute;
    if (this.#minute !== undefined) this.#close(this.#minute, 0, from);
    this.#minute = emptyBucket(from);
    return this.#minute;
  }

  /** Writes a bucket into its record; when the record is over at `until`, it is a bucket of the next level. */
  #close(bucket: Bucket, depth: number, until: EventTime): void {
    const level = LEVELS[depth];
    if (level === undefined) return;
    let chunk = this.#chunks.get(level);
    if (chunk === undefined || chunk.at !== level.begin(bucket.at))
      this.#chunks.set(level, (chunk = new Chunk(level, bucket.at)));
    chunk.put(bucket);
    this.#changed.add(chunk);
    if (level.begin(until) === chunk.at) return;
    this.#chunks.delete(level);
    if (depth === 0) this.#ended(chunk.at);
    const whole = [...chunk.buckets].sort(([a], [b]) => a - b).map(([, one]) => one);
    const [first, ...rest] = whole;
    if (first !== undefined) this.#close({ ...rest.reduce(merged, first), at: chunk.at }, depth + 1, until);
  }
}
