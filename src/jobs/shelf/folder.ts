import { randomBytes } from 'node:crypto';
import { access, link, mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { openFile, type Pages } from '../../../streams/extract/pages.ts';
import type { Shelf } from './shelf.ts';
import { isAlive } from '../../lib/process.ts';

/** A temporary file without a write for this many milliseconds is removed: its writer is gone. */
const FORGOTTEN_MS = 24 * 3_600_000;
/** `.NAME.HOST.PID.RANDOM.tmp` */
const TEMPORARY = /^\..+\.([^.]*)\.(\d+)\.[0-9a-f]+\.tmp$/;

/**
 * A shelf in a folder. A file is written under a temporary name and synced to disk; link(2) then gives it its name, and
 * fails if the name is taken. link(2) is atomic on NFS, too; exclusive creation was not before NFS version 3.
 */
export class FolderShelf implements Shelf {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get name(): string {
    return this.#folder;
  }

  pathOf(name: string): string {
    return join(this.#folder, name);
  }

  async has(name: string): Promise<boolean> {
    return access(this.pathOf(name)).then(
      () => true,
      () => false,
    );
  }

  async read(name: string): Promise<string | undefined> {
    return readFile(this.pathOf(name), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
  }

  open(name: string): Promise<Pages> {
    return openFile(this.pathOf(name));
  }

  async list(folder: string): Promise<readonly string[]> {
    const entries = await entriesOf(this.pathOf(folder), true);
    return entries
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map((entry) => relative(this.#folder, join(entry.parentPath, entry.name)))
      .sort();
  }

  async folders(folder: string): Promise<readonly string[]> {
    const entries = await entriesOf(this.pathOf(folder), false);
    return entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  }

  async putOnce(name: string, text: string): Promise<boolean> {
    if (await this.has(name)) return false;
    const draft = await this.draft(name);
    try {
      await writeFile(draft, text, { flush: true });
      return await this.publish(draft, name);
    } finally {
      await this.discard(draft);
    }
  }

  async draft(name: string): Promise<string> {
    const path = this.pathOf(name);
    await mkdir(dirname(path), { recursive: true });
    const host = hostname().replaceAll('.', '-');
    return join(dirname(path), `.${basename(path)}.${host}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`);
  }

  async publish(draft: string, name: string): Promise<boolean> {
    try {
      await link(draft, this.pathOf(name));
      await syncFolder(dirname(draft));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return false;
    } finally {
      await this.discard(draft);
    }
  }

  async discard(draft: string): Promise<void> {
    await rm(draft, { force: true });
  }

  async remove(name: string): Promise<void> {
    await rm(this.pathOf(name), { force: true });
  }

  async prove(): Promise<void> {
    // link(2) fails if the name is taken, on every file system that supports it.
  }

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
      if ((isOurs && !isAlive(Number(pid))) || age > FORGOTTEN_MS) await this.discard(path);
    }
  }
}

function entriesOf(path: string, recursive: boolean): Promise<Dirent[]> {
  return readdir(path, { withFileTypes: true, recursive }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

/** The name must survive a power cut, too. Some file systems cannot sync a folder. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync().catch(() => undefined);
  } finally {
    await handle.close();
  }
}
