import type { EventTime } from '../bgp/time.ts';
import type { Plane } from '../rib/territory-view.ts';
import type { Space, StateChange, StateRecord } from './record.ts';
import { parseElectorate, parseVoter } from '../peers/peer-snapshot.ts';
import { parsePlane, Reader, routesOf, sightsOf } from './territory-view-codec.ts';
import { allPlanes, type Parts, type Seat } from './engine-parts.ts';
import { placeOf } from './recorder.ts';
import { parseFall, parseIncident } from './incident-codec.ts';
import { parseChange, parseJudge } from './evaluator-codec.ts';
import { parseLink, parseMembers, parseObserver } from './observer-codec.ts';

/** A record that is not as it was written, or is not there. */
export class UnreadableRecord extends Error {
  override readonly name = 'UnreadableRecord';
}

/** Spaces that the engine writes; all else in a store is none of its business. */
const HEADS: ReadonlySet<string> = new Set(['routes', 'sights', 'voters', 'verdicts', 'incidents', 'engine']);

export function isOfEngine({ space }: Pick<StateRecord, 'space'>): boolean {
  return HEADS.has(space.split('/')[0] ?? '');
}

/**
 * Puts the state that was written back into the parts of a new engine. Planes of the same blocks have their routes again;
 * judges of the same territory and policy go on, the others look for the first time. Gives the ids of their territories.
 *
 * @throws UnreadableRecord when a record is not as it was written; the parts are of no use then.
 */
export function restoreParts(parts: Parts, records: readonly StateRecord[], at: EventTime): readonly string[] {
  const kept = new KeptRecords(records);
  const reader = new Reader();
  const planes = allPlanes(parts);
  const known = new Map(
    planes.map((plane) => [plane, kept.one('engine', `plane ${plane.key}`, (text) => parsePlane(plane, text))]),
  );
  const fresh = new Set(planes.filter((plane) => known.get(plane) === undefined));
  for (const plane of planes) if (!fresh.has(plane)) restoreRoutes(plane, kept, reader);
  restoreVoters(parts, kept, fresh, at);
  const anew = parts.seats.filter((seat) => !restoreSeat(seat, kept, known.get(seat.judge.plane)));
  for (const plane of parts.control.planes) {
    const state = known.get(plane);
    if (state === undefined) continue;
    plane.restore(state);
    kept.one('engine', `control ${plane.key}`, (text) => parts.control.restore(plane, parseMembers(text)));
  }
  parts.observer.restore(kept.needed('engine', 'observer', parseObserver));
  kept.all('engine', 'chain ', (source, text) => parts.chain.restore(source, parseLink(text)));
  return [...new Set(anew.map(({ judge }) => judge.plane.territory.id))];
}

/** What makes the records that were kept those of the state as it is. */
export function differences(records: readonly StateRecord[], state: readonly StateChange[]): readonly StateChange[] {
  const left = new Map(records.filter(isOfEngine).map((record) => [placeOf(record), record]));
  const changed = state.filter((change) => {
    const place = placeOf(change);
    const before = left.get(place);
    left.delete(place);
    return before?.value !== change.value;
  });
  return [...changed, ...[...left.values()].map(({ space, key }) => ({ space, key, value: undefined }))];
}

function restoreRoutes(plane: Plane, kept: KeptRecords, reader: Reader): void {
  kept.all(routesOf(plane), '', (key, text) => {
    const { peer, route } = reader.route(key, text);
    if (!plane.concerns(route.prefix)) throw new Error(`${route.prefix.text} does not concern ${plane.key}`);
    plane.restoreRoute(peer, route);
  });
  const sights = kept.all(sightsOf(plane), '', (_, text) => reader.sight(text));
  kept.reading(sightsOf(plane), undefined, () => plane.sights.restore(sights.sort(([a], [b]) => a - b)));
}

function restoreVoters({ electorate }: Parts, kept: KeptRecords, fresh: ReadonlySet<Plane>, at: EventTime): void {
  const state = kept.needed('engine', 'electorate', parseElectorate);
  const voters = kept.all('voters', '', parseVoter);
  kept.reading('voters', undefined, () => electorate.book.restore(state, voters, { fresh, at }));
}

/** `false`: it is judged anew. */
function restoreSeat(seat: Seat, kept: KeptRecords, state: ReturnType<typeof parsePlane>): boolean {
  const { judge, version } = seat;
  const { plane, changes } = judge;
  const units = plane.units.length;
  const fall = kept.one('engine', `fall ${plane.key}`, (text) => parseFall(text, units));
  const incident = kept.one('engine', `incident ${plane.key}`, (text) => parseIncident(text, fall));
  const written = kept.one('engine', `judge ${plane.key}`, (text) => parseJudge(text, units, { fall, incident }));
  if (state === undefined || written?.version !== version) {
    // The first look is at all of it.
    plane.restore({ ...plane.snapshot(), ...state, baseline: [], touched: [...plane.units.keys()] });
    return false;
  }
  plane.restore(state);
  judge.restore(written.judge);
  const states = kept.all('engine', `change ${plane.key} `, (key, text) => [key, parseChange(text)] as const);
  kept.reading('engine', `change ${plane.key}`, () => changes.restore(written.isReady, states));
  return true;
}

/** Records by their place. */
class KeptRecords {
  readonly #spaces = new Map<Space, Map<string, string>>();

  constructor(records: readonly StateRecord[]) {
    for (const { space, key, value } of records) {
      const inSpace = this.#spaces.get(space);
      if (inSpace === undefined) this.#spaces.set(space, new Map([[key, value]]));
      else inSpace.set(key, value);
    }
  }

  /** `undefined` when there is none. */
  one<T>(space: Space, key: string, read: (text: string) => T): T | undefined {
    const text = this.#spaces.get(space)?.get(key);
    return text === undefined ? undefined : this.reading(space, key, () => read(text));
  }

  needed<T>(space: Space, key: string, read: (text: string) => T): T {
    const text = this.#spaces.get(space)?.get(key);
    if (text === undefined) throw new UnreadableRecord(`there is no record ${space} ${key}`);
    return this.reading(space, key, () => read(text));
  }

  /** Each whose key begins so, by the rest of its key. */
  all<T>(space: Space, begin: string, read: (key: string, text: string) => T): T[] {
    return [...(this.#spaces.get(space) ?? [])]
      .filter(([key]) => key.startsWith(begin))
      .map(([key, text]) => this.reading(space, key, () => read(key.slice(begin.length), text)));
  }

  /** What goes wrong is put down to this record, or to all of the space. */
  reading<T>(space: Space, key: string | undefined, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof UnreadableRecord) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      const what = key === undefined ? `the records ${space}` : `the record ${space} ${key}`;
      throw new UnreadableRecord(`${what} cannot be read: ${reason}`, { cause: error });
    }
  }
}
