import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { LinkedAbort } from '../../src/lib/linked-abort.ts';
import { Notifier } from '../../src/lib/notifier.ts';

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

describe('a notifier', () => {
  test('wakes all that wait, and forgets a call without a waiter', async () => {
    const notifier = new Notifier();
    notifier.notify();
    let woken = 0;
    const waits = [notifier.next(), notifier.next()].map((wait) => wait.then(() => woken++));
    await Promise.resolve();
    expect(woken).toBe(0);
    notifier.notify();
    await Promise.all(waits);
    expect(woken).toBe(2);
  });

  test('wakes a waiter when its signal aborts, and leaves no listener behind', async () => {
    const notifier = new Notifier();
    const stop = new AbortController();
    const waits = [notifier.next(stop.signal), notifier.next(stop.signal)];
    notifier.notify();
    await Promise.all(waits);
    expect(listeners(stop.signal)).toBe(0);
    const last = notifier.next(stop.signal);
    stop.abort();
    await last;
    await notifier.next(stop.signal);
  });
});

describe('a linked abort', () => {
  test('aborts with its parent, also one that had aborted before', () => {
    const parent = new AbortController();
    const linked = new LinkedAbort(parent.signal);
    parent.abort();
    expect(linked.signal.aborted).toBe(true);
    expect(new LinkedAbort(parent.signal).signal.aborted).toBe(true);
  });

  test('aborts with each of its parents, with the reason of that one, and leaves no listener at the others', () => {
    const parents = [new AbortController(), new AbortController()];
    const linked = new LinkedAbort(...parents.map(({ signal }) => signal), undefined);
    parents[1]?.abort('second');
    expect([linked.signal.aborted, linked.signal.reason]).toEqual([true, 'second']);
    expect(parents.map(({ signal }) => listeners(signal))).toEqual([0, 0]);
  });

  test('has parents with any number of links, without a warning of a leak', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    const parent = new AbortController();
    const links = Array.from({ length: 20 }, () => new LinkedAbort(parent.signal));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    for (const link of links) link.release();
    expect(warnings).toEqual([]);
  });

  test('aborts alone, and once released does not follow its parent', () => {
    const parent = new AbortController();
    const [alone, released] = [new LinkedAbort(parent.signal), new LinkedAbort(parent.signal)];
    alone.abort();
    released.release();
    expect(listeners(parent.signal)).toBe(0);
    parent.abort();
    expect([alone.signal.aborted, released.signal.aborted]).toEqual([true, false]);
  });
});
