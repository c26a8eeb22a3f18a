import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { beat, type Instance } from '../../../src/app/leadership/instances.ts';
import { replay } from '../../../src/cli/replay/replay.ts';
import { printStatus } from '../../../src/cli/store/status.ts';
import { systemClock } from '../../../src/app/system-clock.ts';
import { outageDay, record } from '../../history/scene.ts';
import { BLACKOUT } from '../../support/cli.ts';
import { HandClock } from '../../support/clock.ts';
import { clock as at } from '../../support/day.ts';
import { opened, outputOf, TestIo, type Output } from './scene.ts';

let folder: string;
/** Where the blackout was replayed into. */
let store: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unroutable-status-'));
  store = join(folder, 'blackout');
  expect(await replay([BLACKOUT], { settings: {}, store, format: 'ndjson', quiet: true }, new TestIo())).toBe(0);
});
afterAll(() => rm(folder, { recursive: true }));

describe('status', () => {
  const status = (place: string, ready = false, clock = systemClock): Promise<Output> =>
    outputOf((io) => printStatus({ settings: {}, store: place, format: 'json', ready }, io, clock));

  test('shows the state of the territory, and that there is no leader', async () => {
    const { out } = await status(store);
    expect(JSON.parse(out)).toMatchObject({
      name: 'KP',
      ready: false,
      reason: 'there is no leader',
      cursor: '2014-12-23T17:52:24.000Z',
      instances: [],
      verdicts: { 'KP/ipv4': { verdict: 'routable' } },
    });
    const text = await outputOf((io) => printStatus({ settings: {}, store }, io));
    expect(text.out).toContain(
      'KP/ipv4    routable since 2014-12-23 16:12:14 UTC, 4 of 4 networks visible to 36 voters',
    );
  });

  test('shows a leader that died as one that led, not as a standby', async () => {
    const clock = new HandClock(Date.now());
    const place = join(folder, 'died');
    const writer = await opened(place);
    const stop = new AbortController();
    const dead = { id: 'box:9', role: 'leader', ready: true, version: '0.1.0', host: 'box', pid: 9 } as const;
    const startedAt = new Date(clock.wallMs()).toISOString();
    const beating = beat(writer, () => ({ ...dead, reason: undefined, startedAt }), clock, stop.signal);
    while ((await writer.read('instances')).length === 0) await new Promise((resolve) => setImmediate(resolve));
    const later = new HandClock(clock.wallMs() + 60_000);
    const { out } = await outputOf((io) => printStatus({ settings: {}, store: place }, io, later));
    expect(out).toContain('ex-leader  box:9 (0.1.0), no sign of life');
    stop.abort();
    await beating;
    await writer.close();
  });

  test('is ready while the leader says so, and says why it is not', async () => {
    const clock = new HandClock(at('16:01'));
    const place = join(folder, 'led');
    const writer = await opened(place);
    await record(writer, outageDay().elements);
    let [ready, reason]: [boolean, string | undefined] = [true, undefined];
    const me = (): Omit<Instance, 'beatAt'> => ({
      id: 'box:1',
      role: 'leader',
      ready,
      reason,
      version: '0.1.0',
      host: 'box',
      pid: 1,
      startedAt: new Date(clock.wallMs()).toISOString(),
    });
    const stop = new AbortController();
    const beating = beat(writer, me, clock, stop.signal);
    const turn = async (): Promise<void> => {
      await clock.turn(2_000);
      const now = new Date(clock.wallMs()).toISOString();
      for (;;) {
        const [found] = await writer.read('instances');
        if (found !== undefined && (JSON.parse(found.value) as Instance).beatAt >= now) return;
      }
    };
    await turn();
    expect(await status(place, true, clock)).toMatchObject({
      status: 1,
      err: 'unroutable: not ready: there is no leader\n',
    });
    const lease = await writer.leases.acquire('box:1', 600_000);
    expect(await status(place, true, clock)).toEqual({ status: 0, out: '', err: '' });
    [ready, reason] = [false, 'not subscribed to the feed'];
    await turn();
    expect((await status(place, true, clock)).err).toBe('unroutable: not ready: box:1: not subscribed to the feed\n');
    ready = true;
    await turn();
    const later = new HandClock(clock.wallMs() + 60_000);
    expect((await status(place, true, later)).err).toBe(
      'unroutable: not ready: box:1 is the leader and gives no sign of life\n',
    );
    stop.abort();
    await beating;
    expect(await writer.read('instances')).toEqual([]);
    if (lease !== undefined) await writer.leases.release(lease);
    await writer.close();
  });

  test('of a place that is not a store is not ready', async () => {
    const file = join(folder, 'a-file');
    await writeFile(file, 'something else');
    const { status: ended, err } = await status(file, true);
    expect(ended).toBe(1);
    expect(err).toContain(file);
    expect(await readFile(file, 'utf8')).toBe('something else');
  });
});
