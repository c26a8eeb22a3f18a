import { execFileSync, spawnSync } from 'node:child_process';

/** Whether named pipes can be made here: Node.js cannot, and not every PATH has `mkfifo`. */
export const canMakeFifo = spawnSync('mkfifo', []).error === undefined;

/** Added to the name of a test that is skipped without them. */
export const withoutFifo = canMakeFifo ? '' : ' (skipped: mkfifo is not on PATH)';

/** Makes a named pipe. */
export function makeFifo(path: string): void {
  execFileSync('mkfifo', [path]);
}
