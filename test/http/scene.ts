import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/app/system-clock.ts';
import type { Access } from '../../src/http/guard.ts';
import { serveHttp, type HttpOptions } from '../../src/http/server.ts';
import type { StateStore } from '../../src/ports.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { outageDay, record } from '../history/scene.ts';

export const LOOPBACK: Access = { isPublic: false, token: undefined, hosts: [] };

/** A day with an outage of an hour, in a memory. */
export async function outageStore(): Promise<StateStore> {
  const store = memoryStore();
  await record(store, outageDay().elements);
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
