import { runsFrom, runsText } from '../lib/runs.ts';

/** The text of a set of hours: runs of numbers. */
export function hoursText(hours: ReadonlySet<number>): string {
  return JSON.stringify(runsText([...hours].sort((a, b) => a - b)));
}

/**
 * Reads what `hoursText` wrote.
 *
 * @throws Error when the text has another form.
 */
export function parseHours(text: string): readonly number[] {
  return runsFrom(String(JSON.parse(text)), Number.MAX_SAFE_INTEGER);
}
