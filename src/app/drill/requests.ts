import * as z from 'zod';
import type { Drill } from './fake-outage.ts';
import type { UnroutableEvent } from '../../detect/events/event.ts';
import { parseJson } from '../../lib/json.ts';
import type { Clock, StateStore } from '../../ports.ts';
import type { StateChange, StateRecord } from '../../spaces.ts';
import { drillEvents, drillParts, type DrillParts } from './drill-events.ts';
import type { Selection } from '../../config/selection.ts';
import type { Logger } from '../log.ts';

/** How often the leader looks for requests for drills. Milliseconds. */
const LOOK_MS = 1_000;
/** A request older than this plus its hold is not carried out. Milliseconds. */
const STALE_MS = 10 * 60_000;
/** The longest hold. Milliseconds. */
export const MOST_HOLD_MS = 10 * 60_000;
/** Most concurrent drills. */
const MOST = 8;

const SOURCE = '/drills/';

/** What handling requests for drills needs. */
export interface DrillCallsParts {
  readonly store: StateStore;
  readonly selection: Selection;
  readonly clock: Clock;
  readonly log: Logger;
  /** Fencing token of our lease. */
  readonly token: () => number | undefined;
}

/**
 * A drill that is carried out.
 *
 *   requested --take--> opening --stored--> held --hold over--> ending --stored--> stored
 */
interface Call {
  readonly drill: Drill;
  readonly parts: DrillParts;
  stage: 'requested' | 'opening' | 'held' | 'ending' | 'stored';
  /** In `held`: when the end is due, monotonic milliseconds. */
  untilMs: number;
}

/**
 * Carries out drills that were requested in the store; only the leader does this. The opening is stored with the next
 * batch, the end with the first batch after the hold; then the request is removed. If the leader is killed in between,
 * the next leader repeats the drill with the same events, and holds the end back again.
 *
 * A request that is withdrawn before its opening was taken is dropped. If it is withdrawn later, the end follows at
 * once, so that no alert stays open at a receiver.
 */
export class DrillCalls {
  readonly #parts: DrillCallsParts;
  readonly #calls = new Map<string, Call>();

  constructor(parts: DrillCallsParts) {
    this.#parts = parts;
  }

  /** The events to store with the next batch, each once. */
  take(): readonly UnroutableEvent[] {
    return [...this.#calls.values()].flatMap((call) => this.#due(call));
  }

  #due(call: Call): readonly UnroutableEvent[] {
    const { stage, drill, parts } = call;
    if (stage === 'requested') {
      const isWhole = holdOf(drill) === 0;
      call.stage = isWhole ? 'ending' : 'opening';
      return isWhole ? [...parts.opening, ...parts.end] : parts.opening;
    }
    if (stage !== 'held' || this.#parts.clock.monotonicMs() < call.untilMs) return [];
    call.stage = 'ending';
    return parts.end;
  }

  /** Call when these events were stored. */
  noteStored(events: readonly UnroutableEvent[]): void {
    for (const { source, id } of events) {
      const call = source.startsWith(SOURCE) ? this.#calls.get(source.slice(SOURCE.length)) : undefined;
      if (call === undefined) continue;
      if (call.stage === 'opening' && id === call.parts.opening.at(-1)?.id) this.#hold(call);
      if (call.stage === 'ending' && id === call.parts.end.at(-1)?.id) call.stage = 'stored';
    }
  }

  #hold(call: Call): void {
    const { clock, log } = this.#parts;
    const { id, territory } = call.drill;
    const holdMs = holdOf(call.drill);
    call.stage = 'held';
    call.untilMs = clock.monotonicMs() + holdMs;
    log.info(
      { drill: id, territory },
      `DRILL: a fake outage of ${territory} is reported and ends in ${holdMs / 1000} s`,
    );
  }

  /** Looks for requests repeatedly, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#parts;
    while (!signal.aborted) {
      try {
        await this.#look(await store.read('drills'));
      } catch {
        // The pipeline already reports a store that does not answer.
      }
      await clock.sleep(LOOK_MS, signal);
    }
  }

  async #look(records: readonly StateRecord[]): Promise<void> {
    const { store, token } = this.#parts;
    const asked = new Map(records.map((record) => [record.key, record]));
    for (const call of this.#calls.values()) this.#follow(call, asked.get(call.drill.id));
    const gone: StateChange[] = [];
    for (const record of records) {
      const call = this.#calls.get(record.key);
      const isRefused = call === undefined && this.#calls.size < MOST && !this.#begin(record);
      if (call?.stage === 'stored' || isRefused) gone.push({ space: 'drills', key: record.key, value: undefined });
    }
    if (gone.length === 0) return;
    await store.write(gone, token());
    for (const { key } of gone) this.#calls.delete(key);
  }

  /** Applies withdrawals and shorter holds. */
  #follow(call: Call, record: StateRecord | undefined): void {
    const { clock, log } = this.#parts;
    const { id } = call.drill;
    const isWithdrawn = record === undefined;
    if (isWithdrawn && (call.stage === 'requested' || call.stage === 'stored')) {
      if (call.stage === 'requested') log.info({ drill: id }, 'DRILL: it was withdrawn and is not run');
      this.#calls.delete(id);
    }
    const isOver = isWithdrawn || holdOf(drillOf(record) ?? call.drill) === 0;
    if (call.stage === 'held' && isOver) call.untilMs = Math.min(call.untilMs, clock.monotonicMs());
  }

  /** @returns whether the drill is carried out. */
  #begin(record: StateRecord): boolean {
    const { selection, clock, log } = this.#parts;
    const drill = drillOf(record);
    if (drill === undefined || Math.abs(clock.wallMs() - drill.atMs) > STALE_MS + holdOf(drill)) {
      const why = drill === undefined ? 'its record cannot be read' : 'it was requested too long ago';
      log.warn({ drill: record.key }, `DRILL: it is not run: ${why}`);
      return false;
    }
    const { id, territory } = drill;
    const watched = selection.territories.find((one) => one.territory.id === territory);
    if (watched === undefined) {
      log.warn({ drill: id }, `DRILL: it is not run: ${territory} is not watched`);
      return false;
    }
    log.info({ drill: id, territory }, `DRILL: a fake outage of ${territory} will be reported`);
    const parts = drillParts(drillEvents(drill, watched.territory));
    this.#calls.set(id, { drill, parts, stage: 'requested', untilMs: Infinity });
    return true;
  }
}

/** Requests a drill, or withdraws it. */
export function drillChange(drill: Drill, isAsked = true): StateChange {
  return { space: 'drills', key: drill.id, value: isAsked ? JSON.stringify(drill) : undefined };
}

const schema = z.object({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  territory: z.string().max(32),
  atMs: z.number().min(0),
  // Requests of earlier versions have no hold.
  holdMs: z.number().min(0).max(MOST_HOLD_MS).exactOptional(),
});

function holdOf({ holdMs = 0 }: Drill): number {
  return holdMs;
}

function drillOf({ key, value }: StateRecord): Drill | undefined {
  const drill = schema.safeParse(parseJson(value)).data;
  return drill?.id === key ? drill : undefined;
}
