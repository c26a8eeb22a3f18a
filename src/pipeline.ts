import type { UnroutableEvent } from './detect/events/event.ts';
import { isoTime, type EventTime } from './bgp/time.ts';
import type { Engine } from './engine.ts';
import type { Space } from './spaces.ts';
import type { Batch, Committed, ElementSource, StateStore } from './ports.ts';

/** Where and how often state and events are stored. */
export interface Keeping {
  readonly store: StateStore;
  /** What the store holds already, when the engine continues from it. */
  readonly position?: { readonly number: number; readonly elements: number; readonly cursor: EventTime };
  /** Fencing token of the lease under which we write now; `undefined` where no other process can write. */
  readonly token?: () => number | undefined;
  /** Asked when a batch was refused for its token: whether this process is the leader after all, under a newer token. */
  readonly stillLeads?: () => Promise<boolean>;
  /**
   * Stores state also without a new event, after this many milliseconds of event time or `MAX_UNSTORED` elements. After a
   * restart, what came later is read again. Without it, state is stored only together with events.
   */
  readonly everyMs?: number;
  /** Injected events, which the engine did not decide, to be stored with the next batch. Each is given once. */
  readonly injected?: () => readonly UnroutableEvent[];
  /** Called with the events of each batch, after the batch was stored. Each event is given once. */
  readonly tell?: (events: readonly UnroutableEvent[]) => Promise<void>;
  /**
   * Called when the store did not answer. Resolves when it is time to try again: the same batch is then sent again, which
   * changes nothing if it was stored the first time. Without it, the error is thrown.
   */
  readonly again?: (error: unknown, attempt: number) => Promise<void>;
  /** Called when the store took a batch that it had refused or not answered before. */
  readonly answered?: () => void;
}

/** `fenced`: another process leads now. `unkept`: the run was stopped while the store did not answer. */
export type RunEnd = 'ended' | 'fenced' | 'unkept';

/** Elements after which the state is stored even if no event time has passed, so that a batch stays small. */
const MAX_UNSTORED = 2_000;

/** Events that are stored again when a store has lost them: as many as a flapping country has in days. */
const MAX_RECENT = 10_000;

/**
 * The one loop; live and replay differ only in the source. It awaits the store, so while the store is slow nothing more is
 * read. Ends when the source ends or `signal` aborts.
 *
 * @returns why it ended.
 * @throws the store's error, when `keeping.again` is not given.
 */
export async function run(
  source: ElementSource,
  engine: Engine<Space>,
  keeping: Keeping,
  signal: AbortSignal,
): Promise<RunEnd> {
  const keeper = new Keeper(engine, keeping, signal);
  for await (const element of source.elements(signal)) {
    const commit = engine.apply(element);
    const end = await keeper.take(element.at, commit?.events ?? []);
    if (end !== undefined) return end;
  }
  return (await keeper.close()) ?? 'ended';
}

/** Makes batches of state and events, and makes sure that the store has them. */
class Keeper {
  readonly #engine: Engine<Space>;
  readonly #keeping: Keeping;
  readonly #signal: AbortSignal;
  #number: number;
  #elements: number;
  #unstored = 0;
  #storedAt: EventTime | undefined;
  #recent: UnroutableEvent[] = [];
  /** Token under which the last batch was written. */
  #token: number | undefined;

  constructor(engine: Engine<Space>, keeping: Keeping, signal: AbortSignal) {
    this.#engine = engine;
    this.#keeping = keeping;
    this.#signal = signal;
    this.#number = keeping.position?.number ?? 0;
    this.#elements = keeping.position?.elements ?? 0;
    this.#storedAt = keeping.position?.cursor;
    this.#token = keeping.token?.();
  }

  /** Call after each element. @returns why the run must end, or `undefined`. */
  async take(at: EventTime, decided: readonly UnroutableEvent[]): Promise<RunEnd | undefined> {
    const injected = this.#keeping.injected?.() ?? [];
    const events = injected.length === 0 ? decided : [...decided, ...injected];
    this.#elements++;
    this.#unstored++;
    this.#storedAt ??= at;
    return events.length > 0 || this.#isDue(at) ? this.#keep(events) : undefined;
  }

  /** Stores what was not stored yet. */
  async close(): Promise<RunEnd | undefined> {
    return this.#unstored > 0 && this.#keeping.everyMs !== undefined ? this.#keep([]) : undefined;
  }

  #isDue(at: EventTime): boolean {
    const { everyMs } = this.#keeping;
    if (everyMs === undefined) return false;
    return this.#unstored >= MAX_UNSTORED || at - (this.#storedAt ?? at) >= everyMs;
  }

  async #keep(events: readonly UnroutableEvent[]): Promise<RunEnd | undefined> {
    const cursor = this.#engine.now ?? (0 as EventTime);
    this.#unstored = 0;
    this.#storedAt = cursor;
    this.#number++;
    const batch = { number: this.#number, cursor, elements: this.#elements, events };
    let stored = events;
    let committed = await this.#commit({ ...batch, changes: this.#engine.takeChanges() });
    if (committed?.ok === false && committed.reason === 'lost') {
      const { found, cursor: since } = committed;
      // Another process led in the meantime: our state is older than what is stored, or differs from it.
      if (found >= this.#number) return 'fenced';
      const { events: loss } = this.#engine.noteLoss({
        ...(since === undefined ? {} : { since: isoTime(since) }),
        kept: this.#number - 1,
        found,
        events: this.#recent.length,
      });
      stored = [...events, ...loss];
      const changes = this.#engine.state();
      committed = await this.#commit({ ...batch, events: [...this.#recent, ...stored], changes, whole: true });
    }
    if (committed === undefined) return 'unkept';
    if (!committed.ok) return 'fenced';
    this.#recent = [...this.#recent, ...stored].slice(-MAX_RECENT);
    if (stored.length > 0) await this.#keeping.tell?.(stored);
    return undefined;
  }

  /** @returns `undefined` when the run was stopped before the store answered. */
  async #commit(batch: Batch): Promise<Committed | undefined> {
    const { store, token, again, stillLeads } = this.#keeping;
    for (let attempt = 1; ; attempt++) {
      const wasStopped = this.#signal.aborted;
      try {
        const shown = token?.();
        if (shown !== this.#token && !(await this.#follows(batch))) return { ok: false, reason: 'fenced' };
        this.#token = shown;
        const committed = await store.commit(batch, shown);
        if (attempt > 1) this.#keeping.answered?.();
        const isFenced = !committed.ok && committed.reason === 'fenced';
        if (!isFenced || stillLeads === undefined) return committed;
        if (!(await stillLeads()) || token?.() === shown) return committed;
      } catch (error) {
        if (again === undefined) throw error;
        if (wasStopped) return undefined;
        await again(error, attempt);
      }
    }
  }

  /** Under a new token: another process may have led before, and stored a batch of its own under our number. */
  async #follows({ number, cursor, elements }: Batch): Promise<boolean> {
    const stored = await this.#keeping.store.load();
    if (stored === undefined || stored.number < number) return true;
    return stored.number === number && stored.cursor === cursor && stored.elements === elements;
  }
}
