import { dirname, resolve } from 'node:path';
import { printable } from '../report/printable.ts';
import type { StateStore } from '../ports.ts';
import { listEndpoints } from '../sinks/webhook/endpoints/endpoint-store.ts';
import { parseEndpoints, type Endpoint } from '../sinks/webhook/endpoints/endpoint.ts';
import { readyEndpoint } from '../sinks/webhook/endpoints/ready.ts';
import type { Environment, SecretRef } from '../sinks/webhook/request/secret.ts';
import { bad, good, type Result } from '../lib/result.ts';
import { MOST_BYTES, readConfigText } from './config-text.ts';
import { readYaml } from './yaml-document.ts';

/** The content of a webhooks file, and warnings about it. */
export interface WebhooksFile {
  readonly endpoints: readonly Endpoint[];
  readonly warnings: readonly string[];
}

/** More faults than this are counted. */
const MOST_FAULTS = 20;

/**
 * Reads the file of `watch --webhooks`: a list under `webhooks:` (docs/webhooks.md). Paths in it are relative to its
 * folder. Everything that would prevent sending is a fault: a missing secret as well as a typing mistake.
 */
export async function readWebhooks(file: string, environment: Environment): Promise<Result<WebhooksFile>> {
  const text = await readConfigText(file);
  if (!text.ok) return text;
  const parsed = parseWebhooks(text.value, file);
  if (!parsed.ok) return parsed;
  const faults: string[] = [];
  const warnings: string[] = [];
  for (const endpoint of parsed.value) {
    const readied = await readyEndpoint(endpoint, environment);
    if (readied.ok) warnings.push(...readied.warnings);
    else faults.push(...readied.faults);
  }
  return faults.length > 0
    ? refused(
        file,
        faults.map((fault) => ` ${fault}`),
      )
    : good({ endpoints: parsed.value, warnings });
}

/** The endpoints in the text of a file. Each fault has its place: `file:7:13: …`. */
export function parseWebhooks(text: string, file: string): Result<readonly Endpoint[]> {
  if (Buffer.byteLength(text) > MOST_BYTES) return refused(file, ['1:1: the file is larger than 1 MiB']);
  const yaml = readYaml(text);
  if (!yaml.ok) return refused(file, yaml.faults);
  const { document } = yaml;
  const { value } = document;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refused(file, ['1:1: it must be a map with a list under webhooks:']);
  const unknown = Object.keys(value).filter((key) => key !== 'webhooks');
  if (unknown.length > 0)
    return refused(
      file,
      unknown.map((key) => `${document.locate([key], 'key')}: ${key} is not known`),
    );
  const parsed = parseEndpoints('webhooks' in value ? value.webhooks : undefined);
  if (parsed.ok) return good(parsed.endpoints.map((endpoint) => located(endpoint, dirname(resolve(file)))));
  return refused(
    file,
    parsed.faults.map(({ path, message }) => {
      const isKey = message.endsWith('is not known');
      return `${document.locate(['webhooks', ...path], isKey ? 'key' : 'value')}: ${message}`;
    }),
  );
}

/** Finds names in the file that a command has also added: such a name would be ambiguous. */
export async function namedTwice(
  { endpoints }: WebhooksFile,
  store: StateStore,
  file: string | undefined,
): Promise<ReturnType<typeof bad> | undefined> {
  if (file === undefined || endpoints.length === 0) return undefined;
  const { found } = await listEndpoints(store);
  const names = new Set(found.filter(({ from }) => from === 'command').map(({ endpoint }) => endpoint.name));
  const twice = endpoints.filter(({ name }) => names.has(name));
  if (twice.length === 0) return undefined;
  const faultOf = ({ name }: Endpoint): string =>
    `${file}: webhook ${name}: \`webhook add\` has added one of this name; rename this one, or remove that one with: unroutable webhook remove ${name}`;
  return bad('configuration', ...twice.map(faultOf));
}

function refused(file: string, faults: readonly string[]): Result<never> {
  const listed = faults.slice(0, MOST_FAULTS).map((fault) => printable(`${file}:${fault}`));
  const more = faults.length - listed.length;
  return bad('configuration', ...listed, ...(more > 0 ? [printable(`${file}: and ${more} more`)] : []));
}

/** The same with whole paths: the program may be started elsewhere next time. */
function located(endpoint: Endpoint, folder: string): Endpoint {
  const whole = <T extends string | SecretRef>(value: T): T =>
    typeof value === 'object' && 'file' in value ? { ...value, file: resolve(folder, value.file) } : value;
  const { url, secrets, headers, template, ca } = endpoint;
  return {
    ...endpoint,
    url: whole(url),
    secrets: secrets.map(whole),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, whole(value)])),
    template: template.preset === 'pagerduty' ? { ...template, routingKey: whole(template.routingKey) } : template,
    ...(ca === undefined ? {} : { ca: resolve(folder, ca) }),
  };
}
