import type { Evidence, IncidentChange, Verdict } from '../detect/events/event.ts';
import type { Fall } from '../detect/incident/fall.ts';
import type { IncidentState } from '../detect/incident/incident.ts';
import { converted, list, map, object, optional, plain, row, set, word, type Codec } from './codec.ts';
import { asn, count, flag, number, peer, text, time, unit } from './values.ts';

const verdict = word<Verdict>(['unknown', 'routable', 'degraded', 'unroutable']);

const incidentChange = word<IncidentChange>([
  'verdict',
  'below-half',
  'near-unroutable',
  'units-lost',
  'spread',
  'flapping',
  'rebased',
]);

/** A fall of visibility. */
export const fall: Codec<Fall> = object({
  first: time,
  from: number,
  depth: number,
  steps: list(row({ at: time, share: number })),
  upstreamsLost: map(asn, time),
  upstreamsOmitted: count,
  stuck: list(row({ peer, units: count })),
});

const span = object({ verdict, from: time, depth: number, sinceAtLatest: flag, falls: flag });

const omitted = object({
  from: time,
  count,
  ms: object({ unknown: count, routable: count, degraded: count, unroutable: count }),
  drops: count,
  outages: count,
  depth: number,
});

const message = object({
  at: text,
  type: text,
  collector: text,
  peer: object({ address: text }),
  prefixes: list(text),
});

/** Messages in the form that events carry. They are checked, and all their fields are stored. */
const messages: Codec<Evidence['messages']> = plain((value, units) => {
  list(message).decode(value, units);
  return value as Evidence['messages'];
});

/** An incident without its fall, which has a record of its own because it begins earlier. */
export const incident: Codec<Omit<IncidentState, 'fall'>> = converted(
  object({
    id: text,
    first: time,
    spans: list(span),
    omitted: optional(omitted),
    unitsLost: map(unit, time),
    unitsReturned: map(unit, time),
    told: set(incidentChange),
    worsened: map(incidentChange, time),
    evidence: object({ count, messages }),
    backfilled: flag,
    rebased: flag,
  }),
  {
    from: ({ spans, omitted, ...rest }) => ({ ...rest, timeline: { spans, omitted } }),
    to: ({ timeline, ...rest }) => ({ ...rest, ...timeline }),
  },
);
