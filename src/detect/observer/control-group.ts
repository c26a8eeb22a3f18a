import type { Family } from '../../bgp/prefix.ts';
import type { EventTime } from '../../bgp/time.ts';
import type { Plane } from '../../rib/territory-view.ts';
import { aimAt, turnsAt, type Toggle } from '../hysteresis.ts';

/** A unit belongs to the group when it was visible this long. */
const JOIN_MS = 60_000;

/** … and no longer when it was gone this long: an anchor that was taken out of service says nothing of us. */
const LEAVE_MS = 3_600_000;

/**
 * The control group: prefixes that never go away, such as RIS anchors. If they go when a country goes, it is our eyes that
 * failed, or an exchange between them and us. Only counted while enough voters look on.
 */
export class ControlGroup {
  readonly planes: readonly Plane[];
  readonly #minVoters: number;
  readonly #members = new Map<Plane, Toggle[]>();

  constructor(planes: readonly Plane[], minVoters: number) {
    this.planes = planes;
    this.#minVoters = minVoters;
    for (const plane of planes)
      this.#members.set(
        plane,
        plane.units.map(() => ({ on: false })),
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
    for (const [plane, members] of this.#members) {
      // Nobody follows its units one by one.
      plane.takeTouched();
      const isWatched = plane.voters >= this.#minVoters;
      for (const [unit, member] of members.entries()) {
        const turned = aimAt(member, !isWatched ? 'stay' : plane.visible[unit] === 1 ? 'on' : 'off', at);
        const due = turnsAt(turned, holdMs(turned));
        members[unit] = due !== undefined && due <= at ? { on: !turned.on } : turned;
      }
    }
  }

  /** Per unit of the plane: whether it belongs. */
  snapshot(plane: Plane): readonly Toggle[] {
    return this.#members.get(plane) ?? [];
  }

  restore(plane: Plane, members: readonly Toggle[]): void {
    if (members.length !== plane.units.length)
      throw new Error(`${members.length} members for ${plane.units.length} units`);
    this.#members.set(plane, [...members]);
  }

  /** Share of the group's units that are visible; `undefined` when nothing of this family is in the group. */
  share(family: Family): number | undefined {
    let [visible, all] = [0, 0];
    for (const [plane, members] of this.#members) {
      if (plane.family !== family) continue;
      for (const [unit, member] of members.entries()) {
        if (!member.on) continue;
        all++;
        visible += plane.visible[unit] ?? 0;
      }
    }
    return all === 0 ? undefined : visible / all;
  }
}

function holdMs(member: Toggle): number {
  return member.on ? LEAVE_MS : JOIN_MS;
}
