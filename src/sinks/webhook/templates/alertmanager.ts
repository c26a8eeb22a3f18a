import { DAY_MS, isoTime } from '../../../bgp/time.ts';
import type { CountryData, Envelope, IsoTime, UnroutableEvent, Verdict } from '../../../detect/events/event.ts';
import { oneLine } from './escape.ts';
import { json, type Sentence, type Template } from './template.ts';

/**
 * How long an alert fires, in days from when it is sent. Without an end time, Alertmanager ends an alert after its
 * `resolve_timeout`, 5 minutes, if it is not repeated. We end alerts ourselves, because a watch that stopped has not
 * seen the end. The time counts from sending, so that alerts of a recording are shown, too.
 */
const FIRES_FOR_DAYS = 365;

/** Alerts by verdict. The labels of an alert never change while it fires, because its end must have the same labels. */
const ALERTS = [
  { verdict: 'unroutable', alertname: 'CountryUnroutable', severity: 'critical' },
  { verdict: 'degraded', alertname: 'CountryDegraded', severity: 'warning' },
] as const satisfies readonly { readonly verdict: Verdict; readonly alertname: string; readonly severity: string }[];

/**
 * `POST /api/v2/alerts` of Alertmanager. A verdict fires its alert and ends the other one; `routable` ends both, with
 * the time of the recovery. With `unknown`, a firing alert continues: losing sight is not a recovery.
 */
export const alertmanager: Template = (event, sentence, wallMs = 0) => {
  const farOff = isoTime(Math.max(Date.parse(event.time), wallMs) + FIRES_FOR_DAYS * DAY_MS);
  switch (event.type) {
    case 'country.unroutable':
    case 'country.degraded':
    case 'country.restored':
    case 'country.known':
      return json(ALERTS.map((alert) => countryAlert(alert, { event, data: event.data, farOff }, sentence)));
    case 'observer.blind':
      return json([blindAlert(event, farOff, sentence)]);
    case 'observer.restored':
      return json([blindAlert(event, event.data.since, sentence)]);
    case 'country.unknown':
    case 'country.flapping':
    case 'country.steady':
    case 'incident.opened':
    case 'incident.updated':
    case 'incident.closed':
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
};

/** The alerts that an event is about. A later event with the same key replaces it. */
export interface Alert {
  readonly key: string;
  readonly fires: boolean;
}

/** The alert of an event; `undefined`: the event has no alert, and nothing is sent. */
export function alertOf(event: UnroutableEvent): Alert | undefined {
  if (event.type === 'observer.blind' || event.type === 'observer.restored') {
    return { key: event.source, fires: event.type === 'observer.blind' };
  }
  if (!isVerdict(event)) return undefined;
  const { territory, family, verdict } = event.data;
  const fires = ALERTS.some((alert) => alert.verdict === verdict);
  return { key: `${event.source} ${territory.id} ${family}`, fires };
}

const VERDICT_TYPES = ['country.unroutable', 'country.degraded', 'country.restored', 'country.known'] as const;

function isVerdict(event: UnroutableEvent): event is Envelope<(typeof VERDICT_TYPES)[number]> {
  return VERDICT_TYPES.some((type) => type === event.type);
}

interface Said {
  readonly event: UnroutableEvent;
  readonly data: CountryData;
  readonly farOff: IsoTime;
}

function countryAlert(alert: (typeof ALERTS)[number], { event, data, farOff }: Said, sentence: Sentence) {
  const fires = data.verdict === alert.verdict;
  return {
    labels: {
      alertname: alert.alertname,
      severity: alert.severity,
      territory: data.territory.id,
      family: data.family,
      // A drill has its own alert, so that it neither fires nor ends the real one.
      ...(event.drill === true ? { drill: 'true' } : {}),
    },
    annotations: annotations(event, sentence),
    startsAt: data.since,
    endsAt: fires ? farOff : data.since,
  };
}

type BlindEvent = Envelope<'observer.blind'> | Envelope<'observer.restored'>;

function blindAlert(event: BlindEvent, endsAt: IsoTime, sentence: Sentence) {
  return {
    labels: { alertname: 'ObserverBlind', severity: 'warning' },
    annotations: annotations(event, sentence),
    startsAt: event.data.since,
    endsAt,
  };
}

function annotations(event: UnroutableEvent, sentence: Sentence) {
  return { summary: oneLine(sentence(event), 1000), event: event.id };
}
