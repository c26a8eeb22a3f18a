import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { codeOf, fileWords } from '../../lib/errno.ts';
import { parseJson } from '../../lib/json.ts';
import { expectedBytes } from './damage.ts';

/** Marks a folder as ours. A folder that has content and no mark is never written to. */
const MARK = 'unroutable-store.json';

/** The files that LMDB creates. */
export const DATA = 'data.mdb';
const LOCK = 'lock.mdb';

const PROGRAM = 'unroutable';

/** State may name webhook endpoints and their secrets. */
const OWNER_ONLY = 0o700;

/** Why a folder cannot be used, for programs. */
export type FolderFault =
  /** The path is a file, or something else that is not a folder. */
  | 'not-a-folder'
  /** The folder cannot be created, read or written, or the file system is read-only. */
  | 'no-access'
  /** It contains foreign files. */
  | 'foreign'
  /** It is ours, and its content cannot be read. */
  | 'damaged'
  | 'full'
  /** The file system refused for another reason. */
  | 'unusable';

/** A folder that may be used, or why it may not. */
export type Folder =
  | {
      readonly ok: true;
      /** What was changed, or could not be changed, to keep other users from reading the folder. */
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly fault: FolderFault; readonly reason: string };

/**
 * Prepares a folder: creates a missing one, marks an empty one, accepts one with our mark, and refuses all others
 * without changing them.
 */
export function claimFolder(path: string): Folder {
  try {
    mkdirSync(path, { recursive: true, mode: OWNER_ONLY });
    if (!statSync(path).isDirectory()) return refuse('not-a-folder', 'it is not a folder');
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    const names = readdirSync(path);
    const others = names.filter((name) => !name.startsWith(MARK));
    if (names.includes(MARK)) {
      const refusal = marked(path);
      return refusal ?? { ok: true, warnings: tightened(path) };
    }
    if (others.length > 0) {
      return refuse('foreign', `there is something else in it (${others.slice(0, 3).join(', ')}), and nothing of ours`);
    }
    mark(path);
    return { ok: true, warnings: tightened(path) };
  } catch (error) {
    return refused(codeOf(error) === 'ENOENT' ? (ancestorFault(path) ?? error) : error);
  }
}

/**
 * Node.js reports ENOENT when it creates nested folders on a read-only file system. The nearest existing folder gives
 * the real error.
 */
function ancestorFault(path: string): unknown {
  const above = dirname(path);
  if (!existsSync(above)) return above === path ? undefined : ancestorFault(above);
  try {
    accessSync(above, constants.W_OK);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The mark appears complete or not at all, even if two processes create it at once. */
function mark(path: string): void {
  const draft = join(path, `${MARK}.${String(process.pid)}`);
  const text = { program: PROGRAM, about: 'State and events of one watch. Written by LMDB; not to be edited.' };
  writeFileSync(draft, `${JSON.stringify(text)}\n`, { flush: true });
  try {
    linkSync(draft, join(path, MARK));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Removes the rights of other users on our folder, because it holds addresses of webhooks. Returns a message if it did
 * so, or could not.
 */
function tightened(path: string): readonly string[] {
  const mode = statSync(path).mode & 0o777;
  if ((mode & ~OWNER_ONLY) === 0 || process.platform === 'win32') return [];
  const was = `${path} was open to others (mode ${mode.toString(8)})`;
  try {
    chmodSync(path, mode & OWNER_ONLY);
    return [`${was}: it has mode ${(mode & OWNER_ONLY).toString(8)} now, as URLs of webhooks are in it`];
  } catch {
    return [`${was}, and this user may not change that: URLs of webhooks are in it; chmod it to 700`];
  }
}

/** Why the folder with our mark cannot be used; `undefined` when it can. */
function marked(path: string): Exclude<Folder, { ok: true }> | undefined {
  if (programOf(readFileSync(join(path, MARK), 'utf8')) !== PROGRAM) {
    return refuse('foreign', `its ${MARK} was not written by this program`);
  }
  // LMDB ends the process when it cannot open one of its files, so they are checked first.
  const irregular = [DATA, LOCK].find((name) => !isUsable(join(path, name)));
  if (irregular !== undefined) return refuse('damaged', `its ${irregular} is not a file`);
  const size = statSync(join(path, DATA), { throwIfNoEntry: false })?.size ?? 0;
  if (size > 0 && expectedBytes(join(path, DATA)) === undefined) {
    return refuse('damaged', `its ${DATA} is not the database it was`);
  }
  return undefined;
}

/** Whether the path is missing or a file. @throws when this user cannot read and write it. */
function isUsable(file: string): boolean {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) return true;
  accessSync(file, constants.R_OK | constants.W_OK);
  return found.isFile();
}

function programOf(text: string): unknown {
  const value = parseJson(text);
  return typeof value === 'object' && value !== null && 'program' in value ? value.program : undefined;
}

/** Syncs the folder's name, and the names in it, so that they survive a power cut. */
export function settle(path: string): void {
  for (const folder of [path, dirname(resolve(path))]) {
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  }
}

const FAULTS: Readonly<Record<string, FolderFault>> = {
  ENOTDIR: 'not-a-folder',
  EEXIST: 'not-a-folder',
  EACCES: 'no-access',
  EPERM: 'no-access',
  EROFS: 'no-access',
  ENOSPC: 'full',
  EDQUOT: 'full',
};

/** The problem behind an error of the file system or of LMDB. */
export function refused(error: unknown): Exclude<Folder, { ok: true }> {
  const fault = FAULTS[codeOf(error) ?? ''];
  return fault === undefined ? refuse('unusable', String(error)) : refuse(fault, fileWords(error) ?? String(error));
}

function refuse(fault: FolderFault, reason: string): Exclude<Folder, { ok: true }> {
  return { ok: false, fault, reason };
}
