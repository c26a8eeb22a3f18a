/**
 * Measures the cost of storing: `npm run bench:store -- [--batches N] [--memory] [FOLDER]`. Batches as the engine makes
 * them, into a store in FOLDER, or one made for it beside the system's temporary files and removed after, or into
 * memory. Measures commits one after another, each on the disk before the next begins; loading; reading events; the
 * folder's size.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { EventTime } from '../src/bgp/time.ts';
import { systemClock } from '../src/app/system-clock.ts';
import type { UnroutableEvent } from '../src/detect/events/event.ts';
import type { StateStore } from '../src/ports.ts';
import { openEmbedded } from '../src/store/embedded/open.ts';
import { memoryStore } from '../src/store/memory.ts';
import type { StateChange } from '../src/spaces.ts';
import { machineText } from './bench/table.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { batches: { type: 'string', default: '1000' }, memory: { type: 'boolean', default: false } },
});
const batches = Number(values.batches);

/** Changes of routes in a batch: few on a quiet day, a whole country at once when it goes. */
const SIZES = [10, 1_000, 10_000];

/** Number of routes: 2,000 prefixes from 50 peers. */
const ROUTES = 100_000;

/** Most changes for one batch size. */
const MOST_CHANGES = 2_000_000;

const ROUTE = JSON.stringify({ path: [64_496, 4_837, 131_279], at: 1_789_012_800_000, marks: [0, 1, 2, 3] });

function changesOf(number: number, many: number): StateChange[] {
  return Array.from({ length: many }, (_, i) => ({
    space: 'routes/KP/ipv4',
    key: `rrc00|192.0.2.1|64496|${String((number * many + i) % ROUTES)}`,
    value: ROUTE,
  }));
}

function event(number: number): UnroutableEvent {
  const since = '2026-09-10T04:00:00.000Z';
  return {
    specversion: '1.0',
    id: `bench-${String(number)}`,
    source: '/observer',
    type: 'observer.blind',
    subject: 'observer',
    time: since,
    datacontenttype: 'application/json',
    sequence: String(number).padStart(10, '0'),
    data: { since, reason: 'too-few-voters', territories: Array.from({ length: 200 }, () => 'KP') },
  };
}

/** Milliseconds of each commit, in order of size. */
async function commitAll(store: StateStore, many: number, first: number): Promise<number[]> {
  const times: number[] = [];
  const count = Math.max(1, Math.min(batches, Math.floor(MOST_CHANGES / many)));
  for (let number = first; number < first + count; number++) {
    const changes = changesOf(number, many);
    const start = performance.now();
    const committed = await store.commit({
      number,
      cursor: number as EventTime,
      elements: number,
      events: [event(number)],
      changes,
    });
    times.push(performance.now() - start);
    if (!committed.ok) throw new Error(committed.reason);
  }
  return times.sort((a, b) => a - b);
}

async function timed<T>(title: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  console.log(`${title.padEnd(44)} ${(performance.now() - start).toFixed(1)} ms`);
  return result;
}

async function measure(store: StateStore): Promise<void> {
  let number = 1;
  for (const many of SIZES) {
    const times = await commitAll(store, many, number);
    number += times.length;
    const [median = 0, slow = 0] = [0.5, 0.99].map((share) => times[Math.floor(share * (times.length - 1))] ?? 0);
    const total = times.reduce((sum, time) => sum + time, 0);
    const rate = Math.round((times.length * many * 1000) / total).toLocaleString('en');
    const title = `${String(times.length)} batches of ${String(many)} changes and an event`;
    console.log(`${title.padEnd(44)} median ${median.toFixed(2)} ms, p99 ${slow.toFixed(2)} ms, ${rate} changes/s`);
  }
  await timed('load', () => store.load());
  await timed(`read ${String(number - 1)} events`, async () => {
    for await (const _ of store.events()) continue;
  });
  await timed('trim to 100 events', () => store.trim(100));
}

function sizeOf(folder: string): string {
  const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  return `${(bytes / (1 << 20)).toFixed(1)} MiB`;
}

console.log(machineText());
if (values.memory) {
  await measure(memoryStore());
} else {
  const folder = positionals[0] ?? mkdtempSync(join(tmpdir(), 'unroutable-bench-'));
  try {
    const opened = await openEmbedded(folder, { name: 'bench', clock: systemClock });
    if (!opened.ok) throw new Error(opened.reason);
    await measure(opened.store);
    await opened.store.close();
    console.log(`${'size of the folder'.padEnd(44)} ${sizeOf(folder)}`);
  } finally {
    if (positionals[0] === undefined) rmSync(folder, { recursive: true, force: true });
  }
}
