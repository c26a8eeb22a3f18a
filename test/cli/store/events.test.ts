import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { printEvents } from '../../../src/cli/store/events.ts';
import { EXIT } from '../../../src/cli/exit-status.ts';
import type { Io } from '../../../src/app/io.ts';
import { openStore } from '../../../src/app/open-store.ts';
import { systemClock } from '../../../src/app/system-clock.ts';
import type { StateStore } from '../../../src/ports.ts';
import { batch, event, idOf } from '../../contract/fixtures.ts';
import { Text } from '../../support/text.ts';

/** Takes a line at a time, the second one when `first` is over. */
class SlowReader extends Writable {
  readonly ids: string[] = [];
  readonly #first: () => Promise<unknown>;

  constructor(first: () => Promise<unknown>) {
    super({ highWaterMark: 1 });
    this.#first = first;
  }

  override _write(line: Buffer, _encoding: string, done: () => void): void {
    const isFirst = this.ids.push((JSON.parse(line.toString()) as { id: string }).id) === 1;
    if (isFirst) void this.#first().finally(done);
    else done();
  }
}

async function opened(folder: string): Promise<StateStore> {
  const one = await openStore({ store: folder }, ['KP'], { env: {} }, systemClock);
  if (!one.ok) throw new Error(one.faults.join());
  onTestFinished(() => one.value.store.close());
  return one.value.store;
}

describe('events that were trimmed before a slow follower got to them', () => {
  test.each([{}, { since: idOf(3) }])('are an error of the store, not of the command line: %j', async (from) => {
    const folder = await mkdtemp(join(tmpdir(), 'unroutable-events-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const store = await opened(folder);
    await store.commit(batch(1, { events: Array.from({ length: 1_000 }, (_, i) => event(i + 1)) }));
    const [stdout, stderr] = [new SlowReader(() => store.trim(1)), new Text()];
    const io: Io = { stdout, stderr, env: {}, signal: new AbortController().signal };
    const options = { settings: {}, store: folder, format: 'ndjson', follow: true, ...from } as const;

    expect(await printEvents(options, io)).toBe(EXIT.store);
    expect(stderr.text).toContain(`the events after ${stdout.ids.at(-1)} were trimmed before they were read`);
    expect(stderr.text).not.toContain('undefined');
  });
});
