import type { Asn } from '../bgp/asn.ts';
import type { EventTime } from '../bgp/time.ts';
import { parseMark, type Mark } from '../visibility/details.ts';
import type { Plane } from '../visibility/plane.ts';
import type { Policy } from './policy.ts';
import { beganAt, continueRun, startRun, type Run } from './run.ts';
import { aimAt, aimOf, turnsAt, type Aim, type Toggle } from './toggle.ts';

/** A change of a unit, upstream, origin or prefix that lasted. */
export interface Change {
  readonly what: Subject;
  /** There now, or gone. */
  readonly on: boolean;
  readonly first: EventTime;
  readonly since: EventTime;
  /** Indices of the units concerned, upward. */
  readonly units: readonly number[];
  /** Share of the voters that show it, of those that see these units. */
  readonly share: number;
}

export type Subject = Mark | { readonly kind: 'unit'; readonly unit: number };

interface Entry {
  readonly key: string;
  readonly subject: Subject;
  toggle: Toggle;
  run: Run;
}

/**
 * Follows what is told of a territory besides its verdict: single units, upstreams, origins, new prefixes. Only while
 * enough voters look on, and an upstream only while its unit is visible: over whom a lost unit is not reached is no news.
 */
export class Changes {
  readonly #plane: Plane;
  readonly #policy: Policy;
  readonly #entries = new Map<string, Entry>();
  #isReady = false;

  constructor(plane: Plane, policy: Policy) {
    this.#plane = plane;
    this.#policy = policy;
  }

  /** Takes what is there at the first look as given. */
  begin(at: EventTime): void {
    this.#isReady = true;
    for (const entry of this.#follow(at)) {
      const known = entry.subject.kind === 'prefix' || this.#aim(entry.subject) === 'on';
      entry.toggle = { on: known };
    }
  }

  observe(at: EventTime): void {
    if (!this.#isReady) return;
    for (const entry of this.#follow(at)) {
      entry.run = continueRun(entry.run, this.#count(entry.subject), at);
      entry.toggle = aimAt(entry.toggle, this.#aim(entry.subject), at);
    }
  }

  /** Our eyes closed: what had begun to change has not been seen to last. */
  suspend(): void {
    for (const entry of this.#entries.values()) entry.toggle = { on: entry.toggle.on };
  }

  deadline(): EventTime | undefined {
    let next: EventTime | undefined;
    for (const entry of this.#entries.values()) {
      const at = turnsAt(entry.toggle, this.#holdMs(entry));
      if (at !== undefined && (next === undefined || at < next)) next = at;
    }
    return next;
  }

  /** What has lasted by `at`, earliest first, what came before what went. The same change of several units is one. */
  takeDue(at: EventTime): readonly Change[] {
    const turning = [...this.#entries.values()]
      .filter((entry) => entry.toggle.turningSince !== undefined)
      .sort((a, b) => startOf(a) - startOf(b) || Number(a.toggle.on) - Number(b.toggle.on) || (a.key < b.key ? -1 : 1));
    const changes: Change[] = [];
    for (const entry of turning) {
      const due = turnsAt(entry.toggle, this.#holdMs(entry));
      if (due === undefined || due > at) continue;
      const group = turning.filter((other) => this.#isTogether(entry, other));
      changes.push(this.#changeOf(group));
      for (const other of group) other.toggle = { on: !other.toggle.on };
    }
    return changes;
  }

  #changeOf(group: readonly Entry[]): Change {
    const [entry] = group;
    if (entry === undefined) throw new Error('a change of nothing');
    const units = group.flatMap(({ subject }) => ('unit' in subject ? [subject.unit] : [])).sort((a, b) => a - b);
    const showing = group.reduce((sum, { subject }) => sum + this.#count(subject), 0);
    const looking = group.reduce((sum, { subject }) => sum + this.#of(subject), 0);
    return {
      what: entry.subject,
      on: !entry.toggle.on,
      first: Math.min(...group.map(firstOf)) as EventTime,
      since: Math.min(...group.map(startOf)) as EventTime,
      units,
      share: looking === 0 ? 0 : showing / looking,
    };
  }

  #isTogether(entry: Entry, other: Entry): boolean {
    if (other === entry) return true;
    if (asnOfSubject(entry.subject) === undefined || other.toggle.turningSince === undefined) return false;
    return (
      other.subject.kind === entry.subject.kind &&
      asnOfSubject(other.subject) === asnOfSubject(entry.subject) &&
      other.toggle.on === entry.toggle.on &&
      Math.abs(startOf(other) - startOf(entry)) <= this.#policy.changeGroupMs
    );
  }

  /** All entries, new ones among them; what is off and shown by nobody is forgotten. */
  #follow(at: EventTime): Iterable<Entry> {
    for (const mark of this.#plane.tally.marks()) if (!this.#entries.has(mark)) this.#enter(mark, parseMark(mark), at);
    for (const unit of this.#plane.units.keys()) {
      if (this.#plane.baseline[unit] === 1 && !this.#entries.has(`unit ${unit}`))
        this.#enter(`unit ${unit}`, { kind: 'unit', unit }, at);
    }
    for (const { key, subject, toggle } of this.#entries.values()) {
      const isIdle = !toggle.on && toggle.turningSince === undefined && this.#count(subject) === 0;
      if (isIdle && subject.kind !== 'unit') this.#entries.delete(key);
    }
    return this.#entries.values();
  }

  /** A unit that enters is one of the baseline: it is there. The rest begins as absent. */
  #enter(key: string, subject: Subject, at: EventTime): void {
    this.#entries.set(key, { key, subject, toggle: { on: subject.kind === 'unit' }, run: startRun(0, at) });
  }

  #aim(subject: Subject): Aim {
    const { unroutableBelow, restoredAt, presentAt, absentBelow } = this.#policy;
    const of = this.#of(subject);
    const share = of === 0 ? 0 : this.#count(subject) / of;
    switch (subject.kind) {
      case 'unit':
        return this.#plane.baseline[subject.unit] === 1 ? aimOf(share, restoredAt, unroutableBelow) : 'stay';
      case 'upstream':
        return this.#plane.visible[subject.unit] === 1 ? aimOf(share, presentAt, absentBelow) : 'stay';
      case 'origin':
        return aimOf(share, presentAt, absentBelow);
      case 'prefix':
        return share >= presentAt ? 'on' : 'stay';
    }
  }

  #count(subject: Subject): number {
    if (subject.kind === 'unit') return this.#plane.seen[subject.unit] ?? 0;
    return this.#plane.tally.count(keyOf(subject));
  }

  /** Of how many: an upstream of those who see the unit, everything else of all voters. */
  #of(subject: Subject): number {
    return subject.kind === 'upstream' ? (this.#plane.seen[subject.unit] ?? 0) : this.#plane.voters;
  }

  #holdMs(entry: Entry): number {
    if (entry.subject.kind !== 'unit') return this.#policy.changeHoldMs;
    return entry.toggle.on ? this.#policy.unroutableHoldMs : this.#policy.settleMs;
  }
}

/** The mark again, as `marksOf` spelled it. */
function keyOf(mark: Mark): string {
  return mark.kind === 'prefix' ? `prefix ${mark.prefix}` : `${mark.kind} ${mark.unit} ${mark.asn}`;
}

function asnOfSubject(subject: Subject): Asn | undefined {
  return 'asn' in subject ? subject.asn : undefined;
}

function startOf(entry: Entry): number {
  return entry.toggle.turningSince ?? Infinity;
}

/** The first step of the movement that made the change. */
function firstOf(entry: Entry): number {
  const since = entry.toggle.turningSince;
  return since === undefined ? Infinity : beganAt(entry.run, entry.toggle.on ? 'down' : 'up', since);
}
