import { createHash } from 'node:crypto';
import { createEngine, restoreEngine } from '../../engine.ts';
import { withHistory } from '../../history/with-history.ts';
import type { Clock, ElementSource, StateStore } from '../../ports.ts';
import { utcText } from '../../report/clock.ts';
import type { Archive } from './archive.ts';
import { holderName, releaseOfDead } from '../leadership/lease-holder.ts';
import { complain, type Io } from '../io.ts';
import { openStore } from '../open-store.ts';
import { retrying } from '../retry.ts';
import type { StoredReplay } from './stored-replay.ts';
import type { ReplayOptions } from './options.ts';
import { refusal } from '../../lib/errno.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import type { Selection } from '../../config/selection.ts';
import { positionOf } from '../resumption.ts';
import { systemClock } from '../system-clock.ts';
import { nextLeadership, type Leadership } from '../leadership/leadership.ts';

/** How often the state is stored without a decision, in milliseconds of event time. */
export const REPLAY_STORES_EVERY_MS = 60_000;

/** Opens the store of `--store`, and continues where the same replay was stopped. */
export async function openStoredReplay(
  archive: Archive,
  selection: Selection,
  options: ReplayOptions,
  io: Io,
): Promise<Result<StoredReplay>> {
  const clock = systemClock;
  const ids = selection.territories.map(({ territory }) => territory.id);
  const opened = await openStore(options, ids, io, clock);
  if (!opened.ok) return opened;
  const { store, warnings } = opened.value;
  for (const warning of warnings) complain(io, `--store: ${warning}`);
  try {
    const begun = await begin(store, archive, { selection, options, io, clock });
    if (!begun.ok) await store.close();
    return begun;
  } catch (error) {
    await store.close();
    return bad('store', `${store.name}: ${refusal(error)}`);
  }
}

interface Setting {
  readonly selection: Selection;
  readonly options: ReplayOptions;
  readonly io: Io;
  readonly clock: Clock;
}

async function begin(store: StateStore, archive: Archive, setting: Setting): Promise<Result<StoredReplay>> {
  const leadership = await leadershipOf(store, setting.io, setting.clock);
  if (leadership === undefined) return bad('interrupted');
  let begun: Result<StoredReplay> | undefined;
  try {
    begun = await beginUnder(leadership, store, archive, setting);
    return begun;
  } finally {
    // End it here: renewing the lease would keep the process alive.
    if (begun?.ok !== true) await leadership.end();
  }
}

// oxlint-disable-next-line max-lines-per-function -- its checks share what was read of the store
async function beginUnder(
  leadership: Leadership,
  store: StateStore,
  archive: Archive,
  { selection, options, io, clock }: Setting,
): Promise<Result<StoredReplay>> {
  const failed = (fault: string): Result<never> => bad('store', `${store.name}: ${fault}`);
  const inputs = inputsOf(archive, options);
  const [kept, [written]] = [await store.load(), await store.read('replay')];
  if (kept !== undefined && written?.value !== inputs)
    return failed('it contains another replay, or a watch; choose another store, or another --name');
  const wanted = { ...selection, recorded: true };
  const restored = kept === undefined ? undefined : restoreEngine(wanted, kept);
  if (restored?.ok === false) return failed(restored.reason);
  const [restarted] = restored?.anew ?? [];
  if (restarted !== undefined)
    return failed(`the verdicts on ${restarted} follow other rules; choose another store, or another --name`);
  if (kept === undefined) await store.write([{ space: 'replay', key: 'inputs', value: inputs }], leadership.token());
  else
    io.stderr.write(
      `unroutable: goes on after ${utcText(kept.cursor)}, as ${store.name} has it; \`unroutable events\` prints what was decided before\n`,
    );

  const signal = AbortSignal.any([io.signal, leadership.over]);
  return good({
    engine: await withHistory(restored?.engine ?? createEngine(wanted), store, restored !== undefined),
    source: skipping(archive.source, kept?.elements ?? 0),
    keeping: {
      store,
      token: leadership.token,
      stillLeads: leadership.stillLeads,
      everyMs: REPLAY_STORES_EVERY_MS,
      again: retrying(clock, Math.random, signal, (error) =>
        complain(io, `${store.name}: ${refusal(error)}; tried again until it works`),
      ),
      ...(kept === undefined ? {} : { position: positionOf(kept) }),
    },
    signal,
    async close() {
      await leadership.end();
      await store.close();
    },
  });
}

async function leadershipOf(store: StateStore, io: Io, clock: Clock): Promise<Leadership | undefined> {
  const holder = holderName();
  await releaseOfDead(store.leases, holder);
  return nextLeadership(
    {
      leases: store.leases,
      holder,
      clock,
      report: (said) => {
        if (said.type === 'waiting')
          complain(io, `${store.name}: waits for ${said.behind ?? 'another'}, which writes there`);
        if (said.type === 'lost') complain(io, `${store.name}: another process writes there now`);
        if (said.type === 'away') complain(io, `${store.name}: ${refusal(said.error)}`);
      },
    },
    io.signal,
  );
}

/** Identifies the input: files by name and size, and what is read of them. The same input gives the same elements. */
function inputsOf(archive: Archive, { since, until }: ReplayOptions): string {
  const files = archive.files.map(({ name, collector, bytes }) => [name, collector, bytes]);
  return JSON.stringify(
    createHash('sha256')
      .update(JSON.stringify([files, since, until]))
      .digest('hex'),
  );
}

/** The same source without its first elements, which were already applied. */
function skipping(source: ElementSource, count: number): ElementSource {
  return {
    name: source.name,
    async *elements(signal) {
      let skipped = 0;
      for await (const element of source.elements(signal)) if (skipped++ >= count) yield element;
    },
  };
}
