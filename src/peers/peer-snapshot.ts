import type { Peer, PeerId } from '../bgp/peer.ts';
import type { Family } from '../bgp/prefix.ts';
import type { EventTime } from '../bgp/time.ts';
import { countFrom, Fields, pairFrom, peerFrom, timeFrom } from '../lib/fields.ts';
import type { LivenessSnapshot } from './liveness.ts';
import type { Missed, PeerState } from './session.ts';

/**
 * What the peer table continues from, besides its voters. Numbering continues, so that the order of peers stays the
 * same.
 */
export interface PeerTableSnapshot {
  readonly usual: Readonly<Record<Family, number>>;
  readonly liveness: LivenessSnapshot;
  readonly nextProbationer: number;
  readonly nextSync: number;
}

/** One peer as it is written. */
export interface VoterSnapshot {
  /** Absent: only its KEEPALIVEs arrived. */
  readonly session?: {
    readonly number: number;
    readonly peerState: Readonly<Record<Family, PeerState>>;
    readonly table: Readonly<Record<Family, number | undefined>>;
    readonly stateAt: EventTime | undefined;
    /** Its position among the sessions that have not sent their whole table. */
    readonly syncing: number | undefined;
  };
  /** The time of its last message, and its position among the peers that send KEEPALIVEs. */
  readonly heard?: readonly [EventTime, number];
  /** By view, where there is anything to say. */
  readonly views: Readonly<Record<string, VoterInView>>;
}

/** A peer, and what was written of it. */
export interface KnownVoter {
  readonly peer: Peer;
  readonly voter: VoterSnapshot;
}

/** What is written down of a peer's vote on one territory. */
export interface VoterInView {
  readonly learned: boolean;
  readonly partial: boolean;
  /** When it has learned, and its place among those that have not. */
  readonly waiting: readonly [EventTime, number] | undefined;
}

/** As JSON; what is `undefined` or false is left out. */
export function voterText({ session, heard, views }: VoterSnapshot): string {
  const places = Object.entries(views).map(([key, { learned, partial, waiting }]) => [
    key,
    { learned: learned || undefined, partial: partial || undefined, waiting },
  ]);
  return JSON.stringify({
    session,
    heard,
    views: places.length === 0 ? undefined : (Object.fromEntries(places) as unknown),
  });
}

/** @throws Error when it was not so written. */
export function parseVoter(key: string, text: string): KnownVoter {
  const fields = Fields.parse(text);
  const peer = peerFrom(key);
  if (peer.id !== (key as PeerId)) throw new Error(`${key} is another spelling of ${peer.id}`);
  const session = fields.optional('session', (value) => sessionFrom(new Fields(value)));
  const heard = fields.optional('heard', placeFrom);
  if (session === undefined && heard === undefined) throw new Error('it says nothing of it');
  const views = Object.entries(fields.value('views') ?? {}).map(([view, value]) => {
    const place = new Fields(value);
    const waiting = place.optional('waiting', placeFrom);
    return [view, { learned: place.flag('learned'), partial: place.flag('partial'), waiting }] as const;
  });
  const voter = { ...(session && { session }), ...(heard && { heard }), views: Object.fromEntries(views) };
  return { peer, voter };
}

function sessionFrom(fields: Fields): NonNullable<VoterSnapshot['session']> {
  const [peerState, table] = [fields.fields('peerState'), fields.fields('table')];
  return {
    number: fields.count('number'),
    peerState: { ipv4: peerStateFrom(peerState.fields('ipv4')), ipv6: peerStateFrom(peerState.fields('ipv6')) },
    table: { ipv4: table.optional('ipv4', countFrom), ipv6: table.optional('ipv6', countFrom) },
    stateAt: fields.optional('stateAt', timeFrom),
    syncing: fields.optional('syncing', countFrom),
  };
}

function peerStateFrom(fields: Fields): PeerState {
  const kind = fields.word('kind', ['unheard', 'in-sync', 'syncing', 'in-gap', 'down']);
  if (kind === 'unheard' || kind === 'in-sync') return { kind };
  const since = fields.time('since');
  if (kind !== 'in-gap') return { kind, since };
  const missed = fields.optional('missed', (value) => missedFrom(new Fields(value)));
  return { kind, since, ...(missed && { missed }) };
}

function missedFrom(fields: Fields): Missed {
  return { routes: fields.list('routes', textFrom), next: fields.word('next', ['in-sync', 'unheard']) };
}

/** @throws Error when it was not so written. */
export function parsePeerTable(text: string): PeerTableSnapshot {
  const fields = Fields.parse(text);
  const [usual, liveness] = [fields.fields('usual'), fields.fields('liveness')];
  return {
    usual: { ipv4: usual.count('ipv4'), ipv6: usual.count('ipv6') },
    liveness: { lookAt: liveness.optional('lookAt', timeFrom), next: liveness.count('next') },
    nextProbationer: fields.count('nextProbationer'),
    nextSync: fields.count('nextSync'),
  };
}

function placeFrom(value: unknown): [EventTime, number] {
  return pairFrom(value, timeFrom, countFrom);
}

function textFrom(value: unknown): string {
  if (typeof value !== 'string') throw new Error('it is not text');
  return value;
}
