import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { open as openLmdb } from 'lmdb';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/app/system-clock.ts';
import { openAs, openEmbedded, type Migrations } from '../../../src/store/embedded/open.ts';
import { SCHEMA } from '../../../src/store/keys.ts';
import { batch, change, event, numbers } from '../../contract/fixtures.ts';
import { open, scratch } from './folder.ts';

let folder: ReturnType<typeof scratch>;
beforeEach(() => {
  folder = scratch();
});
afterEach(() => folder.remove());

const OPTIONS = { name: 'KP', clock: systemClock };

/** Everything in a folder but LMDB's table of readers, to see that nothing was touched. */
function bytesOf(path: string): Record<string, string> {
  const names = readdirSync(path)
    .filter((name) => name !== 'lock.mdb')
    .sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(path, name)).toString('hex')]));
}

describe('a folder is taken', () => {
  test('when it is missing: it is made, for its owner alone', async () => {
    const path = join(folder.path, 'var', 'lib', 'unroutable.d', 'KP');
    const store = await open(path);
    await store.commit(batch(1));
    await store.close();
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(
      readdirSync(path)
        .filter((name) => !name.startsWith('open-'))
        .sort(),
    ).toEqual(['data.mdb', 'lock.mdb', 'unroutable-store.json']);
  });

  test('that others may read is restricted to its owner, and that is reported', async () => {
    const path = join(folder.path, 'KP');
    const first = await openEmbedded(path, { name: 'KP', clock: systemClock });
    if (!first.ok) throw new Error(first.reason);
    expect(first.warnings).toEqual([]);
    await first.store.close();
    chmodSync(path, 0o755);
    const opened = await openEmbedded(path, { name: 'KP', clock: systemClock });
    if (!opened.ok) throw new Error(opened.reason);
    await opened.store.close();
    expect(opened.warnings).toEqual([expect.stringMatching(/was open to others \(mode 755\): it has mode 700 now/)]);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  test('when it is empty, and again when it is ours', async () => {
    for (const number of [1, 2, 3]) {
      const store = await open(folder.path);
      expect((await store.load())?.number).toBe(number === 1 ? undefined : number - 1);
      expect(await store.commit(batch(number))).toEqual({ ok: true });
      await store.close();
    }
  });

  test('when its creator was killed right then: marked, with an empty database', async () => {
    await (await open(folder.path)).close();
    rmSync(join(folder.path, 'lock.mdb'));
    writeFileSync(join(folder.path, 'data.mdb'), '');
    const store = await open(folder.path);
    expect(await store.load()).toBeUndefined();
    await store.close();
  });

  test('when its database is short of pages that nothing leads to', async () => {
    const store = await open(folder.path);
    await store.commit(batch(1, { changes: [change('engine', 'big', 'x'.repeat(400_000))], events: [event(1)] }));
    await store.commit(batch(2, { changes: [change('engine', 'big', undefined)] }));
    await store.close();
    // Where the large value was is free, and its end is the file's.
    const file = join(folder.path, 'data.mdb');
    truncateSync(file, statSync(file).size - 2 * 4096);
    const again = await open(folder.path);
    expect(await again.load()).toMatchObject({ number: 2, records: [] });
    expect(await numbers(again)).toEqual([1]);
    await again.close();
  });

  test('by many at once: they see the same', async () => {
    const stores = await Promise.all(Array.from({ length: 5 }, () => open(folder.path)));
    await stores[0]?.commit(batch(1, { events: [event(1)] }));
    for (const store of stores) expect(await numbers(store)).toEqual([1]);
    for (const store of stores) await store.close();
  });
});

describe('a folder is refused, and nothing in it is touched', () => {
  async function expectRefused(path: string, fault: string, reason: string): Promise<void> {
    const before = statSync(folder.path).isDirectory() ? bytesOf(folder.path) : {};
    const opened = await openEmbedded(path, OPTIONS);
    expect(opened).toMatchObject({ ok: false, fault });
    expect(opened.ok ? '' : opened.reason).toContain(reason);
    expect(bytesOf(folder.path)).toEqual(before);
  }

  test('when it is a file, or a part of its path is', async () => {
    const file = join(folder.path, 'notes.txt');
    writeFileSync(file, 'mine');
    await expectRefused(file, 'not-a-folder', 'a file of this name');
    await expectRefused(join(file, 'below'), 'not-a-folder', 'part of the path');
  });

  test('when there is something else in it', async () => {
    writeFileSync(join(folder.path, 'thesis.doc'), 'two years of work');
    await expectRefused(folder.path, 'foreign', 'thesis.doc');
  });

  test('when there is a database of another program in it', async () => {
    const other = openLmdb(folder.path, {});
    await other.put('theirs', 1);
    await other.close();
    await expectRefused(folder.path, 'foreign', 'data.mdb');
  });

  test('when its mark is another program’s', async () => {
    writeFileSync(join(folder.path, 'unroutable-store.json'), '{"program":"other"}');
    await expectRefused(folder.path, 'foreign', 'not written by this program');
    writeFileSync(join(folder.path, 'unroutable-store.json'), 'no JSON');
    await expectRefused(folder.path, 'foreign', 'not written by this program');
  });

  test.each([
    ['text', Buffer.from('all work and no play '.repeat(1000))],
    ['zeros', Buffer.alloc(8192)],
    ['ten octets', Buffer.alloc(10, 1)],
  ])('when its database was overwritten by %s', async (_what, bytes) => {
    await (await open(folder.path)).close();
    writeFileSync(join(folder.path, 'data.mdb'), bytes);
    await expectRefused(folder.path, 'damaged', 'not the database it was');
  });

  test.each([0.5, 0.8, 0.99])('when its database was cut off after %d of it', async (share) => {
    const store = await open(folder.path);
    for (let number = 1; number <= 20; number++) {
      const changes = Array.from({ length: 200 }, (_, i) =>
        change('voters', String(number * 200 + i), 'x'.repeat(200)),
      );
      await store.commit(batch(number, { changes, events: [event(number)] }));
    }
    await store.close();
    const file = join(folder.path, 'data.mdb');
    truncateSync(file, Math.floor((statSync(file).size * share) / 4096) * 4096);
    await expectRefused(folder.path, 'damaged', 'cut short');
  });

  test('when its lock cannot be had', async () => {
    await (await open(folder.path)).close();
    rmSync(join(folder.path, 'lock.mdb'));
    mkdirSync(join(folder.path, 'lock.mdb'));
    await expectRefused(folder.path, 'damaged', 'lock.mdb is not a file');
  });

  test('when it holds another watch', async () => {
    const store = await open(folder.path, { name: 'KP' });
    await store.commit(batch(1));
    await store.close();
    expect(await openEmbedded(folder.path, { ...OPTIONS, name: 'CU' })).toEqual({
      ok: false,
      fault: 'another-watch',
      reason: 'it holds the watch KP, not CU',
    });
  });

  test('when this user may not write there', async () => {
    const path = join(folder.path, 'KP');
    mkdirSync(path);
    chmodSync(path, 0o500);
    chmodSync(folder.path, 0o755);
    const opened = await asNobody(() => openEmbedded(path, OPTIONS));
    expect(opened).toMatchObject({ ok: false, fault: 'no-access' });
    expect(readdirSync(path)).toEqual([]);
  });

  test('when this user may not make it', async () => {
    chmodSync(folder.path, 0o555);
    const opened = await asNobody(() => openEmbedded(join(folder.path, 'KP'), OPTIONS));
    expect(opened).toMatchObject({ ok: false, fault: 'no-access' });
    chmodSync(folder.path, 0o755);
  });
});

/** Access rights do not bind root, so it becomes another for as long. */
async function asNobody<T>(attempt: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return attempt();
  process.seteuid?.(65_534);
  try {
    return await attempt();
  } finally {
    process.seteuid?.(0);
  }
}

describe('a folder of another schema', () => {
  const changes = [change('voters', 'a', '1'), change('engine', 'judge', 'old'), change('webhooks/queue', 'q', '2')];

  async function writtenBy(schema: number): Promise<void> {
    const opened = await openAs(folder.path, OPTIONS, { schema, migrations: new Map() });
    if (!opened.ok) throw new Error(opened.reason);
    await opened.store.commit(batch(1, { changes, events: [event(1)] }));
    await opened.store.close();
  }

  test('newer than this program is refused with a clear message, and is not changed', async () => {
    await writtenBy(SCHEMA + 1);
    expect(await openEmbedded(folder.path, OPTIONS)).toEqual({
      ok: false,
      fault: 'newer-schema',
      reason: `it was written by a newer version (schema ${String(SCHEMA + 1)}, this one knows ${String(SCHEMA)})`,
    });
    const opened = await openAs(folder.path, OPTIONS, { schema: SCHEMA + 1, migrations: new Map() });
    expect(opened.ok && (await opened.store.load())?.records).toHaveLength(2);
    if (opened.ok) await opened.store.close();
  });

  test('older, without a migration, is refused, and is not changed', async () => {
    await writtenBy(1);
    const migrations: Migrations = new Map([[2, (record) => record]]);
    const opened = await openAs(folder.path, OPTIONS, { schema: 3, migrations });
    expect(opened).toMatchObject({ ok: false, fault: 'older-schema' });
    const store = await open(folder.path);
    expect((await store.load())?.records).toHaveLength(2);
    await store.close();
  });

  test('older is migrated step by step, once, with its events, number and cursor', async () => {
    await writtenBy(1);
    const migrations: Migrations = new Map([
      [1, (record) => (record.space === 'engine' ? undefined : { ...record, value: `${record.value}+` })],
      [2, (record) => ({ ...record, key: `${record.key}${record.key}` })],
    ]);
    for (let time = 0; time < 2; time++) {
      const opened = await openAs(folder.path, OPTIONS, { schema: 3, migrations });
      if (!opened.ok) throw new Error(opened.reason);
      const { store } = opened;
      expect((await store.load())?.records).toEqual([change('voters', 'aa', '1+')]);
      expect(await store.load()).toMatchObject({ number: 1, elements: 10 });
      expect(await store.read('webhooks/queue')).toEqual([change('webhooks/queue', 'qq', '2+')]);
      expect(await numbers(store)).toEqual([1]);
      await store.close();
    }
    expect(await openEmbedded(folder.path, OPTIONS)).toMatchObject({ ok: false, fault: 'newer-schema' });
  });

  test('whose migration fails half way is as it was', async () => {
    await writtenBy(1);
    let times = 0;
    const failing: Migrations = new Map([
      [
        1,
        (record) => {
          if (++times === 2) throw new Error('a bug in the migration');
          return { ...record, value: 'changed' };
        },
      ],
    ]);
    expect(await openAs(folder.path, OPTIONS, { schema: 2, migrations: failing })).toMatchObject({ ok: false });
    const store = await open(folder.path);
    expect((await store.load())?.records.map(({ value }) => value)).toEqual(['old', '1']);
    await store.close();
  });
});
