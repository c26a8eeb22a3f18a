import { expect, test } from 'vitest';
import { announce, keepalive } from './peer-server.ts';
import { started } from './started.ts';

test('a server that does nothing but complain fills no log', async () => {
  const { server, watching } = await started();
  for (let i = 0; i < 5000; i++) server.send({ type: 'ris_error', data: { message: `error ${i}` } });
  server.send(keepalive({ at: watching.now }));
  await watching.messages(1);
  expect(watching.count('server-error')).toBe(10);
  expect(watching.source.stats().odd).toEqual({ 'server-error': 5000 });
  expect(watching.count('odd')).toBe(4);
});

test('a batch with more elements than the reader takes waits for it within the batch', async () => {
  const { server, watching } = await started();
  const prefixes = Array.from({ length: 1024 }, (_, i) => `175.45.${176 + (i >> 8)}.${i & 255}/32`);
  server.send(keepalive({ at: watching.now }));
  for (let i = 0; i < 200; i++) server.send(announce({ at: watching.now - 5000 }, prefixes));
  await watching.messages(201);
  await watching.pass(500);
  expect(watching.of('announcement').length).toBe(200 * prefixes.length);
});
