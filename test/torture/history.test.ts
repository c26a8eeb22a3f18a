import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tape, TERRITORIES } from '../../scripts/torture/day.ts';
import { engineOptions } from '../../scripts/torture/oracle.ts';
import type { Element } from '../../src/bgp/element.ts';
import type { EngineOptions } from '../../src/engine.ts';
import type { StateStore } from '../../src/ports.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { tapeSource } from '../../streams/tape/source.ts';
import { replayKilled } from '../history/scene.ts';
import { between, mulberry32 } from '../support/sim-random.ts';

const SPACES = ['AA/ipv4', 'BB/ipv4', 'BB/ipv6'].flatMap(
  (key) => [`history/${key}`, `past-incidents/${key}`] as const,
) as Parameters<StateStore['read']>[0][];

let folder: string;
let options: EngineOptions;
let elements: Element[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unroutable-kills-'));
  await writeFile(join(folder, 'lands.yaml'), TERRITORIES);
  await writeFile(join(folder, 'day.tape'), tape(1, 40));
  options = await engineOptions(join(folder, 'lands.yaml'));
  elements = [];
  for await (const element of tapeSource(join(folder, 'day.tape')).elements(new AbortController().signal))
    elements.push(element);
});
afterAll(() => rm(folder, { recursive: true }));

async function recordsOf(store: StateStore): Promise<readonly string[]> {
  const records = (await Promise.all(SPACES.map((space) => store.read(space)))).flat();
  return records.map(({ space, key, value }) => `${space} ${key} ${value}`);
}

test('the history of a day in which all goes wrong is the same, byte for byte, wherever its replay is killed', async () => {
  const whole = memoryStore();
  await replayKilled(whole, elements, [], options);
  const expected = await recordsOf(whole);
  expect(expected.length).toBeGreaterThan(50);
  const random = mulberry32(7);
  for (let round = 0; round < 4; round++) {
    const kills = Array.from({ length: 1 + round }, () => between(random, 0, elements.length)).sort((a, b) => a - b);
    const store = memoryStore();
    await replayKilled(store, elements, kills, options);
    const found = await recordsOf(store);
    const other = found.flatMap((record, i) => {
      const place = Array.from(record).findIndex((char, at) => char !== expected[i]?.[at]);
      const part = (text = ''): string => text.slice(Math.max(0, place - 200), place + 200);
      return record === expected[i] ? [] : [[record.slice(0, 40), part(record), part(expected[i])]];
    });
    expect(other).toEqual([]);
  }
});
