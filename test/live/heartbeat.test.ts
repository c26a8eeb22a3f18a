import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { canMount } from '../support/mount.ts';
import { Sim } from '../support/sim.ts';
import type { WatchOptions } from '../../src/cli/watch/watch.ts';

/** A dead man's switch: within a minute of a fault the last good ping was sent. A ping is sent every half minute. */
const MOST_MS = 60_000;
const MINUTE = 60_000;

interface Ping {
  readonly path: string;
  readonly body: string;
  /** Monotonic time of the watch. */
  readonly atMs: number;
}

/** `watch` with a heartbeat, on a clock that is turned by hand, and the pings that arrived. */
async function beating(options: Partial<WatchOptions> = {}) {
  const sim = await Sim.open();
  onTestFinished(() => sim.close());
  const pings: Ping[] = [];
  const server = createServer((request, response) => {
    const atMs = sim.clock.monotonicMs();
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      pings.push({ path: request.url ?? '', body, atMs });
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await sim.seeded({ ...options, heartbeat: `${url}/ok`, heartbeatFailure: `${url}/fail` });
  await sim.pass(2 * MINUTE);
  const good = (sinceMs: number): readonly Ping[] => pings.filter(({ path, atMs }) => path === '/ok' && atMs > sinceMs);
  const reasons = (): readonly string[] => pings.filter(({ path }) => path === '/fail').map(({ body }) => body);
  if (good(0).length === 0) throw new Error(`no ping: ${reasons().join('; ')}\n${sim.log}`);
  return { sim, good, reasons };
}

type Beating = Awaited<ReturnType<typeof beating>>;

/** The fault is there: the pings stop in time, the reason is sent. It is gone: they resume. */
async function stopsAndResumes(
  { sim, good, reasons }: Beating,
  { begin, end, why }: { begin: () => unknown; end: () => unknown; why: RegExp },
): Promise<void> {
  const [beganMs, before] = [sim.clock.monotonicMs(), reasons().length];
  await begin();
  await sim.pass(4 * MINUTE);
  expect(good(beganMs + MOST_MS)).toEqual([]);
  expect(reasons().slice(before).join('; ')).toMatch(why);
  const endedMs = sim.clock.monotonicMs();
  await end();
  // A store comes back by the clock of this machine.
  const giveUpMs = performance.now() + 40_000;
  while (good(endedMs).length === 0 && performance.now() < giveUpMs) await sim.pass(MINUTE);
  expect(good(endedMs).length).toBeGreaterThan(0);
}

test('T22: the heartbeat of a watch is withheld within a minute while its feed is silent or half open, and resumes', async () => {
  const all = await beating();
  const { feed } = all.sim;
  await stopsAndResumes(all, {
    begin: () => (all.sim.isSilent = true),
    end: () => (all.sim.isSilent = false),
    why: /no peer has a vote|blind/,
  });
  const [beganMs, before] = [all.sim.clock.monotonicMs(), all.reasons().length];
  feed.freeze();
  await all.sim.pass(2 * MINUTE);
  expect(all.reasons().length).toBeGreaterThan(before);
  // The watch connects again by itself.
  await all.sim.pass(6 * MINUTE);
  expect(all.good(beganMs + MOST_MS).length).toBeGreaterThan(0);
});

test('T22: a watch whose event loop was blocked for eight seconds says so instead of the next ping, once', async () => {
  const { sim, good, reasons } = await beating();
  const beganMs = sim.clock.monotonicMs();
  const before = reasons().length;
  sim.clock.hold(8_000);
  await sim.pass(3 * MINUTE);
  expect(reasons().slice(before)).toEqual([expect.stringMatching(/^the program was held up for \d+ s$/)]);
  expect(good(beganMs).length).toBeGreaterThanOrEqual(2);
});

test.skipIf(!canMount())(
  'T22: while the disk is full the heartbeat is withheld, and resumes when there is space',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'heartbeat-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'none', folder]);
    onTestFinished(async () => {
      execFileSync('umount', ['-l', folder]);
      await rm(folder, { recursive: true });
    });
    const all = await beating({ store: join(folder, 'store') });
    await stopsAndResumes(all, {
      begin: () => filled(join(folder, 'filler')),
      end: () => rm(join(folder, 'filler')),
      why: /disk is full|there is no leader/,
    });
  },
);

/** Up to the last byte that there is room for. */
async function filled(file: string): Promise<void> {
  for (let size = 65_536; size >= 512; size /= 2)
    while (
      await writeFile(file, Buffer.alloc(size), { flag: 'a' }).then(
        () => true,
        () => false,
      )
    );
}
