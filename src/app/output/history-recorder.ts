import { isoTime, type EventTime } from '../../bgp/time.ts';
import type { Family } from '../../bgp/prefix.ts';
import type { Verdict } from '../../detect/events/event.ts';
import type { Engine, TerritoryStatus } from '../../engine.ts';
import { History } from '../../report/history.ts';
import type { VerdictSpan, VerdictTimeline } from '../../report/verdicts.ts';
import type { Territory } from '../../territory/territory.ts';

/** What was seen of one territory and family from the first look on. */
export interface Seen {
  readonly territory: Territory;
  readonly family: Family;
  readonly history: History;
  readonly spans: VerdictSpan[];
}

/** Territories of more units than this have no lifelines, and are looked at once a bin: looking at each costs too much. */
const MOST_UNITS = 256;

/** Looks at an engine while it runs, for charts and for the timeline of verdicts. The engine knows nothing of it. */
export class HistoryRecorder {
  readonly #seen = new Map<string, Seen>();
  #isLarge = false;

  get seen(): readonly Seen[] {
    return [...this.#seen.values()];
  }

  /** When it looked first. */
  get begin(): EventTime | undefined {
    const [first] = this.#seen.values();
    return first?.history.bins[0]?.from;
  }

  get verdicts(): readonly VerdictTimeline[] {
    return this.seen.map(({ territory, family, spans }) => ({ territory: territory.id, family, spans }));
  }

  /** The same engine, looked at after whatever may have changed it. */
  watch(engine: Engine): Engine {
    return {
      get now() {
        return engine.now;
      },
      status: () => engine.status(),
      state: () => engine.state(),
      takeChanges: () => engine.takeChanges(),
      noteLoss: (data) => engine.noteLoss(data),
      apply: (element) => {
        const commit = engine.apply(element);
        const { now } = engine;
        if (now === undefined) return commit;
        const isNews = commit !== undefined || (element.type !== 'tick' && !this.#isLarge);
        if (isNews || this.#isDue(now)) this.#look(now, engine.status());
        return commit;
      },
    };
  }

  #isDue(at: EventTime): boolean {
    const [first] = this.#seen.values();
    return first === undefined || first.history.wants(at);
  }

  #look(at: EventTime, statuses: readonly TerritoryStatus[]): void {
    for (const { territory, family, verdict, since, visibility, units } of statuses) {
      const seen = this.#of(territory, family);
      if (units.length > MOST_UNITS) this.#isLarge = true;
      const lifelines = units.length > MOST_UNITS ? [] : units.map(({ text, share }) => ({ unit: text, share }));
      seen.history.add({ at, verdict, share: visibility.share, voters: visibility.voters, units: lifelines });
      noteVerdict(seen.spans, verdict, since === 0 ? at : since);
    }
  }

  #of(territory: Territory, family: Family): Seen {
    const key = `${territory.id}/${family}`;
    let seen = this.#seen.get(key);
    if (seen === undefined) this.#seen.set(key, (seen = { territory, family, history: new History(), spans: [] }));
    return seen;
  }
}

function noteVerdict(spans: VerdictSpan[], verdict: Verdict, since: EventTime): void {
  const last = spans.at(-1);
  if (last?.verdict === verdict) return;
  if (last !== undefined) spans[spans.length - 1] = { ...last, until: isoTime(since) };
  spans.push({ verdict, since: isoTime(since) });
}
