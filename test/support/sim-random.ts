/** Reproducible numbers from a seed: mulberry32. From 0 to 1, 1 excluded. */
export type Random = () => number;

export function mulberry32(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A whole number, both ends included. */
export function between(random: Random, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}

export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const left = [...items];
  return Array.from({ length: left.length }, () => left.splice(Math.floor(random() * left.length), 1)).flat();
}

/** A random selection of this share. */
export function drawn<T>(random: Random, items: readonly T[], share: number): T[] {
  return shuffled(random, items).slice(0, Math.round(items.length * share));
}
