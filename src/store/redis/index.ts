/** `unroutable/store/redis`: a StateStore in Redis, single, Sentinel or Cluster. docs/redis.md names its keys. */
export { openRedis, type Health, type Opened, type OpenOptions, type RedisStore } from './open.ts';
export type { Check } from './check.ts';
