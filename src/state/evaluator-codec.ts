import type { Asn } from '../bgp/asn.ts';
import type { EventTime } from '../bgp/time.ts';
import { asnFrom, countFrom, Fields, numberFrom, pairFrom, timeFrom } from '../lib/fields.ts';
import type { ChangeState } from '../detect/changes/change-entry.ts';
import type { BlindReason } from '../detect/events/event.ts';
import type { Fall } from '../detect/incident/fall.ts';
import type { IncidentState } from '../detect/incident/incident.ts';
import type { EvaluatorSnapshot } from '../detect/evaluator.ts';
import type { Movement } from '../detect/movement.ts';
import type { Hysteresis } from '../detect/hysteresis.ts';
import type { Areas, Followed } from '../detect/verdict/conditions.ts';
import type { Flapping } from '../detect/verdict/flapping.ts';
import type { Levels, Stretch } from '../detect/verdict/levels.ts';
import type { VerdictState } from '../detect/verdict/verdict.ts';
import type { Known } from '../detect/verdict/levels.ts';

const KNOWN: readonly Known[] = ['routable', 'degraded', 'unroutable'];

const REASONS: readonly BlindReason[] = [
  'too-few-voters',
  'lost-voters',
  'too-few-collectors',
  'control-group',
  'never-seen',
  'too-short',
];

/** Conditions that a state can have, in the order in which they are written: it is one text, however it came about. */
const CONDITIONS = [
  'sightedSince',
  'lowSince',
  'dipSince',
  'fineSince',
  'clearSince',
  'upSince',
  'blindSince',
] as const;

/** An evaluator, but for the fall and the incident it goes on writing in, and the changes it follows. */
export function evaluatorText(version: string, isReady: boolean, evaluator: EvaluatorSnapshot): string {
  const { state, lastKnown, rebased, beginsUntil, joining, level, levels, flapping, tracker } = evaluator;
  const { movement, shareBefore, firsts, lost, lowSince } = tracker;
  return JSON.stringify({
    version,
    isReady,
    state: stateValue(state),
    lastKnown,
    rebased,
    beginsUntil,
    ...joining,
    movement: movementValue(movement),
    shareBefore,
    firsts,
    lost,
    lowSince,
    level,
    levels: levels && levelsValue(levels),
    flapping,
  });
}

/** What an evaluator of this record was: whether its territory and policy are the same is in `version`. */
export interface WrittenEvaluator {
  readonly version: string;
  readonly isReady: boolean;
  readonly evaluator: EvaluatorSnapshot;
}

/** @throws Error when it was not so written. */
export function parseEvaluator(
  text: string,
  units: number,
  written: { readonly fall: Fall | undefined; readonly incident: IncidentState | undefined },
): WrittenEvaluator {
  const fields = Fields.parse(text);
  return {
    version: fields.text('version'),
    isReady: fields.flag('isReady'),
    evaluator: {
      state: stateFrom(fields.fields('state')),
      lastKnown: fields.optional('lastKnown', () => fields.word('lastKnown', KNOWN)),
      rebased: fields.flag('rebased'),
      beginsUntil: fields.optional('beginsUntil', timeFrom),
      joining: {
        // Not written before December 2026: then all of them wait for the hour.
        newcomers: fields.optional('newcomers', () => fields.list('newcomers', joiningFrom)) ?? [],
        candidates: fields.list('candidates', joiningFrom),
      },
      level: fields.optional('level', numberFrom),
      levels: fields.optional('levels', (value) => levelsFrom(new Fields(value))),
      flapping: fields.optional('flapping', (value) => flappingFrom(new Fields(value))),
      tracker: {
        movement: movementFrom(fields.value('movement')),
        shareBefore: fields.number('shareBefore'),
        firsts: fields.list('firsts', (value) => pairFrom(value, timeFrom, timeFrom)),
        lost: fields.list('lost', (value) => pairFrom(value, (unit) => countFrom(unit, 'unit', units), timeFrom)),
        lowSince: fields.optional('lowSince', timeFrom),
        ...written,
      },
    },
  };
}

/** A change that is being followed, as it is written down. */
export function changeText({ hysteresis, movement, atLatest, carried }: ChangeState): string {
  const value = { hysteresis: hysteresisValue(hysteresis), movement: movementValue(movement), carried };
  return JSON.stringify(atLatest ? { ...value, atLatest } : value);
}

/** @throws Error when it was not so written. */
export function parseChange(text: string): ChangeState {
  const fields = Fields.parse(text);
  const atLatest = fields.optional('atLatest', () => fields.flag('atLatest')) ?? false;
  const [hysteresis, movement] = [fields.value('hysteresis'), fields.value('movement')];
  const carried = fields.optional('carried', numberFrom);
  return { hysteresis: hysteresisFrom(hysteresis), movement: movementFrom(movement), atLatest, carried };
}

/** On or off, and since when it has been turning. */
export function hysteresisValue({ on, turningSince }: Hysteresis): unknown {
  return turningSince === undefined ? [on] : [on, turningSince];
}

/** @throws Error when it was not so written. */
export function hysteresisFrom(value: unknown): Hysteresis {
  if (!Array.isArray(value) || value.length > 2 || typeof value[0] !== 'boolean')
    throw new Error('it is not a hysteresis');
  return value.length === 1 ? { on: value[0] } : { on: value[0], turningSince: timeFrom(value[1]) };
}

function movementValue({ value, direction, since, last }: Movement): unknown {
  return [value, direction, since, last];
}

function movementFrom(written: unknown): Movement {
  const [value, direction, since, last] = Array.isArray(written) ? (written as readonly unknown[]) : [];
  if (direction !== 'up' && direction !== 'down' && direction !== 'none') throw new Error('it is not a movement');
  return { value: numberFrom(value), direction, since: timeFrom(since), last: timeFrom(last) };
}

function levelsValue({ at, share, area, stretches }: Levels): unknown {
  return { at, share, area, stretches: stretches.map((one) => [one.level, one.from, one.area, one.lowest]) };
}

function levelsFrom(fields: Fields): Levels {
  const stretches = fields.list('stretches', stretchFrom);
  if (stretches.length === 0) throw new Error('there is no stretch');
  return { at: fields.time('at'), share: fields.number('share'), area: fields.number('area'), stretches };
}

function flappingFrom(fields: Fields): Flapping {
  return {
    since: fields.time('since'),
    drops: fields.count('drops'),
    downMs: fields.count('downMs'),
    seenMs: fields.count('seenMs'),
    to: fields.time('to'),
  };
}

function joiningFrom(value: unknown): readonly [Asn, EventTime] {
  return pairFrom(value, asnFrom, timeFrom);
}

function stretchFrom(value: unknown): Stretch {
  const [word, from, area, lowest] = Array.isArray(value) ? (value as readonly unknown[]) : [];
  const level = KNOWN.find((one) => one === word);
  if (level === undefined) throw new Error(`${String(word)} is not one of ${KNOWN.join(', ')}`);
  return { level, from: timeFrom(from), area: numberFrom(area), lowest: numberFrom(lowest) };
}

function stateValue(state: VerdictState): unknown {
  const { kind, since } = state;
  const unknown = kind === 'unknown' ? { reason: state.reason, before: state.before } : {};
  const all = state as Partial<Record<(typeof CONDITIONS)[number], EventTime>>;
  const areas = state.areas && Object.fromEntries(FOLLOWED.map((name) => [name, state.areas?.[name]]));
  return { kind, since, ...unknown, ...Object.fromEntries(CONDITIONS.map((name) => [name, all[name]])), areas };
}

const FOLLOWED: readonly Followed[] = ['lowSince', 'dipSince', 'clearSince', 'upSince'];

function areasFrom(fields: Fields): Areas {
  const found = FOLLOWED.map((name) => [name, fields.optional(name, numberFrom)] as const);
  return Object.fromEntries(found.filter(([, area]) => area !== undefined));
}

function stateFrom(fields: Fields): VerdictState {
  const kind = fields.word('kind', [...KNOWN, 'unknown']);
  const found = CONDITIONS.map((name) => [name, fields.optional(name, timeFrom)] as const);
  const areas = fields.optional('areas', (value) => areasFrom(new Fields(value)));
  const conditions = {
    ...Object.fromEntries(found.filter(([, at]) => at !== undefined)),
    ...(areas === undefined ? {} : { areas }),
  };
  const since = fields.time('since');
  if (kind !== 'unknown') return { kind, since, ...conditions };
  const before = fields.optional('before', () => fields.word('before', KNOWN));
  return { kind, since, reason: fields.word('reason', REASONS), before, ...conditions };
}
