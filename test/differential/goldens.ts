import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

/**
 * What bgpdump 1.6.2 printed of each file, normalised, as count and hash: the comparison on a machine without bgpdump.
 * Made by scripts/differential/record-goldens.sh, with bgpdump on PATH and all files there.
 */
export interface Golden {
  readonly rows: number;
  readonly sha256: string;
}

const file = new URL('../fixtures/differential/bgpdump-digests.json', import.meta.url);

export const isRecording: boolean = process.env['UNROUTABLE_RECORD_GOLDENS'] === '1';

export const GOLDENS: Readonly<Record<string, Golden>> = isRecording
  ? {}
  : (JSON.parse(readFileSync(file, 'utf8')) as Record<string, Golden>);

const HASHED_ROWS = 4096;

export function digestOf(rows: readonly string[]): Golden {
  const hash = createHash('sha256');
  // Some thousand rows at a time: a call for each row takes longer than the hash.
  for (let from = 0; from < rows.length; from += HASHED_ROWS) {
    hash.update(`${rows.slice(from, from + HASHED_ROWS).join('\n')}\n`);
  }
  return { rows: rows.length, sha256: hash.digest('hex') };
}

const recorded: Record<string, Golden> = {};

export function record(name: string, rows: readonly string[]): void {
  recorded[name] = digestOf(rows);
}

export function writeGoldens(): void {
  const sorted = Object.fromEntries(Object.entries(recorded).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(file, `${JSON.stringify(sorted, undefined, 2)}\n`);
}
