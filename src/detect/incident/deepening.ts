import { earliest, later, type EventTime } from '../../bgp/time.ts';
import { DEEPER_AT, NEAR_UNROUTABLE_FACTOR } from '../../policy/fixed.ts';
import type { Policy } from '../../policy/policy.ts';
import type { IncidentChange } from '../events/event.ts';
import type { Controlled, VerdictState } from '../verdict/verdict.ts';
import { levelBefore } from './fall.ts';
import { isFlapping, type IncidentState } from './incident.ts';
import { isDown } from './spans.ts';

/** The sample and the policy by which an open incident is measured. */
interface Measure {
  readonly sample: Controlled;
  readonly policy: Policy;
}

/** Changes that must last before they are reported, once in an incident. */
const DEPTHS = ['below-half', 'near-unroutable', 'spread'] as const satisfies readonly IncidentChange[];

/** Notes what got worse with this sample, and drops what is no longer so. */
export function noteWorse(incident: IncidentState, state: VerdictState, measure: Measure): void {
  const { told, worsened } = incident;
  const { at } = measure.sample;
  // The verdict `unroutable` already says all of this.
  if (state.kind === 'unroutable') {
    for (const what of DEPTHS) told.add(what);
    worsened.delete('units-lost');
  }
  for (const what of DEPTHS) {
    const isSo = isDown({ verdict: state.kind }) && !told.has(what) && isReached(what, incident, measure);
    if (!isSo) worsened.delete(what);
    else if (!worsened.has(what)) worsened.set(what, at);
  }
  if (!told.has('flapping') && !worsened.has('flapping') && isFlapping(incident, measure.policy))
    worsened.set('flapping', at);
}

/** Marks the present state as reported. */
export function markReported(incident: IncidentState, measure: Measure): void {
  for (const what of DEPTHS) if (isReached(what, incident, measure)) incident.told.add(what);
  if (isFlapping(incident, measure.policy)) incident.told.add('flapping');
  incident.worsened.clear();
}

/** When a worsening will be reported if it lasts; `undefined` when nothing got worse. */
export function newsAt({ worsened }: IncidentState, policy: Policy): EventTime | undefined {
  let next: EventTime | undefined;
  for (const since of worsened.values()) next = earliest(next, later(since, policy.deepeningHoldMs));
  return next;
}

/**
 * What has lasted long enough by `at`, in order of begin. If an event is sent anyway, also changes that need no hold.
 */
export function takeNews(
  { told, worsened }: IncidentState,
  { at, isReportedAnyway }: { readonly at: EventTime; readonly isReportedAnyway: boolean },
  policy: Policy,
): readonly IncidentChange[] {
  const isDue = (what: IncidentChange, since: EventTime): boolean =>
    at - since >= policy.deepeningHoldMs || (isReportedAnyway && (what === 'flapping' || what === 'units-lost'));
  const due = [...worsened].filter(([what, since]) => isDue(what, since)).map(([what]) => what);
  for (const what of due) {
    worsened.delete(what);
    told.add(what);
  }
  return due;
}

function isReached(
  what: (typeof DEPTHS)[number],
  { fall, first }: IncidentState,
  { sample, policy }: Measure,
): boolean {
  switch (what) {
    case 'below-half':
      return sample.share <= DEEPER_AT * levelBefore(fall, first);
    case 'near-unroutable':
      return sample.share < NEAR_UNROUTABLE_FACTOR * policy.unroutableBelow;
    case 'spread':
      return sample.unitsVisible === 0;
  }
}
