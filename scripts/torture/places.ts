import { mkdirSync, rmSync, watch } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { systemClock } from '../../src/app/system-clock.ts';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import type { Kept, StateStore } from '../../src/ports.ts';
import { openEmbedded } from '../../src/store/embedded/open.ts';
import { openRedis } from '../../src/store/redis/open.ts';
import { KEEP } from '../../src/store/redis/scripts.ts';
import type { RedisServer } from '../../test/support/redis/server.ts';

/** The content of a store. */
export interface Look {
  readonly kept: Kept | undefined;
  readonly events: readonly UnroutableEvent[];
}

/** A store for the torture test. */
export interface Place {
  readonly name: string;
  /** The value of `--store`. */
  readonly store: string;
  look(): Promise<Look>;
  /** Empties it. */
  clear(): Promise<void>;
  /** Calls back inside each commit of any process: after its begin and before its acknowledgement. */
  onCommit(then: () => void): () => void;
  close(): Promise<void>;
}

/** @param name of the watch */
export async function redisPlace(server: RedisServer, name: string): Promise<Place> {
  const url = `redis://127.0.0.1:${server.port}`;
  const opened = await openRedis(url, { name, clock: systemClock });
  if (!opened.ok) throw new Error(opened.reason);
  const { store } = opened;
  const client = new Redis({ host: server.host, port: server.port });
  client.on('error', () => undefined);
  const monitor = await client.monitor();
  monitor.on('error', () => undefined);
  return {
    name: 'redis',
    store: url,
    look: () => lookAt(store),
    clear: async () => void (await server.cli('FLUSHALL')),
    onCommit(then) {
      const look = (_time: string, [command, sha]: readonly string[]): void => {
        if (command?.toLowerCase() === 'evalsha' && sha === KEEP.sha) then();
      };
      monitor.on('monitor', look);
      return () => monitor.off('monitor', look);
    },
    async close() {
      monitor.disconnect();
      client.disconnect();
      await store.close();
    },
  };
}

/** @param folder the value of `--store`; the watch has its own folder in it */
export async function folderPlace(folder: string, name: string): Promise<Place> {
  const path = join(folder, name);
  const clear = async (): Promise<void> => {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
  };
  await clear();
  return {
    name: 'embedded',
    store: folder,
    async look() {
      const opened = await openEmbedded(path, { name, clock: systemClock });
      if (!opened.ok) throw new Error(opened.reason);
      const look = await lookAt(opened.store);
      await opened.store.close();
      return look;
    },
    clear,
    onCommit(then) {
      const watcher = watch(path, () => then());
      return () => watcher.close();
    },
    close: clear,
  };
}

async function lookAt(store: StateStore): Promise<Look> {
  const kept = await store.load();
  const events: UnroutableEvent[] = [];
  for await (const event of store.events()) events.push(event);
  return { kept, events };
}
