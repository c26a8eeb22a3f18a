import { dirname, resolve } from 'node:path';
import * as z from 'zod';
import { parseEndpoints, type Endpoint } from '../sinks/webhook/endpoints/endpoint.ts';
import { readyEndpoint } from '../sinks/webhook/endpoints/ready.ts';
import type { Environment, SecretRef } from '../sinks/webhook/request/secret.ts';
import { good, type Result } from '../lib/result.ts';
import { readConfigText } from './config-text.ts';
import { readForm, refused, type Form } from './document.ts';

/** The content of a webhooks file, and warnings about it. */
export interface WebhooksFile {
  readonly endpoints: readonly Endpoint[];
  readonly warnings: readonly string[];
}

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

/** What no endpoint can say alone; `parseEndpoints` reads each of the list. */
const FORM: Form<{ readonly webhooks: readonly unknown[] }> = {
  schema: z.strictObject({ webhooks: z.array(z.unknown()) }),
  keysAt: () => ['webhooks'],
};

/** The endpoints in the text of a file. Each fault has its place: `file:7:13: …`. */
export function parseWebhooks(text: string, file: string): Result<readonly Endpoint[]> {
  const read = readForm(text, file, FORM);
  if (!read.ok) return read;
  const { document, value } = read.value;
  const parsed = parseEndpoints(value.webhooks);
  if (parsed.ok) return good(parsed.endpoints.map((endpoint) => located(endpoint, dirname(resolve(file)))));
  return refused(
    file,
    parsed.faults.map(
      ({ path, isKey, message }) =>
        `${document.locate(['webhooks', ...path], isKey === true ? 'key' : 'value')}: ${message}`,
    ),
  );
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
