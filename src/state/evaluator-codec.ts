import type { EventTime } from '../bgp/time.ts';
import { countFrom, Fields, numberFrom, pairFrom, timeFrom } from '../lib/fields.ts';
import type { ChangeState } from '../detect/changes/change-entry.ts';
import type { BlindReason } from '../detect/events/event.ts';
import type { Fall, IncidentState } from '../detect/incident/incident.ts';
import type { JudgeSnapshot } from '../detect/evaluator.ts';
import type { Run } from '../detect/movement.ts';
import type { Toggle } from '../detect/hysteresis.ts';
import type { Known, VerdictState } from '../detect/verdict/verdict.ts';

const KNOWN: readonly Known[] = ['routable', 'degraded', 'unroutable'];

const REASONS: readonly BlindReason[] = [
  'too-few-voters',
  'lost-voters',
  'too-few-collectors',
  'control-group',
  'never-seen',
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

/** A judge, but for the fall and the incident it goes on writing in, and the changes it follows. */
export function judgeText(version: string, isReady: boolean, judge: JudgeSnapshot): string {
  const { state, lastKnown, rebased, beginsUntil, candidates, story } = judge;
  const { run, shareBefore, firsts, lowest } = story;
  return JSON.stringify({
    version,
    isReady,
    state: stateValue(state),
    lastKnown,
    rebased,
    beginsUntil,
    candidates,
    run: runValue(run),
    shareBefore,
    firsts,
    lowest,
  });
}

/** What a judge of this record was: whether its territory and policy are the same is in `version`. */
export interface WrittenJudge {
  readonly version: string;
  readonly isReady: boolean;
  readonly judge: JudgeSnapshot;
}

/** @throws Error when it was not so written. */
export function parseJudge(
  text: string,
  units: number,
  written: { readonly fall: Fall | undefined; readonly incident: IncidentState | undefined },
): WrittenJudge {
  const fields = Fields.parse(text);
  return {
    version: fields.text('version'),
    isReady: fields.flag('isReady'),
    judge: {
      state: stateFrom(fields.fields('state')),
      lastKnown: fields.optional('lastKnown', () => fields.word('lastKnown', KNOWN)),
      rebased: fields.flag('rebased'),
      beginsUntil: fields.optional('beginsUntil', timeFrom),
      candidates: fields.list('candidates', (value) =>
        pairFrom(value, (unit) => countFrom(unit, 'unit', units), timeFrom),
      ),
      story: {
        run: runFrom(fields.value('run')),
        shareBefore: fields.number('shareBefore'),
        firsts: fields.list('firsts', (value) => pairFrom(value, timeFrom, timeFrom)),
        lowest: fields.number('lowest'),
        ...written,
      },
    },
  };
}

export function changeText({ toggle, run }: ChangeState): string {
  return JSON.stringify({ toggle: toggleValue(toggle), run: runValue(run) });
}

/** @throws Error when it was not so written. */
export function parseChange(text: string): ChangeState {
  const fields = Fields.parse(text);
  return { toggle: toggleFrom(fields.value('toggle')), run: runFrom(fields.value('run')) };
}

/** On or off, and since when it has been turning. */
export function toggleValue({ on, turningSince }: Toggle): unknown {
  return turningSince === undefined ? [on] : [on, turningSince];
}

/** @throws Error when it was not so written. */
export function toggleFrom(value: unknown): Toggle {
  if (!Array.isArray(value) || value.length > 2 || typeof value[0] !== 'boolean') throw new Error('it is no toggle');
  return value.length === 1 ? { on: value[0] } : { on: value[0], turningSince: timeFrom(value[1]) };
}

function runValue({ value, direction, since, last }: Run): unknown {
  return [value, direction, since, last];
}

function runFrom(written: unknown): Run {
  const [value, direction, since, last] = Array.isArray(written) ? (written as readonly unknown[]) : [];
  if (direction !== 'up' && direction !== 'down' && direction !== 'none') throw new Error('it is no run');
  return { value: numberFrom(value), direction, since: timeFrom(since), last: timeFrom(last) };
}

function stateValue(state: VerdictState): unknown {
  const { kind, since } = state;
  const unknown = kind === 'unknown' ? { reason: state.reason, before: state.before } : {};
  const all = state as Partial<Record<(typeof CONDITIONS)[number], EventTime>>;
  return { kind, since, ...unknown, ...Object.fromEntries(CONDITIONS.map((name) => [name, all[name]])) };
}

function stateFrom(fields: Fields): VerdictState {
  const kind = fields.word('kind', [...KNOWN, 'unknown']);
  const found = CONDITIONS.map((name) => [name, fields.optional(name, timeFrom)] as const);
  const conditions = Object.fromEntries(found.filter(([, at]) => at !== undefined));
  const since = fields.time('since');
  if (kind !== 'unknown') return { kind, since, ...conditions };
  const before = fields.optional('before', () => fields.word('before', KNOWN));
  return { kind, since, reason: fields.word('reason', REASONS), before, ...conditions };
}
