import type { Result } from '../lib/result.ts';
import type { Defaults } from './settings.ts';
import type { Configured } from './territories-file.ts';

/** A file up to this size is read in a fraction of a second. Bytes. */
const SMALL_BYTES = 64 * 1024;

/** A territories file as text, and what is needed to read it. */
export interface TerritoriesText {
  readonly text: string;
  readonly file: string;
  readonly defaults: Defaults;
}

/**
 * Reads a territories file. A large one takes seconds: a thread reads it, so that this one goes on and handles signals.
 *
 * @returns `undefined` when `signal` aborts before the file is read
 */
export async function parseApart(
  given: TerritoriesText,
  signal?: AbortSignal,
): Promise<Result<Configured> | undefined> {
  if (Buffer.byteLength(given.text) > SMALL_BYTES) return inThread(given, signal);
  // Loaded here, because zod and ip-num take longer to load than the rest of the command.
  const { parseTerritories } = await import('./territories-file.ts');
  return parseTerritories(given.text, given.file, given.defaults);
}

async function inThread(
  given: TerritoriesText,
  signal: AbortSignal | undefined,
): Promise<Result<Configured> | undefined> {
  // Most files are small.
  const { Worker } = await import('node:worker_threads');
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('territories-worker.js', import.meta.url), { execArgv: [], workerData: given });
    const end = (): void => {
      resolve(undefined);
      void worker.terminate();
    };
    worker.once('message', (read: Result<Configured>) => resolve(read));
    worker.once('error', reject);
    worker.once('exit', () => signal?.removeEventListener('abort', end));
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted === true) end();
  });
}
