import { LinkedAbort } from '../../lib/linked-abort.ts';
import { alongside, type Side } from '../../../streams/alongside.ts';
import { Ahead } from '../../../streams/ahead.ts';
import { follow } from '../../../streams/follow.ts';
import { CONTROL_PREFIXES } from '../../../streams/ris-live/control-prefixes.ts';
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
import { allTerritories, healingGaps, healingRest, isWhole, ripestatClient, seedingAgain } from './healing.ts';
import { Overlap } from './overlap.ts';
import { noteMissed, seedSource } from './seed.ts';
import { noted } from './noted.ts';

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
 * Opens the live feed: it subscribes first, then reads the first table, then the buffered messages, and heals gaps.
 */
export async function openFeed(options: FeedOptions): Promise<Result<Feed>> {
  const wanted = { ...options, heal: options.heal ?? usualHealer(options) };
  const known: Known = { gaps: new GapLog(), left: new OpenGaps(), begun: {}, overlap: new Overlap() };
  const seed = await seedSource(wanted, known.begun, known.gaps);
  return seed.ok ? good(new SeededFeed(wanted, seed.value, known)) : seed;
}

/** What is known of a feed while it is read: all its parts write it. */
interface Known {
  /** Gaps of collectors. */
  readonly gaps: GapLog;
  /** Gaps of single peers, which the engine names. */
  readonly left: OpenGaps;
  readonly begun: Begun;
  readonly overlap: Overlap;
}

class SeededFeed implements Feed {
  readonly live: LiveSource;
  readonly #options: FeedOptions;
  readonly #seed: ElementSource | undefined;
  readonly #known: Known;
  readonly #ahead: Ahead;
  /** The live source, with a buffer. A played recording waits for its reader, so it needs none that might drop elements. */
  readonly #received: ElementSource;

  constructor(options: FeedOptions, seed: ElementSource | undefined, known: Known) {
    this.#options = options;
    this.#seed = seed;
    this.#known = known;
    this.live = liveSource(options, known.gaps);
    const whole = noting(this.live, known);
    this.#ahead = new Ahead(whole);
    this.#received = options.isHistory ? whole : this.#ahead;
  }

  note(open: readonly OpenGap[]): void {
    this.#known.left.note(open, this.#options.clock.monotonicMs());
  }

  listen(signal: AbortSignal): void {
    if (!this.#options.isHistory) this.#ahead.start(signal);
  }

  forget(before: EventTime): void {
    this.#ahead.forget(before);
  }

  source(from: Resumption | undefined): ElementSource {
    const isOld = from !== undefined && isTooOld(from.cursor, this.#options);
    // A dump that is older than the stored state would look like new messages.
    const isSeeded = from === undefined || (isOld && this.#options.seed.from !== 'mrt');
    const seeded = this.#seed === undefined || !isSeeded ? this.#received : this.#after(this.#seed);
    if (from === undefined) return this.#healed(seeded);
    if (!isSeeded) this.#known.begun.prefixes = from.prefixes;
    return this.#healed(resumed(seeded, this.#missed(from), from.cursor));
  }

  /** The first table, then the feed; whether they have peers in common is checked meanwhile. */
  #after(seed: ElementSource): ElementSource {
    const { isHistory, clock, log } = this.#options;
    const { overlap } = this.#known;
    const both = follow(overlap.seed(seed), this.#received);
    return isHistory ? both : watched(both, (signal) => overlap.watch(clock, log, signal));
  }

  #healed(source: ElementSource): ElementSource {
    if (this.#options.heal === 'none') return source;
    const { gaps, left, begun } = this.#known;
    const client = ripestatClient(this.#options);
    const healing = { ...this.#options, begun, live: this.live };
    const sides: Side[] = [
      (signal) => healingGaps(gaps, client, healing, signal),
      (signal) => healingRest(left, client, healing, signal),
    ];
    if (this.#options.seed.from === 'ripestat') sides.push((signal) => seedingAgain(client, healing, signal));
    return alongside(source, sides);
  }

  /** Collectors with possibly missed messages since the cursor. Their gap ends when they send data again. */
  #missed({ cursor, collectors }: Resumption): readonly Collector[] {
    const { gaps, begun } = this.#known;
    const wholeSince = begun.at === undefined || this.#ahead.isCut ? Infinity : begun.at;
    return collectors.filter((collector) => {
      if (wholeSince <= cursor && !gaps.isOpenAfter(collector, cursor)) return false;
      noteMissed(collector, cursor, begun, gaps);
      return true;
    });
  }
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

function liveSource(options: FeedOptions, gaps: GapLog): LiveSource {
  const { url, collectors, clock, isHistory } = options;
  const say = liveLog(options.log);
  return risLive({
    client: `unroutable-${packageVersion()}`,
    // Includes the blocks of the control group: its losses and returns must be seen, too.
    blocks: allTerritories(options).flatMap(({ blocks }) => blocks),
    clock,
    random: Math.random,
    report(report) {
      say(report);
      // The gap begins at the last message received, not when we noticed the loss.
      if (report.type === 'gap') gaps.gap(report.collector, later(report.heardAt, -OVERLAP_MS));
      if (report.type === 'heard-again') gaps.end(report.collector, report.at);
    },
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

/** Notes when the feed became complete. The time between the seed and that moment is a gap. */
function noting(live: LiveSource, { begun, left, gaps, overlap }: Known): ElementSource {
  return noted(live, (element) => {
    if (begun.at === undefined && isWhole(live)) {
      begun.at = element.at;
      for (const collector of begun.missed ?? []) gaps.end(collector, element.at);
    }
    if (begun.latest === undefined || element.at > begun.latest) begun.latest = element.at;
    left.noteElement(element);
    overlap.noteElement(element);
  });
}
