import { expect, test } from 'vitest';
import type { EventTime } from '../../../src/bgp/time.ts';
import { DEFAULT_POLICY as POLICY } from '../../../src/policy/policy.ts';
import { areaAt, beatOf, noteLevel, settle, startLevels, type Levels } from '../../../src/detect/verdict/levels.ts';
import { deadline, firstState, step, type Controlled, type VerdictState } from '../../../src/detect/verdict/verdict.ts';
import type { Sample } from '../../../src/rib/sample.ts';

/** Seconds from the start, and the visibility from then on; `undefined`: there are no voters. */
type Reading = readonly [second: number, share: number | undefined];

/** What the verdict was after each that changed it: `30 unroutable since 0`. Deadlines fall due at their own time. */
function play(...readings: readonly Reading[]): readonly string[] {
  let state = firstState();
  let levels: Levels | undefined;
  let share: number | undefined;
  const said: string[] = [];
  const look = (at: EventTime): void => {
    const before = state;
    levels =
      share === undefined
        ? undefined
        : levels === undefined
          ? startLevels(share, at, POLICY)
          : noteLevel(levels, share, at, POLICY);
    state = step(state, sampleOf(share, at, levels), POLICY);
    if (state.kind !== before.kind) said.push(`${at / 1000} ${state.kind} since ${state.since / 1000}`);
  };
  for (const [second, next] of readings) {
    const at = (second * 1000) as EventTime;
    for (let due = dueBy(state, levels, at); due !== undefined; due = dueBy(state, levels, at)) look(due);
    share = next;
    look(at);
  }
  return said;
}

function dueBy(state: VerdictState, levels: Levels | undefined, at: EventTime): EventTime | undefined {
  const beat = levels && beatOf(settle(levels, POLICY), at, POLICY);
  const due = deadline(state, POLICY, beat);
  return due !== undefined && due < at ? due : undefined;
}

function sampleOf(share: number | undefined, at: EventTime, levels: Levels | undefined): Controlled {
  const voters = share === undefined ? 0 : 40;
  const sample: Sample = {
    at,
    share: share ?? 0,
    voters,
    collectors: 4,
    known: voters,
    of: 'full-feed',
    witnesses: voters,
    seeing: voters,
    seeingNothing: 0,
    isProven: true,
    unitsVisible: 4,
    units: 4,
  };
  const settled = levels !== undefined && levels.at < at ? settle(levels, POLICY) : levels;
  return { ...sample, area: settled && areaAt(settled, at), beat: settled && beatOf(settled, at, POLICY) };
}

const START = '0 routable since 0';

test.each<[string, readonly Reading[], readonly string[]]>([
  [
    'nothing is routable',
    [
      [0, 1],
      [500, 1],
    ],
    [START],
  ],
  [
    'low for the hold is unroutable since it was low',
    [
      [0, 1],
      [100, 0],
      [200, 0],
    ],
    [START, '130 unroutable since 100'],
  ],
  [
    'low for less is nothing',
    [
      [0, 1],
      [100, 0],
      [129, 1],
      [500, 1],
    ],
    [START],
  ],
  [
    'part of it for its hold is degraded',
    [
      [0, 1],
      [100, 0.75],
      [200, 0.75],
    ],
    [START, '160 degraded since 100'],
  ],
  [
    'half of it back for a while is degraded',
    [
      [0, 1],
      [100, 0],
      [200, 0.5],
      [300, 0.5],
    ],
    [START, '130 unroutable since 100', '260 degraded since 200'],
  ],
  [
    'all of it back is routable',
    [
      [0, 1],
      [100, 0],
      [200, 1],
      [300, 1],
    ],
    [START, '130 unroutable since 100', '260 routable since 200'],
  ],
  [
    '15: blind for less than its hold, and lost before and after: the hold goes on',
    [
      [0, 1],
      [100, 0],
      [104, undefined],
      [112, 0],
      [116, undefined],
      [125, 0],
      [200, 0],
    ],
    [START, '130 unroutable since 100'],
  ],
  [
    '15: no hold but that of blindness ends while blind',
    [
      [0, 1],
      [100, 0],
      [126, undefined],
      [133, 0],
      [140, 0],
    ],
    [START, '133 unroutable since 100'],
  ],
  [
    '15: back when we can see again, its hold is over',
    [
      [0, 1],
      [100, 0],
      [126, undefined],
      [133, 1],
      [134, 0],
      [160, 0],
      [170, 1],
    ],
    [START, '164 unroutable since 134'],
  ],
  [
    'blind for its hold is unknown, and a suspicion is dropped',
    [
      [0, 1],
      [100, 0],
      [110, undefined],
      [200, undefined],
    ],
    [START, '120 unknown since 110'],
  ],
  [
    'one voter at the threshold moves no date',
    [
      [0, 1],
      [100, 0.075],
      [110, 0.1],
      [112, 0.075],
      [120, 0.1],
      [121, 0.05],
      [200, 0.05],
    ],
    [START, '130 unroutable since 100'],
  ],
  [
    'more than one voter does',
    [
      [0, 1],
      [100, 0.075],
      [110, 0.2],
      [112, 0.075],
      [200, 0.05],
    ],
    [START, '142 unroutable since 112'],
  ],
  [
    'a voter that stays above does not count as low',
    [
      [0, 1],
      [100, 0.0975],
      [101, 0.12],
      [159, 0.12],
      [170, 0.12],
    ],
    [START, '160 degraded since 100'],
  ],
])('%s', (_, readings, said) => {
  expect(play(...readings)).toEqual(said);
});

test('repeated drops are evaluated by their mean, from the first drop to the last', () => {
  let levels = startLevels(1, 0 as EventTime, POLICY);
  for (const [second, share] of [
    [10, 0],
    [39, 1],
    [40, 0],
    [69, 1],
    [70, 0],
  ] as const)
    levels = noteLevel(levels, share, (second * 1000) as EventTime, POLICY);
  const at = (second: number) => (second * 1000) as EventTime;
  const beat = beatOf(settle(levels, POLICY), at(71), POLICY);
  expect(beat).toMatchObject({ starts: [at(10), at(40), at(70)], rises: [at(39), at(69)], steadyAt: at(250) });
  expect(beat?.mean).toBeCloseTo(2 / 60);
  // The third drop has not lasted a second yet; at the end of the window the first is out of it.
  expect(beatOf(settle(levels, POLICY), at(70.5), POLICY)).toBeUndefined();
  expect(beatOf(settle(levels, POLICY), at(250), POLICY)).toBeUndefined();
});

test('a loss that is back within one second is not a drop, and within one moment not even a level', () => {
  const at = (second: number) => (second * 1000) as EventTime;
  let levels = startLevels(1, at(0), POLICY);
  for (const [second, share] of [
    [10, 0],
    [10.4, 1],
    [20, 0],
    [20, 1],
  ] as const)
    levels = noteLevel(levels, share, at(second), POLICY);
  expect(settle(levels, POLICY).stretches).toMatchObject([{ level: 'routable', from: at(0), lowest: 0 }]);
  expect(areaAt(levels, at(30))).toBeCloseTo(29_600);
});
