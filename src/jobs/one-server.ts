import type { RedisOptions } from 'bullmq';
import { Redis } from 'ioredis';
import { inTime } from '../lib/within.ts';
import type { Clock } from '../ports.ts';
import { messageOf } from '../lib/message-of.ts';

const ASK_AGAIN_MS = 250;

/**
 * Asks the server whether it can hold a queue. All keys of a queue must be on one server: a node of a cluster would
 * accept some commands and refuse others.
 *
 * @param withinMs how long to wait for an answer.
 * @returns why not, in words for the operator; `undefined` if it can.
 */
export async function queueRefusal(
  connection: RedisOptions,
  withinMs: number,
  clock: Clock,
): Promise<string | undefined> {
  const client = new Redis({
    ...connection,
    lazyConnect: true,
    maxRetriesPerRequest: null,
    retryStrategy: () => ASK_AGAIN_MS,
  });
  let failure = '';
  client.on('error', ({ message }: Error) => (failure = `: ${message}`));
  try {
    const info = await inTime(client.info('server'), { clock, ms: withinMs }, () => undefined);
    if (info === undefined) return `no answer within ${withinMs / 1000} s${failure}`;
    if (/^redis_mode:cluster\r?$/m.test(info))
      return 'it is a node of a cluster, and a queue lives on one server; use one without cluster mode';
    return undefined;
  } catch (error) {
    const reason = messageOf(error);
    // A user without the right to ask may still use the queue.
    return reason.startsWith('NOPERM') ? undefined : reason;
  } finally {
    client.disconnect();
  }
}
