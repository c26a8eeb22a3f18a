import type { Element } from '../../src/bgp/element.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { createEngine, restoreEngine, type EngineOptions } from '../../src/engine.ts';
import { withHistory } from '../../src/history/with-history.ts';
import { DEFAULT_VOTING } from '../../src/policy/voting-policy.ts';
import { run } from '../../src/pipeline.ts';
import type { StateStore } from '../../src/ports.ts';
import { Day, KP, peers } from '../support/day.ts';

export const SUBJECT = 'KP/ipv4';

export const OPTIONS: EngineOptions = {
  territories: [{ territory: KP, policy: DEFAULT_POLICY }],
  voting: DEFAULT_VOTING,
  recorded: true,
};

/** A day that records its elements, to be run into a store. */
export class RecordedDay extends Day {
  readonly elements: Element[] = [];

  override apply(element: Element): this {
    this.elements.push(element);
    return super.apply(element);
  }
}

/** A day on which twenty peers lose all at 13:00 and have it again at 14:00:30. */
export function outageDay(): RecordedDay {
  const all = peers(20);
  return new RecordedDay()
    .dump('12:00', all)
    .withdraw('13:00:05', all.slice(0, 10))
    .withdraw('13:00:20', all.slice(10))
    .tick('13:10')
    .announce('14:00:30', all)
    .tick('14:10')
    .tick('16:00:30');
}

/** Plays elements into a store as a replay does, is killed after so many, and goes on; what was not stored is read again. */
export async function replayKilled(
  store: StateStore,
  elements: readonly Element[],
  kills: readonly number[],
  options: EngineOptions = OPTIONS,
): Promise<void> {
  for (const kill of kills) {
    const stored = (await store.load())?.elements ?? 0;
    const part = elements.slice(stored, Math.max(kill, stored));
    const isKilled = await record(store, part, 1_000, { isWhole: stored > 0, isKilled: true, options }).then(
      () => false,
      (error: unknown) => error === KILLED,
    );
    if (!isKilled) throw new Error('it was not killed');
  }
  const stored = (await store.load())?.elements ?? 0;
  await record(store, elements.slice(stored), 1_000, { isWhole: stored > 0, options });
}

const KILLED = new Error('killed');

/** Runs elements into a store with their history, from what the store has already. */
export async function record(
  store: StateStore,
  elements: readonly Element[],
  everyMs = 60_000,
  { isWhole = false, isKilled = false, options = OPTIONS } = {},
): Promise<void> {
  const stored = await store.load();
  const restored = stored && restoreEngine(options, stored);
  if (restored?.ok === false) throw new Error(restored.reason);
  const engine = await withHistory(restored?.engine ?? createEngine(options), store, isWhole);
  const source = {
    name: 'the day',
    async *elements() {
      yield* elements;
      if (isKilled) throw KILLED;
    },
  };
  const position = stored && { number: stored.number, elements: stored.elements, cursor: stored.cursor };
  const keeping = { store, everyMs, ...(position === undefined ? {} : { position }) };
  await run(source, engine, keeping, new AbortController().signal);
}

export function range(from: EventTime, until: EventTime) {
  return { from, until };
}
