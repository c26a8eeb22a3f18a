import { randomBytes } from 'node:crypto';
import type { JobQueue } from '../../jobs/queue.ts';
import { queueName } from '../../jobs/run-folder.ts';
import type { Shelf } from '../../jobs/shelf/shelf.ts';
import { systemClock } from '../../app/system-clock.ts';
import { redisConnection } from '../../app/redis-connection.ts';
import { refusal } from '../../lib/errno.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import type { Io } from '../../app/io.ts';

const ANSWER_WITHIN_MS = 5_000;

/**
 * Opens the queue of a shelf on the Redis of `--redis`, else of $UNROUTABLE_QUEUE, else on this machine. Checks that it
 * answers.
 */
export async function openQueue(
  shelf: Shelf,
  { redis }: { readonly redis?: string },
  { env, signal }: Pick<Io, 'env' | 'signal'>,
): Promise<Result<{ queue: JobQueue; name: string }>> {
  const connection = await redisConnection(redis ?? env['UNROUTABLE_QUEUE'] ?? 'redis://127.0.0.1');
  if (!connection.ok) return connection;
  const { name, options } = connection.value;
  const [{ JobQueue }, { queueRefusal }] = await Promise.all([
    import('../../jobs/queue.ts'),
    import('../../jobs/one-server.ts'),
  ]);
  const refused = await queueRefusal(options, ANSWER_WITHIN_MS, systemClock);
  if (refused !== undefined) return bad('store', `${name}: ${refused}`);
  try {
    return good({ queue: new JobQueue(options, await queueName(shelf, randomBytes(8).toString('hex'))), name });
  } catch (error) {
    return signal.aborted ? bad('interrupted') : bad('files', `${shelf.name}: ${refusal(error)}`);
  }
}
