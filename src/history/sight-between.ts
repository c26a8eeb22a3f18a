import type { PeerId } from '../bgp/peer.ts';
import { DAY_MS, MINUTE_MS, type EventTime } from '../bgp/time.ts';
import { beginOf, minutesOf } from './calendar.ts';
import { spaceOf, timeline, type Range } from './query.ts';
import { beginKey, changesKey } from './sight-log.ts';
import { applyChange, EVERY_PEER, parseChanges, parseSight, type SightChange } from './sight.ts';
import { readKeys, type Reader } from './stored.ts';

/** What the sessions of voters saw in a range. */
export interface SightBetween {
  /** What each session saw at the start of the range; empty where nothing was recorded. */
  readonly begin: ReadonlyMap<PeerId, string>;
  /** The changes in the range. Where recording stops, `EVERY_PEER` sees nothing more. */
  readonly changes: readonly SightChange[];
  /** Whether any minute of the range is recorded. */
  readonly isRecorded: boolean;
  /** Whether its last minute is recorded. */
  readonly isRecordedAtEnd: boolean;
}

const NOTHING: SightBetween = { begin: new Map(), changes: [], isRecorded: false, isRecordedAtEnd: false };

/** What the sessions of voters saw of a territory and family in this range. */
export async function sightBetween(reader: Reader, subject: string, range: Range): Promise<SightBetween> {
  const start = await startOf(reader, subject, range);
  if (start === undefined || start.at >= range.until) return NOTHING;
  const minutes = minutesOf({ from: start.at, until: range.until });
  const found = await readKeys(reader, spaceOf(subject), minutes.map(changesKey));
  const recorded = await recordedMinutes(reader, subject, { from: start.at, until: range.until });
  const played = new Played(start);
  let isRecorded = false;
  for (const minute of minutes) {
    const text = found.get(changesKey(minute));
    played.minute(minute, text === undefined ? [] : parseChanges(minute, text), recorded.has(minute));
    isRecorded ||= played.isRecorded && minute >= beginOf(range.from, MINUTE_MS);
  }
  const begin = new Map<PeerId, string>();
  const changes: SightChange[] = [];
  for (const change of played.changes)
    if (change.at <= range.from) applyChange(begin, change);
    else if (change.at < range.until) changes.push(change);
  return { begin, changes, isRecorded, isRecordedAtEnd: played.isRecorded };
}

/** What all sessions saw at the start of the last day before this range, else of the first day in it. */
async function startOf(reader: Reader, subject: string, range: Range) {
  const days: EventTime[] = [];
  const first = beginOf(range.from, DAY_MS) - DAY_MS;
  for (let at = first as EventTime; at < range.until; at = (at + DAY_MS) as EventTime) days.push(at);
  const texts = await readKeys(reader, spaceOf(subject), days.map(beginKey));
  const starts = [...texts.values()].map(parseSight).sort((a, b) => a.at - b.at);
  return starts.findLast(({ at }) => at <= range.from) ?? starts[0];
}

/** The starts of the minutes with a record. */
async function recordedMinutes(reader: Reader, subject: string, range: Range): Promise<ReadonlySet<EventTime>> {
  const recorded = new Set<EventTime>();
  for (const { at, widthMs } of await timeline(reader, subject, range, 'minute'))
    for (const minute of minutesOf({ from: at, until: (at + widthMs) as EventTime })) recorded.add(minute);
  return recorded;
}

/** Plays the records of one minute after the other. */
class Played {
  readonly changes: SightChange[] = [];
  isRecorded = true;
  /** What the sessions saw last, also while nothing is recorded. */
  readonly #last: Map<PeerId, string>;

  constructor({ at, sight }: ReturnType<typeof parseSight>) {
    this.#last = new Map(sight);
    this.#all(at);
  }

  minute(at: EventTime, changes: readonly SightChange[], hasRecord: boolean): void {
    const isRecorded = hasRecord || changes.length > 0;
    if (this.isRecorded && !isRecorded)
      this.changes.push({ at, peer: EVERY_PEER, mask: undefined, message: undefined });
    // A program that was started again records all sessions again; one that was only held up does not.
    if (!this.isRecorded && isRecorded && !changes.some(({ peer }) => peer === EVERY_PEER)) this.#all(at);
    this.isRecorded = isRecorded;
    for (const change of changes) {
      applyChange(this.#last, change);
      this.changes.push(change);
    }
  }

  #all(at: EventTime): void {
    for (const [peer, mask] of this.#last) this.changes.push({ at, peer, mask, message: undefined });
  }
}
