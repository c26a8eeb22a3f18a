import { tapeSource } from '../../streams/tape/source.ts';
import { REPLAY_STORES_EVERY_MS } from '../../src/app/replay/open-stored-replay.ts';
import { select } from '../../src/config/selection.ts';
import { POLICY_SETTINGS, VOTING_SETTINGS, parseSetting } from '../../src/config/settings.ts';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import { createEngine, type EngineOptions } from '../../src/engine.ts';
import { run } from '../../src/pipeline.ts';
import type { Batch, Kept, StateStore } from '../../src/ports.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { byPlace } from '../../src/store/record-order.ts';
import { bound } from './bound.ts';
import { JUDGED } from './day.ts';

/** The stored state of an undisturbed run, batch by batch. */
export interface Oracle {
  readonly events: readonly UnroutableEvent[];
  readonly batches: number;
  /** How a store at its batch number differs from this run at the same batch; `undefined`: it does not. */
  differs(kept: Kept | undefined, events: readonly UnroutableEvent[]): string | undefined;
}

/** Plays a tape in this process, into memory. */
export async function oracleOf(tape: string, territories: string): Promise<Oracle> {
  const batches: Batch[] = [];
  const inner = memoryStore();
  const store: StateStore = {
    ...bound(inner),
    commit: (batch, token) => {
      batches.push(batch);
      return inner.commit(batch, token);
    },
  };
  const engine = createEngine(await engineOptions(territories));
  await run(tapeSource(tape), engine, { store, everyMs: REPLAY_STORES_EVERY_MS }, new AbortController().signal);
  const events = batches.flatMap((batch) => batch.events);

  return {
    events,
    batches: batches.length,
    differs(kept, found) {
      const number = kept?.number ?? 0;
      const upTo = batches.slice(0, number);
      const last = upTo.at(-1);
      if (number > batches.length) return `it is at batch ${number} of ${batches.length}`;
      const many = upTo.reduce((sum, batch) => sum + batch.events.length, 0);
      if (found.length !== many) return `batch ${number} is kept with ${found.length} events of ${many}`;
      if (kept === undefined) return undefined;
      if (kept.cursor !== last?.cursor || kept.elements !== last.elements)
        return `batch ${number} is kept with the place of another one`;
      return differenceOf(kept, upTo);
    },
  };
}

/** The policy of the day, from the file of its territories. */
export async function engineOptions(territories: string): Promise<EngineOptions> {
  const selection = await select({ territories, territory: [], settings: settingsOf(JUDGED) });
  if (!selection.ok) throw new Error(selection.faults.join('; '));
  return { ...selection.value, recorded: true };
}

/** The difference of a record from the batches. */
function differenceOf(kept: Kept, batches: readonly Batch[]): string | undefined {
  const records = new Map<string, string>();
  for (const { changes } of batches)
    for (const { space, key, value } of changes) {
      if (value === undefined) records.delete(`${space} ${key}`);
      else records.set(`${space} ${key}`, value);
    }
  for (const { space, key, value } of kept.records.toSorted(byPlace)) {
    const place = `${space} ${key}`;
    if (records.get(place) !== value)
      return `batch ${kept.number} is kept with ${place} ${value} for ${records.get(place) ?? 'nothing'}`;
    records.delete(place);
  }
  const [missing] = records.keys();
  return missing === undefined ? undefined : `batch ${kept.number} is kept without ${missing}`;
}

/** The options of the command as commander would give them. */
function settingsOf(args: readonly string[]): Readonly<Record<string, number | undefined>> {
  const table = [...POLICY_SETTINGS, ...VOTING_SETTINGS];
  const found: Record<string, number | undefined> = {};
  for (let i = 0; i < args.length; i += 2) {
    const setting = table.find(({ option }) => `--${option}` === args[i]);
    if (setting === undefined) throw new Error(`no setting: ${args[i]}`);
    found[setting.name] = parseSetting(setting.kind, args[i + 1] ?? '');
  }
  return found;
}
