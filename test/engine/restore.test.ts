import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { howMany } from '../support/thorough.ts';
import type { Element } from '../../src/bgp/element.ts';
import { createEngine, type Commit, type EngineOptions } from '../../src/engine.ts';
import { Keeper, restored, sortedLines } from './keeper.ts';
import { OPTIONS, randomDay } from './random-day.ts';

const RECORDED: EngineOptions = { ...OPTIONS, recorded: true };

const days = fc.record({ seed: fc.nat(), steps: fc.integer({ min: 5, max: 60 }) });

/** Where it is stored, and after which of these it is restarted: shares of the day. */
const places = fc.array(fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }), isRestart: fc.boolean() }), {
  minLength: 1,
  maxLength: 12,
});

interface Outcome {
  readonly commits: readonly (Commit | undefined)[];
  readonly state: readonly string[];
}

function straight(elements: readonly Element[]): Outcome {
  const engine = createEngine(OPTIONS);
  return { commits: elements.map((element) => engine.apply(element)), state: sortedLines(engine.state()) };
}

/** Stored at each of these places; at some of them the engine ends, and another goes on from what was stored. */
function interrupted(elements: readonly Element[], at: ReadonlyMap<number, boolean>): Outcome {
  const keeper = new Keeper();
  let engine = createEngine(RECORDED);
  const commits = elements.map((element, i) => {
    const commit = engine.apply(element);
    const isRestart = at.get(i);
    if (isRestart === undefined) return commit;
    keeper.keep(engine.takeChanges());
    if (!isRestart) return commit;
    engine = restored(RECORDED, keeper, engine.now, i);
    expect(engine.takeChanges()).toEqual([]);
    return commit;
  });
  keeper.keep(engine.takeChanges());
  const state = sortedLines(engine.state());
  expect(keeper.sorted()).toEqual(state);
  return { commits, state };
}

describe('an engine that is started again goes on as if it had not ended', () => {
  test(
    'the same commits to the byte, and the same state, wherever it ended and however often',
    { timeout: 300_000 },
    () => {
      fc.assert(
        fc.property(days, places, ({ seed, steps }, cuts) => {
          const day = randomDay(seed, steps);
          const at = new Map(cuts.map(({ share, isRestart }) => [Math.floor(share * (day.length - 1)), isRestart]));
          const [once, again] = [straight(day), interrupted(day, at)];
          expect(again.state).toEqual(once.state);
          expect(JSON.stringify(again.commits)).toBe(JSON.stringify(once.commits));
        }),
        { numRuns: howMany('RESTORE_RUNS', 8, 20) },
      );
    },
  );

  test('after each single element', () => {
    // Few elements, 268, and of each kind some: gaps of both kinds, sessions, dumps, ADD-PATH announced and withdrawn.
    const day = randomDay(3093, 14);
    const again = interrupted(day, new Map(day.map((_, i) => [i, true])));
    expect(again).toEqual(straight(day));
  });
});

test('the changes that were stored are the whole state, after each element', () => {
  fc.assert(
    fc.property(days, ({ seed, steps }) => {
      const day = randomDay(seed, Math.min(steps, 20));
      const engine = createEngine(RECORDED);
      const keeper = new Keeper();
      for (const [i, element] of day.entries()) {
        engine.apply(element);
        keeper.keep(engine.takeChanges());
        if (i % 17 === 0 || i === day.length - 1) expect(keeper.sorted()).toEqual(sortedLines(engine.state()));
      }
    }),
    { numRuns: 5 },
  );
});

test('each place is in a list of changes once', () => {
  const engine = createEngine(RECORDED);
  for (const [i, element] of randomDay(3, 30).entries()) {
    engine.apply(element);
    if (i % 50 !== 0) continue;
    const places = engine.takeChanges().map(({ space, key }) => `${space} ${key}`);
    expect(new Set(places).size).toBe(places.length);
  }
});

test('nothing is noted that was not asked for, and nothing is noted twice', () => {
  const day = randomDay(5, 10);
  const [plain, recorded] = [createEngine(OPTIONS), createEngine(RECORDED)];
  for (const element of day) {
    plain.apply(element);
    recorded.apply(element);
  }
  expect(plain.takeChanges()).toEqual([]);
  expect(sortedLines(plain.state())).toEqual(sortedLines(recorded.takeChanges()));
  expect(recorded.takeChanges()).toEqual([]);
});
