import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Started } from '../../scripts/torture/command.ts';
import { chainFaults } from '../../scripts/torture/ledger.ts';
import { LiveStage } from '../../scripts/torture/live-stage.ts';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import { bundledMain } from '../support/cli.ts';
import { until } from '../support/redis/until.ts';

let folder: string;
let stage: LiveStage;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'unroutable-restart-'));
  stage = await LiveStage.open({ main: await bundledMain(), folder });
});
afterAll(async () => {
  await stage.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The gap of a restart is healed after some ten seconds; a verdict lasts longer than that. */
const PATIENT = ['--blind-hold', '60s'];

test(
  'a watcher killed while the country is away goes on from there: the gap is reported and healed, the return is reported once',
  { timeout: 180_000 },
  async () => {
    const reported: UnroutableEvent[] = [];
    const types = (): string[] => reported.map(({ type }) => type);
    const has = async (watcher: Started, type: string, many = 1): Promise<void> => {
      const isThere = async (): Promise<boolean> => types().filter((one) => one === type).length >= many;
      await until(`${type} is reported`, isThere, 60_000).catch((error: unknown) => {
        throw new Error(`${types().join(' ')}\n${watcher.stderr()}`, { cause: error });
      });
    };
    const watching = (): Started => {
      const watcher = stage.watch('kept', ...PATIENT);
      watcher.onLine((lines) => {
        const event = JSON.parse(watcher.lines[lines - 1] ?? '') as UnroutableEvent;
        // Killed between printing and noting that it has printed, it prints the same again: an event has one id for that.
        if (!reported.some(({ id }) => id === event.id)) reported.push(event);
      });
      return watcher;
    };

    const first = watching();
    await until('its first table is whole', async () => first.stderr().includes('24 peers are healed'), 60_000);
    stage.withdraw();
    await has(first, 'incident.opened');
    first.child.kill('SIGKILL');
    await first.ended;
    const before = types();

    const second = watching();
    await has(second, 'observer.healed', 6);
    const gaps = reported.filter((event) => event.type === 'observer.gap');
    expect(gaps.map(({ data }) => data.reason)).toEqual(Array.from({ length: 6 }, () => 'restarted'));
    expect(types().filter((type) => type.startsWith('country.'))).toEqual(['country.unroutable']);

    stage.announce();
    await has(second, 'incident.updated');
    second.child.kill('SIGTERM');
    expect(await second.ended).toEqual({ status: 0, signal: null });
    expect(types().slice(0, before.length)).toEqual(before);
    expect(types().filter((type) => type.startsWith('country.'))).toEqual(['country.unroutable', 'country.restored']);
    const incidents = reported.flatMap((event) =>
      'incident' in event.data && typeof event.data.incident === 'object' ? event.data.incident.id : [],
    );
    expect(new Set(incidents).size).toBe(1);
    expect(chainFaults(reported)).toEqual([]);
  },
);
