import type { Element } from '../../src/bgp/element.ts';
import type { Collector, Peer, PeerId } from '../../src/bgp/peer.ts';
import type { Family, Prefix } from '../../src/bgp/prefix.ts';
import { isoTime, type EventTime } from '../../src/bgp/time.ts';
import { watching, type Territory } from '../../src/territory/territory.ts';
import type { ShownRoute } from './bgp-state.ts';
import { decodeBgpUpdates, type BgpUpdates, type ShownUpdate } from './bgp-updates.ts';
import { census, dumpOf, inOrder, type Census, type LeftOut, type Showing } from './census.ts';
import { all, type RipestatClient } from './client.ts';
import { controlsOf } from './controls.ts';
import { done, failed, type Outcome } from './fault.ts';
import { decodeLookingGlass } from './looking-glass.ts';
import { answersOther, questionOf, RESOURCES_AT_ONCE, unique, type Question } from './resources.ts';
import { isFullFeed, readPeerList, type PeerList } from './peer-list.ts';
import { rrcsOf } from './seed.ts';
import { inBatches } from '../../src/lib/batches.ts';

/** A gap: what may have been missed. */
export interface GapSpan {
  /** The last moment before the gap. */
  readonly from: EventTime;
  /** The end of the gap. */
  readonly to: EventTime;
  /** All of RIS when absent. */
  readonly collectors?: readonly Collector[] | undefined;
  /** Only these peers; all when absent. */
  readonly peers?: readonly PeerId[] | undefined;
}

/** What to heal. */
export interface HealOptions {
  readonly client: RipestatClient;
  readonly territories: readonly Territory[];
  readonly span: GapSpan;
  /** More prefixes to request, besides those inside the blocks: covering routes that a seed found. */
  readonly prefixes?: readonly Prefix[] | undefined;
  readonly signal: AbortSignal;
}

/** The peers' state after a gap. */
export interface Healing {
  /** In order of time: the messages of the healed peers in the gap, their present routes, and `end-of-rib`. */
  readonly elements: readonly Element[];
  readonly healed: readonly Peer[];
  /** Full-feed peers that the answer lacks: they stay unknown. Another request a minute later may help. */
  readonly unhealed: readonly LeftOut[];
}

/**
 * A looking glass whose newest time is this much older than the end of the gap is outdated. Of 421 peers in an answer
 * of 2025, all had sent data within the last 4 min. Milliseconds.
 */
const STALE_MS = 5 * 60_000;
/** Most calls of the looking glass for one gap. It takes one prefix per call. */
const MAX_CALLS = 64;

/**
 * Fills a gap. The looking glass says what each peer has now, after the gap; `bgp-updates`, what it sent in the gap,
 * with its times. A peer is healed when it has sent data to the looking glass since the gap ended; the others stay as
 * they are.
 */
export async function healFromRipestat(options: HealOptions): Promise<Outcome<Healing>> {
  const { client, territories, span, signal } = options;
  if (span.to < span.from) return failed('configuration', 'heal', 'the gap ends before it begins');
  const question = healQuestion(territories, options.prefixes);
  if (!question.ok) return question;
  const { asked, resources, families } = question.value;

  const peerList = await readPeerList(client, span.collectors, signal);
  if (!peerList.ok) return peerList;
  // The controls first: a peer that they show to be alive is also alive a moment later, when the territory is
  // requested.
  const controls = await lookingGlass(client, controlsOf(families, true), signal);
  if (!controls.ok) return controls;
  const isAlive = census('looking-glass', controls.value, peerList.value, { territories, families });
  // Either of the two answers may be wrong, so the peer list is requested again as well.
  if (!isAlive.ok || isAlive.value.doubtsPeerList) client.forget();
  if (!isAlive.ok) return isAlive;
  const newest = Math.max(...[...isAlive.value.showings.values()].map(({ at }) => at)) as EventTime;
  if (newest < span.to - STALE_MS)
    return failed(
      'stale',
      'looking-glass',
      `its data is of ${isoTime(newest)} and it was asked about ${isoTime(span.to)}`,
    );
  const early = healingOf(options, isAlive.value, { peerList: peerList.value, families, sent: [] });
  if (early.healed.length === 0) return done({ ...early, elements: [] }, isAlive.warnings);

  const [shown, updates] = await Promise.all([lookingGlass(client, asked, signal), updatesOf(options, resources)]);
  if (!shown.ok) return shown;
  const counted = census('looking-glass', [...controls.value, ...shown.value], peerList.value, {
    territories,
    families,
  });
  if (!counted.ok) return counted;

  const warnings = [question, peerList, controls, shown, counted].flatMap((outcome) => outcome.warnings);
  const sent = updates.ok ? updates.value : [];
  warnings.push(
    ...(updates.ok ? updates.warnings : [`${updates.fault.message}; when routes changed in the gap is not known`]),
  );
  return done(healingOf(options, counted.value, { peerList: peerList.value, families, sent }), [...new Set(warnings)]);
}

/**
 * The requests to send, or why there would be too many. Call it before the first request, to see whether these
 * territories can be healed at all.
 */
export function healQuestion(
  territories: readonly Territory[],
  prefixes: readonly Prefix[] = [],
): Outcome<Question & { readonly asked: readonly Prefix[] }> {
  const question = questionOf(territories);
  if (!question.ok) return question;
  const asked = unique([...question.value.inside, ...prefixes]);
  if (asked.length <= MAX_CALLS) return done({ ...question.value, asked }, question.warnings);
  const what = `${asked.length} prefixes would need a call each, at most ${MAX_CALLS} are made`;
  return failed('configuration', 'looking-glass', what);
}

function healingOf(
  { span, territories }: HealOptions,
  { showings, leftOut }: Census,
  {
    peerList,
    families,
    sent,
  }: { readonly peerList: PeerList; readonly families: readonly Family[]; readonly sent: readonly ShownUpdate[] },
): Healing {
  const isWatched = watching(territories.flatMap(({ blocks }) => blocks));
  const concerned = (peer: Peer): boolean => span.peers === undefined || span.peers.includes(peer.id);
  const healed = new Map<PeerId, Showing>();
  const unhealed = leftOut.filter(({ peer }) => concerned(peer));
  for (const [id, showing] of showings) {
    const { peer } = showing.member;
    if (!concerned(peer)) continue;
    if (showing.at >= span.to) healed.set(id, showing);
    else if (isFullFeed(showing.member, families))
      unhealed.push({ peer, why: `the looking glass has no data of it since ${isoTime(span.to)}, when the gap ended` });
  }
  const inGap = sent.flatMap((update) => {
    const peer = peerList.find(update.source)?.peer;
    if (peer === undefined || !healed.has(peer.id)) return [];
    return isWatched(update.prefix) ? elementOf(update, peer) : [];
  });
  const dumps = [...healed.values()].flatMap((showing) => dumpOf(showing));
  return {
    elements: inOrder([...inGap, ...dumps]),
    healed: [...healed.values()].map(({ member }) => member.peer),
    unhealed,
  };
}

/** Announcements with an unreadable path are left out: the looking glass gives the final route. */
function elementOf({ at, prefix, change }: ShownUpdate, peer: Peer): readonly Element[] {
  if (change.type === 'withdrawal') return [{ type: 'withdrawal', at, peer, prefix, pathId: undefined }];
  if (change.path === undefined) return [];
  return [{ type: 'announcement', at, peer, prefix, pathId: undefined, path: change.path }];
}

async function lookingGlass(
  client: RipestatClient,
  prefixes: readonly Prefix[],
  signal: AbortSignal,
): Promise<Outcome<readonly ShownRoute[]>> {
  const answers = await all(
    prefixes.map(async ({ text }): Promise<Outcome<readonly ShownRoute[]>> => {
      const answer = await client.get('looking-glass', { resource: text }, { signal });
      if (!answer.ok) return answer;
      const other = answersOther('looking-glass', text, answer.value);
      if (other !== undefined) return other;
      const routes = decodeLookingGlass(answer.value);
      return routes.ok ? done(routes.value, answer.warnings) : routes;
    }),
  );
  return answers.ok ? done(answers.value.flat(), answers.warnings) : answers;
}

/**
 * The updates within the gap. An error if the answer does not reach the end of the gap: an incomplete list would end in
 * the wrong state.
 */
async function updatesOf(
  { client, span, signal }: HealOptions,
  resources: readonly string[],
): Promise<Outcome<readonly ShownUpdate[]>> {
  const parameters = { ...rrcsOf(span.collectors), starttime: secondOf(span.from), endtime: secondOf(span.to + 999) };
  const answers = await all(
    inBatches(resources, RESOURCES_AT_ONCE).map(async (chunk): Promise<Outcome<BgpUpdates>> => {
      const resource = chunk.join(',');
      const answer = await client.get('bgp-updates', { resource, ...parameters }, { signal });
      if (!answer.ok) return answer;
      const other = answersOther('bgp-updates', resource, answer.value);
      if (other !== undefined) return other;
      const read = decodeBgpUpdates(answer.value);
      return read.ok ? done(read.value, answer.warnings) : read;
    }),
  );
  if (!answers.ok) return answers;
  const end = Math.min(...answers.value.map(({ to }) => to)) as EventTime;
  const lastSecond = Math.floor(span.to / 1000) * 1000;
  if (end < lastSecond) return failed('slow', 'bgp-updates', `it is known up to ${isoTime(end)} only`);
  const within = ({ at }: ShownUpdate): boolean => at >= span.from && at <= span.to;
  // A route that matches several resources comes once for each.
  const seen = new Set<string>();
  const sent = answers.value.flatMap(({ updates }) => updates.filter(within));
  return done(
    sent.filter((update) => isNew(seen, update)),
    answers.warnings,
  );
}

function isNew(seen: Set<string>, { at, source, prefix, change }: ShownUpdate): boolean {
  const path = change.type === 'announcement' ? JSON.stringify(change.path) : '';
  const key = `${at} ${source.collector} ${source.address} ${prefix.text} ${change.type} ${path}`;
  return seen.size !== seen.add(key).size;
}

/** Whole seconds, ISO 8601 without a zone, which RIPEstat reads as UTC. */
function secondOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19);
}
