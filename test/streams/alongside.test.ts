import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Element } from '../../src/bgp/element.ts';
import { parseCollector, type Collector } from '../../src/bgp/peer.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import type { ElementSource } from '../../src/ports.ts';
import { alongside, type Side } from '../../streams/alongside.ts';

const collector = parseCollector('rrc00') as Collector;
const tick = (at: number): Element => ({ type: 'tick', at: at as EventTime, collector });

/** Gives others time to send before each element, as a socket does. */
function main(...ats: readonly number[]): ElementSource {
  return {
    name: 'main',
    async *elements() {
      for (const at of ats) {
        for (let i = 0; i < 10; i++) await setImmediate();
        yield tick(at);
      }
    },
  };
}

const side = (...ats: readonly number[]): Side =>
  async function* () {
    for (const at of ats) yield tick(at);
  };

async function timesOf(source: ElementSource): Promise<readonly number[]> {
  const times: number[] = [];
  for await (const { at } of source.elements(new AbortController().signal)) times.push(at);
  return times;
}

describe('sources beside a main one', () => {
  test('the elements of all sides come before the next element of the main source', async () => {
    expect(await timesOf(alongside(main(1, 2), [side(10, 11), side(20)]))).toEqual([10, 20, 11, 1, 2]);
  });

  test('a side that yields faster than it is read is held back, and loses nothing', async () => {
    let yielded = 0;
    const fast: Side = async function* () {
      for (; yielded < 100; yielded++) yield tick(1000 + yielded);
    };
    const seen: number[] = [];
    const waits: number[] = [];
    for await (const { at } of alongside(main(...Array.from({ length: 60 }, (_, i) => i)), [fast], 4).elements(
      new AbortController().signal,
    )) {
      if (at >= 1000) seen.push(at);
      else waits.push(yielded - seen.length);
    }
    expect(Math.max(...waits)).toBeLessThanOrEqual(5);
    expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => 1000 + i));
  });

  test('the sides end with the main source, and are stopped', async () => {
    let isStopped = false;
    const endless: Side = async function* (signal) {
      while (!signal.aborted) {
        await setImmediate();
        yield tick(5);
      }
      isStopped = true;
    };
    await timesOf(alongside(main(1), [endless]));
    expect(isStopped).toBe(true);
  });

  test('an error of a side is thrown', async () => {
    // oxlint-disable-next-line require-yield
    const broken: Side = async function* () {
      throw new Error('a bug');
    };
    await expect(timesOf(alongside(main(1), [broken]))).rejects.toThrow('a bug');
  });
});
