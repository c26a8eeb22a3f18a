import type { Family } from '../../bgp/prefix.ts';
import type { EventTime } from '../../bgp/time.ts';
import type { TerritoryView } from '../../rib/territory-view.ts';
import { aimAt, turnsAt, type Hysteresis } from '../hysteresis.ts';
import { CONTROL_JOIN_MS, CONTROL_LEAVE_MS } from '../../policy/fixed.ts';

/**
 * The control group: prefixes that never go away, such as RIS anchors. If they go together with a country, the fault is
 * ours, or an exchange's between them and us. It is counted only while there are enough voters.
 */
export class ControlGroup {
  readonly views: readonly TerritoryView[];
  readonly #minVoters: number;
  readonly #members = new Map<TerritoryView, Hysteresis[]>();

  constructor(views: readonly TerritoryView[], minVoters: number) {
    this.views = views;
    this.#minVoters = minVoters;
    for (const view of views)
      this.#members.set(
        view,
        view.units.map(() => ({ on: false })),
      );
  }

  deadline(): EventTime | undefined {
    let next: EventTime | undefined;
    for (const members of this.#members.values()) {
      for (const member of members) {
        const at = turnsAt(member, holdMs(member));
        if (at !== undefined && (next === undefined || at < next)) next = at;
      }
    }
    return next;
  }

  observe(at: EventTime): void {
    for (const [view, members] of this.#members) {
      // Changes of its single units are not followed.
      view.takeTouched();
      const isWatched = view.voters >= this.#minVoters;
      for (const [unit, member] of members.entries()) {
        const turned = aimAt(member, !isWatched ? 'stay' : view.visible[unit] === 1 ? 'on' : 'off', at);
        const due = turnsAt(turned, holdMs(turned));
        members[unit] = due !== undefined && due <= at ? { on: !turned.on } : turned;
      }
    }
  }

  /** Per unit of the view: whether it belongs to the group. */
  snapshot(view: TerritoryView): readonly Hysteresis[] {
    return this.#members.get(view) ?? [];
  }

  restore(view: TerritoryView, members: readonly Hysteresis[]): void {
    if (members.length !== view.units.length)
      throw new Error(`${members.length} members for ${view.units.length} units`);
    this.#members.set(view, [...members]);
  }

  /** Share of the group's units that are visible; `undefined` when nothing of this family is in the group. */
  share(family: Family): number | undefined {
    let [visible, all] = [0, 0];
    for (const [view, members] of this.#members) {
      if (view.family !== family) continue;
      for (const [unit, member] of members.entries()) {
        if (!member.on) continue;
        all++;
        visible += view.visible[unit] ?? 0;
      }
    }
    return all === 0 ? undefined : visible / all;
  }
}

function holdMs(member: Hysteresis): number {
  return member.on ? CONTROL_LEAVE_MS : CONTROL_JOIN_MS;
}
