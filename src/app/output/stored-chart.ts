import { eventTime, type EventTime } from '../../bgp/time.ts';
import type { Selection } from '../../config/selection.ts';
import type { Reader } from '../../history/stored.ts';
import { good, type Result } from '../../lib/result.ts';
import { endOf, type PictureBucket, type PictureTimeline } from '../../pictures/pictures.ts';
import { chartLines, type ChartOptions } from '../../report/chart.ts';
import type { Bin, SeenShare } from '../../report/history.ts';
import { familyText } from '../../report/phrases.ts';
import { clockOf } from '../report/captions.ts';
import { factsOf, type ReportWanted } from '../report/facts.ts';

/** The options of charts of a store. */
export type ChartStyle = Pick<ChartOptions, 'width' | 'charset' | 'paint'>;

/** Charts of a watch's stored history, one for each territory and family, like those of a replay. */
export async function storedCharts(
  reader: Reader,
  { territories }: Selection,
  wanted: Pick<ReportWanted, 'from' | 'until'>,
  style: ChartStyle,
): Promise<Result<readonly string[]>> {
  const facts = await factsOf(reader, [], wanted);
  if (!facts.ok) return facts;
  const charts = facts.value.map((one) => {
    const { subject, range, fine } = one;
    const policy = territories.find(({ territory }) => territory.id === subject.territory)?.policy;
    return chartLines(binsOf(fine), {
      ...{ ...style, title: `${subject.about.name}, ${familyText(subject.family)}` },
      ...{ span: { from: range.from, to: range.until }, end: lastOf(fine, range.until), clock: clockOf(one) },
      thresholds: policy === undefined ? [] : [policy.degradedBelow, policy.restoredAt, policy.unroutableBelow],
    });
  });
  return good(charts.flatMap((lines) => ['', ...lines]));
}

function lastOf({ buckets }: PictureTimeline, until: EventTime): EventTime {
  const last = buckets.at(-1);
  return (last === undefined ? until : Math.min(until, endOf(last))) as EventTime;
}

/** The verdicts of a timeline for a chart. Time without a recording is unknown. */
function binsOf({ buckets, networks }: PictureTimeline): readonly Bin[] {
  const bins: Bin[] = [];
  let before: PictureBucket | undefined;
  for (const bucket of buckets) {
    const from = eventTime(bucket.at);
    const end = before === undefined ? from : (endOf(before) as EventTime);
    if (from > end) bins.push({ ...NOTHING, from: end, units: new Map(networks.map((name) => [name, NOT_SEEN])) });
    bins.push(binOf(bucket, { from, networks, before }));
    before = bucket;
  }
  return bins;
}

const NOT_SEEN: SeenShare = { share: undefined, range: undefined };
const NOTHING = { ...NOT_SEEN, verdict: 'unknown', blind: true, voters: 0 } as const;

function binOf(
  { share, networks: seen, voters }: PictureBucket,
  {
    from,
    networks,
    before,
  }: { readonly from: EventTime; readonly networks: readonly string[]; readonly before: PictureBucket | undefined },
): Bin {
  const units = networks.map((name, i): [string, SeenShare] => {
    const now = seen[i];
    if (share === null || now === undefined) return [name, NOT_SEEN];
    // The value at the start of a bucket is the value at the end of the one before.
    const held = before === undefined || before.share === null ? now.last : (before.networks[i]?.last ?? now.last);
    return [name, { share: now.last, range: { lowest: now.lowest, highest: Math.max(now.last, held) } }];
  });
  if (share === null) return { ...NOTHING, from, units: new Map(units) };
  const range = { lowest: share.lowest, highest: share.highest };
  return { share: share.last, range, verdict: 'routable', blind: false, from, voters, units: new Map(units) };
}
