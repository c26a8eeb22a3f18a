import { afterEach, expect, test } from 'vitest';
import type { UnroutableEvent } from '../../../src/detect/events/event.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { createEngine } from '../../../src/engine.ts';
import { DEFAULT_VOTING } from '../../../src/policy/voting-policy.ts';
import { KP, UNITS } from '../../support/day.ts';
import { announce, keepalive, state, withdraw, type PeerServer } from './peer-server.ts';
import { watchedServer, type Watching } from './watching.ts';

/** From the socket to the verdict: twelve peers of two collectors, as RIS Live would send them. */
const PEERS = Array.from({ length: 12 }, (_, i) => ({
  peer: `198.51.100.${i + 1}`,
  asn: 64_513 + i,
  host: i % 2 === 0 ? 'rrc00' : 'rrc13',
}));

const open: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

interface Scene {
  readonly server: PeerServer;
  readonly watching: Watching;
  /** Sends this for these peers now. */
  readonly sendFrom: (
    what: (fields: { at: number; peer: string; asn: number; host: string }) => object,
    peers?: typeof PEERS,
  ) => void;
  /** So many seconds in which all sessions are alive. */
  readonly live: (seconds: number, peers?: typeof PEERS) => Promise<void>;
}

/** The country is announced by all, and everybody may vote on it. */
async function routable(options: { autoPong?: boolean } = {}): Promise<Scene> {
  const { server, watching } = await watchedServer(open, options);
  const sendFrom: Scene['sendFrom'] = (what, peers = PEERS) => {
    server.send(...peers.map((one) => what({ at: watching.now, ...one })));
  };
  const live: Scene['live'] = async (seconds, peers = PEERS) => {
    for (let i = 0; i < seconds; i += 10) {
      sendFrom(keepalive, peers);
      await watching.pass(10_000);
    }
  };
  sendFrom((fields) => announce(fields, UNITS, [fields.asn, 4837, 131_279]));
  await live(20 * 60);
  return { server, watching, sendFrom, live };
}

function eventsOf(watching: Watching): UnroutableEvent[] {
  const engine = createEngine({ territories: [{ territory: KP, policy: DEFAULT_POLICY }], voting: DEFAULT_VOTING });
  return watching.elements.flatMap((element) => engine.apply(element)?.events ?? []);
}

function typesOf(watching: Watching): string[] {
  return eventsOf(watching).map(({ type }) => type);
}

test('a country that is withdrawn by all is unroutable after the hold, and restored when it is announced again', async () => {
  const { watching, sendFrom, live } = await routable();
  sendFrom((fields) => withdraw(fields, UNITS));
  await live(120);
  expect(typesOf(watching)).toContain('country.unroutable');
  sendFrom((fields) => announce(fields, UNITS, [fields.asn, 4837, 131_279]));
  await live(120);
  expect(typesOf(watching)).toContain('country.restored');
});

test('50: sessions that go down and say nothing more withdraw nothing: the country is unknown, never unroutable', async () => {
  const { watching, sendFrom, live } = await routable();
  sendFrom((fields) => state(fields, 'down'), PEERS.slice(0, 8));
  await live(600, PEERS.slice(8));
  expect(watching.of('withdrawal')).toEqual([]);
  expect(typesOf(watching)).toContain('country.unknown');
  expect(typesOf(watching)).not.toContain('country.unroutable');
});

test('50: the same for a session of which only the TCP connection is up', async () => {
  const { watching, sendFrom, live } = await routable();
  sendFrom((fields) => state(fields, 'connected'));
  await live(0);
  await watching.pass(60_000);
  expect(typesOf(watching)).toContain('country.unknown');
  expect(typesOf(watching)).not.toContain('country.unroutable');
});

test('51: a table sent again after a session came up causes no event about the country', async () => {
  const { watching, sendFrom, live } = await routable();
  const before = typesOf(watching).length;
  const [one] = PEERS;
  if (one === undefined) throw new Error('no peer');
  sendFrom((fields) => state(fields, 'down'), [one]);
  sendFrom((fields) => state(fields, 'up'), [one]);
  for (let i = 0; i < 2000; i++) {
    const prefixes = Array.from({ length: 100 }, (_, n) => `${1 + (i % 170)}.${n}.${i % 256}.0/24`);
    sendFrom((fields) => announce(fields, prefixes), [one]);
  }
  sendFrom((fields) => announce(fields, UNITS, [fields.asn, 4837, 131_279]), [one]);
  await watching.messages(watching.source.stats().messages);
  await live(20 * 60);
  expect(typesOf(watching).slice(before)).toEqual([]);
  expect(watching.source.stats().routesLeftOut).toBeGreaterThan(190_000);
});

test('a link that dies makes the country unknown within 45 s, and never unroutable', async () => {
  const { watching } = await routable({ autoPong: false });
  const from = watching.now;
  await watching.turnUntil(() => typesOf(watching).includes('country.unknown'), 'the verdict', 120_000);
  expect(watching.now - from).toBeLessThanOrEqual(45_000);
  await watching.pass(10 * 60_000);
  expect(typesOf(watching)).not.toContain('country.unroutable');
});

test('a feed that falls silent while the link is up makes the country unknown within 60 s', async () => {
  const { watching } = await routable();
  const from = watching.now;
  await watching.turnUntil(() => typesOf(watching).includes('country.unknown'), 'the verdict', 120_000);
  expect(watching.now - from).toBeLessThanOrEqual(60_000);
  expect(typesOf(watching)).not.toContain('country.unroutable');
});

test('39: messages of days ago and of minutes ahead change no verdict', async () => {
  const { watching, sendFrom, live } = await routable();
  const before = typesOf(watching).length;
  sendFrom((fields) => withdraw({ ...fields, at: fields.at - 3 * 86_400_000 }, UNITS));
  sendFrom((fields) => withdraw({ ...fields, at: fields.at - 30 * 60_000 }, UNITS));
  await live(120);
  expect(typesOf(watching).slice(before)).toEqual([]);
  expect(watching.source.stats().odd).toMatchObject({ absurd: 12, late: 12 });
});

test('a step of our own wall clock, an hour or two days either way, changes nothing', async () => {
  const { watching, live } = await routable();
  const before = typesOf(watching).length;
  for (const step of [-3_600_000, 2 * 86_400_000, -1000]) {
    watching.clock.stepWall(step);
    await live(120);
  }
  expect(typesOf(watching).slice(before)).toEqual([]);
});
