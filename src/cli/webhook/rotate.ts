import { putEndpoint } from '../../sinks/webhook/endpoints/endpoint-store.ts';
import type { Endpoint } from '../../sinks/webhook/endpoints/endpoint.ts';
import { readyEndpoint } from '../../sinks/webhook/endpoints/ready.ts';
import type { EndpointRecord } from '../../sinks/webhook/endpoints/records.ts';
import type { SecretRef } from '../../sinks/webhook/request/secret.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { complain } from '../../app/io.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import { forgetSecrets, namedSecret, placeOf, secretFor, unmakeSecrets, type SecretOptions } from './secret.ts';
import { inOptions } from './spelling.ts';
import { SYSTEM, withEndpoint, type OpenWebhooks, type WebhookOptions, type Caller } from './store.ts';

/** The options of `webhook rotate`. */
export interface RotateOptions extends SecretOptions {
  /** The receiver has the new secret: remove the old one. */
  readonly finish?: boolean;
}

/** `unroutable webhook rotate NAME`: adds a new secret beside the old one; `--finish` removes the old one. */
export function rotateWebhook(
  name: string,
  rotate: RotateOptions,
  options: WebhookOptions,
  { io, means: { clock } = SYSTEM }: Caller,
): Promise<ExitStatus> {
  return withEndpoint(name, options, { io, clock }, async (webhooks, before) => {
    const turned = await (rotate.finish === true ? finish : begin)(before, rotate, webhooks);
    if (!turned.ok) return failed(turned, io);
    const { endpoint, made, text } = turned.value;
    const readied = await readyEndpoint(endpoint, io.env, inOptions);
    if (!readied.ok && rotate.finish !== true) {
      await unmakeSecrets(made);
      return failed(bad('usage', ...readied.faults), io);
    }
    if (readied.ok) for (const warning of readied.warnings) complain(io, `warning: ${warning}`);
    await putEndpoint(webhooks.store, endpoint, { from: 'command', nowMs: clock.wallMs() });
    await forgetSecrets(before.endpoint.secrets, webhooks);
    io.stdout.write(text);
    return EXIT.done;
  });
}

interface Turned {
  readonly endpoint: Endpoint;
  /** Generated now. */
  readonly made: readonly SecretRef[];
  readonly text: string;
}

async function begin(
  { endpoint, from }: EndpointRecord,
  rotate: RotateOptions,
  webhooks: OpenWebhooks,
): Promise<Result<Turned>> {
  const { name, secrets } = endpoint;
  if (from === 'file')
    return bad(
      'usage',
      `webhook ${name}: its secrets are named in the file of \`watch --webhooks\`: name two there, and start it again`,
    );
  if (secrets.length > 1)
    return bad(
      'usage',
      `webhook ${name}: a rotation is under way; end it with: unroutable webhook rotate ${name} --finish`,
    );
  const [old] = secrets;
  const named = namedSecret(rotate);
  if (old !== undefined && named !== undefined && placeOf(old) === placeOf(named))
    return bad('usage', `webhook ${name}: its present secret is in ${placeOf(old)}; name another place`);
  const fresh = await secretFor(name, rotate, webhooks.secrets);
  if (!fresh.ok) return fresh;
  const { ref, isNew } = fresh.value;
  const lines =
    old === undefined
      ? [`webhook ${name}: signed from now on with the secret in ${placeOf(ref)}`, '  give its content to the receiver']
      : [
          `webhook ${name}: signed from now on with two secrets`,
          `  new        ${placeOf(ref)}`,
          `  old        ${placeOf(old)}`,
          '  1. give the receiver the new secret: both verify',
          `  2. when it verifies with the new one: unroutable webhook rotate ${name} --finish`,
        ];
  const made = isNew ? [ref] : [];
  return good({ endpoint: { ...endpoint, secrets: [ref, ...secrets] }, made, text: `${lines.join('\n')}\n` });
}

function finish({ endpoint, from }: EndpointRecord): Promise<Result<Turned>> {
  const { name, secrets } = endpoint;
  const [fresh, ...old] = secrets;
  if (from === 'file' || fresh === undefined || old.length === 0)
    return Promise.resolve(
      bad('usage', `webhook ${name}: no rotation is under way; begin one with: unroutable webhook rotate ${name}`),
    );
  const text = `webhook ${name}: signed with the secret in ${placeOf(fresh)} alone; the old one is no longer used\n`;
  return Promise.resolve(good({ endpoint: { ...endpoint, secrets: [fresh] }, made: [], text }));
}
