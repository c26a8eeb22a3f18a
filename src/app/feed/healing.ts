import { createRipestatClient, type RipestatClient } from '../../../streams/ripestat/client.ts';
import { healing, ripestatSource, type RipestatReport } from '../../../streams/ripestat/source.ts';
import type { LiveSource } from '../../../streams/ris-live/source.ts';
import type { Element } from '../../bgp/element.ts';
import type { EventTime } from '../../bgp/time.ts';
import type { ElementSource } from '../../ports.ts';
import type { Territory } from '../../territory/territory.ts';
import type { GapLog } from './gap-log.ts';
import type { OpenGaps } from './open-gaps.ts';
import type { Begun, FeedOptions } from './types.ts';
import { logRipestat, type Logger } from '../log.ts';
import { noted } from './noted.ts';

/** Gaps of several collectors that end within this time are healed together, milliseconds. */
const GATHER_MS = 10_000;
/**
 * The same after a restart. It is short because all gaps end together, and a verdict survives ten seconds of blindness.
 * Milliseconds.
 */
const GATHER_RESTARTED_MS = 1_000;
/** How often to check whether all subscriptions are back, milliseconds. */
const POLL_MS = 1_000;
/**
 * How often to look for what is left to heal or to seed. The wait does not grow while RIPEstat does not answer, or
 * answers wrongly: without its answer no peer votes, and each try is only a few requests. Milliseconds.
 */
const LEFT_MS = 30_000;
/** A valid answer that confirms no peer makes the wait grow, up to this. Milliseconds. */
const LONGEST_WAIT_MS = 20 * 60_000;

type FeedHealing = FeedOptions & { readonly begun: Begun; readonly live: LiveSource };

/** Heals gaps when they are over. */
export async function* healingGaps(
  gaps: GapLog,
  client: RipestatClient,
  options: FeedHealing,
  signal: AbortSignal,
): AsyncGenerator<Element, void> {
  const { clock, log, begun, live } = options;
  for (let waitMs = LEFT_MS; !signal.aborted;) {
    await gaps.over(signal);
    const isRestart = begun.missed !== undefined && begun.at !== undefined;
    if (isRestart) delete begun.missed;
    await clock.sleep(isRestart ? GATHER_RESTARTED_MS : GATHER_MS, signal);
    // The gap lasts until all subscriptions are back.
    while (!isWhole(live) && !signal.aborted) await clock.sleep(POLL_MS, signal);
    const over = gaps.take();
    if (over === undefined) continue;
    const to = over.isAsked ? over.to : (Math.max(over.to, begun.latest ?? over.to) as EventTime);
    const span = { from: Math.min(over.from, to) as EventTime, to, collectors: over.collectors ?? [] };
    let [isHealed, hasFailed] = [false, false];
    const report = (said: RipestatReport): void => {
      if (said.type === 'healed') isHealed ||= said.peers > 0 || said.unhealed === 0;
      if (said.type === 'healed' || said.type === 'failed') hasFailed = said.type === 'failed';
      logRipestat(log, said);
    };
    const { prefixes } = begun;
    yield* healing({ client, clock, territories: allTerritories(options), span, prefixes, report }, signal);
    if (isHealed) {
      waitMs = LEFT_MS;
      continue;
    }
    // No peer was confirmed: retry the whole span. It includes peers without a vote, which the engine's open gaps do
    // not name.
    waitMs = hasFailed ? LEFT_MS : Math.min(2 * waitMs, LONGEST_WAIT_MS);
    await clock.sleep(waitMs, signal);
    gaps.putBack(span);
  }
}

/** Heals the rest: single peers that were silent or lost a message, and peers for which RIPEstat had no answer. */
export async function* healingRest(
  open: OpenGaps,
  client: RipestatClient,
  options: FeedHealing,
  signal: AbortSignal,
): AsyncGenerator<Element, void> {
  const { clock, log, begun, live } = options;
  for (;;) {
    await clock.sleep(LEFT_MS, signal);
    if (signal.aborted) return;
    if (begun.latest === undefined || !isWhole(live)) continue;
    const span = open.due(begun.latest, clock.monotonicMs());
    if (span === undefined) continue;
    let hasFailed = false;
    const report = (said: RipestatReport): void => {
      if (said.type === 'failed') hasFailed = true;
      logRipestat(log, said);
    };
    const { prefixes } = begun;
    yield* healing(
      { client, clock, territories: allTerritories(options), span, prefixes, report, withinMs: 0 },
      signal,
    );
    if (hasFailed) open.unanswered(clock.monotonicMs());
  }
}

/** Without a first table no peer votes, so the seed is repeated until one gives votes. */
export async function* seedingAgain(
  client: RipestatClient,
  options: FeedHealing,
  signal: AbortSignal,
): AsyncGenerator<Element, void> {
  const { clock, log, begun, collectors } = options;
  while (!signal.aborted) {
    await clock.sleep(LEFT_MS, signal);
    if (begun.isSeeded === true) return;
    if (begun.hasSeedFailed !== true || begun.latest === undefined) continue;
    const seed = ripestatSource({
      client,
      clock,
      territories: allTerritories(options),
      collectors,
      liveSince: () => begun.latest,
      report: seedReport(log, begun),
    });
    yield* votesNoted(seed, begun).elements(signal);
  }
}

/** Notes the prefixes that a first table contains. */
export function seedReport(log: Logger, begun: Begun): (report: RipestatReport) => void {
  return (report) => {
    logRipestat(log, report);
    if (report.type === 'seeded') begun.prefixes = report.prefixes;
  };
}

/** Notes whether a first table gave any peer a vote. An old or unconfirmed table does not. */
export function votesNoted(seed: ElementSource, begun: Begun): ElementSource {
  const noting = noted(seed, ({ type }) => {
    if (type === 'end-of-rib') begun.isSeeded = true;
  });
  return {
    name: seed.name,
    async *elements(signal) {
      yield* noting.elements(signal);
      begun.hasSeedFailed = begun.isSeeded !== true;
    },
  };
}

/** Whether all subscriptions are acknowledged. */
export function isWhole(live: LiveSource): boolean {
  return live.stats().lines.every(({ state }) => state === 'subscribed');
}

/** The territories, and the control group when there is one. */
export function allTerritories({ territories, control }: FeedOptions): readonly Territory[] {
  return control === undefined ? territories : [...territories, control];
}

/** The RIPEstat client for these options. */
export function ripestatClient({ clock, ripestat }: FeedOptions): RipestatClient {
  return createRipestatClient({ clock, random: Math.random, ...(ripestat === undefined ? {} : { baseUrl: ripestat }) });
}
