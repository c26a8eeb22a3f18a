import { isoTime } from '../bgp/time.ts';
import type { Answers } from '../http/answers.ts';

/** What was seen over time, as the API answers it. */
export type PictureTimeline = Answers['timeline'];

/** A part of it. */
export type PictureBucket = PictureTimeline['buckets'][number];

/** What each peer saw over time. */
export type Peers = Answers['peers'];

/** Rows of a picture as numbers: what is drawn, what is in its table, and what is saved as CSV. */
export interface Picture {
  readonly id: 'lifelines' | 'visibility' | 'upstreams' | 'messages' | 'peers';
  readonly title: string;
  /** The description for people who cannot see the picture. */
  readonly summary: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** What was not seen: no line is drawn there. */
export interface Unseen {
  readonly from: number;
  readonly until: number;
  readonly why: 'blind' | 'not recorded';
}

/** End of a stretch, ms since 1970. */
export function endOf({ at, widthMs }: PictureBucket): number {
  return Date.parse(at) + widthMs;
}

/** Stretches of a timeline in which nothing was seen, or nothing recorded. */
export function unseenOf(timeline: PictureTimeline, until = Date.parse(timeline.until)): readonly Unseen[] {
  const unseen: Unseen[] = [];
  const add = (from: number, end: number, why: Unseen['why']): void => {
    const last = unseen.at(-1);
    if (last !== undefined && last.until === from && last.why === why)
      unseen[unseen.length - 1] = { ...last, until: end };
    else if (end > from) unseen.push({ from, until: end, why });
  };
  let seen = Date.parse(timeline.from);
  for (const bucket of timeline.buckets) {
    const begin = Date.parse(bucket.at);
    if (begin > seen) add(seen, begin, 'not recorded');
    if (bucket.share === null) add(begin, endOf(bucket), 'blind');
    seen = Math.max(seen, endOf(bucket));
  }
  if (seen < until) add(seen, until, 'not recorded');
  return unseen;
}

/**
 * Minutes, and what changed within them, as stretches that last until the next change. Where minutes are missing, these
 * stay as they are: a change says nothing about time in which nothing was recorded.
 */
export function toTheSecond(minutes: PictureTimeline, exact: PictureTimeline): PictureTimeline {
  if (exact.buckets.length === 0 || unseenOf(minutes).some(({ why }) => why === 'not recorded')) return minutes;
  const [from, until] = [Date.parse(minutes.from), Date.parse(minutes.until)];
  const buckets = exact.buckets.map((look, i): PictureBucket => {
    const at = Math.max(Date.parse(look.at), from);
    const widthMs = Math.max(0, Date.parse(exact.buckets[i + 1]?.at ?? minutes.until) - at);
    return {
      ...look,
      at: isoTime(at),
      widthMs: Math.min(widthMs, until - at),
      blindMs: look.share === null ? widthMs : 0,
    };
  });
  return Date.parse(buckets[0]?.at ?? minutes.until) > from ? minutes : { ...minutes, buckets };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** Whether the range ends with time in which we could see. */
function isSeenAtEnd({ buckets, until }: PictureTimeline): boolean {
  const last = buckets.at(-1);
  return last !== undefined && last.share !== null && endOf(last) >= Date.parse(until);
}

/** The share of the voters in the baseline that have a route. */
export function visibilityPicture(timeline: PictureTimeline): Picture {
  const known = timeline.buckets.flatMap(({ share }) => share ?? []);
  const lowest = Math.min(...known.map((share) => share.lowest));
  return {
    id: 'visibility',
    title: 'Share of witnesses with a route, over time',
    summary:
      known.length === 0
        ? 'Nothing was seen in this time.'
        : `Between ${percent(lowest)} and ${percent(Math.max(...known.map((share) => share.highest)))}, ${isSeenAtEnd(timeline) ? 'at the end' : 'when last seen'} ${percent(known.at(-1)?.last ?? 0)}.`,
    head: ['time', 'mean', 'lowest', 'highest', 'last', 'voters', 'collectors', 'blind ms'],
    rows: timeline.buckets.map(({ at, share, voters, collectors, blindMs }) => [
      at,
      ...(share === null ? [null, null, null, null] : [share.mean, share.lowest, share.highest, share.last]),
      ...[voters, collectors, blindMs],
    ]),
  };
}

/** One row per network. */
export function lifelinesPicture(timeline: PictureTimeline): Picture {
  const { networks, buckets, resolution } = timeline;
  const isWide = resolution === 'hour' || resolution === 'day';
  const gap = isWide ? `each ${resolution} with some time without a route is a gap` : 'a gap is time without a route';
  return {
    id: 'lifelines',
    title: 'Lifeline of each network',
    summary: `${networks.length} networks, one row each; ${gap}, grey is time in which we could not see.`,
    head: ['time', ...networks],
    rows: buckets.map(({ at, networks: seen }) => [at, ...networks.map((_, i) => seen[i]?.lowest ?? null)]),
  };
}

/**
 * The upstreams over which the territory is reached.
 *
 * @param names of ASes; the number always comes before the name.
 */
export function upstreamsPicture(timeline: PictureTimeline, names: ReadonlyMap<number, string> = new Map()): Picture {
  const nameOf = (asn: number): string => upstreamName(asn, names);
  const asns = [...new Set(timeline.buckets.flatMap(({ upstreams }) => upstreams.map(({ asn }) => asn)))].sort(
    (a, b) => (a === 0 ? 1 : 0) - (b === 0 ? 1 : 0) || a - b,
  );
  return {
    id: 'upstreams',
    title: 'Share per upstream',
    summary: `Routes over ${asns.map(nameOf).join(', ') || 'no upstream'} at the end of each ${timeline.resolution}; the rest has no route.`,
    head: ['time', ...asns.map(nameOf), 'no route'],
    rows: timeline.buckets.map(({ at, share, upstreams }) => {
      if (share === null) return [at, ...asns.map(() => null), null];
      const shares = asns.map((asn) => upstreams.find((one) => one.asn === asn)?.share ?? 0);
      const rest = 1 - shares.reduce((sum, one) => sum + one, 0);
      return [at, ...shares, Math.max(0, Math.round(rest * 10_000) / 10_000)];
    }),
  };
}

/** `AS4837 CHINA169-BACKBONE`, `AS4837` where the name is not known; 0 is `others`. */
function upstreamName(asn: number, names: ReadonlyMap<number, string>): string {
  const name = names.get(asn);
  return asn === 0 ? 'others' : `AS${asn}${name === undefined ? '' : ` ${name}`}`;
}

/** The number in a name of `upstreamName`. */
export function upstreamOf(name: string): number {
  return Number(/^AS(\d+)/.exec(name)?.[1] ?? 0);
}

/** Announcements and withdrawals. */
export function messagesPicture({ buckets, resolution }: PictureTimeline): Picture {
  const sum = (value: (bucket: PictureBucket) => number): number =>
    buckets.reduce((total, one) => total + value(one), 0);
  return {
    id: 'messages',
    title: `Announcements and withdrawals per ${resolution}`,
    summary: `${sum((one) => one.announced)} announcements and ${sum((one) => one.withdrawn)} withdrawals.`,
    head: ['time', 'announcements', 'withdrawals'],
    rows: buckets.map(({ at, announced, withdrawn }) => [at, announced, withdrawn]),
  };
}

/** One row for each range of time in which a peer saw the same number of networks. */
export function peersPicture(peers: Peers): Picture {
  const rows = peers.peers.flatMap((peer) => {
    const name = `AS${peer.asn} ${peer.address} at ${peer.collector}`;
    const steps: [string, number | null][] = [
      [peers.from, peer.sees],
      ...peer.changes.map(({ at, sees }): [string, number | null] => [at, sees]),
    ];
    return steps.map(([at, sees], i) => [name, at, steps[i + 1]?.[0] ?? peers.until, sees]);
  });
  return {
    id: 'peers',
    title: 'What each peer saw, over time',
    summary: peers.recorded
      ? `${peers.peers.length} peers, one row each, of ${peers.networks} networks.`
      : 'What peers saw is not recorded for this time.',
    head: ['peer', 'from', 'until', 'networks seen'],
    rows,
  };
}

/** RFC 4180. A text that a spreadsheet would take for a formula is marked as text. */
export function csvOf({ head, rows }: Picture): string {
  const field = (value: string | number | null): string => {
    if (typeof value !== 'string') return String(value ?? '');
    const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [head, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}
