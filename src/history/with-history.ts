import type { Element } from '../bgp/element.ts';
import type { EventTime } from '../bgp/time.ts';
import type { Commit, Engine, TerritoryStatus } from '../engine.ts';
import type { Space, StateChange } from '../spaces.ts';
import { routeKey } from '../rib/route-table.ts';
import { ConcernedViews } from '../rib/concerned-views.ts';
import type { TerritoryView } from '../rib/territory-view.ts';
import { readStored, type Reader } from './stored.ts';
import { ViewHistory } from './view-history.ts';

/**
 * The same engine, whose changes also contain the history: it is stored in the same write as the state. Continues from
 * what the store already has. Takes a sample once in each second of event time in which an element arrived.
 *
 * @param isWhole whether the next element directly follows the last stored one, as in a replay. Then the records are
 * those of an engine that never stopped. In a live feed, the time since then is unknown.
 */
export async function withHistory(engine: Engine<Space>, reader: Reader, isWhole = false): Promise<Engine<Space>> {
  const histories = new Map<TerritoryView, ViewHistory>();
  for (const view of engine.views) {
    const stored = await readStored(reader, `history/${view.territory.id}/${view.family}`);
    histories.set(view, new ViewHistory(view, stored));
  }
  const { now } = engine;
  if (isWhole && now !== undefined)
    for (const status of engine.status()) {
      const view = engine.views.find(({ key }) => key === `${status.territory.id}/${status.family}`);
      if (view !== undefined) histories.get(view)?.resume(status, now);
    }
  return new RecordedEngine(engine, histories);
}

class RecordedEngine implements Engine<Space> {
  readonly #engine: Engine<Space>;
  readonly #histories: ReadonlyMap<TerritoryView, ViewHistory>;
  readonly #concerned: ConcernedViews;
  readonly #bySubject: ReadonlyMap<string, ViewHistory>;
  /** Whether an element arrived since the last sample. */
  #isTouched = false;

  constructor(engine: Engine<Space>, histories: ReadonlyMap<TerritoryView, ViewHistory>) {
    this.#engine = engine;
    this.#histories = histories;
    this.#concerned = new ConcernedViews([...histories.keys()]);
    this.#bySubject = new Map<string, ViewHistory>([...histories].map(([view, history]) => [view.key, history]));
  }

  get now(): EventTime | undefined {
    return this.#engine.now;
  }

  get views(): Engine['views'] {
    return this.#engine.views;
  }

  status(): ReturnType<Engine['status']> {
    return this.#engine.status();
  }

  apply(element: Element): Commit | undefined {
    // A probe is not about routes and does not move their time.
    if (element.type === 'probe') return this.#engine.apply(element);
    const { now } = this.#engine;
    // A sample at the end of the second before.
    if (this.#isTouched && now !== undefined && Math.floor(element.at / 1000) > Math.floor(now / 1000)) this.#look(now);
    this.#isTouched = true;
    const commit = this.#applied(element);
    for (const event of commit?.events ?? []) this.#bySubject.get(event.subject)?.noteEvent(event);
    return commit;
  }

  takeChanges(): readonly StateChange[] {
    const { now } = this.#engine;
    if (now !== undefined && this.#isTouched) this.#look(now);
    const changes = this.#engine.takeChanges();
    const history = [...this.#histories.values()].flatMap((one) => one.take());
    return history.length === 0 ? changes : [...changes, ...history];
  }

  state(): readonly StateChange[] {
    const histories = [...this.#histories.values()];
    for (const history of histories) history.touch();
    return [...this.#engine.state(), ...histories.flatMap((one) => one.take())];
  }

  reachability(): ReturnType<Engine['reachability']> {
    return this.#engine.reachability();
  }

  openGaps(): ReturnType<Engine['openGaps']> {
    return this.#engine.openGaps();
  }

  neverJudged(since: EventTime): ReturnType<Engine['neverJudged']> {
    return this.#engine.neverJudged(since);
  }

  noteLoss(data: Parameters<Engine['noteLoss']>[0]): Commit {
    return this.#engine.noteLoss(data);
  }

  #look(at: EventTime): void {
    this.#isTouched = false;
    const statuses = new Map<string, TerritoryStatus>(
      this.#engine.status().map((status) => [`${status.territory.id}/${status.family}`, status]),
    );
    for (const [view, history] of this.#histories) {
      const status = statuses.get(view.key);
      if (status !== undefined) history.look(status, at);
    }
  }

  #applied(element: Element): Commit | undefined {
    if (element.type !== 'announcement' && element.type !== 'withdrawal') return this.#engine.apply(element);
    const { peer, prefix, pathId } = element;
    const key = routeKey(prefix, pathId);
    const concerned = this.#concerned.of(prefix).flatMap((view) => {
      const history = this.#histories.get(view);
      return history === undefined ? [] : [{ history, before: history.pathOf(peer, key) }];
    });
    const commit = this.#engine.apply(element);
    const after = element.type === 'announcement' ? element.path : undefined;
    const at = this.#engine.now ?? element.at;
    for (const { history, before } of concerned) history.note({ at, before, after });
    return commit;
  }
}
