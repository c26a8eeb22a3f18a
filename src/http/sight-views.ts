import type { PeerId } from '../bgp/peer.ts';
import { DAY_MS, isoTime, type EventTime } from '../bgp/time.ts';
import { verdictTurns, type Range } from '../history/query.ts';
import { applyChange, EVERY_PEER, maskHas, maskSize, type SightChange } from '../history/sight.ts';
import { sightBetween, type SightBetween } from '../history/sight-between.ts';
import type { Reader } from '../history/stored.ts';
import type { VerdictTurn } from '../history/verdict-log.ts';
import { headline, notRecorded } from '../report/headline.ts';
import type { Answers } from './answers.ts';
import type { Questions } from './questions.ts';
import { Refused, subjectOfOne, type Subject } from './subjects.ts';
import { isPast, named, rangeOf, sentenceOf } from './views.ts';
import { compareTexts } from '../lib/compare-texts.ts';

/** What the voters saw at one moment. `now`: wall clock, ms since 1970. */
export async function stateView(store: Reader, asked: Questions['moment'], now: number): Promise<Answers['state']> {
  const { subject, at, turn, sight, recorded } = await sightAt(store, asked, now);
  const peers = [...sight].map(([id, { mask }]) => ({ ...peerView(id), networks: networksOf(subject, mask) }));
  const verdict = turn?.[1];
  return { ...named(subject), at: isoTime(at), ...(verdict && { verdict }), recorded, peers: peers.sort(byPeer) };
}

/** The reasons for the verdict of one moment. `now`: wall clock, ms since 1970. */
export async function explainView(store: Reader, asked: Questions['moment'], now: number): Promise<Answers['explain']> {
  const { subject, at, turn, sight, recorded } = await sightAt(store, asked, now);
  const verdict = turn?.[1];
  const peers = [...sight].map(([id, { mask, change }]) => ({
    ...peerView(id),
    networks: networksOf(subject, mask),
    last: change === undefined ? null : { at: isoTime(change.at), message: messageView(change) },
  }));
  return {
    ...named(subject),
    at: isoTime(at),
    ...(verdict && { verdict }),
    sentence: asked.at === undefined ? sentenceOf(subject, now) : sentenceAt(subject, at, turn),
    recorded,
    peers: peers.sort(byPeer),
  };
}

/** The verdict of a moment in one sentence. */
function sentenceAt({ about, territory, family }: Subject, at: EventTime, turn: VerdictTurn | undefined): string {
  const facts = { territory: { id: territory, name: about.name }, family, timeZone: about.timeZone, at };
  if (turn === undefined || turn[1] === 'off') return notRecorded(facts);
  return headline({ ...facts, verdict: turn[1], since: turn[0], visibility: undefined });
}

interface SightAt {
  readonly subject: Subject;
  readonly at: EventTime;
  /** The verdict of this moment; `undefined`: none is recorded. */
  readonly turn: VerdictTurn | undefined;
  readonly recorded: boolean;
  readonly sight: ReadonlyMap<PeerId, { readonly mask: string; readonly change: SightChange | undefined }>;
}

/** What each session saw at a moment, and its last change of the day before. */
async function sightAt(store: Reader, asked: Questions['moment'], now: number): Promise<SightAt> {
  const subject = await subjectOfOne(store, asked);
  const last = ((subject.recorded ?? 0) + 59_999) as EventTime;
  const at = asked.at ?? last;
  // A live recording may be a few seconds behind the present.
  const isPresent = at > last && at <= now && !isPast(subject, now);
  const until = ((isPresent ? last : at) + 1) as EventTime;
  const range = { from: Math.max(0, until - DAY_MS) as EventTime, until };
  const [{ begin, changes, isRecordedAtEnd: recorded }, turns] = await Promise.all([
    sightOf(store, subject, range),
    verdictTurns(store, subject.key, range),
  ]);
  const masks = new Map(begin);
  const messages = new Map<PeerId, SightChange>();
  for (const change of changes) {
    applyChange(masks, change);
    if (change.message !== undefined) messages.set(change.peer, change);
  }
  const sight = new Map([...masks].map(([id, mask]) => [id, { mask, change: messages.get(id) }] as const));
  return { subject, at, turn: until - 1 > last ? undefined : turns.at(-1), recorded, sight };
}

/** The same from the time on at which the territory has its present networks: older masks have other ones. */
async function sightOf(store: Reader, { key, about }: Subject, range: Range): Promise<SightBetween> {
  const since = about.networksSince ?? range.from;
  if (since <= range.from) return sightBetween(store, key, range);
  if (since >= range.until) return { begin: new Map(), changes: [], isRecorded: false, isRecordedAtEnd: false };
  const { begin, ...seen } = await sightBetween(store, key, { from: since, until: range.until });
  const first = [...begin].map(([peer, mask]): SightChange => ({ at: since, peer, mask, message: undefined }));
  return { ...seen, begin: new Map(), changes: [...first, ...seen.changes] };
}

/** Longest range, ms: longer ones have too many changes for one picture. */
const MOST_OF_PEERS_MS = 3 * DAY_MS;

/** What each peer saw over a span of time. */
export async function peersView(store: Reader, asked: Questions['span']): Promise<Answers['peers']> {
  const subject = await subjectOfOne(store, asked);
  const range = rangeOf(subject, asked);
  if (range.until - range.from > MOST_OF_PEERS_MS) throw new Refused(400, 'at most three days of peers at once');
  const { begin, changes, isRecorded } = await sightOf(store, subject, range);
  const rows = new Map<PeerId, PeerRow>();
  for (const [id, mask] of begin) rows.set(id, { sees: maskSize(mask), changes: [] });
  for (const { at, peer, mask } of changes) {
    if (!rows.has(peer) && peer !== EVERY_PEER) rows.set(peer, { sees: null, changes: [] });
    const sees = mask === undefined ? null : maskSize(mask);
    const changed = rows.get(peer);
    for (const row of changed === undefined ? rows.values() : [changed]) noteChange(row, isoTime(at), sees);
  }
  return {
    ...named(subject),
    ...{ from: isoTime(range.from), until: isoTime(range.until), networks: subject.about.networks.length },
    recorded: isRecorded,
    peers: [...rows].map(([id, row]) => ({ ...peerView(id), ...row })).sort(byPeer),
  };
}

/** How many networks one peer saw at the start of a range, and from each change on. */
interface PeerRow {
  readonly sees: number | null;
  readonly changes: { readonly at: string; readonly sees: number | null }[];
}

/** Of several changes at one moment the last one counts; a change to the same number is none. */
function noteChange({ sees: first, changes }: PeerRow, at: string, sees: number | null): void {
  if (changes.at(-1)?.at === at) changes.pop();
  const before = changes.length === 0 ? first : changes.at(-1)?.sees;
  if (before !== sees) changes.push({ at, sees });
}

function peerView(id: PeerId): { collector: string; address: string; asn: number } {
  const [collector = '', address = '', asn = ''] = id.split('|');
  return { collector, address, asn: Number(asn) };
}

function byPeer(a: ReturnType<typeof peerView>, b: ReturnType<typeof peerView>): number {
  return compareTexts(a.collector, b.collector) || a.asn - b.asn || compareTexts(a.address, b.address);
}

function networksOf({ about }: Subject, mask: string): string[] {
  return about.networks.filter((_, unit) => maskHas(mask, unit));
}

function messageView({ message }: SightChange): NonNullable<Answers['explain']['peers'][number]['last']>['message'] {
  if (message === undefined) return null;
  const { type, prefix, before, after } = message;
  return { type, prefix, before: before ?? null, after: after ?? null };
}
