import { runsFrom, runsText } from '../lib/runs.ts';

/** The hours that are kept, as they are written down: runs of numbers. */
export function keptText(hours: ReadonlySet<number>): string {
  return JSON.stringify(runsText([...hours].sort((a, b) => a - b)));
}

/**
 * Reads what `keptText` wrote.
 *
 * @throws Error when it was not written so.
 */
export function parseKept(text: string): readonly number[] {
  return runsFrom(String(JSON.parse(text)), Number.MAX_SAFE_INTEGER);
}
