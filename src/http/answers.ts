import { z } from 'zod';

/**
 * The answers of the API. The OpenAPI document is generated from these schemas, and tests check each answer against
 * them.
 */
const time = z.iso.datetime().describe('Event time, RFC 3339 in UTC');
const share = z.number().min(0).max(1).describe('0 to 1, four decimals');
const family = z.enum(['ipv4', 'ipv6']);
const asNames = z
  .array(z.object({ asn: z.int(), name: z.string() }))
  .optional()
  .describe('Names of the ASes of this answer; the server was given a list of them');
const verdict = z.enum(['unknown', 'routable', 'degraded', 'unroutable']);
const stage = z.enum(['unknown', 'routable', 'degraded', 'unroutable', 'off']);
/** Objects of events have schemas of their own under schemas/. */
const incident = z.looseObject({ id: z.string(), state: z.enum(['open', 'closed']) });
const visibility = z.looseObject({ share, voters: z.int(), witnesses: z.int() });
const ofTerritory = { territory: z.string(), family };
const peer = { collector: z.string(), address: z.string(), asn: z.int() };

const message = z.object({
  type: z.enum(['announcement', 'withdrawal', 'rib']),
  prefix: z.string(),
  before: z.string().nullable().describe('AS path before it; null: there was no route'),
  after: z.string().nullable().describe('AS path after it; null: there is no route'),
});

const reachability = z.enum(['unknown', 'reachable', 'partly', 'unreachable']);
const service = z.enum(['dns', 'web', 'mail']);

/** The reachability of a territory's services, in the form that the engine stores. */
export const reachabilityOf = z.object({
  reachability,
  since: time,
  reason: z.enum(['own-line', 'too-few-targets', 'no-results']).optional().describe('Why it is unknown'),
  vantages: z.int().describe('Vantage points that have recent results and whose line works'),
  services: z.array(
    z.object({
      service,
      verdict: reachability,
      since: time,
      answering: z.int().describe('Targets that answer as asked, from more than half of the vantage points'),
      silent: z.int(),
      targets: z.int(),
    }),
  ),
  targets: z.array(
    z.object({
      target: z.string(),
      service,
      vantage: z.object({ id: z.string(), country: z.string().optional(), asn: z.int().optional() }),
      result: z.enum(['answered', 'refused', 'silent', 'no-route', 'odd']),
      at: time,
      detail: z.string(),
    }),
  ),
});

/** The schema of each answer, by name. */
export const answers = {
  territories: z.object({
    territories: z.array(
      z.object({
        ...ofTerritory,
        name: z.string(),
        timeZone: z.string().optional(),
        networks: z.array(z.string()),
        recordedUntil: time.optional(),
      }),
    ),
  }),
  verdict: z.object({
    verdicts: z.array(
      z.object({
        ...ofTerritory,
        name: z.string(),
        verdict,
        since: time.nullable().describe('null: nothing was ever known'),
        sentence: z.string(),
        isPast: z.boolean().describe('What is recorded ended more than ten minutes ago: the sentence speaks of then'),
        asOf: time.optional().describe('Start of the minute that was recorded last'),
        visibility: visibility.optional(),
        incident: incident.optional(),
      }),
    ),
  }),
  incidents: z.object({ incidents: z.array(z.object({ ...ofTerritory, incident })) }),
  incident: z.object({
    ...ofTerritory,
    incident,
    order: z
      .array(z.string())
      .optional()
      .describe('In which order services and routes went and came back; absent where no service is asked'),
  }),
  timeline: z.object({
    ...ofTerritory,
    from: time,
    until: time,
    resolution: z.enum(['exact', 'minute', 'hour', 'day']),
    networks: z.array(z.string()),
    verdicts: z.array(z.object({ since: time, verdict: stage.describe('off: nothing was watched') })),
    buckets: z.array(
      z.object({
        at: time,
        widthMs: z.int().min(0).describe('0: a moment, what changed then'),
        blindMs: z.int().describe('Time with too few voters'),
        knownMs: z.int(),
        share: z.object({ mean: share, lowest: share, highest: share, last: share }).nullable(),
        voters: z.int(),
        collectors: z.int(),
        networks: z.array(z.object({ last: share, lowest: share })),
        upstreams: z.array(z.object({ asn: z.int().describe('0: all others'), share })),
        announced: z.int(),
        withdrawn: z.int(),
      }),
    ),
    asNames,
  }),
  state: z.object({
    ...ofTerritory,
    at: time,
    verdict: stage.optional(),
    recorded: z.boolean().describe('false: who saw what is not recorded for this time'),
    peers: z.array(z.object({ ...peer, networks: z.array(z.string()) })),
  }),
  peers: z.object({
    ...ofTerritory,
    from: time,
    until: time,
    networks: z.int(),
    recorded: z.boolean(),
    peers: z.array(
      z.object({
        ...peer,
        sees: z.int().nullable().describe('Networks it saw at the start; null: it had no vote'),
        changes: z.array(z.object({ at: time, sees: z.int().nullable() })),
      }),
    ),
  }),
  units: z.object({
    units: z.array(z.object({ ...ofTerritory, unit: z.string(), share, isBaseline: z.boolean() })),
  }),
  reachability: z.object({
    territories: z
      .array(z.object({ territory: z.string(), name: z.string(), sentence: z.string(), ...reachabilityOf.shape }))
      .describe('Those alone whose services are asked. This is beside the verdict on the routes, and no part of it'),
  }),
  events: z.object({
    events: z.array(z.looseObject({ id: z.string(), type: z.string() })),
    next: z.string().nullable().describe('Ask for `after` this to go on'),
  }),
  explain: z.object({
    ...ofTerritory,
    at: time,
    verdict: stage.optional(),
    sentence: z.string(),
    recorded: z.boolean(),
    peers: z.array(
      z.object({
        ...peer,
        networks: z.array(z.string()),
        last: z.object({ at: time, message: message.nullable() }).nullable(),
      }),
    ),
    asNames,
  }),
  uptime: z.object({
    ...ofTerritory,
    by: z.enum(['month', 'year']),
    rows: z.array(
      z.object({
        from: time,
        until: time,
        routableMs: z.int(),
        degradedMs: z.int(),
        unroutableMs: z.int(),
        unknownMs: z.int().describe('Watched, and blind'),
        offMs: z.int().describe('Not watched'),
        share: share.nullable().describe('Routable time of the time that is known'),
      }),
    ),
  }),
  health: z.object({ ok: z.literal(true) }).describe('The program answers'),
  readiness: z.object({ ready: z.boolean(), reason: z.string().optional().describe('Why it is not ready') }),
  problem: z.object({ error: z.string() }),
} as const;

/** The answers as types, by name. */
export type Answers = { readonly [Name in keyof typeof answers]: z.infer<(typeof answers)[Name]> };
