import { describe, expect, test } from 'vitest';
import { AsyncQueue } from '../../src/lib/async-queue.ts';

describe('a queue with a reader', () => {
  test('gives what waits, in order and all at once', async () => {
    const queue = new AsyncQueue<number>();
    for (const item of [1, 2, 3]) queue.push(item);
    expect(await queue.take()).toEqual([1, 2, 3]);
    expect(queue.items).toEqual([]);
  });

  test('a reader that came first is woken by what comes', async () => {
    const queue = new AsyncQueue<number>();
    const taken = queue.take();
    queue.push(1);
    expect(await taken).toEqual([1]);
  });

  test('items that were pushed before the end come before it', async () => {
    const queue = new AsyncQueue<number>();
    queue.push(1);
    queue.end();
    expect(await queue.next()).toBe(1);
    expect(await queue.next()).toBeUndefined();
    expect(await queue.take()).toEqual([]);
  });

  test('items that were pushed before a failure come before it, and the failure is thrown each time', async () => {
    const queue = new AsyncQueue<number>();
    queue.push(1);
    queue.fail(new Error('a bug'));
    queue.end();
    expect(await queue.take()).toEqual([1]);
    await expect(queue.take()).rejects.toThrow('a bug');
    await expect(queue.next()).rejects.toThrow('a bug');
  });

  test('a signal that aborts ends a wait and loses nothing', async () => {
    const queue = new AsyncQueue<number>();
    const stop = new AbortController();
    const taken = queue.take(stop.signal);
    stop.abort();
    expect(await taken).toEqual([]);
    queue.push(1);
    expect(await queue.take(new AbortController().signal)).toEqual([1]);
  });
});

describe('a queue that is full', () => {
  test('has room again when the reader took something, or took the oldest out', async () => {
    const queue = new AsyncQueue<number>(2);
    for (const item of [1, 2]) queue.push(item);
    expect(queue.isFull).toBe(true);
    const first = queue.room();
    expect(queue.drop(1)).toEqual([1]);
    await first;
    queue.push(3);
    const second = queue.room();
    expect(queue.takeNow()).toEqual([2, 3]);
    await second;
  });

  test('no writer waits for room once it is over', async () => {
    const queue = new AsyncQueue<number>(1);
    queue.push(1);
    const room = queue.room();
    queue.fail(new Error('a bug'));
    await room;
    expect(queue.isOver).toBe(true);
  });
});
