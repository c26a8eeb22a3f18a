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

  const records: Uint8Array[] = [];
  const damage: DamagedBytes[] = [];
  const framer = createFramer(
    {
      record: (bytes, start, end) => records.push(bytes.slice(start, end)),
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
