import { expect, test } from 'vitest';
import type { Lease } from '../../src/ports.ts';
import { batch, change } from './fixtures.ts';
import { eventually, withStore, type Open, type Rule } from './opened.ts';

/** Longer than any test. */
const LONG_MS = 600_000;

/** Over before anyone loses retrying, and long enough that its taking is over before. */
const SHORT_MS = 150;

function taken(lease: Lease | undefined): Lease {
  if (lease === undefined) throw new Error('the lease should have been free');
  return lease;
}

export function leasesContract(rule: Rule, open: Open): void {
  rule('a new store has no holder', async ({ store }) => {
    expect(await store.leases.holder()).toBeUndefined();
  });

  rule('one process holds it at a time, whichever handle asks', async ({ store, reopen }) => {
    const other = await reopen();
    const lease = taken(await store.leases.acquire('a', LONG_MS));
    expect(lease.holder).toBe('a');
    expect(await other.leases.acquire('b', LONG_MS)).toBeUndefined();
    expect(await store.leases.acquire('c', LONG_MS)).toBeUndefined();
    expect(await other.leases.holder()).toMatchObject(lease);
  });

  rule('the holder has it already, under the same token', async ({ store, reopen }) => {
    const lease = taken(await store.leases.acquire('a', LONG_MS));
    expect(await store.leases.acquire('a', LONG_MS)).toEqual(lease);
    expect(await (await reopen()).leases.acquire('a', LONG_MS)).toEqual(lease);
  });

  rule('the store names who leads and for how long', async ({ store, reopen }) => {
    const lease = taken(await store.leases.acquire('한국 host:1/a b', 50_000));
    const holder = await (await reopen()).leases.holder();
    expect(holder).toMatchObject(lease);
    expect(holder?.leftMs).toBeGreaterThan(0);
    expect(holder?.leftMs).toBeLessThanOrEqual(50_000);
  });

  rule('renewed, it lasts as long as was requested then', async ({ store }) => {
    const lease = taken(await store.leases.acquire('a', 30_000));
    expect(await store.leases.renew(lease, LONG_MS)).toBe(true);
    expect((await store.leases.holder())?.leftMs).toBeGreaterThan(30_000);
    expect(await store.leases.holder()).toMatchObject(lease);
  });

  rule('released, it is free at once, and the next token is greater', async ({ store, reopen }) => {
    const other = await reopen();
    const first = taken(await store.leases.acquire('a', LONG_MS));
    await store.leases.release(first);
    expect(await other.leases.holder()).toBeUndefined();
    expect(await store.leases.renew(first, LONG_MS)).toBe(false);
    const second = taken(await other.leases.acquire('b', LONG_MS));
    expect(second.token).toBeGreaterThan(first.token);
    await other.leases.release(second);
    expect(taken(await store.leases.acquire('a', LONG_MS)).token).toBeGreaterThan(second.token);
  });

  rule('only the holder can release or renew it', async ({ store, reopen }) => {
    const first = taken(await store.leases.acquire('a', LONG_MS));
    await store.leases.release(first);
    const second = taken(await (await reopen()).leases.acquire('b', LONG_MS));
    await store.leases.release(first);
    expect(await store.leases.renew(first, LONG_MS)).toBe(false);
    expect(await store.leases.holder()).toMatchObject(second);
  });

  rule(
    'a lease that was not renewed in time goes to another process, and the late holder is refused by its token',
    async (opened) => {
      const { store } = opened;
      const other = await opened.reopen();
      const late = taken(await store.leases.acquire('late', SHORT_MS));
      await store.commit(batch(1), late.token);

      const heir = await eventually(opened, 'the lease to run out', () => other.leases.acquire('heir', LONG_MS));
      expect(heir.token).toBeGreaterThan(late.token);
      expect(await store.leases.renew(late, LONG_MS)).toBe(false);
      expect(await store.leases.acquire('late', LONG_MS)).toBeUndefined();
      expect(await store.commit(batch(2), late.token)).toEqual({ ok: false, reason: 'fenced' });
      expect(await store.write([change('instances', 'late', '1')], late.token)).toEqual({
        ok: false,
        reason: 'fenced',
      });
      expect(await other.commit(batch(2), heir.token)).toEqual({ ok: true });
    },
  );

  rule(
    'a lease that ran out has no holder: not even the last one can renew it, and to take it again gives a greater token',
    async (opened) => {
      const { store } = opened;
      const lease = taken(await store.leases.acquire('a', SHORT_MS));
      await eventually(opened, 'the lease to run out', async () => ((await store.leases.holder()) ? undefined : true));
      expect(await store.leases.renew(lease, LONG_MS)).toBe(false);
      expect(taken(await store.leases.acquire('a', LONG_MS)).token).toBeGreaterThan(lease.token);
    },
  );

  test('of many that ask at once through two handles, one has it, a hundred times over', () =>
    withStore(open, async ({ store, reopen }) => {
      const handles = [store, await reopen()] as const;
      let before = 0;
      for (let round = 0; round < 100; round++) {
        const asked = ['a', 'b', 'c', 'd'].map((name, i) =>
          (handles[(i + round) % 2] ?? store).leases.acquire(name, LONG_MS),
        );
        const won = (await Promise.all(asked)).filter((lease) => lease !== undefined);
        expect(won).toHaveLength(1);
        expect(won[0]?.token).toBeGreaterThan(before);
        before = won[0]?.token ?? before;
        await store.leases.release(taken(won[0]));
      }
    }));
}
