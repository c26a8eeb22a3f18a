/** A peer of a world that RIPEstat sees. */
export interface WorldPeer {
  readonly rrc: number;
  readonly ip: string;
  readonly asn: number;
  readonly v4: number;
  readonly isFullFeed: boolean;
  /** Path by prefix. */
  readonly routes: Map<string, readonly number[]>;
  /** When its collector last received data of it, as `12:00:30`; the world's `now` when absent. */
  latest?: string;
  /** The same of single routes. */
  readonly latestOf?: Map<string, string>;
}

export interface WorldUpdate {
  /** `12:00:30`. */
  readonly at: string;
  readonly peer: WorldPeer;
  readonly prefix: string;
  /** Absent for a withdrawal. */
  readonly path?: readonly number[];
}

/** What RIPEstat would answer. All times are of 22 December 2014. */
export interface World {
  readonly peers: WorldPeer[];
  readonly updates: WorldUpdate[];
  /** The time of `bgp-state`. */
  stateAt: string;
  /** What the looking glass calls now. */
  now: string;
  /** Up to when `bgp-updates` knows; the end asked for when absent. */
  updatesUpTo?: string;
}

/** An answer as it leaves, `fields` of the envelope changed. */
export function envelope(
  call: string,
  data: unknown,
  fields: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return {
    messages: [],
    see_also: [],
    version: '1.2',
    data_call_name: call,
    data_call_status: 'supported',
    cached: false,
    data,
    query_id: '20141222120000-7b91db54-f097-4c84-ae46-d7a3a7ea3b80',
    process_time: 83,
    server_id: 'app196',
    build_version: 'main-2025.05.26',
    status: 'ok',
    status_code: 200,
    time: '2014-12-22T12:00:00.570226',
    ...fields,
  };
}

/** The `data` of a call; `undefined` when there is no such call. */
export function answerOf(world: World, call: string, parameters: URLSearchParams): Record<string, unknown> | undefined {
  const resources = new Set((parameters.get('resource') ?? '').split(','));
  const isAsked = (prefix: string, path: readonly number[] | undefined): boolean =>
    resources.has(prefix) || (path !== undefined && resources.has(`AS${path.at(-1)}`));
  switch (call) {
    case 'rrc-info':
      return { rrcs: byCollector(world).map(([rrc, peers]) => collectorOf(rrc, peers)), parameters: {} };
    case 'ris-peers':
      return { peers: Object.fromEntries(byCollector(world).map(([rrc, peers]) => [name(rrc), peers.map(counts)])) };
    case 'ris-full-table-threshold':
      return { v4: 400_000, v6: 100_000, result_time: day('08:00:00') };
    case 'bgp-state': {
      const rows = world.peers.flatMap((peer) =>
        [...peer.routes]
          .filter(([prefix, path]) => isAsked(prefix, path))
          .map(([prefix, path]) => ({ target_prefix: prefix, source_id: sourceOf(peer), path, community: [] })),
      );
      return {
        resource: [...resources].join(','),
        timestamp: day(world.stateAt),
        bgp_state: rows,
        nr_routes: rows.length,
      };
    }
    case 'bgp-updates': {
      const [start = '', asked = ''] = [parameters.get('starttime'), parameters.get('endtime')].map(
        (text) => text ?? '',
      );
      const end = world.updatesUpTo === undefined ? asked : day(world.updatesUpTo);
      const rows = world.updates
        .filter(({ at, prefix, path }) => day(at) >= start && day(at) <= end && isAsked(prefix, path))
        .map(updateOf);
      return { query_starttime: start, query_endtime: end, updates: rows, nr_updates: rows.length };
    }
    case 'looking-glass':
      return {
        rrcs: byCollector(world).flatMap(([rrc, peers]) => lookingGlass(world, rrc, peers, resources)),
        query_time: day(world.now),
        latest_time: day(world.now),
      };
    default:
      return undefined;
  }
}

function updateOf({ at, peer, prefix, path }: WorldUpdate): Record<string, unknown> {
  const about = { source_id: sourceOf(peer), target_prefix: prefix };
  return {
    seq: 82147686612993,
    timestamp: day(at),
    type: path === undefined ? 'W' : 'A',
    attrs: path === undefined ? about : { ...about, path, community: [] },
  };
}

function lookingGlass(
  world: World,
  rrc: number,
  peers: readonly WorldPeer[],
  resources: ReadonlySet<string>,
): Record<string, unknown>[] {
  const rows = peers.flatMap((peer) =>
    [...peer.routes]
      .filter(([prefix]) => resources.has(prefix))
      .map(([prefix, path]) => ({
        asn_origin: String(path.at(-1)),
        as_path: path.join(' '),
        community: '',
        last_updated: '2014-08-01T10:00:00',
        prefix,
        peer: peer.ip,
        origin: 'IGP',
        next_hop: peer.ip,
        latest_time: day(peer.latestOf?.get(prefix) ?? peer.latest ?? world.now),
      })),
  );
  return rows.length === 0 ? [] : [{ rrc: name(rrc).toUpperCase(), location: 'Somewhere', peers: rows }];
}

function collectorOf(rrc: number, peers: readonly WorldPeer[]): Record<string, unknown> {
  return {
    id: rrc,
    name: name(rrc).toUpperCase(),
    geographical_location: 'Somewhere',
    topological_location: 'Some exchange',
    multihop: rrc === 0,
    activated_on: '1999-10',
    deactivated_on: '',
    peers: peers.map(({ asn, ip, v4, isFullFeed }) => ({
      asn,
      ip,
      v4_prefix_count: v4,
      is_full_feed_v4: isFullFeed,
      v6_prefix_count: 0,
      is_full_feed_v6: false,
    })),
  };
}

function counts({ asn, ip, v4 }: WorldPeer): Record<string, unknown> {
  return { asn: String(asn), ip, v4_prefix_count: v4, v6_prefix_count: 0 };
}

function byCollector({ peers }: World): [number, WorldPeer[]][] {
  const sorted = new Map<number, WorldPeer[]>();
  for (const peer of peers) sorted.set(peer.rrc, [...(sorted.get(peer.rrc) ?? []), peer]);
  return [...sorted];
}

/** The same world as RIPEstat shows it when it has lost its data. */
export function emptied(world: World): World {
  return { ...world, updates: [], peers: world.peers.map((peer) => ({ ...peer, routes: new Map() })) };
}

function sourceOf({ rrc, ip }: WorldPeer): string {
  return `${String(rrc).padStart(2, '0')}-${ip}`;
}

function name(rrc: number): string {
  return `rrc${String(rrc).padStart(2, '0')}`;
}

function day(time: string): string {
  return `2014-12-22T${time}`;
}
