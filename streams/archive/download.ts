import { open, rename, rm, writeFile } from 'node:fs/promises';
import { openContainer } from '../mrt/container/container.ts';
import { versionNoteOf, partNoteOf, partOf, type ArchiveCache } from './cache.ts';
import type { ArchiveFile } from './layout.ts';
import {
  forget,
  noteIn,
  partIn,
  rangeHeaders,
  renewHeaders,
  sizeIn,
  startIn,
  totalIn,
  UNKNOWN_VERSION,
  writeNote,
  type PartNote,
  type VersionNote,
} from './part.ts';
import { withFileLock } from './file-lock.ts';
import { fetchFault } from '../http/answer.ts';
import { fault, politely, request, type PoliteHttp, type HttpFault } from '../http/get.ts';

/** A file that was downloaded, or why it was not. */
export type Downloaded =
  | {
      readonly ok: true;
      readonly path: string;
      /** Bytes received in this run; 0 if the file was already here. */
      readonly received: number;
      /** Why its container is broken, although the server sent all of it; `undefined`: it is complete. */
      readonly damage: string | undefined;
    }
  | HttpFault;

/** How a file is downloaded. */
export interface DownloadOptions {
  readonly cache: ArchiveCache;
  readonly http: PoliteHttp;
  /** Called for each received piece. */
  readonly onBytes?: (bytes: number) => void;
  /** Use only the cache. */
  readonly offline?: boolean;
}

/**
 * Puts one file of an archive into the cache, completely or not at all. An interrupted download, of this run or an
 * earlier one, continues where it stopped, if the server still has the same version (RFC 9110 section 13.1.5,
 * If-Range). The result is checked: its length against the one that the server named, and all checksums of its
 * container. A file with a broken container is fetched once more. If it is broken again, it is broken in the archive,
 * and the copy stays in the cache. Later runs ask for another version of such a file (RFC 9110 section 13.1.2,
 * If-None-Match), and of a file that `isMutable`.
 */
export async function download(
  { url, place, isMutable = false }: Pick<ArchiveFile, 'url' | 'place' | 'isMutable'>,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<Downloaded> {
  const { cache, offline = false, http } = options;
  const file: Fetching = { url, path: cache.pathOf(place), isMutable, meter: { received: 0 } };
  const had = await hereOf(file, cache, place);
  if (had !== undefined && (offline || !had.isAskedFor)) return had.stored;
  if (offline) return { ok: false, kind: 'absent', reason: 'it is not in the cache (--offline)' };
  await cache.prepare(place);
  const done = await withFileLock(file.path, http.clock, signal, async () => {
    // Another process may have fetched it while we waited.
    const now = await hereOf(file, cache, place);
    if (now?.isAskedFor === false) return now.stored;
    const got = await fetched({ ...file, ...(now !== undefined && { had: now.version }) }, options, signal);
    if (got.ok || now === undefined) return got;
    // A broken copy is better than none; an old copy of a mutable file may be the wrong one.
    return isMutable ? { ...got, reason: `${got.reason}; --offline uses the copy in the cache` } : now.stored;
  });
  return done ?? fault('interrupted');
}

/** The state of a file's copy. */
interface Here {
  readonly stored: Extract<Downloaded, { ok: true }>;
  readonly version: VersionNote;
  /** Whether the server must be asked for another version. */
  readonly isAskedFor: boolean;
}

async function hereOf({ path, isMutable }: Fetching, cache: ArchiveCache, place: string): Promise<Here | undefined> {
  if ((await cache.sizeOf(place)) === undefined) return undefined;
  const version = await noteIn<VersionNote>(versionNoteOf(path));
  return {
    stored: { ok: true, path, received: 0, damage: version?.damage },
    version: version ?? UNKNOWN_VERSION,
    isAskedFor: version !== undefined || isMutable,
  };
}

async function fetched(file: Fetching, options: DownloadOptions, signal: AbortSignal): Promise<Downloaded> {
  const { url, path, meter, had } = file;
  for (let round = 1; ; round++) {
    const got = await politely(url, () => fetchRest(file, options, signal), options.http, signal);
    if (!got.ok) return got;
    if (got.isSame === true) return { ok: true, path, received: 0, damage: had?.damage };
    const { damage, isMrt } = await inspectContainer(partOf(path));
    if (!isMrt) {
      await forget(path);
      return fault(`what the server sent ${damage ?? 'is not an MRT file'}`);
    }
    if (damage !== undefined && round === 1) {
      await forget(path);
      continue;
    }
    await put(file, damage);
    return { ok: true, path, received: meter.received, damage };
  }
}

/** Moves the download to its place, with a note if a later run must ask for another version. */
async function put({ path, isMutable }: Fetching, damage: string | undefined): Promise<void> {
  const version = (await noteIn<PartNote>(partNoteOf(path))) ?? UNKNOWN_VERSION;
  await rename(partOf(path), path);
  if (damage !== undefined || isMutable) await writeFile(versionNoteOf(path), JSON.stringify({ ...version, damage }));
  else await rm(versionNoteOf(path), { force: true });
  await rm(partNoteOf(path), { force: true });
}

/** A download under way. */
interface Fetching {
  readonly isMutable: boolean;
  /** The existing copy, if another version is requested. */
  readonly had?: VersionNote;
  readonly url: string;
  readonly path: string;
  /** Bytes received in all attempts. */
  readonly meter: { received: number };
}

type Rest =
  { readonly ok: true; readonly isSame?: boolean } | (HttpFault & { readonly retryAfterMs?: number | undefined });

async function fetchRest(file: Fetching, { http, onBytes }: DownloadOptions, signal: AbortSignal): Promise<Rest> {
  const { url, path, meter, had } = file;
  const part = await partIn(path);
  const answer = await request(url, part === undefined ? renewHeaders(had) : rangeHeaders(part), http, signal);
  if (!answer.ok) return answer;
  const { response, stalled } = answer;
  try {
    const start = response.status === 206 ? (part?.bytes ?? 0) : 0;
    const unfit = await unfitOf(response, start, { path, part });
    if (unfit !== undefined) return unfit;
    await writeNote(path, response);
    let bytes = start;
    const broken = await append(partOf(path), start, response.body, (more) => {
      stalled.feed();
      bytes += more;
      meter.received += more;
      onBytes?.(more);
    });
    if (broken !== undefined)
      return fault(bytes === start ? broken : `the connection ended after ${bytes} bytes: ${broken}`);
    return await weighed(bytes, totalIn(response, start), path);
  } finally {
    stalled.end();
  }
}

/** The outcome of an answer without bytes for us; `undefined`: it has some. */
async function unfitOf(
  response: Response,
  start: number,
  { path, part }: { readonly path: string; readonly part: { readonly bytes: number } | undefined },
): Promise<Rest | undefined> {
  const doesNotFit = response.status === 416 || (start > 0 && startIn(response) !== start);
  if (response.status !== 304 && !doesNotFit) return undefined;
  await response.body?.cancel();
  if (response.status === 304) return { ok: true, isSame: true };
  // The file was complete when we were stopped.
  if (response.status === 416 && part !== undefined && sizeIn(response) === part.bytes) return { ok: true };
  await forget(path);
  return fault('the server did not go on where the download stopped');
}

/** Whether all of it came. */
async function weighed(bytes: number, total: number | undefined, path: string): Promise<Rest> {
  if (total !== undefined && bytes < total) return fault(`the connection ended after ${bytes} of ${total} bytes`);
  if (total !== undefined && bytes > total) {
    await forget(path);
    return fault(`the server sent ${bytes} bytes and had named ${total}`);
  }
  return bytes === 0 ? fault('the file is empty') : { ok: true };
}

/**
 * Writes piece by piece, and keeps what arrived before a connection broke.
 *
 * @returns why the connection broke; `undefined`: everything arrived.
 * @throws an error of the file system.
 */
async function append(
  part: string,
  start: number,
  body: Response['body'],
  onPiece: (bytes: number) => void,
): Promise<string | undefined> {
  const file = await open(part, start > 0 ? 'a' : 'w');
  try {
    for await (const piece of body ?? []) {
      await file.appendFile(piece);
      onPiece(piece.byteLength);
    }
    return undefined;
  } catch (error) {
    if (isOfDisk(error)) throw error;
    return fetchFault(error);
  } finally {
    await file.close();
  }
}

/** Unpacks all of it, for the checksums of gzip (RFC 1952) and bzip2. */
async function inspectContainer(path: string): Promise<{ readonly isMrt: boolean; readonly damage?: string }> {
  const opened = await openContainer(path);
  if (!opened.ok) return { isMrt: false, damage: opened.reason };
  const chunks = opened.container.chunks();
  for (;;) {
    const next = await chunks.next();
    if (next.done === true) return next.value === undefined ? { isMrt: true } : { isMrt: true, damage: next.value };
  }
}

/** A full disk is not the server's fault: report it, and do not try again. */
function isOfDisk(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'write' && !('address' in error);
}
