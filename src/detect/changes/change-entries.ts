import type { EventTime } from '../../bgp/time.ts';
import { DirtySet } from '../../rib/dirty-set.ts';
import { parseMark } from '../../rib/marks.ts';
import { startMovement } from '../movement.ts';
import type { Entry, ChangeSubject } from './change-entry.ts';

/** The entries of a territory view: by key, and the upstreams of each network. */
export class ChangeEntries {
  /** Keys of the entries that changed since the last snapshot. */
  readonly dirty = new DirtySet<string>();
  readonly #byKey = new Map<string, Entry>();
  /** Upstreams of each unit: their share depends on how many voters see the unit. */
  readonly #upstreams = new Map<number, Set<Entry>>();

  get(key: string): Entry | undefined {
    return this.#byKey.get(key);
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  keys(): Iterable<string> {
    return this.#byKey.keys();
  }

  values(): Iterable<Entry> {
    return this.#byKey.values();
  }

  upstreamsOf(unit: number): Iterable<Entry> {
    return this.#upstreams.get(unit) ?? [];
  }

  ofUnit(unit: number): Entry | undefined {
    return this.#byKey.get(unitKey(unit));
  }

  /** The entry of this mark. A new entry starts as absent, since `at`. */
  enterMark(mark: string, at: EventTime): Entry {
    return this.#byKey.get(mark) ?? this.#enter({ key: mark, subject: parseMark(mark), at });
  }

  /** The entry of this unit of the baseline. A new entry starts as present, since `at`. */
  enterUnit(unit: number, at: EventTime): Entry {
    const key = unitKey(unit);
    return this.#byKey.get(key) ?? this.#enter({ key, subject: { kind: 'unit', unit }, at });
  }

  /** Adds an entry from a snapshot, unchanged. */
  put(entry: Entry): void {
    const { key, subject } = entry;
    this.#byKey.set(key, entry);
    if (subject.kind !== 'upstream') return;
    const upstreams = this.#upstreams.get(subject.unit);
    if (upstreams === undefined) this.#upstreams.set(subject.unit, new Set([entry]));
    else upstreams.add(entry);
  }

  remove(entry: Entry): void {
    this.#byKey.delete(entry.key);
    this.dirty.add(entry.key);
    if (entry.subject.kind !== 'upstream') return;
    const upstreams = this.#upstreams.get(entry.subject.unit);
    upstreams?.delete(entry);
    if (upstreams?.size === 0) this.#upstreams.delete(entry.subject.unit);
  }

  #enter({ key, subject, at }: { key: string; subject: ChangeSubject; at: EventTime }): Entry {
    const hysteresis = { on: subject.kind === 'unit' };
    const nothing = { atLatest: false, carried: undefined, level: undefined };
    const entry = { key, subject, hysteresis, movement: startMovement(0, at), ...nothing };
    this.put(entry);
    this.dirty.add(key);
    return entry;
  }
}

function unitKey(unit: number): string {
  return `unit ${unit}`;
}
