import { drillTerritory, fakeOutage, marked, type Drill } from './fake-outage.ts';
import type { UnroutableEvent } from '../../detect/events/event.ts';
import { DEFAULT_POLICY } from '../../policy/policy.ts';
import { createEngine } from '../../engine.ts';
import type { EventTime } from '../../bgp/time.ts';
import type { Territory } from '../../territory/territory.ts';
import { DEFAULT_VOTING } from '../../policy/voting-policy.ts';

/**
 * The events of a real engine for a fake outage of this territory, with the default policy, marked as a drill. The same
 * drill gives the same events.
 */
export function drillEvents(drill: Drill, territory: Territory): readonly UnroutableEvent[] {
  const fake = drillTerritory(territory);
  const engine = createEngine({
    territories: [{ territory: fake, policy: DEFAULT_POLICY }],
    voting: DEFAULT_VOTING,
  });
  const elements = [...fakeOutage(fake, drill.atMs as EventTime)];
  return marked(
    drill,
    elements.flatMap((element) => engine.apply(element)?.events ?? []),
  );
}

/** The events of a drill in two parts. */
export interface DrillParts {
  /** The outage, up to the last event before the first return: this part pages people. */
  readonly opening: readonly UnroutableEvent[];
  /** The return: this part resolves the page. */
  readonly end: readonly UnroutableEvent[];
}

/** Divides the events of a drill at the first event of the return. */
export function drillParts(events: readonly UnroutableEvent[]): DrillParts {
  const at = events.findIndex(({ type }) => type === 'unit.returned' || type === 'country.restored');
  return { opening: events.slice(0, at), end: events.slice(at) };
}
