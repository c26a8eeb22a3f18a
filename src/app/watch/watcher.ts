import { isoTime } from '../../bgp/time.ts';
import type { UnroutableEvent } from '../../detect/events/event.ts';
import { createEngine, restoreEngine, type Engine } from '../../engine.ts';
import type { Space } from '../../spaces.ts';
import { withHistory } from '../../history/with-history.ts';
import { run, type Keeping } from '../../pipeline.ts';
import type { Kept } from '../../ports.ts';
import { utcText } from '../../report/clock.ts';
import { holderName, releaseOfDead } from '../leadership/lease-holder.ts';
import { beat, type Instance } from '../leadership/instances.ts';
import { printedUpTo, unprinted } from '../output/printed.ts';
import { breathing } from '../breathing.ts';
import { withProbes } from '../probe/with-probes.ts';
import { retrying } from '../retry.ts';
import { refusal } from '../../lib/errno.ts';
import { LinkedAbort, withEither } from '../../lib/linked-abort.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import { ALONE, nextLeadership, type Leadership, type LeadershipReport } from '../leadership/leadership.ts';
import { NoVerdictLog } from './no-verdict-log.ts';
import { startSideTasks, type SideTasks } from './side-tasks.ts';
import { upkeep } from './upkeep.ts';
import { openFeed, OVERLAP_MS } from '../feed/feed.ts';
import { positionOf, resumptionOf } from '../resumption.ts';
import type { Feed } from '../feed/types.ts';
import { instanceOf } from './instance.ts';
import type { WatchEnd, WatchParts, WatchView } from './parts.ts';

/** How often the state is stored without a decision, ms of event time; less often for a fast recording. */
const KEEP_EVERY_MS = 1_000;
const KEEP_HISTORY_EVERY_MS = 60_000;
/** How often a standby reads the leader's position, to drop older buffered elements. Milliseconds. */
const LOOK_MS = 10_000;

const UNSTORED =
  'stopped while the store did not answer: data since the last stored state is processed again at the next start';

/** The parts of one period of leading. */
interface LeadingPeriod {
  readonly feed: Feed;
  readonly leadership: Leadership;
  readonly others: SideTasks;
  readonly again: (error: unknown, attempt: number) => Promise<void>;
  readonly kept: Kept | undefined;
  readonly engine: Engine<Space>;
}

/** A watch that shares its store with others: one process leads, the others receive the feed and wait. */
export class Watch {
  readonly #parts: WatchParts;
  readonly #me = holderName();
  readonly #startedAt: string;
  #engine: Engine<Space> | undefined;
  #feed: Feed | undefined;
  #behind: string | undefined;
  /** Why the store does not accept decisions; `undefined`: it does. */
  #storeFault: string | undefined;
  /** Number of the newest batch that is known to be stored, by any process. */
  #known = 0;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#startedAt = isoTime(parts.feed.clock.wallMs());
  }

  view(): WatchView {
    // A recording is played only to the leader, so a standby has no statistics.
    const isUnread = this.#engine === undefined && this.#parts.feed.isHistory;
    return { engine: this.#engine, feed: isUnread ? undefined : this.#feed, behind: this.#behind };
  }

  /** Why the watch is not ready; `undefined`: it is ready. */
  get unready(): string | undefined {
    return this.#instance().reason;
  }

  get #keepsState(): boolean {
    return this.#parts.isLasting || this.#parts.isServed === true;
  }

  /** Runs until `signal` aborts, or the played recording has ended. */
  async run(signal: AbortSignal): Promise<WatchEnd> {
    const { store, isLasting, feed } = this.#parts;
    if (!isLasting) {
      const end = await this.#waitAndLead(signal);
      return end === 'fenced' ? good(undefined) : end;
    }
    const ended = new AbortController();
    const beating = beat(store, () => this.#instance(), feed.clock, ended.signal);
    try {
      await releaseOfDead(store.leases, this.#me).catch(() => undefined);
      while (!signal.aborted) {
        const end = await this.#waitAndLead(signal);
        if (end !== 'fenced') return end;
      }
      return good(undefined);
    } finally {
      ended.abort();
      await beating;
    }
  }

  /** Buffers the feed until this process leads, then leads until another process does. */
  async #waitAndLead(stop: AbortSignal): Promise<WatchEnd | 'fenced'> {
    const opened = await openFeed(this.#parts.feed);
    if (!opened.ok) return opened;
    const over = new LinkedAbort(stop);
    const { signal } = over;
    this.#feed = opened.value;
    opened.value.listen(signal);
    try {
      const leadership = await this.#await(opened.value, signal);
      if (leadership === undefined) return good(undefined);
      try {
        return await withEither(signal, leadership.over, (leading) => this.#lead(opened.value, leadership, leading));
      } finally {
        this.#engine = undefined;
        await leadership.end();
      }
    } finally {
      over.abort();
    }
  }

  #await(feed: Feed, signal: AbortSignal): Promise<Leadership | undefined> {
    const { store, isLasting, feed: options } = this.#parts;
    if (!isLasting) return Promise.resolve(ALONE);
    let lookAt = 0;
    const waiting = async (): Promise<void> => {
      if (options.clock.monotonicMs() < lookAt) return;
      lookAt = options.clock.monotonicMs() + LOOK_MS;
      const kept = await store.load();
      this.#known = Math.max(this.#known, kept?.number ?? 0);
      if (kept !== undefined) feed.forget((kept.cursor - OVERLAP_MS) as typeof kept.cursor);
    };
    const isWhole = async (): Promise<boolean> => ((await store.load())?.number ?? 0) >= this.#known;
    const { clock } = options;
    const report = (said: LeadershipReport): void => this.#note(said);
    return nextLeadership({ leases: store.leases, holder: this.#me, clock, report, isWhole }, signal, waiting);
  }

  async #lead(feed: Feed, leadership: Leadership, signal: AbortSignal): Promise<WatchEnd | 'fenced'> {
    const { store, isLasting, record } = this.#parts;
    const again = this.#retrying(signal);
    const kept = await this.#asked(() => store.load(), again, signal);
    const owed = isLasting ? await this.#asked(() => unprinted(store, leadership.token()), again, signal) : undefined;
    if (signal.aborted) return leadership.over.aborted ? 'fenced' : good(undefined);
    const made = this.#engineFrom(kept);
    if (!made.ok) return made;
    const engine = this.#keepsState
      ? await this.#asked(() => withHistory(made.value, store), again, signal)
      : made.value;
    if (engine === undefined) return leadership.over.aborted ? 'fenced' : good(undefined);
    this.#engine = engine;
    feed.note(engine.openGaps());
    await this.#print(owed ?? [], leadership);

    const others = await startSideTasks(this.#parts, leadership.token);
    const keeping = this.#keeping({ feed, leadership, others, again, kept, engine });
    const ended = new AbortController();
    const { selection, feed: options } = this.#parts;
    const noVerdicts = new NoVerdictLog(made.value, selection, options.log);
    const reporting = options.isHistory ? undefined : noVerdicts.later(options.clock, ended.signal);
    const keepingUp = isLasting ? upkeep(this.#parts, ended.signal) : undefined;
    const fed = feed.source(kept === undefined ? undefined : resumptionOf(kept));
    const { probes } = this.#parts;
    const source = breathing(record(probes === undefined ? fed : withProbes(fed, probes, { engine, ...options })));
    try {
      const end = await run(source, engine, keeping, signal);
      if (end === 'ended') await others.drained(signal);
      if (end !== 'fenced') noVerdicts.write();
      // The new leader stores what we could not store.
      if (end === 'fenced' || leadership.over.aborted) return 'fenced';
      if (end === 'unkept') this.#parts.feed.log.warn(UNSTORED);
      return good(undefined);
    } finally {
      ended.abort();
      await Promise.all([keepingUp, reporting, others.end()]);
    }
  }

  /** How decisions are stored, and who is notified. */
  #keeping({ feed, leadership, others, again, kept, engine }: LeadingPeriod): Keeping {
    const { store, feed: options } = this.#parts;
    const print = (events: readonly UnroutableEvent[]): Promise<void> => this.#print(events, leadership);
    const loss = this.#loss(kept, engine);
    return {
      ...{ store, token: leadership.token, stillLeads: leadership.stillLeads, again },
      answered: () => this.#answered(),
      injected: () => [...loss(), ...others.take()],
      ...(this.#keepsState ? { everyMs: options.isHistory ? KEEP_HISTORY_EVERY_MS : KEEP_EVERY_MS } : {}),
      ...(kept === undefined ? {} : { position: positionOf(kept) }),
      async tell(events) {
        feed.note(engine.openGaps());
        others.noteStored(events);
        await print(events);
      },
    };
  }

  /** Prints events and stores that they were printed. The next leader prints the events after them. */
  async #print(events: readonly UnroutableEvent[], { token }: Leadership): Promise<void> {
    const { store, isLasting, print } = this.#parts;
    const last = events.at(-1);
    if (last === undefined) return;
    const isPrinted = await print(events);
    // If the store does not answer, the position is written with the next events.
    if (isPrinted && isLasting) await store.write([printedUpTo(last.id)], token()).catch(() => undefined);
  }

  /** Reports once that the store has lost commits that another process stored and did not write again. */
  #loss(kept: Kept | undefined, engine: Engine<Space>): () => readonly UnroutableEvent[] {
    const [known, found] = [this.#known, kept?.number ?? 0];
    this.#known = found;
    let isReported = found >= known;
    return () => {
      if (isReported) return [];
      isReported = true;
      const since = kept === undefined ? {} : { since: isoTime(kept.cursor) };
      return engine.noteLoss({ ...since, kept: known, found, events: 0 }).events;
    };
  }

  /** Asks the store until it answers; `undefined`: `signal` aborted before. */
  async #asked<T>(
    ask: () => Promise<T>,
    again: (error: unknown, attempt: number) => Promise<void>,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        const answer = await ask();
        if (attempt > 1) this.#answered();
        return answer;
      } catch (error) {
        await again(error, attempt);
      }
    }
    return undefined;
  }

  #engineFrom(kept: Kept | undefined): Result<Engine<Space>> {
    const { selection, store, feed } = this.#parts;
    const { control, log } = feed;
    const wanted = { ...selection, recorded: this.#keepsState, ...(control === undefined ? {} : { control }) };
    if (kept === undefined) return good(createEngine(wanted));
    const restored = restoreEngine(wanted, kept);
    if (!restored.ok) return bad('store', `${store.name}: ${restored.reason}`);
    log.info({ cursor: kept.cursor }, `continues from the stored state, up to ${utcText(kept.cursor)}`);
    const changed = 'blocks, origins or policy have changed, so the earlier verdict is not used';
    for (const territory of restored.anew) log.warn({ territory }, `${territory}: ${changed}`);
    return good(restored.engine);
  }

  #answered(): void {
    const { store, feed } = this.#parts;
    this.#storeFault = undefined;
    feed.log.info(`${store.name} answers again`);
  }

  #retrying(signal: AbortSignal): (error: unknown, attempt: number) => Promise<void> {
    const { store, feed } = this.#parts;
    return retrying(feed.clock, Math.random, signal, (error) => {
      this.#storeFault = refusal(error);
      feed.log.error(`${store.name}: ${refusal(error)}; no events until it answers`);
    });
  }

  #note(said: LeadershipReport): void {
    const { log, isHistory } = this.#parts.feed;
    this.#behind = said.type === 'waiting' ? (said.behind ?? 'another one') : undefined;
    switch (said.type) {
      case 'waiting':
        log.info(
          { leader: said.behind },
          `${said.behind ?? 'another process'} is the leader; this process ${isHistory ? 'stands by' : 'follows the feed and stands by'}`,
        );
        return;
      case 'leading':
        log.info({ token: said.token }, 'this process is now the leader');
        return;
      case 'lost':
        log.warn('another process is now the leader');
        return;
      case 'away':
        log.error(`${this.#parts.store.name}: ${refusal(said.error)}; trying again until it answers`);
    }
  }

  #instance(): Omit<Instance, 'beatAt'> {
    return instanceOf({
      id: this.#me,
      startedAt: this.#startedAt,
      engine: this.#engine,
      feed: this.#feed,
      storeFault: this.#storeFault,
      isHistory: this.#parts.feed.isHistory,
    });
  }
}
