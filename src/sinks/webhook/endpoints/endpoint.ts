import * as z from 'zod';
import { familyBits, parseAddress, parsePrefix, type Prefix, type PrefixText } from '../../../bgp/prefix.ts';
import { issueFaults, valueAt } from '../../../lib/zod-faults.ts';
import { isTypePattern, SEVERITIES, typePatterns, type EndpointFilter } from '../filter.ts';
import { headerFault } from '../request/header.ts';
import { isVariableName, type SecretRef } from '../request/secret.ts';
import { inYaml, REFERENCE, type Spelling } from '../request/spelling.ts';
import { parseTarget, shownUrl, type TargetRules } from '../request/target.ts';

/** The presets that need only a URL. */
export const PLAIN_PRESETS = [
  'cloudevent',
  'slack',
  'mattermost',
  'discord',
  'teams',
  'alertmanager',
  'ntfy',
  'text',
] as const;

/** The form in which events are sent, and what that form needs. */
export type TemplateChoice =
  | { readonly preset: (typeof PLAIN_PRESETS)[number] }
  | { readonly preset: 'telegram'; readonly chat: string }
  | { readonly preset: 'pagerduty'; readonly routingKey: SecretRef };

/**
 * Where to send events, which events, and how. Plain JSON, so that it can be stored unchanged. It contains the places
 * of secrets (files or variables), never the secrets.
 */
export interface Endpoint {
  /** Its unique name in logs, metrics and commands. */
  readonly name: string;
  /** A URL may itself be a secret, as with every chat service: put it in a file or a variable. */
  readonly url: string | SecretRef;
  /** Each one signs; two during a rotation. None if the receiver cannot verify signatures. @default none */
  readonly secrets: readonly SecretRef[];
  /** @default POST */
  readonly method: 'POST' | 'PUT' | 'PATCH';
  /** Extra headers, with names in lower case. @default none */
  readonly headers: Readonly<Record<string, string | SecretRef>>;
  /** @default all events for programs (cloudevent, text); `FOR_PEOPLE` for the other templates */
  readonly filter: EndpointFilter;
  /** @default cloudevent */
  readonly template: TemplateChoice;
  /** Nothing is sent; events wait in the queue. @default false */
  readonly disabled: boolean;
  /** Concurrent requests, 1 to 16. With 1, events arrive in order, except after failures. @default 1 */
  readonly concurrency: number;
  /** Own networks to which sending is allowed. @default none */
  readonly allow: readonly PrefixText[];
  /** Plain http may be used. @default false */
  readonly http: boolean;
  /** The only allowed ports. @default 443 and 8443; with `http` also 80 and 8080 */
  readonly ports?: readonly number[];
  /** A file of certificates in PEM to trust instead of the usual ones. */
  readonly ca?: string;
}

/** A fault, and its path in the parsed value. */
export interface Fault {
  readonly path: readonly PropertyKey[];
  /** The key itself is wrong, not what it holds. */
  readonly isKey?: boolean;
  /** Names the endpoint and the field, but never a value that may be secret. */
  readonly message: string;
}

/** Endpoints of a webhooks file, or its faults. */
export type ParsedEndpoints =
  | { readonly ok: true; readonly endpoints: readonly Endpoint[] }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** The events that people should get: one outage makes a dozen events. */
export const FOR_PEOPLE: EndpointFilter = {
  types: ['country.*', 'incident.closed', 'observer.blind', 'observer.restored', 'observer.data-loss'],
};

/** More endpoints are a mistake: each has a queue and connections. */
const MOST_ENDPOINTS = 100;
const MOST_FILE_NAME = 4096;

/** For Telegram: the id of a chat, or the name of a channel. */
const CHAT = /^(?:-?\d{1,20}|@\w{1,64})$/;

const secretRef = z.union(
  [z.strictObject({ file: z.string().min(1).max(MOST_FILE_NAME) }), z.strictObject({ env: envName() })],
  `does not say where a secret is stored: ${REFERENCE}`,
);

const endpointSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'is not a name: 1 to 63 small letters, digits and -'),
  url: z.union([z.string(), secretRef], `is neither a URL nor where one is stored, ${REFERENCE}`),
  secrets: z.array(secretRef).max(4, 'has more than 4: a rotation needs 2').default([]),
  method: z.enum(['POST', 'PUT', 'PATCH'], 'is not one of POST, PUT, PATCH').default('POST'),
  headers: z
    .record(z.string(), z.union([z.string(), secretRef], `is neither text nor where one is stored, ${REFERENCE}`))
    .default({}),
  filter: z
    .strictObject({
      territories: z.array(z.string().max(32)).min(1, 'is empty: nothing would be sent').exactOptional(),
      types: z.array(typePattern()).min(1, 'is empty: nothing would be sent').exactOptional(),
      minSeverity: z.enum(SEVERITIES, `is not one of ${SEVERITIES.join(', ')}`).exactOptional(),
    })
    .exactOptional(),
  template: template().default({ preset: 'cloudevent' }),
  disabled: z.boolean().default(false),
  concurrency: z.int('is not a whole number').min(1, 'is below 1').max(16, 'is above 16').default(1),
  allow: z.array(network()).max(64, 'has more than 64').default([]),
  http: z.boolean().default(false),
  ports: z
    .array(z.int('is not a port').min(1, 'is not a port').max(65_535, 'is not a port'))
    .min(1, 'is empty: nothing could be sent')
    .max(64, 'has more than 64')
    .exactOptional(),
  ca: z.string().min(1, 'is empty').max(MOST_FILE_NAME).exactOptional(),
});

/**
 * Reads a list of endpoints, as parsed from YAML or JSON. Reports all faults at once. A URL in the text is checked
 * here, a URL in a file or variable when it is loaded, and the addresses of its host at every attempt.
 */
export function parseEndpoints(value: unknown, spelled: Spelling = inYaml): ParsedEndpoints {
  if (!Array.isArray(value)) return { ok: false, faults: [{ path: [], message: 'webhooks: is not a list' }] };
  if (value.length > MOST_ENDPOINTS) {
    return { ok: false, faults: [{ path: [], message: `webhooks: has more than ${MOST_ENDPOINTS}` }] };
  }
  const endpoints: Endpoint[] = [];
  const faults: Fault[] = [];
  for (const [i, item] of value.entries()) {
    const parsed = parseEndpoint(item, i, spelled);
    if (parsed.ok) endpoints.push(...parsed.endpoints);
    else faults.push(...parsed.faults.map((fault) => ({ ...fault, path: [i, ...fault.path] })));
  }
  faults.push(...twice(value));
  return faults.length === 0 ? { ok: true, endpoints } : { ok: false, faults };
}

/** The targets that this endpoint allows. */
export function rulesOf({ http, ports, allow }: Endpoint): TargetRules {
  return { http, ports, allow: allow.map((text) => parseNetwork(text)).filter((prefix) => prefix !== undefined) };
}

/** The endpoint as logs, metrics and the API may show it. */
export function shownEndpoint(endpoint: Endpoint): Endpoint {
  const { url, headers } = endpoint;
  return {
    ...endpoint,
    url: typeof url === 'string' ? shownUrl(url) : url,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, text]) => [name, typeof text === 'string' ? '[redacted]' : text]),
    ),
  };
}

function parseEndpoint(item: unknown, index: number, spelled: Spelling): ParsedEndpoints {
  const where = nameOf(item) ?? `number ${index + 1}`;
  const faultOf = (path: readonly PropertyKey[], reason: string): Fault => ({
    path,
    message: `webhook ${where}: ${path.length === 0 ? '' : `${spelled(path)}: `}${reason}`,
  });
  const parsed = endpointSchema.safeParse(item);
  if (!parsed.success) {
    return { ok: false, faults: parsed.error.issues.flatMap((issue) => schemaFaults(issue, item, faultOf)) };
  }
  const headers = Object.fromEntries(
    Object.entries(parsed.data.headers).map(([key, text]) => [key.toLowerCase(), text]),
  );
  const { filter = defaultFilter(parsed.data.template) } = parsed.data;
  const endpoint: Endpoint = { ...parsed.data, headers, filter };
  const faults = [...urlFaults(endpoint, faultOf), ...headerFaults(parsed.data.headers, faultOf)];
  return faults.length === 0 ? { ok: true, endpoints: [endpoint] } : { ok: false, faults };
}

function defaultFilter({ preset }: TemplateChoice): EndpointFilter {
  return preset === 'cloudevent' || preset === 'text' ? {} : FOR_PEOPLE;
}

type MakeFault = (path: readonly PropertyKey[], reason: string) => Fault;

function schemaFaults(issue: z.core.$ZodIssue, item: unknown, faultOf: MakeFault): readonly Fault[] {
  // Selects the schema by the template's name, given alone or as `preset`.
  const isPreset = issue.code === 'invalid_union' && issue.discriminator !== undefined;
  return issueFaults(isPreset ? { ...issue, path: issue.path.slice(0, -1) } : issue, item).map(
    ({ place, kind, text }) => ({ ...faultOf(place, text), ...(kind === 'unknown' ? { isKey: true } : {}) }),
  );
}

function urlFaults(endpoint: Endpoint, faultOf: MakeFault): readonly Fault[] {
  if (typeof endpoint.url !== 'string') return [];
  const target = parseTarget(endpoint.url, rulesOf(endpoint));
  return target.ok ? [] : [faultOf(['url'], target.reason)];
}

function headerFaults(headers: Endpoint['headers'], faultOf: MakeFault): readonly Fault[] {
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  return Object.entries(headers).flatMap(([name, value]) => {
    const fault = headerFault(name, typeof value === 'string' ? value : undefined);
    const isTwice = names.filter((other) => other === name.toLowerCase()).length > 1;
    const faults = [...(fault === undefined ? [] : [fault]), ...(isTwice ? ['is here twice'] : [])];
    return faults.map((reason) => faultOf(['headers', name], reason));
  });
}

function twice(items: readonly unknown[]): readonly Fault[] {
  const names = items.map(nameOf);
  return names.flatMap((name, i) =>
    name !== undefined && names.indexOf(name) < i
      ? [{ path: [i, 'name'], message: `webhook ${name}: name: is here twice` }]
      : [],
  );
}

/** `slack` is short for `{preset: slack}`. */
function template() {
  const choice = z.discriminatedUnion(
    'preset',
    [
      z.strictObject({ preset: z.enum(PLAIN_PRESETS) }),
      z.strictObject({
        preset: z.literal('telegram'),
        chat: z.string().regex(CHAT, 'is not a chat: a number, or @ and a name'),
      }),
      z.strictObject({ preset: z.literal('pagerduty'), routingKey: secretRef }),
    ],
    `is not one of ${PLAIN_PRESETS.join(', ')}, telegram, pagerduty`,
  );
  return z.preprocess((value) => (typeof value === 'string' ? { preset: value } : value), choice);
}

function typePattern() {
  return z.string().refine(isTypePattern, `is not a type of event; there are ${typePatterns().join(' ')}`);
}

function envName() {
  return z.string().refine(isVariableName, 'is not a name of a variable');
}

/** `192.168.0.0/16`, or one address alone. */
function network() {
  return z.string().transform((text, context): PrefixText => {
    const prefix = parseNetwork(text);
    if (prefix !== undefined) return prefix.text;
    const message = 'is not a network such as 192.168.0.0/16 or 2001:db8::/32, without host bits';
    context.addIssue({ code: 'custom', message, input: text });
    return z.NEVER;
  });
}

function parseNetwork(text: string): Prefix | undefined {
  const address = parseAddress(text.split('/')[0] ?? '');
  if (address === undefined) return undefined;
  const prefix = parsePrefix(text.includes('/') ? text : `${text}/${familyBits(address.family)}`);
  return prefix?.words.every((word, i) => word === address.words[i]) === true ? prefix : undefined;
}

function nameOf(item: unknown): string | undefined {
  const name = valueAt(item, ['name']);
  return typeof name === 'string' && /^[a-z0-9-]{1,63}$/.test(name) ? name : undefined;
}
