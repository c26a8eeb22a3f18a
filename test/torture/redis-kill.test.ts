import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { prepare, WATCH } from '../../scripts/torture/kill-run.ts';
import { redisPlace } from '../../scripts/torture/places.ts';
import { redisKillRun } from '../../scripts/torture/redis-kill-run.ts';
import { bundledMain } from '../support/cli.ts';
import { startRedis } from '../support/redis/server.ts';
import { mulberry32 } from '../support/sim-random.ts';
import { test } from '../support/redis/tests.ts';
import { howMany } from '../support/thorough.ts';

const KILLS = howMany('REDIS_KILLS', 1, 3);

test(
  `a replay goes on by itself though Redis is killed ${KILLS} times under it, and nothing shows`,
  { timeout: 180_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'unroutable-redis-kills-'));
    const play = await prepare({ main: await bundledMain(), folder }, { scenes: 60 });
    // Synced every second, Redis itself may lose what it acknowledged while the disk is busy: that is reported, and not shown here.
    const server = await startRedis({ config: { appendfsync: 'always' } });
    const place = await redisPlace(server, WATCH);
    const report = await redisKillRun(play, place, server, { kills: KILLS, random: mulberry32(3) });
    expect(report).toMatchObject({
      kills: KILLS,
      losses: 0,
      lost: 0,
      doubled: 0,
      unexpected: 0,
      misplaced: 0,
      chainFaults: [],
      badEnds: [],
      exportsDiffer: 0,
    });
    expect(report.backMs).toBeLessThan(5_000);
    await place.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  },
);
