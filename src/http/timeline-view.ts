import { DAY_MS, isoTime, MINUTE_MS } from '../bgp/time.ts';
import type { Seen, TimelineBucket } from '../history/bucket.ts';
import type { ExactLook } from '../history/exact.ts';
import { exactLooks, resolutionFor, timeline, verdictTurns } from '../history/query.ts';
import type { Reader } from '../history/stored.ts';
import type { Answers } from './answers.ts';
import type { Questions } from './questions.ts';
import { Refused, subjectOfOne } from './subjects.ts';
import { named, rangeOf } from './views.ts';

type Timeline = Answers['timeline'];
type BucketView = Timeline['buckets'][number];
type Asked = Questions['timeline'];

/** The visibility of a territory and family over time. */
export async function timelineView(store: Reader, asked: Asked): Promise<Timeline> {
  const { head, buckets } = await timelineOf(store, asked);
  return { ...head, buckets: buckets.map(bucketView) };
}

/** The same as JSON text, for the API. The text of a bucket is cached. */
export async function timelineText(
  store: Reader,
  asked: Asked,
  names: ReadonlyMap<number, string> = new Map(),
): Promise<string> {
  const { head, buckets } = await timelineOf(store, asked);
  const texts = await textsOf(buckets, store);
  const asns = new Set<number>();
  if (names.size > 0) for (const { upstreams } of buckets) for (const [asn] of upstreams) asns.add(asn);
  return `${JSON.stringify({ ...head, ...namesView(asns, names) }).slice(0, -1)},"buckets":[${texts.join(',')}]}`;
}

/** The texts of buckets. After a number of new ones it yields to other work of the process. */
async function textsOf(buckets: readonly TimelineBucket[], { parsed, breathe }: Reader): Promise<string[]> {
  const texts: string[] = [];
  let fresh = 0;
  for (const bucket of buckets) {
    let text = parsed?.texts.get(bucket);
    if (text === undefined) {
      text = JSON.stringify(bucketView(bucket));
      parsed?.texts.set(bucket, text);
      if (++fresh % AT_ONCE === 0) await breathe?.();
    }
    texts.push(text);
  }
  return texts;
}

const AT_ONCE = 500;

/** Names of the ASes of an answer, by number. */
interface NamesView {
  readonly asNames?: { readonly asn: number; readonly name: string }[];
}

/** The names of these ASes; an empty object if none has a known name. */
export function namesView(asns: Iterable<number>, names: ReadonlyMap<number, string>): NamesView {
  const known = [...asns].sort((a, b) => a - b).map((asn) => ({ asn, name: names.get(asn) ?? '' }));
  const named = known.filter(({ name }) => name !== '');
  return named.length === 0 ? {} : { asNames: named };
}

async function timelineOf(
  store: Reader,
  asked: Asked,
): Promise<{ readonly head: Omit<Timeline, 'buckets'>; readonly buckets: readonly TimelineBucket[] }> {
  const subject = await subjectOfOne(store, asked);
  const range = rangeOf(subject, asked);
  const resolution = asked.resolution ?? resolutionFor(range);
  const most = { exact: DAY_MS, minute: 31 * DAY_MS, hour: 731 * DAY_MS, day: Number.POSITIVE_INFINITY }[resolution];
  if (range.until - range.from > most) throw new Refused(400, `the range is too long for this resolution`);
  // After the last recorded minute nothing is known, so the last verdict does not go on.
  const isAfter = range.from >= (subject.recorded ?? range.from) + MINUTE_MS;
  const turns = isAfter ? [] : await verdictTurns(store, subject.key, range);
  const found =
    resolution === 'exact'
      ? (await exactLooks(store, subject.key, range)).map(momentOf)
      : await timeline(store, subject.key, range, resolution);
  const { networksSince = 0 } = subject.about;
  const buckets = found.map((bucket) => (bucket.at < networksSince ? { ...bucket, units: [] } : bucket));
  const head = {
    ...named(subject),
    ...{ from: isoTime(range.from), until: isoTime(range.until), resolution, networks: [...subject.about.networks] },
    verdicts: turns.map(([since, verdict]) => ({ since: isoTime(since), verdict })),
  };
  return { head, buckets };
}

/** What voters saw at one moment, in the form of a bucket without length. */
function momentOf({ at, isBlind, share, voters, collectors, units }: ExactLook): TimelineBucket {
  return {
    ...{ at, widthMs: 0, knownMs: 0, blindMs: 0, voters, collectors },
    share: isBlind ? undefined : { mean: share, lowest: share, highest: share, last: share },
    units: units.map((unit) => [unit, unit]),
    ...{ upstreams: [], announced: 0, withdrawn: 0 },
  };
}

/** A share of 0 to 1 with four decimals, from ten-thousandths. */
const parts = (share: number): number => Math.round(share) / 10_000;

/** Built field by field: a spread is several times slower, and ten years have thousands of these. */
function bucketView(bucket: TimelineBucket): BucketView {
  return {
    at: isoTime(bucket.at),
    widthMs: bucket.widthMs,
    blindMs: bucket.blindMs,
    knownMs: bucket.knownMs,
    voters: bucket.voters,
    collectors: bucket.collectors,
    announced: bucket.announced,
    withdrawn: bucket.withdrawn,
    share: bucket.share === undefined ? null : shareView(bucket.share),
    networks: bucket.units.map(([last, lowest]) => ({ last: parts(last), lowest: parts(lowest) })),
    upstreams: bucket.upstreams.map(([asn, part]) => ({ asn, share: parts(part) })),
  };
}

function shareView({ mean, lowest, highest, last }: Seen): NonNullable<BucketView['share']> {
  return { mean: parts(mean), lowest: parts(lowest), highest: parts(highest), last: parts(last) };
}
