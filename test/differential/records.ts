import { openContainer } from '../../streams/mrt/container/container.ts';
import { DEFAULT_LIMITS } from '../../streams/mrt/limits.ts';
import type { DamagedBytes } from '../../streams/mrt/record/framer.ts';
import { createFramer } from '../../streams/mrt/record/records.ts';

/** What our container and framing gave of a whole file. */
export interface FileRecords {
  /** Headers included. */
  readonly records: readonly Uint8Array[];
  readonly damage: readonly DamagedBytes[];
}

export async function recordsOf(path: string): Promise<FileRecords> {
  const opened = await openContainer(path);
  if (!opened.ok) throw new Error(`${path} ${opened.reason}`);

  const slab = new Slab();
  const records: Uint8Array[] = [];
  const damage: DamagedBytes[] = [];
  const framer = createFramer(
    {
      record: (bytes, start, end) => records.push(slab.keep(bytes, start, end)),
      damage: (found) => damage.push(found),
    },
    DEFAULT_LIMITS,
  );
  const chunks = opened.container.chunks();
  for (;;) {
    const next = await chunks.next();
    if (next.done === true) {
      framer.end(next.value);
      return { records, damage };
    }
    framer.push(next.value);
  }
}

const SLAB_BYTES = 1 << 20;

/** Copies of many records in few pieces of memory: half a million of their own keep the garbage collector busy for seconds. */
class Slab {
  #bytes = new Uint8Array(SLAB_BYTES);
  #used = 0;

  keep(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const length = end - start;
    if (this.#used + length > this.#bytes.length) {
      this.#bytes = new Uint8Array(Math.max(SLAB_BYTES, length));
      this.#used = 0;
    }
    const copy = this.#bytes.subarray(this.#used, (this.#used += length));
    copy.set(bytes.subarray(start, end));
    return copy;
  }
}
