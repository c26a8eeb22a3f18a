import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { startRedis, type RedisServer } from '../../support/redis/server.ts';
import { test } from '../../support/redis/tests.ts';
import { until } from '../../support/redis/until.ts';
import { again, keep, upTo } from './faults.ts';
import { numbers } from '../../contract/fixtures.ts';
import { opened, watch } from './opening.ts';

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

test('a new master that the Sentinels announce just while they are asked for it is connected to', async () => {
  const sentinel = await startSentinel(server);
  const store = await opened(`redis-sentinel://127.0.0.1:${sentinel.port}/group`, watch());
  onTestFinished(() => store.close());
  await keep(store, 1, 3);
  await until('the store to follow the Sentinel', async () => sentinel.followers.size > 0);

  const asked = sentinel.hold();
  await server.cli('CLIENT', 'KILL', 'TYPE', 'normal');
  // It notices the loss when it asks for something.
  const next = again(() => numbers(store));
  const answer = await asked;
  sentinel.announce();
  // The announcement comes first: both are on connections of their own.
  await until('the followers to leave', async () => sentinel.followers.size === 0);
  answer();
  expect(await next).toEqual(upTo(3));
});

/**
 * A Sentinel of which the test decides when it answers: no real one can be asked to do so. It knows one master, and
 * who follows its messages.
 */
async function startSentinel(master: RedisServer) {
  const followers = new Set<Socket>();
  let held: ((answer: () => void) => void) | undefined;
  const address = `*2\r\n${bulk(master.host)}${bulk(String(master.port))}`;
  const replyTo = (socket: Socket, words: string): void => {
    if (/get-master-addr-by-name/i.test(words)) {
      const answer = (): void => void socket.write(address);
      const hold = held;
      held = undefined;
      if (hold === undefined) answer();
      else hold(answer);
    } else if (/subscribe/i.test(words)) {
      followers.add(socket);
      socket.write(`*3\r\n${bulk('subscribe')}${bulk('+switch-master')}:1\r\n`);
    } else socket.write(/sentinels/i.test(words) ? '*0\r\n' : '+OK\r\n');
  };
  const listening = createServer((socket) => {
    socket.on('error', () => undefined).on('close', () => followers.delete(socket));
    socket.setEncoding('latin1').on('data', (text: string) => {
      for (const words of text.split(/(?=^\*\d)/m)) replyTo(socket, words);
    });
  });
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  onTestFinished(() => void listening.close());
  return {
    port: (listening.address() as AddressInfo).port,
    followers,
    /** Keeps the next answer back: resolves, with what sends it, once it is asked for. */
    hold: () => new Promise<() => void>((resolve) => (held = resolve)),
    announce() {
      const message = `*3\r\n${bulk('message')}${bulk('+switch-master')}${bulk('group')}`;
      for (const socket of followers) socket.write(message);
    },
  };
}

function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}
