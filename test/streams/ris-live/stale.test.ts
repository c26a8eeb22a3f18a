import { expect, test } from 'vitest';
import { parseCollector } from '../../../src/bgp/peer.ts';
import { announce, keepalive, withdraw } from './peer-server.ts';
import { started } from './started.ts';

test('a feed that sends only old messages is cut after 45 s, and a new connection opened', async () => {
  const { server, watching } = await started();
  server.send(keepalive({ at: watching.now }));
  for (let i = 0; i < 46; i++) {
    await watching.pass(1000);
    server.send(
      keepalive({ at: watching.now - 181_000 }),
      withdraw({ at: watching.now - 181_000 }, ['175.45.176.0/24']),
    );
  }
  await watching.turnUntil(() => watching.count('disconnected') === 1, 'the cut', 2000);
  expect(watching.of('gap')).toMatchObject([{ collector: 'rrc00', reason: 'stale-feed' }]);
  expect(watching.reports).toContainEqual(
    expect.objectContaining({
      type: 'disconnected',
      closing: { code: 1006, reason: 'no message but old ones for 45 s', by: 'us' },
    }),
  );
  // Old messages count all the same, at their own time.
  expect(watching.of('withdrawal').length).toBeGreaterThan(40);
  await watching.subscribed(2);
});

test('a recording may jump back in time and stop for a minute: nothing of it is stale', async () => {
  const { server, watching } = await started({ timeline: 'history' });
  server.send(keepalive({ at: watching.now }));
  for (let i = 0; i < 60; i++) {
    await watching.pass(1000);
    server.send(announce({ at: watching.now - i * 60_000 }, ['175.45.176.0/24']));
  }
  expect(watching.of('gap')).toEqual([]);
  expect(watching.source.stats().odd).not.toHaveProperty('stale');
});

test('with collectors, only the one that sends nothing but old messages is cut', async () => {
  const collectors = ['rrc00', 'rrc13'].map((text) => parseCollector(text)).filter((name) => name !== undefined);
  const { server, watching } = await started({ collectors });
  const [first, second] = server.sockets;
  const send = (seconds: number): void => {
    first?.send(JSON.stringify(keepalive({ at: watching.now, host: 'rrc00' })));
    second?.send(JSON.stringify(keepalive({ at: watching.now - seconds * 1000, host: 'rrc13' })));
  };
  send(0);
  for (let i = 0; i < 46; i++) {
    await watching.pass(1000);
    send(200);
  }
  await watching.turnUntil(() => watching.count('disconnected') === 1, 'the cut', 2000);
  await watching.pass(3000);
  expect(watching.of('gap')).toMatchObject([{ collector: 'rrc13', reason: 'stale-feed' }]);
  expect(first?.readyState).toBe(first?.OPEN);
});

test('a feed with another time than ours is reported once, and again only after the two agreed', async () => {
  const { server, watching } = await started();
  const send = async (lagMs: number): Promise<void> => {
    for (let i = 0; i < 300; i++) server.send(keepalive({ at: watching.now - lagMs }));
    await watching.messages(watching.source.stats().messages + 300);
    for (let i = 0; i < 10; i++) await watching.pass(500);
  };
  await send(0);
  expect(watching.count('clocks-differ')).toBe(0);
  await send(170_000);
  expect(watching.count('clocks-differ')).toBe(0);
  watching.clock.stepWall(20_000);
  await send(170_000);
  await send(170_000);
  expect(watching.reports.filter(({ type }) => type === 'clocks-differ')).toEqual([
    { type: 'clocks-differ', behindMs: 190_000 },
  ]);
  watching.clock.stepWall(-20_000);
  await send(0);
  watching.clock.stepWall(-3_600_000);
  await send(0);
  expect(watching.count('clocks-differ')).toBe(2);
  expect(watching.of('gap')).toEqual([]);
});
