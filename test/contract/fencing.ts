import { expect } from 'vitest';
import { batch, change, contents, event } from './fixtures.ts';
import type { Rule } from './opened.ts';

const FENCED = { ok: false, reason: 'fenced' };

export function fencingContract(rule: Rule): void {
  rule('a token older than one that has written is refused, and changes nothing', async ({ store, reopen }) => {
    const other = await reopen();
    expect(await store.commit(batch(1), 4)).toEqual({ ok: true });
    expect(await other.commit(batch(2, { events: [event(1)] }), 7)).toEqual({ ok: true });
    const before = await contents(store);

    const late = batch(3, { changes: [change('voters', 'late', '1')], events: [event(2)] });
    expect(await store.commit(late, 4)).toEqual(FENCED);
    expect(await store.commit({ ...late, whole: true }, 6)).toEqual(FENCED);
    expect(await store.write([change('readers', 'late', '"event-1"')], 6)).toEqual(FENCED);
    expect(await contents(store)).toEqual(before);

    expect(await other.commit(late, 7)).toEqual({ ok: true });
  });

  rule(
    'a writer that is fenced learns that, even of the last batch repeated and of a number that does not follow',
    async ({ store }) => {
      await store.commit(batch(1), 2);
      expect(await store.commit(batch(1), 1)).toEqual(FENCED);
      expect(await store.commit(batch(9), 1)).toEqual(FENCED);
      expect(await store.commit(batch(9), 2)).toMatchObject({ reason: 'lost' });
    },
  );

  rule('a token is seen in a write of other records as in a batch', async ({ store, reopen }) => {
    await store.write([change('instances', 'a', '1')], 9);
    expect(await (await reopen()).commit(batch(1), 8)).toEqual(FENCED);
    expect(await store.commit(batch(1), 9)).toEqual({ ok: true });
  });

  rule('without a token nothing is refused', async ({ store }) => {
    await store.commit(batch(1), 5);
    expect(await store.commit(batch(2))).toEqual({ ok: true });
    expect(await store.write([change('instances', 'a', '1')])).toEqual({ ok: true });
    expect(await store.commit(batch(3), 4)).toEqual(FENCED);
  });

  rule('the token of a lease fences those before it from the moment it is taken', async ({ store, reopen }) => {
    const other = await reopen();
    const first = await store.leases.acquire('first', 60_000);
    if (first === undefined) throw new Error('the lease was free');
    expect(await store.commit(batch(1), first.token)).toEqual({ ok: true });
    await store.leases.release(first);
    const second = await other.leases.acquire('second', 60_000);
    if (second === undefined) throw new Error('the lease was released');

    expect(await store.commit(batch(2), first.token)).toEqual(FENCED);
    expect(await store.write([change('instances', 'first', '1')], first.token)).toEqual(FENCED);
    expect(await other.commit(batch(2), second.token)).toEqual({ ok: true });
  });

  rule('a lease is never given a token that would be refused', async ({ store }) => {
    await store.commit(batch(1), 41);
    const lease = await store.leases.acquire('a', 60_000);
    expect(lease?.token).toBeGreaterThan(41);
    expect(await store.commit(batch(2), lease?.token)).toEqual({ ok: true });
  });

  rule('a lease whose token would be refused is not renewed; acquired again, it has a newer one', async ({ store }) => {
    const lease = await store.leases.acquire('a', 60_000);
    if (lease === undefined) throw new Error('the lease was free');
    await store.write([], lease.token + 5);
    expect(await store.leases.renew(lease, 60_000)).toBe(false);
    const next = await store.leases.acquire('a', 60_000);
    expect(next?.token).toBeGreaterThan(lease.token + 5);
    expect(await store.commit(batch(1), next?.token)).toEqual({ ok: true });
  });
}
