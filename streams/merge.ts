/** An item with a time. */
interface Timed {
  readonly at: number;
}

/**
 * Merges streams, each in order of time, into one: k-way, by `at`; of equal times the earlier stream of the list comes
 * first, so the outcome does not depend on which stream was faster. Streams come in batches and leave in batches, because
 * an await per element costs more than the element. Reads no stream further than one batch; empty batches are skipped.
 */
export async function* mergeByTime<T extends Timed>(
  streams: readonly AsyncIterable<readonly T[]>[],
): AsyncGenerator<readonly T[], void> {
  const readers = streams.map((stream) => new BatchReader(stream[Symbol.asyncIterator]()));
  try {
    // One after the other, so that state that streams share is read in the same order every time.
    for (const reader of readers) await reader.fill();
    for (;;) {
      const [first, second] = leaders(readers);
      if (first === undefined) return;
      yield second === undefined
        ? first.takeAll()
        : first.takeUpTo(second.at, readers.indexOf(first) < readers.indexOf(second));
      await first.fill();
    }
  } finally {
    await Promise.allSettled(readers.map((reader) => reader.close()));
  }
}

class BatchReader<T extends Timed> {
  readonly #stream: AsyncIterator<readonly T[]>;
  #batch: readonly T[] = [];
  #next = 0;
  #isDone = false;

  constructor(stream: AsyncIterator<readonly T[]>) {
    this.#stream = stream;
  }

  /** Time of the next item; `Infinity` at the end. */
  get at(): number {
    return this.#batch[this.#next]?.at ?? Number.POSITIVE_INFINITY;
  }

  async fill(): Promise<void> {
    while (!this.#isDone && this.#next >= this.#batch.length) {
      const { done, value } = await this.#stream.next();
      this.#isDone = done === true;
      this.#batch = done === true ? [] : value;
      this.#next = 0;
    }
  }

  takeAll(): readonly T[] {
    const taken = this.#next === 0 ? this.#batch : this.#batch.slice(this.#next);
    this.#next = this.#batch.length;
    return taken;
  }

  /** The items before `at`, and those at it when this stream goes first. At least one. */
  takeUpTo(at: number, goesFirst: boolean): readonly T[] {
    const from = this.#next;
    while (goesFirst ? this.at <= at : this.at < at) this.#next++;
    return this.#batch.slice(from, this.#next);
  }

  async close(): Promise<void> {
    if (!this.#isDone) await this.#stream.return?.();
  }
}

/** The reader whose item comes next, and the one that bounds how far it may be read. */
function leaders<T extends Timed>(
  readers: readonly BatchReader<T>[],
): [BatchReader<T> | undefined, BatchReader<T> | undefined] {
  let first: BatchReader<T> | undefined;
  let second: BatchReader<T> | undefined;
  for (const reader of readers) {
    if (reader.at === Number.POSITIVE_INFINITY) continue;
    if (first === undefined || reader.at < first.at) {
      second = first;
      first = reader;
    } else if (second === undefined || reader.at < second.at) {
      second = reader;
    }
  }
  return [first, second];
}
