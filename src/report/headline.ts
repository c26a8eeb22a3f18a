import type { Family } from '../bgp/prefix.ts';
import type { EventTime } from '../bgp/time.ts';
import type { Verdict, VisibilityData } from '../detect/events/event.ts';
import { createClock } from './clock.ts';
import { seenText, territoryName } from './phrases.ts';

/** The data for the sentence that answers the question. */
export interface HeadlineFacts {
  readonly territory: { readonly id: string; readonly name: string };
  readonly family: Family;
  readonly timeZone: string | undefined;
  readonly verdict: Verdict;
  /** `undefined`: there has never been a verdict. */
  readonly since: EventTime | undefined;
  readonly visibility: VisibilityData | undefined;
  /** A moment of the past; `undefined`: now. */
  readonly at?: EventTime;
}

/** `North Korea has been unroutable since 2014-12-22 16:15:12 UTC (01:15:12 in Pyongyang, 23 Dec): all 36 networks …` */
export function headline({ territory, family, timeZone, verdict, since, visibility, at }: HeadlineFacts): string {
  const name = territoryName({ territory, family });
  const clock = createClock(timeZone);
  if (since === undefined) return `It is not known whether ${name} is routable: nothing has been seen of it yet.`;
  const from = `since ${clock.moment(since)}`;
  const proof = visibility === undefined ? '' : `: ${seenText(visibility)}`;
  if (at !== undefined) return `At ${clock.moment(at)}, ${name} had been ${wordOf(verdict)} ${from}.`;
  if (verdict === 'unknown') return `We cannot see whether ${name} is routable, and have not ${from}${proof}.`;
  return `${name} has been ${wordOf(verdict)} ${from}${proof}.`;
}

/** `Nothing is recorded of North Korea for 2014-12-24 00:00:00 UTC (09:00:00 in Pyongyang).` */
export function notRecorded({
  territory,
  family,
  timeZone,
  at,
}: Pick<HeadlineFacts, 'territory' | 'family' | 'timeZone'> & { readonly at: EventTime }): string {
  const moment = createClock(timeZone).moment(at);
  return `Nothing is recorded of ${territoryName({ territory, family })} for ${moment}.`;
}

function wordOf(verdict: Verdict): string {
  return verdict === 'unknown' ? 'out of our sight' : verdict;
}
