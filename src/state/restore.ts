import type { EventTime } from '../bgp/time.ts';
import { messageOf } from '../lib/message-of.ts';
import type { TerritoryView } from '../rib/territory-view.ts';
import { isEngineSpace, STATE_FORMAT, type EngineSpace, type EngineChange, type EngineRecord } from './record.ts';
import { parseRecord, type Codec } from './codec.ts';
import { parseTerritoryView, RecordReader, routesOf, visibilityLogOf } from './territory-view-codec.ts';
import { allViews, type Parts, type NamedEvaluator } from './engine-parts.ts';
import { placeOf } from './recorder.ts';
import { fall, incident } from './incident-codec.ts';
import { change, evaluatorRecord } from './evaluator-codec.ts';
import { reachNow, territoryReach, vantageLine } from './reach-codec.ts';
import { link, members, observer } from './observer-codec.ts';
import { parseVoter, peerTable } from './voter-codec.ts';

/** A record that is damaged or missing. */
export class UnreadableRecord extends Error {
  override readonly name = 'UnreadableRecord';
}

/**
 * Restores the stored state into the parts of a new engine. Views with the same blocks get their routes back.
 * Evaluators with the same territory and policy continue; all others start again.
 *
 * @returns the ids of the territories that start again.
 * @throws UnreadableRecord when a record is damaged. The parts are then unusable.
 */
export function restoreParts(parts: Parts, records: readonly EngineRecord<string>[], at: EventTime): readonly string[] {
  const stored = new StoredRecords(records);
  requireFormat(stored);
  const reader = new RecordReader();
  const views = allViews(parts);
  const known = new Map(
    views.map((view) => [view, stored.one('engine', `view ${view.key}`, (text) => parseTerritoryView(view, text))]),
  );
  const fresh = new Set(views.filter((view) => known.get(view) === undefined));
  for (const view of views) if (!fresh.has(view)) restoreRoutes(view, stored, reader);
  restoreVoters(parts, stored, fresh, at);
  // Restore the logs after the votes: restoring a vote adds a change to the log.
  for (const view of views) if (!fresh.has(view)) restoreLog(view, stored, reader);
  const restarted = parts.evaluators.filter(
    (named) => !restoreEvaluator(named, stored, { view: known.get(named.evaluator.view), at }),
  );
  for (const view of parts.control.views) {
    const state = known.get(view);
    if (state === undefined) continue;
    view.restore(state);
    stored.one('engine', `control ${view.key}`, (text) =>
      parts.control.restore(view, parseRecord(members, text).members),
    );
  }
  parts.observer.restore(stored.needed('engine', 'observer', (text) => parseRecord(observer, text)));
  stored.all('engine', 'chain ', (source, text) => parts.chain.restore(source, parseRecord(link, text)));
  restoreReach(parts, stored);
  return [...new Set(restarted.map(({ evaluator }) => evaluator.view.territory.id))];
}

/** A store that never had results contains none of these records. */
function restoreReach({ reach }: Parts, stored: StoredRecords): void {
  stored.all('engine', 'reach-line ', (id, text) => reach.lines.restore(id, parseRecord(vantageLine, text)));
  for (const one of reach.territories) {
    const state = stored.one('engine', `reach ${one.territory.id}`, (text) => parseRecord(territoryReach, text));
    if (state !== undefined) one.restore(state);
  }
  reach.restored(stored.one('engine', 'reach-now', (text) => parseRecord(reachNow, text).now));
}

/** Stores before the second format do not name their format. */
function requireFormat(stored: StoredRecords): void {
  const format = stored.one('engine', 'format', parseFormat) ?? 1;
  if (format === STATE_FORMAT) return;
  const who = format < STATE_FORMAT ? 'an older' : 'a newer';
  throw new UnreadableRecord(
    `the state was written by ${who} version (format ${format}, this one reads ${STATE_FORMAT}): its events can be ` +
      'exported with that version; name another store, or another --name, to begin with this one',
  );
}

/** @throws Error when it is not a format's number. */
function parseFormat(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error('it is not the number of a format');
  return Number(text);
}

/** The changes that turn the stored records into those of the present state. */
export function differences(
  records: readonly EngineRecord<string>[],
  state: readonly EngineChange[],
): readonly EngineChange[] {
  const left = new Map(records.filter(isOfEngine).map((record) => [placeOf(record), record]));
  const changed = state.filter((change) => {
    const place = placeOf(change);
    const before = left.get(place);
    left.delete(place);
    return before?.value !== change.value;
  });
  return [...changed, ...[...left.values()].map(({ space, key }) => ({ space, key, value: undefined }))];
}

function isOfEngine(record: EngineRecord<string>): record is EngineRecord {
  return isEngineSpace(record.space);
}

function restoreRoutes(view: TerritoryView, stored: StoredRecords, reader: RecordReader): void {
  stored.all(routesOf(view), '', (key, text) => {
    const { peer, route } = reader.route(key, text);
    if (!view.concerns(route.prefix)) throw new Error(`${route.prefix.text} does not concern ${view.key}`);
    view.restoreRoute(peer, route);
  });
}

function restoreLog(view: TerritoryView, stored: StoredRecords, reader: RecordReader): void {
  const visibilityLog = stored.all(visibilityLogOf(view), '', (_, text) => reader.change(text));
  stored.reading(visibilityLogOf(view), undefined, () =>
    view.visibilityLog.restore(visibilityLog.sort(([a], [b]) => a - b)),
  );
}

function restoreVoters(parts: Parts, stored: StoredRecords, fresh: ReadonlySet<TerritoryView>, at: EventTime): void {
  const state = stored.needed('engine', 'peers', (text) => parseRecord(peerTable, text));
  const voters = stored.all('voters', '', parseVoter);
  stored.reading('voters', undefined, () => parts.peerTable.snapshots.restore(state, voters, { fresh, at }));
}

/** Returns `false` when the evaluator starts again. */
function restoreEvaluator(
  named: NamedEvaluator,
  stored: StoredRecords,
  { view: state, at }: { view: ReturnType<typeof parseTerritoryView>; at: EventTime },
): boolean {
  const { evaluator, version } = named;
  const { view, changes } = evaluator;
  const one = <T>(name: string, codec: Codec<T>) =>
    stored.one('engine', `${name} ${view.key}`, (text) => parseRecord(codec, text, view.units.length));
  const [fallen, begun, written] = [one('fall', fall), one('incident', incident), one('evaluator', evaluatorRecord)];
  if (begun !== undefined && fallen === undefined)
    stored.damaged('engine', `incident ${view.key}`, 'there is no fall of it');
  if (state === undefined || written?.version !== version) {
    // The first look covers everything.
    view.restore({ ...view.snapshot(), ...state, baseline: [], touched: [...view.units.keys()] });
    return false;
  }
  view.restore(state);
  const { tracker, ...rest } = written.evaluator;
  const going = fallen && begun && { ...begun, fall: fallen };
  evaluator.restore({ ...rest, tracker: { ...tracker, fall: fallen, incident: going } }, at);
  const states = stored.all('engine', `change ${view.key} `, (key, text) => [key, parseRecord(change, text)] as const);
  stored.reading('engine', `change ${view.key}`, () => changes.restore(written.isReady, states));
  return true;
}

/** The stored records, by place. */
class StoredRecords {
  readonly #spaces = new Map<string, Map<string, string>>();

  constructor(records: readonly EngineRecord<string>[]) {
    for (const { space, key, value } of records) {
      const inSpace = this.#spaces.get(space);
      if (inSpace === undefined) this.#spaces.set(space, new Map([[key, value]]));
      else inSpace.set(key, value);
    }
  }

  /** `undefined`: there is no such record. */
  one<T>(space: EngineSpace, key: string, read: (text: string) => T): T | undefined {
    const text = this.#spaces.get(space)?.get(key);
    return text === undefined ? undefined : this.reading(space, key, () => read(text));
  }

  needed<T>(space: EngineSpace, key: string, read: (text: string) => T): T {
    const text = this.#spaces.get(space)?.get(key);
    if (text === undefined) throw new UnreadableRecord(`there is no record ${space} ${key}`);
    return this.reading(space, key, () => read(text));
  }

  /** Reads each record whose key starts with the prefix; `parse` gets the rest of the key. */
  all<T>(space: EngineSpace, begin: string, read: (key: string, text: string) => T): T[] {
    return [...(this.#spaces.get(space) ?? [])]
      .filter(([key]) => key.startsWith(begin))
      .map(([key, text]) => this.reading(space, key, () => read(key.slice(begin.length), text)));
  }

  damaged(space: EngineSpace, key: string, reason: string): never {
    throw new UnreadableRecord(`the record ${space} ${key} cannot be read: ${reason}`);
  }

  /** Reports an error as damage to this record, or to the whole space. */
  reading<T>(space: EngineSpace, key: string | undefined, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof UnreadableRecord) throw error;
      const reason = messageOf(error);
      const what = key === undefined ? `the records ${space}` : `the record ${space} ${key}`;
      throw new UnreadableRecord(`${what} cannot be read: ${reason}`, { cause: error });
    }
  }
}
