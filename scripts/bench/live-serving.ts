import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/app/system-clock.ts';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import { serveHttp } from '../../src/http/server.ts';
import type { StateStore } from '../../src/ports.ts';

/** Events per second for readers of the stream: as many as in the busiest second of an incident. */
const RATE = 10;
/** Approximate size of an event with its evidence, bytes. */
const EVENT_BYTES = 3_000;

/** Serves HTTP on the store of the client, on loopback; returns the address. Readers of the stream get made-up events. */
export async function serveBeside(store: StateStore, signal: AbortSignal): Promise<string> {
  Object.assign(store, { follow: events });
  const access = { isPublic: false, token: undefined, hosts: [] };
  const place = { access, host: '127.0.0.1', port: 0, page: undefined, version: 'bench' };
  const options = { ...place, store, clock: systemClock, unready: async () => undefined };
  return (await serveHttp(options, signal)).url;
}

async function* events(_after: string | undefined, signal: AbortSignal): AsyncGenerator<UnroutableEvent> {
  for (let i = 0; !signal.aborted; i++) {
    await sleep(1000 / RATE);
    yield { id: `event-${i}`, type: 'incident.updated', data: 'x'.repeat(EVENT_BYTES) } as never;
  }
}
