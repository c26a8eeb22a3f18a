import type { AsPath } from '../bgp/as-path.ts';
import { pathText } from '../bgp/as-path.ts';
import type { Peer } from '../bgp/peer.ts';
import { DAY_MS, eventTime, HOUR_MS, MINUTE_MS, type EventTime } from '../bgp/time.ts';
import type { CountryData, IncidentData, UnroutableEvent } from '../detect/events/event.ts';
import type { TerritoryStatus } from '../detect/status.ts';
import type { TerritoryView } from '../rib/territory-view.ts';
import type { VisibilityChange } from '../rib/visibility-changes.ts';
import { hoursText } from './stored-hours.ts';
import type { Space, StateChange } from '../spaces.ts';
import type { Look } from './bucket.ts';
import { beginOf, stamp } from './calendar.ts';
import { MOST_CARRIED_MS, RollUp } from './roll-up.ts';
import { lookAt } from './look.ts';
import { SightLog } from './sight-log.ts';
import { VerdictLog } from './verdict-log.ts';
import type { About, Stored } from './stored.ts';
import { exactKey, exactText, type ExactLook } from './exact.ts';

/** Minutes and single changes are stored for this long; those of incidents are never removed. */
const DETAIL_MS = 92 * DAY_MS;

/** A message that the engine applied: its time, and the path before and after it. */
export interface Noted {
  readonly at: EventTime;
  readonly before: AsPath | undefined;
  /** `undefined`: the route was withdrawn. */
  readonly after: AsPath | undefined;
}

/** A stop of at most this long is not recorded as `off`: routes that changed meanwhile are seeded again. */
const MOST_STOPPED_MS = 15 * MINUTE_MS;

/** Records the history of one territory and family, and lists the records that changed. */
export class ViewHistory {
  readonly #view: TerritoryView;
  readonly #space: Space;
  readonly #rollUp: RollUp;
  readonly #sight: SightLog | undefined;
  readonly #verdicts: VerdictLog;
  /** Hours (since 1970) of an incident, as far as their detail is still stored. */
  #storedHours: Set<number>;
  #areHoursChanged = false;
  #exact: { readonly at: EventTime; looks: ExactLook[] } | undefined;
  #exactOver: { readonly at: EventTime; readonly looks: ExactLook[] }[] = [];
  #isExactChanged = false;
  #lastLook: Look | undefined;
  #lastChange: VisibilityChange | undefined;
  #incidents: { readonly key: string; readonly value: string }[] = [];
  #forgotten: string[] = [];
  #about: string | undefined;
  #isAboutLost = false;
  #isFirst = true;
  /** The end of the last minute that was recorded before this run. */
  readonly #storedAt: EventTime | undefined;

  constructor(view: TerritoryView, stored: Stored | undefined) {
    this.#view = view;
    this.#space = `history/${view.territory.id}/${view.family}`;
    this.#rollUp = new RollUp(stored?.open, (hour) => this.#forget(hour));
    this.#sight = view.detailed ? new SightLog(view, stored?.sight) : undefined;
    this.#verdicts = new VerdictLog(stored?.turns);
    this.#storedHours = new Set(stored?.storedHours);
    this.#exact = stored?.exact;
    this.#about = stored?.about;
    this.#storedAt = stored && ((stored.open.minute.at + MINUTE_MS) as EventTime);
    this.#lastChange = view.visibilityLog.stored.at(-1);
  }

  /** The path by which a session reaches a prefix now. Called before a message is applied. */
  pathOf(peer: Peer, key: string): AsPath | undefined {
    return this.#view.ribs.get(peer.id)?.routes.get(key)?.path;
  }

  /** Records a message that was applied. */
  note({ at: now, before, after }: Noted): void {
    const isAnnounced = after !== undefined;
    this.#rollUp.count(now, isAnnounced ? 1 : 0, isAnnounced ? 0 : 1);
    const change = this.#view.visibilityLog.stored.at(-1);
    if (change === undefined || change === this.#lastChange) return;
    this.#lastChange = change;
    const { peer, at, type, prefix } = change;
    const paths = { before: before && pathText(before), after: after && pathText(after) };
    this.#sight?.note(peer.id, { at, now }, { type, prefix: prefix.text, ...paths });
  }

  noteEvent(event: UnroutableEvent): void {
    if (isIncidentEvent(event)) this.#noteIncident(event.data);
    else if (isVerdictEvent(event)) this.#verdicts.note(eventTime(event.data.since), event.data.verdict);
  }

  /** Continues as if the program had never stopped: the view is as it was when the last record was written, at `at`. */
  resume(status: TerritoryStatus, at: EventTime): void {
    if (this.#storedAt === undefined) return;
    const look = lookAt(this.#view, status, at);
    this.#lastLook = look;
    this.#isFirst = false;
    this.#rollUp.resume(look);
    this.#sight?.resume();
  }

  /** Takes a sample of the view. Samples come in order of time. */
  look(status: TerritoryStatus, at: EventTime): void {
    const before = this.#lastLook;
    const look = lookAt(this.#view, status, at);
    this.#lastLook = look;
    this.#noteOff(before?.at, at);
    // The first verdict of `routable` has no event.
    if (this.#isFirst || this.#verdicts.last?.[1] !== status.verdict) this.#begin(status, at);
    this.#verdicts.pass(at);
    this.#rollUp.add(look);
    this.#sight?.look(at);
    if (before === undefined || isOther(before, look)) this.#addExact(look);
    if (status.incident !== undefined) this.#keep(at);
  }

  take(): StateChange[] {
    const space = this.#space;
    const incidents: Space = `past-incidents/${this.#view.territory.id}/${this.#view.family}`;
    const changes: StateChange[] = [
      ...this.#rollUp.take(),
      ...(this.#sight?.take() ?? []),
      ...this.#verdicts.take(),
      ...this.#takeExact(),
      ...this.#takeAbout(),
      ...(this.#areHoursChanged ? [{ key: 'kept', value: hoursText(this.#storedHours) }] : []),
      ...this.#forgotten.map((key) => ({ key, value: undefined })),
    ].map((change) => ({ space, ...change }));
    changes.push(...this.#incidents.map((change) => ({ space: incidents, ...change })));
    this.#areHoursChanged = false;
    this.#incidents = [];
    this.#forgotten = [];
    return changes;
  }

  /** Marks all records in memory as changed, for a store that has lost them. */
  touch(): void {
    this.#rollUp.touch();
    this.#verdicts.touch();
    this.#sight?.touch();
    this.#isAboutLost = true;
    this.#isExactChanged = this.#exact !== undefined;
    this.#areHoursChanged = true;
    this.#isFirst = true;
  }

  /** Records the time since the last sample, or since the last run, as unknown when it was too long. */
  #noteOff(before: EventTime | undefined, at: EventTime): void {
    const [from, most] = before === undefined ? [this.#storedAt, MOST_STOPPED_MS] : [before, MOST_CARRIED_MS];
    if (from !== undefined && at - from > most) this.#verdicts.note(from, 'off');
  }

  #begin({ verdict, since }: TerritoryStatus, at: EventTime): void {
    this.#isFirst = false;
    const { last } = this.#verdicts;
    if (last === undefined) this.#verdicts.note(since === 0 ? at : since, verdict);
    else this.#verdicts.note(since > last[0] ? since : at, verdict);
  }

  #noteIncident({ incident }: IncidentData): void {
    const from = incident.spans[0]?.from ?? '';
    this.#incidents.push({ key: `${from} ${incident.id}`, value: JSON.stringify(incident) });
    const first = Date.parse(incident.onset?.first ?? from);
    if (first > 0) this.#keep(first as EventTime);
  }

  #keep(at: EventTime): void {
    const hour = Math.floor(at / HOUR_MS);
    if (this.#storedHours.has(hour)) return;
    this.#storedHours.add(hour);
    this.#areHoursChanged = true;
  }

  /** An hour has ended: removes the detail of the hour that is now too old. */
  #forget(hour: EventTime): void {
    const old = (hour - DETAIL_MS) as EventTime;
    if (this.#storedHours.delete(Math.floor(old / HOUR_MS))) {
      this.#areHoursChanged = true;
      return;
    }
    this.#forgotten.push(`m ${stamp.hour(old)}`);
    for (let minute = old; minute < old + HOUR_MS; minute = (minute + MINUTE_MS) as EventTime)
      this.#forgotten.push(exactKey(minute), `s ${stamp.minute(minute)}`);
  }

  #addExact(look: Look): void {
    const at = beginOf(look.at, MINUTE_MS);
    if (this.#exact?.at !== at) {
      if (this.#exact !== undefined && this.#isExactChanged) this.#exactOver.push(this.#exact);
      this.#exact = { at, looks: [] };
    }
    const { looks } = this.#exact;
    // A record of a second is replaced by the state at the end of that second.
    if (Math.floor((looks.at(-1)?.at ?? 0) / 1000) === Math.floor(look.at / 1000)) looks.pop();
    looks.push(look);
    this.#isExactChanged = true;
  }

  #takeExact(): Omit<StateChange, 'space'>[] {
    const minutes = [...this.#exactOver, ...(this.#exact && this.#isExactChanged ? [this.#exact] : [])];
    this.#exactOver = [];
    this.#isExactChanged = false;
    return minutes.map(({ at, looks }) => ({ key: exactKey(at), value: exactText(at, looks) }));
  }

  /** The record that describes the territory: readers of the history have no other source for it. */
  #takeAbout(): Omit<StateChange, 'space'>[] {
    const { territory, units, detailed } = this.#view;
    const networks = detailed ? units.map((unit) => unit.text) : [];
    const { name, timeZone } = territory;
    const networksSince = this.#networksSince(networks);
    const value = JSON.stringify({ name, timeZone, networks, networksSince });
    if (value === this.#about && !this.#isAboutLost) return [];
    this.#isAboutLost = false;
    this.#about = value;
    return [{ key: 'about', value }];
  }

  /** Buckets have networks by their position. So those of before a change of the networks must not get these names. */
  #networksSince(networks: readonly string[]): EventTime | undefined {
    if (this.#about === undefined) return undefined;
    const before = JSON.parse(this.#about) as About;
    if (before.networks.join() === networks.join()) return before.networksSince;
    const at = this.#lastLook?.at;
    return at === undefined ? before.networksSince : ((beginOf(at, MINUTE_MS) + MINUTE_MS) as EventTime);
  }
}

function isIncidentEvent(event: UnroutableEvent): event is Extract<UnroutableEvent, { data: IncidentData }> {
  return event.type.startsWith('incident.');
}

function isVerdictEvent(event: UnroutableEvent): event is Extract<UnroutableEvent, { data: CountryData }> {
  return event.type.startsWith('country.') && 'verdict' in event.data;
}

/** Whether a sample needs a record of its own: something changed other than the number of voters. */
function isOther(before: Look, look: Look): boolean {
  return (
    before.isBlind !== look.isBlind ||
    before.share !== look.share ||
    before.units.some((unit, i) => unit !== look.units[i])
  );
}
