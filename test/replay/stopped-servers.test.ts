import { afterEach, expect, test } from 'vitest';
import type { ProbeElement } from '../../src/bgp/element.ts';
import type { Service } from '../../src/bgp/probe.ts';
import { ordersOf } from '../../src/report/progression.ts';
import { probing, type Probed } from '../../streams/probe/rounds.ts';
import { programOf, startNginx, startNsd, type RealServer } from '../streams/probe/real-servers.ts';
import { closeAll, USER_AGENT } from '../streams/probe/servers.ts';
import { HandClock, until } from '../support/clock.ts';
import { decided, routesOf } from './routes-and-services.ts';

afterEach(closeAll);

const MINUTE = 60_000;
/** As the routes do, the first round begins at 18:00 on the day before. */
const START = Date.parse('2022-01-25T18:00:00Z');

type Change = readonly [at: string, change: () => Promise<void>];

/** Rounds of the prober on a hand-turned clock, half an hour apart, while servers stop and come back at these times. */
async function probed(
  servers: Readonly<Partial<Record<Service, RealServer>>>,
  changes: readonly Change[],
  end: string,
) {
  const clock = new HandClock(START, 4);
  const stop = new AbortController();
  const elements: ProbeElement[] = [];
  const of = (territory: string | undefined): readonly Probed[] =>
    Object.entries(servers).flatMap(([service, { targets }]) =>
      targets.map((target) => ({ territory, service: service as Service, target })),
    );
  // The control is a name server that stays: its packets do not count as answers of the country.
  const line = await startNsd(['127.0.0.53']);
  const controls = line.targets.map((target) => ({ territory: undefined, service: 'dns', target }) as const);
  const ask = { timeoutMs: 250, userAgent: USER_AGENT };
  const plan = { controls, targets: of('KP'), everyMs: 30 * MINUTE, ask };
  const reading = (async () => {
    const parts = { clock, random: () => 0.5, report: () => undefined };
    for await (const element of probing(plan, parts, stop.signal)) elements.push(element);
  })();
  const waiting = [...changes];
  while (clock.wallMs() < Date.parse(end)) {
    // It sleeps after a request and its answer or timeout.
    await until(() => clock.sleeping > 0, 'the end of a round');
    while (waiting[0] !== undefined && Date.parse(waiting[0][0]) <= clock.wallMs()) await waiting.shift()?.[1]();
    await clock.turn(30_000);
  }
  stop.abort();
  await reading;
  return elements;
}

test.skipIf(programOf('nsd') === undefined || programOf('nginx') === undefined)(
  '26 January 2022 with real servers that stop in the published order: web, DNS, the routes; the routes back, then DNS',
  { timeout: 180_000 },
  async () => {
    const dns = await startNsd(['127.45.176.15', '127.45.176.16']);
    const web = await startNginx(['127.45.176.71']);
    const probes = await probed(
      { dns, web },
      [
        ['2022-01-25T19:10:00Z', web.silence],
        ['2022-01-25T19:50:00Z', dns.silence],
        ['2022-01-26T02:45:00Z', dns.resume],
      ],
      '2022-01-26T04:10:00Z',
    );
    const routes = await routesOf('2022-01-26');
    const events = decided(routes, probes);
    const lines = [...(await ordersOf(events)).values()].flat();
    expect(lines).toEqual([
      expect.stringMatching(
        /^In this order: 2022-01-25 19:30:\d\d UTC web silent · 2022-01-25 20:00:\d\d UTC DNS silent · .*routes gone · .*routes back · 2022-01-26 03:00:\d\d UTC DNS answers\.$/,
      ),
      expect.stringMatching(/^First to change: web, 1 h 4 min .*before the routes\.$/),
    ]);
    const ofRoutes = events.filter(({ type }) => !type.startsWith('reachability.'));
    expect(JSON.stringify(ofRoutes)).toBe(JSON.stringify(decided(routes, [])));
  },
);
