import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { replay } from '../../src/cli/replay/replay.ts';
import { dnsResult, startAtlas } from '../streams/atlas/atlas-server.ts';
import { until } from '../support/clock.ts';
import { Sim } from '../support/sim.ts';
import { Text } from '../support/text.ts';
import { MINUTE } from './scene.ts';

const TARGETS = ['175.45.176.15', '175.45.176.16', '175.45.176.8'] as const;

test('a watch without probes of its own reports from RIPE Atlas when services fall silent; its tape gives the same bytes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'unroutable-atlas-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const atlas = await startAtlas({
    1: { type: 'dns', results: [] },
    2: { type: 'dns', results: [] },
    3: { type: 'dns', results: [] },
  });
  const probes = join(folder, 'probes.yaml');
  const listed = TARGETS.map(
    (address, i) => `    - { kind: dns-soa, address: ${address}, name: kp., atlas: ${i + 1} }`,
  );
  const api = `atlas: { api: '${atlas.api}', stream: '${atlas.stream}' }`;
  await writeFile(probes, `contact: noc@example.org\nown: false\n${api}\nterritories:\n  KP:\n${listed.join('\n')}\n`);
  const tape = join(folder, 'live.tape');
  const sim = await Sim.open();
  try {
    await sim.seeded({ probes, record: tape });
    await until(() => atlas.subscribed.length === 3, 'the subscriptions');
    /** All three measurements have a result of two probes now. */
    const found = async (error?: Readonly<Record<string, unknown>>): Promise<void> => {
      const seconds = Math.floor(sim.clock.wallMs() / 1000);
      for (const [i, address] of TARGETS.entries())
        for (const probe of [1001, 1002]) {
          const result = dnsResult(i + 1, probe, seconds, error === undefined ? {} : { error });
          atlas.send(['atlas_result', { ...result, dst_addr: address }]);
        }
      await sim.pass(5 * MINUTE);
    };
    await found();
    await found();
    await until(() => sim.types('reachability.').length === 1, 'the first verdict');
    await found({ timeout: 5000 });
    await found({ timeout: 5000 });
    await until(() => sim.types('reachability.').length === 3, 'the second verdict');
    expect(sim.types('reachability.')).toEqual([
      'reachability.changed',
      'reachability.changed',
      'reachability.warning',
    ]);
    const reported = sim.reported
      .filter(({ event }) => event.type === 'reachability.changed')
      .map(({ event }) => event.data);
    expect(reported).toMatchObject([
      { reachability: 'reachable', vantages: 2, services: [{ service: 'dns', answering: 3, targets: 3 }] },
      { reachability: 'unreachable', vantages: 2, services: [{ service: 'dns', answering: 0, silent: 3 }] },
    ]);
    expect(sim.log).toContain('asks no service itself; reads 3 measurements of RIPE Atlas');
    expect(sim.types('country.')).toEqual([]);
    await sim.stop();
  } finally {
    await sim.close();
  }
  const stdout = new Text();
  const io = { stdout, stderr: new Text(), env: {}, signal: new AbortController().signal };
  expect(await replay([tape], { settings: {}, format: 'ndjson', quiet: true }, io)).toBe(0);
  const again = stdout.text.split('\n').filter((line) => line.includes('"reachability.'));
  const live = sim.reported.map(({ event }) => event).filter(({ type }) => type.startsWith('reachability.'));
  expect(again.map((line) => JSON.parse(line) as unknown)).toEqual(live);
});
