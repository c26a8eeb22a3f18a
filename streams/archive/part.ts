import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { partNoteOf, partOf } from './cache.ts';

/** The server's version of the file when a part was begun. */
export interface PartNote {
  readonly etag: string | null;
  readonly modified: string | null;
}

/** The version of a file without a note. */
export const UNKNOWN_VERSION: PartNote = { etag: null, modified: null };

/** The version of a copy, and how it is broken in the archive. */
export interface VersionNote extends PartNote {
  readonly damage?: string | undefined;
}

/** How much of the file is here, and its version. Without a version, the rest might belong to another file. */
export async function partIn(path: string): Promise<(PartNote & { readonly bytes: number }) | undefined> {
  const note = await noteIn<PartNote>(partNoteOf(path));
  const bytes = await stat(partOf(path)).then(
    ({ size }) => size,
    () => 0,
  );
  const isKnown = (note?.etag ?? note?.modified ?? '') !== '';
  return note !== undefined && bytes > 0 && isKnown ? { ...note, bytes } : undefined;
}

/** A note of an earlier run; `undefined` when there is none, or it was cut off. */
export async function noteIn<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

/** A weak ETag does not guarantee the same bytes, so the date is used instead (RFC 9110 section 13.1.5). */
export function rangeHeaders({ etag, modified, bytes }: PartNote & { readonly bytes: number }): Record<string, string> {
  const version = etag !== null && !etag.startsWith('W/') ? etag : modified;
  return { range: `bytes=${bytes}-`, ...(version === null ? {} : { 'if-range': version }) };
}

/** The copy is broken, so only another version is wanted. */
export function renewHeaders(had: PartNote | undefined): Record<string, string> {
  const { etag, modified } = had ?? UNKNOWN_VERSION;
  return {
    ...(etag === null ? {} : { 'if-none-match': etag }),
    ...(modified === null ? {} : { 'if-modified-since': modified }),
  };
}

/** A response compressed by the server cannot be continued: its ranges count compressed bytes. */
export async function writeNote(path: string, response: Response): Promise<void> {
  const { headers } = response;
  const note: PartNote = isCoded(response)
    ? { etag: null, modified: null }
    : { etag: headers.get('etag'), modified: headers.get('last-modified') };
  await writeFile(partNoteOf(path), JSON.stringify(note));
}

/** Some servers send a .gz file as a compressed response (`Content-Encoding: x-gzip`), which `fetch` unpacks. */
function isCoded({ headers }: Response): boolean {
  return !['', 'identity'].includes(headers.get('content-encoding') ?? '');
}

/**
 * The length of the whole file, from an answer with its bytes from `start` on; `undefined`: the answer does not name
 * it.
 */
export function totalIn(response: Response, start: number): number | undefined {
  if (isCoded(response)) return undefined;
  const { headers, status } = response;
  if (status === 206) {
    const total = /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1];
    if (total !== undefined) return Number(total);
  }
  const length = headers.get('content-length');
  return length === null ? undefined : start + Number(length);
}

/** `bytes *\/1234` of a range that could not be given (RFC 9110 section 14.4). */
export function sizeIn({ headers }: Response): number | undefined {
  const size = /^bytes \*\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1];
  return size === undefined ? undefined : Number(size);
}

/** Where the bytes of a partial answer begin. */
export function startIn({ headers }: Response): number | undefined {
  const start = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1];
  return start === undefined ? undefined : Number(start);
}

/** Removes a part and its note. */
export async function forget(path: string): Promise<void> {
  await rm(partOf(path), { force: true });
  await rm(partNoteOf(path), { force: true });
}
