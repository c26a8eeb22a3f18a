import type { TimelineBucket } from './bucket.ts';

/** Most characters of records whose buckets are cached: four territories of ten years by day, about 25 MB of memory. */
const MOST_CHARS = 2_000_000;

/**
 * Buckets of records that were parsed before. The days of a past year do not change, so that a range of years is parsed
 * once. A record whose text has changed is parsed again. The oldest ones are dropped when there are too many.
 */
export class ParsedRecords {
  readonly #parsed = new Map<string, { readonly text: string; readonly buckets: readonly TimelineBucket[] }>();
  #chars = 0;
  /** What readers make of a bucket, as long as the bucket is cached. */
  readonly texts = new WeakMap<TimelineBucket, string>();

  /** The buckets of the record at this place: the cached ones if its text is the same, else what `parse` gives. */
  bucketsOf(place: string, text: string, parse: () => readonly TimelineBucket[]): readonly TimelineBucket[] {
    const before = this.#parsed.get(place);
    if (before?.text === text) return before.buckets;
    const buckets = parse();
    if (before !== undefined) this.#drop(place, before.text);
    this.#parsed.set(place, { text, buckets });
    this.#chars += text.length;
    for (const [oldest, one] of this.#parsed) {
      if (this.#chars <= MOST_CHARS) break;
      this.#drop(oldest, one.text);
    }
    return buckets;
  }

  #drop(place: string, text: string): void {
    this.#parsed.delete(place);
    this.#chars -= text.length;
  }
}
