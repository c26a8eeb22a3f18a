import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Heap } from '../../../../src/lib/heap.ts';
import { DeadLetters } from '../../../../src/sinks/webhook/dispatch/dead-letters.ts';
import { Waiting } from '../../../../src/sinks/webhook/dispatch/waiting.ts';
import { queueChange, type QueueRecord } from '../../../../src/sinks/webhook/endpoints/records.ts';
import { memoryStore } from '../../../../src/store/memory.ts';
import { chain } from './world.ts';

const NOW = { wallMs: 1_000_000, monotonicMs: 50 };

test('a heap gives what it took in order, whatever is put in and taken out in between', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(50), { nil: undefined })), (steps) => {
      const heap = new Heap<number>((a, b) => a < b);
      const model: number[] = [];
      for (const step of steps) {
        if (step === undefined) expect(heap.pop()).toBe(model.shift());
        else {
          heap.push(step);
          model.push(step);
          model.sort((a, b) => a - b);
        }
        expect([heap.peek(), heap.size]).toEqual([model[0], model.length]);
      }
    }),
  );
});

describe('a queue', () => {
  test('of ten thousand holds a page of bodies, and gives every one in order', async () => {
    const store = memoryStore();
    const waiting = new Waiting('a');
    const records = chain(10_000).map((event, n) => queued(event, n));
    await store.write(records.map((record) => queueChange('a', record.event.id, record)));
    for (const record of records) waiting.put(record, NOW);
    let reads = 0;
    let mostHeld = 0;
    const given: string[] = [];
    for (let place = waiting.take(NOW.monotonicMs); place !== undefined; place = waiting.take(NOW.monotonicMs)) {
      const body = await waiting.body(place, (keys) => {
        reads++;
        expect(keys.length).toBeLessThanOrEqual(33);
        return store.read('webhooks/queue', keys);
      });
      if (typeof body === 'string' || !('event' in body)) expect.fail(JSON.stringify(body));
      mostHeld = Math.max(mostHeld, waiting.held);
      given.push(body.event.id);
      waiting.remove(place.id);
    }
    expect(given).toEqual(records.map(({ event }) => event.id));
    expect(mostHeld).toBeLessThanOrEqual(32);
    expect(reads).toBeLessThanOrEqual(10_000 / 32 + 1);
  });

  test('gives what is due in the order of the chain, and what failed not before its time, but then first', () => {
    const [a, b, c] = chain(3).map((event, n) => queued(event, n));
    if (a === undefined || b === undefined || c === undefined) expect.fail();
    const waiting = new Waiting('a');
    const at = { last: { atMs: NOW.wallMs, ms: 1 } };
    waiting.put({ ...a, ...at, nextAtMs: NOW.wallMs + 5_000 }, NOW);
    waiting.put(c, NOW);
    waiting.put(b, NOW);
    expect([waiting.take(NOW.monotonicMs)?.n, waiting.take(NOW.monotonicMs)?.n]).toEqual([1, 2]);
    expect(waiting.take(NOW.monotonicMs)).toBeUndefined();
    expect(waiting.dueIn(NOW.monotonicMs)).toBe(5_000);
    waiting.put({ ...c, n: 3 }, NOW);
    expect(waiting.take(NOW.monotonicMs + 5_000)?.n).toBe(0);
    expect(waiting.take(NOW.monotonicMs + 5_000)?.n).toBe(3);
  });

  test('never sends an older record of what changed while the page was read', async () => {
    const [a, b] = chain(2).map((event, n) => queued(event, n));
    if (a === undefined || b === undefined) expect.fail();
    const store = memoryStore();
    await store.write([queueChange('a', a.event.id, a), queueChange('a', b.event.id, b)]);
    const waiting = new Waiting('a');
    // Not due yet when they were put: neither is held.
    for (const record of [a, b]) waiting.put({ ...record, nextAtMs: NOW.wallMs + 10, queuedAtMs: 0 }, NOW);
    const later = { wallMs: NOW.wallMs + 10, monotonicMs: NOW.monotonicMs + 10 };
    const first = waiting.take(later.monotonicMs);
    if (first === undefined) expect.fail();
    await waiting.body(first, async (keys) => {
      const records = await store.read('webhooks/queue', keys);
      const second = waiting.take(later.monotonicMs);
      expect(second?.id).toBe(b.event.id);
      const changed = { ...b, attempts: 1 };
      await store.write([queueChange('a', b.event.id, changed)]);
      waiting.put(changed, { ...later, monotonicMs: later.monotonicMs - 1 });
      return records;
    });
    const again = waiting.take(later.monotonicMs);
    const body = await waiting.body(again ?? expect.fail(), (keys) => store.read('webhooks/queue', keys));
    expect(body).toMatchObject({ attempts: 1 });
  });
});

test('dead letters are bounded in number, and the oldest go', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(12), { maxLength: 60 }), (picks) => {
      const events = chain(13);
      const deadLetters = new DeadLetters('a', 5);
      const store = new Map<string, string>();
      let order: string[] = [];
      for (const pick of picks) {
        const event = events[pick] ?? expect.fail();
        const { changes } = deadLetters.add({ event, attempts: 1, diedAtMs: 0, reason: '' });
        for (const { key, value } of changes) {
          if (value === undefined) store.delete(key);
          else store.set(key, value);
        }
        order = [...order.filter((id) => id !== event.id), event.id].slice(-5);
        expect([...store.keys()].toSorted()).toEqual(order.map((id) => `a/${id}`).toSorted());
        expect(deadLetters.size).toBe(order.length);
      }
    }),
  );
});

function queued(event: QueueRecord['event'], n: number): QueueRecord {
  return { event, n, queuedAtMs: NOW.wallMs, attempts: 0, nextAtMs: NOW.wallMs };
}
