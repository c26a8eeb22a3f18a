import { removeEndpoint, switchEndpoint } from '../../sinks/webhook/endpoints/endpoint-store.ts';
import { EXIT, type ExitStatus } from '../exit-status.ts';
import type { Io } from '../../app/io.ts';
import { stateText } from './list.ts';
import { forgetSecrets } from './secret.ts';
import { SYSTEM, withEndpoint, type Means, type WebhookOptions, type Caller } from './store.ts';

/**
 * `unroutable webhook enable NAME` and `disable NAME`. Events that wait while it is disabled are sent when it is
 * enabled again.
 */
export function switchWebhook(
  name: string,
  state: 'on' | 'off',
  options: WebhookOptions,
  { io, means: { clock } = SYSTEM }: Caller,
): Promise<ExitStatus> {
  return withEndpoint(name, options, { io, clock }, async ({ store }, before) => {
    const record = (await switchEndpoint(store, name, { state, nowMs: clock.wallMs() })) ?? before;
    io.stdout.write(`webhook ${name}: ${stateText(record)}\n`);
    return EXIT.done;
  });
}

/** `unroutable webhook remove NAME`: removes it with its queue, its log, its dead letters and its generated secret. */
export function removeWebhook(
  name: string,
  options: WebhookOptions,
  io: Io,
  { clock }: Means = SYSTEM,
): Promise<ExitStatus> {
  return withEndpoint(name, options, { io, clock }, async (webhooks, { endpoint, from }) => {
    await removeEndpoint(webhooks.store, name);
    if (from === 'command') await forgetSecrets(endpoint.secrets, webhooks);
    const again =
      from === 'file' ? '; it is back at the next start, if the file of `watch --webhooks` has it still' : '';
    io.stdout.write(`webhook ${name}: removed${again}\n`);
    return EXIT.done;
  });
}
