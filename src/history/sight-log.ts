import type { PeerId } from '../bgp/peer.ts';
import { DAY_MS, MINUTE_MS, type EventTime } from '../bgp/time.ts';
import type { TerritoryView } from '../rib/territory-view.ts';
import type { StateChange } from '../spaces.ts';
import { beginOf, stamp } from './calendar.ts';
import { changesText, EVERY_PEER, maskOf, sightText, type SightChange, type SightMessage } from './sight.ts';
import { compareTexts } from '../lib/compare-texts.ts';

/** What a store has for one view: the changes of the open minute, and the day whose start is stored. */
export interface StoredSight {
  readonly minute: { readonly at: EventTime; readonly changes: readonly SightChange[] };
  readonly day: EventTime | undefined;
}

/** Records what each session of a view sees: each change with its message, and all sessions once a day. */
export class SightLog {
  readonly #view: TerritoryView;
  readonly #sight = new Map<PeerId, string>();
  #minute: { readonly at: EventTime; readonly changes: SightChange[]; isChanged: boolean } | undefined;
  #over: { readonly at: EventTime; readonly changes: SightChange[] }[] = [];
  #day: EventTime | undefined;
  #begun: { readonly key: string; readonly value: string }[] = [];

  /** Whether the store has lost the start of the day. */
  #isBeginLost = false;
  /** The day whose start the store has already, until the first sample. */
  #storedDay: EventTime | undefined;

  constructor(view: TerritoryView, stored?: StoredSight) {
    this.#view = view;
    this.#storedDay = stored?.day;
    const minute = stored?.minute;
    // Its first change may be late, from a minute before.
    if (minute !== undefined && minute.changes.length > 0)
      this.#minute = { at: minute.at, changes: [...minute.changes], isChanged: false };
  }

  /** Continues without a gap: the sessions see what they saw when this was stored. */
  resume(): void {
    this.#day = this.#storedDay;
    this.#storedDay = undefined;
    for (const { peer, votes, cover } of this.#view.ribs.values()) if (votes) this.#sight.set(peer.id, maskOf(cover));
  }

  /** Records that a message, which arrived at `now`, changed what a voting session sees. */
  note(peer: PeerId, { at, now }: { readonly at: EventTime; readonly now: EventTime }, message: SightMessage): void {
    const rib = this.#view.ribs.get(peer);
    if (rib?.votes !== true || this.#day === undefined) return;
    const mask = maskOf(rib.cover);
    if (this.#sight.get(peer) === mask) return;
    this.#sight.set(peer, mask);
    this.#add({ at, peer, mask, message }, now);
  }

  /** Records the sessions that got or lost a vote since, and those whose routes were removed without a message. */
  look(at: EventTime): void {
    const day = beginOf(at, DAY_MS);
    if (this.#storedDay !== undefined) {
      this.#day = this.#storedDay;
      this.#add({ at, peer: EVERY_PEER, mask: undefined, message: undefined }, at);
    }
    this.#storedDay = undefined;
    const changes: SightChange[] = [];
    for (const { peer, votes, cover } of this.#view.ribs.values()) {
      const before = this.#sight.get(peer.id);
      const mask = votes ? maskOf(cover) : undefined;
      if (mask === before) continue;
      if (mask === undefined) this.#sight.delete(peer.id);
      else this.#sight.set(peer.id, mask);
      if (this.#day !== undefined) changes.push({ at, peer: peer.id, mask, message: undefined });
    }
    // The order of a map depends on when the program started.
    changes.sort((a, b) => compareTexts(a.peer, b.peer));
    for (const change of changes) this.#add(change, at);
    if (this.#day !== undefined && day <= this.#day && !this.#isBeginLost) return;
    this.#isBeginLost = false;
    this.#day = day;
    this.#begun.push({ key: beginKey(at), value: sightText(at, this.#sight) });
  }

  /** Records all sessions again with the next sample, for a store that has lost them. */
  touch(): void {
    this.#storedDay ??= this.#day;
    this.#isBeginLost = true;
    this.#sight.clear();
  }

  /** The records that changed since the last call. */
  take(): Omit<StateChange, 'space'>[] {
    const changes: Omit<StateChange, 'space'>[] = [...this.#begun];
    const minutes = [...this.#over, ...(this.#minute?.isChanged === true ? [this.#minute] : [])];
    for (const minute of minutes)
      changes.push({ key: changesKey(minute.at), value: changesText(minute.at, minute.changes) });
    this.#begun = [];
    this.#over = [];
    if (this.#minute !== undefined) this.#minute.isChanged = false;
    return changes;
  }

  #add(change: SightChange, now: EventTime): void {
    // A late message keeps its own time, and is recorded in the minute in which it arrived.
    const from = beginOf(now, MINUTE_MS);
    if (this.#minute === undefined || from > this.#minute.at) {
      if (this.#minute?.isChanged === true) this.#over.push(this.#minute);
      this.#minute = { at: from, changes: [], isChanged: true };
    }
    this.#minute.changes.push(change);
    this.#minute.isChanged = true;
  }
}

/** The key for what all sessions saw at the start of a day, or when its record began. */
export function beginKey(at: EventTime): string {
  return `b ${stamp.day(at)}`;
}

/** The key of the visibility changes of the minute that holds this moment. */
export function changesKey(at: EventTime): string {
  return `s ${stamp.minute(at)}`;
}
