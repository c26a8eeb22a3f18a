import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { batch, change, contents, event, numbers } from '../../contract/fixtures.ts';
import { canMount } from '../../support/mount.ts';
import { open, scratch } from './folder.ts';

let folder: ReturnType<typeof scratch>;
beforeEach(() => {
  folder = scratch();
});
afterEach(() => folder.remove());

describe('a full disk', () => {
  test('is reported before anything is written, the lease goes on, and so does the store when there is room', async () => {
    const store = await open(folder.path);
    await store.commit(batch(1, { events: [event(1)] }));
    const before = await contents(store);
    const full = await open(folder.path, { spareBytes: 2 ** 60 });

    await expect(full.commit(batch(2, { changes: [change('voters', 'a', '1')] }))).rejects.toThrow('the disk is full');
    await expect(full.write([change('instances', 'a', '1')])).rejects.toThrow('the disk is full');
    expect(await full.leases.acquire('a', 60_000)).toMatchObject({ holder: 'a' });
    expect(await contents(full)).toEqual(before);

    expect(await store.commit(batch(2, { events: [event(2)] }))).toEqual({ ok: true });
    await store.close();
    await full.close();
  });

  const isMountable = canMount();

  test.skipIf(!isMountable)(
    `of 60 MiB that was full and is freed takes the next batch${isMountable ? '' : ' (skipped: only root may mount one)'}`,
    async () => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=60m', 'tmpfs', folder.path]);
      try {
        const store = await open(join(folder.path, 'store'));
        const lease = await store.leases.acquire('a', 60_000);
        expect(await store.commit(batch(1), lease?.token)).toEqual({ ok: true });
        const filler = join(folder.path, 'filler');
        expect(() => writeFileSync(filler, Buffer.alloc(64 << 20))).toThrow('ENOSPC');
        for (let time = 0; time < 20; time++) {
          await expect(store.commit(batch(2), lease?.token)).rejects.toThrow('the disk is full: 0 MiB left');
        }
        rmSync(filler);
        expect(await store.commit(batch(2), lease?.token)).toEqual({ ok: true });
        await store.close();
      } finally {
        execFileSync('umount', ['--lazy', folder.path]);
      }
    },
  );

  test.skipIf(!isMountable)(
    `of 24 MiB, really full: all that was acknowledged is there${isMountable ? '' : ' (skipped: only root may mount one)'}`,
    async () => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder.path]);
      try {
        const store = await open(folder.path, { spareBytes: 2 << 20 });
        const value = JSON.stringify('x'.repeat(300_000));
        let acknowledged = 0;
        const fill = async (): Promise<void> => {
          for (let number = acknowledged + 1; ; number++) {
            await store.commit(
              batch(number, { changes: [change('engine', String(number), value)], events: [event(number)] }),
            );
            acknowledged = number;
          }
        };
        for (let time = 0; time < 20; time++) await expect(fill()).rejects.toThrow('the disk is full');
        expect(acknowledged).toBeGreaterThan(10);
        expect((await store.load())?.number).toBe(acknowledged);
        expect(await numbers(store)).toHaveLength(acknowledged);

        execFileSync('mount', ['-o', 'remount,size=64m', folder.path]);
        expect(await store.commit(batch(acknowledged + 1))).toEqual({ ok: true });
        await store.close();
      } finally {
        execFileSync('umount', ['--lazy', folder.path]);
      }
    },
  );
});

describe('what a folder cannot store', () => {
  test('a key longer than LMDB’s rejects, and the batch with it', async () => {
    const store = await open(folder.path);
    const long = batch(1, { changes: [change('voters', 'a', '1'), change('voters', 'k'.repeat(2000), '1')] });
    await expect(store.commit(long)).rejects.toThrow('cannot be stored');
    expect(await store.load()).toBeUndefined();
    expect(await store.read('voters')).toEqual([]);
    expect(await store.commit(batch(1))).toEqual({ ok: true });
    await store.close();
  });

  test('after it was closed, every call rejects, and a follower ends', async () => {
    const store = await open(folder.path);
    const events = store.follow(undefined, new AbortController().signal)[Symbol.asyncIterator]();
    const waiting = events.next();
    await store.close();
    expect((await waiting).done).toBe(true);
    await expect(store.load()).rejects.toThrow();
    await expect(store.commit(batch(1))).rejects.toThrow();
    await expect(store.leases.holder()).rejects.toThrow();
    await expect(numbers(store)).rejects.toThrow();
  });
});
