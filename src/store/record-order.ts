import { compareTexts } from '../lib/compare-texts.ts';
import type { StateRecord } from '../spaces.ts';

/** The order of records within a space, the same in every store. */
export function byKey(a: StateRecord, b: StateRecord): number {
  return compareTexts(a.key, b.key);
}

/** The order of records of several spaces, the same in every store. */
export function byPlace(a: StateRecord, b: StateRecord): number {
  return compareTexts(a.space, b.space) || byKey(a, b);
}
