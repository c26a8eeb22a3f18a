import type {
  CountryData,
  IncidentData,
  ReachabilityData,
  UnroutableEvent,
  UpstreamData,
} from '../detect/events/event.ts';

/** The columns, in order. Users rely on them: add new ones only at the end. */
export const CSV_COLUMNS = [
  'time',
  'type',
  'subject',
  'since',
  'verdict',
  'previous',
  'share',
  'voters',
  'seeing_nothing',
  'units_visible',
  'units',
  'unit',
  'upstream',
  'origin',
  'change',
  'prefix',
  'collector',
  'peer_address',
  'peer_asn',
  'reason',
  'peers',
  'incident',
  'incident_state',
  'incident_worst',
  'incident_shape',
  'drops',
  'duration_ms',
  'down_ms',
  'depth',
  'id',
  'source',
  'sequence',
  'territories',
  'kept',
  'found',
  'events',
  'first',
  'since_at_latest',
  'rebased',
  'unroutable_ms',
  'degraded_ms',
  'unknown_ms',
  'outages',
  'changed',
  'lost_at',
  'of',
  'witnesses',
  'seeing',
  'partial_voters',
  'partial_largest',
  'other_origin',
  'other_voters',
  'backfilled',
] as const;

type Column = (typeof CSV_COLUMNS)[number];
type Row = Partial<Record<Column, string | number>>;

/** The header line, RFC 4180 section 2: lines end in CRLF. */
export function csvHeader(): string {
  return csvLine(CSV_COLUMNS);
}

/**
 * The row of one event. Absent fields are empty; items of a list, such as the units of an upstream, are separated by
 * spaces.
 */
export function csvRow(event: UnroutableEvent): string {
  return csvLine(csvCells(event));
}

/** The cells of an event, by `CSV_COLUMNS`. */
export function csvCells(event: UnroutableEvent): readonly (string | number)[] {
  const { time, type, subject, id, source, sequence } = event;
  const row: Row = { time, type, subject, id, source, sequence, ...rowOf(event) };
  return CSV_COLUMNS.map((column) => row[column] ?? '');
}

function rowOf(event: UnroutableEvent): Row {
  const { data } = event;
  if ('collector' in data) {
    const { collector, peer, since, reason, peers, lostAt = '' } = data;
    return {
      lost_at: lostAt,
      collector,
      since,
      reason,
      peers,
      ...(peer && { peer_address: peer.address, peer_asn: peer.asn }),
    };
  }
  if ('reachability' in data) return reachRow(data);
  if ('territories' in data) {
    const { since, reason, territories, lostAt = '' } = data;
    return { lost_at: lostAt, since, reason, territories: territories.join(' ') };
  }
  if ('kept' in data) {
    const { since = '', kept, found, events } = data;
    return { since, kept, found, events };
  }
  const { share, of, voters, witnesses, seeing, seeingNothing, unitsVisible, units, partial, other } = data.visibility;
  const seen: Row = {
    since: data.since,
    first: data.first,
    share,
    of,
    voters,
    witnesses,
    seeing,
    seeing_nothing: seeingNothing,
    units_visible: unitsVisible,
    units,
    ...(partial && { partial_voters: partial.voters, partial_largest: partial.largest }),
    ...(other && { other_origin: other.origin, other_voters: other.voters }),
  };
  return { ...seen, ...detailOf(event) };
}

function upstreamDetail(data: UpstreamData): Row {
  return { upstream: data.upstream, unit: data.units.join(' '), share: data.share, ...flags(data) };
}

function reachRow({ reachability, previous, since, reason, changed }: ReachabilityData): Row {
  return {
    verdict: reachability,
    previous,
    since,
    reason: reason ?? '',
    changed: changed.map(({ service }) => service).join(' '),
  };
}

function detailOf(event: UnroutableEvent): Row {
  switch (event.type) {
    case 'country.unroutable':
    case 'country.degraded':
    case 'country.restored':
    case 'country.unknown':
    case 'country.known':
      return verdictDetail(event.data);
    case 'country.flapping':
    case 'country.steady': {
      const { drops, overMs, downMs, incident = '' } = event.data;
      return { drops, duration_ms: overMs, down_ms: downMs, incident };
    }
    case 'unit.lost':
    case 'unit.returned':
      return { unit: event.data.unit, lost_at: event.data.lostSince ?? '', ...flags(event.data) };
    case 'upstream.gained':
    case 'upstream.lost':
      return upstreamDetail(event.data);
    case 'origin.changed': {
      const { origin, change, units, share, sinceAtLatest } = event.data;
      return { origin, change, unit: units.join(' '), share, ...flags({ sinceAtLatest }) };
    }
    case 'prefix.new':
      return { prefix: event.data.prefix, share: event.data.share, ...flags(event.data) };
    case 'incident.opened':
    case 'incident.updated':
    case 'incident.closed':
      return incidentDetail(event.data);
    case 'observer.gap':
    case 'observer.healed':
    case 'observer.blind':
    case 'observer.restored':
    case 'observer.data-loss':
    case 'reachability.changed':
    case 'reachability.warning':
      return {};
  }
}

function verdictDetail(data: CountryData): Row {
  const { verdict, previous, reason, incident, sinceAtLatest, rebased } = data;
  // With too few voters the share is unknown, so the cell is empty: 0 would mean lost.
  const notKnown: Row = verdict === 'unknown' ? { share: '', seeing: '', seeing_nothing: '', units_visible: '' } : {};
  return {
    verdict,
    previous,
    reason: reason ?? '',
    incident: incident ?? '',
    ...flags({ sinceAtLatest, rebased }),
    ...notKnown,
  };
}

function incidentDetail({ incident, changed = [] }: IncidentData): Row {
  const { id, state, worst, shape, drops, durationMs = '', downMs, depth } = incident;
  return {
    incident: id,
    incident_state: state,
    incident_worst: worst,
    incident_shape: shape,
    drops,
    duration_ms: durationMs,
    down_ms: downMs,
    depth,
    ...flags(incident),
    unroutable_ms: incident.unroutableMs,
    degraded_ms: incident.degradedMs,
    unknown_ms: incident.unknownMs,
    outages: incident.outages,
    changed: changed.join(' '),
    backfilled: incident.backfilled ? 'true' : '',
  };
}

/** `true`, or empty. */
function flags({ sinceAtLatest, rebased }: Flags): Row {
  return { since_at_latest: sinceAtLatest === true ? 'true' : '', rebased: rebased === true ? 'true' : '' };
}

interface Flags {
  readonly sinceAtLatest?: true | undefined;
  readonly rebased?: true | undefined;
}

/** One line of CSV, which ends in CRLF. */
export function csvLine(fields: readonly (string | number)[]): string {
  return `${fields.map((field) => quoted(String(field))).join(',')}\r\n`;
}

/**
 * RFC 4180 section 2: a field with a comma, a quote or a line break is enclosed in quotes, and quotes in it are
 * doubled.
 */
function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
