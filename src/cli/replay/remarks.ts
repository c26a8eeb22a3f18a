import { extname } from 'node:path';
import { clocksOf, type Format, type Outcome } from '../../app/output/formatters.ts';
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

/** What `report` makes. */
const PICTURES = new Set(['.svg', '.png', '.html']);

/**
 * The format that `--format` names, else the ending of `--out`, in small letters or capitals. A name without an ending
 * is NDJSON.
 *
 * @returns `undefined` where neither is given; a fault where the ending stands for no format.
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
 * Remarks that the events do not contain: that a territory could not be judged, or that `--since` is after all
 * records. Text on stdout says the first of them itself.
 */
export function remarks(outcome: Outcome, format: Format, { out }: ReplayOptions): readonly string[] {
  const { since, end, files } = outcome;
  const late =
    since === undefined || end === undefined || since <= end
      ? []
      : [`--since ${utcText(since)} is after the last record, ${utcText(end)}: no events can be printed`];
  if ((format === 'text' && out === undefined) || end === undefined) return late;
  const summary = { ...outcome, files: files.length, interrupted: outcome.status === 'interrupted' };
  return [...late, ...blindLines(summary, clocksOf(outcome))];
}
