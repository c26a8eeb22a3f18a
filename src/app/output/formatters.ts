import type { EventTime } from '../../bgp/time.ts';
import type { UnroutableEvent } from '../../detect/events/event.ts';
import { chartLines, type Charset } from '../../report/chart.ts';
import { clocksFor } from '../../report/clocks.ts';
import type { Span } from '../../report/columns.ts';
import { csvHeader, csvRow } from '../../report/csv.ts';
import { cardsIn, cardsText } from '../report/cards.ts';
import { replayJson, type ReplayDocument } from '../../report/json.ts';
import type { Paint } from '../../report/paint.ts';
import { familyText, type Clocks } from '../../report/phrases.ts';
import { jsonText } from '../../report/printable.ts';
import { summaryLines, type Standing } from '../../report/summary.ts';
import { createTimeline } from '../../report/timeline.ts';
import type { TextSink } from '../../sinks/stdout.ts';
import type { Selection } from '../../config/selection.ts';
import type { RecordedSeries } from './history-recorder.ts';
import type { TerritoryStatus } from '../../engine.ts';

/** The formats of a replay's output. */
export const FORMATS = ['text', 'ndjson', 'json', 'csv', 'md'] as const;

/** The format of a replay's output. */
export type Format = (typeof FORMATS)[number];

/** Writes a run in one format: events as they come, the rest at the end. */
export interface Formatter {
  begin(): Promise<void>;
  write(events: readonly UnroutableEvent[]): Promise<void>;
  end(outcome: ReplayOutcome): Promise<void>;
}

/** A finished run. */
export interface ReplayOutcome extends ReplayDocument {
  readonly standings: readonly Standing[];
  readonly seen: readonly RecordedSeries[];
  readonly begin: EventTime | undefined;
  readonly hasDump: boolean;
}

/** How text is drawn on the terminal. */
export interface TextStyle {
  readonly paint: Paint;
  readonly width: number;
  readonly charset: Charset;
  readonly chart: boolean;
}

/** The formatter of this format, which writes to `sink`. */
export function createFormatter(format: Format, sink: TextSink, selection: Selection, style: TextStyle): Formatter {
  switch (format) {
    case 'text':
      return textFormatter(sink, selection, style);
    case 'ndjson':
      return rowFormatter(sink, '', (event) => `${jsonText(event)}\n`);
    case 'csv':
      return rowFormatter(sink, csvHeader(), csvRow);
    case 'json':
      return {
        begin: () => Promise.resolve(),
        write: () => Promise.resolve(),
        end: (outcome) => sink.write(replayJson(outcome)),
      };
    case 'md':
      return cardFormatter(sink, clocksOf(selection));
  }
}

function rowFormatter(sink: TextSink, header: string, row: (event: UnroutableEvent) => string): Formatter {
  return {
    begin: () => sink.write(header),
    write: (events) => sink.write(events.map(row).join('')),
    end: () => Promise.resolve(),
  };
}

/** The card of each incident, from its last event. */
function cardFormatter(sink: TextSink, clocks: Clocks): Formatter {
  return {
    begin: () => Promise.resolve(),
    write: () => Promise.resolve(),
    end: ({ events }) => sink.write(cardsText(cardsIn(events, clocks), 'md')),
  };
}

function textFormatter(sink: TextSink, selection: Selection, style: TextStyle): Formatter {
  const clocks = clocksOf(selection);
  const write = (lines: readonly string[]) => sink.write(lines.map((line) => `${line}\n`).join(''));
  const { paint, width } = style;
  const policies = new Map(selection.territories.map(({ territory, policy }) => [territory.id, policy]));
  const timeline = createTimeline({
    clocks,
    paint,
    width,
    degradedBelow: (id) => policies.get(id)?.degradedBelow ?? 0,
  });
  let isQuiet = true;
  return {
    begin: () => Promise.resolve(),
    write(events) {
      isQuiet &&= events.length === 0;
      return write(timeline(events));
    },
    async end(outcome) {
      const isSeen = outcome.standings.some(({ verdict }) => verdict !== 'unknown');
      if (isQuiet && isSeen) await write(['There were no events.']);
      if (style.chart) await write(charts(outcome, selection, clocks, style));
      const { end, standings, incidents, files, records, damage, hasDump, status } = outcome;
      const interrupted = status === 'interrupted';
      const summary = { end, standings, incidents, files: files.length, records, damage, hasDump, interrupted };
      await write(['', ...summaryLines(summary, { clocks, paint, width })]);
    },
  };
}

/** One chart for each territory and family with data. */
function charts(
  outcome: ReplayOutcome,
  { territories }: Selection,
  clocks: Clocks,
  style: TextStyle,
): readonly string[] {
  const { end, seen } = outcome;
  const span = chartSpan(outcome);
  if (end === undefined || span === undefined) return [];
  return seen
    .filter(({ spans }) => spans.some(({ verdict }) => verdict !== 'unknown'))
    .flatMap(({ territory, family, history }) => {
      const policy = territories.find((watched) => watched.territory.id === territory.id)?.policy;
      const thresholds = policy === undefined ? [] : [policy.degradedBelow, policy.restoredAt, policy.unroutableBelow];
      const title = `${territory.name}, ${familyText(family)}`;
      return ['', ...chartLines(history.bins, { ...style, title, span, end, thresholds, clock: clocks(territory.id) })];
    });
}

/** The requested range; where it is open, the range that was read. At least a minute. */
function chartSpan({ begin, end, since, until }: ReplayOutcome): Span | undefined {
  if (begin === undefined || end === undefined) return undefined;
  const from = since ?? begin;
  return { from, to: Math.max(until ?? end, from + 60_000) as EventTime };
}

/** The state of each territory and family, for the summary. */
export function standingsOf(statuses: readonly TerritoryStatus[], { territories }: Selection): readonly Standing[] {
  const needed = new Map(territories.map(({ territory, policy }) => [territory.id, policy.minVoters]));
  return statuses.map(({ territory, family, verdict, since, pending, visibility }) => ({
    ...{ territory, family, verdict, pending, visibility },
    since: since === 0 ? undefined : since,
    minVoters: needed.get(territory.id) ?? 0,
  }));
}

/** The context of sentences about a selection. The observer, and territories without a time zone, use UTC. */
export function clocksOf({ territories }: Selection): Clocks {
  return clocksFor(territories.map(({ territory }) => territory));
}
