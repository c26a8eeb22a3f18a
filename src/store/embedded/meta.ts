import type { Database } from 'lmdb';
import type { EventTime } from '../../bgp/time.ts';
import type { Kept } from '../../ports.ts';

type Meta = Database<string, Buffer>;

/** Whose this is and in what form: schema and name of the watch. */
export const MARK = Buffer.from('mark');
/** Number, cursor, elements of the last batch. */
export const KEPT = Buffer.from('kept');
/** The newest token there was. */
export const FENCE = Buffer.from('fence');
/** The lease that runs, or ran last. */
export const LEASE = Buffer.from('lease');
/** Position of the next event. The stored events do not show it when all were trimmed. */
export const NEXT = Buffer.from('next');

/** What marks a folder as a store: its schema and the name of its watch. */
export interface StoreMark {
  readonly schema: number;
  readonly name: string;
}

/** The newest token that the folder has seen. */
export function fenceOf(meta: Meta): number {
  return Number(meta.get(FENCE) ?? 0);
}

/** Within a transaction: whether a write under this token may go on; if so, none under an older one ever will. */
export function raiseFence(meta: Meta, token: number | undefined): boolean {
  const newest = fenceOf(meta);
  if (token === undefined || token === newest) return true;
  if (token < newest) return false;
  meta.putSync(FENCE, String(token));
  return true;
}

/** Number and position of the last batch; `undefined` when there was none. */
export function lastOf(meta: Meta): Omit<Kept, 'records'> | undefined {
  const text = meta.get(KEPT);
  if (text === undefined) return undefined;
  const { number, cursor, elements } = JSON.parse(text) as { number: number; cursor: EventTime; elements: number };
  return { number, cursor, elements };
}
