import { expect, test } from 'vitest';
import { parseCollector } from '../../../src/bgp/peer.ts';
import type { Element } from '../../../src/bgp/element.ts';
import { announce, keepalive, PeerServer, withdraw } from './peer-server.ts';
import { open, started } from './started.ts';
import { shortOf, Watching } from './watching.ts';

/** What came out, without its time. */
function what(elements: readonly Element[]): string[] {
  return elements.filter(({ type }) => type !== 'tick').map((element) => shortOf(element).replace(/^\S+ /, ''));
}

test('messages about a watched block come out, and the rest is left out', async () => {
  const { server, watching } = await started();
  const at = watching.now;
  server.send(
    announce({ at }, ['175.45.176.0/24', '192.0.2.0/24']),
    withdraw({ at: at + 10 }, ['175.45.176.0/24']),
    announce({ at: at + 20 }, ['0.0.0.0/0', '175.0.0.0/8']),
  );
  await watching.messages(3);
  await watching.pass(3000);
  expect(what(watching.elements)).toEqual([
    'announcement 198.51.100.1 175.45.176.0/24',
    'withdrawal 198.51.100.1 175.45.176.0/24',
    'announcement 198.51.100.1 175.0.0.0/8',
  ]);
  expect(watching.source.stats().routesLeftOut).toBe(2);
});

test('a source does nothing until it is read', async () => {
  const server = await PeerServer.listen();
  open.push(server);
  const { risLive } = await import('../../../streams/ris-live/source.ts');
  const { HandClock } = await import('../../support/clock.ts');
  const clock = new HandClock();
  risLive({ url: server.url, client: 'x', blocks: [], clock, random: () => 0 });
  await clock.turn(60_000);
  expect([server.sockets.length, clock.sleeping]).toEqual([0, 0]);
});

test('it says who it is, and subscribes to sessions before routes, at most five in a second', async () => {
  const { server } = await started();
  expect(server.requests).toEqual(['/v1/ws/?client=unroutable-test']);
  expect(server.subscriptions.map(({ type, prefix }) => type ?? prefix)).toEqual([
    'RIS_PEER_STATE',
    'STATE',
    'KEEPALIVE',
    'OPEN',
    'NOTIFICATION',
    ['175.45.176.0/22'],
  ]);
  expect(server.subscriptions.at(-1)).toMatchObject({
    moreSpecific: true,
    lessSpecific: true,
    socketOptions: { acknowledge: true, includeRaw: false },
  });
});

test('messages of two collectors leave in the order of their time, those of one moment as the collector counted them', async () => {
  const { server, watching } = await started();
  const at = watching.now;
  const hex = (count: number): string => `198.51.100.1-${at.toString(16).padStart(12, '0')}000${count}`;
  server.send(
    announce({ at: at + 500, host: 'rrc13' }, ['175.45.179.0/24']),
    announce({ at, id: hex(2) }, ['175.45.178.0/24']),
    announce({ at, id: hex(1) }, ['175.45.177.0/24']),
    announce({ at: at - 900, host: 'rrc05' }, ['175.45.176.0/24']),
  );
  await watching.messages(4);
  await watching.pass(3000);
  expect(what(watching.elements).map((line) => line.split(' ')[2])).toEqual([
    '175.45.176.0/24',
    '175.45.177.0/24',
    '175.45.178.0/24',
    '175.45.179.0/24',
  ]);
});

test('a message that matches two subscriptions counts once', async () => {
  const { server, watching } = await started();
  const message = announce({ at: watching.now, id: '198.51.100.1-0000000000000001' }, ['175.45.176.0/24']);
  const elsewhere = announce({ at: watching.now, host: 'rrc01', id: '198.51.100.1-0000000000000001' }, [
    '175.45.176.0/24',
  ]);
  server.send(message, message, elsewhere, message);
  await watching.messages(4);
  await watching.pass(3000);
  expect(watching.of('announcement').map(({ peer }) => peer.collector)).toEqual(['rrc00', 'rrc01']);
  expect(watching.source.stats().odd).toEqual({ duplicate: 2 });
});

test('a KEEPALIVE is a tick of its session', async () => {
  const { server, watching } = await started();
  const at = watching.now;
  server.send(keepalive({ at }));
  await watching.messages(1);
  await watching.pass(2500);
  expect(watching.of('tick').find(({ peer }) => peer !== undefined)).toMatchObject({
    at,
    collector: 'rrc00',
    peer: { id: 'rrc00|198.51.100.1|64513' },
  });
});

test('while nothing comes, ticks take time on, a second each, two seconds behind', async () => {
  const { server, watching } = await started();
  const at = watching.now;
  server.send(keepalive({ at }));
  await watching.messages(1);
  await watching.pass(20_000);
  const ticks = watching.of('tick').map((tick) => tick.at - at);
  expect(ticks.length).toBeGreaterThanOrEqual(17);
  expect(ticks.at(-1)).toBeGreaterThanOrEqual(17_000);
  expect(ticks.at(-1)).toBeLessThanOrEqual(18_000);
});

test('when the server closes, each collector that sent data has a gap; then the line comes back by itself', async () => {
  const { server, watching } = await started();
  server.send(keepalive({ at: watching.now }), keepalive({ at: watching.now, host: 'rrc13' }));
  await watching.messages(2);
  server.socket.close(1011, 'behind');
  await watching.pass(1000);
  expect(what(watching.elements)).toEqual(['gap rrc00 disconnected', 'gap rrc13 disconnected']);
  expect(watching.reports.find(({ type }) => type === 'disconnected')).toMatchObject({
    closing: { code: 1011, reason: 'behind', by: 'server' },
    retryMs: 1000,
  });
  await watching.turnUntil(() => server.sockets.length === 2, 'the second connection');
  await watching.subscribed(2);
  server.send(keepalive({ at: watching.now }));
  await watching.messages(3);
  expect(watching.count('heard-again')).toBe(1);
});

test('failures that follow each other wait ever longer, up to a minute', async () => {
  const { server, watching } = await started({ random: () => 0.999 });
  await server.close();
  await watching.turnUntil(() => watching.count('disconnected') >= 9, 'nine failures', 600_000);
  const waits = watching.reports.flatMap((report) => (report.type === 'disconnected' ? [report.retryMs ?? 0] : []));
  expect(waits[0]).toBeGreaterThan(1900);
  expect(waits.slice(0, 6)).toEqual([...waits.slice(0, 6)].sort((a, b) => a - b));
  expect(Math.max(...waits)).toBeLessThanOrEqual(60_000);
  expect(waits.at(-1)).toBeGreaterThan(59_000);
});

test('a subscription that is not acknowledged is reported, and the line starts again', async () => {
  const server = await PeerServer.listen();
  server.acknowledges = false;
  const watching = new Watching(server.url);
  open.push(server, watching);
  await server.connections(1);
  await watching.turnUntil(() => watching.count('not-subscribed') === 1, 'the complaint');
  expect(watching.reports.find(({ type }) => type === 'not-subscribed')).toMatchObject({
    missing: expect.arrayContaining(['all collectors: UPDATE 175.45.176.0/22']) as unknown,
  });
  server.acknowledges = true;
  await watching.subscribed(1);
  expect(server.sockets.length).toBe(2);
});

test('with collectors, each has its own socket, and one that breaks is a gap of that collector alone', async () => {
  const collectors = ['rrc00', 'rrc13'].map((text) => parseCollector(text)).filter((name) => name !== undefined);
  const server = await PeerServer.listen();
  const watching = new Watching(server.url, { collectors });
  open.push(server, watching);
  await server.connections(2);
  await watching.subscribed(2);
  expect(new Set(server.subscriptions.map(({ host }) => host))).toEqual(new Set(['rrc00', 'rrc13']));
  const [first] = server.sockets;
  first?.send(JSON.stringify(keepalive({ at: watching.now })));
  await watching.messages(1);
  first?.terminate();
  await watching.pass(5000);
  expect(watching.of('gap').length).toBe(1);
});

test('one collector that sends nothing for a minute while others do is a gap', async () => {
  const { server, watching } = await started();
  server.send(keepalive({ at: watching.now, host: 'rrc13' }));
  for (let i = 0; i < 70; i++) {
    server.send(keepalive({ at: watching.now }));
    await watching.pass(1000);
  }
  expect(watching.lines.map((line) => line.slice(0, 8))).toEqual(['12:01:01']);
  expect(what(watching.elements)).toEqual(['gap rrc13 silent-collector']);
});

test('the reader that stops ends everything: no sleeper, no socket is left', async () => {
  const { server, watching } = await started();
  await watching.stop();
  await watching.pass(0);
  expect(watching.clock.sleeping).toBe(0);
  expect(server.socket.readyState).not.toBe(server.socket.OPEN);
});

test('a recording ends with the goodbye of its server, whatever its time', async () => {
  const { server, watching } = await started({ timeline: 'history' });
  const long = Date.UTC(2014, 11, 22, 16, 15);
  server.send(announce({ at: long }, ['175.45.176.0/24']), withdraw({ at: long + 3_600_000 }, ['175.45.176.0/24']));
  await watching.messages(2);
  server.socket.close(1000, 'the recording is over');
  await watching.ended;
  expect(watching.lines).toEqual([
    '16:15:00 announcement 198.51.100.1 175.45.176.0/24',
    '17:15:00 withdrawal 198.51.100.1 175.45.176.0/24',
  ]);
});

test('38: a server that says we are too slow, and closes, leaves a gap; what it says otherwise changes nothing', async () => {
  const { server, watching } = await started();
  server.send({ type: 'ris_weather', data: {} }, { type: 'ris_error', data: { message: 'Unknown command type' } });
  server.send(keepalive({ at: watching.now }));
  await watching.messages(1);
  expect(watching.of('gap')).toEqual([]);
  const text = 'Closing connection after being behind by more than 262144000 bytes over 30 seconds';
  server.send({ type: 'ris_error', data: { message: text, bufferSize: 313_026_734 } });
  server.socket.close(1000);
  await watching.pass(500);
  expect(watching.reports).toContainEqual({ type: 'server-error', line: 'all collectors', text });
  expect(watching.of('gap')).toMatchObject([{ collector: 'rrc00', reason: 'disconnected' }]);
  expect(watching.source.stats().odd).toEqual({ 'unknown-envelope': 1, 'server-error': 2 });
});
