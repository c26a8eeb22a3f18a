import type { StateRecord } from '../spaces.ts';

/** The order of records within a space, the same in every store: the order of JavaScript strings. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The order of records of several spaces, the same in every store. */
export function byPlace(a: StateRecord, b: StateRecord): number {
  return compareKeys(a.space, b.space) || compareKeys(a.key, b.key);
}
