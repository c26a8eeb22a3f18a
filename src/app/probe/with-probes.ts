import { alongside } from '../../../streams/alongside.ts';
import { atlasResults, type AtlasPlan, type AtlasReport } from '../../../streams/atlas/follow.ts';
import { ETIQUETTE } from '../../../streams/probe/etiquette.ts';
import { probing, type LastAsked, type ProbePlan, type ProbeReport } from '../../../streams/probe/rounds.ts';
import type { ProbeElement } from '../../bgp/element.ts';
import { OWN_VANTAGE } from '../../bgp/probe.ts';
import { eventTime, later, type EventTime } from '../../bgp/time.ts';
import type { Engine } from '../../engine.ts';
import type { Space } from '../../spaces.ts';
import type { Clock, ElementSource } from '../../ports.ts';
import type { Logger } from '../log.ts';
import type { ReachPlan } from './read-probes.ts';

/** What probing beside a live feed needs. */
interface ProbeParts {
  readonly engine: Engine<Space>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How often to check whether the feed has begun. Milliseconds. */
const LOOK_MS = 1_000;

/** The live feed with the results of probes. Only the leader reads it, so only one process of a watch sends probes. */
export function withProbes(source: ElementSource, { own, atlas }: ReachPlan, parts: ProbeParts): ElementSource {
  return alongside(source, [
    ...(own === undefined ? [] : [(signal: AbortSignal) => asking(own, parts, signal)]),
    ...(atlas === undefined ? [] : [(signal: AbortSignal) => readingAtlas(atlas, parts, signal)]),
  ]);
}

/** Reachability is compared with routes, so probing waits until the feed of routes has begun. */
async function begun({ engine, clock }: ProbeParts, signal: AbortSignal): Promise<void> {
  while (engine.now === undefined && !signal.aborted) await clock.sleep(LOOK_MS, signal);
}

async function* readingAtlas(plan: AtlasPlan, parts: ProbeParts, signal: AbortSignal): AsyncGenerator<ProbeElement> {
  await begun(parts, signal);
  const { clock, log } = parts;
  yield* atlasResults(plan, { clock, random: Math.random, report: atlasLog(log) }, signal);
}

async function* asking(plan: ProbePlan, parts: ProbeParts, signal: AbortSignal): AsyncGenerator<ProbeElement> {
  await begun(parts, signal);
  const { engine, clock, log } = parts;
  const last = lastAsked(engine);
  // Results of an earlier process: all its probes, also those of controls, were sent before this time.
  const latest = Math.max(0, ...[...last.values()].map(({ at }) => at)) as EventTime;
  await clock.sleep(Math.min(ETIQUETTE.minEveryMs, later(latest, ETIQUETTE.minEveryMs) - clock.wallMs()), signal);
  yield* probing(plan, { clock, random: Math.random, report: probeLog(log), last }, signal);
}

function lastAsked(engine: Engine<Space>): ReadonlyMap<string, LastAsked> {
  const all = [...engine.reachability().values()].flatMap(({ targets }) => targets);
  return new Map(
    all
      .filter(({ vantage }) => vantage.id === OWN_VANTAGE.id)
      .map(({ target, at, result }) => [target, { at: eventTime(at), result }]),
  );
}

function probeLog(log: Logger): (report: ProbeReport) => void {
  return (report) => {
    if (report.type === 'own-line')
      log.warn(`none of ${report.controls} controls can be reached: our own line is down, and no target is asked`);
    else log.warn({ target: report.target }, `${report.target} could not be asked: ${report.reason}`);
  };
}

function atlasLog(log: Logger): (report: AtlasReport) => void {
  return (report) => {
    if (report.type === 'connected') return log.info('connected to the stream of RIPE Atlas');
    if (report.type === 'disconnected')
      return log.warn({ reason: report.reason }, 'no stream of RIPE Atlas: results are asked for by HTTP');
    const measurement = report.id === 0 ? 'RIPE Atlas' : `measurement ${report.id} of RIPE Atlas`;
    const { id, reason } = report;
    if (report.type === 'not-followed') log.error({ id, reason }, `${measurement} is not followed: ${reason}`);
    else if (report.type === 'not-answered')
      log.warn({ id, reason }, `${measurement} gave no results by HTTP: ${reason}`);
    else log.warn({ id, reason, count: report.count }, `${measurement}: a result was passed over: ${reason}`);
  };
}
