import { gunzipSync } from 'node:zlib';
import { readRefusal } from '../../src/lib/errno.ts';
import { messageOf } from '../../src/lib/message-of.ts';
import type { ScanBatch } from '../mrt/scan/scan-job.ts';
import { readBatchLine } from './batch-line.ts';
import {
  FIRST_LINE,
  LAST_LINE_BYTES,
  MAX_PIECE_BYTES,
  PIECE_HEADER_BYTES,
  readIndex,
  readLastLine,
  type ExtractFile,
  type ExtractIndex,
} from './format.ts';
import { openFile, type Pages } from './pages.ts';

/** The largest valid index: 100,000 files in a day. */
const MAX_INDEX_BYTES = 64 * 2 ** 20;

/** Opens an extract by its path. */
export type OpenPages = (path: string) => Promise<Pages>;

/** The index of an extract, or why the extract cannot be used, in words. */
export async function readExtract(path: string, open: OpenPages = openFile): Promise<ExtractIndex | string> {
  let file: Pages;
  try {
    file = await open(path);
  } catch (error) {
    return readRefusal(error);
  }
  try {
    return await indexOf(file);
  } catch (error) {
    return readRefusal(error);
  } finally {
    await file.close();
  }
}

async function indexOf(file: Pages): Promise<ExtractIndex | string> {
  const { size } = file;
  const first = (await bytesAt(file, 0, FIRST_LINE.length)).toString('latin1');
  if (first !== FIRST_LINE) {
    const isOther = /^unroutable extract \d+$/m.test(first);
    return isOther ? 'was made by another version of this program: map its files again' : 'is not an extract';
  }
  const last = readLastLine((await bytesAt(file, size - LAST_LINE_BYTES, LAST_LINE_BYTES)).toString('latin1'));
  const length = size - LAST_LINE_BYTES - (last?.offset ?? size);
  if (last === undefined || length <= 0 || length > MAX_INDEX_BYTES) return 'is cut off';
  return readIndex((await bytesAt(file, last.offset, length)).toString('utf8'), last.checksum);
}

/**
 * The batches of one MRT file, as they were scanned. A damaged section ends with a damage, like a damaged MRT file: the
 * lost part is a gap.
 */
export async function* readSection(
  path: string,
  section: ExtractFile,
  open: OpenPages = openFile,
): AsyncGenerator<ScanBatch, void> {
  const file = await open(path).catch((error: unknown) => readRefusal(error));
  if (typeof file === 'string') {
    yield damaged(section, `the extract ${file}`);
    return;
  }
  try {
    for (let at = section.from; at < section.to;) {
      const header = await bytesAt(file, at, PIECE_HEADER_BYTES);
      const length = header.length === PIECE_HEADER_BYTES ? header.readUInt32BE() : 0;
      const end = at + PIECE_HEADER_BYTES + length;
      if (length === 0 || end > section.to) throw new RangeError('a piece of it ends beyond its section');
      const piece = await bytesAt(file, at + PIECE_HEADER_BYTES, length);
      const lines = gunzipSync(piece, { maxOutputLength: MAX_PIECE_BYTES }).toString('utf8').trimEnd().split('\n');
      for (const line of lines) yield readBatchLine(line);
      at = end;
    }
  } catch (error) {
    yield damaged(section, `the extract is damaged: ${messageOf(error)}`);
  } finally {
    await file.close();
  }
}

async function bytesAt(file: Pages, from: number, length: number): Promise<Buffer> {
  return file.at(Math.max(0, from), Math.max(0, length));
}

function damaged({ container, bytes }: ExtractFile, reason: string): ScanBatch {
  return {
    records: new Uint8Array(0),
    places: new Float64Array(0),
    marks: [{ kind: 'damage', damage: { from: 0, to: 0, reason }, place: 0, at: undefined }],
    count: 0,
    outliers: 0,
    packed: bytes,
    end: { container, unpacked: 0, types: new Float64Array(0), first: undefined, last: undefined },
  };
}
