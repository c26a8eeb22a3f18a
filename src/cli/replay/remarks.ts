import { extname } from 'node:path';
import { clocksOf, type Format, type ReplayOutcome } from '../../app/output/formatters.ts';
import type { ReplayOptions } from '../../app/replay/options.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import { utcText } from '../../report/clock.ts';
import { blindLines } from '../../report/summary.ts';

const ENDINGS: Readonly<Record<string, Format>> = {
  '.txt': 'text',
  '.json': 'json',
  '.csv': 'csv',
  '.md': 'md',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
};

/** Endings of files that `report` makes. */
const PICTURES = new Set(['.svg', '.png', '.html']);

/**
 * The format of `--format`, else of the ending of `--out`, in lower or upper case. A name without an ending means
 * NDJSON.
 *
 * @returns `undefined`: neither is given; a fault if the ending is not a format.
 */
export function formatByName({ format, out }: ReplayOptions): Result<Format | undefined> {
  if (format !== undefined || out === undefined) return good(format);
  const ending = extname(out).toLowerCase();
  if (ending === '') return good('ndjson');
  const known = ENDINGS[ending];
  if (known !== undefined) return good(known);
  return bad(
    'usage',
    `--out ${out}: no format ends in ${ending}; use .txt, .ndjson, .json, .csv or .md, or say which with --format${PICTURES.has(ending) ? '; `unroutable report` makes pictures' : ''}`,
  );
}

/**
 * Remarks that the events do not contain: a territory had no verdict, or `--since` is after all records. Text on stdout
 * already includes the first kind.
 */
export function remarks(outcome: ReplayOutcome, format: Format, { out }: ReplayOptions): readonly string[] {
  const { since, end, files } = outcome;
  const late =
    since === undefined || end === undefined || since <= end
      ? []
      : [`--since ${utcText(since)} is after the last record, ${utcText(end)}: no events can be printed`];
  if ((format === 'text' && out === undefined) || end === undefined) return late;
  const summary = { ...outcome, files: files.length, interrupted: outcome.status === 'interrupted' };
  return [...late, ...blindLines(summary, clocksOf(outcome))];
}
