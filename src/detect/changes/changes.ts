import type { EventTime } from '../../bgp/time.ts';
import { DirtySet } from '../../rib/dirty-set.ts';
import { parseMark } from '../../rib/marks.ts';
import { carriedLevel, type HeardSight } from '../../rib/heard.ts';
import type { Touched } from '../../rib/territory-view-snapshot.ts';
import type { TerritoryView } from '../../rib/territory-view.ts';
import {
  asnOfSubject,
  firstOf,
  groupOf,
  keyOf,
  startOf,
  subjectFrom,
  type Change,
  type ChangeState,
  type Entry,
  type Subject,
} from './change-entry.ts';
import type { Policy } from '../../policy/policy.ts';
import { continueMovement, rebaseMovement, startMovement } from '../movement.ts';
import { aimAt, aimOf, turnsAt, type Aim, type Hysteresis } from '../hysteresis.ts';
import { HysteresisQueue } from './hysteresis-queue.ts';

/** What kind of look it is. */
export interface FirstLook {
  readonly isBeginning: boolean;
  readonly isReopening: boolean;
}

/**
 * Follows changes of a territory beside its verdict: single units, upstreams, origins, new prefixes. Only while
 * there are enough voters, and an upstream only while its unit is visible, because the upstream of a lost unit means
 * nothing.
 */
export class Changes {
  /** Names of what changed since it was last written. */
  readonly dirty = new DirtySet<string>();
  readonly #view: TerritoryView;
  readonly #policy: Policy;
  readonly #entries = new Map<string, Entry>();
  /** Upstreams of each unit: what they are a share of changes with it. */
  readonly #upstreams = new Map<number, Set<Entry>>();
  readonly #queue = new HysteresisQueue<Entry>();
  /** The view as it was when entries were last looked at: those whose part of it is the same need no look. */
  readonly #seen: Uint32Array;
  readonly #visible: Uint8Array;
  readonly #baseline: Uint8Array;
  #roster = 0;
  /** Asked for once a look. */
  #concerned: number | undefined;
  #isReady = false;
  /** All entries must be looked at: at the start, and when some were not while our eyes were closed. */
  #isStale = true;

  constructor(view: TerritoryView, policy: Policy) {
    this.#view = view;
    this.#policy = policy;
    this.#seen = new Uint32Array(view.units.length);
    this.#visible = new Uint8Array(view.units.length);
    this.#baseline = new Uint8Array(view.units.length);
  }

  /** Takes what is there at the first look as given, but for origins that do not count: that they stand is told. */
  begin(at: EventTime): void {
    this.#concerned = undefined;
    this.#isReady = true;
    this.#isStale = true;
    for (const entry of this.#all(at)) {
      entry.movement = startMovement(this.#count(entry.subject), at);
      this.dirty.add(entry.key);
      if (this.#isIdle(entry)) {
        this.#leave(entry);
        continue;
      }
      const known = entry.subject.kind === 'prefix' || this.#aim(entry) === 'on';
      if (known && this.#isForeign(entry)) this.#standsAt(entry, at);
      else this.#turn(entry, { on: known });
    }
  }

  /**
   * Looks at what changed of the view: `touched` are the units and marks touched since it was last asked.
   *
   * @param look whether it is the first one, or one while more voters come for it; whether our eyes were closed before. What
   * is shown then stood before.
   */
  observe(at: EventTime, { units, marks, heardOf }: Touched, { isBeginning, isReopening }: FirstLook): void {
    if (!this.#isReady) return;
    this.#concerned = undefined;
    const isWhole = this.#isStale || this.#roster !== this.#view.matrix.roster;
    // That others are asked now is not news of the territory: what is another share of them at that moment is taken as given.
    const isGiven = this.#view.matrix.rosterAt === at;
    for (const entry of isWhole ? this.#all(at) : this.#touched(at, units, marks)) {
      this.#judge(entry, isBeginning || isReopening ? undefined : (heardOf.get(unitOf(entry)) ?? 0));
      if (isGiven && !heardOf.has(unitOf(entry))) this.#take(entry, at, isBeginning);
      this.#look(entry, at);
      if (isReopening && entry.hysteresis.turningSince === at && this.#entries.has(entry.key)) this.#markLatest(entry);
    }
    for (const unit of isWhole ? this.#view.units.keys() : units) {
      this.#seen[unit] = this.#view.seen[unit] ?? 0;
      this.#visible[unit] = this.#view.visible[unit] ?? 0;
      this.#baseline[unit] = this.#view.baseline[unit] ?? 0;
    }
    this.#roster = this.#view.matrix.roster;
    this.#isStale = false;
  }

  /** Our eyes closed: what had begun to change has not been seen to last. */
  suspend(): void {
    this.#isStale = true;
    for (const entry of this.#queue.all()) this.#turn(entry, { on: entry.hysteresis.on });
  }

  deadline(): EventTime | undefined {
    return this.#queue.deadline();
  }

  /** What has lasted by `at`, earliest first, what came before what went. The same change of several units is one. */
  takeDue(at: EventTime): readonly Change[] {
    const next = this.deadline();
    if (next === undefined || next > at) return [];
    this.#concerned = undefined;
    const queue = this.#queue
      .all()
      .sort(
        (a, b) =>
          startOf(a) - startOf(b) || Number(a.hysteresis.on) - Number(b.hysteresis.on) || (a.key < b.key ? -1 : 1),
      );
    const alike = new Map<string, Entry[]>();
    for (const entry of queue) alike.set(groupOf(entry), [...(alike.get(groupOf(entry)) ?? []), entry]);
    const changes: Change[] = [];
    for (const entry of queue) {
      const due = turnsAt(entry.hysteresis, this.#holdMs(entry));
      if (due === undefined || due > at) continue;
      const group = (alike.get(groupOf(entry)) ?? [entry]).filter((other) => this.#isTogether(entry, other));
      changes.push(this.#changeOf(group));
      for (const other of group) {
        this.#turn(other, { on: !other.hysteresis.on });
        if (this.#isIdle(other)) this.#leave(other);
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

  /** `undefined` when nothing is known of it any more. */
  stateOf(key: string): ChangeState | undefined {
    return this.#entries.get(key);
  }

  /** Puts back all of them. At the next look all are looked at, which comes to the same. */
  restore(isReady: boolean, states: readonly (readonly [key: string, state: ChangeState])[]): void {
    this.#isReady = isReady;
    this.#roster = this.#view.matrix.roster;
    const entries = states.map(([key, state]): Entry => {
      const subject = subjectFrom(key);
      return { key, subject, ...state, level: state.carried ?? this.#shareOf(subject) };
    });
    for (const entry of entries) this.#keep(entry);
    for (const entry of entries.sort((a, b) => startOf(a) - startOf(b)))
      if (entry.hysteresis.turningSince !== undefined) this.#queue.add(entry, this.#holdMs(entry));
  }

  #changeOf(group: readonly Entry[]): Change {
    const [entry] = group;
    if (entry === undefined) throw new Error('a change of nothing');
    const units = group.flatMap(({ subject }) => ('unit' in subject ? [subject.unit] : [])).sort((a, b) => a - b);
    const showing = group.reduce((sum, { subject }) => sum + this.#count(subject), 0);
    const looking = group.reduce((sum, { subject }) => sum + this.#of(subject), 0);
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

  /** All entries, new ones among them. */
  #all(at: EventTime): Iterable<Entry> {
    for (const mark of this.#view.tally.marks()) this.#entryOf(mark, at);
    for (const unit of this.#view.units.keys()) if (this.#view.baseline[unit] === 1) this.#entryOfUnit(unit, at);
    return this.#entries.values();
  }

  /** Entries whose count, or what it is a share of, is another now; the voters are as many as they were. */
  *#touched(at: EventTime, units: readonly number[], marks: readonly string[]): Iterable<Entry> {
    for (const mark of marks) {
      const entry = this.#view.tally.count(mark) > 0 ? this.#entryOf(mark, at) : this.#entries.get(mark);
      if (entry !== undefined) yield entry;
    }
    for (const unit of units) {
      if (this.#isAsItWas(unit)) continue;
      const entry = this.#view.baseline[unit] === 1 ? this.#entryOfUnit(unit, at) : this.#entries.get(`unit ${unit}`);
      if (entry !== undefined) yield entry;
      yield* this.#upstreams.get(unit) ?? [];
    }
  }

  #isAsItWas(unit: number): boolean {
    return (
      this.#seen[unit] === this.#view.seen[unit] &&
      this.#visible[unit] === this.#view.visible[unit] &&
      this.#baseline[unit] === this.#view.baseline[unit]
    );
  }

  /** An upstream, origin or prefix is as it is, unless it was changing before. What becomes of a unit is always told. */
  #take(entry: Entry, at: EventTime, isBeginning: boolean): void {
    const movement = rebaseMovement(entry.movement, this.#count(entry.subject));
    if (movement !== entry.movement) this.dirty.add(entry.key);
    entry.movement = movement;
    const { on, turningSince } = entry.hysteresis;
    if (entry.subject.kind === 'unit' || (turningSince !== undefined && turningSince !== at)) return;
    const aim = this.#aim(entry);
    if (aim === 'on' && !on && isBeginning && this.#isForeign(entry)) {
      this.#standsAt(entry, at);
      return;
    }
    const taken = aim === 'stay' ? on : aim === 'on';
    if (taken !== on || turningSince !== undefined) this.#turn(entry, { on: taken });
  }

  #isForeign({ subject }: Entry): boolean {
    return subject.kind === 'origin' && this.#view.territory.origins.length > 0;
  }

  /** It is there now and was there before: told when it lasts, with the date as the latest. */
  #standsAt(entry: Entry, at: EventTime): void {
    this.#turn(entry, { on: false, turningSince: at });
    this.#markLatest(entry);
  }

  #markLatest(entry: Entry): void {
    entry.atLatest = true;
    this.dirty.add(entry.key);
  }

  /** Looking twice at one moment is looking once. */
  #look(entry: Entry, at: EventTime): void {
    if (!this.#isIdle(entry)) {
      const movement = continueMovement(entry.movement, this.#count(entry.subject), at);
      if (movement !== entry.movement) this.dirty.add(entry.key);
      entry.movement = movement;
      this.#turn(entry, aimAt(entry.hysteresis, this.#aim(entry), at));
    }
    if (this.#isIdle(entry)) this.#leave(entry);
  }

  #turn(entry: Entry, hysteresis: Hysteresis): void {
    if (entry.hysteresis.turningSince !== undefined && hysteresis.turningSince === undefined) this.#queue.remove(entry);
    if (entry.hysteresis !== hysteresis) this.dirty.add(entry.key);
    if (hysteresis.turningSince !== entry.hysteresis.turningSince) entry.atLatest = false;
    const begins = entry.hysteresis.turningSince === undefined && hysteresis.turningSince !== undefined;
    entry.hysteresis = hysteresis;
    if (begins) this.#queue.add(entry, this.#holdMs(entry));
  }

  /** Off and shown by nobody: when it is shown again, it begins anew, which comes to the same. */
  #isIdle({ subject, hysteresis }: Entry): boolean {
    return (
      subject.kind !== 'unit' && !hysteresis.on && hysteresis.turningSince === undefined && this.#count(subject) === 0
    );
  }

  #leave(entry: Entry): void {
    this.#entries.delete(entry.key);
    this.dirty.add(entry.key);
    if (entry.subject.kind !== 'upstream') return;
    const upstreams = this.#upstreams.get(entry.subject.unit);
    upstreams?.delete(entry);
    if (upstreams?.size === 0) this.#upstreams.delete(entry.subject.unit);
  }

  #entryOf(mark: string, at: EventTime): Entry {
    return this.#entries.get(mark) ?? this.#enter({ key: mark, subject: parseMark(mark), at });
  }

  #entryOfUnit(unit: number, at: EventTime): Entry {
    const key = `unit ${unit}`;
    return this.#entries.get(key) ?? this.#enter({ key, subject: { kind: 'unit', unit }, at });
  }

  /** A unit that enters is one of the baseline: it is there. The rest begins as absent. */
  #enter({ key, subject, at }: { key: string; subject: Subject; at: EventTime }): Entry {
    const hysteresis = { on: subject.kind === 'unit' };
    const nothing = { atLatest: false, carried: undefined, level: undefined };
    const entry = { key, subject, hysteresis, movement: startMovement(0, at), ...nothing };
    this.#keep(entry);
    this.dirty.add(key);
    return entry;
  }

  #keep(entry: Entry): void {
    const { key, subject } = entry;
    this.#entries.set(key, entry);
    if (subject.kind !== 'upstream') return;
    const upstreams = this.#upstreams.get(subject.unit);
    if (upstreams === undefined) this.#upstreams.set(subject.unit, new Set([entry]));
    else upstreams.add(entry);
  }

  #aim({ subject, level }: Entry): Aim {
    const { unroutableBelow, restoredAt, presentAt, absentBelow } = this.#policy;
    const share = (subject.kind === 'unit' ? level : undefined) ?? this.#shareOf(subject);
    switch (subject.kind) {
      case 'unit':
        if (this.#view.baseline[subject.unit] === 1) return aimOf(share, restoredAt, unroutableBelow);
        // What was given up by the baseline can only return.
        return share >= restoredAt ? 'on' : 'stay';
      case 'upstream':
        return this.#view.visible[subject.unit] === 1 ? aimOf(share, presentAt, absentBelow) : 'stay';
      case 'origin':
        return aimOf(share, presentAt, absentBelow);
      case 'prefix':
        return share >= presentAt ? 'on' : 'stay';
    }
  }

  #shareOf(subject: Subject): number {
    const of = this.#of(subject);
    return of === 0 ? 0 : this.#count(subject) / of;
  }

  /** Updates the share by which a network is judged. @param heard what messages did to it; `undefined`: use what is seen now. */
  #judge(entry: Entry, heard: HeardSight | undefined): void {
    if (entry.subject.kind !== 'unit') return;
    const share = this.#shareOf(entry.subject);
    entry.level = heard === undefined || entry.level === undefined ? share : carriedLevel(entry.level, share, heard);
    const carried = entry.level === share ? undefined : entry.level;
    if (carried === entry.carried) return;
    entry.carried = carried;
    this.dirty.add(entry.key);
  }

  #count(subject: Subject): number {
    if (subject.kind === 'unit') return this.#view.sightOf(subject.unit).seeing;
    return this.#view.tally.count(keyOf(subject));
  }

  /** Of how many: an upstream of those who see the unit, an origin or prefix of those that have to do with the territory. */
  #of(subject: Subject): number {
    if (subject.kind === 'unit') return this.#view.sightOf(subject.unit).of;
    if (subject.kind === 'upstream') return this.#view.seen[subject.unit] ?? 0;
    return (this.#concerned ??= this.#view.concerned);
  }

  #holdMs(entry: Entry): number {
    if (entry.subject.kind !== 'unit') return this.#policy.changeHoldMs;
    return entry.hysteresis.on ? this.#policy.unroutableHoldMs : this.#policy.settleMs;
  }
}

function unitOf({ subject }: Entry): number {
  return subject.kind === 'unit' ? subject.unit : -1;
}
