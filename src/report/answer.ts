import type { EventTime } from '../bgp/time.ts';
import type { Verdict } from '../detect/events/event.ts';
import { durationText, utcText, type LocalClock } from './clock.ts';
import { counted } from './printable.ts';

/** Part of a range under one verdict; `off`: nothing was recorded. `until` is not part of it. */
export interface VerdictStretch {
  readonly verdict: Verdict | 'off';
  readonly from: EventTime;
  readonly until: EventTime;
}

type Ends = Pick<VerdictStretch, 'from' | 'until'>;

/**
 * The parts of a range in order, without holes.
 *
 * @param turns the verdicts, each with its start; before the first, nothing was recorded.
 * @param recorded the end of the recording.
 */
export function stretchesOf(
  turns: readonly (readonly [EventTime, VerdictStretch['verdict'], ...unknown[]])[],
  { from, until }: Ends,
  recorded: EventTime,
): readonly VerdictStretch[] {
  const end = Math.min(until, recorded) as EventTime;
  const first = Math.min(until, Math.max(from, turns[0]?.[0] ?? end)) as EventTime;
  const parts: VerdictStretch[] = [{ verdict: 'off', from, until: first }];
  for (const [i, [since, verdict]] of turns.entries()) {
    const stop = Math.min(turns[i + 1]?.[0] ?? end, end) as EventTime;
    parts.push({ verdict, from: Math.max(since, from) as EventTime, until: stop });
  }
  parts.push({ verdict: 'off', from: Math.max(from, end) as EventTime, until });
  return parts.filter((part) => part.until > part.from);
}

/** The data for the one sentence of a report. */
export interface AnswerFacts {
  readonly name: string;
  readonly clock: LocalClock;
  readonly range: Ends;
  readonly stretches: readonly VerdictStretch[];
}

/**
 * Answers "was it offline then?": one sentence with how often, how long and since when, and a second one about time
 * without data: `North Korea was unroutable once between … and …: from 2014-12-22 16:15:12 UTC (…) for 9 h 31 min.`
 */
export function answerText({ name, clock, range, stretches }: AnswerFacts): string {
  const between = `between ${utcText(range.from)} and ${utcText(range.until)}`;
  const of = (verdict: VerdictStretch['verdict']) => stretches.filter((stretch) => stretch.verdict === verdict);
  const known = stretches.filter(({ verdict }) => verdict !== 'off' && verdict !== 'unknown');
  if (known.length === 0) return `It is not known whether ${name} was routable ${between}: nothing of it was seen.`;
  // A single moment has one verdict and no duration.
  const [only] = known;
  if (range.until - range.from <= 1000 && only !== undefined)
    return `At ${clock.moment(range.from)}, ${name} was ${only.verdict}.`;
  const unroutable = of('unroutable');
  const degraded = of('degraded');
  const ends = lastKnown(stretches);
  const partly = degraded.length === 0 ? '' : `; it was degraded for ${durationText(sum(degraded))} more`;
  return `${
    unroutable.length > 0
      ? `${name} was unroutable ${outageText(stretches, between, clock)}${ends?.verdict === 'unroutable' ? ', and still was at the end' : ''}${partly}.`
      : degraded.length > 0
        ? `${name} was ${neverText(known.length === stretches.length, between)}, and degraded for ${durationText(sum(degraded))}, first from ${clock.moment((degraded[0] ?? range).from)}.`
        : routableText(name, between, stretches)
  }${unseenText(of('unknown'), of('off'))}`;
}

/** Parts of the range were not seen, so "never" would claim too much. */
function neverText(isSeen: boolean, between: string): string {
  return isSeen ? `never unroutable ${between}` : `not unroutable ${between} whenever it was seen`;
}

function routableText(name: string, between: string, stretches: readonly VerdictStretch[]): string {
  const routable = stretches.filter(({ verdict }) => verdict === 'routable');
  if (routable.length === stretches.length) return `${name} was routable all the time ${between}.`;
  const seenMs = sum(routable);
  return seenMs < sum(stretches) / 2
    ? `For most of the time ${between} it is not known whether ${name} was routable: it was seen for ${durationText(seenMs)}, and was routable then.`
    : `${name} was routable ${between} whenever it was seen.`;
}

function outageText(stretches: readonly VerdictStretch[], between: string, clock: LocalClock): string {
  const outages = outagesIn(stretches);
  const longest = outages.reduce((most, one) => (sum(one) > sum(most) ? one : most));
  // Next to unseen time, the stretch may have begun earlier or ended later.
  const isCut = (outage: Ends): boolean => stretches.some((one) => isUnseen(one) && touches(one, outage));
  const lasted = (some: readonly Ends[]): string => `${some.some(isCut) ? 'at least ' : ''}${durationText(sum(some))}`;
  const when = `from ${clock.moment(longest[0].from)} for ${lasted(longest)}`;
  // Between two stretches of one outage nothing was seen, so there may have been more of them.
  const atLeast = outages.some(({ length }) => length > 1) ? 'at least ' : '';
  if (outages.length === 1) return `${atLeast}once ${between}: ${when}`;
  return `${atLeast}${counted(outages.length, 'time')} ${between}, ${lasted(outages.flat())} in all; the longest time ${when}`;
}

type Outage = [VerdictStretch, ...VerdictStretch[]];

/** The stretches of each outage. Time in which nothing was seen ends no outage. */
function outagesIn(stretches: readonly VerdictStretch[]): readonly Outage[] {
  const outages: Outage[] = [];
  let open: Outage | undefined;
  for (const stretch of stretches) {
    if (isUnseen(stretch)) continue;
    if (stretch.verdict !== 'unroutable') open = undefined;
    else if (open === undefined) outages.push((open = [stretch]));
    else open.push(stretch);
  }
  return outages;
}

function isUnseen({ verdict }: VerdictStretch): boolean {
  return verdict === 'unknown' || verdict === 'off';
}

function touches(one: Ends, other: Ends): boolean {
  return one.until === other.from || one.from === other.until;
}

function unseenText(unknown: readonly VerdictStretch[], off: readonly VerdictStretch[]): string {
  const blind = unknown.length === 0 ? '' : ` For ${durationText(sum(unknown))} of it we could not see.`;
  return off.length === 0 ? blind : `${blind} Nothing was recorded for ${durationText(sum(off))} of it.`;
}

function lastKnown(stretches: readonly VerdictStretch[]): VerdictStretch | undefined {
  return stretches.at(-1);
}

/** The length of a stretch, ms. */
export function lengthOf({ from, until }: Ends): number {
  return until - from;
}

/** The sum of the lengths of some stretches, ms. */
export function sum(stretches: readonly Ends[]): number {
  return stretches.reduce((total, one) => total + lengthOf(one), 0);
}
