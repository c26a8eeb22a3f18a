import { expect } from 'vitest';
import { batch, byPlace, change, contents, event, moment, numbers, ordered } from './fixtures.ts';
import type { Rule } from './opened.ts';

export function stateContract(rule: Rule): void {
  rule('it has a name for people', async ({ store }) => {
    expect(store.name).not.toBe('');
  });

  rule('a new store has nothing to load, no events and no records', async ({ store }) => {
    expect(await store.load()).toBeUndefined();
    expect(await numbers(store)).toEqual([]);
    expect(await store.read('voters')).toEqual([]);
  });

  rule('a batch is stored whole: number, cursor, elements, records, events', async ({ store, reopen }) => {
    const changes = [
      change('routes/KP/ipv4', 'rrc00|192.0.2.1|64496|175.45.176.0/24', '{"a":1}'),
      change('engine', 'judge', '[]'),
    ];
    expect(await store.commit(batch(1, { events: [event(1), event(2)], changes }))).toEqual({ ok: true });

    for (const handle of [store, await reopen()]) {
      expect(ordered(await handle.load())).toEqual({
        number: 1,
        cursor: moment(1),
        elements: 10,
        records: [...changes].sort(byPlace),
      });
      expect(await numbers(handle)).toEqual([1, 2]);
    }
  });

  rule('a batch with nothing in it moves number, cursor and elements', async ({ store }) => {
    await store.commit(batch(1));
    await store.commit(batch(2));
    expect(await store.load()).toEqual({ number: 2, cursor: moment(2), elements: 20, records: [] });
  });

  rule('the last batch repeated changes nothing and is ok', async ({ store, reopen }) => {
    await store.commit(batch(1, { changes: [change('voters', 'a', '1')], events: [event(1)] }));
    const second = batch(2, {
      changes: [change('voters', 'a', undefined), change('voters', 'b', '2')],
      events: [event(2)],
    });
    await store.commit(second);
    const before = await contents(store);

    expect(await store.commit(second)).toEqual({ ok: true });
    expect(await (await reopen()).commit(second)).toEqual({ ok: true });
    expect(await contents(store)).toEqual(before);
  });

  rule('the first batch is number 1: an empty store refuses any other as lost', async ({ store }) => {
    const changes = [change('voters', 'a', '1')];
    expect(await store.commit(batch(5, { changes, events: [event(1)] }))).toEqual({
      ok: false,
      reason: 'lost',
      found: 0,
      cursor: undefined,
    });
    expect(await store.load()).toBeUndefined();
    expect(await numbers(store)).toEqual([]);
  });

  rule(
    'a batch whose number does not follow is refused with the stored number, and changes nothing',
    async ({ store }) => {
      for (const number of [1, 2, 3])
        await store.commit(batch(number, { changes: [change('voters', 'a', String(number))] }));
      const before = await contents(store);

      for (const number of [1, 2, 5, 100]) {
        const strange = batch(number, { changes: [change('voters', 'a', 'strange')], events: [event(number)] });
        expect(await store.commit(strange)).toEqual({ ok: false, reason: 'lost', found: 3, cursor: moment(3) });
      }
      expect(await contents(store)).toEqual(before);
    },
  );

  rule('of several changes of one place in a batch the last one counts', async ({ store }) => {
    const changes = [change('voters', 'a', '1'), change('voters', 'a', undefined), change('voters', 'a', '3')];
    await store.commit(
      batch(1, { changes: [...changes, change('voters', 'b', '1'), change('voters', 'b', undefined)] }),
    );
    expect(await store.read('voters')).toEqual([change('voters', 'a', '3')]);
  });

  rule(
    'a record is deleted by undefined, and deleting a record that is not there is not an error',
    async ({ store, reopen }) => {
      await store.commit(batch(1, { changes: [change('voters', 'a', '1'), change('voters', 'b', '2')] }));
      await store.commit(
        batch(2, { changes: [change('voters', 'a', undefined), change('voters', 'never', undefined)] }),
      );
      expect((await (await reopen()).load())?.records).toEqual([change('voters', 'b', '2')]);
    },
  );

  rule('the same key in two spaces is two records', async ({ store }) => {
    const changes = [
      change('routes/KP/ipv4', 'x', '4'),
      change('routes/KP/ipv6', 'x', '6'),
      change('voters', 'x', 'v'),
    ];
    await store.commit(batch(1, { changes }));
    await store.commit(batch(2, { changes: [change('routes/KP/ipv4', 'x', undefined)] }));
    expect(await store.read('routes/KP/ipv4')).toEqual([]);
    expect(await store.read('routes/KP/ipv6')).toEqual([change('routes/KP/ipv6', 'x', '6')]);
    expect(await store.read('voters')).toEqual([change('voters', 'x', 'v')]);
  });

  rule('records are read by key upward', async ({ store }) => {
    const keys = ['b', 'a', 'ab', 'B', '10', '9', 'a|b', 'a#1', '~', ' '];
    await store.commit(batch(1, { changes: keys.map((key) => change('voters', key, key)) }));
    expect((await store.read('voters')).map(({ key }) => key)).toEqual([...keys].sort());
  });

  rule(
    'keys and values come back as they were given: empty, in any script, with control characters',
    async ({ store, reopen }) => {
      const texts = [
        '',
        ' ',
        '조선민주주의인민공화국',
        '🛰️\u0000\r\n\t"\\',
        'é',
        'e\u0301',
        '{a}:*?[x]',
        '\u{10FFFF}\uFFFD',
        'a/b|c#d',
      ];
      const changes = texts.filter((text) => text !== '').map((text, i) => change('voters', text, texts[i] ?? ''));
      await store.commit(batch(1, { changes }));
      expect(ordered(await (await reopen()).load())?.records).toEqual([...changes].sort(byPlace));
    },
  );

  rule('a value of a megabyte comes back whole', async ({ store, reopen }) => {
    const value = JSON.stringify('плотность'.repeat(60_000));
    await store.commit(batch(1, { changes: [change('engine', 'big', value)] }));
    const [record] = (await (await reopen()).load())?.records ?? [];
    expect(record?.value === value).toBe(true);
  });

  rule('ten thousand records of one batch come back, every one', async ({ store, reopen }) => {
    const changes = Array.from({ length: 10_000 }, (_, i) =>
      change('routes/XX/ipv4', `rrc00|192.0.2.1|64496|${String(i)}`, `{"n":${String(i)}}`),
    );
    await store.commit(batch(1, { changes }));
    expect((await (await reopen()).load())?.records).toHaveLength(10_000);
    expect(await store.read('routes/XX/ipv4')).toEqual([...changes].sort(byPlace));
  });

  rule('closing twice is closing once', async ({ store }) => {
    await store.commit(batch(1));
    await store.close();
    await store.close();
  });

  rule('data that one handle stored is there for the next one after it was closed', async ({ store, reopen }) => {
    await store.commit(batch(1, { changes: [change('voters', 'a', '1')], events: [event(1)] }));
    await store.close();
    const again = await reopen();
    expect((await again.load())?.records).toEqual([change('voters', 'a', '1')]);
    expect(await again.commit(batch(2, { events: [event(2)] }))).toEqual({ ok: true });
    expect(await numbers(again)).toEqual([1, 2]);
  });
}

export function wholeContract(rule: Rule): void {
  rule('replaces all engine spaces and only those, and keeps the events', async ({ store, reopen }) => {
    const engine = ['routes/KP/ipv4', 'visibility-log/KP/ipv6', 'voters', 'verdicts', 'incidents', 'engine'] as const;
    const others = [
      'instances',
      'readers',
      'webhooks/endpoints',
      'webhooks/queue',
      'webhooks/asked',
      'webhooks/log',
      'webhooks/dead',
    ] as const;
    await store.commit(batch(1, { changes: engine.map((space) => change(space, 'old', 'o')), events: [event(1)] }));
    await store.write(others.map((space) => change(space, 'other', '"event-1"')));

    const fresh = [change('voters', 'new', 'n'), change('routes/CU/ipv4', 'new', 'n')];
    expect(await store.commit(batch(2, { whole: true, changes: fresh, events: [event(2)] }))).toEqual({ ok: true });

    const handle = await reopen();
    expect(ordered(await handle.load())).toEqual({
      number: 2,
      cursor: moment(2),
      elements: 20,
      records: [...fresh].sort(byPlace),
    });
    for (const space of engine.filter((space) => space !== 'voters')) expect(await handle.read(space)).toEqual([]);
    for (const space of others) expect(await handle.read(space)).toEqual([change(space, 'other', '"event-1"')]);
    expect(await numbers(handle)).toEqual([1, 2]);
  });

  rule('its number need not follow on, in an empty store or another; the next one follows it', async ({ store }) => {
    for (const number of [40, 90, 107]) {
      expect(
        await store.commit(batch(number, { whole: true, changes: [change('voters', 'n', String(number))] })),
      ).toEqual({ ok: true });
      expect(await store.load()).toMatchObject({ number, cursor: moment(number) });
    }
    expect(await store.commit(batch(108))).toEqual({ ok: true });
    expect(await store.commit(batch(110))).toMatchObject({ reason: 'lost', found: 108 });
  });

  rule('that comes late, when others were stored after it, reverts nothing', async ({ store }) => {
    const whole = batch(6, { whole: true, changes: [change('voters', 'a', 'old')], events: [event(1)] });
    await store.commit(whole);
    await store.commit(batch(7, { changes: [change('voters', 'a', 'new')], events: [event(2)] }));
    const before = await contents(store);
    expect(await store.commit(whole)).toEqual({ ok: false, reason: 'lost', found: 7, cursor: moment(7) });
    expect(await contents(store)).toEqual(before);
  });

  rule('repeated, it changes nothing, and no id is doubled', async ({ store }) => {
    await store.commit(batch(1, { events: [event(1), event(2)] }));
    const whole = batch(6, { whole: true, changes: [change('voters', 'a', '1')], events: [event(2), event(3)] });
    await store.commit(whole);
    const before = await contents(store);
    expect(await store.commit(whole)).toEqual({ ok: true });
    expect(await contents(store)).toEqual(before);
    expect(await numbers(store)).toEqual([1, 2, 3]);
  });

  rule('with nothing in it, nothing is left of the engine', async ({ store }) => {
    await store.commit(batch(1, { changes: [change('voters', 'a', '1'), change('engine', 'x', 'y')] }));
    await store.commit(batch(2, { whole: true }));
    expect((await store.load())?.records).toEqual([]);
  });
}

export function writeContract(rule: Rule): void {
  rule('are read by their space, and are not part of what is loaded', async ({ store, reopen }) => {
    await store.write([change('instances', 'b', '2'), change('instances', 'a', '1'), change('webhooks/log', 'x', '3')]);
    expect(await store.load()).toBeUndefined();
    await store.commit(batch(1, { changes: [change('voters', 'v', '1')] }));

    const other = await reopen();
    expect(await other.read('instances')).toEqual([change('instances', 'a', '1'), change('instances', 'b', '2')]);
    expect(await other.read('webhooks/log')).toEqual([change('webhooks/log', 'x', '3')]);
    expect((await other.load())?.records).toEqual([change('voters', 'v', '1')]);
  });

  rule('are read by some of their keys: those that are there, by key upward, each once', async ({ store }) => {
    await store.write(['a', 'b', 'c'].map((key) => change('webhooks/queue', key, key.toUpperCase())));
    await store.write([change('webhooks/dead', 'd', 'D')]);
    expect(await store.read('webhooks/queue', ['c', 'd', 'a', 'c'])).toEqual([
      change('webhooks/queue', 'a', 'A'),
      change('webhooks/queue', 'c', 'C'),
    ]);
    expect(await store.read('webhooks/queue', [])).toEqual([]);
    expect(await store.read('instances', ['a'])).toEqual([]);
  });

  rule('move from one space to another in one write', async ({ store, reopen }) => {
    await store.write([change('webhooks/queue', 'hook/event-1', 'job')]);
    await store.write([
      change('webhooks/queue', 'hook/event-1', undefined),
      change('webhooks/dead', 'hook/event-1', 'job'),
    ]);
    const other = await reopen();
    expect(await other.read('webhooks/queue')).toEqual([]);
    expect(await other.read('webhooks/dead')).toEqual([change('webhooks/dead', 'hook/event-1', 'job')]);
  });

  rule('can be stored by a batch as well, together with it', async ({ store }) => {
    await store.commit(batch(1, { changes: [change('voters', 'v', '1'), change('webhooks/queue', 'q', '1')] }));
    expect(await store.read('webhooks/queue')).toEqual([change('webhooks/queue', 'q', '1')]);
    expect((await store.load())?.records).toEqual([change('voters', 'v', '1')]);
    await store.commit(batch(3, { changes: [change('webhooks/queue', 'q', undefined)] }));
    expect(await store.read('webhooks/queue')).toHaveLength(1);
  });

  rule('nothing written is nothing changed, and ok', async ({ store }) => {
    expect(await store.write([])).toEqual({ ok: true });
    expect(await store.load()).toBeUndefined();
  });
}
