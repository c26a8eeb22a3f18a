/** Messages took sight from a voter. */
export const LOST = 1;
/** Messages gave sight to a voter. */
export const GAINED = 2;

/** Bits of the two above; 0 when no message changed anything. */
export type MessageEffect = 0 | 1 | 2 | 3;

/**
 * The level to evaluate while voters come and go. The share of present voters changes with them, although no message
 * came. So the level stays the same until a message changes what a voter sees, and then moves only in the direction of
 * the message.
 *
 * @param level the last level.
 * @param share the share that is seen now.
 */
export function carriedLevel(level: number, share: number, effect: MessageEffect): number {
  switch (effect) {
    case 0:
      return level;
    case LOST:
      return Math.min(level, share);
    case GAINED:
      return Math.max(level, share);
    case 3:
      return share;
  }
}
