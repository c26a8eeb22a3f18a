import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { storeUnready } from '../../../src/app/leadership/readiness.ts';
import { systemClock } from '../../../src/app/system-clock.ts';
import { printStatus } from '../../../src/cli/store/status.ts';
import { openEmbedded } from '../../../src/store/embedded/open.ts';
import { record, RecordedDay } from '../../history/scene.ts';
import { serving } from '../../http/scene.ts';
import { HandClock } from '../../support/clock.ts';
import { clock as at, peers } from '../../support/day.ts';
import { Text } from '../../support/text.ts';

const ALL = peers(20);

test('status and /readyz give the same reason: no leader, nothing recorded, blind, behind, what the leader says', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'unroutable-ready-'));
  const opened = await openEmbedded(join(folder, 'KP'), { name: 'KP', clock: systemClock });
  if (!opened.ok) throw new Error(opened.reason);
  const { store } = opened;
  let clock = new HandClock(at('12:01'));
  const { json } = await serving(store, { unready: () => storeUnready(store, clock.wallMs()) });
  onTestFinished(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  const said = async (when: string): Promise<string> => {
    clock = new HandClock(at(when));
    const stderr = new Text();
    const io = { stdout: new Text(), stderr, env: {}, signal: new AbortController().signal };
    const status = await printStatus({ settings: {}, store: folder, ready: true }, io, clock);
    const { ready, reason } = (await json('/readyz')) as { ready: boolean; reason?: string };
    expect([ready, stderr.text]).toEqual([
      status === 0,
      status === 0 ? '' : `unroutable: not ready: ${reason ?? 'no reason'}\n`,
    ]);
    return reason ?? 'ready';
  };
  const lead = (when: string, reason?: string) => {
    const [beatAt, startedAt] = [new Date(at(when)).toISOString(), new Date(at('12:00')).toISOString()];
    const ready = reason === undefined ? { ready: true } : { ready: false, reason };
    const value = JSON.stringify({
      ...{ id: 'box:1', role: 'leader', version: '1', host: 'box', pid: 1, startedAt, beatAt },
      ...ready,
    });
    return store.write([{ space: 'instances', key: 'box:1', value }]);
  };

  expect(await said('12:01')).toBe('there is no leader');
  await store.leases.acquire('box:1', 600_000);
  await lead('12:01');
  expect(await said('12:01')).toBe('nothing is recorded yet');
  await record(store, new RecordedDay().dump('12:00', ALL).tick('12:30').elements);
  await lead('12:31');
  expect(await said('12:31')).toBe('ready');
  await lead('12:31', 'the store takes nothing: there is no space left');
  expect(await said('12:31')).toBe('box:1: the store takes nothing: there is no space left');
  expect(await said('12:32')).toBe('box:1 is the leader and gives no sign of life');
  await lead('12:45');
  expect(await said('12:45')).toBe('behind: the last record is 15 min old');
  await record(store, new RecordedDay().gap('12:45', 'rrc00').tick('13:00').elements);
  await lead('13:00');
  expect(await said('13:00')).toBe('blind: every verdict is unknown');
});
