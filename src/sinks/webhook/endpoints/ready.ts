import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { UnroutableEvent } from '../../../detect/events/event.ts';
import { rulesOf, type Endpoint, type TemplateChoice } from './endpoint.ts';
import { errorText } from '../request/error-text.ts';
import { headerValueFault } from '../request/header.ts';
import { loadSecret, secretOf, type Environment, type Secret, type SecretRef } from '../request/secret.ts';
import type { Outgoing } from '../request/outgoing.ts';
import { parseSigningKey, signatureHeaders, type SigningKey } from '../request/signature.ts';
import { inYaml, type Spelling } from '../request/spelling.ts';
import { parseTarget, type TargetRules } from '../request/target.ts';
import { alertmanager } from '../templates/alertmanager.ts';
import { discord, mattermost, slack, telegram } from '../templates/chats.ts';
import { cloudevent } from '../templates/cloudevent.ts';
import { pagerduty } from '../templates/pagerduty.ts';
import { ntfy, text } from '../templates/plain.ts';
import { teams } from '../templates/teams.ts';
import type { Sentence, Template } from '../templates/template.ts';

/** An endpoint that is ready to send: its secrets are loaded, and its URL is allowed. */
export interface ReadyEndpoint {
  readonly endpoint: Endpoint;
  readonly url: Secret;
  readonly keys: readonly SigningKey[];
  readonly headers: Readonly<Record<string, Secret>>;
  readonly rules: TargetRules;
  readonly ca: string | undefined;
  readonly template: Template;
}

/** An endpoint that can be sent to, or why it cannot. */
export type Readied =
  | { readonly ok: true; readonly ready: ReadyEndpoint; readonly warnings: readonly string[] }
  /** Each fault names the endpoint and the field. */
  | { readonly ok: false; readonly faults: readonly string[] };

/** Bytes of a file of certificates. */
const MOST_CA_BYTES = 256 * 1024;

const PRESETS: Readonly<Record<Exclude<TemplateChoice['preset'], 'telegram' | 'pagerduty'>, Template>> = {
  cloudevent,
  slack,
  mattermost,
  discord,
  teams,
  alertmanager,
  ntfy,
  text,
};

/** Loads the secrets and files that an endpoint names. Reports all faults at once. */
export async function readyEndpoint(
  endpoint: Endpoint,
  environment: Environment,
  spelled: Spelling = inYaml,
): Promise<Readied> {
  const warning = (path: Path, reason: string): string => `webhook ${endpoint.name}: ${spelled(path)}: ${reason}`;
  const faults: string[] = [];
  const warnings: string[] = [];
  const loading: Loading = {
    fault: (path, reason) => void faults.push(warning(path, reason)),
    async load(path, ref) {
      const loaded = await loadSecret(ref, environment);
      if (loaded.ok && loaded.warning !== undefined) warnings.push(warning(path, loaded.warning));
      if (!loaded.ok) faults.push(warning(path, loaded.reason));
      return loaded.ok ? loaded.secret : undefined;
    },
  };
  if (endpoint.template.preset === 'cloudevent' && endpoint.secrets.length === 0) {
    warnings.push(warning(['secrets'], 'there are none, so the receiver cannot verify the sender'));
  }
  const rules = rulesOf(endpoint);
  const url = await loadUrl(endpoint, rules, loading);
  const keys = await loadKeys(endpoint, loading);
  const headers = await loadHeaders(endpoint, loading);
  const template = await loadTemplate(endpoint.template, loading);
  const ca = await loadCertificates(endpoint.ca, loading);
  if (faults.length > 0 || url === undefined || template === undefined) return { ok: false, faults };
  return { ok: true, ready: { endpoint, url, keys, headers, rules, ca, template }, warnings };
}

/**
 * The signed request for an event; `undefined`: the template has no use for the event. It contains secrets in the
 * clear: pass it only to `send`.
 *
 * @param wallMs time of this attempt.
 */
export function outgoingOf(
  { endpoint, url, keys, headers, template }: ReadyEndpoint,
  event: UnroutableEvent,
  { sentence, wallMs }: { readonly sentence: Sentence; readonly wallMs: number },
): Outgoing | undefined {
  const rendered = template(event, sentence, wallMs);
  if (rendered === undefined) return undefined;
  const body = Buffer.from(rendered.body);
  const own = Object.entries(headers).map(([name, value]) => [name, value.reveal()] as const);
  return {
    url: url.reveal(),
    method: endpoint.method,
    headers: {
      'user-agent': 'unroutable',
      ...rendered.headers,
      ...Object.fromEntries(own),
      'content-type': rendered.contentType,
      ...signatureHeaders({ id: event.id, wallMs, body }, keys),
    },
    body,
  };
}

type Path = Parameters<Spelling>[0];

interface Loading {
  readonly fault: (path: Path, reason: string) => void;
  /** The secret; `undefined`: a fault was reported. */
  readonly load: (path: Path, ref: SecretRef) => Promise<Secret | undefined>;
}

async function loadUrl({ url: given }: Endpoint, rules: TargetRules, loading: Loading) {
  const url = typeof given === 'string' ? secretOf(given) : await loading.load(['url'], given);
  if (url === undefined) return undefined;
  const target = parseTarget(url.reveal(), rules);
  if (!target.ok) loading.fault(['url'], target.reason);
  return url;
}

async function loadKeys({ secrets }: Endpoint, loading: Loading): Promise<readonly SigningKey[]> {
  const keys: SigningKey[] = [];
  for (const [i, ref] of secrets.entries()) {
    const secret = await loading.load(['secrets', i], ref);
    if (secret === undefined) continue;
    const parsed = parseSigningKey(secret);
    if (parsed.ok) keys.push(parsed.key);
    else loading.fault(['secrets', i], parsed.reason);
  }
  return keys;
}

async function loadHeaders({ headers }: Endpoint, loading: Loading): Promise<ReadyEndpoint['headers']> {
  const loaded: Record<string, Secret> = {};
  for (const [name, given] of Object.entries(headers)) {
    const value = typeof given === 'string' ? secretOf(given) : await loading.load(['headers', name], given);
    if (value === undefined) continue;
    const reason = headerValueFault(value.reveal());
    if (reason !== undefined) loading.fault(['headers', name], reason);
    loaded[name] = value;
  }
  return loaded;
}

async function loadTemplate(choice: TemplateChoice, { load }: Loading): Promise<Template | undefined> {
  if (choice.preset === 'telegram') return telegram(choice.chat);
  if (choice.preset !== 'pagerduty') return PRESETS[choice.preset];
  const key = await load(['template', 'routingKey'], choice.routingKey);
  return key === undefined ? undefined : pagerduty(key);
}

async function loadCertificates(path: string | undefined, { fault }: Loading): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    const stats = await stat(path);
    if (!stats.isFile() || stats.size > MOST_CA_BYTES) {
      fault(['ca'], `${path} is not a file of certificates`);
      return undefined;
    }
    const pem = await readFile(path, 'utf8');
    // Throws when the file has no certificate. Only the first one is checked; TLS reads all.
    void new X509Certificate(pem);
    return pem;
  } catch (error) {
    fault(['ca'], `${path} holds no certificate that can be read: ${errorText(error)}`);
    return undefined;
  }
}
