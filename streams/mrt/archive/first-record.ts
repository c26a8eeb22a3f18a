import { openUnpacking } from '../container/container.ts';
import type { ContainerKind } from '../container/unpacking.ts';
import type { FileKind } from './file-name.ts';
import type { MrtLimits } from '../limits.ts';
import { u16, u32 } from '../record/octets.ts';
import type { Snapshot } from '../container/packed-file.ts';
import { TYPE } from '../record/record-types.ts';
import { createFramer, FIRST_SECONDS } from '../record/records.ts';

/** Unpacked bytes searched for the first record. A peer index table of 1,500 peers has 30 kB. */
const SEARCHED_BYTES = 4 * 2 ** 20;

/** The facts in the first record of a file. */
export interface FirstRecord {
  readonly kind: FileKind;
  readonly container: ContainerKind;
  readonly seconds: number;
}

/** The first record of a file, or why it is not known. */
export function firstRecord(path: string, snapshot: Snapshot, limits: MrtLimits): FirstRecord | string {
  const opened = openUnpacking(path, { snapshot, limits });
  if (!opened.ok) return opened.reason;

  const container = opened.unpacking.kind;
  const found: FirstRecord[] = [];
  const framer = createFramer(
    {
      // oxlint-disable-next-line max-params -- no object a record or route where millions pass
      record(bytes, start, _end, _offset, next) {
        if (found.length > 0) return;
        const type = u16(bytes, start + 4);
        const at = u32(bytes, start);
        const isRib = type === TYPE.tableDump || type === TYPE.tableDump2;
        // An implausibly early time is a flaw: use the next record.
        found.push({ kind: isRib ? 'rib' : 'updates', container, seconds: at < FIRST_SECONDS && next > 0 ? next : at });
      },
      damage: () => undefined,
    },
    limits,
  );
  const chunks = opened.unpacking.chunks();
  let searched = 0;
  try {
    while (found.length === 0 && searched < SEARCHED_BYTES) {
      const { done, value } = chunks.next();
      if (done === true) {
        framer.end();
        break;
      }
      searched += value.length;
      framer.push(value);
    }
  } finally {
    chunks.return(undefined);
    opened.unpacking.close();
  }
  return found[0] ?? 'holds no MRT record';
}
