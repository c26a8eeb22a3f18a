import { resolve } from 'node:path';
import { listEndpoints, putEndpoint } from '../../sinks/webhook/endpoints/endpoint-store.ts';
import { FOR_PEOPLE, parseEndpoints, rulesOf, type Endpoint } from '../../sinks/webhook/endpoints/endpoint.ts';
import { readyEndpoint } from '../../sinks/webhook/endpoints/ready.ts';
import { unwatchedOf } from '../../sinks/webhook/filter.ts';
import type { EndpointRecord } from '../../sinks/webhook/endpoints/records.ts';
import type { SecretRef } from '../../sinks/webhook/request/secret.ts';
import { parseTarget, shownUrl, vetTarget } from '../../sinks/webhook/request/target.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { complain, type Io } from '../../app/io.ts';
import { chosenStore, openStore } from '../../app/open-store.ts';
import { didYouMean } from '../../config/suggest.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import { filterText } from './list.ts';
import { forgetSecrets, namedSecret, placeOf, secretFor, unmakeSecrets, type SecretOptions } from './secret.ts';
import { inOptions } from './spelling.ts';
import {
  isRemote,
  SYSTEM,
  withWebhooks,
  type OpenWebhooks,
  type Means,
  type WebhookOptions,
  type Caller,
} from './store.ts';

/**
 * The options of `webhook add`, as the command line gives them. Values `env:NAME` and `file:PATH` name the place of
 * a value.
 */
export interface AddOptions extends SecretOptions {
  readonly url: string;
  readonly template?: string;
  /** For Telegram. */
  readonly chat?: string;
  /** For PagerDuty: `env:NAME` or `file:PATH`. */
  readonly routingKey?: string;
  readonly type?: readonly string[];
  readonly onlyTerritory?: readonly string[];
  readonly minSeverity?: string;
  /** `X-Name: value` */
  readonly header?: readonly string[];
  readonly method?: string;
  readonly http?: boolean;
  readonly port?: readonly number[];
  readonly allow?: readonly string[];
  readonly ca?: string;
  readonly concurrency?: number;
  /** Changes an existing endpoint. Its queue stays, and so do its secrets unless others are named. */
  readonly replace?: boolean;
}

/** Templates for the user's own programs, which can verify a signature. A chat service cannot. */
const VERIFIED: ReadonlySet<string> = new Set(['cloudevent', 'text']);

/** `unroutable webhook add NAME URL` */
export function addWebhook(
  name: string,
  add: AddOptions,
  options: WebhookOptions,
  { io, means = SYSTEM }: Caller,
): Promise<ExitStatus> {
  // Before a store is opened, which would create it.
  const valid = endpointOf(name, add, []);
  if (!valid.ok) return Promise.resolve(failed(valid, io));
  const work = async (webhooks: OpenWebhooks): Promise<ExitStatus> => {
    const before = await knownBefore(webhooks, name, add);
    if (!before.ok) return failed(before, io);
    const watched = await onlyWatched(add, webhooks, options);
    if (!watched.ok) return failed(watched, io);
    // Checked before a secret is generated for it.
    const drafted = endpointOf(name, add, before.value?.endpoint.secrets ?? []);
    if (!drafted.ok) return failed(drafted, io);
    const signed = await withSecret(drafted.value, add, webhooks);
    if (!signed.ok) return failed(signed, io);
    const { endpoint, made } = signed.value;
    const checked = await check(endpoint, io, means);
    if (!checked.ok) {
      await unmakeSecrets(made);
      return failed(checked, io);
    }
    for (const warning of checked.value) complain(io, `warning: ${warning}`);
    await putEndpoint(webhooks.store, endpoint, { from: 'command', nowMs: means.clock.wallMs() });
    await forgetSecrets(before.value?.endpoint.secrets ?? [], webhooks);
    const isLed = (await webhooks.store.leases.holder()) !== undefined;
    const isFar = isRemote(chosenStore(options, io));
    io.stdout.write(addedText(endpoint, made, { isChange: before.value !== undefined, isFar, isLed }));
    return EXIT.done;
  };
  return withWebhooks(options, { io, clock: means.clock }, work, openStore);
}

/** Report an unknown territory: it would silently match nothing. */
async function onlyWatched(
  { onlyTerritory = [] }: AddOptions,
  { store, name, selection }: OpenWebhooks,
  { territories }: WebhookOptions,
): Promise<Result<undefined>> {
  const stored = (await store.read('verdicts')).map(({ key }) => key.split('/')[0] ?? key);
  const named = selection.territories.map(({ territory }) => territory.id);
  const watched = stored.length === 0 ? named : territories === undefined ? stored : [...named, ...stored];
  const known = [...new Set(watched)];
  const unknown = unwatchedOf({ territories: onlyTerritory.map((id) => id.toUpperCase()) }, known);
  if (unknown.length === 0) return good(undefined);
  const faultOf = (id: string): string =>
    `--territory ${id}: it is not watched in ${name} of ${store.name}${didYouMean(id, known)} (watched: ${known.join(', ')}; ` +
    '--territories FILE names those of a watch that has not started)';
  return bad('usage', ...unknown.map(faultOf));
}

async function knownBefore(
  { store }: OpenWebhooks,
  name: string,
  { replace }: AddOptions,
): Promise<Result<EndpointRecord | undefined>> {
  const { found } = await listEndpoints(store);
  const known = found.find(({ endpoint }) => endpoint.name === name);
  if (known?.from === 'file')
    return bad('usage', `webhook ${name}: one of this name is in the file of \`watch --webhooks\`; change it there`);
  if (known !== undefined && replace !== true)
    return bad('usage', `webhook ${name}: there is one of this name already; --replace changes it`);
  return good(known);
}

/** Reads the options like the configuration file, so that the same rules apply to both. */
function endpointOf(name: string, add: AddOptions, secrets: readonly SecretRef[]): Result<Endpoint> {
  const headers = headersOf(add.header ?? []);
  if (!headers.ok) return headers;
  const template = add.template ?? 'cloudevent';
  if (add.chat !== undefined && template !== 'telegram')
    return bad('usage', '--chat: only --template telegram has one');
  if (add.routingKey !== undefined && template !== 'pagerduty')
    return bad('usage', '--routing-key: only --template pagerduty has one');
  const given = {
    name,
    url: maybeRef(add.url),
    secrets,
    headers: headers.value,
    filter: filterOf(add, template),
    template: templateOf(add, template),
    ...(add.method === undefined ? {} : { method: add.method.toUpperCase() }),
    ...(add.http === undefined ? {} : { http: add.http }),
    ...(add.port === undefined ? {} : { ports: add.port }),
    ...(add.allow === undefined ? {} : { allow: add.allow }),
    ...(add.ca === undefined ? {} : { ca: resolve(add.ca) }),
    ...(add.concurrency === undefined ? {} : { concurrency: add.concurrency }),
  };
  const parsed = parseEndpoints([given], inOptions);
  const [endpoint] = parsed.ok ? parsed.endpoints : [];
  if (endpoint !== undefined) return good(endpoint);
  return bad('usage', ...(parsed.ok ? [] : parsed.faults.map(({ message }) => message)));
}

function filterOf({ type, onlyTerritory, minSeverity }: AddOptions, template: string) {
  return {
    ...(VERIFIED.has(template) ? {} : FOR_PEOPLE),
    ...(type === undefined ? {} : { types: type }),
    ...(onlyTerritory === undefined ? {} : { territories: onlyTerritory.map((id) => id.toUpperCase()) }),
    ...(minSeverity === undefined ? {} : { minSeverity }),
  };
}

function templateOf({ chat, routingKey }: AddOptions, preset: string): unknown {
  return {
    preset,
    ...(chat === undefined ? {} : { chat }),
    ...(routingKey === undefined ? {} : { routingKey: maybeRef(routingKey) }),
  };
}

function headersOf(lines: readonly string[]): Result<Readonly<Record<string, string | SecretRef>>> {
  const headers: Record<string, string | SecretRef> = {};
  for (const line of lines) {
    const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    // The line may hold a secret, so it is not shown.
    if (name === undefined || value === undefined) return bad('usage', "--header: it must be 'Name: value'");
    if (Object.hasOwn(headers, name)) return bad('usage', `--header ${name}: it is given twice`);
    headers[name] = maybeRef(value);
  }
  return good(headers);
}

function maybeRef(text: string): string | SecretRef {
  const [, kind, place = ''] = /^(env|file):(?!\/\/)(.+)$/.exec(text) ?? [];
  if (kind === undefined) return text;
  return kind === 'env' ? { env: place } : { file: resolve(place) };
}

interface Signed {
  readonly endpoint: Endpoint;
  /** Generated now. */
  readonly made: readonly SecretRef[];
}

async function withSecret(endpoint: Endpoint, add: AddOptions, { secrets }: OpenWebhooks): Promise<Result<Signed>> {
  const isNamed = namedSecret(add) !== undefined;
  const isNeeded = VERIFIED.has(endpoint.template.preset) && endpoint.secrets.length === 0;
  if (!isNamed && !isNeeded) return good({ endpoint, made: [] });
  const secret = await secretFor(endpoint.name, add, secrets);
  if (!secret.ok) return secret;
  const { ref, isNew } = secret.value;
  return good({ endpoint: { ...endpoint, secrets: [ref] }, made: isNew ? [ref] : [] });
}

/** Reports everything that would prevent sending now, not at the first event. Returns warnings. */
async function check(endpoint: Endpoint, io: Io, { resolve: lookUp }: Means): Promise<Result<readonly string[]>> {
  const unset = variablesOf(endpoint).filter((name) => io.env[name] === undefined);
  if (unset.length > 0) {
    const where = (name: string) =>
      `webhook ${endpoint.name}: the variable ${name} is not set here; it must be where \`watch\` runs`;
    return good(unset.map(where));
  }
  const readied = await readyEndpoint(endpoint, io.env, inOptions);
  if (!readied.ok) return bad('usage', ...readied.faults);
  const parsed = parseTarget(readied.ready.url.reveal(), rulesOf(endpoint));
  if (!parsed.ok) return bad('usage', `webhook ${endpoint.name}: url: ${parsed.reason}`);
  const vetted = await vetTarget(parsed.target, rulesOf(endpoint), lookUp);
  if (vetted.ok) return good(readied.warnings);
  const fault = `webhook ${endpoint.name}: url: ${vetted.reason}`;
  if (vetted.why === 'refused') return bad('usage', fault);
  return good([...readied.warnings, fault]);
}

function variablesOf({ url, secrets, headers, template }: Endpoint): readonly string[] {
  const key = template.preset === 'pagerduty' ? [template.routingKey] : [];
  return [url, ...secrets, ...Object.values(headers), ...key].flatMap((value) =>
    typeof value === 'object' && 'env' in value ? [value.env] : [],
  );
}

function addedText(
  { name, url, secrets, filter, template }: Endpoint,
  made: readonly SecretRef[],
  { isChange, isFar, isLed }: { readonly isChange: boolean; readonly isFar: boolean; readonly isLed: boolean },
): string {
  const [fresh] = made;
  const lines = [
    `webhook ${name}: ${isChange ? 'changed' : 'added'}`,
    `  sends to   ${typeof url === 'string' ? shownUrl(url) : `the URL in ${placeOf(url)}`}, as ${template.preset}`,
    `  what       ${filterText(filter)}`,
    `  secret     ${secrets.length === 0 ? 'none: it is not signed' : secrets.map(placeOf).join(' and ')}`,
    ...(fresh === undefined ? [] : ['             generated now: give its content to the receiver only']),
    ...(isFar && made.length > 0
      ? ['             every machine that may become the leader needs this file in the same place']
      : []),
    ...(isLed
      ? []
      : [
          '  watch      none runs on this store: start `unroutable watch` with the same --store and --name to send events',
        ]),
    `  next       unroutable webhook test ${name}`,
  ];
  return `${lines.join('\n')}\n`;
}
