import { asnFrom, countFrom, Fields, numberFrom, pairFrom, peerFrom, timeFrom } from '../lib/fields.ts';
import type { Evidence, IncidentChange, Verdict } from '../detect/events/event.ts';
import type { Fall } from '../detect/incident/fall.ts';
import type { IncidentState } from '../detect/incident/incident.ts';
import type { OmittedSpans, SpanState, Timeline } from '../detect/incident/spans.ts';

const VERDICTS: readonly Verdict[] = ['unknown', 'routable', 'degraded', 'unroutable'];

const CHANGES: readonly IncidentChange[] = [
  'verdict',
  'below-half',
  'near-unroutable',
  'units-lost',
  'spread',
  'flapping',
  'rebased',
];

/** A fall as it is written down. */
export function fallText(fall: Fall): string {
  const { steps, upstreamsLost, stuck } = fall;
  return JSON.stringify({
    ...fall,
    steps: steps.map(({ at, share }) => [at, share]),
    upstreamsLost: [...upstreamsLost],
    stuck: stuck.map(({ peer, units }) => [peer.id, units]),
  });
}

/** @throws Error when it was not so written. */
export function parseFall(text: string): Fall {
  const fields = Fields.parse(text);
  const steps = fields.list('steps', (value) => pairFrom(value, timeFrom, numberFrom));
  const stuck = fields.list('stuck', (value) => pairFrom(value, peerFrom, countFrom));
  return {
    first: fields.time('first'),
    from: fields.number('from'),
    depth: fields.number('depth'),
    steps: steps.map(([at, share]) => ({ at, share })),
    upstreamsLost: new Map(fields.list('upstreamsLost', (value) => pairFrom(value, asnFrom, timeFrom))),
    upstreamsOmitted: fields.count('upstreamsOmitted'),
    stuck: stuck.map(([peer, seen]) => ({ peer, units: seen })),
  };
}

/** Without its fall, which began before it and is written by itself. */
export function incidentText(incident: IncidentState): string {
  const { id, first, timeline, unitsLost, unitsReturned, told, worsened, evidence, backfilled, rebased } = incident;
  return JSON.stringify({
    id,
    first,
    spans: timeline.spans,
    omitted: timeline.omitted,
    unitsLost: [...unitsLost],
    unitsReturned: [...unitsReturned],
    told: [...told],
    worsened: [...worsened],
    evidence,
    backfilled,
    rebased,
  });
}

/** @throws Error when it was not so written. */
export function parseIncident(
  text: string,
  { fall, units }: { readonly fall: Fall | undefined; readonly units: number },
): IncidentState {
  if (fall === undefined) throw new Error('there is no fall of it');
  const fields = Fields.parse(text);
  const unitTimes = (name: string) =>
    fields.list(name, (value) => pairFrom(value, (unit) => countFrom(unit, 'unit', units), timeFrom));
  return {
    id: fields.text('id'),
    first: fields.time('first'),
    fall,
    timeline: timelineFrom(fields),
    unitsLost: new Map(unitTimes('unitsLost')),
    unitsReturned: new Map(unitTimes('unitsReturned')),
    told: new Set(fields.list('told', changeFrom)),
    worsened: new Map(fields.list('worsened', (value) => pairFrom(value, changeFrom, timeFrom))),
    evidence: evidenceFrom(fields.fields('evidence')),
    backfilled: fields.flag('backfilled'),
    rebased: fields.flag('rebased'),
  };
}

function timelineFrom(fields: Fields): Timeline {
  return {
    spans: fields.list('spans', (value) => spanFrom(new Fields(value))),
    omitted: fields.optional('omitted', (value) => omittedFrom(new Fields(value))),
  };
}

function spanFrom(fields: Fields): SpanState {
  return {
    verdict: fields.word('verdict', VERDICTS),
    from: fields.time('from'),
    depth: fields.number('depth'),
    sinceAtLatest: fields.flag('sinceAtLatest'),
    falls: fields.flag('falls'),
  };
}

function omittedFrom(fields: Fields): OmittedSpans {
  const ms = fields.fields('ms');
  return {
    from: fields.time('from'),
    count: fields.count('count'),
    ms: {
      unknown: ms.count('unknown'),
      routable: ms.count('routable'),
      degraded: ms.count('degraded'),
      unroutable: ms.count('unroutable'),
    },
    drops: fields.count('drops'),
    outages: fields.count('outages'),
    depth: fields.number('depth'),
  };
}

function changeFrom(value: unknown): IncidentChange {
  const found = CHANGES.find((change) => change === value);
  if (found === undefined) throw new Error(`${String(value)} is not one of ${CHANGES.join(', ')}`);
  return found;
}

/** As events carry it: it is handed on as it is. */
function evidenceFrom(fields: Fields): Evidence {
  const messages = fields.list('messages', (value) => {
    const message = new Fields(value);
    message.text('at');
    message.text('type');
    message.text('collector');
    message.fields('peer').text('address');
    message.list('prefixes', String);
    return value as Evidence['messages'][number];
  });
  return { count: fields.count('count'), messages };
}
