import { describe, expect, test } from 'vitest';
import { askDelivery, deadLetters, deliveries } from '../../../../src/sinks/webhook/endpoints/endpoint-store.ts';
import { JITTER, SCHEDULE_MS } from '../../../../src/sinks/webhook/request/schedule.ts';
import { memoryStore } from '../../../../src/store/memory.ts';
import { HandClock, settled, until } from '../../../support/clock.ts';
import { mulberry32 } from '../../../support/sim-random.ts';
import { receiving, Stage } from './stage.ts';
import { chain, endpointOf } from './world.ts';

const RARELY = { lookMs: 24 * 3_600_000 };

describe('the schedule', () => {
  test.each([1, 2, 3])(
    'takes its ten attempts over 75 hours, each wait within its jitter; then the event is a dead letter (seed %i)',
    async (seed) => {
      const clock = new HandClock(Date.now());
      const stage = new Stage(undefined, clock);
      const { port } = await receiving((_, response) => void response.writeHead(503).end());
      await stage.add(endpointOf('a', port));
      void stage.start({ ...RARELY, random: mulberry32(seed) });
      await stage.decide(chain(1));
      for (let made = 1; made < SCHEDULE_MS.length; made++) {
        const last = (await stage.attempted(made)).at(-1);
        // A moment before it is due nothing is sent.
        await clock.turn((last?.nextAtMs ?? expect.fail()) - clock.wallMs() - 1);
        await settled(30);
        expect(stage.begun).toBe(made);
        await clock.turn(1);
      }
      const attempts = await stage.attempted(SCHEDULE_MS.length);
      const waits = attempts.slice(1).map(({ atMs }, i) => atMs - (attempts[i]?.atMs ?? 0));
      for (const [i, wait] of waits.entries()) {
        const planned = SCHEDULE_MS[i + 1] ?? expect.fail();
        expect(wait).toBeGreaterThanOrEqual(Math.floor(planned * (1 - JITTER)));
        expect(wait).toBeLessThanOrEqual(Math.ceil(planned * (1 + JITTER)));
      }
      await clock.turn(48 * 3_600_000);
      expect(stage.begun).toBe(10);
      const { found } = await deadLetters(stage.store, 'a');
      expect(found).toMatchObject([{ attempts: 10, reason: 'status: 503' }]);
    },
  );

  test('is lengthened by what the receiver asks for', async () => {
    const clock = new HandClock(Date.now());
    const stage = new Stage(undefined, clock);
    const { port } = await receiving((_, response) => void response.writeHead(429, { 'retry-after': '60' }).end());
    await stage.add(endpointOf('a', port));
    void stage.start(RARELY);
    await stage.decide(chain(1));
    const [first] = await stage.attempted(1);
    const wait = (first?.nextAtMs ?? 0) - (first?.atMs ?? 0);
    expect(wait).toBeGreaterThanOrEqual(60_000);
    expect(wait).toBeLessThanOrEqual(66_000);
  });

  test('each attempt is signed as of its own time', async () => {
    const clock = new HandClock(Date.now());
    const stage = new Stage(undefined, clock);
    const { port, received } = await receiving((_, response) => void response.writeHead(500).end());
    await stage.add(endpointOf('a', port));
    void stage.start(RARELY);
    await stage.decide(chain(1));
    await stage.attempted(1);
    await clock.turn(6_000);
    await stage.attempted(2);
    const [first, second] = received.map(({ headers }) => Number(headers['webhook-timestamp']));
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(4);
    expect(new Set(received.map(({ id }) => id)).size).toBe(1);
    expect(new Set(received.map(({ headers }) => headers['webhook-signature'])).size).toBe(2);
  });
});

describe('a wall clock that steps', () => {
  /** An event that failed twice and is due in five minutes or so. */
  async function failedTwice() {
    const clock = new HandClock(Date.now());
    const stage = new Stage(undefined, clock);
    const { port } = await receiving((_, response) => void response.writeHead(500).end());
    await stage.add(endpointOf('a', port));
    void stage.start(RARELY);
    await stage.decide(chain(1));
    await stage.attempted(1);
    await clock.turn(6_000);
    await stage.attempted(2);
    return { clock, stage };
  }

  test.each([-10, 10])('by %i hours changes nothing while we run', async (hours) => {
    const { clock, stage } = await failedTwice();
    clock.stepWall(hours * 3_600_000);
    await clock.turn(4 * 60_000);
    await settled(30);
    expect(stage.begun).toBe(2);
    await clock.turn(2 * 60_000);
    await stage.attempted(3);
  });

  test('back over a restart delays by no more than was planned', async () => {
    const { clock, stage } = await failedTwice();
    await stage.stop();
    clock.stepWall(-10 * 3_600_000);
    void stage.start(RARELY);
    await settled(30);
    expect(stage.begun).toBe(2);
    await clock.turn(300_000 * (1 + JITTER));
    await stage.attempted(3);
  });

  test('forward over a restart sends early', async () => {
    const { clock, stage } = await failedTwice();
    await stage.stop();
    clock.stepWall(10 * 3_600_000);
    void stage.start(RARELY);
    await stage.attempted(3);
  });

  test('not at all: what fell due while we were down is sent at once, what did not when it is due', async () => {
    const { clock, stage } = await failedTwice();
    await stage.stop();
    await clock.turn(200_000);
    void stage.start(RARELY);
    await settled(30);
    expect(stage.begun).toBe(2);
    await clock.turn(130_000);
    await stage.attempted(3);
  });
});

test('an endpoint that is well has each event within two seconds while four others hang', async () => {
  // No time passes for the others: they hang as long as this lasts.
  const stage = new Stage();
  const arrived = new Map<string, number>();
  const well = await receiving(({ id }, response) => {
    arrived.set(id, performance.now());
    response.writeHead(200).end();
  });
  const hanging = await receiving(() => undefined);
  await stage.add(endpointOf('well', well.port));
  for (const name of ['h1', 'h2', 'h3', 'h4']) await stage.add(endpointOf(name, hanging.port, { concurrency: 4 }));
  void stage.start();
  await stage.decide(chain(20));
  await until(() => hanging.received.length === 16 && arrived.size === 20);

  const latencies: number[] = [];
  for (const event of chain(200, 21)) {
    const decided = performance.now();
    await stage.decide([event]);
    await until(() => arrived.has(event.id));
    latencies.push((arrived.get(event.id) ?? Infinity) - decided);
  }
  latencies.sort((a, b) => a - b);
  expect(latencies[Math.floor(latencies.length * 0.99)]).toBeLessThanOrEqual(2_000);
  // None was given up on, and none let go of.
  expect(hanging.received).toHaveLength(16);
});

test('an attempt that was asked for with a deadline is left when that is over; others have theirs', async () => {
  const clock = new HandClock(Date.now());
  const stage = new Stage(undefined, clock);
  const { port, received } = await receiving(() => undefined);
  await stage.add(endpointOf('a', port, { concurrency: 2 }));
  const [short, long] = chain(2);
  if (short === undefined || long === undefined) expect.fail();
  const nowMs = clock.wallMs();
  await askDelivery(stage.store, 'a', { event: short, by: 'test', nowMs, deadlineMs: 5_000 });
  await askDelivery(stage.store, 'a', { event: long, by: 'test', nowMs });
  void stage.start(RARELY);
  await until(() => received.length === 2, 'both to arrive');
  await clock.turn(5_000);
  expect(await stage.attempted(1)).toMatchObject([
    { eventId: short.id, ok: false, reason: 'response: not done within 5 s', ms: 5_000 },
  ]);
  await clock.turn(25_000);
  expect((await stage.attempted(2))[1]).toMatchObject({ eventId: long.id, reason: 'response: not done within 30 s' });
});

test('a deadline beyond what any attempt may take is not asked for: the record is left alone', async () => {
  const [event] = chain(1);
  if (event === undefined) expect.fail();
  const store = memoryStore();
  await askDelivery(store, 'a', { event, by: 'test', nowMs: 0, deadlineMs: 3_600_000 });
  expect(await deliveries(store, 'a')).toMatchObject({
    asked: [],
    unreadable: [{ reason: 'it is otherwise than this version writes it: deadlineMs' }],
  });
});
