import type { KnownVoter, PeerTableSnapshot, VoterInView, VoterSnapshot } from '../peers/peer-snapshot.ts';
import type { Missed, PeerState } from '../peers/session.ts';
import { absent, converted, list, object, optional, pair, parseRecord, word, type Codec } from './codec.ts';
import { count, rareFlag, text, time, peer } from './values.ts';

/** The state from which the peer table continues, without its voters. */
export const peerTable: Codec<PeerTableSnapshot> = object({
  usual: object({ ipv4: count, ipv6: count }),
  liveness: object({ lookAt: optional(time), next: count }),
  nextProbationer: count,
  nextSync: count,
});

const missed: Codec<Missed> = object({ routes: list(text), next: word(['in-sync', 'unheard']) });

const peerState: Codec<PeerState> = converted(
  object({
    kind: word(['unheard', 'in-sync', 'syncing', 'in-gap', 'down']),
    since: absent(time),
    missed: absent(missed),
  }),
  {
    from: ({ kind, since, missed }): PeerState => {
      if (kind === 'unheard' || kind === 'in-sync') return { kind };
      if (since === undefined) throw new Error('it has no time');
      return kind === 'in-gap' ? { kind, since, ...(missed && { missed }) } : { kind, since };
    },
    to: (value) => value,
  },
);

const session = object({
  number: count,
  peerState: object({ ipv4: peerState, ipv6: peerState }),
  table: object({ ipv4: optional(count), ipv6: optional(count) }),
  stateAt: optional(time),
  syncing: optional(count),
});

const place = pair(time, count);

const voterInView: Codec<VoterInView> = object({ learned: rareFlag, partial: rareFlag, waiting: optional(place) });

/** The state of a peer in the peer table. */
export const voter: Codec<VoterSnapshot> = object({
  session: absent(session),
  heard: absent(place),
  views: byName(voterInView),
});

/** Reads a peer's record. @param key the peer's id. @throws Error when the record is damaged. */
export function parseVoter(key: string, record: string): KnownVoter {
  const found = { peer: peer.decode(key, 0), voter: parseRecord(voter, record) };
  if (found.peer.id !== key) throw new Error(`${key} is another spelling of ${found.peer.id}`);
  if (found.voter.session === undefined && found.voter.heard === undefined) throw new Error('it says nothing of it');
  return found;
}

/** Values by name; an empty map is left out. */
function byName<T>(codec: Codec<T>): Codec<Readonly<Record<string, T>>> {
  return {
    encode: (value) => {
      const entries = Object.entries(value);
      return entries.length === 0
        ? undefined
        : Object.fromEntries(entries.map(([name, one]) => [name, codec.encode(one)]));
    },
    decode: (value, units) =>
      Object.fromEntries(Object.entries(value ?? {}).map(([name, one]) => [name, codec.decode(one, units)])),
  };
}
