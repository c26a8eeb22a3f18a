import { describe, expect, test } from 'vitest';
import { deliveries } from '../../../../src/sinks/webhook/endpoints/endpoint-store.ts';
import { compiled } from '../../../support/mrt-compiled.ts';
import { between, mulberry32 } from '../../../support/sim-random.ts';
import { howMany } from '../../../support/thorough.ts';
import { startChild, type Child } from '../../../store/embedded/child.ts';
import { open, scratch } from '../../../store/embedded/folder.ts';
import { receiving, Stage } from './stage.ts';
import { chain, endpointOf, SECRET, verify } from './world.ts';
import { systemClock } from '../../../../src/app/system-clock.ts';

const EVENTS = 160;

/** Delivers what is in the folder until it is killed. */
const DISPATCHER = `
  const { dispatchWebhooks } = await import(dist + '/src/sinks/webhook/dispatch/dispatch.js');
  const store = await open();
  say('begun');
  await dispatchWebhooks({
    store, token: () => undefined, clock: systemClock, random: Math.random, resolve: async () => ['127.0.0.1'],
    environment: { SECRET: args[0] }, sentence: ({ id }) => id, report: () => undefined,
  }, new AbortController().signal);
`;

describe('a program that is killed between sending and recording', () => {
  const dist = compiled();

  test.each([
    { times: howMany('DISPATCH_KILLS', 6, 20), concurrency: 1 },
    { times: howMany('DISPATCH_KILLS', 3, 6), concurrency: 4 },
  ])(
    '$times times sends every event all the same, and none more often than it was killed ($concurrency at once)',
    async ({ times, concurrency }) => {
      const random = mulberry32(concurrency);
      const { path, remove } = scratch();
      const stage = new Stage(await open(path), systemClock);
      let child: Child | undefined;
      let kills = 0;
      let untilKill = between(random, 1, 8);
      const kill = (): void => {
        kills++;
        untilKill = between(random, 1, 8);
        void child?.kill();
      };
      const { port, received, ids } = await receiving((_, response) => {
        untilKill--;
        const isNow = kills < times && untilKill === 0;
        // It dies before it has the answer, with the answer on its way, or when it just may have recorded it.
        const when = between(random, 0, 2);
        if (isNow && when === 0) kill();
        else response.writeHead(200).end(() => (isNow ? (when === 1 ? kill() : setImmediate(kill)) : undefined));
      });
      await stage.add(endpointOf('a', port, { concurrency }));
      await stage.decide(chain(EVENTS));
      for (let started = 0; started < times; started++) {
        child = startChild(dist(), path, DISPATCHER, [SECRET]);
        expect(await child.ended).toBe('SIGKILL');
      }
      child = startChild(dist(), path, DISPATCHER, [SECRET]);
      await allRecorded(stage);
      await child.kill();

      const counts = new Map<string, number>();
      for (const id of ids()) counts.set(id, (counts.get(id) ?? 0) + 1);
      expect([...counts.keys()].toSorted()).toEqual(
        chain(EVENTS)
          .map(({ id }) => id)
          .toSorted(),
      );
      expect(Math.max(...counts.values())).toBeLessThanOrEqual(1 + times);
      // Each kill makes those come again that were under way, and no others.
      expect(ids().length - EVENTS).toBeLessThanOrEqual(times * concurrency);
      expect(ids().length).toBeGreaterThan(EVENTS);
      for (const one of received) verify(one);
      await stage.store.close();
      remove();
    },
    240_000,
  );
});

/** The log says of every event that it was delivered, and none waits. */
async function allRecorded(stage: Stage): Promise<void> {
  for (;;) {
    const { log, waiting } = await deliveries(stage.store, 'a');
    const ok = new Set(log.filter(({ ok }) => ok).map(({ eventId }) => eventId));
    if (ok.size === EVENTS && waiting.length === 0) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
