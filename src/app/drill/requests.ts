import * as z from 'zod';
import type { Drill } from './fake-outage.ts';
import type { UnroutableEvent } from '../../detect/events/event.ts';
import type { Clock, StateStore } from '../../ports.ts';
import type { StateChange, StateRecord } from '../../state/record.ts';
import { drillEvents } from './drill-events.ts';
import type { Selection } from '../../config/selection.ts';
import type { Logger } from '../watch/log.ts';

/** How often whoever leads looks whether a drill was asked for. Milliseconds. */
const LOOK_MS = 1_000;
/** One that was asked for longer ago is held no more: nobody led, and who asked has gone. Milliseconds. */
const STALE_MS = 10 * 60_000;
/** Drills that are under way at once. */
const MOST = 8;

const SOURCE = '/drills/';

export interface DrillCallsParts {
  readonly store: StateStore;
  readonly selection: Selection;
  readonly clock: Clock;
  readonly log: Logger;
  /** Of the lease under which we write. */
  readonly token: () => number | undefined;
}

/**
 * Drills that are asked for in the store, held by whoever leads: their events go with the next batch, and when they are
 * kept the call is removed. Who is killed in between leaves it to the next leader, whose events are the same.
 */
export class DrillCalls {
  readonly #parts: DrillCallsParts;
  /** By id: under way, or kept and to be removed. */
  readonly #calls = new Map<string, 'told' | 'kept'>();
  #ready: readonly UnroutableEvent[] = [];

  constructor(parts: DrillCallsParts) {
    this.#parts = parts;
  }

  /** What is to be kept with the next batch, each event once. */
  take(): readonly UnroutableEvent[] {
    const events = this.#ready;
    this.#ready = [];
    return events;
  }

  /** These events were kept. */
  noteKept(events: readonly UnroutableEvent[]): void {
    for (const { source, type } of events) {
      const id = source.startsWith(SOURCE) ? source.slice(SOURCE.length) : '';
      if (type === 'incident.closed' && this.#calls.has(id)) this.#calls.set(id, 'kept');
    }
  }

  /** Looks again and again, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#parts;
    while (!signal.aborted) {
      try {
        await this.#look(await store.read('drills'));
      } catch {
        // A store that is away is told of by those who need it more.
      }
      await clock.sleep(LOOK_MS, signal);
    }
  }

  async #look(records: readonly StateRecord[]): Promise<void> {
    const { store, token } = this.#parts;
    const gone: StateChange[] = [];
    for (const record of records) {
      const state = this.#calls.get(record.key);
      const isOver = state === 'kept' || (state === undefined && this.#calls.size < MOST && !this.#begin(record));
      if (isOver) gone.push({ space: 'drills', key: record.key, value: undefined });
    }
    if (gone.length === 0) return;
    await store.write(gone, token());
    for (const { key } of gone) this.#calls.delete(key);
  }

  /** @returns whether it is held. */
  #begin(record: StateRecord): boolean {
    const { selection, clock, log } = this.#parts;
    const drill = drillOf(record);
    if (drill === undefined || Math.abs(clock.wallMs() - drill.atMs) > STALE_MS) {
      log.warn(
        { drill: record.key },
        `a drill is not held: ${drill === undefined ? 'it cannot be read' : 'it was asked for too long ago'}`,
      );
      return false;
    }
    const watched = selection.territories.find(({ territory }) => territory.id === drill.territory);
    if (watched === undefined) {
      log.warn({ drill: drill.id }, `a drill is not held: ${drill.territory} is not watched`);
      return false;
    }
    log.info(
      { drill: drill.id, territory: drill.territory },
      `a drill is held: ${drill.territory} is said to be gone, and is not`,
    );
    this.#calls.set(drill.id, 'told');
    this.#ready = [...this.#ready, ...drillEvents(drill, watched.territory)];
    return true;
  }
}

/** Asks for a drill, or takes that back. */
export function drillChange(drill: Drill, isAsked = true): StateChange {
  return { space: 'drills', key: drill.id, value: isAsked ? JSON.stringify(drill) : undefined };
}

const schema = z.object({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  territory: z.string().max(32),
  atMs: z.number().min(0),
});

function drillOf({ key, value }: StateRecord): Drill | undefined {
  try {
    const drill = schema.safeParse(JSON.parse(value)).data;
    return drill?.id === key ? drill : undefined;
  } catch {
    return undefined;
  }
}
