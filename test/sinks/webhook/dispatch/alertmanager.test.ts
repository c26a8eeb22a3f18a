import { describe, expect, test } from 'vitest';
import type { UnroutableEvent } from '../../../../src/detect/events/event.ts';
import { deliveries } from '../../../../src/sinks/webhook/endpoints/endpoint-store.ts';
import { HandClock, settled } from '../../../support/clock.ts';
import { receiving, Stage, type Answer } from './stage.ts';
import { chain, endpointOf } from './world.ts';

interface Alert {
  readonly labels: { readonly alertname: string; readonly territory?: string };
  readonly startsAt: string;
  readonly endsAt: string;
}

/** The nth event of the chain, with this verdict. */
function event(n: number, type: UnroutableEvent['type'], verdict: string): UnroutableEvent {
  const [model] = chain(1, n);
  return { ...model, type, data: { ...model?.data, verdict } } as unknown as UnroutableEvent;
}
const drop = event(1, 'country.unroutable', 'unroutable');
const end = event(2, 'country.restored', 'routable');

async function scene(answer?: Answer) {
  const clock = new HandClock(Date.parse('2026-11-01T00:00:00Z'));
  const stage = new Stage(undefined, clock);
  const receiver = await receiving(answer);
  await stage.add(endpointOf('am', receiver.port, { template: 'alertmanager', secrets: [] }));
  void stage.start({ lookMs: 3_600_000 });
  await settled(30);
  const minutes = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      await clock.turn(60_000);
      await settled(60);
    }
  };
  /** Until it was sent so many times more. */
  const repeated = async (times: number): Promise<void> => {
    const wanted = receiver.received.length + times;
    for (let turns = 0; receiver.received.length < wanted && turns < 100 * times; turns++) {
      await clock.turn(5_000);
      await settled(5);
    }
    expect(receiver.received).toHaveLength(wanted);
  };
  return { ...receiver, stage, clock, minutes, repeated };
}

const fires = ({ body }: { readonly body: string }, wallMs: number): boolean =>
  (JSON.parse(body) as Alert[]).some(({ endsAt }) => Date.parse(endsAt) > wallMs);

describe('an alert that lasts', () => {
  test('is sent again each minute, so that an Alertmanager that forgot it shows it again, and is logged once', async () => {
    const { stage, received, repeated, clock } = await scene();
    await stage.decide([drop]);
    await stage.attempted(1);
    await repeated(5);
    expect(received.every((one) => one.id === drop.id && fires(one, clock.wallMs()))).toBe(true);
    expect(stage.attempts()).toHaveLength(1);
    expect(await deliveries(stage.store, 'am')).toMatchObject({ waiting: [{ by: 'repeat' }], log: [{ ok: true }] });
  });

  test('is sent by the standby that takes over', async () => {
    const { stage, received, minutes, repeated } = await scene();
    await stage.decide([drop]);
    await stage.attempted(1);
    await stage.stop();
    await minutes(3);
    expect(received).toHaveLength(1);
    void stage.start({ lookMs: 3_600_000 });
    await repeated(3);
  });

  test('ends: its end is sent for 15 minutes more, and the drop never again', async () => {
    const { stage, received, minutes, repeated, clock } = await scene();
    await stage.decide([drop]);
    await stage.attempted(1);
    await repeated(2);
    await stage.decide([end]);
    await stage.attempted(2);
    const before = received.length;
    await repeated(14);
    await minutes(40);
    const after = received.slice(before - 1);
    expect(after.every((one) => one.id === end.id && !fires(one, clock.wallMs()))).toBe(true);
    // By a clock that goes 5 s at a time, 14 or 15 fit.
    expect(after.length).toBeLessThanOrEqual(16);
    expect((await deliveries(stage.store, 'am')).waiting).toEqual([]);
  });

  test('is tried again each minute while the receiver is away, reported once when it fails and once when it is back', async () => {
    let isAway = false;
    const { stage, repeated } = await scene((_, response) => void response.writeHead(isAway ? 400 : 200).end());
    await stage.decide([drop]);
    await stage.attempted(1);
    isAway = true;
    await repeated(10);
    isAway = false;
    await repeated(3);
    expect(stage.attempts().map(({ ok, dead }) => [ok, dead])).toEqual([
      [true, undefined],
      [false, undefined],
      [true, undefined],
    ]);
  });
});

test('of a territory that is no longer watched is not sent again, and that is logged once', async () => {
  const { stage, received, minutes } = await scene();
  await stage.decide([drop]);
  await stage.attempted(1);
  await stage.stop();
  void stage.start({ lookMs: 3_600_000, isWatched: (id) => id === 'ELSEWHERE' });
  await minutes(10);
  expect(received).toHaveLength(1);
  expect((await deliveries(stage.store, 'am')).waiting).toEqual([]);
  expect(stage.reports.flatMap((report) => (report.type === 'warning' ? report.warning : []))).toEqual([
    `webhook am: the alert of ${drop.id} is not sent again: its territory is no longer watched here`,
  ]);
});

test('a drop that was late is not sent after its end has been delivered', async () => {
  let isFirst = true;
  const { stage, received, minutes } = await scene((_, response) => {
    response.writeHead(isFirst ? 503 : 200).end();
    isFirst = false;
  });
  await stage.decide([drop]);
  await stage.attempted(1);
  await stage.decide([end]);
  await stage.attempted(2);
  await minutes(20);
  expect(received.filter(({ id }) => id === drop.id)).toHaveLength(1);
  expect(stage.attempts().map(({ reason }) => reason)).toContain(
    'nothing is sent: a later event of the same alert has been delivered',
  );
});

test('of a recording of 2014 fires now: it ends in the future of the receiver', async () => {
  const { stage, received, clock } = await scene();
  await stage.decide([{ ...drop, time: '2014-12-22T16:00:00.000Z' }]);
  await stage.attempted(1);
  expect(received.map((one) => fires(one, clock.wallMs()))).toEqual([true]);
});

test('a drill is not sent again, and other forms are sent once', async () => {
  const { stage, received, minutes } = await scene();
  const other = await receiving();
  await stage.add(endpointOf('plain', other.port));
  await minutes(61);
  await stage.decide([{ ...drop, drill: true }]);
  await stage.attempted(2);
  await minutes(5);
  expect([received.length, other.received.length]).toEqual([1, 1]);
});
