import { afterEach } from 'vitest';
import { createRipestatClient, type RipestatClient, type RipestatOptions } from '../../../streams/ripestat/client.ts';
import { RipestatServer } from '../../support/ripestat-server.ts';
import type { World, WorldPeer } from './answers.ts';
import { UNITS } from '../../support/day.ts';
import { ANCHORS, UPSTREAMS } from '../../support/world.ts';
import { HandClock } from './hand-clock.ts';

export const KP_ORIGIN = 131279;
const ABSENT = '93.175.158.0/24';

/** Forty full-feed peers of three collectors that see all, and ten partial ones that see nothing of it. */
export function worldOfKp(): World {
  const full = Array.from({ length: 40 }, (_, i) => fullPeer(i));
  const partial = Array.from({ length: 10 }, (_, i): WorldPeer => ({
    rrc: 3,
    ip: `203.0.113.${i + 1}`,
    asn: 65_000 + i,
    v4: 100 * i,
    isFullFeed: false,
    routes: new Map(),
  }));
  return { peers: [...full, ...partial], updates: [], stateAt: '12:00:00', now: '12:05:00' };
}

function fullPeer(i: number): WorldPeer {
  const asn = 64_512 + i;
  const anchors = ANCHORS.map((prefix) => [prefix, [asn, 3333, 12654]] as const);
  const units = UNITS.map((prefix) => [prefix, kpPath(asn)] as const);
  return {
    rrc: i % 4 === 3 ? 3 : i % 4 === 2 ? 1 : 0,
    // RIPEstat writes IPv6 addresses compressed, as we do; one of them spelled otherwise is the same peer.
    ip: i === 39 ? '2001:DB8:0:0:0:0:0:39' : `198.51.100.${i + 1}`,
    asn,
    v4: 500_000 - i * 1_000,
    isFullFeed: true,
    routes: new Map<string, readonly number[]>([...anchors, ...units]),
  };
}

export function kpPath(asn: number): readonly number[] {
  return [asn, 1299, UPSTREAMS[asn % 2] ?? UPSTREAMS[0], KP_ORIGIN];
}

export function fullPeers(world: World): WorldPeer[] {
  return world.peers.filter(({ isFullFeed }) => isFullFeed);
}

/** The territory leaves the tables of these peers. */
export function withdraw(peers: readonly WorldPeer[]): void {
  for (const { routes } of peers) for (const unit of UNITS) routes.delete(unit);
}

/** These peers show nothing at all any more: their sessions are down. */
export function silence(peers: readonly WorldPeer[]): void {
  for (const { routes } of peers) routes.clear();
}

export function leak(peers: readonly WorldPeer[]): void {
  for (const { asn, routes } of peers) routes.set(ABSENT, [asn, 64_999]);
}

export interface Bench {
  readonly server: RipestatServer;
  readonly client: RipestatClient;
  readonly clock: HandClock;
  readonly signal: AbortSignal;
  readonly baseUrl: string;
}

const opened: RipestatServer[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.close()));
});

/** A server of this world and a client at it, whose waits between retries are over at once. */
export async function bench(world: World = worldOfKp(), options: Partial<RipestatOptions> = {}): Promise<Bench> {
  const server = new RipestatServer(world);
  const baseUrl = await server.listen();
  opened.push(server);
  const clock = new HandClock('2014-12-22T12:05:00Z', 30_000);
  const client = createRipestatClient({ clock, random: () => 0.5, baseUrl, attemptMs: 40_000, ...options });
  return { server, client, clock, signal: new AbortController().signal, baseUrl };
}
