import { existsSync, lstatSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { batch, change, event, numbers } from '../../contract/fixtures.ts';
import { HandClock } from '../../support/clock.ts';
import { compiled } from '../../support/mrt-compiled.ts';
import { startChild, type Child } from './child.ts';
import { open, scratch } from './folder.ts';

let folder: ReturnType<typeof scratch>;
let children: Child[];
beforeEach(() => {
  folder = scratch();
  children = [];
});
afterEach(async () => {
  for (const child of children) await child.kill();
  folder.remove();
});

const ROUNDS = 20;
const ROUND = 10;

/** Leads again and again: takes the lease, stores some batches under its token, gives it up. */
const LEADER = `
  const store = await open();
  const [name] = args;
  for (let round = 0; round < ${String(ROUNDS)};) {
    const lease = await store.leases.acquire(name, 60_000);
    if (lease === undefined) { await new Promise((resolve) => setImmediate(resolve)); continue; }
    let number = (await store.load())?.number ?? 0;
    for (let i = 0; i < ${String(ROUND)}; i++) {
      number++;
      const changes = [{ space: 'voters', key: 'by', value: name + ' ' + number }];
      const committed = await store.commit({ number, cursor: number, elements: number, events: [event(number)], changes }, lease.token);
      if (!committed.ok) throw new Error(name + ' was refused: ' + committed.reason);
    }
    await store.leases.release(lease);
    round++;
  }
  await store.close();
`;

describe('several processes with one folder', () => {
  const dist = compiled();

  function start(code: string, args: readonly string[] = []): Child {
    const child = startChild(dist(), folder.path, code, args);
    children.push(child);
    return child;
  }

  test('lead in turns, and a third one follows every event, in order and once', async () => {
    const store = await open(folder.path);
    const total = 2 * ROUNDS * ROUND;
    const abort = new AbortController();
    const followed: number[] = [];
    const following = (async () => {
      for await (const { sequence } of store.follow(undefined, abort.signal)) {
        if (followed.push(Number(sequence)) === total) abort.abort();
      }
    })();
    const leaders = ['left', 'right'].map((name) => start(LEADER, [name]));
    expect(await Promise.all(leaders.map(({ ended }) => ended))).toEqual([0, 0]);
    await following;
    expect(followed).toEqual(Array.from({ length: total }, (_, i) => i + 1));
    expect(await numbers(store)).toEqual(followed);
    expect((await store.load())?.number).toBe(total);
    await store.close();
  });

  test('see what one of them wrote though the database grew a hundredfold since they opened it', async () => {
    const store = await open(folder.path);
    await store.commit(batch(1));
    const child = start(`
      const store = await open();
      const value = JSON.stringify('x'.repeat(100_000));
      for (let number = 2; number <= 101; number++) {
        const changes = [{ space: 'engine', key: String(number), value }];
        await store.commit({ number, cursor: number, elements: number, events: [event(number)], changes });
      }
      await store.close();
    `);
    expect(await child.ended).toBe(0);
    const stored = await store.load();
    expect(stored?.number).toBe(101);
    expect(stored?.records.filter(({ value }) => value.length === 100_002)).toHaveLength(100);
    expect(await store.commit(batch(102, { events: [event(102)] }))).toEqual({ ok: true });
    expect(await numbers(store, 101)).toEqual([102]);
    await store.close();
  });

  test('take no more room the longer they run: space that was rewritten and trimmed is used again', async () => {
    const store = await open(folder.path);
    const idle = start(`
      const store = await open();
      await store.load();
      say('looked');
      setInterval(() => undefined, 1000);
    `);
    await idle.printed(1);
    const sizes: number[] = [];
    for (let number = 1; number <= 600; number++) {
      const changes = Array.from({ length: 50 }, (_, i) =>
        change('voters', String(i), `${String(number)} ${'x'.repeat(200)}`),
      );
      await store.commit(batch(number, { changes, events: [event(number)] }));
      if (number % 50 === 0) await store.trim(50);
      if (number % 200 === 0) sizes.push(statSync(join(folder.path, 'data.mdb')).size);
    }
    const [first = 0, , last = 0] = sizes;
    // Never used again it would be 8 MiB by then. On a busy machine a look of LMDB's holds pages a little longer.
    expect(first).toBeLessThan(4 << 20);
    expect(last).toBeLessThanOrEqual(first * 1.25);
    await store.close();
  });

  test('a holder that was killed is followed by another when its time is over, and not before', async () => {
    const clock = new HandClock(0);
    const store = await open(folder.path, { clock });
    const child = start(`
      const store = await open();
      await store.leases.acquire('killed', 10_000);
      say('leads');
      setInterval(() => undefined, 1000);
    `);
    await child.printed(1);
    await child.kill();
    // By this clock it was written decades from now: only what is seen of it counts.
    expect(await store.leases.acquire('heir', 10_000)).toBeUndefined();
    await clock.turn(9_999);
    expect(await store.leases.acquire('heir', 10_000)).toBeUndefined();
    await clock.turn(1);
    expect(await store.leases.acquire('heir', 10_000)).toMatchObject({ holder: 'heir', token: 2 });
    await store.close();
  });

  test('a process that was stopped while it wrote blocks no other: that one names it, and goes on later', async () => {
    const clock = new HandClock();
    const store = await open(folder.path, { clock });
    const child = start(`say('up'); setInterval(() => undefined, 1000);`);
    await child.printed(1);
    process.kill(child.pid, 'SIGSTOP');
    symlinkSync(String(child.pid), join(folder.path, 'writing'));

    const committing = store.commit(batch(1)).catch(String);
    await clock.turn(5_100);
    expect(await committing).toContain(`process ${String(child.pid)} has been writing`);
    expect(await store.load()).toBeUndefined();

    await child.kill();
    expect(await store.commit(batch(1, { changes: [change('voters', 'a', '1')] }))).toEqual({ ok: true });
    expect(existsSync(join(folder.path, 'writing'))).toBe(false);
    await store.close();
  });

  test('a mark that was left by a process that is gone, or by none, does not block others', async () => {
    const store = await open(folder.path, { clock: new HandClock() });
    for (const [number, left] of [String(2 ** 22 + 1), 'nobody', String(process.pid), '0', '-1'].entries()) {
      symlinkSync(left, join(folder.path, 'writing'));
      expect(await store.commit(batch(number + 1))).toEqual({ ok: true });
      expect(lstatSync(join(folder.path, 'writing'), { throwIfNoEntry: false })).toBeUndefined();
    }
    await store.close();
  });
});

describe('a clock that steps', () => {
  test('backward by an hour, keeps a dead holder’s lease for one more time to live at most', async () => {
    const clock = new HandClock();
    const store = await open(folder.path, { clock });
    const heir = await open(folder.path, { clock });
    await store.leases.acquire('dead', 10_000);
    clock.stepWall(-3_600_000);
    expect(await heir.leases.acquire('heir', 10_000)).toBeUndefined();
    await clock.turn(9_999);
    expect(await heir.leases.acquire('heir', 10_000)).toBeUndefined();
    await clock.turn(1);
    expect(await heir.leases.acquire('heir', 10_000)).toMatchObject({ holder: 'heir' });
    await store.close();
    await heir.close();
  });

  test('forward by an hour, does not take the lease from a process that renews it, nor from one that watched it', async () => {
    const clock = new HandClock();
    const store = await open(folder.path, { clock });
    const other = await open(folder.path, { clock });
    const lease = await store.leases.acquire('leader', 10_000);
    if (lease === undefined) throw new Error('the lease was free');
    expect(await other.leases.acquire('other', 10_000)).toBeUndefined();
    clock.stepWall(3_600_000);
    expect(await other.leases.acquire('other', 10_000)).toBeUndefined();
    expect(await store.leases.renew(lease, 10_000)).toBe(true);
    expect(await other.leases.holder()).toMatchObject({ token: lease.token, leftMs: 10_000 });
    await store.close();
    await other.close();
  });
});
