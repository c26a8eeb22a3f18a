import { join } from 'node:path';
import { glob } from 'tinyglobby';
import { afterEach, expect, test } from 'vitest';
import { elementLine } from '../../../src/bgp/element-line.ts';
import type { Element } from '../../../src/bgp/element.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { createEngine } from '../../../src/engine.ts';
import type { ElementSource } from '../../../src/ports.ts';
import { DEFAULT_VOTING } from '../../../src/policy/voting-policy.ts';
import { follow } from '../../../streams/follow.ts';
import { planMrt, type MrtPlan } from '../../../streams/mrt/archive/archive.ts';
import { mrtSource } from '../../../streams/mrt/source.ts';
import { mrtFeed } from '../../../streams/ris-live/server/feed.ts';
import { serveRisLive } from '../../../streams/ris-live/server/server.ts';
import { risLive } from '../../../streams/ris-live/source.ts';
import { ROOT } from '../../support/cli.ts';
import { HandClock } from '../../support/clock.ts';
import { KP } from '../../support/day.ts';
import { isThorough } from '../../support/thorough.ts';

/** The client and the server of this program, over a real socket. */

/**
 * Days that are served as a server serves them: with the KEEPALIVEs of all sessions, 200 for each UPDATE. One whose last
 * events come only while sessions send after its last UPDATE, one with two outages, one with an OPEN and a session
 * that goes down. In thorough runs the others are served as well, without KEEPALIVEs: their routes come by the same way in
 * a hundredth of the frames.
 */
const WITH_KEEPALIVES = ['2013-03-13', '2022-11-17', '2018-06-12'];

let stop = new AbortController();
afterEach(() => {
  stop.abort();
  stop = new AbortController();
});

async function planOf(day: string, parts: { ribs: number }): Promise<MrtPlan> {
  const planned = await planMrt({ paths: [join(ROOT, 'incidents', day)] });
  if (!planned.ok) throw new Error(planned.reason);
  const { plan } = planned;
  return { ...plan, collectors: plan.collectors.map((one) => ({ ...one, ribs: one.ribs.slice(0, parts.ribs) })) };
}

function withoutUpdates(plan: MrtPlan): MrtPlan {
  return { ...plan, collectors: plan.collectors.map((one) => ({ ...one, updates: [] })) };
}

async function read(source: ElementSource): Promise<Element[]> {
  const elements: Element[] = [];
  for await (const element of source.elements(stop.signal)) elements.push(element);
  return elements;
}

/** What the country's routes and sessions did; not when nothing happened. */
function facts(elements: readonly Element[]): string[] {
  return elements.filter((element) => element.type !== 'tick' && !isEndOfSessionTable(element)).map(elementLine);
}

/** RIS Live has no words for an End-of-RIB, and a subscription to prefixes lets none through. */
function isEndOfSessionTable(element: Element): boolean {
  return element.type === 'end-of-rib' && element.dump === undefined;
}

function eventsOf(elements: readonly Element[]): string[] {
  const engine = createEngine({ territories: [{ territory: KP, policy: DEFAULT_POLICY }], voting: DEFAULT_VOTING });
  return elements.flatMap((element) => engine.apply(element)?.events ?? []).map((event) => JSON.stringify(event));
}

/** The seed from the day's first RIB dumps, then what is served of its updates. */
async function watched(day: string, keepalives: boolean): Promise<Element[]> {
  const plan = await planOf(day, { ribs: 1 });
  const clock = new HandClock();
  const progress = { hasStarted: false };
  const feed = mrtFeed(plan, { keepalives });
  const server = await serveRisLive(
    { feed, clock, speed: 'max', started: () => (progress.hasStarted = true) },
    stop.signal,
  );
  const { url } = server;
  const live = risLive({ url, client: 'test', blocks: KP.blocks, clock, random: () => 0, timeline: 'history' });
  const reading = read(follow(mrtSource(withoutUpdates(plan), { watch: KP.blocks, threads: 0 }), live));
  // Subscriptions are paced; from there on, our clock can stop.
  while (!progress.hasStarted) await clock.turn(100);
  return reading;
}

/** The folders of the incident library. */
const DAYS = (await glob('incidents/*/incident.yaml', { cwd: ROOT })).map((file) => file.split('/')[1] ?? '');

/** The shortest two of them. */
const SOME = ['2022-11-17', '2018-06-12'];

test.each(isThorough ? DAYS : SOME)(
  '%s, served as fast as it can be read and watched, is what a replay reads',
  async (day) => {
    const replay = await read(mrtSource(await planOf(day, { ribs: 1 }), { watch: KP.blocks, threads: 0 }));
    const live = await watched(day, WITH_KEEPALIVES.includes(day));
    expect(facts(live)).toEqual(facts(replay));
    expect(eventsOf(live)).toEqual(eventsOf(replay));
  },
);

test('the days that are served with KEEPALIVEs are in the library', () => {
  expect(DAYS).toEqual(expect.arrayContaining(WITH_KEEPALIVES));
});
