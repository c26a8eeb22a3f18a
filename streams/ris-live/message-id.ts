/**
 * The order of a message among those of its collector and millisecond. The feed is not sorted, and two updates of one
 * route can have the same timestamp: only the counter in the id shows which was last.
 */
export interface MessageOrder {
  /** The scope of the counter: all messages of the collector (`''`), or those of one session. */
  readonly scope: string;
  readonly count: number;
}

/** Longest id: no known form is longer, and long ids would fill memory. */
export const MAX_ID_LENGTH = 128;

const NO_ORDER: MessageOrder = { scope: '', count: 0 };

/**
 * Reads the order from an id, in every form seen on the wire:
 * - since 2022 `<peer>-<16 hex digits>`: 48 bits of milliseconds, which are the message's timestamp, then 16 bits of a
 *   counter over the collector's peers that restarts each millisecond;
 * - 2019 `<peer>-<timestamp>-<n>`, 2020–2021 `<rrc>-<peer, or its number>-<n>`: a counter of the session's own. What
 *   has none of these forms is ordered by arrival alone.
 */
export function orderOf(id: string): MessageOrder {
  const dash = id.lastIndexOf('-');
  const tail = id.slice(dash + 1);
  if (dash < 0) return NO_ORDER;
  if (tail.length === 16 && /^[0-9a-f]{16}$/i.test(tail)) {
    return { scope: '', count: Number.parseInt(tail.slice(12), 16) };
  }
  if (!/^\d{1,15}$/.test(tail)) return NO_ORDER;
  return { scope: id.slice(0, dash).replace(/-\d{9,10}(?:\.\d+)?$/, ''), count: Number(tail) };
}
