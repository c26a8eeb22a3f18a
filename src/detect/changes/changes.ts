import type { EventTime } from '../../bgp/time.ts';
import type { Touched } from '../../rib/territory-view-snapshot.ts';
import type { TerritoryView } from '../../rib/territory-view.ts';
import {
  asnOfSubject,
  firstOf,
  groupOf,
  startOf,
  subjectFrom,
  type Change,
  type ChangeState,
  type Entry,
} from './change-entry.ts';
import { ChangeEntries } from './change-entries.ts';
import type { Policy } from '../../policy/policy.ts';
import { continueMovement, rebaseMovement, startMovement } from '../movement.ts';
import { aimAt, turnsAt, type Hysteresis } from '../hysteresis.ts';
import { HysteresisQueue } from './hysteresis-queue.ts';
import { SubjectShares } from './subject-shares.ts';
import { UnitCounts } from './unit-counts.ts';
import { compareTexts } from '../../lib/compare-texts.ts';

/** How a look differs from an ordinary one. */
export interface FirstLook {
  /** The first look, or a look soon after it that counts more voters for the first time. */
  readonly isBeginning: boolean;
  /** The first look after a time with too few voters. */
  readonly isReopening: boolean;
}

/**
 * Follows the changes of a territory that are not verdicts: single units, upstreams, origins and new prefixes. It looks
 * only while there are enough voters. It follows an upstream only while its unit is visible: a lost unit has no
 * upstream.
 */
export class Changes {
  readonly #view: TerritoryView;
  readonly #policy: Policy;
  readonly #entries = new ChangeEntries();
  readonly #shares: SubjectShares;
  readonly #counts: UnitCounts;
  readonly #queue = new HysteresisQueue<Entry>();
  #votersRevision = 0;
  #isReady = false;
  /** All entries must be looked at: at the start, and after a time with too few voters. */
  #isStale = true;

  constructor(view: TerritoryView, policy: Policy) {
    this.#view = view;
    this.#policy = policy;
    this.#shares = new SubjectShares(view, policy);
    this.#counts = new UnitCounts(view);
  }

  /** Keys of the entries that changed since the last snapshot. */
  get dirty(): ChangeEntries['dirty'] {
    return this.#entries.dirty;
  }

  /** Accepts what the first look shows without reporting it, except origins that do not count. */
  begin(at: EventTime): void {
    this.#shares.refresh();
    this.#isReady = true;
    this.#isStale = true;
    for (const entry of this.#all(at)) {
      entry.movement = startMovement(this.#shares.count(entry.subject), at);
      this.dirty.add(entry.key);
      if (this.#shares.isIdle(entry)) {
        this.#entries.remove(entry);
        continue;
      }
      const known = entry.subject.kind === 'prefix' || this.#shares.aim(entry) === 'on';
      if (known && this.#shares.isForeign(entry.subject)) this.#beginAtLatest(entry, at);
      else this.#turn(entry, { on: known });
    }
  }

  /**
   * Looks at the units and marks of the view that messages touched since the last look. What the first look shows, or a
   * look after a time with too few voters, may be older: it gets the latest date at which it can have begun.
   */
  observe(at: EventTime, { units, marks, unitEffects }: Touched, { isBeginning, isReopening }: FirstLook): void {
    if (!this.#isReady) return;
    this.#shares.refresh();
    const isOther = this.#votersRevision !== this.#view.matrix.votersRevision;
    const isWhole = this.#isStale || isOther;
    // The set of voters changed. A share that differs for that reason is not a change of the territory.
    const isGiven = this.#view.matrix.rosterAt === at;
    // It changed at this moment, but not by this element: these marks were changed by a message.
    const toldMarks = new Set(isGiven && !isWhole ? marks : []);
    for (const entry of isWhole ? this.#all(at) : this.#touched(at, units, marks)) {
      const effect = isBeginning || isReopening ? undefined : (unitEffects.get(unitOf(entry)) ?? 0);
      if (this.#shares.updateLevel(entry, effect)) this.dirty.add(entry.key);
      const isTold = unitEffects.has(unitOf(entry)) || (!isBeginning && toldMarks.has(entry.key));
      if (isGiven && !isTold) this.#takeAsGiven(entry, at, isBeginning);
      this.#look(entry, at);
      if (isReopening && entry.hysteresis.turningSince === at && this.#entries.has(entry.key)) this.#markLatest(entry);
    }
    this.#counts.note(isWhole ? this.#view.units.keys() : units);
    this.#votersRevision = this.#view.matrix.votersRevision;
    this.#isStale = false;
  }

  /**
   * There are too few voters from now on. Drops the changes that have begun, because too few voters can show whether
   * they last.
   */
  suspend(): void {
    this.#isStale = true;
    for (const entry of this.#queue.all()) this.#turn(entry, { on: entry.hysteresis.on });
  }

  deadline(): EventTime | undefined {
    return this.#queue.deadline();
  }

  /**
   * The changes that have lasted long enough by `at`, earliest first; at the same time, returns before losses. The same
   * change of several units is reported once.
   */
  takeDue(at: EventTime): readonly Change[] {
    const next = this.deadline();
    if (next === undefined || next > at) return [];
    this.#shares.refresh();
    const queue = this.#queue
      .all()
      .sort(
        (a, b) =>
          startOf(a) - startOf(b) || Number(a.hysteresis.on) - Number(b.hysteresis.on) || compareTexts(a.key, b.key),
      );
    const alike = new Map<string, Entry[]>();
    for (const entry of queue) alike.set(groupOf(entry), [...(alike.get(groupOf(entry)) ?? []), entry]);
    const changes: Change[] = [];
    for (const entry of queue) {
      const due = turnsAt(entry.hysteresis, this.#shares.holdMs(entry));
      if (due === undefined || due > at) continue;
      const group = (alike.get(groupOf(entry)) ?? [entry]).filter((other) => this.#isTogether(entry, other));
      changes.push(this.#changeOf(group));
      for (const other of group) {
        this.#turn(other, { on: !other.hysteresis.on });
        if (this.#shares.isIdle(other)) this.#entries.remove(other);
      }
    }
    return changes;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  keys(): Iterable<string> {
    return this.#entries.keys();
  }

  /** `undefined`: the entry of this key was removed. */
  stateOf(key: string): ChangeState | undefined {
    return this.#entries.get(key);
  }

  /** Restores all entries. The next look covers all of them, which gives the same result. */
  restore(isReady: boolean, states: readonly (readonly [key: string, state: ChangeState])[]): void {
    this.#isReady = isReady;
    this.#votersRevision = this.#view.matrix.votersRevision;
    const entries = states.map(([key, state]): Entry => {
      const subject = subjectFrom(key);
      return { key, subject, ...state, level: state.carried ?? this.#shares.share(subject) };
    });
    for (const entry of entries) this.#entries.put(entry);
    for (const entry of entries.sort((a, b) => startOf(a) - startOf(b)))
      if (entry.hysteresis.turningSince !== undefined) this.#queue.add(entry, this.#shares.holdMs(entry));
  }

  #changeOf(group: readonly Entry[]): Change {
    const [entry] = group;
    if (entry === undefined) throw new Error('a change needs an entry');
    const units = group.flatMap(({ subject }) => ('unit' in subject ? [subject.unit] : [])).sort((a, b) => a - b);
    const showing = group.reduce((sum, { subject }) => sum + this.#shares.count(subject), 0);
    const looking = group.reduce((sum, { subject }) => sum + this.#shares.of(subject), 0);
    return {
      what: entry.subject,
      on: !entry.hysteresis.on,
      first: Math.min(...group.map(firstOf)) as EventTime,
      since: Math.min(...group.map(startOf)) as EventTime,
      units,
      share: looking === 0 ? 0 : showing / looking,
      sinceAtLatest: group.some(({ atLatest }) => atLatest),
    };
  }

  #isTogether(entry: Entry, other: Entry): boolean {
    if (other === entry) return true;
    if (asnOfSubject(entry.subject) === undefined || other.hysteresis.turningSince === undefined) return false;
    return (
      other.subject.kind === entry.subject.kind &&
      asnOfSubject(other.subject) === asnOfSubject(entry.subject) &&
      other.hysteresis.on === entry.hysteresis.on &&
      Math.abs(startOf(other) - startOf(entry)) <= this.#policy.changeGroupMs
    );
  }

  /** All entries, including new ones. */
  #all(at: EventTime): Iterable<Entry> {
    for (const mark of this.#view.tally.marks()) this.#entries.enterMark(mark, at);
    for (const unit of this.#view.units.keys()) if (this.#view.baseline[unit] === 1) this.#entries.enterUnit(unit, at);
    return this.#entries.values();
  }

  /** Entries whose share may have changed, given the same voters. */
  *#touched(at: EventTime, units: readonly number[], marks: readonly string[]): Iterable<Entry> {
    for (const mark of marks) {
      const entry = this.#view.tally.count(mark) > 0 ? this.#entries.enterMark(mark, at) : this.#entries.get(mark);
      if (entry !== undefined) yield entry;
    }
    for (const unit of units) {
      if (this.#counts.isSame(unit)) continue;
      const entry = this.#view.baseline[unit] === 1 ? this.#entries.enterUnit(unit, at) : this.#entries.ofUnit(unit);
      if (entry !== undefined) yield entry;
      yield* this.#entries.upstreamsOf(unit);
    }
  }

  /**
   * Accepts the present state of an upstream, origin or prefix without reporting it, unless it was already changing.
   * Units are never accepted this way.
   */
  #takeAsGiven(entry: Entry, at: EventTime, isBeginning: boolean): void {
    const movement = rebaseMovement(entry.movement, this.#shares.count(entry.subject));
    if (movement !== entry.movement) this.dirty.add(entry.key);
    entry.movement = movement;
    const { on, turningSince } = entry.hysteresis;
    const isTurning = turningSince !== undefined && (turningSince !== at || wasTold(entry, at));
    if (entry.subject.kind === 'unit' || isTurning) return;
    const aim = this.#shares.aim(entry);
    if (aim === 'on' && !on && isBeginning && this.#shares.isForeign(entry.subject)) {
      this.#beginAtLatest(entry, at);
      return;
    }
    const taken = aim === 'stay' ? on : aim === 'on';
    if (taken !== on || turningSince !== undefined) this.#turn(entry, { on: taken });
  }

  /** The subject is present and may have been so before. It is reported once it lasts, with `at` as its latest date. */
  #beginAtLatest(entry: Entry, at: EventTime): void {
    this.#turn(entry, { on: false, turningSince: at });
    this.#markLatest(entry);
  }

  #markLatest(entry: Entry): void {
    entry.atLatest = true;
    this.dirty.add(entry.key);
  }

  /** A second look at the same moment changes nothing. */
  #look(entry: Entry, at: EventTime): void {
    if (!this.#shares.isIdle(entry)) {
      const movement = continueMovement(entry.movement, this.#shares.count(entry.subject), at);
      if (movement !== entry.movement) this.dirty.add(entry.key);
      entry.movement = movement;
      this.#turn(entry, aimAt(entry.hysteresis, this.#shares.aim(entry), at));
    }
    if (this.#shares.isIdle(entry)) this.#entries.remove(entry);
  }

  #turn(entry: Entry, hysteresis: Hysteresis): void {
    if (entry.hysteresis.turningSince !== undefined && hysteresis.turningSince === undefined) this.#queue.remove(entry);
    if (entry.hysteresis !== hysteresis) this.dirty.add(entry.key);
    if (hysteresis.turningSince !== entry.hysteresis.turningSince) entry.atLatest = false;
    const begins = entry.hysteresis.turningSince === undefined && hysteresis.turningSince !== undefined;
    entry.hysteresis = hysteresis;
    if (begins) this.#queue.add(entry, this.#shares.holdMs(entry));
  }
}

/** Whether a message of this moment turned the entry. That other voters are counted moves a movement without a date. */
function wasTold({ movement, hysteresis }: Entry, at: EventTime): boolean {
  return movement.last === at && movement.direction === (hysteresis.on ? 'down' : 'up');
}

function unitOf({ subject }: Entry): number {
  return subject.kind === 'unit' ? subject.unit : -1;
}
