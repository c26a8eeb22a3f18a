import type { RedisOptions } from 'bullmq';
import { bad, good, type Result } from '../lib/result.ts';
import { targetOf } from '../store/redis/open.ts';
import { parseRedisUrl } from '../store/redis/url.ts';

/** The connection options of our Redis URL for another Redis library. `name`: the URL without the password. */
export async function redisConnection(url: string): Promise<Result<{ name: string; options: RedisOptions }>> {
  const parsed = parseRedisUrl(url);
  if (!parsed.ok) return bad('usage', `--redis: ${parsed.reason}`);
  const { address } = parsed;
  if (address.kind === 'cluster') return bad('usage', '--redis: a queue lives on one server, not on a cluster');
  const target = await targetOf(address, undefined);
  if (typeof target === 'string') return bad('usage', `--redis: ${target}`);
  const { nodes, socket, master, username, password, sentinelUsername, sentinelPassword, db, tls } = target;
  const [node] = nodes;
  const place =
    address.kind === 'sentinel'
      ? {
          sentinels: nodes.map(({ host, port }) => ({ host, port })),
          name: master ?? '',
          ...(sentinelUsername !== undefined && { sentinelUsername }),
          ...(sentinelPassword !== undefined && { sentinelPassword }),
          ...(tls && { sentinelTLS: { ...tls }, enableTLSForSentinelMode: true }),
        }
      : socket === undefined
        ? { host: node?.host ?? '', port: node?.port ?? 0 }
        : { path: socket };
  const login = { ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
  return good({ name: address.name, options: { ...place, ...login, db, ...(tls && { tls: { ...tls } }) } });
}
