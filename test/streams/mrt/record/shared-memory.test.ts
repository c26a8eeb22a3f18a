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

test('a file is read whole though another one makes the memory grow between its last bytes and its end', () => {
  const file = bytesOf(stateChange(1_419_206_400, 6, 1, peer(1)));
  const passage = new SharedMemory();
  const told: string[] = [];
  const framer = createFramer(
    {
      record: (_, from, to) => told.push(`record of ${to - from} bytes`),
      damage: ({ reason }) => told.push(reason),
    },
    DEFAULT_LIMITS,
    passage,
  );
  framer.push(file);
  passage.grow();
  framer.end();
  expect(told).toEqual([`record of ${file.length} bytes`]);
});
