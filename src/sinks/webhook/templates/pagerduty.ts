import type { UnroutableEvent } from '../../../detect/events/event.ts';
import { severityOf, type Severity } from '../filter.ts';
import type { Secret } from '../request/secret.ts';
import { oneLine } from './escape.ts';
import { json, type Template } from './template.ts';

const SEVERITIES: Readonly<Record<Severity, 'info' | 'warning' | 'critical'>> = {
  info: 'info',
  notice: 'info',
  warning: 'warning',
  critical: 'critical',
};

/**
 * PagerDuty's Events API v2, with the integration's routing key. One of our incidents is one of PagerDuty's, by its id:
 * each drop triggers it, each recovery resolves it. Other events are not sent.
 */
export function pagerduty(routingKey: Secret): Template {
  return (event, sentence) => {
    const page = pageOf(event);
    if (page === undefined) return undefined;
    const { action, dedupKey } = page;
    const addressed = { routing_key: routingKey.reveal(), event_action: action, dedup_key: dedupKey };
    if (action === 'resolve') return json(addressed);
    const payload = {
      summary: oneLine(sentence(event), 1024),
      source: `unroutable${event.source}`,
      severity: SEVERITIES[severityOf(event)],
      timestamp: event.time,
      component: event.subject,
      class: event.type,
      custom_details: { id: event.id, sequence: event.sequence },
    };
    return json({ ...addressed, payload, client: 'unroutable' });
  };
}

interface Page {
  readonly action: 'trigger' | 'resolve';
  readonly dedupKey: string;
}

function pageOf(event: UnroutableEvent): Page | undefined {
  switch (event.type) {
    case 'country.unroutable':
    case 'country.degraded':
      return { action: 'trigger', dedupKey: event.data.incident ?? event.subject };
    case 'country.restored':
      return { action: 'resolve', dedupKey: event.data.incident ?? event.subject };
    case 'country.known':
      return knownPage(event.data.verdict, event.data.incident ?? event.subject);
    case 'incident.opened':
      return { action: 'trigger', dedupKey: event.data.incident.id };
    case 'incident.closed':
      return { action: 'resolve', dedupKey: event.data.incident.id };
    case 'observer.blind':
      return { action: 'trigger', dedupKey: 'observer.blind' };
    case 'observer.restored':
      return { action: 'resolve', dedupKey: 'observer.blind' };
    // An update after a recovery would reopen the resolved incident.
    case 'incident.updated':
    case 'country.unknown':
    case 'country.flapping':
    case 'country.steady':
    case 'unit.lost':
    case 'unit.returned':
    case 'upstream.gained':
    case 'upstream.lost':
    case 'origin.changed':
    case 'prefix.new':
    case 'observer.gap':
    case 'observer.healed':
    case 'observer.data-loss':
    case 'reachability.changed':
    case 'reachability.warning':
      return undefined;
  }
}

/** After blindness: if the territory is down, trigger; if it is routable, resolve. */
function knownPage(verdict: string, dedupKey: string): Page | undefined {
  if (verdict === 'unroutable' || verdict === 'degraded') return { action: 'trigger', dedupKey };
  return verdict === 'routable' ? { action: 'resolve', dedupKey } : undefined;
}
