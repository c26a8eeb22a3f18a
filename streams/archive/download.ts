import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { openContainer } from '../mrt/container/container.ts';
import { PART, PART_NOTE, type ArchiveCache } from './cache.ts';
import type { ArchiveFile } from './layout.ts';
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
 * it is.
 */
export async function download(
  { url, place }: Pick<ArchiveFile, 'url' | 'place'>,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<Downloaded> {
  const { cache, http } = options;
  if ((await cache.sizeOf(place)) !== undefined)
    return { ok: true, path: cache.pathOf(place), received: 0, damage: undefined };
  if (options.offline === true) return { ok: false, kind: 'absent', reason: 'it is not in the cache (--offline)' };
  const path = await cache.prepare(place);
  const meter = { received: 0 };
  for (let round = 1; ; round++) {
    const fetched = await persistently(url, () => fetchRest({ url, path, meter }, options, signal), http, signal);
    if (!fetched.ok) return fetched;
    const { damage, isMrt } = await inspectContainer(path + PART);
    if (!isMrt) {
      await forget(path);
      return fault(`what the server sent ${damage ?? 'is not an MRT file'}`);
    }
    if (damage !== undefined && round === 1) {
      await forget(path);
      continue;
    }
    await rename(path + PART, path);
    await rm(path + PART_NOTE, { force: true });
    return { ok: true, path, received: meter.received, damage };
  }
}

/** The version of the file at the server that a part was begun by. */
interface PartNote {
  readonly etag: string | null;
  readonly modified: string | null;
}

/** One file on its way. */
interface Fetching {
  readonly url: string;
  readonly path: string;
  /** Bytes received in all attempts. */
  readonly meter: { received: number };
}

async function fetchRest(
  { url, path, meter }: Fetching,
  { http, onBytes }: DownloadOptions,
  signal: AbortSignal,
): Promise<{ readonly ok: true } | (HttpFault & { readonly retryAfterMs?: number | undefined })> {
  const part = await partOf(path);
  const answer = await request(url, part === undefined ? {} : rangeHeaders(part), http, signal);
  if (!answer.ok) return answer;
  const { response, stalled } = answer;
  try {
    const start = response.status === 206 ? (part?.bytes ?? 0) : 0;
    const total = totalOf(response, start);
    const doesNotFit = response.status === 416 || (start > 0 && startOf(response) !== start);
    if (doesNotFit) {
      await response.body?.cancel();
      // It was whole when we were stopped.
      if (response.status === 416 && part !== undefined && sizeOf(response) === part.bytes) return { ok: true };
      await forget(path);
      return fault('the server did not go on where the download stopped');
    }
    await writeNote(path, response);
    let bytes = start;
    const broken = await append(path + PART, start, response.body, (more) => {
      stalled.feed();
      bytes += more;
      meter.received += more;
      onBytes?.(more);
    });
    if (broken !== undefined)
      return fault(bytes === start ? broken : `the connection ended after ${bytes} bytes: ${broken}`);
    if (total !== undefined && bytes < total) return fault(`the connection ended after ${bytes} of ${total} bytes`);
    if (total !== undefined && bytes > total) {
      await forget(path);
      return fault(`the server sent ${bytes} bytes and had named ${total}`);
    }
    return bytes === 0 ? fault('the file is empty') : { ok: true };
  } finally {
    stalled.end();
  }
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

/** How much of the file is here, and of which version. Without a version, the rest might belong to another file. */
async function partOf(path: string): Promise<(PartNote & { readonly bytes: number }) | undefined> {
  try {
    const { size } = await stat(path + PART);
    const note = JSON.parse(await readFile(path + PART_NOTE, 'utf8')) as PartNote;
    const isKnown = (note.etag ?? note.modified ?? '') !== '';
    return size > 0 && isKnown ? { ...note, bytes: size } : undefined;
  } catch {
    return undefined;
  }
}

/** A weak ETag does not stand for the same bytes: then the date does (RFC 9110 section 13.1.5). */
function rangeHeaders({ etag, modified, bytes }: PartNote & { readonly bytes: number }): Record<string, string> {
  const version = etag !== null && !etag.startsWith('W/') ? etag : modified;
  return { range: `bytes=${bytes}-`, ...(version === null ? {} : { 'if-range': version }) };
}

async function writeNote(path: string, { headers }: Response): Promise<void> {
  const note: PartNote = { etag: headers.get('etag'), modified: headers.get('last-modified') };
  await writeFile(path + PART_NOTE, JSON.stringify(note));
}

function totalOf({ headers, status }: Response, start: number): number | undefined {
  if (status === 206) {
    const total = /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1];
    if (total !== undefined) return Number(total);
  }
  const length = headers.get('content-length');
  return length === null ? undefined : start + Number(length);
}

/** `bytes *\/1234` of a range that could not be given. */
function sizeOf({ headers }: Response): number | undefined {
  const size = /^bytes \*\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1];
  return size === undefined ? undefined : Number(size);
}

function startOf({ headers }: Response): number | undefined {
  const start = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1];
  return start === undefined ? undefined : Number(start);
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

async function forget(path: string): Promise<void> {
  await rm(path + PART, { force: true });
  await rm(path + PART_NOTE, { force: true });
}

/** A full disk is not the server's fault: it is reported, and not tried again. */
function isOfDisk(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'write' && !('address' in error);
}
