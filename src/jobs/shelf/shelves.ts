import { glob } from 'tinyglobby';
import { openFile, type Pages } from '../../../streams/extract/pages.ts';
import { codeOf, refusal } from '../../lib/errno.ts';
import { S3Refusal } from './s3-bucket.ts';
import { ObjectWindows, type Part } from './object-pages.ts';
import { isS3, openShelf, type ShelfMeans } from './open.ts';
import type { Shelf } from './shelf.ts';

/** Bytes per read of a local file: the sections of many MRT files. Opening the file for each took half of the time. */
const FILE_WINDOW_BYTES = 64 * 1024;

/** Finds and opens files by their paths, on this machine and in stores. */
export interface Shelves {
  /** The paths of the files in a folder and below with this ending, in any order. */
  find(folder: string, ending: string): Promise<readonly string[]>;
  /** Opens a file. Throws when it cannot be read. */
  readonly open: (path: string) => Promise<Pages>;
  /** Why an existing file could not be read, as far as is known: another try may help. */
  readonly failures: readonly string[];
}

/** The shelves that the credentials of the environment can reach. */
export function shelvesOf(means: ShelfMeans): Shelves {
  const shelves = new Map<string, Shelf>();
  const shelfOf = (path: string): { shelf: Shelf; name: string } => {
    const [, root = path, name = ''] = /^(s3:\/\/[^/]+)\/?(.*)$/is.exec(path) ?? [];
    const known = shelves.get(root);
    if (known !== undefined) return { shelf: known, name };
    const opened = openShelf(root, means);
    if (!opened.ok) throw new Error(opened.faults.join('; '));
    shelves.set(root, opened.value);
    return { shelf: opened.value, name };
  };
  const failures: string[] = [];
  const noted = async <T>(asked: Promise<T>): Promise<T> =>
    asked.catch((error: unknown) => {
      if (!isAbsent(error)) failures.push(refusal(error));
      throw error;
    });
  const files = new ObjectWindows(partOfFile, FILE_WINDOW_BYTES);
  const openAt = async (path: string): Promise<Pages> => {
    if (!isS3(path)) return files.open(path);
    const { shelf, name } = shelfOf(path);
    return shelf.open(name);
  };
  return {
    failures,
    async find(folder, ending) {
      if (!isS3(folder)) return glob(`**/*${ending}`, { cwd: folder, absolute: true, dot: false });
      const { shelf, name } = shelfOf(folder);
      const names = await shelf.list(name.replace(/\/+$/, ''));
      return names.filter((each) => each.endsWith(ending)).map((each) => shelf.pathOf(each));
    },
    async open(path) {
      const pages = await noted(openAt(path));
      return { ...pages, at: (from, length) => noted(pages.at(from, length)) };
    },
  };
}

async function partOfFile(path: string, part: Part): Promise<{ readonly bytes: Buffer; readonly size: number }> {
  const file = await openFile(path);
  try {
    const { size } = file;
    const from = 'last' in part ? Math.max(0, size - part.last) : part.from;
    const to = 'last' in part ? size : part.to + 1;
    return { bytes: await file.at(from, to - from), size };
  } finally {
    await file.close();
  }
}

function isAbsent(error: unknown): boolean {
  if (codeOf(error) === 'ENOENT') return true;
  return error instanceof Error && error.cause instanceof S3Refusal && error.cause.status === 404;
}
