import type { Lease, Leases } from '../../ports.ts';
import { SCHEMA, type Keys } from '../keys.ts';
import { obstacle } from './keep.ts';
import { ACQUIRE, RELEASE, RENEW } from './lease-scripts.ts';
import type { RedisLink } from './link.ts';

/**
 * Leases that expire by the clock of Redis. A wrong clock or a late holder only costs time, because each write carries
 * its token.
 */
export function redisLeases(link: RedisLink, keys: Keys): Leases {
  return {
    async acquire(holder, ttlMs) {
      const [outcome = '', ...details] = (await link.run(
        ACQUIRE,
        [keys.meta, keys.fence, keys.events, keys.ids, keys.spaces, keys.lease],
        ['', SCHEMA, holder, wholeMs(ttlMs)],
      )) as string[];
      if (outcome === 'taken') return undefined;
      if (outcome !== 'ok') throw obstacle(outcome, details);
      return { token: Number(details[0]), holder };
    },

    async renew(lease, ttlMs) {
      return (await link.run(RENEW, [keys.lease, keys.fence], [textOf(lease), wholeMs(ttlMs), lease.token])) === 1;
    },

    async release(lease) {
      await link.run(RELEASE, [keys.lease], [textOf(lease)]);
    },

    // No script: a user who only reads may not run one.
    async holder() {
      const [text, leftMs] = await Promise.all([link.call('get', [keys.lease]), link.call('pttl', [keys.lease])]);
      const match = typeof text === 'string' ? /^(\d+) ([^]*)$/.exec(text) : null;
      if (match === null) return undefined;
      return { token: Number(match[1]), holder: match[2] ?? '', leftMs: Math.max(0, Number(leftMs)) };
    },
  };
}

/** In the form that the key holds. */
function textOf({ token, holder }: Lease): string {
  return `${token} ${holder}`;
}

function wholeMs(ms: number): number {
  return Math.max(1, Math.round(ms));
}
