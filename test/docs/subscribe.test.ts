import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import { keysOf } from '../../src/store/keys.ts';
import { BLACKOUT, ROOT } from '../support/cli.ts';
import { startRedis, type RedisServer } from '../support/redis/server.ts';
import { until } from '../support/redis/until.ts';
import { documentedUser } from '../store/redis/opening.ts';
import { listenersOf, setScene, type Watched } from './subscribe-scene.ts';
import { theExamples } from './subscribers.ts';
import { noRedis } from '../support/redis/tests.ts';

/** What the program printed of a real day. */
const events = readFileSync(join(BLACKOUT, 'events.golden.ndjson'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as UnroutableEvent);
const some = (from: number, to: number): readonly UnroutableEvent[] => events.slice(from, to);
const idsOf = (printed: readonly UnroutableEvent[]): readonly string[] => printed.map(({ id }) => id);

describe.each(await theExamples())('$name in docs/examples', (example) => {
  const scene = setScene(example);
  const rule = (title: string, attempt: (watched: Watched) => Promise<void>): void => {
    const note = example.lacks === undefined ? '' : ` (skipped: ${example.lacks})`;
    test.skipIf(example.lacks !== undefined || noRedis !== undefined)(`${title}${note}`, async () =>
      attempt(await scene()),
    );
  };

  rule('follow prints each event once, and after a kill goes on with what was stored meanwhile', async (at) => {
    await at.keep(some(0, 20));
    const first = at.start('follow');
    await first.until(20);
    await at.keep(some(20, 40));
    await first.until(40);
    const before = await first.kill();
    await at.keep(some(40, 60));
    const second = at.start('follow', before.at(-1)?.id ?? '');
    await second.until(20);
    await at.keep(some(60, 70));
    await second.until(30);
    expect([...before, ...(await second.kill())]).toEqual(some(0, 70));
  });

  rule('follow may be killed again and again while events come: none is lost, none comes twice', async (at) => {
    const printed: UnroutableEvent[] = [];
    for (const [round, many] of [1, 7, 13, 20].entries()) {
      const keeping = (async () => {
        for (let i = round * 20; i < round * 20 + 20; i += 2) await at.keep(some(i, i + 2));
      })();
      const subscriber = at.start('follow', ...idsOf(printed.slice(-1)));
      await subscriber.until(many);
      printed.push(...(await subscriber.kill()));
      expect(printed).toEqual(some(0, printed.length));
      await keeping;
    }
    await at.keep(some(80, 90));
    const last = at.start('follow', ...idsOf(printed.slice(-1)));
    await last.until(90 - printed.length);
    expect([...printed, ...(await last.kill())]).toEqual(some(0, 90));
  });

  rule('follow outlives its Redis', async (at) => {
    await at.keep(some(0, 10));
    const subscriber = at.start('follow');
    await subscriber.until(10);
    await at.redis.restart();
    await at.keep(some(10, 20));
    await subscriber.until(20);
    expect(await subscriber.kill()).toEqual(some(0, 20));
  });

  rule('follow, cut off in the middle of a reply, misses nothing and prints nothing twice', async (at) => {
    const subscriber = at.start('follow');
    await at.wire.set({ kind: 'reset-mid-reply', afterBytes: 4_000 });
    const tries = at.wire.accepted();
    await at.keep(some(0, 40));
    await until('it has tried again', async () => at.wire.accepted() > tries + 1);
    await at.wire.set({ kind: 'pass' });
    await subscriber.until(40);
    expect(await subscriber.kill()).toEqual(some(0, 40));
  });

  rule('follow, started while Redis is away, waits for it', async (at) => {
    await at.keep(some(0, 10));
    const subscriber = await at.startWhileAway('follow', events[4]?.id ?? '');
    await subscriber.until(5);
    expect(await subscriber.kill()).toEqual(some(5, 10));
  });

  rule('work, started while Redis is away, waits for it, and goes on with what it had not acknowledged', async (at) => {
    await at.keep(some(0, 10));
    await at.redis.cli('XGROUP', 'CREATE', at.stream, 'desk', '0');
    await at.redis.cli('XREADGROUP', 'GROUP', 'desk', 'one', 'COUNT', 4, 'STREAMS', at.stream, '>');
    const subscriber = await at.startWhileAway('work', 'desk', 'one');
    await subscriber.until(10);
    await at.acknowledged('desk');
    expect(await subscriber.kill()).toEqual(some(0, 10));
  });

  rule('work reports an entry that was deleted before it was handled, and goes on', async (at) => {
    await at.keep(some(0, 5));
    await at.redis.cli('XGROUP', 'CREATE', at.stream, 'desk', '0');
    await at.redis.cli('XREADGROUP', 'GROUP', 'desk', 'one', 'COUNT', 3, 'STREAMS', at.stream, '>');
    const entry = String(await at.redis.cli('HGET', keysOf(at.name).ids, events[1]?.id ?? ''));
    await at.redis.cli('XDEL', at.stream, entry);
    const subscriber = at.start('work', 'desk', 'one');
    await subscriber.complains(`entry ${entry} was deleted before it was handled`);
    await subscriber.until(4);
    await at.acknowledged('desk');
    expect(await subscriber.kill()).toEqual([...some(0, 1), ...some(2, 5)]);
  });

  for (const [document, users] of usersOf()) {
    rule(`the users that ${document} shows may do all of it`, async (at) => {
      await at.keep(some(0, 5));
      const { reader, group } = await users(at.redis);
      const following = at.startAs(reader, 'follow', events[1]?.id ?? '');
      const working = at.startAs(group, 'work', 'desk', 'one');
      const hints = at.startAs(reader, 'hints');
      await at.listeners(1);
      await Promise.all([following.until(3), working.until(5)]);
      await at.keep(some(5, 6));
      await Promise.all([hints.until(1), following.until(4), working.until(6)]);
      await at.acknowledged('desk');
      expect(await hints.kill()).toEqual(some(5, 6));
    });

    rule(`the reader that ${document} shows may follow on a replica`, async (at) => {
      await at.keep(some(0, 5));
      const replica = await startRedis({ config: { replicaof: `${at.redis.host} ${at.redis.port}` } });
      try {
        const { reader } = await users(replica);
        const following = at.startOn(replica, reader, 'follow');
        const hints = at.startOn(replica, reader, 'hints');
        await listenersOf(replica, 1);
        await following.until(5);
        await at.keep(some(5, 6));
        await Promise.all([hints.until(1), following.until(6)]);
        expect(await following.kill()).toEqual(some(0, 6));
      } finally {
        await replica.stop();
      }
    });
  }

  rule('follow says so when the event that it is to go on from is not there', async (at) => {
    await at.keep(some(0, 1));
    const subscriber = at.start('follow', 'nonesuch');
    await subscriber.complains('nonesuch is no longer stored, or never was');
    expect(await subscriber.ended()).toBe(1);
    expect(await subscriber.kill()).toEqual([]);
  });

  if (example.tellsHoles) {
    rule('follow reports a hole', async (at) => {
      await at.keep([...some(0, 3), ...some(4, 6)]);
      const subscriber = at.start('follow');
      await subscriber.complains(`a hole after ${events[2]?.id}`);
      await subscriber.until(5);
      expect(await subscriber.kill()).toEqual([...some(0, 3), ...some(4, 6)]);
    });
  }

  rule('hints prints what is published while it listens, and nothing of before', async (at) => {
    await at.keep(some(0, 10));
    const first = at.start('hints');
    await at.listeners(1);
    await at.keep(some(10, 20));
    await first.until(10);
    expect(await first.kill()).toEqual(some(10, 20));
    await at.listeners(0);
    await at.keep(some(20, 30));
    const second = at.start('hints');
    await at.listeners(1);
    await at.keep(some(30, 40));
    await second.until(10);
    expect(await second.kill()).toEqual(some(30, 40));
  });

  rule('work shares the events among the consumers of a group: each to one of them', async (at) => {
    await at.keep(some(0, 30));
    const [one, other] = [at.start('work', 'desk', 'one'), at.start('work', 'desk', 'other')];
    await until('30 events are printed', async () => one.count() + other.count() >= 30);
    await at.keep(some(30, 40));
    await until('40 events are printed', async () => one.count() + other.count() >= 40);
    await at.acknowledged('desk');
    const printed = [...(await one.kill()), ...(await other.kill())];
    expect(idsOf(printed).toSorted()).toEqual(idsOf(some(0, 40)).toSorted());
  });

  rule('work, when killed in the middle, receives again at most the one event that it was at', async (at) => {
    await at.keep(some(0, 60));
    const printed: UnroutableEvent[] = [];
    for (const many of [5, 11]) {
      const subscriber = at.start('work', 'desk', 'one');
      await subscriber.until(many);
      printed.push(...(await subscriber.kill()));
    }
    await at.keep(some(60, 70));
    const last = at.start('work', 'desk', 'one');
    await until('the newest event is printed', async () => printed.length + last.count() >= 70);
    await at.acknowledged('desk');
    printed.push(...(await last.kill()));
    expect(new Set(idsOf(printed))).toEqual(new Set(idsOf(some(0, 70))));
    expect(printed.length).toBeLessThanOrEqual(70 + 2);
  });
});

type Users = (server: RedisServer) => Promise<{ readonly reader: string; readonly group: string }>;

/** Makes the users of a document, with which programs read, and with which they share the work. */
function usersOf(): readonly (readonly [document: string, users: Users])[] {
  return [
    [
      'docs/events.md',
      async (server) => {
        await server.cli('ACL', ...newsroom());
        return { reader: 'newsroom:secret@', group: 'newsroom:secret@' };
      },
    ],
    [
      'docs/redis.md',
      async (server) => {
        for (const user of ['reader', 'group'] as const) {
          await server.cli('ACL', 'SETUSER', user, 'on', '>SECRET', ...(await documentedUser(user)).split(' '));
        }
        return { reader: 'reader:SECRET@', group: 'group:SECRET@' };
      },
    ],
  ];
}

/** The line of docs/events.md that operators copy, with the rights that it adds for consumer groups. */
function newsroom(): readonly string[] {
  const text = readFileSync(join(ROOT, 'docs/events.md'), 'utf8');
  const line = /^ *ACL (SETUSER newsroom on >secret .+)$/m.exec(text)?.[1];
  const besides = /^For consumer groups, add `(.+?)`/m.exec(text)?.[1];
  if (line === undefined || besides === undefined) throw new Error('docs/events.md has no ACL user');
  return `${line} ${besides}`.split(' ');
}
