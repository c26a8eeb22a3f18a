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
import { GapLog } from '../watch/gap-log.ts';
import { OpenGaps } from '../watch/open-gaps.ts';
import { packageVersion } from '../package-root.ts';
import { good, type Result } from '../../lib/result.ts';
import { usualHealer, type Begun, type Feed, type FeedOptions, type Resumption } from './types.ts';
import { liveLog } from '../watch/log.ts';
import { allTerritories, isWhole, mending, mendingLeft, ripestatClient, seedingAgain } from './healing.ts';
import { Overlap } from './overlap.ts';
import { noteMissed, seedSource } from './seed.ts';

/** Anchors are always announced: when they go, it is us. `undefined` where history is played, which need not have them. */
export function controlTerritory(isHistory: boolean): Territory | undefined {
  if (isHistory) return undefined;
  const blocks = CONTROL_PREFIXES.filter(({ role }) => role === 'anchor').map(({ prefix }) => prefix);
  return { id: 'CONTROL', name: 'RIS anchors', blocks, origins: [], timeZone: undefined };
}

/** Puts the live feed together: subscribed to first, seeded, drained, and healed where it had gaps. */
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
    // What was said after the last word heard is missing, not only what was said after we noticed.
    if (report.type === 'gap') gaps.gap(report.collector, later(report.heardAt, -OVERLAP_MS));
    if (report.type === 'heard-again') gaps.heardAgain(report.collector, report.at);
  });
  const healer = options.heal ?? usualHealer(options);
  const seed = await seedSource({ ...options, heal: healer }, begun, gaps);
  if (!seed.ok) return seed;

  const heard = noting(live, begun, { open: left, gaps, overlap });
  const ahead = new Ahead(heard);
  // A recording waits until it is asked for more: nothing of it need be lost.
  const feed = options.isHistory ? heard : ahead;
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
      // A dump from before what was kept would pass for news of what was missed.
      const isSeeded = from === undefined || (isOld && options.seed.from !== 'mrt');
      const seeded = seed.value === undefined || !isSeeded ? feed : compared(seed.value);
      if (from === undefined) return heal(seeded);
      if (!isSeeded) begun.prefixes = from.prefixes;
      return heal(resumed(seeded, missed(from, ahead, gaps, begun), from.cursor));
    },
  });
}

/** What is older than this is not healed but seeded anew: RIPEstat would be asked for hours of updates. Milliseconds. */
const OLDEST_HEALED_MS = 3_600_000;
/** Collectors are heard with delays of their own: what came before the cursor may have been heard after it. Milliseconds. */
export const OVERLAP_MS = 60_000;

function isTooOld(cursor: EventTime, { isHistory, clock }: FeedOptions): boolean {
  return !isHistory && clock.wallMs() - cursor > OLDEST_HEALED_MS;
}

/** Collectors of which something may not have been heard since the cursor. Their gap is over when they are heard again. */
function missed(from: Resumption, ahead: Ahead, gaps: GapLog, begun: Begun): readonly Collector[] {
  const wholeSince = begun.at === undefined || ahead.isCut ? Infinity : begun.at;
  return from.collectors.filter((collector) => {
    if (wholeSince <= from.cursor && !gaps.isOpenAfter(collector, from.cursor)) return false;
    noteMissed(collector, from.cursor, begun, gaps);
    return true;
  });
}

/** First what was missed, then the feed. */
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

/** The source, and something that goes on while it is read and yields nothing. */
function watched(source: ElementSource, work: (signal: AbortSignal) => Promise<void>): ElementSource {
  return {
    name: source.name,
    async *elements(signal) {
      const over = new AbortController();
      const working = work(AbortSignal.any([signal, over.signal]));
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

/** Notes from when on the feed is heard whole: what lies between the seed and that is a gap. */
function noting(live: LiveSource, begun: Begun, { open, gaps, overlap }: Noting): ElementSource {
  return {
    name: live.name,
    async *elements(signal) {
      for await (const element of live.elements(signal)) {
        if (begun.at === undefined && isWhole(live)) {
          begun.at = element.at;
          for (const collector of begun.missed ?? []) gaps.heardAgain(collector, element.at);
        }
        if (begun.latest === undefined || element.at > begun.latest) begun.latest = element.at;
        open.hear(element);
        overlap.hear(element);
        yield element;
      }
    },
  };
}
