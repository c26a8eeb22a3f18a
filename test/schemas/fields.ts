import type { GapReason } from '../../src/bgp/element.ts';
import type { Family } from '../../src/bgp/prefix.ts';
import type {
  BlindReason,
  Envelope,
  EventData,
  EventType,
  Evidence,
  Incident,
  IncidentChange,
  IncidentSpan,
  Message,
  ObserverData,
  ServiceReach,
  TargetReach,
  OfTerritory,
  OriginData,
  Verdict,
  VisibilityData,
} from '../../src/detect/events/event.ts';

/**
 * The fields of the TypeScript types, written out so that a test can hold the schemas against them. They cannot go astray:
 * a field too many or too few, another type or a field that became optional does not compile here.
 */
type Kind<T> = T extends string
  ? 'string'
  : T extends number
    ? 'number'
    : T extends boolean
      ? 'boolean'
      : T extends readonly unknown[]
        ? 'array'
        : 'object';
type IsOptional<T, K extends keyof T> = object extends Pick<T, K> ? '?' : '';
type Fields<T> = { readonly [K in keyof T]-?: `${Kind<Exclude<T[K], undefined>>}${IsOptional<T, K>}` };

const ofTerritory = {
  territory: 'object',
  family: 'string',
  since: 'string',
  first: 'string',
  visibility: 'object',
} as const satisfies Fields<OfTerritory>;

const country = {
  ...ofTerritory,
  verdict: 'string',
  previous: 'string',
  reason: 'string?',
  sinceAtLatest: 'boolean?',
  rebased: 'boolean?',
  incident: 'string?',
  evidence: 'object?',
} as const;
const flapping = {
  ...ofTerritory,
  drops: 'number',
  overMs: 'number',
  downMs: 'number',
  downShare: 'number',
  incident: 'string?',
  evidence: 'object?',
} as const;
const unit = {
  ...ofTerritory,
  unit: 'string',
  lostSince: 'string?',
  sinceAtLatest: 'boolean?',
  evidence: 'object?',
} as const;
const upstream = {
  ...ofTerritory,
  upstream: 'number',
  units: 'array',
  share: 'number',
  sinceAtLatest: 'boolean?',
  evidence: 'object?',
} as const;
const incident = { ...ofTerritory, incident: 'object', changed: 'array?' } as const;
const blind = { since: 'string', lostAt: 'string?', reason: 'string', territories: 'array' } as const;
const gap = {
  collector: 'string',
  peer: 'object?',
  since: 'string',
  lostAt: 'string?',
  reason: 'string',
  peers: 'number',
} as const;

const reachability = {
  territory: 'object',
  reachability: 'string',
  previous: 'string',
  since: 'string',
  reason: 'string?',
  vantages: 'number',
  services: 'array',
  targets: 'array',
  changed: 'array',
} as const;

export const EVENT_FIELDS: { readonly [Type in EventType]: Fields<EventData[Type]> } = {
  'country.unroutable': country,
  'country.degraded': country,
  'country.restored': country,
  'country.unknown': country,
  'country.known': country,
  'country.flapping': flapping,
  'country.steady': flapping,
  'unit.lost': unit,
  'unit.returned': unit,
  'upstream.gained': upstream,
  'upstream.lost': upstream,
  'origin.changed': {
    ...ofTerritory,
    origin: 'number',
    change: 'string',
    units: 'array',
    share: 'number',
    sinceAtLatest: 'boolean?',
    evidence: 'object?',
  },
  'prefix.new': { ...ofTerritory, prefix: 'string', share: 'number', sinceAtLatest: 'boolean?', evidence: 'object?' },
  'observer.blind': blind,
  'observer.restored': blind,
  'observer.gap': gap,
  'observer.healed': gap,
  'observer.data-loss': { since: 'string?', kept: 'number', found: 'number', events: 'number' },
  'incident.opened': incident,
  'incident.updated': incident,
  'incident.closed': incident,
  'reachability.changed': reachability,
  'reachability.warning': { ...reachability, routes: 'array' },
};

export const EVENT_TYPES = Object.keys(EVENT_FIELDS) as readonly EventType[];

const envelope: Fields<Envelope<EventType>> = {
  specversion: 'string',
  id: 'string',
  source: 'string',
  type: 'string',
  subject: 'string',
  time: 'string',
  datacontenttype: 'string',
  sequence: 'string',
  previousid: 'string?',
  drill: 'boolean?',
  data: 'object',
};
const visibility: Fields<VisibilityData> = {
  share: 'number',
  of: 'string',
  voters: 'number',
  witnesses: 'number',
  seeing: 'number',
  seeingNothing: 'number',
  unitsVisible: 'number',
  units: 'number',
  partial: 'object?',
  other: 'object?',
};
const evidence: Fields<Evidence> = { count: 'number', messages: 'array' };
const message: Fields<Message> = {
  at: 'string',
  type: 'string',
  collector: 'string',
  peer: 'object',
  prefixes: 'array',
};
const span: Fields<IncidentSpan> = {
  verdict: 'string',
  from: 'string',
  until: 'string?',
  depth: 'number?',
  sinceAtLatest: 'boolean?',
};
const wholeIncident: Fields<Incident> = {
  id: 'string',
  state: 'string',
  worst: 'string',
  spans: 'array',
  spansOmitted: 'number?',
  drops: 'number',
  outages: 'number',
  durationMs: 'number?',
  unroutableMs: 'number',
  degradedMs: 'number',
  unknownMs: 'number',
  routableMs: 'number',
  downMs: 'number',
  sinceAtLatest: 'boolean?',
  rebased: 'boolean?',
  depth: 'number',
  shape: 'string',
  onset: 'object?',
  unitsLost: 'array',
  upstreamsLost: 'array',
  upstreamsOmitted: 'number?',
  unitsReturned: 'array',
  stuck: 'array',
  backfilled: 'boolean',
  evidence: 'object',
};

const serviceReach: Fields<ServiceReach> = {
  service: 'string',
  verdict: 'string',
  since: 'string',
  answering: 'number',
  silent: 'number',
  targets: 'number',
};
const targetReach: Fields<TargetReach> = {
  target: 'string',
  service: 'string',
  vantage: 'object',
  result: 'string',
  at: 'string',
  detail: 'string',
};

/** Of the parts in `common.schema.json`. */
export const PART_FIELDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  envelope,
  ofTerritory,
  visibility,
  evidence,
  message,
  span,
  incident: wholeIncident,
  serviceReach,
  targetReach,
};

const peer: Fields<NonNullable<ObserverData['peer']>> = { address: 'string', asn: 'number' };
const vantage: Fields<TargetReach['vantage']> = { id: 'string', country: 'string?', asn: 'number?' };
const onset: Fields<NonNullable<Incident['onset']>> = { first: 'string', half: 'string?', ninety: 'string?' };
const unitLost: Fields<Incident['unitsLost'][number]> = { unit: 'string', at: 'string' };
const upstreamLost: Fields<Incident['upstreamsLost'][number]> = { upstream: 'number', at: 'string' };
const stuck: Fields<Incident['stuck'][number]> = {
  collector: 'string',
  address: 'string',
  asn: 'number',
  units: 'number',
};
const partial: Fields<NonNullable<VisibilityData['partial']>> = { voters: 'number', largest: 'number' };
const other: Fields<NonNullable<VisibilityData['other']>> = { origin: 'number', voters: 'number' };
const territory: Fields<OfTerritory['territory']> = { id: 'string', name: 'string' };

/** Of objects that have no name, by their part and property. */
export const NESTED_FIELDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'ofTerritory.territory': territory,
  'visibility.partial': partial,
  'visibility.other': other,
  'message.peer': peer,
  'targetReach.vantage': vantage,
  'observerData.peer': peer,
  'incident.onset': onset,
  'incident.unitsLost': unitLost,
  'incident.unitsReturned': unitLost,
  'incident.upstreamsLost': upstreamLost,
  'incident.stuck': stuck,
};

type Every<Word extends string> = Readonly<Record<Word, true>>;

const verdicts: Every<Verdict> = { unknown: true, routable: true, degraded: true, unroutable: true };
const families: Every<Family> = { ipv4: true, ipv6: true };
const worst: Every<Incident['worst']> = { degraded: true, unroutable: true };
const blindReasons: Every<BlindReason> = {
  'too-few-voters': true,
  'lost-voters': true,
  'too-few-collectors': true,
  'control-group': true,
  'never-seen': true,
  'too-short': true,
};
const gapReasons: Every<GapReason> = {
  'damaged-file': true,
  'unreadable-message': true,
  'missing-file': true,
  'short-dump': true,
  'absent-peer': true,
  'too-many-routes': true,
  'changed-form': true,
  'ambiguous-peer': true,
  'renamed-peer': true,
  disconnected: true,
  'silent-collector': true,
  'stale-feed': true,
  'ahead-feed': true,
  'silent-peer': true,
  restarted: true,
};
const states: Every<Incident['state']> = { open: true, closed: true };
const shapes: Every<Incident['shape']> = { cliff: true, slope: true, flapping: true, unseen: true };
const incidentChanges: Every<IncidentChange> = {
  verdict: true,
  'below-half': true,
  'near-unroutable': true,
  'units-lost': true,
  spread: true,
  flapping: true,
  rebased: true,
};
const messageTypes: Every<Message['type']> = { announcement: true, withdrawal: true, rib: true };
const changes: Every<OriginData['change']> = { appeared: true, gone: true };

/** The words a field may hold, by the part, or part and property, of `common.schema.json`. */
export const WORDS: Readonly<Record<string, Readonly<Record<string, true>>>> = {
  verdict: verdicts,
  family: families,
  blindReason: blindReasons,
  gapReason: gapReasons,
  'incident.state': states,
  'incident.worst': worst,
  incidentChange: incidentChanges,
  'incident.shape': shapes,
  'message.type': messageTypes,
  'originData.change': changes,
};

export const GAP_REASONS = Object.keys(gapReasons) as readonly GapReason[];
export const BLIND_REASONS = Object.keys(blindReasons) as readonly BlindReason[];
