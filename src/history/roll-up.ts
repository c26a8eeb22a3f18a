import { HOUR_MS, MINUTE_MS, type EventTime } from '../bgp/time.ts';
import type { StateChange } from '../spaces.ts';
import { emptyBucket, merged, stretchOf, type Bucket, type Look } from './bucket.ts';
import { beginOf } from './calendar.ts';
import { Chunk, LEVELS, openText, type Level } from './chunk.ts';

/** The key of the record of the minute that is being filled. */
export const OPEN_KEY = 'open';

/**
 * After this long without any element, the time between is recorded as unknown. A hole in an archive is a gap long
 * before.
 */
export const MOST_CARRIED_MS = 24 * HOUR_MS;

/** What a roll-up continues from: the open minute, and the records that it belongs to. */
export interface OpenBuckets {
  readonly minute: Bucket;
  readonly chunks: readonly Chunk[];
}

/** Rolls samples up into minutes, minutes into hours, hours into days, and lists the records that changed. */
export class RollUp {
  #minute: Bucket | undefined;
  readonly #chunks = new Map<Level, Chunk>();
  readonly #changed = new Set<Chunk>();
  #isOpenChanged = false;
  #last: Look | undefined;
  readonly #ended: (hour: EventTime) => void;

  /** @param ended is called with the start of each hour that has ended. */
  constructor(open: OpenBuckets | undefined, ended: (hour: EventTime) => void) {
    this.#minute = open?.minute;
    for (const chunk of open?.chunks ?? []) this.#chunks.set(chunk.level, chunk);
    this.#ended = ended;
  }

  /** Takes a sample. Samples come in order of time, and each is valid until the next. */
  add(look: Look): void {
    this.#pass(look.at);
    this.#last = look;
    this.#put(stretchOf(look, look.at, 0));
  }

  /** Takes the last sample before the program stopped: it is valid until the next one. */
  resume(look: Look): void {
    this.#last = look;
  }

  /** Counts messages. A late message counts in the minute in which it arrived. */
  count(at: EventTime, announced: number, withdrawn: number): void {
    this.#pass(beginOf(at, MINUTE_MS));
    const minute = this.#minuteOf(at);
    this.#minute = { ...minute, announced: minute.announced + announced, withdrawn: minute.withdrawn + withdrawn };
    this.#isOpenChanged = true;
  }

  /** The records that changed since the last call. */
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

  /** Marks all open records as changed, for a store that has lost them. */
  touch(): void {
    for (const chunk of this.#chunks.values()) this.#changed.add(chunk);
    this.#isOpenChanged = true;
  }

  /** Extends the last sample to this moment. */
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

  /** Opens the minute of this moment, and closes the one before. */
  #minuteOf(at: EventTime): Bucket {
    const from = beginOf(at, MINUTE_MS);
    if (this.#minute !== undefined && from <= this.#minute.at) return this.#minute;
    if (this.#minute !== undefined) this.#close(this.#minute, 0, from);
    this.#minute = emptyBucket(from);
    return this.#minute;
  }

  /** Writes a bucket into its record. A record that ends at `until` becomes a bucket of the next level. */
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
