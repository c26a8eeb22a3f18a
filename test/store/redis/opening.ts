import { readFile } from 'node:fs/promises';
import { systemClock } from '../../../src/app/system-clock.ts';
import { openRedis, type OpenOptions, type RedisStore } from '../../../src/store/redis/open.ts';
import type { Opened } from '../../contract/opened.ts';

const docs = new URL('../../../docs/redis.md', import.meta.url);

let watches = 0;

/** A name that no other test of this process uses. */
export function watch(): string {
  watches++;
  return `W${watches}`;
}

/** @throws with the reason when it is refused. */
export async function opened(
  url: string,
  name: string,
  options: Partial<Omit<OpenOptions, 'name'>> = {},
): Promise<RedisStore> {
  const outcome = await openRedis(url, { clock: systemClock, ...options, name });
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.store;
}

/** A new watch on this server: what is left of it is gone with the server. */
export async function freshWatch(url: string, options: Partial<Omit<OpenOptions, 'name'>> = {}): Promise<Opened> {
  const name = watch();
  const stores: RedisStore[] = [];
  const open = async (): Promise<RedisStore> => {
    const store = await opened(url, name, options);
    stores.push(store);
    return store;
  };
  return {
    store: await open(),
    reopen: open,
    async dispose() {
      await Promise.all(stores.map((store) => store.close()));
    },
  };
}

/** Rights of a user, in the line of docs/redis.md that operators copy. */
export async function documentedUser(user: 'unroutable' | 'reader' | 'group' = 'unroutable'): Promise<string> {
  const line = new RegExp(`^ *ACL SETUSER ${user} on >SECRET (.+)$`, 'm');
  const rights = line.exec(await readFile(docs, 'utf8'))?.[1];
  if (rights === undefined) throw new Error(`docs/redis.md has no ACL user ${user}`);
  return rights;
}
