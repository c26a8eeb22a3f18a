import * as z from 'zod';
import { asnOf, parseAsn } from '../../src/bgp/asn.ts';
import { peerOf, type Collector, type Peer } from '../../src/bgp/peer.ts';
import type { Family } from '../../src/bgp/prefix.ts';
import { FAMILIES } from '../../src/territory/territory.ts';
import { all, type Keep, type RipestatClient } from './client.ts';
import { readData } from './envelope.ts';
import { done, failed, type Outcome } from './fault.ts';
import { address, rrc, type SourceId } from './fields.ts';

/** A peer of RIS, and the size of its table at the last RIB dump (every 8 h). */
export interface Member {
  readonly peer: Peer;
  readonly routes: Readonly<Record<Family, number>>;
  readonly isFullFeed: Readonly<Record<Family, boolean>>;
}

/** The peers of RIS. The other calls name a peer only by collector and address; only this one has the AS. */
export interface PeerList {
  readonly members: readonly Member[];
  /** `undefined`: unknown, or ambiguous because two ASes share the address at this collector. */
  find(source: SourceId): Member | undefined;
  /** Whether the peer list includes this collector's peers. */
  covers(collector: Collector): boolean;
}

const count = z
  .number()
  .int()
  .nonnegative()
  .nullish()
  .transform((number) => number ?? 0);

const rrcInfo = z.object({
  rrcs: z.array(
    z.object({
      name: rrc(),
      peers: z.array(
        z.object({
          asn: z.number().transform(asnOf),
          ip: address(),
          v4_prefix_count: count,
          v6_prefix_count: count,
          is_full_feed_v4: z.boolean(),
          is_full_feed_v6: z.boolean(),
        }),
      ),
    }),
  ),
});

const risPeers = z.object({
  peers: z.record(
    z.string(),
    z.array(
      z.object({
        asn: z.string().transform(parseAsn),
        ip: address(),
        v4_prefix_count: count,
        v6_prefix_count: count,
      }),
    ),
  ),
});

const threshold = z.object({ v4: z.number().positive(), v6: z.number().positive() });

/** Reads `rrc-info`. */
export function decodeRrcInfo(data: unknown): Outcome<readonly Member[]> {
  const read = readData('rrc-info', rrcInfo, data);
  if (!read.ok) return read;
  return done(
    read.value.rrcs.flatMap(({ name, peers }) =>
      peers.flatMap((row) => {
        if (row.asn === undefined) return [];
        const routes = { ipv4: row.v4_prefix_count, ipv6: row.v6_prefix_count };
        const isFullFeed = { ipv4: row.is_full_feed_v4, ipv6: row.is_full_feed_v6 };
        return [{ peer: peerOf(name, row.ip, row.asn), routes, isFullFeed }];
      }),
    ),
  );
}

/** Reads `ris-full-table-threshold`: how many routes make a full table, per family. */
export function decodeThreshold(data: unknown): Outcome<Readonly<Record<Family, number>>> {
  const read = readData('ris-full-table-threshold', threshold, data);
  return read.ok ? done({ ipv4: read.value.v4, ipv6: read.value.v6 }) : read;
}

/** Reads `ris-peers`, which has no full-feed flags: `full` makes them. */
export function decodeRisPeers(data: unknown, full: Readonly<Record<Family, number>>): Outcome<readonly Member[]> {
  const read = readData('ris-peers', risPeers, data);
  if (!read.ok) return read;
  const members: Member[] = [];
  for (const [name, peers] of Object.entries(read.value.peers)) {
    const collector = rrc().safeParse(name);
    if (!collector.success) return failed('unreadable', 'ris-peers', 'it names an unknown collector');
    for (const { asn, ip, v4_prefix_count: ipv4, v6_prefix_count: ipv6 } of peers) {
      if (asn === undefined) continue;
      const isFullFeed = { ipv4: ipv4 >= full.ipv4, ipv6: ipv6 >= full.ipv6 };
      members.push({ peer: peerOf(collector.data, ip, asn), routes: { ipv4, ipv6 }, isFullFeed });
    }
  }
  return done(members);
}

/** Routes of the smallest table that IODA takes for a full one. RIPEstat's own threshold is twice as high or more. */
const MIN_FULL: Readonly<Record<Family, number>> = { ipv4: 400_000, ipv6: 10_000 };

/** Table sizes change with each RIB dump, three times a day. */
const PEER_LIST_TTL_MS = 60 * 60_000;

/** An answer of `rrc-info` or `ris-peers` without any full-feed peer cannot be true: RIS has had some since 1999. */
function keepIf(isPlausible: Keep['isPlausible']): Keep {
  return { forMs: PEER_LIST_TTL_MS, isPlausible };
}

/**
 * Requests the peers of RIS: `rrc-info`, or `ris-peers` if that fails. A plausible list is used for an hour.
 * `RipestatClient.forget` drops it if it does not match the routes of the same pass.
 */
export async function readPeerList(
  client: RipestatClient,
  collectors: readonly Collector[] | undefined,
  signal: AbortSignal,
): Promise<Outcome<PeerList>> {
  const hasFullFeeds = keepIf((data) => isPeerListPlausible(decodeRrcInfo(data)));
  const answer = await client.get('rrc-info', {}, { signal, keep: hasFullFeeds });
  const read = answer.ok ? decodeRrcInfo(answer.value) : answer;
  if (read.ok && isPeerListPlausible(read))
    return done(peerListOf(read.value, collectors), answer.ok ? answer.warnings : []);

  const isThreshold = keepIf((data) => isThresholdPlausible(decodeThreshold(data)));
  const hasPeers = keepIf((data) => isPeerListPlausible(decodeRisPeers(data, MIN_FULL)));
  const others = await all([
    client.get('ris-peers', {}, { signal, keep: hasPeers }),
    client.get('ris-full-table-threshold', {}, { signal, keep: isThreshold }),
  ]);
  const why = read.ok ? failed('empty', 'rrc-info', 'it knows no full-feed peer') : read;
  if (!others.ok) return why;
  const full = decodeThreshold(others.value[1]);
  if (full.ok && !isThresholdPlausible(full)) return why;
  const members = full.ok ? decodeRisPeers(others.value[0], full.value) : full;
  if (!members.ok || !isPeerListPlausible(members)) return why;
  return done(peerListOf(members.value, collectors), [`${why.fault.message}; ris-peers was asked in its place`]);
}

/** With a lower threshold, peers with half a table would vote, although they lack most countries. */
function isThresholdPlausible(read: Outcome<Readonly<Record<Family, number>>>): boolean {
  return read.ok && FAMILIES.every((family) => read.value[family] >= MIN_FULL[family]);
}

/** Whether it has a full table of any of these families. */
export function isFullFeed(member: Member, families: readonly Family[]): boolean {
  return families.some((family) => member.isFullFeed[family]);
}

function isPeerListPlausible(read: Outcome<readonly Member[]>): boolean {
  return read.ok && read.value.some((member) => isFullFeed(member, FAMILIES));
}

/** `collectors`: only these. */
export function peerListOf(all: readonly Member[], collectors?: readonly Collector[]): PeerList {
  const members = new Map<string, Member | undefined>();
  for (const member of all) {
    if (collectors !== undefined && !collectors.includes(member.peer.collector)) continue;
    const key = keyOf(member.peer);
    const before = members.get(key);
    if (before?.peer.id === member.peer.id) continue;
    members.set(key, members.has(key) ? undefined : member);
  }
  return {
    members: [...members.values()].filter((member) => member !== undefined),
    find: (source) => members.get(keyOf(source)),
    covers: (collector) => collectors?.includes(collector) ?? true,
  };
}

function keyOf({ collector, address }: SourceId): string {
  return `${collector}|${address}`;
}
