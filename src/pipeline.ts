import type { UnroutableEvent } from './detect/events/event.ts';
import { isoTime, type EventTime } from './bgp/time.ts';
import type { Engine } from './engine.ts';
import type { Batch, Committed, ElementSource, StateStore } from './ports.ts';

/** Where and how often what was decided is kept. */
export interface Keeping {
  readonly store: StateStore;
  /** Where the store stands, when the engine goes on from what it kept. */
  readonly position?: { readonly number: number; readonly elements: number; readonly cursor: EventTime };
  /** Token of the lease under which we write now; `undefined` where nobody else does. */
  readonly token?: () => number | undefined;
  /** A batch was refused for its token: whether we lead all the same, under one that we had not heard of yet. */
  readonly stillLeads?: () => Promise<boolean>;
  /**
   * State without a decision is kept as well, after so many milliseconds of event time or `MAX_UNKEPT` elements: what came
   * after it is read once more when we start again. By default state is kept with decisions alone.
   */
  readonly everyMs?: number;
  /** Events that were decided elsewhere, to be kept with the next batch: drills. Each is given once. */
  readonly injected?: () => readonly UnroutableEvent[];
  /** What was kept, each event once. It is told only when it is kept. */
  readonly tell?: (events: readonly UnroutableEvent[]) => Promise<void>;
  /**
   * The store did not answer. Resolves when it is worth another try; the same batch is kept then, which changes nothing if
   * it was kept the first time. Without it, the error is thrown.
   */
  readonly again?: (error: unknown, attempt: number) => Promise<void>;
}

/** `fenced`: another one leads by now. `unkept`: it was stopped while the store was away. */
export type RunEnd = 'ended' | 'fenced' | 'unkept';

/** Elements after which the state is kept though no event time went by: a batch stays small. */
const MAX_UNKEPT = 2_000;

/** Events that are kept again when a store has lost them: days of a flapping country. */
const MAX_RECENT = 10_000;

/**
 * The one loop: live and replay differ only in the source. Awaiting the store is the back-pressure: while it is slow,
 * nothing more is read. Ends when the source ends or `signal` aborts.
 */
export async function run(
  source: ElementSource,
  engine: Engine,
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

/** Makes batches of what was decided, and sees to it that the store has them. */
class Keeper {
  readonly #engine: Engine;
  readonly #keeping: Keeping;
  readonly #signal: AbortSignal;
  #number: number;
  #elements: number;
  #unkept = 0;
  #keptAt: EventTime | undefined;
  #recent: UnroutableEvent[] = [];
  /** Under which the last batch was written. */
  #token: number | undefined;

  constructor(engine: Engine, keeping: Keeping, signal: AbortSignal) {
    this.#engine = engine;
    this.#keeping = keeping;
    this.#signal = signal;
    this.#number = keeping.position?.number ?? 0;
    this.#elements = keeping.position?.elements ?? 0;
    this.#keptAt = keeping.position?.cursor;
    this.#token = keeping.token?.();
  }

  /** Call after each element. Gives why the run ends, if it does. */
  async take(at: EventTime, decided: readonly UnroutableEvent[]): Promise<RunEnd | undefined> {
    const injected = this.#keeping.injected?.() ?? [];
    const events = injected.length === 0 ? decided : [...decided, ...injected];
    this.#elements++;
    this.#unkept++;
    this.#keptAt ??= at;
    return events.length > 0 || this.#isDue(at) ? this.#keep(events) : undefined;
  }

  /** What was not kept yet is kept. */
  async close(): Promise<RunEnd | undefined> {
    return this.#unkept > 0 && this.#keeping.everyMs !== undefined ? this.#keep([]) : undefined;
  }

  #isDue(at: EventTime): boolean {
    const { everyMs } = this.#keeping;
    if (everyMs === undefined) return false;
    return this.#unkept >= MAX_UNKEPT || at - (this.#keptAt ?? at) >= everyMs;
  }

  async #keep(events: readonly UnroutableEvent[]): Promise<RunEnd | undefined> {
    const cursor = this.#engine.now ?? (0 as EventTime);
    this.#unkept = 0;
    this.#keptAt = cursor;
    this.#number++;
    const batch = { number: this.#number, cursor, elements: this.#elements, events };
    let told = events;
    let committed = await this.#commit({ ...batch, changes: this.#engine.takeChanges() });
    if (committed?.ok === false && committed.reason === 'lost') {
      const { found, cursor: since } = committed;
      // Someone led while we did not know: what we have is older than what is kept, or besides it.
      if (found >= this.#number) return 'fenced';
      const { events: loss } = this.#engine.noteLoss({
        ...(since === undefined ? {} : { since: isoTime(since) }),
        kept: this.#number - 1,
        found,
        events: this.#recent.length,
      });
      told = [...events, ...loss];
      const changes = this.#engine.state();
      committed = await this.#commit({ ...batch, events: [...this.#recent, ...told], changes, whole: true });
    }
    if (committed === undefined) return 'unkept';
    if (!committed.ok) return 'fenced';
    this.#recent = [...this.#recent, ...told].slice(-MAX_RECENT);
    if (told.length > 0) await this.#keeping.tell?.(told);
    return undefined;
  }

  /** `undefined`: it was stopped before the store answered. */
  async #commit(batch: Batch): Promise<Committed | undefined> {
    const { store, token, again, stillLeads } = this.#keeping;
    for (let attempt = 1; ; attempt++) {
      const wasStopped = this.#signal.aborted;
      try {
        const shown = token?.();
        if (shown !== this.#token && !(await this.#follows(batch))) return { ok: false, reason: 'fenced' };
        this.#token = shown;
        const committed = await store.commit(batch, shown);
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

  /** Under a new token: another one may have led before we had it, and have kept a batch of its own under our number. */
  async #follows({ number, cursor, elements }: Batch): Promise<boolean> {
    const kept = await this.#keeping.store.load();
    if (kept === undefined || kept.number < number) return true;
    return kept.number === number && kept.cursor === cursor && kept.elements === elements;
  }
}
