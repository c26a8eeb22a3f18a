import { LinkedAbort } from '../../lib/linked-abort.ts';
import { alongside, type Side } from '../../../streams/alongside.ts';
import { Ahead } from '../../../streams/ahead.ts';
import { follow } from '../../../streams/follow.ts';
import { CONTROL_PREFIXES } from '../../../streams/ris-live/control-prefixes.ts';
import type { LiveReport } from '../../../streams/ris-live/report.ts';
import { risLive, type LiveSource } from '../../../streams/ris-live/source.ts';
import type { Collector } from '../../bgp/peer.ts';
import { later, type EventTime } from '../../bgp/time.ts';
import type { OpenGap } from '../../engine.ts';
import type { ElementSource } from '../../ports.ts';
import type { Territory } from '../../territory/territory.ts';
import { GapLog } from './gap-log.ts';
import { OpenGaps } from './open-gaps.ts';
import { packageVersion } from '../package-root.ts';
import { good, type Result } from '../../lib/result.ts';
import { usualHealer, type Begun, type Feed, type FeedOptions, type Resumption } from './types.ts';
import { liveLog } from '../log.ts';
import { allTerritories, isWhole, mending, mendingLeft, ripestatClient, seedingAgain } from './healing.ts';
import { Overlap } from './overlap.ts';
import { noteMissed, seedSource } from './seed.ts';

/**
 * The control group. Anchors are always announced: if they vanish, our own view is at fault. `undefined` for played
 * history, which may lack them.
 */
export function controlTerritory(isHistory: boolean): Territory | undefined {
  if (isHistory) return undefined;
  const blocks = CONTROL_PREFIXES.filter(({ role }) => role === 'anchor').map(({ prefix }) => prefix);
  return { id: 'CONTROL', name: 'RIS anchors', blocks, origins: [], timeZone: undefined };
}

/**
 * Assembles the live feed: it subscribes first, then reads the first table, then the buffered messages, and heals gaps.
 */
// oxlint-disable-next-line max-lines-per-function -- the one place where the parts of a feed are put together
export async function openFeed(options: FeedOptions): Promise<Result<Feed>> {
  const gaps = new GapLog();
  const left = new OpenGaps();
  const begun: Begun = {};
  const overlap = new Overlap();
  const note = (open: readonly OpenGap[]): void => left.note(open, options.clock.monotonicMs());
  const say = liveLog(options.log);
  const live = liveSource(options, (report) => {
    say(report);
    // The gap begins at the last message received, not when we noticed the loss.
    if (report.type === 'gap') gaps.gap(report.collector, later(report.heardAt, -OVERLAP_MS));
    if (report.type === 'heard-again') gaps.end(report.collector, report.at);
  });
  const healer = options.heal ?? usualHealer(options);
  const seed = await seedSource({ ...options, heal: healer }, begun, gaps);
  if (!seed.ok) return seed;

  const noted = noting(live, begun, { open: left, gaps, overlap });
  const ahead = new Ahead(noted);
  // A played recording waits for its reader, so it needs no buffer that might drop elements.
  const feed = options.isHistory ? noted : ahead;
  const compared = (first: ElementSource): ElementSource => {
    const both = follow(overlap.seed(first), feed);
    return options.isHistory ? both : watched(both, (signal) => overlap.watch(options.clock, options.log, signal));
  };
  const heal = (source: ElementSource): ElementSource => {
    if (healer === 'none') return source;
    const client = ripestatClient(options);
    const mends = { ...options, begun, live };
    const sides: Side[] = [
      (signal) => mending(gaps, client, mends, signal),
      (signal) => mendingLeft(left, client, mends, signal),
    ];
    if (options.seed.from === 'ripestat') sides.push((signal) => seedingAgain(client, mends, signal));
    return alongside(source, sides);
  };
  return good({
    live,
    note,
    listen: (signal) => {
      if (!options.isHistory) ahead.start(signal);
    },
    forget: (before) => ahead.forget(before),
    source(from) {
      const isOld = from !== undefined && isTooOld(from.cursor, options);
      // A dump that is older than the stored state would look like new messages.
      const isSeeded = from === undefined || (isOld && options.seed.from !== 'mrt');
      const seeded = seed.value === undefined || !isSeeded ? feed : compared(seed.value);
      if (from === undefined) return heal(seeded);
      if (!isSeeded) begun.prefixes = from.prefixes;
      return heal(resumed(seeded, missed(from, ahead, gaps, begun), from.cursor));
    },
  });
}

/**
 * After a longer stop the feed is seeded again instead of healed, because RIPEstat would have to send hours of updates.
 * Milliseconds.
 */
const OLDEST_HEALED_MS = 3_600_000;
/** Collectors have different delays, so a message from before the cursor may arrive after it. Milliseconds. */
export const OVERLAP_MS = 60_000;

function isTooOld(cursor: EventTime, { isHistory, clock }: FeedOptions): boolean {
  return !isHistory && clock.wallMs() - cursor > OLDEST_HEALED_MS;
}

/** Collectors with possibly missed messages since the cursor. Their gap ends when they send data again. */
function missed(from: Resumption, ahead: Ahead, gaps: GapLog, begun: Begun): readonly Collector[] {
  const wholeSince = begun.at === undefined || ahead.isCut ? Infinity : begun.at;
  return from.collectors.filter((collector) => {
    if (wholeSince <= from.cursor && !gaps.isOpenAfter(collector, from.cursor)) return false;
    noteMissed(collector, from.cursor, begun, gaps);
    return true;
  });
}

/** First the gaps, then the feed. */
function resumed(source: ElementSource, collectors: readonly Collector[], cursor: EventTime): ElementSource {
  return {
    name: source.name,
    async *elements(signal) {
      for (const collector of collectors) yield { type: 'gap', at: cursor, collector, reason: 'restarted' };
      yield* source.elements(signal);
    },
  };
}

function liveSource(options: FeedOptions, report: (report: LiveReport) => void): LiveSource {
  const { url, collectors, clock, isHistory } = options;
  return risLive({
    client: `unroutable-${packageVersion()}`,
    // Includes the blocks of the control group: its losses and returns must be seen, too.
    blocks: allTerritories(options).flatMap(({ blocks }) => blocks),
    clock,
    random: Math.random,
    report,
    timeline: isHistory ? 'history' : 'live',
    ...(url === undefined ? {} : { url }),
    ...(collectors === undefined ? {} : { collectors }),
  });
}

/** The source, with a background task that runs while the source is read. */
function watched(source: ElementSource, work: (signal: AbortSignal) => Promise<void>): ElementSource {
  return {
    name: source.name,
    async *elements(signal) {
      const over = new LinkedAbort(signal);
      const working = work(over.signal);
      try {
        yield* source.elements(signal);
      } finally {
        over.abort();
        await working;
      }
    },
  };
}

interface Noting {
  readonly open: OpenGaps;
  readonly gaps: GapLog;
  readonly overlap: Overlap;
}

/** Notes when the feed became complete. The time between the seed and that moment is a gap. */
function noting(live: LiveSource, begun: Begun, { open, gaps, overlap }: Noting): ElementSource {
  return {
    name: live.name,
    async *elements(signal) {
      for await (const element of live.elements(signal)) {
        if (begun.at === undefined && isWhole(live)) {
          begun.at = element.at;
          for (const collector of begun.missed ?? []) gaps.end(collector, element.at);
        }
        if (begun.latest === undefined || element.at > begun.latest) begun.latest = element.at;
        open.noteElement(element);
        overlap.noteElement(element);
        yield element;
      }
    },
  };
}
