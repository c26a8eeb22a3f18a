import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A peer of a world that RIPEstat sees. */
export interface WorldPeer {
  readonly rrc: number;
  readonly ip: string;
  readonly asn: number;
  readonly v4: number;
  readonly isFullFeed: boolean;
  /** Path by prefix. */
  readonly routes: Map<string, readonly number[]>;
  /** When its collector heard it last, as `12:00:30`; the world's `now` when absent. */
  heard?: string;
  /** The same of single routes. */
  readonly heardOf?: Map<string, string>;
}

export interface WorldUpdate {
  /** `12:00:30`. */
  readonly at: string;
  readonly peer: WorldPeer;
  readonly prefix: string;
  /** Absent for a withdrawal. */
  readonly path?: readonly number[];
}

/** What RIPEstat would tell. All times are of 22 December 2014. */
export interface World {
  readonly peers: WorldPeer[];
  readonly updates: WorldUpdate[];
  /** Of which time `bgp-state` tells. */
  stateAt: string;
  /** What the looking glass calls now. */
  now: string;
  /** Up to when `bgp-updates` knows; the end asked for when absent. */
  updatesUpTo?: string;
}

/** What happens to an answer before it leaves. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** 200 OK, well formed, and nothing in it: 2020-09-30. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'html' }
  | { readonly kind: 'truncated' }
  /** The connection breaks in the middle of the body. */
  | { readonly kind: 'broken' }
  | { readonly kind: 'hanging' }
  | { readonly kind: 'huge' }
  | { readonly kind: 'envelope'; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly kind: 'data'; readonly change: (data: Record<string, unknown>) => void };

interface Planned {
  readonly call: string;
  readonly fault: Fault;
  times: number;
}

/** A server on loopback that answers as RIPEstat does, in the forms of its real answers, and fails on demand. */
export class RipestatServer {
  readonly world: World;
  /** Every request: call and parameters. */
  readonly requests: { readonly call: string; readonly parameters: URLSearchParams }[] = [];
  /** The most requests that were open at the same time. */
  mostAtOnce = 0;
  #open = 0;
  #planned: Planned[] = [];
  #isOpen = true;
  #parked: (() => void)[] = [];
  #watchers: (() => void)[] = [];
  readonly #server = createServer((request, response) => this.#serve(request, response));

  constructor(world: World) {
    this.world = world;
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** The next so many answers to this call (`*`: to any) fail so. */
  fail(call: string, fault: Fault, times = Infinity): void {
    this.#planned.push({ call, fault, times });
  }

  heal(): void {
    this.#planned = [];
  }

  /** Parks requests until the gate is opened. */
  closeGate(): void {
    this.#isOpen = false;
  }

  openGate(): void {
    this.#isOpen = true;
    for (const go of this.#parked.splice(0)) go();
  }

  /** Resolves when so many requests have come in all. */
  async received(count: number): Promise<void> {
    while (this.requests.length < count) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  count(call: string): number {
    return this.requests.filter((request) => request.call === call).length;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const call = /^\/data\/([a-z-]+)\/data\.json$/.exec(url.pathname)?.[1] ?? '';
    if (call === '') {
      response.writeHead(404).end();
      return;
    }
    this.requests.push({ call, parameters: url.searchParams });
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#open);
    response.on('close', () => this.#open--);
    for (const watcher of this.#watchers.splice(0)) watcher();

    this.#parked.push(() => this.#answer(call, url.searchParams, response));
    if (this.#isOpen) this.openGate();
  }

  #answer(call: string, parameters: URLSearchParams, response: ServerResponse): void {
    const fault = this.#fault(call);
    if (fault?.kind === 'hanging') return;
    if (fault?.kind === 'status') {
      response.writeHead(fault.status, { 'content-type': 'text/plain', ...fault.headers }).end('go away');
      return;
    }
    const data = answerOf(fault?.kind === 'empty' ? emptied(this.world) : this.world, call, parameters);
    if (data === undefined) {
      response.writeHead(404).end();
      return;
    }
    if (fault?.kind === 'data') fault.change(data);
    const text = JSON.stringify(envelope(call, data, fault?.kind === 'envelope' ? fault.fields : {}));
    response.writeHead(200, { 'content-type': 'application/json' });
    switch (fault?.kind) {
      case 'html':
        response.end('<!DOCTYPE html><title>We will be back soon</title>');
        break;
      case 'truncated':
        response.end(text.slice(0, text.length / 2));
        break;
      case 'broken':
        response.write(text.slice(0, text.length / 2), () => response.destroy());
        break;
      case 'huge':
        writeForever(response);
        break;
      case 'empty':
      case 'envelope':
      case 'data':
      case undefined:
        response.end(text);
    }
  }

  #fault(call: string): Fault | undefined {
    const planned = this.#planned.find((one) => one.times > 0 && (one.call === '*' || one.call === call));
    if (planned !== undefined) planned.times--;
    return planned?.fault;
  }
}

function envelope(call: string, data: unknown, fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
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

function answerOf(world: World, call: string, parameters: URLSearchParams): Record<string, unknown> | undefined {
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
        latest_time: day(peer.heardOf?.get(prefix) ?? peer.heard ?? world.now),
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

/** The same world as RIPEstat tells it when it has lost its data. */
function emptied(world: World): World {
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

function writeForever(response: ServerResponse): void {
  const chunk = Buffer.alloc(64 * 1024, ' ');
  const write = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', write);
  write();
}
