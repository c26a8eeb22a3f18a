import type { Asn } from '../../bgp/asn.ts';
import type { EventTime } from '../../bgp/time.ts';
import { parseMark, type Mark } from '../../rib/marks.ts';
import { beganAt, type Movement } from '../movement.ts';
import type { Hysteresis } from '../hysteresis.ts';

/** A change of a unit, upstream, origin or prefix that lasted. */
export interface Change {
  readonly what: ChangeSubject;
  /** There now, or gone. */
  readonly on: boolean;
  readonly first: EventTime;
  readonly since: EventTime;
  /** Indices of the units concerned, ascending. */
  readonly units: readonly number[];
  /** Share of the voters that show the change, of those that see these units. */
  readonly share: number;
  /** Whether the first look already showed it. `since` is then the latest time at which it can have begun. */
  readonly sinceAtLatest: boolean;
}

/** What a change is about: a network, or a mark on one. */
export type ChangeSubject = Mark | { readonly kind: 'unit'; readonly unit: number };

/** The state of one entry. A snapshot stores it under the key of its subject. */
export interface ChangeState {
  readonly hysteresis: Hysteresis;
  readonly movement: Movement;
  /** Whether the first look already showed the state that it is turning to. */
  readonly atLatest: boolean;
  /**
   * Units only: the share to evaluate, if it differs from the present share because voters came or went; see
   * `carriedLevel`.
   */
  readonly carried: number | undefined;
}

/** A subject that may change, and its present state. */
export interface Entry extends ChangeState {
  readonly key: string;
  readonly subject: ChangeSubject;
  hysteresis: Hysteresis;
  movement: Movement;
  atLatest: boolean;
  carried: number | undefined;
  /** Units only: the share used at the last look. */
  level: number | undefined;
}

/** The subject that this key names. */
export function subjectFrom(key: string): ChangeSubject {
  const unit = /^unit (\d{1,9})$/.exec(key)?.[1];
  return unit === undefined ? parseMark(key) : { kind: 'unit', unit: Number(unit) };
}

/** The text of a mark, in the form that `marksOf` writes. */
export function keyOf(mark: Mark): string {
  return mark.kind === 'prefix' ? `prefix ${mark.prefix}` : `${mark.kind} ${mark.unit} ${mark.asn}`;
}

/** The AS that a change is about; `undefined` when it is about a unit or a prefix. */
export function asnOfSubject(subject: ChangeSubject): Asn | undefined {
  return 'asn' in subject ? subject.asn : undefined;
}

/** Entries of different groups are never in one event. */
export function groupOf({ key, subject, hysteresis }: Entry): string {
  const asn = asnOfSubject(subject);
  return asn === undefined ? key : `${subject.kind} ${asn} ${hysteresis.on}`;
}

/** When the change began, milliseconds of event time. */
export function startOf(entry: Entry): number {
  return entry.hysteresis.turningSince ?? Infinity;
}

/** The first step of the movement that made the change. */
export function firstOf(entry: Entry): number {
  const since = entry.hysteresis.turningSince;
  return since === undefined ? Infinity : beganAt(entry.movement, entry.hysteresis.on ? 'down' : 'up', since);
}
