import type { ChangeState } from '../detect/changes/change-entry.ts';
import type { BlindReason } from '../detect/events/event.ts';
import type { EvaluatorSnapshot } from '../detect/evaluator.ts';
import type { Movement } from '../detect/movement.ts';
import type { Hysteresis } from '../detect/hysteresis.ts';
import type { Flapping } from '../detect/verdict/flapping.ts';
import type { Known, Levels } from '../detect/verdict/levels.ts';
import type { VerdictState } from '../detect/verdict/verdict.ts';
import { absent, converted, list, object, optional, pair, row, word, type Codec, type TypeOf } from './codec.ts';
import { fall } from './incident-codec.ts';
import { asn, count, flag, number, rareFlag, text, time, unit } from './values.ts';

const known = word<Known>(['routable', 'degraded', 'unroutable']);

/** Why a verdict is `unknown`. */
export const blindReason = word<BlindReason>([
  'too-few-voters',
  'lost-voters',
  'too-few-collectors',
  'control-group',
  'never-seen',
  'too-short',
]);

/** A hysteresis: on or off, and since when the input has pointed the other way. */
export const hysteresis: Codec<Hysteresis> = row({ on: flag, turningSince: absent(time) });

const movement: Codec<Movement> = row({
  value: number,
  direction: word(['up', 'down', 'none']),
  since: time,
  last: time,
});

/** A change that is being followed. */
export const change: Codec<ChangeState> = object({
  hysteresis,
  movement,
  carried: optional(number),
  atLatest: rareFlag,
});

const areas = object({
  lowSince: absent(number),
  dipSince: absent(number),
  clearSince: absent(number),
  upSince: absent(number),
});

const writtenState = object({
  kind: word(['routable', 'degraded', 'unroutable', 'unknown']),
  since: time,
  reason: absent(blindReason),
  before: absent(known),
  sightedSince: absent(time),
  lowSince: absent(time),
  dipSince: absent(time),
  fineSince: absent(time),
  clearSince: absent(time),
  upSince: absent(time),
  blindSince: absent(time),
  areas: absent(areas),
});

/** The state of a verdict. Its kind decides which conditions it can have. */
const state: Codec<VerdictState> = converted(writtenState, {
  from: ({ kind, reason, before, ...rest }): VerdictState => {
    if (kind !== 'unknown') return { kind, ...rest };
    if (reason === undefined) throw new Error('it has no reason');
    return { kind, reason, before, ...rest };
  },
  to: (value) => value as TypeOf<typeof writtenState>,
});

const levels: Codec<Levels> = converted(
  object({
    at: time,
    share: number,
    area: number,
    stretches: list(row({ level: known, from: time, area: number, lowest: number })),
  }),
  {
    from: (written) => {
      if (written.stretches.length === 0) throw new Error('there is no stretch');
      return written;
    },
    to: (value) => value,
  },
);

const flapping: Codec<Flapping> = object({ since: time, drops: count, downMs: count, seenMs: count, to: time });

const written = object({
  /** Identifies territory and policy. An evaluator of another version starts again. */
  version: text,
  /** Whether its changes are being followed. */
  isReady: flag,
  state,
  lastKnown: optional(known),
  rebased: flag,
  beginsUntil: optional(time),
  newcomers: list(pair(asn, time)),
  candidates: list(pair(asn, time)),
  movement,
  shareBefore: number,
  firsts: list(pair(time, time)),
  lost: list(pair(unit, time)),
  lowSince: optional(time),
  shortFalls: optional(list(fall)),
  level: optional(number),
  levels: optional(levels),
  flapping: optional(flapping),
});

/** The snapshot of an evaluator without its fall and its incident, which have records of their own. */
export type EvaluatorRecord = Pick<TypeOf<typeof written>, 'version' | 'isReady'> & {
  readonly evaluator: Omit<EvaluatorSnapshot, 'tracker'> & {
    readonly tracker: Omit<EvaluatorSnapshot['tracker'], 'fall' | 'incident'>;
  };
};

/** An evaluator without its fall, its incident and the changes that it follows. */
export const evaluatorRecord: Codec<EvaluatorRecord> = converted(written, {
  from: ({ version, isReady, newcomers, candidates, movement, shareBefore, firsts, ...more }) => {
    const { lost, lowSince, shortFalls = [], ...rest } = more;
    return {
      version,
      isReady,
      evaluator: {
        ...rest,
        joining: { newcomers, candidates },
        tracker: { movement, shareBefore, firsts, lost, lowSince, shortFalls },
      },
    };
  },
  to: ({ version, isReady, evaluator }) => {
    const { shortFalls } = evaluator.tracker;
    return {
      version,
      isReady,
      ...evaluator,
      ...evaluator.joining,
      ...evaluator.tracker,
      shortFalls: shortFalls.length === 0 ? undefined : shortFalls,
    };
  },
});
