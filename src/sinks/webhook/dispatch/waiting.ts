import type { StateRecord } from '../../../spaces.ts';
import { deliveryKey, type QueueRecord } from '../records.ts';
import { decodeQueued, type Unreadable } from '../read-records.ts';
import { Heap } from '../../../lib/heap.ts';

/** An event that waits, as long as it is not being sent: all that is held of most of them. */
export interface Place {
  readonly id: string;
  readonly n: number;
  readonly attempts: number;
  /** Monotonic time. */
  readonly dueMs: number;
}

/** The present moment, on both clocks. */
export interface Now {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** Events whose bodies are held for one endpoint: the next ones to be sent. The others are read when it is their turn. */
const PAGE = 32;

/**
 * The queue of one endpoint. All of it stands in the store; here are the places of all and the bodies of the next ones.
 *
 * When something is due is planned by the wall clock, to hold over a restart, and waited for by monotonic time. So a
 * wall clock that steps changes nothing while we run. After a restart, a clock that was set forward sends early, and one
 * that was set back waits no longer than was planned when the last attempt had failed.
 */
export class Waiting {
  readonly #name: string;
  readonly #places = new Map<string, Place>();
  /** What is due, in the order of the chain: an older event that failed comes before a newer one. */
  readonly #due = new Heap<Place>((a, b) => a.n < b.n);
  readonly #later = new Heap<Place>((a, b) => a.dueMs < b.dueMs);
  readonly #bodies = new Map<string, QueueRecord>();
  /** Being sent: they stand in the queue until it is known what came of them. */
  readonly #taken = new Set<string>();

  constructor(name: string) {
    this.#name = name;
  }

  /** Those being sent among them. */
  get size(): number {
    return this.#places.size;
  }

  /** Of the bodies in memory. */
  get held(): number {
    return this.#bodies.size;
  }

  has(id: string): boolean {
    return this.#places.has(id);
  }

  isTaken(id: string): boolean {
    return this.#taken.has(id);
  }

  /** Puts an event where it belongs, or moves it there. */
  put(record: QueueRecord, now: Now): void {
    const { id } = record.event;
    const place = { id, n: record.n, attempts: record.attempts, dueMs: dueMs(record, now) };
    this.#taken.delete(id);
    this.#places.set(id, place);
    this.#bodies.delete(id);
    const isDue = place.dueMs <= now.monotonicMs;
    (isDue ? this.#due : this.#later).push(place);
    if (isDue && this.#bodies.size < PAGE) this.#bodies.set(id, record);
  }

  remove(id: string): void {
    this.#places.delete(id);
    this.#bodies.delete(id);
    this.#taken.delete(id);
  }

  /** Milliseconds until the next one is due, 0 when it is; `undefined` when none waits. */
  dueIn(monotonicMs: number): number | undefined {
    if (this.#firstOf(this.#due) !== undefined) return 0;
    const next = this.#firstOf(this.#later);
    return next && Math.max(0, next.dueMs - monotonicMs);
  }

  /** Takes the next one that is due out of the waiting ones. */
  take(monotonicMs: number): Place | undefined {
    for (let next = this.#firstOf(this.#later); next !== undefined && next.dueMs <= monotonicMs;) {
      this.#later.pop();
      this.#due.push(next);
      next = this.#firstOf(this.#later);
    }
    const first = this.#firstOf(this.#due);
    if (first === undefined) return undefined;
    this.#due.pop();
    this.#taken.add(first.id);
    return first;
  }

  /**
   * The body of an event that was taken; with it those of the next ones are read.
   *
   * @param read gives records of the queue by their keys, `undefined` when we were stopped.
   */
  async body(
    { id }: Place,
    read: (keys: readonly string[]) => Promise<readonly StateRecord[] | undefined>,
  ): Promise<QueueRecord | Unreadable | 'vanished' | 'stopped'> {
    const held = this.#bodies.get(id);
    this.#bodies.delete(id);
    if (held !== undefined) return held;
    const records = await read([id, ...this.#next(PAGE)].map((id) => deliveryKey(this.#name, id)));
    if (records === undefined) return 'stopped';
    // Others that were held are not among the next ones any more.
    this.#bodies.clear();
    const decoded = new Map(records.map((record) => [record.key, decodeQueued(record)]));
    for (const each of decoded.values()) if (each.ok) this.#hold(each.value);
    const own = decoded.get(deliveryKey(this.#name, id));
    this.#bodies.delete(id);
    if (own === undefined) return 'vanished';
    return own.ok ? own.value : own.unreadable;
  }

  /** Unless it changed while it was read: then it is read again when it is its turn. */
  #hold(record: QueueRecord): void {
    const { id } = record.event;
    const place = this.#places.get(id);
    const isSame = place?.n === record.n && place.attempts === record.attempts && !this.#taken.has(id);
    if (isSame && this.#bodies.size < PAGE) this.#bodies.set(id, record);
  }

  /** Ids of those that come next. */
  #next(most: number): string[] {
    const places: Place[] = [];
    for (let first = this.#firstOf(this.#due); first !== undefined && places.length < most;) {
      places.push(first);
      this.#due.pop();
      first = this.#firstOf(this.#due);
    }
    for (const place of places) this.#due.push(place);
    return places.map(({ id }) => id);
  }

  /** Past places of those that were moved or removed meanwhile go. */
  #firstOf(heap: Heap<Place>): Place | undefined {
    for (;;) {
      const first = heap.peek();
      if (first === undefined || this.#places.get(first.id) === first) return first;
      heap.pop();
    }
  }
}

/**
 * Never longer from now than was planned. What was never tried is due since ever, as two readings of two clocks could
 * make it due a moment later than what came after it.
 */
function dueMs({ nextAtMs, queuedAtMs, last, attempts }: QueueRecord, { wallMs, monotonicMs }: Now): number {
  if (attempts === 0 && nextAtMs === queuedAtMs) return Number.NEGATIVE_INFINITY;
  const plannedMs = Math.max(0, nextAtMs - (last?.atMs ?? queuedAtMs));
  return monotonicMs + Math.min(nextAtMs - wallMs, plannedMs);
}
