import type { UnroutableEvent } from '../detect/events/event.ts';
import { Notifier } from '../lib/notifier.ts';
import { UnknownEvent, type Batch, type Committed, type Kept, type Leases, type StateStore } from '../ports.ts';
import { isEngineSpace } from '../state/record.ts';
import type { Space, StateChange, StateRecord } from '../spaces.ts';
import { Fence, memoryLeases } from './memory-leases.ts';
import { readerPosition } from '../spaces.ts';
import { byKey } from './record-order.ts';

const OK: Committed = { ok: true };
const FENCED: Committed = { ok: false, reason: 'fenced' };

/**
 * A store in memory, for replay and tests. Its data ends with the process. By default it holds every event of a run:
 * decades of one country give some thousands. A run that never ends sets `most`.
 *
 * @param most the newest events to hold; older ones are dropped, whether read or not.
 * @param nowMs monotonic time, for leases.
 */
export function memoryStore(
  most = Number.POSITIVE_INFINITY,
  nowMs: () => number = () => performance.now(),
): StateStore & { readonly kept: readonly UnroutableEvent[] } {
  return new MemoryStore(most, nowMs);
}

class MemoryStore implements StateStore {
  readonly name = 'memory';
  readonly leases: Leases;
  readonly kept: readonly UnroutableEvent[];
  readonly #most: number;
  readonly #fence = new Fence();
  readonly #state = new State();
  readonly #log = new EventLog();

  constructor(most: number, nowMs: () => number) {
    this.#most = most;
    this.kept = this.#log.kept;
    this.leases = memoryLeases(this.#fence, nowMs);
  }

  async load(): Promise<Kept | undefined> {
    return this.#state.load();
  }

  async read(space: Space, keys?: readonly string[]): Promise<readonly StateRecord[]> {
    return this.#state.read(space, keys);
  }

  async commit(batch: Batch, token?: number): Promise<Committed> {
    if (!this.#fence.admits(token)) return FENCED;
    const { last } = this.#state;
    const found = last?.number ?? 0;
    if (batch.whole !== true && batch.number === found) return OK;
    if (batch.whole === true ? batch.number < found : batch.number !== found + 1) {
      return { ok: false, reason: 'lost', found, cursor: last?.cursor };
    }
    this.#state.take(batch);
    this.#log.append(batch.events, this.#most);
    return OK;
  }

  async write(changes: readonly StateChange[], token?: number): Promise<Committed> {
    if (!this.#fence.admits(token)) return FENCED;
    this.#state.change(changes);
    return OK;
  }

  async *events(after?: string): AsyncGenerator<UnroutableEvent> {
    yield* this.#log.after(this.#log.positionOf(after));
  }

  async *follow(after: string | undefined, signal: AbortSignal): AsyncGenerator<UnroutableEvent> {
    let position = this.#log.positionOf(after);
    let last = after;
    while (!signal.aborted) {
      if (last !== undefined && this.#log.isHoleAfter(position)) throw new UnknownEvent(last);
      position = this.#log.oldestAfter(position);
      for (const event of this.#log.after(position)) {
        yield event;
        if (signal.aborted) return;
        last = event.id;
        position++;
      }
      await this.#log.more(position, signal);
    }
  }

  async newest(): Promise<string | undefined> {
    return this.kept.at(-1)?.id;
  }

  async count(): Promise<number> {
    return this.kept.length;
  }

  async trim(most: number): Promise<number> {
    const readers = this.#state.read('readers').map(({ value }) => this.#log.indexOf(readerPosition(value)));
    return this.#log.drop(Math.min(this.kept.length - most, ...readers.map((index) => Math.max(0, index))));
  }

  async close(): Promise<void> {
    // There is nothing to release.
  }
}

/** Records by space and key, and the position of the last commit. */
class State {
  last: Omit<Kept, 'records'> | undefined;
  readonly #spaces = new Map<Space, Map<string, string>>();

  take({ number, cursor, elements, changes, whole }: Batch): void {
    if (whole === true) {
      for (const space of this.#spaces.keys()) if (isEngineSpace(space)) this.#spaces.delete(space);
    }
    this.change(changes);
    this.last = { number, cursor, elements };
  }

  change(changes: readonly StateChange[]): void {
    for (const { space, key, value } of changes) {
      if (value === undefined) this.#spaces.get(space)?.delete(key);
      else this.#of(space).set(key, value);
    }
  }

  load(): Kept | undefined {
    if (this.last === undefined) return undefined;
    const records: StateRecord[] = [];
    for (const [space, values] of this.#spaces) {
      if (isEngineSpace(space)) for (const [key, value] of values) records.push({ space, key, value });
    }
    return { ...this.last, records };
  }

  read(space: Space, keys?: readonly string[]): readonly StateRecord[] {
    const all = this.#spaces.get(space) ?? new Map<string, string>();
    const values = keys === undefined ? [...all] : pick(all, keys);
    return values.map(([key, value]) => ({ space, key, value })).sort(byKey);
  }

  #of(space: Space): Map<string, string> {
    const known = this.#spaces.get(space);
    if (known !== undefined) return known;
    const fresh = new Map<string, string>();
    this.#spaces.set(space, fresh);
    return fresh;
  }
}

function pick(all: ReadonlyMap<string, string>, keys: readonly string[]): [string, string][] {
  return [...new Set(keys)].flatMap((key): [string, string][] => {
    const value = all.get(key);
    return value === undefined ? [] : [[key, value]];
  });
}

/** Events in order. Positions count all events ever stored, so they stay valid when the oldest are dropped. */
class EventLog {
  readonly kept: UnroutableEvent[] = [];
  readonly #positions = new Map<string, number>();
  readonly #added = new Notifier();
  #dropped = 0;

  append(events: readonly UnroutableEvent[], most: number): void {
    for (const event of events) {
      if (this.#positions.has(event.id)) continue;
      this.kept.push(event);
      this.#positions.set(event.id, this.#end);
    }
    this.drop(this.kept.length - most);
    this.#added.notify();
  }

  /** Number of events up to and including this one. */
  positionOf(id: string | undefined): number {
    if (id === undefined) return 0;
    const position = this.#positions.get(id);
    if (position === undefined) throw new UnknownEvent(id);
    return position;
  }

  /** Its index among the stored events; -1 if it is not stored. */
  indexOf(id: string | undefined): number {
    const position = id === undefined ? undefined : this.#positions.get(id);
    return position === undefined ? -1 : position - this.#dropped - 1;
  }

  /** Whether events right after this position were dropped. */
  isHoleAfter(position: number): boolean {
    return position < this.#dropped;
  }

  /** This position, or the one before the oldest stored event when it was trimmed. */
  oldestAfter(position: number): number {
    return Math.max(position, this.#dropped);
  }

  /** A copy: later changes of the store do not affect it. */
  after(position: number): readonly UnroutableEvent[] {
    return this.kept.slice(Math.max(0, position - this.#dropped));
  }

  drop(many: number): number {
    if (many <= 0) return 0;
    const gone = this.kept.splice(0, many);
    for (const { id } of gone) this.#positions.delete(id);
    this.#dropped += gone.length;
    return gone.length;
  }

  /** Resolves when there are events after this position, or `signal` aborts. */
  async more(position: number, signal: AbortSignal): Promise<void> {
    while (this.#end <= position && !signal.aborted) await this.#added.next(signal);
  }

  get #end(): number {
    return this.#dropped + this.kept.length;
  }
}
