import type { EventTime } from '../bgp/time.ts';
import type { Verdict } from '../detect/events/event.ts';
import type { StateChange } from '../spaces.ts';
import { beginOfMonth, nextMonth, stamp } from './calendar.ts';

/** A verdict, or `off`: nothing was watched, so nothing is known. */
export type Stage = Verdict | 'off';

/** From this moment on it was so. */
export type Turn = readonly [since: EventTime, stage: Stage];

/** Notes verdicts by the month in which they began: a month's record begins with what held when it began. */
export class VerdictLog {
  readonly #months = new Map<EventTime, Turn[]>();
  readonly #changed = new Set<EventTime>();
  #last: Turn | undefined;

  /** @param turns of this month and the one before, in order */
  constructor(turns: readonly Turn[] = []) {
    for (const turn of turns) this.#monthOf(turn[0]).push(turn);
    this.#last = turns.at(-1);
  }

  get last(): Turn | undefined {
    return this.#last;
  }

  /** `since` may lie before what was noted last: what was overtaken before it had lasted has no time of its own. */
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

  /** Time went on: a month that begins has a record, however quiet it is. */
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

  /** All that is in memory changes again: for a store that lost it. */
  touch(): void {
    for (const month of this.#months.keys()) this.#changed.add(month);
  }

  #carry(until: EventTime): void {
    const last = this.#last;
    if (last === undefined) return;
    for (let month = nextMonth(last[0]); month <= beginOfMonth(until); month = nextMonth(month))
      if (this.#monthOf(month).length === 0) this.#push([month, last[1]]);
  }

  #push(turn: Turn): void {
    this.#monthOf(turn[0]).push(turn);
    this.#changed.add(beginOfMonth(turn[0]));
    this.#last = turn;
  }

  #monthOf(at: EventTime): Turn[] {
    const begin = beginOfMonth(at);
    let turns = this.#months.get(begin);
    if (turns === undefined) this.#months.set(begin, (turns = []));
    return turns;
  }
}

/** Key of the record of the month in which a moment lies. */
export function verdictsKey(at: EventTime): string {
  return `v ${stamp.month(at)}`;
}
