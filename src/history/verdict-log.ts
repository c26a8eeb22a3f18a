import type { EventTime } from '../bgp/time.ts';
import type { Verdict } from '../detect/events/event.ts';
import type { StateChange } from '../spaces.ts';
import { beginOfMonth, nextMonth, stamp } from './calendar.ts';

/** A verdict, or `off`: the program did not run, so nothing is known. */
export type Stage = Verdict | 'off';

/** A verdict and the moment from which it was valid. */
export type VerdictTurn = readonly [since: EventTime, stage: Stage];

/** Records verdicts by the month in which they began. The first entry of a month is the verdict at its start. */
export class VerdictLog {
  readonly #months = new Map<EventTime, VerdictTurn[]>();
  readonly #changed = new Set<EventTime>();
  #last: VerdictTurn | undefined;

  /** @param turns of this month and the one before, in order */
  constructor(turns: readonly VerdictTurn[] = []) {
    for (const turn of turns) this.#monthOf(turn[0]).push(turn);
    this.#last = turns.at(-1);
  }

  get last(): VerdictTurn | undefined {
    return this.#last;
  }

  /**
   * Records a verdict. `since` may be before the last entry: a verdict that was replaced from its start on is removed.
   */
  note(since: EventTime, stage: Stage): void {
    if (this.#last?.[1] === stage) return;
    while (this.#last !== undefined && this.#last[0] >= since) {
      const month = this.#monthOf(this.#last[0]);
      if (month.length === 0) break;
      month.pop();
      this.#changed.add(beginOfMonth(this.#last[0]));
      this.#last = [...this.#months]
        .sort(([a], [b]) => a - b)
        .flatMap(([, turns]) => turns)
        .at(-1);
    }
    if (this.#last?.[1] === stage) return;
    this.#carry(since);
    this.#push([since, stage]);
  }

  /** Moves time on: each month has a record, even if nothing changes in it. */
  pass(at: EventTime): void {
    if (this.#last !== undefined && beginOfMonth(at) > beginOfMonth(this.#last[0])) this.#carry(at);
  }

  take(): Omit<StateChange, 'space'>[] {
    const changes = [...this.#changed].map((month) => ({
      key: verdictsKey(month),
      value: JSON.stringify(this.#months.get(month) ?? []),
    }));
    this.#changed.clear();
    const old = [...this.#months.keys()].sort((a, b) => a - b).slice(0, -2);
    for (const month of old) this.#months.delete(month);
    return changes;
  }

  /** Marks all entries in memory as changed, for a store that has lost them. */
  touch(): void {
    for (const month of this.#months.keys()) this.#changed.add(month);
  }

  #carry(until: EventTime): void {
    const last = this.#last;
    if (last === undefined) return;
    for (let month = nextMonth(last[0]); month <= beginOfMonth(until); month = nextMonth(month))
      if (this.#monthOf(month).length === 0) this.#push([month, last[1]]);
  }

  #push(turn: VerdictTurn): void {
    this.#monthOf(turn[0]).push(turn);
    this.#changed.add(beginOfMonth(turn[0]));
    this.#last = turn;
  }

  #monthOf(at: EventTime): VerdictTurn[] {
    const begin = beginOfMonth(at);
    let turns = this.#months.get(begin);
    if (turns === undefined) this.#months.set(begin, (turns = []));
    return turns;
  }
}

/** The key of the record of the month that contains a moment. */
export function verdictsKey(at: EventTime): string {
  return `v ${stamp.month(at)}`;
}
