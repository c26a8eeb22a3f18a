import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { codeOf } from '../../src/lib/errno.ts';
import { isAlive } from '../../src/lib/process.ts';
import type { Clock } from '../../src/ports.ts';

const POLL_MS = 200;
/** How often a process renews its lock. Milliseconds. */
const BEAT_MS = 5_000;
/** A lock without a sign of life for this long was left behind, also by another machine. Milliseconds. */
const STALE_MS = 30_000;

/** The holder of a lock. */
interface Holder {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
}

/**
 * Lets only one process at a time work on a file of a shared cache. A lock file beside it names the process. A lock
 * that a killed process left is taken over: at once on the same machine, after half a minute on another.
 *
 * @returns `undefined` when `signal` aborted before it got the lock.
 * @throws what the work throws, or an error of the file system.
 */
export async function withFileLock<T>(
  path: string,
  clock: Pick<Clock, 'wallMs' | 'sleep'>,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const lock = lockOf(path);
  let mine = await taken(lock);
  while (mine === undefined) {
    if (signal.aborted) return undefined;
    const holder = await leftBehind(lock, clock);
    if (holder === undefined) await clock.sleep(POLL_MS, signal);
    else await remove(lock, holder);
    mine = await taken(lock);
  }
  const beat = setInterval(() => {
    const now = clock.wallMs() / 1000;
    utimes(lock, now, now).catch(() => undefined);
  }, BEAT_MS).unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await rm(lock, { force: true });
    own.delete(mine.id);
  }
}

/** Removes the lock of a process that was killed after its work was done. */
export async function tidy(path: string, clock: Pick<Clock, 'wallMs'>): Promise<void> {
  const lock = lockOf(path);
  const holder = await leftBehind(lock, clock);
  if (holder !== undefined) await remove(lock, holder);
}

const lockOf = (path: string): string => join(dirname(path), `.${basename(path)}.lock`);

/** Locks that this process holds now. Any other lock with our process id was left by an earlier process. */
const own = new Set<string>();

/** Takes the lock; `undefined`: another process has it. */
async function taken(lock: string): Promise<Holder | undefined> {
  const holder: Holder = { id: randomUUID(), host: hostname(), pid: process.pid };
  try {
    const file = await open(lock, 'wx');
    own.add(holder.id);
    await file.writeFile(JSON.stringify(holder));
    await file.close();
    return holder;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined;
    throw error;
  }
}

/** The text of a lock that was left behind; `undefined`: its process is at work, or the lock is gone. */
async function leftBehind(lock: string, { wallMs }: Pick<Clock, 'wallMs'>): Promise<string | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(lock, 'utf8'), stat(lock)]);
    if (wallMs() - mtimeMs > STALE_MS) return text;
    const { id, host, pid } = JSON.parse(text) as Holder;
    if (host !== hostname()) return undefined;
    return pid === process.pid ? (own.has(id) ? undefined : text) : isAlive(pid) ? undefined : text;
  } catch {
    // The lock is being written, or was removed.
    return undefined;
  }
}

/** Removes a lock that was left behind. If another process took it over meanwhile, puts it back. */
async function remove(lock: string, holder: string): Promise<void> {
  const aside = `${lock}.${randomUUID()}`;
  try {
    await rename(lock, aside);
    if ((await readFile(aside, 'utf8')) === holder) await rm(aside, { force: true });
    else await rename(aside, lock);
  } catch {
    // Another process removed it.
  }
}
