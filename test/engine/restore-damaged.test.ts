import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEngine, restoreEngine, type EngineOptions, type Restored } from '../../src/engine.ts';
import type { StateRecord } from '../../src/spaces.ts';
import { Keeper } from './keeper.ts';
import { OPTIONS, randomDay } from './random-day.ts';

const RECORDED: EngineOptions = { ...OPTIONS, recorded: true };

/** An engine in the middle of everything: falls, incidents, gaps, changes. */
const { records, cursor } = (() => {
  const engine = createEngine(RECORDED);
  const keeper = new Keeper();
  let best: readonly StateRecord[] = [];
  for (const element of randomDay(20, 80)) {
    engine.apply(element);
    if (element.type !== 'tick') continue;
    keeper.keep(engine.takeChanges());
    if (kindsOf(keeper.records()).size > kindsOf(best).size) best = keeper.records();
  }
  return { records: best, cursor: engine.now ?? (0 as never) };
})();

/** People's records are never read back. */
const READ = records.filter(({ space }) => space !== 'verdicts' && space !== 'incidents');

function kindsOf(all: readonly StateRecord[]): Set<string> {
  return new Set(all.map(({ space, key }) => `${space.split('/')[0]} ${space === 'engine' ? key.split(' ')[0] : ''}`));
}

function withValue(damaged: StateRecord, value: string): Restored {
  const others = records.filter((record) => record !== damaged);
  return restoreEngine(RECORDED, { cursor, records: [...others, { ...damaged, value }] });
}

test('the records are of every kind there is', () => {
  expect([...kindsOf(records)].sort()).toEqual([
    'engine chain',
    'engine change',
    'engine control',
    'engine evaluator',
    'engine fall',
    'engine format',
    'engine incident',
    'engine observer',
    'engine peers',
    'engine view',
    'incidents ',
    'routes ',
    'verdicts ',
    'visibility-log ',
    'voters ',
  ]);
  expect(restoreEngine(RECORDED, { cursor, records }).ok).toBe(true);
});

describe('a record that is damaged is named, and nothing is made of the rest', () => {
  const byKind = [...kindsOf(READ)].map((kind) => READ.filter((record) => kindsOf([record]).has(kind)));
  const some = fc.constantFrom(...byKind).chain((kind) => fc.constantFrom(...kind));

  test('cut short', () => {
    fc.assert(
      fc.property(some, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (record, share) => {
        const outcome = withValue(record, record.value.slice(0, Math.floor(share * record.value.length)));
        expect(outcome.ok ? '' : outcome.reason).toContain(`the record ${record.space} ${record.key} cannot be read: `);
      }),
      { numRuns: 60 },
    );
  });

  test('of another form', () => {
    fc.assert(
      fc.property(
        some,
        fc.constantFrom('null', '{}', '[]', '7', '"x"', '{"at":-1}', '{"at":"now"}'),
        (record, value) => {
          // A bare number in the place of the format is not damage: it is another format, with a test of its own below.
          fc.pre(record.key !== 'format' || value !== '7');
          const outcome = withValue(record, value);
          expect(outcome.ok ? '' : outcome.reason).toContain(
            `the record ${record.space} ${record.key} cannot be read: `,
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  test('with any of its fields changed, a record is read or named, and never throws', () => {
    fc.assert(
      fc.property(some, fc.nat(), fc.jsonValue(), (record, pick, json) => {
        const fields = JSON.parse(record.value) as Record<string, unknown>;
        const names = Object.keys(fields);
        const outcome = withValue(record, JSON.stringify({ ...fields, [names[pick % names.length] ?? '']: json }));
        if (!outcome.ok) expect(outcome.reason).toContain('cannot be read');
      }),
      { numRuns: 150 },
    );
  });

  test('with a key that is none', () => {
    const route = READ.find(({ space }) => space === 'routes/KP/ipv4');
    if (route === undefined) throw new Error('no route');
    for (const key of [
      '',
      'x',
      `${route.key}/`,
      `${route.key}#x`,
      route.key.replace('rrc', 'rrc|'),
      '|1.2.3.4|5|1.2.3.0/24',
    ]) {
      const outcome = restoreEngine(RECORDED, { cursor, records: [...records, { ...route, key }] });
      expect(outcome.ok ? '' : outcome.reason).toContain(`the record routes/KP/ipv4 ${key} cannot be read: `);
    }
  });
});

test('a state of another format is refused with the versions, and with what to do', () => {
  const older = records.filter(({ key }) => key !== 'format');
  const newer = records.map((record) => (record.key === 'format' ? { ...record, value: '4' } : record));
  for (const [some, words] of [
    [older, 'by an older version (format 1, this one reads 3)'],
    [newer, 'by a newer version (format 4, this one reads 3)'],
  ] as const) {
    const outcome = restoreEngine(RECORDED, { cursor, records: some });
    expect(outcome.ok ? '' : outcome.reason).toContain(words);
    expect(outcome.ok ? '' : outcome.reason).toContain('name another store');
  }
});

describe('records that must be there are missed', () => {
  test.each(['peers', 'observer'])('%s', (key) => {
    const outcome = restoreEngine(RECORDED, { cursor, records: records.filter((record) => record.key !== key) });
    expect(outcome).toEqual({ ok: false, reason: `there is no record engine ${key}` });
  });

  test('a sight between others, and a voter', () => {
    const visibilityLog = records.filter(({ space }) => space === 'visibility-log/KP/ipv4');
    const inside = visibilityLog.find(({ key }) => key === `n${Math.floor(visibilityLog.length / 2)}`);
    const voter = records.find(({ space, value }) => space === 'voters' && value.includes('"number":2,'));
    for (const [lost, what] of [
      [inside, 'the records visibility-log/KP/ipv4 cannot be read: there is none of number'],
      [voter, 'the records voters cannot be read: there is no voter of number 2'],
    ] as const) {
      const outcome = restoreEngine(RECORDED, { cursor, records: records.filter((record) => record !== lost) });
      expect(outcome.ok ? '' : outcome.reason).toContain(what);
    }
  });
});

test('records of others in the same store are none of its business', () => {
  const others: StateRecord[] = [
    { space: 'readers', key: 'hook', value: 'x' },
    { space: 'webhooks/queue', key: 'a/b', value: '' },
  ];
  const outcome = restoreEngine(RECORDED, { cursor, records: [...records, ...others] });
  expect(outcome.ok && outcome.engine.takeChanges()).toEqual([]);
});
