import { expect, test } from 'vitest';
import { announce, keepalive, state } from './peer-server.ts';
import { started } from './started.ts';

test('KEEPALIVEs are sent before a session is up as well: a hold time after it was down they say that it is up', async () => {
  const { server, watching } = await started();
  const down = watching.now;
  server.send(state({ at: down }, 'connected'));
  await watching.messages(1);
  for (const seconds of [30, 30, 30, 30, 30, 29, 1]) {
    await watching.pass(seconds * 1000);
    server.send(keepalive({ at: watching.now }), keepalive({ at: watching.now, peer: '198.51.100.2', asn: 64_514 }));
  }
  await watching.messages(15);
  await watching.pass(3000);
  expect(watching.lines).toEqual(['12:00:01.200 down 198.51.100.1', '12:03:01.200 up 198.51.100.1']);
  // Nor is it a pulse of the session before that.
  const pulses = watching.of('tick').filter(({ peer }) => peer?.address === '198.51.100.1');
  expect(pulses).toEqual([]);
  await watching.pass(5000);
  server.send(keepalive({ at: watching.now }));
  await watching.messages(16);
  await watching.pass(3000);
  expect(watching.of('tick').filter(({ peer }) => peer?.address === '198.51.100.1').length).toBe(1);
});

test('a session that was down is up with its first UPDATE, even without a state message', async () => {
  const { server, watching } = await started();
  const at = watching.now;
  server.send(
    state({ at }, 'down'),
    state({ at: at + 100 }, 'connected'),
    keepalive({ at: at + 200 }),
    announce({ at: at + 300 }, ['175.45.176.0/24']),
  );
  await watching.messages(4);
  await watching.pass(3000);
  expect(watching.lines.map((line) => line.replace(/^\S+ /, ''))).toEqual([
    'down 198.51.100.1',
    'down 198.51.100.1',
    'up 198.51.100.1',
    'announcement 198.51.100.1 175.45.176.0/24',
  ]);
});
