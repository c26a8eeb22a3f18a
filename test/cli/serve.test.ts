import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/app/system-clock.ts';
import { serve, type ServeOptions } from '../../src/cli/serve/serve.ts';
import { SCHEMA } from '../../src/store/keys.ts';
import { openAs } from '../../src/store/embedded/open.ts';
import { record, RecordedDay } from '../history/scene.ts';
import { peers } from '../support/day.ts';

/** A folder with a store of North Korea, as a program of this schema writes it. */
async function storeOf(schema: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'unroutable-serve-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const form = { schema, migrations: new Map() };
  const opened = await openAs(join(folder, 'KP'), { name: 'KP', clock: systemClock }, form);
  if (!opened.ok) throw new Error(opened.reason);
  await record(opened.store, new RecordedDay().dump('12:00', peers(20)).tick('12:30').elements);
  await opened.store.close();
  return folder;
}

/** `serve` on a free port; `end` gives its exit status and what it said on stderr. */
async function started(options: Omit<ServeOptions, 'settings'>) {
  const stop = new AbortController();
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const ended = serve({ settings: {}, ...options, http: '0' }, { stdout, stderr, env: {}, signal: stop.signal });
  const [line] = (await once(stdout, 'data')) as [Buffer];
  const url = line.toString().trim();
  const end = async (): Promise<{ status: number; said: string }> => {
    stop.abort();
    return { status: await ended, said: String(stderr.read() ?? '') };
  };
  return { get: (path: string) => fetch(`${url}${path}`), end };
}

test('a store of a newer version is refused in words, on stderr, by the API and by readyz, until it is stopped', async () => {
  const { get, end } = await started({ store: await storeOf(SCHEMA + 1) });
  const reason = `it was written by a newer version (schema ${SCHEMA + 1}, this one knows ${SCHEMA})`;
  const verdict = await get('api/v1/verdict');
  expect([verdict.status, await verdict.json()]).toEqual([503, { error: `the store cannot be read: ${reason}` }]);
  const ready = await get('readyz');
  expect([ready.status, await ready.json()]).toEqual([503, { ready: false, reason }]);
  expect((await get('healthz')).status).toBe(200);
  const { status, said } = await end();
  expect(status).toBe(69);
  expect(said).toContain(reason);
});

test('--as-names gives names to the ASes of the answers; a file without names is refused', async () => {
  const store = await storeOf(SCHEMA);
  const [named, empty] = [join(store, 'names.txt'), join(store, 'empty.txt')];
  await writeFile(named, '4837 CHINA169-BACKBONE\n');
  await writeFile(empty, 'nothing\n');
  const { get, end } = await started({ store, asNames: named });
  expect(await (await get('api/v1/timeline')).json()).toMatchObject({
    asNames: [{ asn: 4837, name: 'CHINA169-BACKBONE' }],
  });
  expect((await end()).status).toBe(0);
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const { signal } = new AbortController();
  expect(await serve({ settings: {}, store, http: '0', asNames: empty }, { stdout, stderr, env: {}, signal })).toBe(2);
  expect(String(stderr.read())).toContain(`--as-names ${empty}: no line is`);
});
