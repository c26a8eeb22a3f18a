import type { AsPath } from '../bgp/as-path.ts';
import { comparePrefixes, contains, type Prefix } from '../bgp/prefix.ts';

/** The parts of a route that decide its share of a unit. */
interface PartRoute {
  readonly prefix: Prefix;
  /** `undefined`: withdrawn. */
  readonly path: AsPath | undefined;
  readonly counts: boolean;
}

/** Routes of one session to parts of units, and what share of each such unit's addresses they leave to origins that count. */
export class PartRoutes {
  /** Sorted as in a RIB. */
  readonly #routes = new Map<number, PartRoute[]>();
  readonly #shares = new Map<number, number>();

  get size(): number {
    return this.#routes.size;
  }

  has(unit: number): boolean {
    return this.#routes.has(unit);
  }

  /** Units with such routes, and the share of their addresses that leads to an origin that counts: 0 to 1. */
  shares(): Iterable<readonly [unit: number, share: number]> {
    return this.#shares;
  }

  /** Replaces a route by another one of the same prefix. */
  replace(unit: number, before: PartRoute | undefined, held: PartRoute | undefined): void {
    const routes = this.#routes.get(unit) ?? [];
    if (before?.path !== undefined) {
      const at = routes.indexOf(before, placeOf(routes, before.prefix));
      if (at >= 0) routes.splice(at, 1);
    }
    if (held?.path !== undefined) routes.splice(placeOf(routes, held.prefix), 0, held);
    if (routes.length > 0) {
      this.#routes.set(unit, routes);
      return;
    }
    this.#routes.delete(unit);
    this.#shares.delete(unit);
  }

  /** Computes the share of a unit again. @param isCovered whether the longest route to all of it counts. */
  reckon(unit: number, prefix: Prefix, isCovered: boolean): number {
    const share = shareOf(this.#routes.get(unit) ?? [], prefix, isCovered);
    this.#shares.set(unit, share);
    return share;
  }
}

/** First place in the order of a RIB at which a route of this prefix may be. */
function placeOf(routes: readonly PartRoute[], prefix: Prefix): number {
  let [low, high] = [0, routes.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const route = routes[middle];
    if (route !== undefined && comparePrefixes(route.prefix, prefix) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A walk through nested prefixes: each takes its addresses from the one around it. */
function shareOf(routes: readonly PartRoute[], unit: Prefix, isCovered: boolean): number {
  const around: { readonly prefix: Prefix; readonly counts: boolean }[] = [];
  let share = isCovered ? 1 : 0;
  for (const [i, { prefix }] of routes.entries()) {
    if (routes[i - 1]?.prefix.text === prefix.text) continue;
    const counts = countsAny(routes, i);
    for (let top = around.at(-1); top !== undefined && !contains(top.prefix, prefix); top = around.at(-1)) around.pop();
    if (counts !== (around.at(-1)?.counts ?? isCovered))
      share += (counts ? 1 : -1) * 2 ** (unit.length - prefix.length);
    around.push({ prefix, counts });
  }
  return share;
}

/** Several paths of one prefix are one route: one that counts is enough. */
function countsAny(routes: readonly PartRoute[], from: number): boolean {
  const text = routes[from]?.prefix.text;
  for (let i = from; routes[i]?.prefix.text === text; i++) if (routes[i]?.counts === true) return true;
  return false;
}
