import type { Element } from '../../src/bgp/element.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import { DEFAULT_POLICY } from '../../src/detect/policy.ts';
import { createEngine, restoreEngine, type EngineOptions } from '../../src/engine.ts';
import { withHistory } from '../../src/history/with-history.ts';
import { DEFAULT_VOTING } from '../../src/peers/voting-policy.ts';
import { run } from '../../src/pipeline.ts';
import type { StateStore } from '../../src/ports.ts';
import { Day, KP, peers } from '../support/day.ts';

export const SUBJECT = 'KP/ipv4';

const OPTIONS: EngineOptions = {
  territories: [{ territory: KP, policy: DEFAULT_POLICY }],
  voting: DEFAULT_VOTING,
  recorded: true,
};

/** A day that writes down what it was told, to be run into a store. */
export class Told extends Day {
  readonly elements: Element[] = [];

  override apply(element: Element): this {
    this.elements.push(element);
    return super.apply(element);
  }
}

/** A day on which twenty peers lose all at 13:00 and have it again at 14:00:30. */
export function outageDay(): Told {
  const all = peers(20);
  return new Told()
    .dump('12:00', all)
    .withdraw('13:00:05', all.slice(0, 10))
    .withdraw('13:00:20', all.slice(10))
    .tick('13:10')
    .announce('14:00:30', all)
    .tick('14:10')
    .tick('16:00:30');
}

/** Runs elements into a store with their history, from what the store has already. */
export async function record(store: StateStore, elements: readonly Element[], everyMs = 60_000): Promise<void> {
  const kept = await store.load();
  const restored = kept && restoreEngine(OPTIONS, kept);
  if (restored?.ok === false) throw new Error(restored.reason);
  const engine = await withHistory(restored?.engine ?? createEngine(OPTIONS), store);
  const source = {
    name: 'the day',
    async *elements() {
      yield* elements;
    },
  };
  const position = kept && { number: kept.number, elements: kept.elements, cursor: kept.cursor };
  const keeping = { store, everyMs, ...(position === undefined ? {} : { position }) };
  await run(source, engine, keeping, new AbortController().signal);
}

export function range(from: EventTime, until: EventTime) {
  return { from, until };
}
