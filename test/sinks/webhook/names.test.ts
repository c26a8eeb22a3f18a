import { describe, expect, test } from 'vitest';
import { connect } from '../../../src/sinks/webhook/request/connect.ts';
import { send } from '../../../src/sinks/webhook/request/send.ts';
import {
  parseTarget,
  systemResolver,
  vetTarget,
  type Resolver,
  type Target,
  type TargetRules,
} from '../../../src/sinks/webhook/request/target.ts';
import { HandClock, until } from '../../support/clock.ts';
import { NEVER, sentTo } from './attempts.ts';
import { httpReceiver, loopbackRules, network, outgoing, rawReceiver, type Receiver } from './receivers.ts';

test('the machine resolves localhost to loopback, which is refused', async () => {
  const target = vettable('https://localhost/', loopbackRules(443));
  const none: TargetRules = { ...loopbackRules(443), allow: [] };
  expect(await vetTarget(target, none, systemResolver)).toMatchObject({ ok: false, why: 'refused' });
});

describe('bad input 59: names', () => {
  test('one that does not exist is a failure to be tried again', async () => {
    const attempt = await sentTo('https://nowhere.test/', loopbackRules(443), async () => {
      throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    });
    expect(attempt).toMatchObject({ retry: true, reason: 'name: the name nowhere.test cannot be resolved: ENOTFOUND' });
  });

  test('one whose server never answers ends at the deadline', async () => {
    const clock = new HandClock();
    const means = {
      clock,
      resolve: () => new Promise<never>(() => undefined),
      rules: loopbackRules(443),
      ca: undefined,
    };
    const attempt = send(outgoing('https://silent.test/'), means, NEVER);
    await clock.turn(30_000);
    expect(await attempt).toEqual({ ok: false, retry: true, reason: 'name: not done within 30 s', ms: 30_000 });
  });

  test('one that leads to loopback at the second look is asked once, and only what was vetted is connected to', async () => {
    const { good, canary } = await twoLoopbacks();
    let asked = 0;
    const rebinding: Resolver = async () => [asked++ === 0 ? '127.0.0.2' : '127.0.0.1'];
    const rules = { http: true, ports: [good.port], allow: [network('127.0.0.2/32')] };
    const url = `http://rebinding.test:${good.port}/`;
    expect(await sentTo(url, rules, rebinding)).toMatchObject({ ok: true });
    expect(asked).toBe(1);
    expect(await sentTo(url, rules, rebinding)).toMatchObject({
      ok: false,
      retry: true,
      reason: 'address: 127.0.0.1 is a loopback address (--allow opens a network of your own, in YAML allow)',
    });
    expect([good.connections(), canary.connections()]).toEqual([1, 0]);
  });

  test('of several allowed addresses, one that does not answer is skipped', async () => {
    const receiver = await httpReceiver((_, response) => response.end());
    const rules = loopbackRules(receiver.port);
    const attempt = await sentTo(`http://two.test:${receiver.port}/`, rules, async () => ['127.0.0.3', '127.0.0.1']);
    expect(attempt).toMatchObject({ ok: true });
  });

  test('a socket that is connected elsewhere than was vetted is closed before a byte is written', async () => {
    const receiver = await rawReceiver(() => undefined);
    const target = vettable(`http://127.0.0.1:${receiver.port}/`, loopbackRules(receiver.port));
    expect(await connect(target, ['127.0.0.2'], { ca: undefined }, NEVER)).toEqual({
      ok: false,
      reason: 'connect: 127.0.0.1 is not the address that was vetted',
    });
    await until(() => receiver.connections() === 1 && receiver.open() === 0);
    expect(receiver.bytes()).toBe(0);
  });

  test('a name without any address is unresolved', async () => {
    const target = vettable('https://empty.test/', loopbackRules(443));
    expect(await vetTarget(target, loopbackRules(443), async () => [])).toEqual({
      ok: false,
      why: 'unresolved',
      reason: 'the name has no address',
    });
  });
});

function vettable(url: string, rules: TargetRules): Target {
  const parsed = parseTarget(url, rules);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.target;
}

/** Two receivers on one port: a good one on 127.0.0.2, and the canary on 127.0.0.1. */
async function twoLoopbacks(): Promise<{ readonly good: Receiver; readonly canary: Receiver }> {
  for (let tries = 0; tries < 20; tries++) {
    const good = await httpReceiver((_, response) => response.end(), '127.0.0.2');
    try {
      return { good, canary: await rawReceiver(() => undefined, '127.0.0.1', good.port) };
    } catch {
      // The port is another's on 127.0.0.1.
    }
  }
  throw new Error('no port is free on both addresses');
}
