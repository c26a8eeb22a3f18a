import { runsFrom, runsText } from '../lib/runs.ts';

/** Hours as runs of numbers. */
export function keptText(hours: ReadonlySet<number>): string {
  return JSON.stringify(runsText([...hours].sort((a, b) => a - b)));
}

/** @throws Error when it was not so written. */
export function parseKept(text: string): readonly number[] {
  return runsFrom(String(JSON.parse(text)), Number.MAX_SAFE_INTEGER);
}
