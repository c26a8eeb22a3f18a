/**
 * Sends events to five webhooks, each with faults of its own, until every one is delivered or given up: 75 hours and more,
 * on a clock that is turned by hand. `npm run torture:webhooks -- [--events 10000] [--seed 1] [--store folder]`. Prints a
 * line of JSON; the exit status is 1 when an event was lost or a body could not be verified.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../src/app/system-clock.ts';
import type { StateStore } from '../src/ports.ts';
import { openEmbedded } from '../src/store/embedded/open.ts';
import { memoryStore } from '../src/store/memory.ts';
import { mixRun } from '../test/sinks/webhook/dispatch/mix.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    store: { type: 'string', default: 'folder' },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'unroutable-webhooks-'));
try {
  const store = values.store === 'memory' ? memoryStore() : await openedFolder();
  const began = performance.now();
  const report = await mixRun(store, { events: Number(values.events), seed: Number(values.seed) });
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(
    JSON.stringify({ torture: 'webhooks', store: values.store, seed: Number(values.seed), ...report, seconds }),
  );
  if (report.lost + report.unseen + report.unverified > 0) process.exitCode = 1;
  await store.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function openedFolder(): Promise<StateStore> {
  const opened = await openEmbedded(folder, { name: 'KP', clock: systemClock });
  if (!opened.ok) throw new Error(opened.reason);
  return opened.store;
}
