import type { PeerId } from '../bgp/peer.ts';
import { isoTime, type EventTime } from '../bgp/time.ts';
import { DAY_MS } from '../history/calendar.ts';
import { sightBetween, verdictTurns, type Range } from '../history/query.ts';
import { applyChange, EVERY_PEER, maskHas, maskSize, type SightChange } from '../history/sight.ts';
import type { Reader } from '../history/stored.ts';
import type { Stage } from '../history/verdict-log.ts';
import { headline } from '../report/headline.ts';
import type { Answers } from './answers.ts';
import type { Questions } from './questions.ts';
import { Refused, subjectOfOne, type Subject } from './subjects.ts';
import { named, rangeOf, sentenceOf } from './views.ts';

/** What the voters saw at one moment. */
export async function stateView(store: Reader, asked: Questions['moment']): Promise<Answers['state']> {
  const { subject, at, verdict, sight, recorded } = await sightAt(store, asked);
  const peers = [...sight].map(([id, { mask }]) => ({ ...peerView(id), networks: networksOf(subject, mask) }));
  return { ...named(subject), at: isoTime(at), ...(verdict && { verdict }), recorded, peers: peers.sort(byPeer) };
}

/** The reasons for the verdict of one moment. `now`: wall clock, ms since 1970. */
export async function explainView(store: Reader, asked: Questions['moment'], now: number): Promise<Answers['explain']> {
  const { subject, at, verdict, sight, recorded, range } = await sightAt(store, asked);
  const turns = await verdictTurns(store, subject.key, range);
  const last = turns.at(-1);
  const isPresent = asked.at === undefined;
  const { about, territory, family } = subject;
  const facts = { territory: { id: territory, name: about.name }, family, timeZone: about.timeZone };
  const sentence =
    isPresent || last === undefined || last[1] === 'off'
      ? sentenceOf(subject, now)
      : headline({ ...facts, verdict: last[1], since: last[0], visibility: undefined, at });
  const peers = [...sight].map(([id, { mask, change }]) => ({
    ...peerView(id),
    networks: networksOf(subject, mask),
    last: change === undefined ? null : { at: isoTime(change.at), message: messageView(change) },
  }));
  return {
    ...named(subject),
    at: isoTime(at),
    ...(verdict && { verdict }),
    sentence,
    recorded,
    peers: peers.sort(byPeer),
  };
}

interface SightAt {
  readonly subject: Subject;
  readonly at: EventTime;
  readonly range: Range;
  readonly verdict: Stage | undefined;
  readonly recorded: boolean;
  readonly sight: ReadonlyMap<PeerId, { readonly mask: string; readonly change: SightChange | undefined }>;
}

/** What each session saw at a moment, and its last change of the day before. */
async function sightAt(store: Reader, asked: Questions['moment']): Promise<SightAt> {
  const subject = await subjectOfOne(store, asked);
  const at = asked.at ?? (((subject.recorded ?? 0) + 59_999) as EventTime);
  const range = { from: Math.max(0, at - DAY_MS) as EventTime, until: (at + 1) as EventTime };
  const [{ begin, changes }, turns] = await Promise.all([
    sightBetween(store, subject.key, range),
    verdictTurns(store, subject.key, range),
  ]);
  const masks = new Map(begin);
  const last = new Map<PeerId, SightChange>();
  for (const change of changes) {
    applyChange(masks, change);
    if (change.message !== undefined) last.set(change.peer, change);
  }
  const sight = new Map([...masks].map(([id, mask]) => [id, { mask, change: last.get(id) }] as const));
  const recorded = begin !== undefined || changes.length > 0;
  return { subject, at, range, verdict: turns.at(-1)?.[1], recorded, sight };
}

/** Longest range, ms: longer ones have too many changes for one picture. */
const MOST_OF_PEERS_MS = 3 * DAY_MS;

/** What each peer saw over a span of time. */
export async function peersView(store: Reader, asked: Questions['span']): Promise<Answers['peers']> {
  const subject = await subjectOfOne(store, asked);
  const range = rangeOf(subject, asked);
  if (range.until - range.from > MOST_OF_PEERS_MS) throw new Refused(400, 'at most three days of peers at once');
  const { begin, changes } = await sightBetween(store, subject.key, range);
  const rows = new Map<PeerId, { sees: number | null; changes: { at: string; sees: number | null }[] }>();
  for (const [id, mask] of begin ?? []) rows.set(id, { sees: maskSize(mask), changes: [] });
  for (const { at, peer, mask } of changes) {
    if (peer === EVERY_PEER) continue;
    let row = rows.get(peer);
    if (row === undefined) rows.set(peer, (row = { sees: null, changes: [] }));
    const size = mask === undefined ? null : maskSize(mask);
    const last = row.changes.at(-1);
    if (last?.at === isoTime(at)) last.sees = size;
    else row.changes.push({ at: isoTime(at), sees: size });
  }
  return {
    ...named(subject),
    ...{ from: isoTime(range.from), until: isoTime(range.until), networks: subject.about.networks.length },
    recorded: begin !== undefined || changes.length > 0,
    peers: [...rows].map(([id, row]) => ({ ...peerView(id), ...row })).sort(byPeer),
  };
}

function peerView(id: PeerId): { collector: string; address: string; asn: number } {
  const [collector = '', address = '', asn = ''] = id.split('|');
  return { collector, address, asn: Number(asn) };
}

function byPeer(a: ReturnType<typeof peerView>, b: ReturnType<typeof peerView>): number {
  return a.collector < b.collector
    ? -1
    : a.collector > b.collector
      ? 1
      : a.asn - b.asn || (a.address < b.address ? -1 : 1);
}

function networksOf({ about }: Subject, mask: string): string[] {
  return about.networks.filter((_, unit) => maskHas(mask, unit));
}

function messageView({ message }: SightChange): NonNullable<Answers['explain']['peers'][number]['last']>['message'] {
  if (message === undefined) return null;
  const { type, prefix, before, after } = message;
  return { type, prefix, before: before ?? null, after: after ?? null };
}
