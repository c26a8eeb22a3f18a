import type { Service } from '../bgp/probe.ts';
import { eventTime } from '../bgp/time.ts';
import type {
  Reachability,
  ReachabilityData,
  ReachabilityView,
  ReachabilityWarningData,
  ServiceReach,
  UnreachedReason,
} from '../detect/events/event.ts';
import type { Clocks } from './phrases.ts';
import { counted, listed } from './printable.ts';

/** The name of a class of service in a sentence. */
export const SERVICE_NAMES: Readonly<Record<Service, string>> = { dns: 'DNS', web: 'web', mail: 'mail' };

const REASONS: Readonly<Record<UnreachedReason, string>> = {
  'own-line': 'none of our own controls can be reached, so the fault is ours',
  'too-few-targets': 'too few targets have results',
  'no-results': 'there are no recent results',
};

const STATES: Readonly<Record<Exclude<Reachability, 'unknown'>, string>> = {
  reachable: 'reachable',
  partly: 'reachable in part',
  unreachable: 'unreachable',
};

/**
 * One sentence for an event about reachability. It speaks of the servers that were probed, never of users or causes.
 */
export function reachabilitySentence(data: ReachabilityData, clocks: Clocks): string {
  const { territory, reachability, since, vantages, services } = data;
  const moment = clocks(territory.id).moment(eventTime(since));
  if (reachability === 'unknown')
    return `This tool has not been able to say since ${moment} whether services in ${territory.name} answer: ${REASONS[data.reason ?? 'no-results']}. That says nothing about ${territory.name}.`;
  const changes = data.changed.length > 0 && data.previous === reachability ? ' (one class of them changed)' : '';
  const from = counted(vantages, 'vantage point');
  return `Services in ${territory.name} have been ${STATES[reachability]} since ${moment}${changes}, asked from ${from}: ${servicesText(services)}.`;
}

/** One sentence for a warning. It says what came first and leaves open what that means. */
export function warningSentence(data: ReachabilityWarningData, clocks: Clocks): string {
  return `Early warning: ${reachabilitySentence(data, clocks).replace(/\.$/, '')}, while the routes to ${data.territory.name} are all there.`;
}

/** `DNS reachable in part (1 of 4), web unreachable (0 of 3) and mail reachable (1 of 1)`. */
export function servicesText(services: readonly ServiceReach[]): string {
  return listed(services.map(serviceText));
}

function serviceText({ service, verdict, answering, targets }: ServiceReach): string {
  if (verdict === 'unknown') return `${SERVICE_NAMES[service]} not known`;
  return `${SERVICE_NAMES[service]} ${STATES[verdict]} (${answering} of ${targets})`;
}

/** One line for a status: `partly reachable since …: DNS …`. */
export function reachabilityText({
  reachability,
  reason,
  services,
  vantages,
}: Pick<ReachabilityView, 'reachability' | 'services' | 'vantages'> & {
  readonly reason?: UnreachedReason | undefined;
}): string {
  if (reachability === 'unknown') return `unknown: ${REASONS[reason ?? 'no-results']}`;
  return `${STATES[reachability]}, from ${counted(vantages, 'vantage point')}: ${servicesText(services)}`;
}
