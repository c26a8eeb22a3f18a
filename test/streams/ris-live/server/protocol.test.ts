import { get } from 'node:http';
import { describe, expect, test } from 'vitest';
import { settled, until } from '../../../support/clock.ts';
import { announcements, keepalive, state, update } from './support/messages.ts';
import { onAir, turnedUntil } from './support/on-air.ts';

const ROUTES = ['175.45.176.0/24'];

describe('what a client says, and what it is answered', () => {
  test('a ping is answered with a pong, and a WebSocket ping with a WebSocket pong', async () => {
    const { listen } = await onAir([]);
    const client = await listen();
    client.send('ping');
    client.socket.ping();
    expect(await client.frame('pong')).toEqual({ type: 'pong' });
    await until(() => client.pongs === 1, 'a pong');
  });

  test('the list of collectors names those that are served', async () => {
    const { listen } = await onAir([update({ host: 'rrc00.ripe.net' }), update({ host: 'rrc21.ripe.net' })]);
    const client = await listen();
    client.send('request_rrc_list');
    expect((await client.frame('ris_rrc_list')).data).toEqual(['rrc00.ripe.net', 'rrc21.ripe.net']);
  });

  test("an unknown command is refused in RIPE's words", async () => {
    const { listen } = await onAir([]);
    const client = await listen();
    client.send('wrong');
    expect(await client.frame('ris_error')).toEqual({
      type: 'ris_error',
      data: { message: 'Unknown command type', command_type: 'wrong' },
    });
  });

  test.each(['', '{', 'null', '[]', '7', '"ris_subscribe"', '{"type":7}', '{"type":"__proto__"}'])(
    'what is not a command is refused, and the connection stays: %j',
    async (text) => {
      const { listen } = await onAir([]);
      const client = await listen();
      client.socket.send(text);
      await client.frame('ris_error');
      client.send('ping');
      await client.frame('pong');
    },
  );

  test.each([
    { prefix: '1.2.3/33' },
    { prefix: [42] },
    { peer: 'not an address' },
    { path: '1 2 3' },
    { type: 'GOSSIP' },
    { moreSpecific: 'yes' },
    { socketOptions: { includeRaw: 'please' } },
    'rrc00',
    [],
  ])('a subscription that makes no sense is refused by name: %j', async (data) => {
    const { listen } = await onAir([]);
    const client = await listen();
    client.send('ris_subscribe', data);
    expect((await client.frame('ris_error')).data).toMatchObject({ command_type: 'ris_subscribe' });
  });

  test('a subscription is acknowledged when that is asked for, with its defaults filled in', async () => {
    const { listen } = await onAir([]);
    const client = await listen();
    client.send('ris_subscribe', { host: 'rrc21' });
    client.send('ris_subscribe', { prefix: ROUTES, socketOptions: { acknowledge: true } });
    expect((await client.frame('ris_subscribe_ok')).data).toEqual({
      subscription: { prefix: ROUTES, moreSpecific: true, lessSpecific: false },
      socketOptions: { includeRaw: false, acknowledge: true },
    });
    expect(client.frames).toHaveLength(1);
  });
});

describe('what a client receives', () => {
  test('nothing begins before the first subscription, and until no more come', async () => {
    const { listen, clock } = await onAir(announcements(5));
    const client = await listen();
    await clock.turn(3_600_000);
    client.send('ris_subscribe', { type: 'KEEPALIVE', socketOptions: { acknowledge: true } });
    await client.frame('ris_subscribe_ok');
    await clock.turn(900);
    client.send('ris_subscribe', { type: 'UPDATE' });
    await client.frame('ris_subscribe_ok', 2);
    await clock.turn(900);
    expect(client.messages).toHaveLength(0);
    await clock.turn(1100);
    await client.hungUp();
    expect(client.messages).toHaveLength(5);
  });

  test('with --wait 2 the feed begins when two clients have subscribed, and both receive all of it', async () => {
    const { listen, clock } = await onAir(announcements(300), { waitFor: 2 });
    const [one, two] = [await listen(), await listen()];
    one.send('ris_subscribe', { socketOptions: { acknowledge: true } });
    await one.frame('ris_subscribe_ok');
    await clock.turn(60_000);
    expect(one.messages).toHaveLength(0);
    two.send('ris_subscribe', { socketOptions: { acknowledge: true } });
    await two.frame('ris_subscribe_ok');
    await clock.turn(2000);
    await Promise.all([one.hungUp(), two.hungUp()]);
    expect(one.texts.slice(1)).toEqual(two.texts.slice(1));
    expect(two.messages).toHaveLength(300);
  });

  test('a message that several subscriptions want is sent once', async () => {
    const { listen, clock } = await onAir(announcements(3));
    const client = await listen();
    client.send('ris_subscribe', { prefix: ROUTES });
    client.send('ris_subscribe', { host: 'rrc00' });
    client.send('ris_subscribe', { type: 'UPDATE', socketOptions: { acknowledge: true } });
    await client.frame('ris_subscribe_ok');
    await clock.turn(2000);
    await client.hungUp();
    expect(client.messages).toHaveLength(3);
  });

  test('one prefix of an array can be stopped alone, by the filter it was asked for with', async () => {
    const feed = [update({ announced: ['192.0.2.0/24'] }), update({ announced: ['198.51.100.0/24'] })];
    const { listen, clock } = await onAir(feed);
    const client = await listen();
    client.send('ris_subscribe', { prefix: ['192.0.2.0/24', '198.51.100.0/24'], host: 'rrc00' });
    client.send('ris_unsubscribe', { host: 'rrc00', prefix: '192.0.2.0/24', moreSpecific: true });
    client.send('ris_unsubscribe', { prefix: '198.51.100.0/24' });
    client.send('ping');
    await client.frame('pong');
    await clock.turn(2000);
    await client.hungUp();
    expect(client.messages).toHaveLength(1);
    expect(client.texts.at(-1)).toContain('198.51.100.0/24');
  });

  test('raw bytes come only when asked for, then with every subscription of the socket', async () => {
    const { listen, clock } = await onAir(announcements(1), { waitFor: 2 });
    const [plain, raw] = [await listen(), await listen()];
    plain.send('ris_subscribe', {});
    raw.send('ris_subscribe', {});
    raw.send('ris_subscribe', { host: 'rrc99', socketOptions: { includeRaw: true } });
    raw.send('ping');
    plain.send('ping');
    await Promise.all([raw.frame('pong'), plain.frame('pong')]);
    await clock.turn(2000);
    await Promise.all([raw.hungUp(), plain.hungUp()]);
    expect(raw.messages[0]?.data).toMatchObject({ raw: '010203' });
    expect(plain.messages[0]?.data).not.toHaveProperty('raw');
  });

  test('peer states are found by both names, documented and real', async () => {
    const { listen, clock } = await onAir([state('up'), keepalive(), state('down')], { waitFor: 2 });
    const [documented, real] = [await listen(), await listen()];
    documented.send('ris_subscribe', { type: 'RIS_PEER_STATE', socketOptions: { acknowledge: true } });
    real.send('ris_subscribe', { type: 'STATE', socketOptions: { acknowledge: true } });
    await Promise.all([documented.frame('ris_subscribe_ok'), real.frame('ris_subscribe_ok')]);
    await clock.turn(2000);
    await Promise.all([documented.hungUp(), real.hungUp()]);
    expect(real.messages.map(({ data }) => data?.['state'])).toEqual(['up', 'down']);
    expect(documented.messages).toEqual(real.messages);
  });
});

describe('pace', () => {
  test('at 100 times the speed, ten minutes take six seconds', async () => {
    const { listen, clock } = await onAir(announcements(601), { speed: 100 });
    const client = await listen();
    client.send('ris_subscribe', { socketOptions: { acknowledge: true } });
    await client.frame('ris_subscribe_ok');
    await clock.turn(1000);
    await client.frame('ris_message');
    await clock.turn(3000);
    await until(() => client.messages.length >= 290);
    expect(client.messages.length).toBeLessThan(330);
    await clock.turn(3100);
    await client.hungUp();
    expect(client.messages).toHaveLength(601);
  });

  test('as fast as the client reads: one that pauses is waited for, and loses nothing', async () => {
    const { listen, clock } = await onAir(announcements(20_000));
    const client = await listen();
    client.send('ris_subscribe', { socketOptions: { acknowledge: true } });
    await client.frame('ris_subscribe_ok');
    await clock.turn(1001);
    client.socket.pause();
    await clock.turn(20_000);
    expect(client.messages.length).toBeLessThan(20_000);
    client.socket.resume();
    await client.hungUp();
    expect(client.messages).toHaveLength(20_000);
  });

  test('as fast as the client reads: without a client, nothing is read', async () => {
    const { listen, clock } = await onAir(announcements(50_000));
    const first = await listen();
    first.send('ris_subscribe', { socketOptions: { acknowledge: true } });
    await first.frame('ris_subscribe_ok');
    await clock.turn(1001);
    await first.frame('ris_message');
    first.socket.terminate();
    await clock.turn(3_600_000);
    const second = await listen();
    second.send('ris_subscribe', { socketOptions: { acknowledge: true } });
    await second.frame('ris_subscribe_ok');
    await clock.turn(2000);
    await second.hungUp();
    expect(second.messages.at(-1)?.data?.['timestamp']).toBe(Date.UTC(2014, 11, 22, 12) / 1000 + 49_999);
  });

  test('a client that is too far behind for 30 seconds gets a final error, and the end', async () => {
    const { listen, clock } = await onAir(announcements(60_000), { speed: 1000, behindBytes: 100_000 });
    const client = await listen();
    client.send('ris_subscribe', { socketOptions: { acknowledge: true } });
    await client.frame('ris_subscribe_ok');
    await clock.turn(1001);
    client.socket.pause();
    await clock.turn(45_000);
    client.socket.resume();
    const { data } = await client.frame('ris_error');
    expect(data?.message).toBe('Closing connection after being behind by more than 100000 bytes over 30 seconds');
    expect(data?.['bufferSize']).toBeGreaterThan(100_000);
    await client.hungUp();
  });

  test('a client that asks on and reads no answers gets the same, though nothing is on air yet', async () => {
    const feed = Array.from({ length: 200 }, (_, i) => update({ host: `rrc${String(i).padStart(2, '0')}.ripe.net` }));
    const { listen } = await onAir(feed, { behindBytes: 100_000 });
    const client = await listen();
    client.socket.pause();
    for (let i = 0; i < 5000; i++) client.send('request_rrc_list');
    await settled(1000);
    client.socket.resume();
    await client.frame('ris_error');
    expect((await client.hungUp()).code).toBe(1008);
    expect(client.frames.length).toBeLessThan(5000);
  });

  test('when the files end, idle connections stay open and pings are answered', async () => {
    const { listen, clock, server, stop } = await onAir(announcements(2), { atEnd: 'idle' });
    const client = await listen();
    client.send('ris_subscribe', { socketOptions: { acknowledge: true } });
    await client.frame('ris_subscribe_ok');
    await clock.turn(2000);
    await client.frame('ris_message', 2);
    await clock.turn(3_600_000);
    client.send('ping');
    await client.frame('pong');
    stop.abort();
    expect(await client.hungUp()).toEqual({ code: 1001, reason: 'going away' });
    expect(await server.done).toEqual({ messages: 2, sent: 2, clients: 1 });
    expect(clock.sleeping).toBe(0);
  });
});

describe('the stream over HTTP', () => {
  const read = (url: string, header?: string): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      get(url, { headers: header === undefined ? {} : { 'X-RIS-Subscribe': header } }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      }).on('error', reject);
    });

  test('it is one frame a line, and a header filters it', async () => {
    const feed = [update({ announced: ROUTES }), update({ withdrawn: ROUTES, host: 'rrc21.ripe.net' }), keepalive()];
    const { server, clock } = await onAir(feed, { waitFor: 2 });
    const url = `http://127.0.0.1:${server.port}/v1/stream/?format=json&client=test`;
    const all = read(url);
    const some = read(url, '{"host":"rrc21","prefix":"175.45.176.0/22","includeRaw":true}');
    await turnedUntil(clock, server.done);
    expect((await all).text.trimEnd().split('\n')).toHaveLength(3);
    expect(
      (await some).text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ type: 'ris_message', data: { host: 'rrc21.ripe.net', withdrawals: ROUTES, raw: '010203' } }]);
  });

  test.each([
    ['/v1/stream/?format=sse', undefined, 400],
    ['/v1/stream/', '{"prefix":"nonsense"}', 400],
    ['/v1/stream/', 'nonsense', 400],
    ['/v2/', undefined, 404],
    ['//', undefined, 404],
  ])('%s with the header %s is answered %i', async (path, header, status) => {
    const { server } = await onAir([]);
    expect(await read(`http://127.0.0.1:${server.port}${path}`, header)).toMatchObject({ status });
  });
});
