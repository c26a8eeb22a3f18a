import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

/** What is made of one file of five minutes. */
export interface MadeArchive {
  readonly folder: string;
  readonly tasks: number;
  readonly files: number;
  /** Bytes. */
  readonly packed: number;
  readonly unpacked: number;
}

const STEP_S = 300;

/**
 * An archive of one day of several collectors, each with `files` files of five minutes. Each file has the records of
 * the given one with other times, so that the data is realistic.
 */
export async function archiveFrom(
  path: string,
  folder: string,
  { collectors, files }: { readonly collectors: number; readonly files: number },
): Promise<MadeArchive> {
  const bytes = gunzipSync(await readFile(path));
  const first = bytes.readUInt32BE(0);
  const midnight = first - (first % 86_400);
  let packed = 0;
  for (let file = 0; file < files; file++) {
    const start = midnight + file * STEP_S;
    const content = gzipSync(shifted(bytes, start - (first - (first % STEP_S))));
    for (let i = 0; i < collectors; i++) {
      const into = join(folder, `rrc${String(i).padStart(2, '0')}`);
      await mkdir(into, { recursive: true });
      await writeFile(join(into, `updates.${nameOf(start)}.gz`), content);
      packed += content.length;
    }
  }
  return { folder, tasks: collectors, files: files * collectors, packed, unpacked: bytes.length * files * collectors };
}

/** The MRT records (RFC 6396 section 2), moved by this many seconds. */
function shifted(bytes: Buffer, seconds: number): Buffer {
  const copy = Buffer.from(bytes);
  for (let at = 0; at + 12 <= copy.length; at += 12 + copy.readUInt32BE(at + 8))
    copy.writeUInt32BE(copy.readUInt32BE(at) + seconds, at);
  return copy;
}

/** `20190101.0005` */
function nameOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/^(\d+)-(\d+)-(\d+)T(\d+):(\d+).*/, '$1$2$3.$4$5');
}
