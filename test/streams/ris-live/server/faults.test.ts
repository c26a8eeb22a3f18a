import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../../../support/clock.ts';
import type { Faults } from '../../../../streams/ris-live/server/faults.ts';
import { announcements, update } from './support/messages.ts';
import type { Listener, OnAir } from './support/on-air.ts';
import { onAir } from './support/on-air.ts';

const COUNT = 1000;

/** A client that receives everything, on a feed of one message a second, after this was done to it. */
async function hearing(
  spoil: (faults: Faults) => void,
  feed = announcements(COUNT),
): Promise<OnAir & { client: Listener }> {
  const air = await onAir(feed);
  const client = await air.listen();
  client.send('ris_subscribe', {});
  client.send('ping');
  await client.frame('pong');
  spoil(air.server.faults);
  return { ...air, client };
}

async function numbers(client: Listener): Promise<number[]> {
  await client.hungUp();
  return client.messages.map(({ data }) => Number(data?.['timestamp']) - Date.UTC(2014, 11, 22, 12) / 1000);
}

const all = Array.from({ length: COUNT }, (_, i) => i);

describe('messages on their way', () => {
  test('without a fault each comes once and in order', async () => {
    const { client, clock } = await hearing(() => undefined);
    await clock.turn(1001);
    expect(await numbers(client)).toEqual(all);
  });

  test('drop loses the next ones, and no others', async () => {
    const { client, clock } = await hearing((faults) => faults.drop(3));
    await clock.turn(1001);
    expect(await numbers(client)).toEqual(all.slice(3));
  });

  test('duplicate sends the next ones twice, ids and all', async () => {
    const { client, clock } = await hearing((faults) => faults.duplicate(2));
    await clock.turn(1001);
    expect(await numbers(client)).toEqual([0, 0, 1, 1, ...all.slice(2)]);
    expect(client.ids[0]).toBe(client.ids[1]);
  });

  test('reorder turns each handful around, until it is cleared', async () => {
    const { client, clock } = await hearing((faults) => faults.reorder(5));
    await clock.turn(1001);
    expect((await numbers(client)).slice(0, 12)).toEqual([4, 3, 2, 1, 0, 9, 8, 7, 6, 5, 14, 13]);
  });

  test('late sends the next ones again, stamped days before', async () => {
    const { client, clock } = await hearing((faults) => faults.late(2, 3 * 86_400_000));
    await clock.turn(1001);
    expect((await numbers(client)).slice(0, 5)).toEqual([0, -259_200, 1, 1 - 259_200, 2]);
    expect(new Set(client.ids).size).toBe(COUNT + 2);
  });

  test('silence loses so much event time, and pings are answered meanwhile', async () => {
    const { client, clock } = await hearing((faults) => faults.silence(0));
    await clock.turn(1001);
    await client.hungUp();
    const quiet = await hearing((faults) => faults.silence(Date.UTC(2014, 11, 22, 12) + 600_000));
    await quiet.clock.turn(1001);
    expect(await numbers(quiet.client)).toEqual(all.slice(600));
  });

  test('only withdrawals are left', async () => {
    const feed = [
      update({ announced: ['192.0.2.0/24'] }),
      update({ announced: ['192.0.2.0/24'], withdrawn: ['198.51.100.0/24'] }),
      update({ withdrawn: ['203.0.113.0/24'] }),
    ];
    const { client, clock } = await hearing((faults) => faults.onlyWithdrawals(), feed);
    await clock.turn(1001);
    await client.hungUp();
    expect(client.messages.map(({ data }) => [data?.['announcements'], data?.['withdrawals']])).toEqual([
      [[], ['198.51.100.0/24']],
      [[], ['203.0.113.0/24']],
    ]);
  });
});

describe('connections', () => {
  test('a stall holds everything back, and then it comes', async () => {
    const { client, clock } = await hearing((faults) => faults.stall(60_000));
    await clock.turn(30_000);
    expect(client.messages).toHaveLength(0);
    client.send('ping');
    await client.frame('pong', 2);
    await clock.turn(40_000);
    expect(await numbers(client)).toEqual(all);
  });

  test('a half-open connection stays, without messages or pongs', async () => {
    const { client, clock } = await hearing((faults) => faults.halfOpen());
    client.socket.ping();
    client.send('ping');
    await clock.turn(600_000);
    expect(client.frames).toEqual([{ type: 'pong' }]);
    expect(client.pongs).toBe(0);
    expect(client.closed).toBeUndefined();
  });

  test('a client that comes back after a half-open connection receives the rest, as fast as it reads', async () => {
    const { client, clock, listen } = await hearing((faults) => faults.halfOpen());
    await clock.turn(60_000);
    client.socket.terminate();
    const again = await listen();
    again.send('ris_subscribe', {});
    again.send('ping');
    await again.frame('pong');
    await clock.turn(2000);
    expect(await numbers(again)).toEqual(all);
  });

  test('half a frame comes, and nothing after it', async () => {
    const { server, clock } = await onAir(announcements(COUNT));
    const line = connect(server.port, '127.0.0.1');
    onTestFinished(() => void line.destroy());
    let text = '';
    line.setEncoding('latin1').on('data', (part: string) => (text += part));
    const key = Buffer.alloc(16).toString('base64');
    line.write(`GET /v1/ws/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`);
    line.write(`Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`);
    await until(() => text.endsWith('\r\n\r\n'), 'the handshake');
    text = '';
    server.faults.halfFrame();
    await until(() => text.length >= 504, 'half a frame');
    await clock.turn(600_000);
    // RFC 6455 section 5.2: 1,000 bytes of text are announced, 500 are there.
    expect(text.slice(0, 4)).toBe('\x81\x7e\x03\xe8');
    expect(text).toHaveLength(504);
    expect(line.readyState).toBe('open');
  });

  test('an abrupt end has no closing frame', async () => {
    const { client, server } = await hearing(() => undefined);
    server.faults.closeAbruptly();
    expect(await client.hungUp()).toEqual({ code: 1006, reason: '' });
  });

  test('a slow line carries a set number of bytes a second', async () => {
    const { client, clock } = await hearing((faults) => faults.slow(1000));
    await clock.turn(11_000);
    const bytes = client.texts.slice(1).reduce((sum, text) => sum + text.length, 0);
    expect(bytes).toBeGreaterThan(8000);
    expect(bytes).toBeLessThanOrEqual(10_000);
    await clock.turn(400_000);
    expect(await numbers(client)).toEqual(all);
  });

  test('the final error of the slow-consumer rule comes on demand', async () => {
    const { client, server } = await hearing(() => undefined);
    server.faults.dismiss();
    expect((await client.frame('ris_error')).data?.message).toMatch(
      /^Closing connection after being behind by more than/,
    );
    expect((await client.hungUp()).code).toBe(1008);
  });

  test('acknowledgements can be those of another subscription, or not come at all', async () => {
    const { client, server } = await hearing((faults) => faults.acks('other'));
    client.send('ris_subscribe', { host: 'rrc00', socketOptions: { acknowledge: true } });
    const { data } = await client.frame('ris_subscribe_ok');
    expect(data?.['subscription']).toMatchObject({ host: 'rrc99' });
    server.faults.acks('none');
    client.send('ris_subscribe', { host: 'rrc01' });
    client.send('ping');
    await client.frame('pong', 2);
    expect(client.frames.filter(({ type }) => type === 'ris_subscribe_ok')).toHaveLength(1);
  });
});

describe('garbage', () => {
  test('one bad frame of each kind, and the connection stays open', async () => {
    const { client, server } = await hearing(() => undefined);
    server.faults.garbage();
    client.send('ping');
    await client.frame('pong', 2);
    expect(client.texts.length).toBeGreaterThanOrEqual(28);
    expect(client.closed).toBeUndefined();
  });

  test('bytes that are not UTF-8 make a client hang up, as RFC 6455 requires', async () => {
    const { client, server } = await hearing(() => undefined);
    server.faults.garbage('not-utf-8');
    expect((await client.hungUp()).code).toBe(1006);
  });
});
