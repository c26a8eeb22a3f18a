import { expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../../streams/mrt/limits.ts';
import { NoPassage } from '../../../../streams/mrt/record/framer.ts';
import { createFramer } from '../../../../streams/mrt/record/records.ts';
import { peer } from '../../../support/day.ts';
import { bytesOf, stateChange } from '../../../support/mrt-writer.ts';

/** Memory that another reader may make grow at any time, as that of the WebAssembly is. */
class SharedMemory extends NoPassage {
  #memory = new ArrayBuffer(1 << 20);

  override room(): Uint8Array {
    return new Uint8Array(this.#memory);
  }

  /** What was there is there; views of it are empty. */
  grow(): void {
    this.#memory = structuredClone(this.#memory, { transfer: [this.#memory] });
  }
}

/** Frames `chunks`. The memory grows before the end, or with each record, as asked. */
function framed(chunks: readonly Uint8Array[], { beforeEnd = false, withRecord = false }): readonly string[] {
  const passage = new SharedMemory();
  const lines: string[] = [];
  const framer = createFramer(
    {
      record: (_, from, to) => {
        lines.push(`record of ${to - from} bytes`);
        if (withRecord) passage.grow();
      },
      damage: ({ reason }) => lines.push(reason),
    },
    DEFAULT_LIMITS,
    passage,
  );
  for (const chunk of chunks) framer.push(chunk);
  if (beforeEnd) passage.grow();
  framer.end();
  return lines;
}

const RECORD = bytesOf(stateChange(1_419_206_400, 6, 1, peer(1)));

test('a file is read whole though another one makes the memory grow between its last bytes and its end', () => {
  expect(framed([RECORD], { beforeEnd: true })).toEqual([`record of ${RECORD.length} bytes`]);
});

test('a file is read whole though each of its records makes the memory grow, also where a record is followed by damage', () => {
  const damaged = Buffer.concat([RECORD, RECORD, Buffer.alloc(40, 0xff), RECORD, RECORD]);
  const lines = framed([damaged], { withRecord: true });
  expect(lines).toEqual(framed([damaged], {}));
  expect(lines.filter((line) => line.startsWith('record'))).toHaveLength(4);
});
