import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Makes a folder that the test files of a run share: the first file that asks makes it, the others wait for that.
 * @param sign a file in the folder by which it is seen that it was made well
 * @returns the folder
 */
export async function onceForAll(folder: string, sign: string, make: () => Promise<unknown>): Promise<string> {
  // Beside it: who makes it may empty it first.
  const done = `${folder}-done`;
  try {
    await mkdir(`${folder}-begun`);
  } catch {
    while (!existsSync(done)) await sleep(50);
    if (!existsSync(`${folder}/${sign}`)) throw new Error(`${folder} could not be made: another test file says why`);
    return folder;
  }
  try {
    await make();
  } finally {
    await writeFile(done, '');
  }
  return folder;
}
