import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encode } from 'dns-packet';
import { onTestFinished } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';

/** A result as RIPE Atlas gives it. */
export type Result = Readonly<Record<string, unknown>>;

/** The data of one measurement. */
export interface Measured {
  readonly type: string;
  readonly interval?: number;
  readonly status?: string;
  readonly results: Result[];
}

/** A server on loopback that answers as atlas.ripe.net and atlas-stream.ripe.net do. */
export interface AtlasServer {
  readonly api: string;
  readonly stream: string;
  readonly measurements: Map<number, Measured>;
  /** Paths with their queries, in order. */
  readonly asked: string[];
  readonly userAgents: Set<string>;
  /** What clients of the stream subscribed to. */
  readonly subscribed: number[];
  /** The API answers all requests like this, until the test changes it. 0: it never answers. */
  fault: number | undefined;
  /** To every client of the stream. */
  send(message: unknown): void;
  /** Cuts all streams; later ones are refused while `isRefusing`. */
  cut(): void;
  isRefusing: boolean;
}

/** Closed when the test ends. */
export async function startAtlas(measurements: Readonly<Record<number, Measured>>): Promise<AtlasServer> {
  const clients = new Set<WebSocket>();
  const http = createServer((request, response) => answer(server, request, response));
  const sockets = new WebSocketServer({ noServer: true });
  http.on('upgrade', (request, socket, head) => {
    if (server.isRefusing) return void socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n');
    sockets.handleUpgrade(request, socket, head, (client) => {
      clients.add(client);
      client.on('close', () => clients.delete(client));
      client.on('message', (data: Buffer) => {
        const [type, { msm }] = JSON.parse(data.toString()) as [string, { msm: number }];
        if (type === 'atlas_subscribe') server.subscribed.push(msm);
        client.send(JSON.stringify(['atlas_subscribed', { streamType: 'result', msm }]));
      });
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(async () => {
    for (const client of clients) client.terminate();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  const { port } = http.address() as AddressInfo;
  const server: AtlasServer = {
    api: `http://127.0.0.1:${port}/`,
    stream: `ws://127.0.0.1:${port}/stream/`,
    measurements: new Map(Object.entries(measurements).map(([id, one]) => [Number(id), one])),
    asked: [],
    userAgents: new Set(),
    subscribed: [],
    fault: undefined,
    isRefusing: false,
    send: (message) => clients.forEach((client) => client.send(JSON.stringify(message))),
    cut: () => clients.forEach((client) => client.terminate()),
  };
  return server;
}

/** Probe 1001 is in the Netherlands, 1002 in Korea; others are not known. */
const PLACES = [
  { id: 1001, country_code: 'NL', asn_v4: 3333, asn_v6: 3333 },
  { id: 1002, country_code: 'KR', asn_v4: 4766, asn_v6: null },
];

function answer(server: AtlasServer, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://atlas.test');
  server.asked.push(`${url.pathname}${url.search}`);
  server.userAgents.add(request.headers['user-agent'] ?? '');
  const respond = (status: number, value: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };
  if (server.fault === 0) return;
  if (server.fault !== undefined) return respond(server.fault, { error: { status: server.fault } });
  const [, id, results] = /^\/api\/v2\/measurements\/(\d+)\/(results\/)?$/.exec(url.pathname) ?? [];
  if (id === undefined) {
    const wanted = new Set((url.searchParams.get('id__in') ?? '').split(',').map(Number));
    return respond(200, { count: 2, results: PLACES.filter((place) => wanted.has(place.id)) });
  }
  const one = server.measurements.get(Number(id));
  if (one === undefined) return respond(404, { error: { detail: 'Not found.' } });
  if (results === undefined)
    return respond(200, {
      type: one.type,
      interval: one.interval ?? 900,
      is_oneoff: one.interval === 0,
      status: { id: 2, name: one.status ?? 'Ongoing' },
    });
  const start = Number(url.searchParams.get('start'));
  respond(
    200,
    one.results.filter(({ timestamp }) => Number(timestamp) >= start),
  );
}

/** A `dns` result: with the answer of a name server, or the error that the probe met. */
export function dnsResult(
  msm: number,
  probe: number,
  timestamp: number,
  found:
    { readonly flags?: number; readonly zone?: string } | { readonly error: Readonly<Record<string, unknown>> } = {},
): Result {
  const common = { af: 4, dst_addr: '175.45.176.15', dst_port: '53', fw: 5080, lts: 21, proto: 'UDP', type: 'dns' };
  const base = { ...common, msm_id: msm, msm_name: 'Tdig', prb_id: probe, timestamp, stored_timestamp: timestamp + 20 };
  if ('error' in found) return { ...base, error: found.error };
  const { flags = 0x400, zone = 'kp' } = found;
  const soa = { type: 'SOA', name: zone, data: { mname: 'ns1.kptc.kp', rname: 'root.kptc.kp', serial: 1 } } as const;
  const questions = [{ type: 'SOA', name: 'kp' }] as const;
  const answers = (flags & 0xf) === 0 ? [soa] : [];
  const abuf = encode({ type: 'response', id: 19295, flags, questions: [...questions], answers }).toString('base64');
  return { ...base, result: { ANCOUNT: answers.length, ID: 19295, QDCOUNT: 1, abuf, rt: 34.738, size: 58 } };
}
