import { randomBytes } from 'node:crypto';
import { access, link, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** A temporary file that was not written to for so long is removed: its writer is gone. Milliseconds. */
const FORGOTTEN_MS = 24 * 3_600_000;
/** `.NAME.HOST.PID.RANDOM.tmp` */
const TEMPORARY = /^\..+\.([^.]*)\.(\d+)\.[0-9a-f]+\.tmp$/;

/**
 * A folder in which each file appears once and whole, whoever writes it and however often: a file is written under a
 * temporary name, forced to the disk, and given its name by link(2), which fails where the name is taken. Of several that
 * write the same name at once one wins. link(2) is atomic on NFS, too, where exclusive creation was not before version 3.
 */
export class FolderShelf {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Where a file of this name stands or would stand. */
  pathOf(name: string): string {
    return join(this.#folder, name);
  }

  /** Whether it is there. */
  async has(name: string): Promise<boolean> {
    return access(this.pathOf(name)).then(
      () => true,
      () => false,
    );
  }

  /** A path beside the final one, to write to; its folder is made. Give it to `publish` or `discard`. */
  async temporary(name: string): Promise<string> {
    const path = this.pathOf(name);
    await mkdir(dirname(path), { recursive: true });
    const host = hostname().replaceAll('.', '-');
    return join(dirname(path), `.${basename(path)}.${host}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`);
  }

  /** Gives a file that was written whole its name. `false`: it was there already, and this one is removed. */
  async publish(temporary: string, name: string): Promise<boolean> {
    try {
      await link(temporary, this.pathOf(name));
      await syncFolder(dirname(temporary));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return false;
    } finally {
      await this.discard(temporary);
    }
  }

  /** Removes a temporary file. */
  async discard(temporary: string): Promise<void> {
    await rm(temporary, { force: true });
  }

  /** Removes the temporary files of processes that were killed: of this host if they run no more, and old ones. `nowMs`: epoch. */
  async tidy(nowMs: number): Promise<void> {
    const entries = await readdir(this.#folder, { recursive: true }).catch(() => []);
    for (const entry of entries) {
      const [, host, pid] = TEMPORARY.exec(basename(entry)) ?? [];
      if (host === undefined || pid === undefined) continue;
      const path = join(this.#folder, entry);
      const isOurs = host === hostname().replaceAll('.', '-');
      const age = await stat(path).then(
        ({ mtimeMs }) => nowMs - mtimeMs,
        () => 0,
      );
      if ((isOurs && !isRunning(Number(pid))) || age > FORGOTTEN_MS) await this.discard(path);
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The name itself must survive a loss of power. Some file systems know no such thing. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync().catch(() => undefined);
  } finally {
    await handle.close();
  }
}
