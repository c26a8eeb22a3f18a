import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { holderName, releaseOfDead } from '../../../src/app/leadership/lease-holder.ts';
import { nextLeadership, type Leadership, type LeadershipReport } from '../../../src/app/leadership/leadership.ts';
import type { Leases, StateStore } from '../../../src/ports.ts';
import { memoryStore } from '../../../src/store/memory.ts';
import { HandClock } from '../../support/clock.ts';

/** One store on a clock turned by hand, and those who ask to lead on it. */
class Scene {
  readonly clock = new HandClock();
  readonly store: StateStore = memoryStore(10, () => this.clock.monotonicMs());
  readonly said: string[] = [];
  readonly #stop = new AbortController();

  /** Gives where the leadership will be found when it has come. */
  ask(holder: string, leases: Leases = this.store.leases): { leadership: Leadership | undefined } {
    const asked: { leadership: Leadership | undefined } = { leadership: undefined };
    const report = (said: LeadershipReport): void => void this.said.push(`${holder} ${textOf(said)}`);
    void nextLeadership({ leases, holder, clock: this.clock, report }, this.#stop.signal).then(
      (leadership) => (asked.leadership = leadership),
    );
    return asked;
  }

  stop(): void {
    this.#stop.abort();
  }
}

function textOf(said: LeadershipReport): string {
  if (said.type === 'waiting') return `waits behind ${said.behind}`;
  return said.type === 'leading' ? `leads with ${said.token}` : said.type;
}

/** The same leases while the store can be reached. */
function reachable(leases: Leases, isAway: () => boolean): Leases {
  const reach = <T>(ask: () => Promise<T>): Promise<T> => (isAway() ? Promise.reject(new Error('away')) : ask());
  return {
    acquire: (holder, ttlMs) => reach(() => leases.acquire(holder, ttlMs)),
    renew: (lease, ttlMs) => reach(() => leases.renew(lease, ttlMs)),
    release: (lease) => reach(() => leases.release(lease)),
    holder: () => reach(() => leases.holder()),
  };
}

test('the first process leads, and continues to lead; the other waits', async () => {
  const scene = new Scene();
  const first = scene.ask('a');
  await scene.clock.turn(0);
  const second = scene.ask('b');
  await scene.clock.turn(600_000);
  expect(first.leadership?.over.aborted).toBe(false);
  expect(second.leadership).toBeUndefined();
  expect(scene.said).toEqual(['a leads with 1', 'b waits behind a']);
  scene.stop();
});

test('a leader that fell silent is followed within 7 seconds, with a greater token', async () => {
  const scene = new Scene();
  await scene.store.leases.acquire('dead', 6_000);
  const next = scene.ask('b');
  await scene.clock.turn(7_000);
  expect(next.leadership?.token()).toBe(2);
  scene.stop();
});

test('a leader that ends its leadership is followed within a second', async () => {
  const scene = new Scene();
  const first = scene.ask('a');
  await scene.clock.turn(0);
  const second = scene.ask('b');
  await scene.clock.turn(10_000);
  const ending = first.leadership?.end();
  await scene.clock.turn(1_000);
  await ending;
  expect(second.leadership).toBeDefined();
  scene.stop();
});

test('a leader whose lease expired while the store was away continues if no other process led meanwhile', async () => {
  const scene = new Scene();
  let isAway = false;
  const first = scene.ask(
    'a',
    reachable(scene.store.leases, () => isAway),
  );
  await scene.clock.turn(10_000);
  isAway = true;
  await scene.clock.turn(60_000);
  expect(first.leadership?.over.aborted).toBe(false);
  isAway = false;
  await scene.clock.turn(10_000);
  expect(first.leadership?.over.aborted).toBe(false);
  expect(first.leadership?.token()).toBe(2);
  scene.stop();
});

test('a leader that was cut off learns that another one leads', async () => {
  const scene = new Scene();
  let isAway = false;
  const first = scene.ask(
    'a',
    reachable(scene.store.leases, () => isAway),
  );
  const second = scene.ask('b');
  await scene.clock.turn(10_000);
  isAway = true;
  await scene.clock.turn(10_000);
  expect(second.leadership?.token()).toBe(2);
  isAway = false;
  await scene.clock.turn(3_000);
  expect(first.leadership?.over.aborted).toBe(true);
  expect(second.leadership?.over.aborted).toBe(false);
  expect(scene.said.at(-1)).toBe('a lost');
  scene.stop();
});

test('a lease that was lost early with the stored data is left to the last leader for its remaining time', async () => {
  const { clock, store } = new Scene();
  const leader = await store.leases.acquire('a', 6_000);
  let isWhole = true;
  let next: Leadership | undefined;
  const isThere = (): Promise<boolean> => Promise.resolve(isWhole);
  const options = { leases: store.leases, holder: 'b', clock, report: () => undefined, isWhole: isThere };
  void nextLeadership(options, new AbortController().signal).then((leadership) => (next = leadership));
  await clock.turn(1_000);

  isWhole = false;
  if (leader !== undefined) await store.leases.release(leader);
  await clock.turn(3_000);
  expect(next).toBeUndefined();
  expect((await store.leases.acquire('a', 6_000))?.token).toBe(2);
  await clock.turn(1_000);

  isWhole = true;
  await store.leases.release({ token: 2, holder: 'a' });
  await clock.turn(1_000);
  expect(next?.token()).toBe(3);
  await next?.end();
});

test('… and taken when the last leader did not come back', async () => {
  const { clock, store } = new Scene();
  const leader = await store.leases.acquire('a', 6_000);
  let next: Leadership | undefined;
  const isWhole = (): Promise<boolean> => Promise.resolve(false);
  const options = { leases: store.leases, holder: 'b', clock, report: () => undefined, isWhole };
  void nextLeadership(options, new AbortController().signal).then((leadership) => (next = leadership));
  await clock.turn(1_000);
  if (leader !== undefined) await store.leases.release(leader);
  await clock.turn(7_000);
  expect(next?.token()).toBe(2);
});

test('a store that is away is asked again, and is reported once', async () => {
  const scene = new Scene();
  let isAway = true;
  const first = scene.ask(
    'a',
    reachable(scene.store.leases, () => isAway),
  );
  await scene.clock.turn(30_000);
  isAway = false;
  await scene.clock.turn(1_000);
  expect(first.leadership).toBeDefined();
  expect(scene.said).toEqual(['a away', 'a leads with 1']);
  scene.stop();
});

test('the lease of a dead process of this machine is given up, that of a living one is not', async () => {
  const { leases } = memoryStore();
  const me = holderName();
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const like = (pid: number): string => me.replace(`:${process.pid}`, `:${pid}`);

  await leases.acquire(like(dead), 60_000);
  await releaseOfDead(leases, me);
  expect(await leases.holder()).toBeUndefined();

  await leases.acquire(like(process.ppid), 60_000);
  await releaseOfDead(leases, me);
  expect((await leases.holder())?.holder).toBe(like(process.ppid));
});

test('the lease of a process of another machine, or of another container, is left alone', async () => {
  for (const holder of [`elsewhere:${2 ** 22 + 1}`, holderName().replace(/:\d+@\d+$/, `:${2 ** 22 + 1}@1`)]) {
    const { leases } = memoryStore();
    await leases.acquire(holder, 60_000);
    await releaseOfDead(leases, holderName());
    expect((await leases.holder())?.holder).toBe(holder);
  }
});
