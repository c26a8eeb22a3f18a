import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { StateStore } from '../../src/ports.ts';
import { SCHEMA } from '../../src/store/keys.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { exportStore, importStore } from '../../src/store/transfer.ts';
import type { Space } from '../../src/spaces.ts';
import { batch, change, contents, event, idOf, readerAt } from '../contract/fixtures.ts';
import { withStore, type Opened } from '../contract/opened.ts';
import { openFolder } from './embedded/folder.ts';

async function openMemory(): Promise<Opened> {
  const store = memoryStore();
  return { store, reopen: async () => store, dispose: () => store.close() };
}

async function linesOf(store: StateStore): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of exportStore(store, 'KP')) lines.push(line);
  return lines;
}

async function* each(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

async function fill(store: StateStore): Promise<void> {
  const routes = Array.from({ length: 50 }, (_, i) =>
    change('routes/KP/ipv4', `rrc00|192.0.2.1|64496|${String(i)}`, '{"길":"🛰️"}'),
  );
  await store.commit(
    batch(1, {
      changes: [...routes, change('verdicts', 'KP/ipv4', '"routable"')],
      events: [event(1), event(2, ' 평양')],
    }),
  );
  await store.commit(batch(2, { events: [event(3)] }));
  await store.write([
    readerAt('hook', idOf(2)),
    change('webhooks/endpoints', 'hook', '{}'),
    change('webhooks/dead', 'hook/1', '{}'),
  ]);
  await store.write([change('instances', 'here', '{}')]);
}

/** An export with these lines before its checksum, which is right. */
function sealed(lines: readonly string[]): string[] {
  const hash = createHash('sha256');
  for (const line of lines) hash.update(`${line}\n`);
  return [...lines, JSON.stringify({ lines: lines.length, sha256: hash.digest('hex') })];
}

const HEADER = {
  unroutable: 'export',
  schema: SCHEMA,
  name: 'KP',
  number: 2,
  cursor: '2026-09-10T04:00:02.000Z',
  elements: 20,
};

describe.each([
  ['memory', 'a folder', openMemory, openFolder],
  ['a folder', 'memory', openFolder, openMemory],
  ['a folder', 'another folder', openFolder, openFolder],
] as const)('what is exported from %s and imported into %s', (_from, _to, from, to) => {
  test('is the same: state, events, readers, webhooks, and its export to the byte; but not the processes that were at work', () =>
    withStore(from, ({ store }) =>
      withStore(to, async (other) => {
        await fill(store);
        const lines = await linesOf(store);
        expect(await importStore(other.store, each(lines))).toEqual({ ok: true, events: 3, records: 54 });

        const again = await other.reopen();
        expect(await contents(again)).toEqual(await contents(store));
        for (const space of ['webhooks/endpoints', 'webhooks/dead'] as const) {
          expect(await again.read(space)).toEqual(await store.read(space));
        }
        expect(await again.read('instances')).toEqual([]);
        expect(await linesOf(again)).toEqual(lines);
      }),
    ));

  test('is gone on with: the next batch follows', () =>
    withStore(from, ({ store }) =>
      withStore(to, async (other) => {
        await fill(store);
        await importStore(other.store, each(await linesOf(store)));
        expect(await other.store.commit(batch(3, { events: [event(3), event(4)] }))).toEqual({ ok: true });
        expect(await linesOf(other.store)).toHaveLength((await linesOf(store)).length + 1);
      }),
    ));
});

describe('an export', () => {
  test('begins with what it is and ends with a checksum of all lines before', async () => {
    const store = memoryStore();
    await store.commit(batch(1, { events: [event(1)] }));
    const lines = await linesOf(store);
    expect(lines).toEqual(sealed(lines.slice(0, -1)));
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      ...HEADER,
      number: 1,
      cursor: '2026-09-10T04:00:01.000Z',
      elements: 10,
    });
  });

  test('of a store without decisions carries its other records, and nothing more', async () => {
    const store = memoryStore();
    await store.write([change('webhooks/endpoints', 'hook', '{}')]);
    const other = memoryStore();
    expect(await importStore(other, each(await linesOf(store)))).toEqual({ ok: true, events: 0, records: 1 });
    expect(await other.load()).toBeUndefined();
    expect(await other.commit(batch(1))).toEqual({ ok: true });
  });
});

describe('an import is refused, and changes nothing', () => {
  const record = JSON.stringify(change('voters', 'a', '1'));
  const eventLine = JSON.stringify({ event: event(1) });
  const header = JSON.stringify(HEADER);

  test.each<[string, string[], string]>([
    ['when there is nothing', [], 'it is empty'],
    ['when it is not an export', ['{"a":1}'], 'line 1: it is not the first line of an export'],
    ['when it is not JSON', ['hello'], 'line 1: it is not a JSON object'],
    ['when a line is not JSON', [header, record, '[]'], 'line 3: it is not a JSON object'],
    [
      'when the schema is newer',
      [JSON.stringify({ ...HEADER, schema: SCHEMA + 1 })],
      'line 1: it was written by a newer version',
    ],
    ['when the schema is another', [JSON.stringify({ ...HEADER, schema: 'x' })], 'line 1: schema "x" cannot be read'],
    ['when the number is none', [JSON.stringify({ ...HEADER, number: -1 })], 'line 1: name, number or elements'],
    [
      'when the cursor is not a time',
      [JSON.stringify({ ...HEADER, cursor: 'noon' })],
      'line 1: its cursor is not a time',
    ],
    ['when it was cut short', [header, record, eventLine], 'it ends after line 3, before its checksum'],
    [
      'when a space is unknown',
      [header, '{"space":"routes/KP","key":"a","value":"1"}'],
      'line 2: there is no space "routes/KP"',
    ],
    ['when a line is neither record nor event', [header, '{"space":"voters","key":"a"}'], 'line 2: it is neither'],
    ['when an event is none', [header, '{"event":{"id":"1"}}'], 'line 2: its event is not one of this program'],
    [
      'when an event has no body',
      [header, JSON.stringify({ event: { ...event(1), data: undefined } })],
      'line 2: its event is not one of this program',
    ],
    [
      'when there is more after its end',
      [...sealed([header, record]), record],
      'line 4: there is more after the checksum',
    ],
    [
      'when lines are missing',
      sealed([header, record, eventLine]).toSpliced(1, 1),
      'line 3: there are 2 lines before it, and it counts 3',
    ],
    [
      'when a line was changed',
      sealed([header, record]).with(1, record.replace('"1"', '"2"')),
      'line 3: its checksum does not match',
    ],
  ])('%s', async (_why, lines, reason) => {
    const store = memoryStore();
    const imported = await importStore(store, each(lines));
    expect(imported).toMatchObject({ ok: false });
    expect(imported.ok ? '' : imported.reason).toContain(reason);
    expect(await store.load()).toBeUndefined();
    expect(await store.read('voters')).toEqual([]);
    expect(store.kept).toEqual([]);
    expect(await store.leases.holder()).toBeUndefined();
  });

  test('when the store is not empty', async () => {
    const store = memoryStore();
    await store.commit(batch(1, { changes: [change('voters', 'mine', '1')] }));
    const before = await contents(store);
    expect(await importStore(store, each(sealed([header])))).toEqual({
      ok: false,
      reason: 'the store is not empty: it is at commit 1',
    });
    expect(await contents(store)).toEqual(before);
  });

  test('while another program leads the store', async () => {
    const store = memoryStore();
    await store.leases.acquire('leader', 60_000);
    expect(await importStore(store, each(sealed([header])))).toMatchObject({ ok: false });
    expect(await store.load()).toBeUndefined();
  });
});

test('everything stored survives export and import: any text, any number of records and events', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.tuple(
          fc.constantFrom<Space>('voters', 'routes/KP/ipv6', 'readers'),
          fc.string({ unit: 'binary' }),
          fc.string({ unit: 'binary' }),
        ),
      ),
      fc.uniqueArray(fc.integer({ min: 1, max: 1000 })),
      async (records, events) => {
        const store = memoryStore();
        const changes = records.map(([space, key, value]) => change(space, key, value));
        await store.commit(batch(1, { changes, events: events.map((number) => event(number)) }));
        const other = memoryStore();
        await importStore(other, each(await linesOf(store)));
        expect(await contents(other)).toEqual(await contents(store));
      },
    ),
    { numRuns: 50 },
  ));
