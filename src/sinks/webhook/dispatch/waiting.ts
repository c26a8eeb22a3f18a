import type { StateRecord } from '../../../spaces.ts';
import { deliveryKey, type QueueRecord } from '../endpoints/records.ts';
import { decodeQueued, type Unreadable } from '../endpoints/read-records.ts';
import { Heap } from '../../../lib/heap.ts';

/** The place of a waiting event. For most events this is all that is in memory. */
export interface QueuePlace {
  readonly id: string;
  readonly n: number;
  readonly attempts: number;
  /** Monotonic time. */
  readonly dueMs: number;
}

/** The present time on both clocks. */
export interface Now {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** Most bodies in memory for one endpoint: those of the next events. Other bodies are read when they are needed. */
const PAGE = 32;

/**
 * The queue of one endpoint. The store has all of it; memory has the places of all events and the bodies of the next
 * ones.
 *
 * Due times are stored as wall clock time, so that they survive a restart, and waited for in monotonic time. So a step
 * of the wall clock changes nothing while we run. After a restart, a clock that was set forward sends early; one that
 * was set back waits at most as long as planned after the last failure.
 */
export class Waiting {
  readonly #name: string;
  readonly #places = new Map<string, QueuePlace>();
  /** Due events, in the order of the chain: an older event that failed comes before a newer one. */
  readonly #due = new Heap<QueuePlace>((a, b) => a.n < b.n);
  readonly #later = new Heap<QueuePlace>((a, b) => a.dueMs < b.dueMs);
  readonly #bodies = new Map<string, QueueRecord>();
  /** Events that are being sent. They stay in the queue until their outcome is stored. */
  readonly #taken = new Set<string>();

  constructor(name: string) {
    this.#name = name;
  }

  /** Number of events, including those being sent. */
  get size(): number {
    return this.#places.size;
  }

  /** Number of bodies in memory. */
  get held(): number {
    return this.#bodies.size;
  }

  has(id: string): boolean {
    return this.#places.has(id);
  }

  isTaken(id: string): boolean {
    return this.#taken.has(id);
  }

  /** Adds an event at its place, or moves it there. */
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

  /** Milliseconds until the next event is due, 0 if it is due; `undefined`: none waits. */
  dueIn(monotonicMs: number): number | undefined {
    if (this.#firstOf(this.#due) !== undefined) return 0;
    const next = this.#firstOf(this.#later);
    return next && Math.max(0, next.dueMs - monotonicMs);
  }

  /** Takes the next due event. */
  take(monotonicMs: number): QueuePlace | undefined {
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
   * The body of a taken event. Also reads the bodies of the next ones.
   *
   * @param read returns records of the queue by key; `undefined`: we were stopped.
   */
  async body(
    { id }: QueuePlace,
    read: (keys: readonly string[]) => Promise<readonly StateRecord[] | undefined>,
  ): Promise<QueueRecord | Unreadable | 'vanished' | 'stopped'> {
    const held = this.#bodies.get(id);
    this.#bodies.delete(id);
    if (held !== undefined) return held;
    const records = await read([id, ...this.#next(PAGE)].map((id) => deliveryKey(this.#name, id)));
    if (records === undefined) return 'stopped';
    // Bodies in memory may no longer be the next ones.
    this.#bodies.clear();
    const decoded = new Map(records.map((record) => [record.key, decodeQueued(record)]));
    for (const each of decoded.values()) if (each.ok) this.#hold(each.value);
    const own = decoded.get(deliveryKey(this.#name, id));
    this.#bodies.delete(id);
    if (own === undefined) return 'vanished';
    return own.ok ? own.value : own.unreadable;
  }

  /** Skips a body that changed during the read: it is read again when it is due. */
  #hold(record: QueueRecord): void {
    const { id } = record.event;
    const place = this.#places.get(id);
    const isSame = place?.n === record.n && place.attempts === record.attempts && !this.#taken.has(id);
    if (isSame && this.#bodies.size < PAGE) this.#bodies.set(id, record);
  }

  /** Ids of the next due events. */
  #next(most: number): string[] {
    const places: QueuePlace[] = [];
    for (let first = this.#firstOf(this.#due); first !== undefined && places.length < most;) {
      places.push(first);
      this.#due.pop();
      first = this.#firstOf(this.#due);
    }
    for (const place of places) this.#due.push(place);
    return places.map(({ id }) => id);
  }

  /** Drops outdated places of events that were moved or removed. */
  #firstOf(heap: Heap<QueuePlace>): QueuePlace | undefined {
    for (;;) {
      const first = heap.peek();
      if (first === undefined || this.#places.get(first.id) === first) return first;
      heap.pop();
    }
  }
}

/**
 * The due time, never later from now than planned. An event without an attempt is due at minus infinity: readings of
 * two clocks could otherwise make it due after a newer event.
 */
function dueMs({ nextAtMs, queuedAtMs, last, attempts }: QueueRecord, { wallMs, monotonicMs }: Now): number {
  if (attempts === 0 && nextAtMs === queuedAtMs) return Number.NEGATIVE_INFINITY;
  const plannedMs = Math.max(0, nextAtMs - (last?.atMs ?? queuedAtMs));
  return monotonicMs + Math.min(nextAtMs - wallMs, plannedMs);
}
