import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CountryData } from '../../src/detect/events/event.ts';
import { canMount, fill } from '../support/mount.ts';
import { Sim } from '../support/sim.ts';
import { until } from '../support/clock.ts';
import { MINUTE } from './scene.ts';

const SECOND = 1000;
const folderOf = async (): Promise<string> => await mkdtemp(join(tmpdir(), 'unroutable-store-'));

test('15: an outage through which the watch is restarted twelve times, before it can see again, is reported once', async () => {
  const store = await folderOf();
  const sim = await Sim.open();
  try {
    await sim.seeded({ store });
    await sim.pass(2 * MINUTE);
    const goneAt = sim.now;
    await sim.withdraw(sim.peers);
    for (let restart = 0; restart < 12; restart++) {
      await sim.pass(5 * SECOND);
      expect(await sim.stop()).toBe(0);
      sim.watch({ store });
    }
    const restartedAt = sim.now;
    await sim.pass(5 * MINUTE);
    // It could not see for a minute. So it does not say since when, only by when.
    expect(sim.types('country')).toEqual(['country.unknown', 'country.known', 'country.unroutable']);
    const reported = sim.first('country.unroutable', 0)?.event.data as CountryData;
    expect(reported).toMatchObject({ sinceAtLatest: true });
    expect(Date.parse(reported.since)).toBeGreaterThanOrEqual(goneAt);
    expect(Date.parse(reported.since)).toBeLessThanOrEqual(restartedAt + 30 * SECOND);
    await sim.announce(sim.peers);
    await sim.pass(3 * MINUTE);
    expect(sim.types('country.restored', 'incident.opened')).toEqual(['incident.opened', 'country.restored']);
  } finally {
    await sim.close();
    await rm(store, { recursive: true });
  }
});

const mount = canMount();

test.skipIf(!mount)(
  `15: an outage while the disk is full is reported within 10 s after it is freed, and a stop then ends with 0${mount ? '' : ' (skipped: this user may not mount a small one)'}`,
  async () => {
    const store = await folderOf();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', store]);
    const sim = await Sim.open();
    try {
      await sim.seeded({ store });
      await sim.pass(2 * MINUTE);
      await fill(join(store, 'filler'));
      await sim.withdraw(sim.peers);
      await sim.pass(2 * MINUTE);
      expect(sim.types('country.unroutable')).toEqual([]);
      expect(sim.log).toMatch(/the disk is full.*no events until it answers/);

      await rm(join(store, 'filler'));
      await sim.pass(10 * SECOND);
      await until(() => sim.types('country.unroutable').length === 1, 'the outage');
      expect(sim.log).toContain('answers again');
      expect(await sim.stop()).toBe(0);
    } finally {
      await sim.close();
      execFileSync('umount', ['--lazy', store]);
      await rm(store, { recursive: true });
    }
  },
);
