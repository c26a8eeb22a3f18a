import { eventTime, isoTime } from '../../bgp/time.ts';
import { CSV_COLUMNS, csvCells, csvLine } from '../../report/csv.ts';
import type { SubjectFacts } from './facts.ts';
import { rounded } from '../../detect/incident/spans.ts';

/** The tables of a report, as CSV. */
export const TABLES = ['series', 'incidents', 'spans', 'events'] as const;

/** The name of a table. */
export type Table = (typeof TABLES)[number];

type Cells = readonly (string | number)[];

/** A table of all territories, RFC 4180: a header, then a row each. */
export function tableCsv(table: Table, all: readonly SubjectFacts[]): string {
  const { head, rows } = tableOf(table, all);
  return [head, ...rows].map(csvLine).join('');
}

/** A table of all territories: the names of its columns, and its rows. A cell without a value is the empty text. */
export function tableOf(table: Table, all: readonly SubjectFacts[]): { head: readonly string[]; rows: Cells[] } {
  const { head, rowsOf } = KINDS[table];
  return { head, rows: all.flatMap(rowsOf) };
}

interface Kind {
  readonly head: readonly string[];
  readonly rowsOf: (facts: SubjectFacts) => readonly Cells[];
}

const SERIES: readonly string[] = [
  ...['time', 'width_s', 'territory', 'family', 'network', 'collector', 'mean', 'lowest', 'highest', 'last'],
  ...['voters', 'collectors', 'known_s', 'blind_s'],
];

/**
 * Visibility over time: a row for the territory, a row for each network, a row for each collector. While it is unknown,
 * shares are empty, not zero.
 */
function seriesRows({ subject, timeline, peers }: SubjectFacts): readonly Cells[] {
  const byCollector = collectorShares(peers);
  return timeline.buckets.flatMap(({ at, widthMs, share, networks, voters, collectors, knownMs, blindMs }) => {
    const lead = [at, widthMs / 1000, subject.territory, subject.family];
    const seen = share === null ? ['', '', '', ''] : [share.mean, share.lowest, share.highest, share.last];
    const all: Cells = [...lead, '', '', ...seen, voters, collectors, knownMs / 1000, blindMs / 1000];
    const of = (name: string, collector: string, lowest: number, last: number): Cells => [
      ...[...lead, name, collector, '', lowest, '', last, '', '', '', ''],
    ];
    const units =
      share === null ? [] : networks.map((one, i) => of(timeline.networks[i] ?? '', '', one.lowest, one.last));
    const perCollector = [...byCollector].flatMap(([name, shareOf]) => {
      const found = shareOf(eventTime(at), eventTime(at) + widthMs);
      return found === undefined ? [] : [of('', name, found.lowest, found.last)];
    });
    return [all, ...units, ...perCollector];
  });
}

type SharesOf = (from: number, until: number) => { readonly lowest: number; readonly last: number } | undefined;

/**
 * For each collector: of the pairs of a network and a voting session, the share that has a route. Exact to the second,
 * for ranges with recorded sessions.
 */
function collectorShares(peers: SubjectFacts['peers']): ReadonlyMap<string, SharesOf> {
  const names = [...new Set(peers?.peers.map(({ collector }) => collector))].sort();
  return new Map(
    names.map((name) => {
      const sessions = (peers?.peers ?? []).filter(({ collector }) => collector === name);
      const begin = sessions.map(({ sees }) => sees);
      const steps = sessions.flatMap(({ changes }, i) =>
        changes.map(({ at, sees }) => ({ at: eventTime(at), i, sees })),
      );
      return [
        name,
        sharesOver(
          begin,
          steps.sort((a, b) => a.at - b.at || a.i - b.i),
          peers?.networks ?? 1,
        ),
      ];
    }),
  );
}

interface Step {
  readonly at: number;
  /** Number of the session. */
  readonly i: number;
  readonly sees: number | null;
}

function sharesOver(begin: readonly (number | null)[], steps: readonly Step[], networks: number): SharesOf {
  const shareNow = (now: readonly (number | null)[]): number | undefined => {
    const known = now.filter((sees) => sees !== null);
    return known.length === 0 ? undefined : known.reduce((a, b) => a + b, 0) / (known.length * networks);
  };
  const points: { readonly at: number; readonly share: number | undefined }[] = [{ at: 0, share: shareNow(begin) }];
  const now = [...begin];
  for (const { at, i, sees } of steps) {
    now[i] = sees;
    const point = { at, share: shareNow(now) };
    // Only the end of each second counts, because messages within one second have no order between sessions.
    if (points.at(-1)?.at === at) points[points.length - 1] = point;
    else points.push(point);
  }
  return (from, until) => {
    const last = points.findLast(({ at }) => at < until);
    if (last?.share === undefined) return undefined;
    const held = points.findLast(({ at }) => at <= from);
    const within = points.filter(({ at }) => at > from && at < until);
    const shares = [held, ...within].flatMap((point) => point?.share ?? []);
    return { lowest: rounded(Math.min(...shares)), last: rounded(last.share) };
  };
}

const INCIDENTS: readonly string[] = [
  ...['territory', 'family', 'incident', 'state', 'worst', 'shape', 'from', 'until', 'duration_s', 'unroutable_s'],
  ...['degraded_s', 'unknown_s', 'drops', 'outages', 'depth', 'since_at_latest', 'messages', 'rebased', 'backfilled'],
];

function incidentRows({ subject, incidents }: SubjectFacts): readonly Cells[] {
  return incidents.map((one) => [
    ...[subject.territory, subject.family, one.id, one.state, one.worst, one.shape],
    ...[one.spans[0]?.from ?? '', one.spans.at(-1)?.until ?? ''],
    ...[one.durationMs === undefined ? '' : one.durationMs / 1000, one.unroutableMs / 1000],
    ...[one.degradedMs / 1000, one.unknownMs / 1000, one.drops, one.outages, one.depth],
    ...[one.sinceAtLatest === true ? 'true' : '', one.evidence.count],
    ...[one.rebased === true ? 'true' : '', one.backfilled ? 'true' : ''],
  ]);
}

const SPANS: readonly string[] = ['territory', 'family', 'verdict', 'from', 'until', 'duration_s'];

/** The whole range by verdict. `unknown`: there were too few voters; `off`: nothing was recorded. */
function spanRows({ subject, stretches }: SubjectFacts): readonly Cells[] {
  return stretches.map(({ verdict, from, until }) => [
    ...[subject.territory, subject.family, verdict, isoTime(from), isoTime(until), (until - from) / 1000],
  ]);
}

const KINDS: Readonly<Record<Table, Kind>> = {
  series: { head: SERIES, rowsOf: seriesRows },
  incidents: { head: INCIDENTS, rowsOf: incidentRows },
  spans: { head: SPANS, rowsOf: spanRows },
  events: { head: CSV_COLUMNS, rowsOf: ({ events }) => events.map(csvCells) },
};
