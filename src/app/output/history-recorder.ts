import { eventTime, isoTime, type EventTime } from '../../bgp/time.ts';
import type { Family } from '../../bgp/prefix.ts';
import type { UnroutableEvent, Verdict } from '../../detect/events/event.ts';
import type { Engine, TerritoryStatus } from '../../engine.ts';
import type { Space } from '../../spaces.ts';
import { History, type ChartLook } from '../../report/history.ts';
import type { VerdictSpan, VerdictTimeline } from '../../report/verdicts.ts';
import type { Territory } from '../../territory/territory.ts';

/** The recorded series of one territory and family, from the first look on. */
export interface RecordedSeries {
  readonly territory: Territory;
  readonly family: Family;
  readonly history: History;
  readonly spans: VerdictSpan[];
  /** Units that any voter has reported so far. It is not known whether the others were ever announced. */
  readonly reportedUnits: Set<string>;
}

/**
 * Territories with more units than this have no lifelines, and get only one look per bin, because a look at each unit
 * is slow.
 */
const MOST_UNITS = 256;

/** Observes an engine while it runs, for charts and for the timeline of verdicts. The engine does not depend on it. */
export class HistoryRecorder {
  readonly #seen = new Map<string, RecordedSeries>();
  readonly #isDrawn: boolean;
  #begin: EventTime | undefined;
  #isLarge = false;

  /** @param isDrawn whether charts or timelines are needed. If not, only `begin` is noted, which is cheap. */
  constructor(isDrawn = true) {
    this.#isDrawn = isDrawn;
  }

  get seen(): readonly RecordedSeries[] {
    return [...this.#seen.values()];
  }

  /** The second of the first look. */
  get begin(): EventTime | undefined {
    return this.#begin;
  }

  get verdicts(): readonly VerdictTimeline[] {
    return this.seen.map(({ territory, family, spans }) => ({ territory: territory.id, family, spans }));
  }

  /** The same engine, observed after each call that may change it. */
  watch(engine: Engine<Space>): Engine<Space> {
    return {
      get now() {
        return engine.now;
      },
      status: () => engine.status(),
      reachability: () => engine.reachability(),
      views: engine.views,
      openGaps: () => engine.openGaps(),
      state: () => engine.state(),
      takeChanges: () => engine.takeChanges(),
      neverJudged: (since) => engine.neverJudged(since),
      noteLoss: (data) => engine.noteLoss(data),
      apply: (element) => {
        const commit = engine.apply(element);
        // A probe is not about routes, and does not move their time.
        if (element.type === 'probe') return commit;
        const { now } = engine;
        if (now === undefined) return commit;
        this.#begin ??= (now - (now % 1000)) as EventTime;
        if (!this.#isDrawn) return commit;
        for (const event of commit?.events ?? []) this.#note(event);
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
    for (const status of statuses) {
      const { territory, family, verdict, since, isSighted, visibility } = status;
      const seen = this.#of(territory, family);
      if (status.units.length > MOST_UNITS) this.#isLarge = true;
      const units = status.units.length > MOST_UNITS ? [] : lifelines(seen, status);
      const share = isSighted ? visibility.share : undefined;
      seen.history.add({ at, verdict, share, voters: visibility.voters, units });
      noteVerdict(seen.spans, verdict, since === 0 ? at : since);
    }
  }

  /** Verdicts that lasted less than the time between two looks come from the events. */
  #note(event: UnroutableEvent): void {
    if (!('verdict' in event.data)) return;
    const { territory, family, verdict, since } = event.data;
    const seen = this.#seen.get(`${territory.id}/${family}`);
    if (seen !== undefined) noteVerdict(seen.spans, verdict, eventTime(since));
  }

  #of(territory: Territory, family: Family): RecordedSeries {
    const key = `${territory.id}/${family}`;
    let seen = this.#seen.get(key);
    if (seen === undefined) this.#seen.set(key, (seen = newSeen(territory, family)));
    return seen;
  }
}

function newSeen(territory: Territory, family: Family): RecordedSeries {
  return { territory, family, history: new History(), spans: [], reportedUnits: new Set() };
}

/** The known shares of units. */
function lifelines({ reportedUnits }: RecordedSeries, { units, isSighted }: TerritoryStatus): ChartLook['units'] {
  return units.map(({ text, share, isBaseline }) => {
    if (share > 0 || isBaseline) reportedUnits.add(text);
    return { unit: text, share: isSighted && reportedUnits.has(text) ? share : undefined };
  });
}

function noteVerdict(spans: VerdictSpan[], verdict: Verdict, since: EventTime): void {
  const last = spans.at(-1);
  if (last?.verdict === verdict) return;
  const at = isoTime(since);
  // A verdict that was replaced from its own start on has no duration, and is dropped. The first verdict stays.
  if (last?.since === at && spans.length > 1) spans.pop();
  else if (last !== undefined) spans[spans.length - 1] = { ...last, until: at };
  if (spans.at(-1)?.verdict === verdict) spans[spans.length - 1] = { verdict, since: spans.at(-1)?.since ?? at };
  else spans.push({ verdict, since: at });
}
