import type { Element } from '../../src/bgp/element.ts';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import { restoreEngine, type Engine, type EngineOptions, type Restored } from '../../src/engine.ts';
import type { Space, StateChange, StateRecord } from '../../src/spaces.ts';
import { mulberry32, shuffled } from '../support/sim-random.ts';

/** Keeps an engine's state as a store does: changes in, records out, in no order. */
export class Keeper {
  readonly #records = new Map<string, StateRecord>();

  keep(changes: readonly StateChange[]): void {
    for (const { space, key, value } of changes) {
      const place = JSON.stringify([space, key]);
      if (value === undefined) this.#records.delete(place);
      else this.#records.set(place, { space, key, value });
    }
  }

  /** As they come from a disk: other objects, and shuffled. */
  records(seed = 1): StateRecord[] {
    const copies = [...this.#records.values()].map((record) => ({ ...record }));
    return shuffled(mulberry32(seed), copies);
  }

  keys(space: Space): string[] {
    return [...this.#records.values()].filter((record) => record.space === space).map(({ key }) => key);
  }

  value(space: Space, key: string): unknown {
    const record = this.#records.get(JSON.stringify([space, key]));
    return record === undefined ? undefined : JSON.parse(record.value);
  }

  /** All of it, in one order. */
  sorted(): string[] {
    return sortedLines([...this.#records.values()]);
  }
}

export function sortedLines(changes: readonly StateChange[]): string[] {
  return changes.map(({ space, key, value }) => `${space} ${key} ${value}`).sort();
}

export function restored(options: EngineOptions, keeper: Keeper, cursor: Engine['now'], seed = 1): Engine {
  return ok(restoreEngine(options, { cursor: cursor ?? (0 as never), records: keeper.records(seed) })).engine;
}

export function ok(one: Restored): Extract<Restored, { ok: true }> {
  if (!one.ok) throw new Error(one.reason);
  return one;
}

export function eventsOf(engine: Engine, elements: readonly Element[]): UnroutableEvent[] {
  return elements.flatMap((element) => engine.apply(element)?.events ?? []);
}
