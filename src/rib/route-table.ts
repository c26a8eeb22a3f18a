import type { AsPath } from '../bgp/as-path.ts';
import type { Prefix, PrefixText } from '../bgp/prefix.ts';
import type { EventTime } from '../bgp/time.ts';

/** A route of a watched prefix that one session sent. */
export interface ReceivedRoute {
  readonly prefix: Prefix;
  readonly pathId: number | undefined;
  /** `undefined`: withdrawn. Remembered, so that an older announcement does not bring it back. */
  readonly path: AsPath | undefined;
  /** When the session last sent it, or a RIB dump last confirmed it. */
  readonly at: EventTime;
  /** From a dump: it yields to an update of the last minute before the dump. */
  readonly dumped: boolean;
}

/** … and what it says of the territory. */
export interface HeldRoute extends ReceivedRoute {
  /** Indices of the units it covers. */
  readonly units: readonly number[];
  /** Whether it covers only a part of its unit. */
  readonly isPart: boolean;
  /** Whether its addresses lead to the territory: it is there, and its origin is one that counts. */
  readonly counts: boolean;
  /** What it shows of upstreams, origins and prefixes; see `marksOf`. */
  readonly marks: readonly string[];
}

/** The key of a route in an Adj-RIB-In: its prefix and, with ADD-PATH (RFC 7911), its path id. */
export function routeKey(prefix: Prefix, pathId: number | undefined): string {
  return pathId === undefined ? prefix.text : `${prefix.text}#${pathId}`;
}

/**
 * The routes of one session by `routeKey`, in the order in which they came. Sums and an index are updated with each
 * change, so the cost of a message does not depend on the number of routes.
 */
export class RouteTable {
  readonly #routes = new Map<string, HeldRoute>();
  /** Routes with a path identifier (RFC 7911), for each prefix. */
  readonly #withPathId = new Map<PrefixText, Map<number, HeldRoute>>();
  #sizeWithPathId = 0;
  /** Present routes that came with an update, not with a RIB dump. */
  readonly #updated = { plain: 0, withPathId: 0 };

  get size(): number {
    return this.#routes.size;
  }

  /** How many of them have a path identifier. */
  get sizeWithPathId(): number {
    return this.#sizeWithPathId;
  }

  get(key: string): HeldRoute | undefined {
    return this.#routes.get(key);
  }

  values(): IterableIterator<HeldRoute> {
    return this.#routes.values();
  }

  entries(): IterableIterator<[string, HeldRoute]> {
    return this.#routes.entries();
  }

  /** The routes to this very prefix that have a path identifier. */
  withPathIdTo(prefix: PrefixText): Iterable<HeldRoute> {
    return this.#withPathId.get(prefix)?.values() ?? [];
  }

  /** How many routes of this form, with a path identifier or without, came with an update. */
  updated(form: 'plain' | 'withPathId'): number {
    return this.#updated[form];
  }

  set(key: string, held: HeldRoute): void {
    const before = this.#routes.get(key);
    this.#routes.set(key, held);
    if (before !== undefined) this.#count(before, -1);
    this.#count(held, 1);
    const { prefix, pathId } = held;
    if (pathId === undefined) return;
    if (before === undefined) this.#sizeWithPathId++;
    const others = this.#withPathId.get(prefix.text);
    if (others === undefined) this.#withPathId.set(prefix.text, new Map([[pathId, held]]));
    else others.set(pathId, held);
  }

  /** @returns whether it was there. */
  delete(key: string): boolean {
    const before = this.#routes.get(key);
    if (before === undefined) return false;
    this.#routes.delete(key);
    this.#count(before, -1);
    const { prefix, pathId } = before;
    if (pathId === undefined) return true;
    this.#sizeWithPathId--;
    const others = this.#withPathId.get(prefix.text);
    others?.delete(pathId);
    if (others?.size === 0) this.#withPathId.delete(prefix.text);
    return true;
  }

  #count({ dumped, path, pathId }: HeldRoute, by: 1 | -1): void {
    if (!dumped && path !== undefined) this.#updated[pathId === undefined ? 'plain' : 'withPathId'] += by;
  }
}
