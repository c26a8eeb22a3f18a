import { describe, expect, test } from 'vitest';
import {
  askDelivery,
  deadLetters,
  deliveries,
  listEndpoints,
  putEndpoint,
  removeEndpoint,
  switchEndpoint,
} from '../../../../src/sinks/webhook/endpoints/endpoint-store.ts';
import { HandClock, settled, until } from '../../../support/clock.ts';
import { receiving, Stage } from './stage.ts';
import { chain, endpointOf, verify } from './world.ts';

describe('what is sent', () => {
  test('is every event decided after the first endpoint was added, in order, and none from before', async () => {
    const stage = new Stage();
    const { port, ids, received } = await receiving();
    await stage.decide(chain(3));
    await stage.add(endpointOf('a', port));
    await stage.decide(chain(250, 4));
    void stage.start();
    await stage.attempted(250);
    expect(ids()).toEqual(chain(250, 4).map(({ id }) => id));
    for (const one of received) verify(one);
  });

  test('lets a receiver see a hole: each event names the one before it', async () => {
    const stage = new Stage();
    const { port, received } = await receiving();
    await stage.add(endpointOf('a', port));
    await stage.decide(chain(1));
    // This one never gets to the receiver: another source of holes than ours.
    await stage.decide(chain(1, 3));
    void stage.start();
    await stage.attempted(2);
    const [first, second] = received.map(({ body }) => JSON.parse(body) as { id: string; previousid: string });
    expect(second?.previousid).not.toBe(first?.id);
    expect(second?.previousid).toBe(chain(1, 2)[0]?.id);
  });

  test('goes only to endpoints whose filter it passes', async () => {
    const stage = new Stage();
    const wanting = await receiving();
    const other = await receiving();
    await stage.add(endpointOf('wanting', wanting.port));
    await stage.add(endpointOf('other', other.port, { filter: { territories: ['SY'] } }));
    void stage.start();
    await stage.decide(chain(5));
    await stage.attempted(5);
    expect([wanting.ids().length, other.ids().length]).toEqual([5, 0]);
  });

  test('goes on after a restart where it stopped: nothing twice, nothing missed', async () => {
    const stage = new Stage();
    const { port, ids } = await receiving();
    await stage.add(endpointOf('a', port));
    void stage.start();
    await stage.decide(chain(3));
    await stage.attempted(3);
    expect(await stage.stop()).toBe('stopped');
    await stage.decide(chain(3, 4));
    void stage.start();
    await stage.attempted(6);
    expect(ids()).toEqual(chain(6).map(({ id }) => id));
    expect((await deliveries(stage.store, 'a')).log.map(({ n }) => n)).toEqual([5, 4, 3, 2, 1, 0]);
  });
});

describe('endpoints', () => {
  test('of a command are noticed within two seconds, and so is that one is gone', async () => {
    const clock = new HandClock(Date.now());
    const stage = new Stage(undefined, clock);
    const { port, ids } = await receiving();
    void stage.start();
    await settled(20);
    await stage.add(endpointOf('a', port));
    await stage.decide(chain(1));
    await clock.turn(2_000);
    await stage.attempted(1);
    expect(ids()).toHaveLength(1);

    expect(await removeEndpoint(stage.store, 'a')).toBe(true);
    await clock.turn(2_000);
    await until(() => stage.reports.some((report) => report.type === 'endpoint' && report.is === 'removed'));
    await stage.decide(chain(1, 2));
    await clock.turn(2_000);
    expect(ids()).toHaveLength(1);
    for (const space of ['webhooks/queue', 'webhooks/log', 'webhooks/dead', 'readers'] as const) {
      expect(await stage.store.read(space)).toEqual([]);
    }
  });

  test('of the configuration are there from the start, and go with it', async () => {
    const stage = new Stage();
    const { port } = await receiving();
    void stage.start({ endpoints: [endpointOf('a', port), endpointOf('b', port)] });
    await settled(20);
    expect((await listEndpoints(stage.store)).found).toHaveLength(2);
    await stage.stop();
    await stage.decide(chain(1));
    void stage.start({ endpoints: [endpointOf('b', port)] });
    await stage.attempted(1);
    const { found } = await listEndpoints(stage.store);
    expect(found.map(({ endpoint, from }) => [endpoint.name, from])).toEqual([['b', 'file']]);
  });

  test('that are off are sent nothing; what waited is sent when they are on again', async () => {
    const clock = new HandClock(Date.now());
    const stage = new Stage(undefined, clock);
    const { port, ids } = await receiving();
    await stage.add(endpointOf('a', port));
    await switchEndpoint(stage.store, 'a', { state: 'off', nowMs: clock.wallMs() });
    void stage.start();
    await stage.decide(chain(3));
    await clock.turn(5_000);
    expect(ids()).toEqual([]);
    expect((await deliveries(stage.store, 'a')).waiting).toHaveLength(3);
    await switchEndpoint(stage.store, 'a', { state: 'on', nowMs: clock.wallMs() });
    await clock.turn(2_000);
    await stage.attempted(3);
    expect(ids()).toEqual(chain(3).map(({ id }) => id));
  });

  test('that answer 410 are off, with the reason; what waits goes on waiting, over restarts, until they are on', async () => {
    const clock = new HandClock(Date.now());
    const stage = new Stage(undefined, clock);
    let status = 410;
    const { port, ids } = await receiving((_, response) => void response.writeHead(status).end());
    await stage.add(endpointOf('a', port));
    void stage.start();
    await stage.decide(chain(2));
    await stage.attempted(1);
    await clock.turn(2 * 3_600_000);
    const { found } = await listEndpoints(stage.store);
    expect(found[0]).toMatchObject({ state: 'off', reason: '410 Gone' });
    expect(ids()).toHaveLength(1);
    await stage.stop();

    void stage.start();
    await clock.turn(10_000);
    expect(ids()).toHaveLength(1);
    status = 200;
    await switchEndpoint(stage.store, 'a', { state: 'on', nowMs: clock.wallMs() });
    await clock.turn(2_000);
    await stage.attempted(3);
    expect(ids().slice(1).toSorted()).toEqual(
      chain(2)
        .map(({ id }) => id)
        .toSorted(),
    );
    expect(await deadLetters(stage.store, 'a')).toEqual({ found: [], unreadable: [] });
  }, 120_000);

  test('that answered 410 stay off when they are changed, unless they lead elsewhere now', async () => {
    const stage = new Stage();
    const [gone, other] = [await receiving((_, response) => void response.writeHead(410).end()), await receiving()];
    await stage.add(endpointOf('a', gone.port));
    void stage.start();
    await stage.decide(chain(1));
    await stage.attempted(1);
    await stage.add(endpointOf('a', gone.port, { concurrency: 2 }));
    expect((await listEndpoints(stage.store)).found).toMatchObject([{ state: 'off', reason: '410 Gone' }]);
    await stage.add(endpointOf('a', other.port));
    const [record] = (await listEndpoints(stage.store)).found;
    expect(record?.state).toBe('on');
    expect(record).not.toHaveProperty('reason');
    await (stage.clock as HandClock).turn(2_000);
    await stage.attempted(2);
    expect([gone.ids(), other.ids()]).toEqual([chain(1).map(({ id }) => id), chain(1).map(({ id }) => id)]);
  });

  test('that cannot be read are reported, and keep all they have', async () => {
    const stage = new Stage();
    const { port } = await receiving((_, response) => void response.writeHead(500).end());
    await stage.add(endpointOf('a', port));
    void stage.start();
    await stage.decide(chain(2));
    await stage.attempted(2);
    await stage.stop();
    await stage.store.write([{ space: 'webhooks/endpoints', key: 'a', value: '{"endpoint":{"name":"a"}}' }]);
    void stage.start();
    await until(() => stage.reports.some(({ type }) => type === 'unreadable'));
    await stage.stop();
    expect(await stage.store.read('webhooks/queue')).toHaveLength(2);
    expect(await stage.store.read('webhooks/endpoints')).toHaveLength(1);
  });

  test('that change their secret sign with the new one at the next attempt, without a restart', async () => {
    const stage = new Stage();
    const { port, received } = await receiving();
    const next = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    await stage.add(endpointOf('a', port, { secrets: [{ env: 'SECRET' }, { env: 'NEXT' }] }));
    void stage.start();
    await stage.decide(chain(1));
    await until(() => stage.attempts().length === 1);
    // The second secret is not there yet: nothing may be sent without it.
    expect(received).toEqual([]);
    expect(stage.attempts()[0]).toMatchObject({ ok: false, reason: expect.stringContaining('NEXT is not set') });
    stage.environment['NEXT'] = next;
    await (stage.clock as HandClock).turn(6_000);
    await stage.attempted(2);
    for (const secret of [undefined, next]) verify(received[0] ?? expect.fail(), secret);
  });
});

describe('bounds', () => {
  test('what comes when too many wait is a dead letter at once, and the oldest letters go; both are reported', async () => {
    const stage = new Stage();
    const { port } = await receiving();
    await stage.add(endpointOf('a', port, { disabled: true }));
    void stage.start({ most: { queued: 5, dead: 3 } });
    await stage.decide(chain(10));
    await until(() => stage.reports.filter(({ type }) => type === 'refused').length === 5);
    expect((await deliveries(stage.store, 'a')).waiting.map(({ event }) => event.id)).toEqual(
      chain(5).map(({ id }) => id),
    );
    const { found } = await deadLetters(stage.store, 'a');
    expect(found.map(({ event }) => event.id).toSorted()).toEqual(
      chain(3, 8)
        .map(({ id }) => id)
        .toSorted(),
    );
    expect(stage.reports.filter(({ type }) => type === 'forgotten')).toHaveLength(2);
  });

  test('the log keeps the newest thousand attempts', async () => {
    const stage = new Stage();
    const { port } = await receiving();
    await stage.add(endpointOf('a', port, { concurrency: 16 }));
    void stage.start();
    await stage.decide(chain(1_050));
    await stage.attempted(1_050);
    const { log } = await deliveries(stage.store, 'a');
    expect([log.length, log[0]?.n, log.at(-1)?.n]).toEqual([1_000, 1_049, 50]);
  });
});

describe('what is asked for by hand', () => {
  test('is sent within two seconds, whatever the filter says, and is not a dead letter any more', async () => {
    const clock = new HandClock(Date.now());
    const stage = new Stage(undefined, clock);
    const { port, ids } = await receiving();
    await stage.add(endpointOf('a', port, { filter: { territories: ['SY'] } }));
    const [event] = chain(1);
    if (event === undefined) expect.fail();
    const dead = { event, attempts: 10, diedAtMs: 1, reason: 'status: 500' };
    await stage.store.write([{ space: 'webhooks/dead', key: `a/${event.id}`, value: JSON.stringify(dead) }]);
    void stage.start();
    await settled(20);
    await askDelivery(stage.store, 'a', { event, by: 'redelivery', nowMs: clock.wallMs() });
    await askDelivery(stage.store, 'nobody', { event, by: 'redelivery', nowMs: clock.wallMs() });
    await clock.turn(2_000);
    await stage.attempted(1);
    expect(ids()).toEqual([event.id]);
    expect((await deadLetters(stage.store, 'a')).found).toEqual([]);
    expect(await stage.store.read('webhooks/asked')).toEqual([]);
    expect(stage.reports).toContainEqual({ type: 'nowhere', endpoint: 'nobody', eventId: event.id });
  });

  test('and is a test is tried once', async () => {
    const clock = new HandClock(Date.now());
    const stage = new Stage(undefined, clock);
    const { port, ids } = await receiving((_, response) => void response.writeHead(500).end());
    await putEndpoint(stage.store, endpointOf('a', port), { from: 'command', nowMs: clock.wallMs() });
    const [event] = chain(1);
    if (event === undefined) expect.fail();
    await askDelivery(stage.store, 'a', { event, by: 'test', nowMs: clock.wallMs() });
    void stage.start();
    await stage.attempted(1);
    await clock.turn(60_000);
    expect(ids()).toHaveLength(1);
    const { log, waiting } = await deliveries(stage.store, 'a');
    expect(log).toMatchObject([{ ok: false, status: 500, reason: 'status: 500' }]);
    expect(waiting).toEqual([]);
    expect((await deadLetters(stage.store, 'a')).found).toEqual([]);
  });
});
