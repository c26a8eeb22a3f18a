import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { tidy } from './file-lock.ts';

/** The name of an incomplete file. It is hidden, so that a search for files skips it. */
export const partOf = (path: string): string => siblingOf(path, 'part');
/** A note beside a part: the server's version of the file when the download began. */
export const partNoteOf = (path: string): string => siblingOf(path, 'part.json');
/** A note beside a file that may get a later version: it is broken in the archive, or has no date in its name. */
export const versionNoteOf = (path: string): string => siblingOf(path, 'version.json');

function siblingOf(path: string, ending: string): string {
  return join(dirname(path), `.${basename(path)}.${ending}`);
}

/** File systems have names of at most 255 bytes, and a note beside a file has a longer name than the file. */
const LONGEST_NAME = 200;

/** A long name, as that of a signed URL, is cut, and made unique by the hash of the whole. */
function shortened(name: string, whole: string): string {
  if (name.length <= LONGEST_NAME) return name;
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, 16);
  return `${name.slice(0, LONGEST_NAME - hash.length - 1)}-${hash}`;
}

/** Copies of files of archives on this disk, by their places (`ArchiveFile.place`). */
export class ArchiveCache {
  readonly folder: string;
  readonly #mostBytes: number;

  /** @param mostBytes largest size of all files. Files of this run are not removed before it ends. */
  constructor(folder: string, mostBytes: number) {
    this.folder = folder;
    this.#mostBytes = mostBytes;
  }

  /** The path of the copy, existing or not. */
  pathOf(place: string): string {
    const parts = place.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
    return join(this.folder, ...parts.map((part) => shortened(part.replace(/[^A-Za-z0-9._+@=,-]/g, '_'), part)));
  }

  /** Its size in bytes; `undefined`: there is no complete copy. */
  async sizeOf(place: string): Promise<number | undefined> {
    try {
      const found = await stat(this.pathOf(place));
      return found.isFile() ? found.size : undefined;
    } catch {
      return undefined;
    }
  }

  /** Makes the folder of a file. @throws an error of the file system. */
  async prepare(place: string): Promise<string> {
    const path = this.pathOf(place);
    await mkdir(dirname(path), { recursive: true });
    return path;
  }

  /**
   * Marks files as used now, and removes the least recently used ones until the rest fits. What may not be removed
   * stays: the folder may belong to another user, or be read-only.
   *
   * @param used paths of this run: they are never removed.
   * @param now wall clock, milliseconds.
   * @returns the number of removed files, and the bytes that are left.
   */
  async settle(used: readonly string[], now: number): Promise<{ readonly removed: number; readonly bytes: number }> {
    for (const path of used) {
      await utimes(path, now / 1000, now / 1000).catch(() => undefined);
      // A part that a killed run left after the file was complete.
      await removed(partNoteOf(path));
      await tidy(path, { wallMs: () => now });
    }
    const keep = new Set(used);
    const files = await this.#files();
    let bytes = files.reduce((sum, { size }) => sum + size, 0);
    let count = 0;
    for (const { path, size } of files.sort((a, b) => a.usedMs - b.usedMs)) {
      if (bytes <= this.#mostBytes) break;
      if (keep.has(path)) continue;
      if (!(await removed(path))) continue;
      await removed(versionNoteOf(path));
      bytes -= size;
      count++;
    }
    return { removed: count, bytes };
  }

  async #files(): Promise<{ path: string; size: number; usedMs: number }[]> {
    const entries = await readdir(this.folder, { recursive: true, withFileTypes: true }).catch(() => []);
    const files: { path: string; size: number; usedMs: number }[] = [];
    for (const entry of entries) {
      // A note is removed with its file. A lock is removed by its holder.
      if (!entry.isFile() || /^\..*\.(?:version\.json|lock)$/.test(entry.name)) continue;
      const path = `${entry.parentPath}${sep}${entry.name}`;
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined) files.push({ path, size: found.size, usedMs: found.mtimeMs });
    }
    return files;
  }
}

/** Removes a file. Whether it is gone now. */
async function removed(path: string): Promise<boolean> {
  return rm(path, { force: true }).then(
    () => true,
    () => false,
  );
}
