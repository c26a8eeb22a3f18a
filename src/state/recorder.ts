import type { PeerId } from '../bgp/peer.ts';
import type { EventTime } from '../bgp/time.ts';
import type { Plane } from '../rib/territory-view.ts';
import type { StateChange } from './record.ts';
import { voterText } from '../peers/peer-snapshot.ts';
import { planeText, routePlace, routesOf, routeText, sightKey, sightsOf, sightText } from './territory-view-codec.ts';
import { allPlanes, type Parts, type Seat } from './engine-parts.ts';
import { openIncidentOf, verdictText } from '../detect/status.ts';
import { fallText, incidentText } from './incident-codec.ts';
import { changeText, judgeText } from './evaluator-codec.ts';
import { linkText, membersText, observerText } from './observer-codec.ts';

/**
 * Writes down the state of an engine. What there is much of (routes, sights, voters, what a judge follows) says itself
 * what changed; the rest is small, and is compared with what was written last.
 */
export class Recorder {
  readonly #parts: Parts;
  readonly #planes: readonly Plane[];
  /** Texts of what is compared, by place; `undefined` before anything was written. */
  #written: Map<string, StateChange> | undefined;
  /** Whether anything can have changed since it was last written. */
  #isTouched = true;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#planes = allPlanes(parts);
  }

  /** Something was heard, or a deadline passed. */
  touch(): void {
    this.#isTouched = true;
  }

  /** What changed since this was last called; the first time all of it. */
  take(at: EventTime): readonly StateChange[] {
    const isFirst = this.#written === undefined;
    if (isFirst) this.#start();
    if (!isFirst && !this.#isTouched) return [];
    this.#isTouched = false;
    const compared = this.#compared(at);
    return [...(isFirst ? this.#many() : this.#manyAltered()), ...this.#difference(compared)];
  }

  all(at: EventTime): readonly StateChange[] {
    return [...this.#many(), ...this.#compared(at)];
  }

  /** From now on all that changes is noted. */
  #start(): void {
    for (const plane of this.#planes) {
      plane.altered.start();
      plane.sights.takeAltered();
    }
    this.#parts.electorate.book.altered.start();
    for (const { judge } of this.#parts.seats) judge.changes.altered.start();
  }

  *#many(): Iterable<StateChange> {
    for (const plane of this.#planes) {
      const space = routesOf(plane);
      for (const { peer, routes } of plane.views.values())
        for (const [key, held] of routes) yield { space, key: routePlace(peer, key), value: routeText(held) };
      for (const [number, sight] of plane.sights.numbered())
        yield { space: sightsOf(plane), key: sightKey(number), value: sightText(number, sight) };
    }
    for (const id of this.#parts.electorate.book.ids()) yield this.#voter(id);
    for (const { judge } of this.#parts.seats) for (const key of judge.changes.keys()) yield this.#change(judge, key);
  }

  *#manyAltered(): Iterable<StateChange> {
    for (const plane of this.#planes) {
      const space = routesOf(plane);
      for (const [{ peer, routes }, keys] of plane.altered.take()) {
        for (const key of keys) {
          const held = routes.get(key);
          yield { space, key: routePlace(peer, key), value: held && routeText(held) };
        }
      }
      yield* alteredSights(plane);
    }
    const { book } = this.#parts.electorate;
    for (const id of book.altered.take()) yield this.#voter(id);
    for (const { judge } of this.#parts.seats)
      for (const key of judge.changes.altered.take()) yield this.#change(judge, key);
  }

  #voter(id: PeerId): StateChange {
    const voter = this.#parts.electorate.book.voter(id);
    return { space: 'voters', key: id, value: voter && voterText(voter) };
  }

  #change({ plane, changes }: Seat['judge'], key: string): StateChange {
    const state = changes.stateOf(key);
    return { space: 'engine', key: `change ${plane.key} ${key}`, value: state && changeText(state) };
  }

  /** What is compared, as it is now. */
  #compared(at: EventTime): readonly StateChange[] {
    const { seats, control, electorate, observer, chain } = this.#parts;
    return [
      engine('electorate', JSON.stringify(electorate.book.snapshot())),
      engine('observer', observerText(observer.snapshot())),
      ...[...chain.snapshot()].map(([source, link]) => engine(`chain ${source}`, linkText(link))),
      ...this.#planes.map((plane) => engine(`plane ${plane.key}`, planeText(plane))),
      ...control.planes.map((plane) => engine(`control ${plane.key}`, membersText(control.snapshot(plane)))),
      ...seats.flatMap((seat) => ofSeat(seat, at)),
    ];
  }

  /** What is to be written of it, and what is no more. */
  #difference(compared: readonly StateChange[]): readonly StateChange[] {
    const before = this.#written ?? new Map<string, StateChange>();
    const now = new Map(compared.map((change) => [placeOf(change), change]));
    this.#written = now;
    const changed = compared.filter((change) => before.get(placeOf(change))?.value !== change.value);
    const gone = [...before].filter(([place]) => !now.has(place));
    return [...changed, ...gone.map(([, { space, key }]) => ({ space, key, value: undefined }))];
  }
}

/** Where a record stands: the space and the key, which no space has in its name. */
export function placeOf({ space, key }: Pick<StateChange, 'space' | 'key'>): string {
  return `${space} ${key}`;
}

function ofSeat({ judge, version }: Seat, at: EventTime): readonly StateChange[] {
  const { plane, changes } = judge;
  const snapshot = judge.snapshot();
  const { fall, incident } = snapshot.story;
  const open = openIncidentOf(judge);
  return [
    engine(`judge ${plane.key}`, judgeText(version, changes.isReady, snapshot)),
    ...(fall === undefined ? [] : [engine(`fall ${plane.key}`, fallText(fall))]),
    ...(incident === undefined ? [] : [engine(`incident ${plane.key}`, incidentText(incident))]),
    { space: 'verdicts', key: plane.key, value: verdictText(judge, at) },
    ...(open === undefined ? [] : [{ space: 'incidents', key: plane.key, value: JSON.stringify(open) } as const]),
  ];
}

function* alteredSights(plane: Plane): Iterable<StateChange> {
  const space = sightsOf(plane);
  const { came, went } = plane.sights.takeAltered();
  const keys = new Set(came.map(([number]) => sightKey(number)));
  for (const number of went) if (!keys.has(sightKey(number))) yield { space, key: sightKey(number), value: undefined };
  for (const [number, sight] of came) yield { space, key: sightKey(number), value: sightText(number, sight) };
}

function engine(key: string, value: string): StateChange {
  return { space: 'engine', key, value };
}
