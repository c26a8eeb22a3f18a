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
import { inTurn } from './turn.ts';
import { fault, persistently, request, wordsOf, type ArchiveHttp, type HttpFault } from './http.ts';

/** A file that was downloaded, or why it was not. */
export type Downloaded =
  | {
      readonly ok: true;
      readonly path: string;
      /** Bytes received for it now: 0 when it was here already. */
      readonly received: number;
      /** Why its container is not whole, though the server sent all that it has; `undefined` when it is whole. */
      readonly damage: string | undefined;
    }
  | HttpFault;

/** How a file is downloaded. */
export interface DownloadOptions {
  readonly cache: ArchiveCache;
  readonly http: ArchiveHttp;
  /** Told of each piece that came. */
  readonly onBytes?: (bytes: number) => void;
  /** Takes nothing from the network. */
  readonly offline?: boolean;
}

/**
 * Puts one file of an archive into the cache, whole or not at all. A download that was cut off, in this run or an
 * earlier one, goes on where it stopped, if the server still has the same version of the file (RFC 9110 section 13.1.5,
 * If-Range). What arrived is checked: its length against the one the server named, its container to the last checksum.
 * A file whose container is broken is fetched once more; if it is broken again, it is so in the archive, and is kept as
 * it is. Later runs ask whether there is another version of it (RFC 9110 section 13.1.2, If-None-Match), and so they do of a
 * file that `isMutable`.
 */
export async function download(
  { url, place, isMutable = false }: Pick<ArchiveFile, 'url' | 'place' | 'isMutable'>,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<Downloaded> {
  const { cache, offline = false, http } = options;
  const file: Fetching = { url, path: cache.pathOf(place), isMutable, meter: { received: 0 } };
  const had = await hereOf(file, cache, place);
  if (had !== undefined && (offline || !had.isAskedFor)) return had.kept;
  if (offline) return { ok: false, kind: 'absent', reason: 'it is not in the cache (--offline)' };
  await cache.prepare(place);
  const done = await inTurn(file.path, http.clock, signal, async () => {
    // Another process may have fetched it while we waited.
    const now = await hereOf(file, cache, place);
    if (now?.isAskedFor === false) return now.kept;
    const got = await fetched({ ...file, ...(now !== undefined && { had: now.version }) }, options, signal);
    if (got.ok || now === undefined) return got;
    // A broken copy is better than none; an old one may not be what is wanted.
    return isMutable ? { ...got, reason: `${got.reason}; --offline uses the copy in the cache` } : now.kept;
  });
  return done ?? fault('interrupted');
}

/** What is here of a file. */
interface Here {
  readonly kept: Extract<Downloaded, { ok: true }>;
  readonly version: VersionNote;
  /** Whether the server must be asked for another version. */
  readonly isAskedFor: boolean;
}

async function hereOf({ path, isMutable }: Fetching, cache: ArchiveCache, place: string): Promise<Here | undefined> {
  if ((await cache.sizeOf(place)) === undefined) return undefined;
  const version = await noteIn<VersionNote>(versionNoteOf(path));
  return {
    kept: { ok: true, path, received: 0, damage: version?.damage },
    version: version ?? UNKNOWN_VERSION,
    isAskedFor: version !== undefined || isMutable,
  };
}

async function fetched(file: Fetching, options: DownloadOptions, signal: AbortSignal): Promise<Downloaded> {
  const { url, path, meter, had } = file;
  for (let round = 1; ; round++) {
    const got = await persistently(url, () => fetchRest(file, options, signal), options.http, signal);
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

/** Puts what arrived in its place, with a note where a later run must ask for another version. */
async function put({ path, isMutable }: Fetching, damage: string | undefined): Promise<void> {
  const version = (await noteIn<PartNote>(partNoteOf(path))) ?? UNKNOWN_VERSION;
  await rename(partOf(path), path);
  if (damage !== undefined || isMutable) await writeFile(versionNoteOf(path), JSON.stringify({ ...version, damage }));
  else await rm(versionNoteOf(path), { force: true });
  await rm(partNoteOf(path), { force: true });
}

/** One file on its way. */
interface Fetching {
  readonly isMutable: boolean;
  /** What is here of it, where it is asked for again. */
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

/** An answer that holds no bytes for us; `undefined` when it does. */
async function unfitOf(
  response: Response,
  start: number,
  { path, part }: { readonly path: string; readonly part: { readonly bytes: number } | undefined },
): Promise<Rest | undefined> {
  const doesNotFit = response.status === 416 || (start > 0 && startIn(response) !== start);
  if (response.status !== 304 && !doesNotFit) return undefined;
  await response.body?.cancel();
  if (response.status === 304) return { ok: true, isSame: true };
  // It was whole when we were stopped.
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
 * Writes piece by piece: what came before the connection broke is kept.
 *
 * @returns why the connection broke; `undefined` when all came.
 * @throws what the disk says.
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
    return wordsOf(error);
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

/** A full disk is not the server's fault: it is reported, and not tried again. */
function isOfDisk(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'write' && !('address' in error);
}
