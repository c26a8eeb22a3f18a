import { asnFrom, countFrom, Fields, numberFrom, pairFrom, peerFrom, timeFrom } from '../lib/fields.ts';
import type { Evidence } from '../detect/events/event.ts';
import type { DropState, Fall, IncidentState, OmittedDrops } from '../detect/incident/incident.ts';

const VERDICTS = ['degraded', 'unroutable'] as const;

export function fallText(fall: Fall): string {
  const { steps, unitsLost, upstreamsLost, unitsReturned, stuck } = fall;
  return JSON.stringify({
    ...fall,
    steps: steps.map(({ at, share }) => [at, share]),
    unitsLost: [...unitsLost],
    upstreamsLost: [...upstreamsLost],
    unitsReturned: [...unitsReturned],
    stuck: stuck.map(({ peer, units }) => [peer.id, units]),
  });
}

/** @throws Error when it was not so written. */
export function parseFall(text: string, units: number): Fall {
  const fields = Fields.parse(text);
  const unitTimes = (name: string) =>
    fields.list(name, (value) => pairFrom(value, (unit) => countFrom(unit, 'unit', units), timeFrom));
  const steps = fields.list('steps', (value) => pairFrom(value, timeFrom, numberFrom));
  const stuck = fields.list('stuck', (value) => pairFrom(value, peerFrom, countFrom));
  return {
    first: fields.time('first'),
    from: fields.number('from'),
    half: fields.optional('half', timeFrom),
    ninety: fields.optional('ninety', timeFrom),
    depth: fields.number('depth'),
    steps: steps.map(([at, share]) => ({ at, share })),
    unitsLost: new Map(unitTimes('unitsLost')),
    upstreamsLost: new Map(fields.list('upstreamsLost', (value) => pairFrom(value, asnFrom, timeFrom))),
    upstreamsOmitted: fields.count('upstreamsOmitted'),
    unitsReturned: new Map(unitTimes('unitsReturned')),
    stuck: stuck.map(([peer, seen]) => ({ peer, units: seen })),
  };
}

/** Without its fall, which began before it and is written by itself. */
export function incidentText({ id, drops, omitted, evidence, backfilled }: IncidentState): string {
  return JSON.stringify({ id, drops, omitted, evidence, backfilled });
}

/** @throws Error when it was not so written. */
export function parseIncident(text: string, fall: Fall | undefined): IncidentState {
  if (fall === undefined) throw new Error('there is no fall of it');
  const fields = Fields.parse(text);
  return {
    id: fields.text('id'),
    fall,
    drops: fields.list('drops', (value) => dropFrom(new Fields(value))),
    omitted: fields.optional('omitted', (value) => omittedFrom(new Fields(value))),
    evidence: evidenceFrom(fields.fields('evidence')),
    backfilled: fields.flag('backfilled'),
  };
}

function dropFrom(fields: Fields): DropState {
  return {
    verdict: fields.word('verdict', VERDICTS),
    first: fields.time('first'),
    since: fields.time('since'),
    until: fields.optional('until', timeFrom),
    depth: fields.number('depth'),
  };
}

function omittedFrom(fields: Fields): OmittedDrops {
  return {
    count: fields.count('count'),
    downMs: fields.count('downMs'),
    unroutableMs: fields.count('unroutableMs'),
    outages: fields.count('outages'),
    depth: fields.number('depth'),
    worst: fields.word('worst', VERDICTS),
  };
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
