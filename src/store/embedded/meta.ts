import type { Database } from 'lmdb';
import type { EventTime } from '../../bgp/time.ts';
import type { Kept } from '../../ports.ts';

type Meta = Database<string, Buffer>;

/** Schema, and name of the watch. */
export const MARK = Buffer.from('mark');
/** Number, cursor and elements of the last batch. */
export const KEPT = Buffer.from('kept');
/** The newest token so far. */
export const FENCE = Buffer.from('fence');
/** The present or last lease. */
export const LEASE = Buffer.from('lease');
/** Position of the next event. It cannot be read from the stored events once all are trimmed. */
export const NEXT = Buffer.from('next');

/** The mark of a store: its schema and the name of its watch. */
export interface StoreMark {
  readonly schema: number;
  readonly name: string;
}

/** The newest token that was used with the folder. */
export function fenceOf(meta: Meta): number {
  return Number(meta.get(FENCE) ?? 0);
}

/** Within a transaction: whether a write under this token is allowed. If so, older tokens are refused from now on. */
export function raiseFence(meta: Meta, token: number | undefined): boolean {
  const newest = fenceOf(meta);
  if (token === undefined || token === newest) return true;
  if (token < newest) return false;
  meta.putSync(FENCE, String(token));
  return true;
}

/** Number and position of the last batch; `undefined`: there was none. */
export function lastOf(meta: Meta): Omit<Kept, 'records'> | undefined {
  const text = meta.get(KEPT);
  if (text === undefined) return undefined;
  const { number, cursor, elements } = JSON.parse(text) as { number: number; cursor: EventTime; elements: number };
  return { number, cursor, elements };
}
