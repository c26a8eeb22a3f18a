import { alongside } from '../../streams/alongside.ts';
import { follow } from '../../streams/follow.ts';
import { planMrt } from '../../streams/mrt/archive.ts';
import { mrtSource } from '../../streams/mrt/source.ts';
import { CONTROL_PREFIXES } from '../../streams/ris-live/control-prefixes.ts';
import type { LiveReport } from '../../streams/ris-live/report.ts';
import { risLive, type LiveSource } from '../../streams/ris-live/source.ts';
import { createRipestatClient, type RipestatClient } from '../../streams/ripestat/client.ts';
import { healing, ripestatSource, type RipestatReport } from '../../streams/ripestat/source.ts';
import type { Element } from '../bgp/element.ts';
import type { Collector } from '../bgp/peer.ts';
import type { Prefix } from '../bgp/prefix.ts';
import type { EventTime } from '../bgp/time.ts';
import type { UnroutableEvent } from '../detect/event.ts';
import type { Clock, ElementSource } from '../ports.ts';
import type { Territory } from '../visibility/territory.ts';
import { EXIT } from './exit-status.ts';
import { GapLog } from './gap-log.ts';
import { OpenGaps } from './open-gaps.ts';
import { packageVersion } from './package-root.ts';
import { bad, good, type Result } from './result.ts';
import { logLive, logRipestat, type Logger } from './watch-log.ts';

/** Where the first table comes from: RIPEstat, MRT files, or nowhere. */
export type Seed = { readonly from: 'ripestat' | 'none' } | { readonly from: 'mrt'; readonly paths: readonly string[] };

export interface FeedOptions {
  readonly url: string | undefined;
  readonly collectors: readonly Collector[] | undefined;
  readonly seed: Seed;
  /** Whether the server plays a recording: time is the recording's, and its end is the end. */
  readonly isHistory: boolean;
  readonly ripestat: string | undefined;
  readonly territories: readonly Territory[];
  readonly control: Territory | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What is known when the feed has begun. */
interface Begun {
  /** Event time from which the live feed is heard whole. */
  at?: EventTime;
  /** The latest event time heard. */
  latest?: EventTime;
  /** Prefixes that the seed found, covering routes among them. */
  prefixes?: readonly Prefix[];
  hasSeedFailed?: boolean;
}

export interface Feed {
  readonly source: ElementSource;
  readonly live: LiveSource;
  /** Call with what was decided: which gaps are open still. */
  note(events: readonly UnroutableEvent[]): void;
}

/** Gaps of several collectors that end within this time are healed together, milliseconds. */
const GATHER_MS = 10_000;
/** How often it is looked whether all is subscribed to again, milliseconds. */
const POLL_MS = 1_000;
/** How often it is looked what is left to heal, and the longest wait for another try. Milliseconds. */
const LEFT_MS = 30_000;
const LONGEST_WAIT_MS = 20 * 60_000;

/** Anchors are always announced: when they go, it is us. `undefined` where history is played, which need not have them. */
export function controlTerritory(isHistory: boolean): Territory | undefined {
  if (isHistory) return undefined;
  const blocks = CONTROL_PREFIXES.filter(({ role }) => role === 'anchor').map(({ prefix }) => prefix);
  return { id: 'CONTROL', name: 'RIS anchors', blocks, origins: [], timeZone: undefined };
}

/** Puts the live feed together: subscribed to first, seeded, drained, and healed where it had gaps. */
export async function openFeed(options: FeedOptions): Promise<Result<Feed>> {
  const gaps = new GapLog();
  const open = new OpenGaps();
  const begun: Begun = {};
  const note = (events: readonly UnroutableEvent[]): void => open.note(events, options.clock.monotonicMs());
  const live = liveSource(options, (report) => {
    logLive(options.log, report);
    if (report.type === 'gap') gaps.gap(report.collector, report.at);
    if (report.type === 'heard-again') gaps.heardAgain(report.collector, report.at);
  });
  const seed = await seedSource(options, begun);
  if (!seed.ok) return seed;

  const noted = noting(live, begun, open);
  const seeded = seed.value === undefined ? noted : follow(seed.value, noted);
  if (options.seed.from !== 'ripestat') return good({ source: seeded, live, note });
  const client = ripestatClient(options);
  const mends = { ...options, begun, live };
  const mended = alongside(seeded, (signal) => mending(gaps, client, mends, signal));
  const source = alongside(mended, (signal) => mendingLeft(open, client, mends, signal));
  return good({ source: alongside(source, (signal) => seedingAgain(client, mends, signal)), live, note });
}

function liveSource(options: FeedOptions, report: (report: LiveReport) => void): LiveSource {
  const { url, collectors, clock, isHistory } = options;
  return risLive({
    client: `unroutable-${packageVersion()}`,
    // The control group's too: it must be seen to go, and to come back with a session.
    blocks: allTerritories(options).flatMap(({ blocks }) => blocks),
    clock,
    random: Math.random,
    report,
    timeline: isHistory ? 'history' : 'live',
    ...(url === undefined ? {} : { url }),
    ...(collectors === undefined ? {} : { collectors }),
  });
}

async function seedSource(options: FeedOptions, begun: Begun): Promise<Result<ElementSource | undefined>> {
  const { seed, clock, collectors, log } = options;
  switch (seed.from) {
    case 'none':
      return good(undefined);
    case 'ripestat':
      return good(
        ripestatSource({
          client: ripestatClient(options),
          clock,
          territories: allTerritories(options),
          collectors,
          liveSince: () => begun.at,
          report: seedReport(log, begun),
        }),
      );
    case 'mrt': {
      const planned = await planMrt({ paths: seed.paths });
      if (!planned.ok) return bad(EXIT.files, `--seed mrt: ${planned.reason}`);
      const watch = allTerritories(options).flatMap(({ blocks }) => blocks);
      return good(
        mrtSource(planned.plan, {
          watch,
          report: (report) => {
            if (report.type === 'damage') log.warn({ file: report.file }, `${report.file}: ${report.reason}`);
            if (report.type === 'summary') log.info(`seeded from ${planned.plan.collectors.length} collectors' files`);
          },
        }),
      );
    }
  }
}

type MendingOptions = FeedOptions & { readonly begun: Begun; readonly live: LiveSource };

/** Heals what the gaps may have hidden, when they are over. */
async function* mending(
  gaps: GapLog,
  client: RipestatClient,
  options: MendingOptions,
  signal: AbortSignal,
): AsyncGenerator<Element, void> {
  const { clock, log, begun, live } = options;
  for (let waitMs = LEFT_MS; !signal.aborted;) {
    await gaps.over(signal);
    await clock.sleep(GATHER_MS, signal);
    // Until all is subscribed to again the hole goes on.
    while (!isWhole(live) && !signal.aborted) await clock.sleep(POLL_MS, signal);
    const over = gaps.take();
    if (over === undefined) continue;
    const span = { ...over, to: Math.max(over.to, begun.latest ?? over.to) as EventTime };
    let isAnswered = false;
    const report = (said: RipestatReport): void => {
      if (said.type === 'healed') isAnswered = true;
      logRipestat(log, said);
    };
    const { prefixes } = begun;
    yield* healing({ client, clock, territories: allTerritories(options), span, prefixes, report }, signal);
    if (isAnswered) {
      waitMs = LEFT_MS;
      continue;
    }
    // RIPEstat is away: all of it is left, also peers that had no vote, of which the engine tells nothing.
    waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
    await clock.sleep(waitMs, signal);
    gaps.putBack(over);
  }
}

/** Heals what is left: peers that were silent alone, or of which a message was lost, and what RIPEstat did not answer. */
async function* mendingLeft(
  open: OpenGaps,
  client: RipestatClient,
  options: MendingOptions,
  signal: AbortSignal,
): AsyncGenerator<Element, void> {
  const { clock, log, begun, live } = options;
  for (;;) {
    await clock.sleep(LEFT_MS, signal);
    if (signal.aborted) return;
    if (begun.latest === undefined || !isWhole(live)) continue;
    const span = open.due(begun.latest, clock.monotonicMs());
    if (span === undefined) continue;
    const report = (said: Parameters<typeof logRipestat>[1]): void => logRipestat(log, said);
    const { prefixes } = begun;
    yield* healing(
      { client, clock, territories: allTerritories(options), span, prefixes, report, withinMs: 0 },
      signal,
    );
  }
}

/** Without a first look nobody votes, so it is tried again, ever more seldom. */
async function* seedingAgain(
  client: RipestatClient,
  options: MendingOptions,
  signal: AbortSignal,
): AsyncGenerator<Element, void> {
  const { clock, log, begun, collectors } = options;
  for (let waitMs = LEFT_MS; !signal.aborted; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    await clock.sleep(waitMs, signal);
    if (begun.prefixes !== undefined) return;
    if (begun.hasSeedFailed !== true || begun.latest === undefined) continue;
    const seed = ripestatSource({
      client,
      clock,
      territories: allTerritories(options),
      collectors,
      liveSince: () => begun.latest,
      report: seedReport(log, begun),
    });
    yield* seed.elements(signal);
  }
}

function seedReport(log: Logger, begun: Begun): (report: RipestatReport) => void {
  return (report) => {
    logRipestat(log, report);
    if (report.type === 'seeded') begun.prefixes = report.prefixes;
    else if (report.type === 'failed' && begun.prefixes === undefined) begun.hasSeedFailed = true;
  };
}

/** Notes from when on the feed is heard whole: what lies between the seed and that is a gap. */
function noting(live: LiveSource, begun: Begun, open: OpenGaps): ElementSource {
  return {
    name: live.name,
    async *elements(signal) {
      for await (const element of live.elements(signal)) {
        if (begun.at === undefined && isWhole(live)) begun.at = element.at;
        if (begun.latest === undefined || element.at > begun.latest) begun.latest = element.at;
        open.hear(element);
        yield element;
      }
    },
  };
}

function isWhole(live: LiveSource): boolean {
  return live.stats().lines.every(({ state }) => state === 'subscribed');
}

function allTerritories({ territories, control }: FeedOptions): readonly Territory[] {
  return control === undefined ? territories : [...territories, control];
}

function ripestatClient({ clock, ripestat }: FeedOptions): RipestatClient {
  return createRipestatClient({ clock, random: Math.random, ...(ripestat === undefined ? {} : { baseUrl: ripestat }) });
}
