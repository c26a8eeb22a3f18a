import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { killRun, prepare, WATCH, type KillReport, type Play } from '../../scripts/torture/kill-run.ts';
import { folderPlace, redisPlace } from '../../scripts/torture/places.ts';
import { bundledMain } from '../support/cli.ts';
import { startRedis } from '../support/redis/server.ts';
import { mulberry32 } from '../support/sim-random.ts';
import { test as redisTest } from '../support/redis/tests.ts';
import { howMany } from '../support/thorough.ts';

/** `npm run torture:kill` has more. */
const KILLS = howMany('KILLS', 4, 8);

let folder: string;
let play: Play;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'unroutable-kills-'));
  play = await prepare({ main: await bundledMain(), folder }, { scenes: 60 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe(`the command killed ${KILLS} times as it starts, reports and commits, and started again each time`, () => {
  test('the day is worth it: hundreds of events, of every kind but those of a live feed', () => {
    expect(play.oracle.events.length).toBeGreaterThan(300);
    expect(new Set(play.oracle.events.map(({ type }) => type)).size).toBe(19);
  });

  test(
    'stores in a folder what a run without kills stores, at every moment, and no more',
    { timeout: 180_000 },
    async () => {
      const place = await folderPlace(join(folder, 'killed'), WATCH);
      expectNothingLost(await killRun(play, place, KILLS, mulberry32(6)));
      await place.close();
    },
  );

  redisTest(
    'stores in Redis what a run without kills stores, at every moment, and no more',
    { timeout: 180_000 },
    async () => {
      const server = await startRedis();
      const place = await redisPlace(server, WATCH);
      expectNothingLost(await killRun(play, place, KILLS, mulberry32(7)));
      await place.close();
      await server.stop();
    },
  );
});

function expectNothingLost(report: KillReport): void {
  expect(report).toMatchObject({
    lost: 0,
    doubled: 0,
    unexpected: 0,
    misplaced: 0,
    stateFaults: [],
    chainFaults: [],
    badEnds: [],
    exportsDiffer: 0,
  });
  const { start, event, commit } = report.kills;
  expect(start + event + commit).toBe(KILLS);
  expect(Math.min(start, event, commit)).toBeGreaterThan(0);
}
