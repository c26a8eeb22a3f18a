/**
 * Measures the size of the history, and how fast it is read: `npm run bench:history -- [--years 10] [--peers 60]`. A
 * territory of four networks whose routes change now and then, with an outage a week, and every tenth one flaps, is
 * recorded for years. Its records are then written to a folder, and read from there.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { EventTime } from '../src/bgp/time.ts';
import { DEFAULT_POLICY } from '../src/policy/policy.ts';
import { createEngine } from '../src/engine.ts';
import { timeline, verdictTurns } from '../src/history/query.ts';
import { sightBetween } from '../src/history/sight-between.ts';
import { withHistory } from '../src/history/with-history.ts';
import { DEFAULT_VOTING } from '../src/policy/voting-policy.ts';
import { memoryStore } from '../src/store/memory.ts';
import { openEmbedded } from '../src/store/embedded/open.ts';
import { systemClock } from '../src/app/system-clock.ts';
import type { StateChange } from '../src/spaces.ts';
import { KP, peers, prefix, asn, UNITS } from '../test/support/day.ts';
import { machineText } from './bench/table.ts';

const { values } = parseArgs({
  options: { years: { type: 'string', default: '10' }, peers: { type: 'string', default: '60' } },
});
const YEARS = Number(values.years);
const BEGIN = Date.UTC(2016, 0, 1);
const MINUTE = 60_000;
const MINUTES = Math.round(YEARS * 365.25 * 24 * 60);
const voters = peers(Number(values.peers));
const SUBJECT = 'KP/ipv4';

const records = new Map<string, StateChange & { readonly value: string }>();

// oxlint-disable-next-line max-lines-per-function -- a script, read from top to bottom
async function recordAll(): Promise<void> {
  const made = createEngine({
    territories: [{ territory: KP, policy: DEFAULT_POLICY }],
    voting: DEFAULT_VOTING,
    recorded: true,
  });
  const engine = await withHistory(made, memoryStore());
  const units = UNITS.map(prefix);
  const sendAll = (at: number, isThere: boolean, path: readonly number[]): void => {
    for (const peer of voters)
      for (const one of units)
        engine.apply(
          isThere
            ? { type: 'announcement', at: at as EventTime, peer, prefix: one, pathId: undefined, path: path.map(asn) }
            : { type: 'withdrawal', at: at as EventTime, peer, prefix: one, pathId: undefined },
        );
  };
  const keep = (): void => {
    for (const change of engine.takeChanges()) {
      if (!change.space.startsWith('history/') && !change.space.startsWith('past-incidents/')) continue;
      const place = `${change.space} ${change.key}`;
      if (change.value === undefined) records.delete(place);
      else records.set(place, { ...change, value: change.value });
    }
  };
  sendAll(BEGIN, true, [4837, 131279]);
  for (const peer of voters)
    engine.apply({
      type: 'end-of-rib',
      at: BEGIN as EventTime,
      peer,
      family: undefined,
      dump: { from: BEGIN as EventTime, routes: { ipv4: 600_000, ipv6: 0 } },
    });
  const collector = voters[0]?.collector;
  if (collector === undefined) throw new Error('no voters');
  let random = 1;
  const chance = (): number => (random = (random * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (let minute = 1; minute < MINUTES; minute++) {
    const at = BEGIN + minute * MINUTE;
    engine.apply({ type: 'tick', at: at as EventTime, collector });
    const ofWeek = minute % (7 * 24 * 60);
    const week = Math.floor(minute / (7 * 24 * 60));
    if (ofWeek === 3_000) sendAll(at, false, []);
    else if (ofWeek === 3_090) sendAll(at, true, [4837, 131279]);
    else if (week % 10 === 0 && ofWeek > 3_000 && ofWeek < 3_090) sendAll(at, ofWeek % 6 < 3, [20485, 131279]);
    else if (chance() < 0.1) {
      const peer = voters[Math.floor(chance() * voters.length)];
      if (peer !== undefined && (ofWeek < 3_000 || ofWeek > 3_090))
        engine.apply({
          type: 'announcement',
          at: (at + 7_000) as EventTime,
          peer,
          prefix: units[0] ?? prefix(UNITS[0]),
          pathId: undefined,
          path: [peer.asn, chance() < 0.5 ? 4837 : 20485, 131279].map((one) => asn(one)),
        });
    }
    if (minute % 60 === 0) keep();
  }
  keep();
}

async function timed(name: string, read: () => Promise<readonly unknown[]>): Promise<void> {
  const times: number[] = [];
  let rows = 0;
  for (let i = 0; i < 21; i++) {
    const start = performance.now();
    rows = (await read()).length;
    times.push(performance.now() - start);
  }
  const [first = 0] = times;
  const median = times.toSorted((a, b) => a - b)[10] ?? 0;
  console.log(`${name}: ${rows} rows, first ${first.toFixed(1)} ms, median ${median.toFixed(1)} ms`);
}

const start = performance.now();
await recordAll();
const took = performance.now() - start;
const byKind = new Map<string, { count: number; bytes: number }>();
for (const { space, key, value } of records.values()) {
  const kind = space.startsWith('history/') ? (key.split(' ')[0] ?? key) : 'incidents';
  const sum = byKind.get(kind) ?? { count: 0, bytes: 0 };
  byKind.set(kind, { count: sum.count + 1, bytes: sum.bytes + key.length + value.length });
}
const bytes = [...byKind.values()].reduce((sum, one) => sum + one.bytes, 0);
console.log(machineText());
console.log(`${YEARS} years, ${voters.length} voters: ${records.size} records, ${(bytes / 1e6).toFixed(2)} MB`);
console.log(`${Math.round(bytes / YEARS / 1000)} kB a year`);
for (const [kind, { count, bytes: size }] of byKind)
  console.log(`  ${kind}: ${count} records, ${Math.round(size / 1000)} kB`);
console.log(`recorded in ${(took / 1000).toFixed(1)} s`);

const folder = await mkdtemp(join(tmpdir(), 'bench-history-'));
const opened = await openEmbedded(join(folder, 'store'), { name: 'KP', clock: systemClock });
if (!opened.ok) throw new Error(opened.reason);
const { store } = opened;
await store.write([...records.values()]);
const until = (BEGIN + MINUTES * MINUTE) as EventTime;
const last = (ms: number) => ({ from: (until - ms) as EventTime, until });
const DAY = 24 * 60 * MINUTE;
await timed('ten years by day', () => timeline(store, SUBJECT, { from: BEGIN as EventTime, until }));
await timed('verdicts of ten years', () => verdictTurns(store, SUBJECT, { from: BEGIN as EventTime, until }));
await timed('90 days by hour', () => timeline(store, SUBJECT, last(90 * DAY)));
await timed('a day by minute', () => timeline(store, SUBJECT, last(DAY)));
await timed('who saw what in a day', async () => (await sightBetween(store, SUBJECT, last(DAY))).changes);
await store.close();
await rm(folder, { recursive: true });
