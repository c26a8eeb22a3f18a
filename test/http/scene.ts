import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/app/system-clock.ts';
import type { Access } from '../../src/http/guard.ts';
import { serveHttp, type HttpOptions } from '../../src/http/server.ts';
import type { StateStore } from '../../src/ports.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { peers } from '../support/day.ts';
import { record, Told } from '../history/scene.ts';

const ALL = peers(20);
export const LOOPBACK: Access = { isPublic: false, token: undefined, hosts: [] };

/** A day with an outage of an hour, in a memory. */
export async function outageStore(): Promise<StateStore> {
  const store = memoryStore();
  const day = new Told()
    .dump('12:00', ALL)
    .withdraw('13:00:05', ALL.slice(0, 10))
    .withdraw('13:00:20', ALL.slice(10))
    .tick('13:10')
    .announce('14:00:30', ALL)
    .tick('14:10')
    .tick('16:00:30');
  await record(store, day.elements);
  return store;
}

/** A server on a free port, until the test ends. */
export async function serving(store: StateStore, options: Partial<HttpOptions> = {}) {
  const stop = new AbortController();
  const server = await serveHttp(
    {
      ...{ store, clock: systemClock, access: LOOPBACK, host: '127.0.0.1', port: 0, version: '1', page: undefined },
      unready: async () => undefined,
      ...options,
    },
    stop.signal,
  );
  const end = async (): Promise<void> => {
    stop.abort();
    await server.closed;
  };
  onTestFinished(end);
  const url = server.url.replace(/\/$/, '');
  return {
    url,
    stop: end,
    get: (path: string, init?: RequestInit) => fetch(`${url}${path}`, init),
    json: async (path: string) => (await (await fetch(`${url}${path}`)).json()) as Record<string, unknown>,
  };
}
