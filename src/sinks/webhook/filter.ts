import type { EventType, UnroutableEvent, Verdict } from '../../detect/events/event.ts';

/** How much an event matters, from least to most. */
export const SEVERITIES = ['info', 'notice', 'warning', 'critical'] as const;

/** How urgent an event is, as a filter names it. */
export type Severity = (typeof SEVERITIES)[number];

/** Which events an endpoint gets. An absent field excludes nothing. */
export interface EndpointFilter {
  /** Ids. Events without a territory, such as a gap of a collector, always pass. */
  readonly territories?: readonly string[];
  /** Types, or `country.*` for all with this prefix. Without it: all except `reachability.*`, which must be named. */
  readonly types?: readonly string[];
  readonly minSeverity?: Severity;
}

/**
 * The severity of each type. `by-verdict`: the severity of the worse of the two verdicts, or of the incident's worst.
 *
 * The end of an outage is as severe as the outage itself: people who were woken by it must learn that it is over.
 */
const SEVERITY_OF: Readonly<Record<EventType, Severity | 'by-verdict'>> = {
  'country.unroutable': 'by-verdict',
  'country.degraded': 'by-verdict',
  'country.restored': 'by-verdict',
  'country.unknown': 'by-verdict',
  'country.known': 'by-verdict',
  'country.flapping': 'warning',
  'country.steady': 'warning',
  'incident.opened': 'by-verdict',
  'incident.updated': 'by-verdict',
  'incident.closed': 'by-verdict',
  'unit.lost': 'notice',
  'unit.returned': 'notice',
  'upstream.gained': 'notice',
  'upstream.lost': 'notice',
  // Another AS announces a part of the territory: a mistake, or a hijack.
  'origin.changed': 'warning',
  'prefix.new': 'info',
  // The territory is not watched until this is over.
  'observer.blind': 'warning',
  'observer.restored': 'warning',
  'observer.gap': 'info',
  'observer.healed': 'info',
  'observer.data-loss': 'warning',
  'reachability.changed': 'notice',
  'reachability.warning': 'warning',
};

const SEVERITY_OF_VERDICT: Readonly<Record<Verdict, Severity>> = {
  unroutable: 'critical',
  degraded: 'warning',
  unknown: 'notice',
  routable: 'info',
};

const TYPES: readonly string[] = Object.keys(SEVERITY_OF);

/** How urgent an event is. */
export function severityOf(event: UnroutableEvent): Severity {
  const severity = SEVERITY_OF[event.type];
  if (severity !== 'by-verdict') return severity;
  const { data } = event;
  if ('verdict' in data) return worse(SEVERITY_OF_VERDICT[data.verdict], SEVERITY_OF_VERDICT[data.previous]);
  return 'incident' in data && typeof data.incident === 'object' ? SEVERITY_OF_VERDICT[data.incident.worst] : 'notice';
}

/** Territories in the filter that are not in `watched`: they never have events. */
export function unwatchedOf({ territories = [] }: EndpointFilter, watched: readonly string[]): readonly string[] {
  return territories.filter((id) => !watched.includes(id));
}

/** Whether an event is for an endpoint with this filter. */
export function passes(event: UnroutableEvent, { territories, types, minSeverity }: EndpointFilter): boolean {
  if (types === undefined ? event.type.startsWith('reachability.') : !types.some((one) => matchesType(one, event.type)))
    return false;
  if (minSeverity !== undefined && rank(severityOf(event)) < rank(minSeverity)) return false;
  const concerned = territoriesOf(event);
  return territories === undefined || concerned === 'all' || concerned.some((id) => territories.includes(id));
}

/** Whether a pattern can match any event. If not, it is a mistake: nothing would ever be sent. */
export function isTypePattern(pattern: string): boolean {
  return TYPES.some((type) => matchesType(pattern, type));
}

/** All valid values of `types`, for error messages. */
export function typePatterns(): readonly string[] {
  return ['*', ...new Set(TYPES.map((type) => `${type.split('.')[0]}.*`)), ...TYPES];
}

/** Whether an event of this type is meant: by its name, by `country.*`, or by `*`. */
export function matchesType(pattern: string, type: string): boolean {
  if (pattern === '*') return true;
  return pattern.endsWith('.*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;
}

function territoriesOf({ data }: UnroutableEvent): readonly string[] | 'all' {
  if ('territory' in data) return [data.territory.id];
  return 'territories' in data ? data.territories : 'all';
}

function worse(a: Severity, b: Severity): Severity {
  return rank(a) >= rank(b) ? a : b;
}

function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}
