import * as z from 'zod';
import { addressText, parseAddress } from '../bgp/prefix.ts';
import { PROBE_KINDS, SERVICES, type ProbeKind, type ProbeTarget, type Service } from '../bgp/probe.ts';
import { DURATION_FORM, parseDuration } from './duration.ts';

/** A target as a file names it. */
export interface ListedTarget {
  readonly service: Service;
  readonly target: ProbeTarget;
  /** Where the address was found, and on which day (`2026-08-09`). */
  readonly source?: string | undefined;
  readonly date?: string | undefined;
  /** Measurements of RIPE Atlas that probe it, too. */
  readonly atlas: readonly number[];
}

/** The port and the class of service of each kind, unless the file says otherwise; `tcp` has neither. */
const USUAL: Readonly<Record<ProbeKind, { readonly port?: number; readonly service?: Service }>> = {
  'dns-soa': { port: 53, service: 'dns' },
  tcp: {},
  tls: { port: 443, service: 'web' },
  'http-head': { port: 80, service: 'web' },
  'smtp-banner': { port: 25, service: 'mail' },
};

/** Kinds that cannot be probed without a name. */
const NAMED: ReadonlySet<ProbeKind> = new Set(['dns-soa', 'tls', 'http-head']);

const measurement = z.int('is not a number of a measurement').min(1, 'is not a number of a measurement');

/** Kinds that a type of measurement of RIPE Atlas probes as well. */
const MEASURED: ReadonlySet<ProbeKind> = new Set(['dns-soa', 'tls', 'http-head']);

const target = z
  .strictObject({
    kind: z.enum(PROBE_KINDS, `is none of ${PROBE_KINDS.join(', ')}`),
    address: z.string().transform((text, context): string => {
      const parsed = parseAddress(text);
      if (parsed !== undefined) return addressText(parsed.family, parsed.words);
      context.addIssue({ code: 'custom', message: 'is not an IP address; names are not looked up', input: text });
      return z.NEVER;
    }),
    port: z.int('is not a port').min(1, 'is not a port').max(65_535, 'is not a port').optional(),
    name: z
      .string()
      .regex(/^(?:\.|(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?)$/, 'is not a domain name')
      .max(253, 'is not a domain name')
      .optional(),
    service: z.enum(SERVICES, `is none of ${SERVICES.join(', ')}`).optional(),
    source: z.string().max(500, 'is longer than 500 characters').optional(),
    date: z.iso.date('is not a day such as 2026-11-28').optional(),
    atlas: z
      .union(
        [measurement.transform((id) => [id]), z.array(measurement).min(1, 'is empty').max(10, 'has more than 10')],
        'is neither the number of a measurement nor a list of them',
      )
      .optional(),
  })
  .transform((given, context): ListedTarget => {
    const { kind, address, name = '', source, date, atlas = [] } = given;
    const port = given.port ?? USUAL[kind].port;
    const service = given.service ?? USUAL[kind].service;
    const lacks = (path: string, why: string): never => {
      context.addIssue({ code: 'custom', path: [path], message: why });
      return z.NEVER;
    };
    if (port === undefined) return lacks('port', `is missing: ${kind} has no usual port`);
    if (service === undefined) return lacks('service', `is missing: ${kind} may be any of ${SERVICES.join(', ')}`);
    if (name === '' && NAMED.has(kind)) return lacks('name', `is missing: it is what ${kind} asks for`);
    if (atlas.length > 0 && !MEASURED.has(kind)) return lacks('atlas', `no measurement of RIPE Atlas asks ${kind}`);
    return { service, target: { kind, address, port, name }, source, date, atlas };
  });

const duration = z.union([z.string(), z.number()], `is not ${DURATION_FORM}`).transform((given, context): number => {
  const ms = typeof given === 'number' ? undefined : parseDuration(given);
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: `is not ${DURATION_FORM}`, input: given });
  return z.NEVER;
});

const NO_TARGETS = 'is neither a list of targets nor the word built-in';

/** The list of targets of one territory. */
export const targetsSchema = z.array(target).min(1, 'is empty: without a target there is nothing to ask');

/** The form of the file of `watch --probes`. What no field can say alone is checked after it. */
export const probesSchema = z.strictObject({
  contact: z
    .string()
    .regex(
      /^(?:mailto:)?[^\s@()<>]+@[^\s@()<>]+\.[^\s@()<>]+$|^https?:\/\/[^\s()<>]+$/,
      'is not a contact: an e-mail address or a URL at which those who are asked can reach you',
    )
    .max(100, 'is longer than 100 characters'),
  every: duration.optional(),
  own: z.boolean('is neither true nor false').optional(),
  atlas: z
    .strictObject({
      api: z.url({ protocol: /^https?$/, error: 'is not a URL with http or https' }).optional(),
      stream: z.url({ protocol: /^wss?$/, error: 'is not a URL with ws or wss' }).optional(),
    })
    .optional(),
  controls: targetsSchema.optional(),
  territories: z
    .record(z.string(), z.union([z.literal('built-in'), targetsSchema], NO_TARGETS))
    .refine((listed) => Object.keys(listed).length > 0, 'is empty: without a territory there is nothing to ask'),
});

/** The form of a list of targets that is shipped. */
export const targetListSchema = z.strictObject({ targets: targetsSchema });
