import type { Service } from '../bgp/probe.ts';
import { eventTime, type EventTime } from '../bgp/time.ts';
import type { CountryData, IncidentData, Reachability, UnroutableEvent, Verdict } from '../detect/events/event.ts';
import { durationText, utcText } from './clock.ts';
import { SERVICE_NAMES } from './reach-words.ts';

/** One step: what changed, and since when. */
interface Step {
  readonly at: EventTime;
  /** `web`, `DNS`, or `routes`. */
  readonly what: string;
  /** `silent`. */
  readonly how: string;
  readonly isLoss: boolean;
}

/** A step this long before an incident still belongs to it. Milliseconds. */
const BEFORE_MS = 6 * 3_600_000;

/** At most this many steps are stored per territory: more than a flapping country has in a day. */
const MAX_STEPS = 200;

const SERVICE_STEPS: Readonly<Record<Reachability, string | undefined>> = {
  unreachable: 'silent',
  partly: 'answers in part',
  reachable: 'answers',
  unknown: undefined,
};

const ROUTE_STEPS: Readonly<Record<Verdict, string | undefined>> = {
  unroutable: 'gone',
  degraded: 'gone in part',
  routable: 'back',
  unknown: undefined,
};

const RANK: Readonly<Record<Reachability, number>> = { unknown: 0, reachable: 0, partly: 1, unreachable: 2 };

/**
 * The order in which services and routes were lost and came back. It collects events as they come, and reports the
 * order for an incident. The order follows from the times alone; it never names a cause.
 */
export class Progression {
  readonly #steps = new Map<string, Step[]>();

  /** Takes an event. Most types are ignored. */
  note(event: UnroutableEvent): void {
    if (event.drill === true) return;
    if (event.type === 'reachability.changed') {
      for (const { service, previous } of event.data.changed) {
        const now = event.data.services.find((one) => one.service === service);
        if (now !== undefined) this.#service(event.data.territory.id, service, previous, now);
      }
    }
    if ('verdict' in event.data) this.#routes(event.data);
  }

  /** One line for each step; empty if no service was probed, or none changed in that time. */
  linesOf({ territory, incident }: IncidentData): readonly string[] {
    const from = eventTime(incident.onset?.first ?? incident.spans[0]?.from ?? '') - BEFORE_MS;
    const steps = (this.#steps.get(territory.id) ?? []).filter(({ at }) => at >= from).toSorted((a, b) => a.at - b.at);
    if (!steps.some(({ what }) => what !== ROUTES)) return [];
    const listed = steps.map(({ at, what, how }) => `${utcText(at)} ${what} ${how}`).join(' · ');
    return [`In this order: ${listed}.`, ...firstOf(steps)];
  }

  #service(
    id: string,
    service: Service,
    previous: Reachability,
    { verdict, since }: { readonly verdict: Reachability; readonly since: string },
  ): void {
    const how = SERVICE_STEPS[verdict];
    // A first verdict is not a change.
    if (how === undefined || previous === 'unknown') return;
    const isLoss = RANK[verdict] > RANK[previous];
    this.#add(id, { at: eventTime(since), what: SERVICE_NAMES[service], how, isLoss });
  }

  #routes({ territory, family, verdict, previous, since }: CountryData): void {
    const how = ROUTE_STEPS[verdict];
    if (how === undefined || (previous === 'unknown' && verdict === 'routable')) return;
    const isSixth = family === 'ipv6';
    const step = { at: eventTime(since), what: ROUTES, how: isSixth ? `${how} (IPv6)` : how };
    this.#add(territory.id, { ...step, isLoss: verdict !== 'routable' });
  }

  #add(id: string, step: Step): void {
    const steps = this.#steps.get(id) ?? [];
    steps.push(step);
    if (steps.length > MAX_STEPS) steps.shift();
    this.#steps.set(id, steps);
  }
}

const ROUTES = 'routes';

/** What was lost first, and by how much. */
function firstOf(steps: readonly Step[]): readonly string[] {
  const losses = steps.filter(({ isLoss }) => isLoss);
  const routes = losses.find(({ what }) => what === ROUTES);
  const service = losses.find(({ what }) => what !== ROUTES);
  if (routes === undefined || service === undefined) return [];
  const ms = Math.abs(routes.at - service.at);
  const [first, second] = service.at <= routes.at ? [service.what, 'the routes'] : ['the routes', service.what];
  return [`First to change: ${first}, ${durationText(ms)} before ${second}.`];
}

/** The order for each incident after its last event, by the incident's id. Reads `events` once, in order. */
export async function ordersOf(
  events: Iterable<UnroutableEvent> | AsyncIterable<UnroutableEvent>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const progression = new Progression();
  const orders = new Map<string, readonly string[]>();
  for await (const event of events) {
    progression.note(event);
    const { data } = event;
    if ('incident' in data && typeof data.incident === 'object')
      orders.set(data.incident.id, progression.linesOf(data as IncidentData));
  }
  return orders;
}
