import type { PeerId } from '../bgp/peer.ts';
import type { EventTime } from '../bgp/time.ts';
import type { TerritoryView } from '../rib/territory-view.ts';
import { STATE_FORMAT, type EngineChange } from './record.ts';
import { recordText } from './codec.ts';
import {
  territoryViewText,
  routePlace,
  routesOf,
  routeText,
  visibilityChangeKey,
  visibilityLogOf,
  visibilityChangeText,
} from './territory-view-codec.ts';
import { allViews, type Parts, type NamedEvaluator } from './engine-parts.ts';
import { openIncidentOf, verdictText } from '../detect/status.ts';
import { fall, incident } from './incident-codec.ts';
import { change, evaluatorRecord } from './evaluator-codec.ts';
import { reachRecords } from './reach-codec.ts';
import { link, members, observer } from './observer-codec.ts';
import { peerTable, voter } from './voter-codec.ts';

/**
 * Turns the state of an engine into records, and lists those that changed. Large parts (routes, visibility changes,
 * voters, followed changes) track their own changes. The rest is small, and is compared with the last records.
 */
export class Recorder {
  readonly #parts: Parts;
  readonly #views: readonly TerritoryView[];
  /** The compared records as last written, by owner and by place; `undefined` before the first write. */
  #written: Map<Owner, ReadonlyMap<string, EngineChange>> | undefined;
  readonly #looked: () => ReadonlySet<NamedEvaluator>;
  /** Whether anything may have changed since the last write. */
  #isTouched = true;

  /** @param looked returns the evaluators whose state may have changed since its last call; at first all. */
  constructor(parts: Parts, looked: () => ReadonlySet<NamedEvaluator>) {
    this.#parts = parts;
    this.#looked = looked;
    this.#views = allViews(parts);
  }

  /** Call when a message was applied or a deadline passed. */
  touch(): void {
    this.#isTouched = true;
  }

  /** The records that changed since the last call; at the first call all records. */
  take(at: EventTime): readonly EngineChange[] {
    const isFirst = this.#written === undefined;
    if (isFirst) this.#start();
    if (!isFirst && !this.#isTouched) return [];
    this.#isTouched = false;
    const looked = this.#looked();
    const owners: readonly Owner[] = ['engine', ...(isFirst ? this.#parts.evaluators : looked)];
    return [
      ...(isFirst ? this.#many() : this.#manyDirty()),
      ...owners.flatMap((owner) => this.#difference(owner, this.#comparedOf(owner, at))),
    ];
  }

  all(at: EventTime): readonly EngineChange[] {
    return [...this.#many(), ...this.#compared(at)];
  }

  /** The large parts track their changes from now on. */
  #start(): void {
    for (const view of this.#views) {
      view.dirty.start();
      view.visibilityLog.takeDirty();
    }
    this.#parts.peerTable.snapshots.dirty.start();
    for (const { evaluator } of this.#parts.evaluators) evaluator.changes.dirty.start();
  }

  *#many(): Iterable<EngineChange> {
    for (const view of this.#views) {
      const space = routesOf(view);
      for (const { peer, routes } of view.ribs.values())
        for (const [key, held] of routes.entries()) yield { space, key: routePlace(peer, key), value: routeText(held) };
      for (const [number, sight] of view.visibilityLog.numbered())
        yield {
          space: visibilityLogOf(view),
          key: visibilityChangeKey(number),
          value: visibilityChangeText(number, sight),
        };
    }
    for (const id of this.#parts.peerTable.snapshots.ids()) yield this.#voter(id);
    for (const { evaluator } of this.#parts.evaluators)
      for (const key of evaluator.changes.keys()) yield this.#change(evaluator, key);
  }

  *#manyDirty(): Iterable<EngineChange> {
    for (const view of this.#views) {
      const space = routesOf(view);
      for (const [{ peer, routes }, keys] of view.dirty.take()) {
        for (const key of keys) {
          const held = routes.get(key);
          yield { space, key: routePlace(peer, key), value: held && routeText(held) };
        }
      }
      yield* dirtyVisibilityChanges(view);
    }
    const { snapshots } = this.#parts.peerTable;
    for (const id of snapshots.dirty.take()) yield this.#voter(id);
    for (const { evaluator } of this.#parts.evaluators)
      for (const key of evaluator.changes.dirty.take()) yield this.#change(evaluator, key);
  }

  #voter(id: PeerId): EngineChange {
    const known = this.#parts.peerTable.snapshots.voter(id);
    return { space: 'voters', key: id, value: known && recordText(voter, known) };
  }

  #change({ view, changes }: NamedEvaluator['evaluator'], key: string): EngineChange {
    const state = changes.stateOf(key);
    return { space: 'engine', key: `change ${view.key} ${key}`, value: state && recordText(change, state) };
  }

  /** The records to compare, in their present form. */
  #compared(at: EventTime): readonly EngineChange[] {
    const owners: readonly Owner[] = ['engine', ...this.#parts.evaluators];
    return owners.flatMap((owner) => this.#comparedOf(owner, at));
  }

  #comparedOf(owner: Owner, at: EventTime): readonly EngineChange[] {
    if (owner !== 'engine') return ofEvaluator(owner, at);
    const { control, chain, reach } = this.#parts;
    return [
      engine('format', String(STATE_FORMAT)),
      engine('peers', recordText(peerTable, this.#parts.peerTable.snapshots.snapshot())),
      engine('observer', recordText(observer, this.#parts.observer.snapshot())),
      ...[...chain.snapshot()].map(([source, end]) => engine(`chain ${source}`, recordText(link, end))),
      ...reachRecords(reach, at),
      ...control.views.flatMap((view) => [
        engine(`view ${view.key}`, territoryViewText(view)),
        engine(`control ${view.key}`, recordText(members, { members: control.snapshot(view) })),
      ]),
    ];
  }

  /** The records to write for this owner: changed ones, and removals. */
  #difference(owner: Owner, compared: readonly EngineChange[]): readonly EngineChange[] {
    const written = (this.#written ??= new Map<Owner, ReadonlyMap<string, EngineChange>>());
    const before = written.get(owner) ?? new Map<string, EngineChange>();
    const now = new Map(compared.map((change) => [placeOf(change), change]));
    written.set(owner, now);
    const changed = compared.filter((change) => before.get(placeOf(change))?.value !== change.value);
    const gone = [...before].filter(([place]) => !now.has(place));
    return [...changed, ...gone.map(([, { space, key }]) => ({ space, key, value: undefined }))];
  }
}

/** The owner of a state: an evaluator, or the engine as a whole. */
type Owner = 'engine' | NamedEvaluator;

/** The place of a record: space and key. The names of spaces contain no blank. */
export function placeOf({ space, key }: Pick<EngineChange, 'space' | 'key'>): string {
  return `${space} ${key}`;
}

function ofEvaluator({ evaluator, version }: NamedEvaluator, at: EventTime): readonly EngineChange[] {
  const { view, changes } = evaluator;
  const snapshot = evaluator.snapshot();
  const { tracker } = snapshot;
  const open = openIncidentOf(evaluator);
  return [
    engine(`view ${view.key}`, territoryViewText(view)),
    engine(
      `evaluator ${view.key}`,
      recordText(evaluatorRecord, { version, isReady: changes.isReady, evaluator: snapshot }),
    ),
    ...(tracker.fall === undefined ? [] : [engine(`fall ${view.key}`, recordText(fall, tracker.fall))]),
    ...(tracker.incident === undefined ? [] : [engine(`incident ${view.key}`, recordText(incident, tracker.incident))]),
    { space: 'verdicts', key: view.key, value: verdictText(evaluator, at) },
    ...(open === undefined ? [] : [{ space: 'incidents', key: view.key, value: JSON.stringify(open) } as const]),
  ];
}

function* dirtyVisibilityChanges(view: TerritoryView): Iterable<EngineChange> {
  const space = visibilityLogOf(view);
  const { came, went } = view.visibilityLog.takeDirty();
  const keys = new Set(came.map(([number]) => visibilityChangeKey(number)));
  for (const number of went)
    if (!keys.has(visibilityChangeKey(number))) yield { space, key: visibilityChangeKey(number), value: undefined };
  for (const [number, sight] of came)
    yield { space, key: visibilityChangeKey(number), value: visibilityChangeText(number, sight) };
}

function engine(key: string, value: string): EngineChange {
  return { space: 'engine', key, value };
}
