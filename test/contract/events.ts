import { expect } from 'vitest';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import { UnknownEvent, type StateStore } from '../../src/ports.ts';
import { batch, change, event, idOf, numbers, readerAt } from './fixtures.ts';
import type { Rule } from './opened.ts';

/** Keeps events numbered from `from` to `to` in one batch. */
async function keep(store: StateStore, number: number, from: number, to: number): Promise<void> {
  const events = Array.from({ length: to - from + 1 }, (_, i) => event(from + i));
  expect(await store.commit(batch(number, { events }))).toEqual({ ok: true });
}

/** Numbers of the next so many events that a follower is given. */
async function next(events: AsyncIterator<UnroutableEvent>, many: number): Promise<number[]> {
  const found: number[] = [];
  while (found.length < many) {
    const result = await events.next();
    if (result.done === true) break;
    found.push(Number(result.value.sequence));
  }
  return found;
}

export function eventsContract(rule: Rule): void {
  rule('come back in full and in the order in which they were stored', async ({ store, reopen }) => {
    const events = [event(3), event(1, ' 평양 🛰️'), event(2)];
    await store.commit(batch(1, { events }));
    await store.commit(batch(2, { events: [event(10), event(9)] }));
    const found: UnroutableEvent[] = [];
    for await (const each of (await reopen()).events()) found.push(each);
    expect(found).toEqual([...events, event(10), event(9)]);
  });

  rule('are read after an id, to the end', async ({ store }) => {
    await keep(store, 1, 1, 3);
    await keep(store, 2, 4, 5);
    expect(await numbers(store, 2)).toEqual([3, 4, 5]);
    expect(await numbers(store, 5)).toEqual([]);
  });

  rule('after an id that was never stored there is an error that says so', async ({ store }) => {
    await keep(store, 1, 1, 2);
    for (const id of ['event-3', '', '0-0', '0', '__proto__']) {
      const reading = store.events(id)[Symbol.asyncIterator]().next();
      await expect(reading).rejects.toThrow(UnknownEvent);
      const following = store.follow(id, AbortSignal.timeout(10_000))[Symbol.asyncIterator]().next();
      await expect(following).rejects.toMatchObject({ name: 'UnknownEvent', id });
    }
  });

  rule(
    'an id that is stored already is not stored again, neither from a later batch nor twice from one',
    async ({ store }) => {
      await keep(store, 1, 1, 2);
      await store.commit(batch(2, { events: [event(2, ' again'), event(3), event(3, ' again'), event(1)] }));
      const found: UnroutableEvent[] = [];
      for await (const each of store.events()) found.push(each);
      expect(found).toEqual([event(1), event(2), event(3)]);
    },
  );

  rule('thousands of them are read, from the first to the last', async ({ store, reopen }) => {
    await keep(store, 1, 1, 3000);
    const all = Array.from({ length: 3000 }, (_, i) => i + 1);
    expect(await numbers(await reopen())).toEqual(all);
    expect(await numbers(store, 1500)).toEqual(all.slice(1500));
  });

  rule('the newest is named and all are counted, also after the oldest or all of them were trimmed', async (opened) => {
    const { store, reopen } = opened;
    expect([await store.newest(), await store.count()]).toEqual([undefined, 0]);
    await keep(store, 1, 1, 3000);
    expect([await store.newest(), await store.count()]).toEqual([idOf(3000), 3000]);
    await store.trim(2);
    const other = await reopen();
    expect([await other.newest(), await other.count()]).toEqual([idOf(3000), 2]);
    await store.trim(0);
    expect([await other.newest(), await other.count()]).toEqual([undefined, 0]);
    await keep(other, 2, 3001, 3001);
    expect([await store.newest(), await store.count()]).toEqual([idOf(3001), 1]);
  });

  followContract(rule);
  trimContract(rule);
}

function followContract(rule: Rule): void {
  rule('followed, come as they are stored, by this handle or another', async ({ store, reopen }) => {
    const other = await reopen();
    const abort = new AbortController();
    const events = store.follow(undefined, abort.signal)[Symbol.asyncIterator]();
    await keep(store, 1, 1, 2);
    expect(await next(events, 2)).toEqual([1, 2]);

    const waiting = next(events, 1);
    await keep(other, 2, 3, 3);
    expect(await waiting).toEqual([3]);

    await keep(store, 3, 4, 6);
    expect(await next(events, 3)).toEqual([4, 5, 6]);
    abort.abort();
    expect(await next(events, 1)).toEqual([]);
  });

  rule('are followed after an id, even the newest', async ({ store }) => {
    await keep(store, 1, 1, 3);
    const abort = new AbortController();
    const late = store.follow(idOf(3), abort.signal)[Symbol.asyncIterator]();
    const early = store.follow(idOf(1), abort.signal)[Symbol.asyncIterator]();
    expect(await next(early, 2)).toEqual([2, 3]);
    const waiting = next(late, 1);
    await keep(store, 2, 4, 4);
    expect(await waiting).toEqual([4]);
    expect(await next(early, 1)).toEqual([4]);
    abort.abort();
  });

  rule('following ends when it is aborted, before, while waiting and while reading', async ({ store }) => {
    await keep(store, 1, 1, 2);
    expect(await next(store.follow(undefined, AbortSignal.abort())[Symbol.asyncIterator](), 1)).toEqual([]);

    const waiting = new AbortController();
    const ended = next(store.follow(idOf(2), waiting.signal)[Symbol.asyncIterator](), 1);
    waiting.abort();
    expect(await ended).toEqual([]);

    const reading = new AbortController();
    const events = store.follow(undefined, reading.signal)[Symbol.asyncIterator]();
    expect(await next(events, 1)).toEqual([1]);
    await events.return?.();
    reading.abort();
  });

  rule('followed from the beginning, though all there were are trimmed, come as they are stored', async ({ store }) => {
    await keep(store, 1, 1, 3);
    expect(await store.trim(0)).toBe(3);
    const abort = new AbortController();
    const waiting = next(store.follow(undefined, abort.signal)[Symbol.asyncIterator](), 1);
    await keep(store, 2, 4, 4);
    expect(await waiting).toEqual([4]);
    abort.abort();
  });

  rule('a follower that has all of them goes on when they are trimmed, and misses none', async ({ store }) => {
    await keep(store, 1, 1, 3);
    const abort = new AbortController();
    const events = store.follow(undefined, abort.signal)[Symbol.asyncIterator]();
    expect(await next(events, 3)).toEqual([1, 2, 3]);
    expect(await store.trim(0)).toBe(3);
    await keep(store, 2, 4, 5);
    expect(await next(events, 2)).toEqual([4, 5]);
    abort.abort();
  });

  for (const left of [2, 0])
    rule(`a follower whose next events are trimmed, all but ${left}, learns after which one`, async ({ store }) => {
      await keep(store, 1, 1, 1);
      const events = store.follow(undefined, new AbortController().signal)[Symbol.asyncIterator]();
      expect(await next(events, 1)).toEqual([1]);
      await keep(store, 2, 2, 5);
      expect(await store.trim(left)).toBe(5 - left);
      await expect(next(events, 1)).rejects.toMatchObject({ name: 'UnknownEvent', id: idOf(1) });
    });

  rule('a follower is given each event once, however many are stored meanwhile', async ({ store, reopen }) => {
    const abort = new AbortController();
    const other = await reopen();
    const found = next(other.follow(undefined, abort.signal)[Symbol.asyncIterator](), 200);
    for (let i = 0; i < 20; i++) await keep(store, i + 1, i * 10 + 1, i * 10 + 10);
    expect(await found).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    abort.abort();
  });
}

/**
 * A reader is at the event whose id it wrote in the space `readers`, as JSON. What it has yet to deal with stays, and
 * so does the event it is at: reading continues after that one.
 */
function trimContract(rule: Rule): void {
  rule('trimmed, the newest stay, and the number of removed ones is returned', async ({ store, reopen }) => {
    await keep(store, 1, 1, 10);
    expect(await store.trim(4)).toBe(6);
    expect(await numbers(store)).toEqual([7, 8, 9, 10]);
    expect(await numbers(await reopen())).toEqual([7, 8, 9, 10]);
    expect(await store.trim(4)).toBe(0);
    expect(await store.trim(100)).toBe(0);
    await keep(store, 2, 11, 11);
    expect(await numbers(store, 7)).toEqual([8, 9, 10, 11]);
    expect(await store.trim(0)).toBe(5);
    expect(await numbers(store)).toEqual([]);
  });

  rule('that were trimmed are unknown: there is nothing after them to go on from', async ({ store }) => {
    await keep(store, 1, 1, 5);
    await store.trim(2);
    await expect(numbers(store, 3)).rejects.toThrow(UnknownEvent);
    expect(await numbers(store, 4)).toEqual([5]);
  });

  rule('trimming touches no state, and events are stored after it', async ({ store, reopen }) => {
    await store.commit(batch(1, { changes: [change('voters', 'a', '1')], events: [event(1), event(2)] }));
    const before = await store.load();
    expect(await store.trim(0)).toBe(2);
    expect(await (await reopen()).load()).toEqual(before);
    await keep(store, 2, 3, 3);
    expect(await numbers(store)).toEqual([3]);
  });

  rule('that a reader has yet to deal with are never trimmed, nor the one at its position', async ({ store }) => {
    await keep(store, 1, 1, 10);
    await store.write([readerAt('slow', idOf(3)), readerAt('fast', idOf(9))]);
    expect(await store.trim(1)).toBe(2);
    expect(await numbers(store, 3)).toEqual([4, 5, 6, 7, 8, 9, 10]);

    await store.write([readerAt('slow', idOf(8))]);
    expect(await store.trim(4)).toBe(4);
    expect(await numbers(store)).toEqual([7, 8, 9, 10]);
    expect(await store.trim(1)).toBe(1);
    expect(await numbers(store)).toEqual([8, 9, 10]);
  });

  rule('that no one reads any more are trimmed', async ({ store }) => {
    await keep(store, 1, 1, 5);
    await store.write([readerAt('gone', idOf(1))]);
    expect(await store.trim(1)).toBe(0);
    await store.write([change('readers', 'gone', undefined)]);
    expect(await store.trim(1)).toBe(4);
  });

  rule('a reader that never read, or whose position does not exist, holds everything', async ({ store }) => {
    await keep(store, 1, 1, 5);
    await store.write([readerAt('done', idOf(5))]);
    for (const value of ['null', '""', JSON.stringify('event-77'), '{"not":"an id"}', 'not even JSON']) {
      await store.write([change('readers', 'new', value)]);
      expect(await store.trim(0)).toBe(0);
    }
    expect(await numbers(store)).toEqual([1, 2, 3, 4, 5]);
    await store.write([change('readers', 'new', undefined)]);
    expect(await store.trim(0)).toBe(4);
    expect(await numbers(store)).toEqual([5]);
  });
}
