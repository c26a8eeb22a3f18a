import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { heartbeat, heartbeatUrls, type HeartbeatOutcome } from '../../../src/app/watch/heartbeat.ts';
import { createLogger } from '../../../src/app/log.ts';
import { HandClock, until } from '../../support/clock.ts';
import { Text } from '../../support/text.ts';

/** A receiver on loopback; what it was sent, as `GET /ok` and `POST /fail reason`. Status 0: it never answers. */
async function receiver(status = 200) {
  const got: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      got.push(`${request.method} ${request.url}${body === '' ? '' : ` ${body}`}`);
      if (status > 0) response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { got, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function beating(options: { status?: number; failure?: boolean; leads?: () => boolean } = {}) {
  const { got, url } = await receiver(options.status);
  const clock = new HandClock();
  const stderr = new Text();
  const log = createLogger({ stderr } as never, () => undefined);
  const stop = new AbortController();
  const state: { reason: string | undefined; hangs: boolean } = { reason: undefined, hangs: false };
  const outcomes: HeartbeatOutcome[] = [];
  const done = heartbeat(
    {
      urls: {
        success: new URL(`${url}/ok?key=secret`),
        failure: options.failure === false ? undefined : new URL(`${url}/fail`),
      },
      ...{ clock, log },
      isLeader: options.leads ?? (() => true),
      unready: () => (state.hangs ? new Promise(() => undefined) : Promise.resolve(state.reason)),
      note: (outcome) => outcomes.push(outcome),
    },
    stop.signal,
  );
  onTestFinished(async () => {
    stop.abort();
    await done;
  });
  /** Turns the clock until so many heartbeats have been dealt with. No time passes while one is under way. */
  const beats = async (count: number): Promise<void> => {
    while (outcomes.length < count) {
      await clock.turn(1_000);
      await until(() => clock.nextWakeMs <= 1_000, 'the end of a heartbeat');
    }
  };
  return { got, clock, state, outcomes, stderr, beats };
}

test('while all is well it is sent every half minute', async () => {
  const { got, beats } = await beating();
  await beats(3);
  expect(got).toEqual(Array.from({ length: 3 }, () => 'GET /ok?key=secret'));
});

test.each([
  'a: not subscribed to the feed',
  'blind: every verdict is unknown',
  'there is no leader',
  'a: the store takes nothing: there is no space left',
])('it is withheld while "%s": the reason is sent once, and it resumes after', async (reason) => {
  const { got, state, beats, outcomes } = await beating();
  await beats(1);
  state.reason = reason;
  await beats(4);
  state.reason = undefined;
  await beats(5);
  expect(got).toEqual(['GET /ok?key=secret', `POST /fail ${reason}`, 'GET /ok?key=secret']);
  expect(outcomes).toEqual(['success', 'failure', 'withheld', 'withheld', 'success']);
});

test('another reason is sent, too', async () => {
  const { got, state, beats } = await beating();
  await beats(1);
  for (const [i, reason] of ['first', 'second', 'second'].entries()) {
    state.reason = reason;
    await beats(i + 2);
  }
  expect(got.slice(1)).toEqual(['POST /fail first', 'POST /fail second']);
});

test('a restart is not a fault: in the first minute the reason is not sent, after it it is', async () => {
  const { got, state, beats, outcomes } = await beating();
  state.reason = 'not subscribed to the feed';
  await beats(2);
  expect(got).toEqual([]);
  await beats(4);
  expect(got).toEqual(['POST /fail not subscribed to the feed']);
  expect(outcomes).toEqual(['withheld', 'withheld', 'failure', 'withheld']);
});

test('without a failure URL nothing at all is sent while it is not well', async () => {
  const { got, state, beats } = await beating({ failure: false });
  state.reason = 'there is no leader';
  await beats(3);
  expect(got).toEqual([]);
});

test('a store that hangs is one that does not answer', async () => {
  const { got, state, clock, outcomes, beats } = await beating();
  await beats(1);
  state.hangs = true;
  await clock.turn(45_000);
  await until(() => outcomes.length > 1);
  expect(got.slice(1)).toEqual(['POST /fail the store did not answer within 10 s']);
});

test('a program that was held up for more than five seconds says so, once', async () => {
  const { got, clock, beats, outcomes } = await beating();
  await beats(1);
  // The next look was due after one second.
  clock.hold(8_000);
  await beats(3);
  expect(got).toEqual(['GET /ok?key=secret', 'POST /fail the program was held up for 7 s', 'GET /ok?key=secret']);
  expect(outcomes).toEqual(['success', 'failure', 'success']);
});

test('a standby sends nothing: one watch has one heartbeat', async () => {
  let leads = false;
  const { got, clock, beats } = await beating({ leads: () => leads });
  await clock.turn(120_000);
  expect(got).toEqual([]);
  leads = true;
  await beats(1);
  expect(got).toEqual(['GET /ok?key=secret']);
});

test('a receiver that refuses is logged by its host alone: the path is a secret', async () => {
  const { stderr, beats, outcomes } = await beating({ status: 500 });
  await beats(1);
  expect(outcomes).toEqual(['unsent']);
  expect(stderr.text).toMatch(/the heartbeat was not taken: 127\.0\.0\.1:\d+ answered 500/);
  expect(stderr.text).not.toContain('secret');
});

test('a receiver that does not answer is given up after ten seconds of the clock, and the watch goes on', async () => {
  const { got, clock, stderr, outcomes } = await beating({ status: 0 });
  await clock.turn(1_000);
  await until(() => got.length === 1);
  await clock.turn(10_000);
  await until(() => outcomes.length === 1);
  expect(outcomes).toEqual(['unsent']);
  expect(stderr.text).toMatch(/the heartbeat was not sent to 127\.0\.0\.1:\d+: not done within 10 s/);
});

test('a URL that is none is the fault of the option, and is not repeated: it may be a secret', () => {
  const io = { env: { UNROUTABLE_HEARTBEAT: 'hc-ping.com/secret' } };
  expect(heartbeatUrls({}, io)).toMatchObject({ ok: false, faults: [expect.not.stringContaining('secret')] });
  expect(heartbeatUrls({ heartbeatFailure: 'http://a/' }, { env: {} })).toMatchObject({ ok: false });
  expect(heartbeatUrls({ heartbeat: 'ftp://a/' }, { env: {} })).toMatchObject({ ok: false });
  expect(heartbeatUrls({}, { env: {} })).toEqual({ ok: true, value: undefined });
});
