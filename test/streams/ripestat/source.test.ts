import { describe, expect, test } from 'vitest';
import type { Element } from '../../../src/bgp/element.ts';
import type { EventTime } from '../../../src/bgp/time.ts';
import { healing, ripestatSource, type RipestatReport } from '../../../streams/ripestat/source.ts';
import { clock, Day, KP } from '../../support/day.ts';
import { bench, fullPeers, withdraw, worldOfKp, type Bench } from './world.ts';

describe('without a live feed', () => {
  test('the seed is used as it is', async () => {
    const { elements, reports } = await read(await bench());
    expect(elements.filter(({ type }) => type === 'end-of-rib')).toHaveLength(40);
    expect(reports).toMatchObject([{ type: 'seeded', at: clock('12:00'), elements: 200 }]);
  });

  test('a state of yesterday is used, with a warning about its age', async () => {
    const { reports } = await read(await bench({ ...worldOfKp(), stateAt: '09:05:00' }));
    expect(reports).toContainEqual({ type: 'warning', message: 'RIPEstat bgp-state: its latest state is 180 min old' });
  });

  test('nothing is asked before it is read', async () => {
    const setup = await bench();
    source(setup, undefined, []);
    expect(setup.server.requests).toEqual([]);
  });
});

describe('before a live feed that began after the seed', () => {
  test('no peer votes before the time between is healed, and then all do', async () => {
    const world = { ...worldOfKp(), now: '12:04:30' };
    const setup = await bench(world);
    const elements: Element[] = [];
    for await (const element of source(setup, clock('12:04'), []).elements(setup.signal)) {
      elements.push(element);
      if (element.type === 'end-of-rib') expect(element.dump?.from).toBeGreaterThanOrEqual(clock('12:04'));
    }
    expect(elements.filter(({ type }) => type === 'end-of-rib')).toHaveLength(40);
    expect(verdict(elements)).toBe('routable');
  });

  test('a first look at North Korea takes fourteen requests, each further round twelve at most', async () => {
    const world = worldOfKp();
    const late = fullPeers(world).slice(0, 5);
    for (const peer of late) peer.latest = '12:03:00';
    const setup = await bench(world);
    const asked: number[] = [];
    const reports = {
      push: ({ type }: RipestatReport) => (type === 'healed' ? asked.push(setup.server.requests.length) : 0),
    };
    for await (const element of source(setup, clock('12:04'), reports).elements(setup.signal))
      if (element.type === 'end-of-rib') for (const peer of late) peer.latest = '12:05:00';
    expect(asked).toEqual([14, 26]);
  });

  test('a country that left between the two is gone', async () => {
    const world = worldOfKp();
    const setup = await bench(world);
    const elements: Element[] = [];
    for await (const element of source(setup, clock('12:04'), []).elements(setup.signal)) {
      if (elements.length === 0) withdraw(fullPeers(world));
      elements.push(element);
    }
    expect(elements[0]?.type).toBe('rib');
    expect(verdict(elements)).toBe('unroutable');
  });

  test('a peer that is not confirmed yet is requested again each half minute, for three minutes, and named at the end', async () => {
    const world = worldOfKp();
    const late = fullPeers(world).slice(0, 8);
    for (const peer of late) peer.latest = '12:03:00';
    const setup = await bench(world);
    const reports: RipestatReport[] = [];
    for await (const element of source(setup, clock('12:04'), reports).elements(setup.signal))
      if (element.type === 'end-of-rib') for (const peer of late.slice(0, 3)) peer.latest = '12:05:00';
    expect(reports.filter(({ type }) => type === 'healed').slice(0, 3)).toEqual([
      { type: 'healed', peers: 32, unhealed: 8 },
      { type: 'healed', peers: 3, unhealed: 5 },
      { type: 'healed', peers: 0, unhealed: 5 },
    ]);
    expect(setup.clock.skipped).toEqual(Array.from({ length: 6 }, () => 30_000));
    expect(reports.at(-1)).toEqual({
      type: 'warning',
      message: expect.stringMatching(/^5 full-feed peers are left alone.*rrc03 198\.51\.100\.4 \(AS64515\)/),
    });
  });

  test('the live feed does not wait for the last tenth of the peers', async () => {
    const world = worldOfKp();
    for (const peer of fullPeers(world).slice(0, 4)) peer.latest = '12:03:00';
    const setup = await bench(world);
    const { elements, reports } = await read(setup, clock('12:04'));
    expect(setup.clock.skipped).toEqual([]);
    expect(reports.at(-1)).toEqual({ type: 'warning', message: expect.stringContaining('4 full-feed peers') });
    expect(verdict(elements)).toBe('routable');
  });

  test('a gap beside the live feed is healed to the last peer', async () => {
    const world = worldOfKp();
    const [late] = fullPeers(world);
    if (late === undefined) throw new Error('no peer');
    late.latest = '12:03:00';
    const setup = await bench(world);
    const span = { from: clock('12:01'), to: clock('12:04') };
    const healed = new Set<string>();
    const options = { client: setup.client, clock: setup.clock, territories: [KP], span, report: () => 0 };
    for await (const element of healing(options, setup.signal)) {
      if (element.type !== 'end-of-rib') continue;
      healed.add(element.peer.id);
      late.latest = '12:05:00';
    }
    expect(healed.size).toBe(40);
    expect(setup.clock.skipped).toEqual([30_000]);
  });

  test('a live feed that begins late is waited for', async () => {
    const setup = await bench();
    let asked = 0;
    const liveSince = (): EventTime | undefined => (++asked > 20 ? clock('12:04') : undefined);
    const elements: Element[] = [];
    for await (const element of source(setup, liveSince, []).elements(setup.signal)) elements.push(element);
    expect(verdict(elements)).toBe('routable');
    expect(setup.clock.skipped).toEqual(Array.from({ length: 20 }, () => 1_000));
  });

  test('when it does not begin, no peer votes on what was true before', async () => {
    const setup = await bench();
    const reports: RipestatReport[] = [];
    const elements: Element[] = [];
    for await (const element of source(setup, () => undefined, reports).elements(setup.signal)) elements.push(element);
    expect(verdict(elements)).toBe('unknown');
    expect(reports.at(-1)).toMatchObject({ message: expect.stringContaining('the live feed did not begin') });
  });

  test('the overlap with the live feed is harmless: the later message of a peer counts, from whichever side it comes first', async () => {
    const setup = await bench({ ...worldOfKp(), now: '12:04:30' });
    const seeded: Element[] = [];
    for await (const element of source(setup, clock('12:04'), []).elements(setup.signal)) seeded.push(element);
    const live = seeded.flatMap((element): Element[] =>
      element.type === 'rib' && element.at === clock('12:04:30')
        ? [{ type: 'withdrawal', at: clock('12:04:40'), peer: element.peer, prefix: element.prefix, pathId: undefined }]
        : [],
    );
    expect(live).toHaveLength(160);
    expect([verdict([...seeded, ...live]), verdict([...live, ...seeded])]).toEqual(['unroutable', 'unroutable']);
  });
});

describe('when RIPEstat fails', () => {
  test('it is reported, no element is sent, and the verdict stays unknown', async () => {
    const setup = await bench();
    setup.server.fail('*', { kind: 'empty' });
    const { elements, reports } = await read(setup, clock('12:04'));
    expect(elements).toEqual([]);
    expect(reports).toMatchObject([{ type: 'failed', message: expect.stringContaining('RIPEstat is empty') }]);
    expect(verdict(elements)).toBe('unknown');
  });

  test('between seed and healing: no peer has a vote, and it is tried again', async () => {
    const setup = await bench();
    setup.server.fail('looking-glass', { kind: 'empty' });
    const { elements, reports } = await read(setup, clock('12:04'));
    expect(new Set(elements.map(({ type }) => type))).toEqual(new Set(['rib']));
    expect(reports.filter(({ type }) => type === 'failed')).toHaveLength(7);
    expect(verdict(elements)).toBe('unknown');
  });

  test('it comes back by itself', async () => {
    const setup = await bench();
    setup.server.fail('looking-glass', { kind: 'empty' }, 4);
    const { elements } = await read(setup, clock('12:04'));
    expect(verdict(elements)).toBe('routable');
  });
});

test('it ends when its signal aborts, in the middle of a wait', async () => {
  const setup = await bench({ ...worldOfKp(), now: '12:03:00' });
  const leaving = new AbortController();
  const reports: RipestatReport[] = [];
  for await (const element of source(setup, clock('12:04'), reports).elements(leaving.signal))
    if (element.type === 'rib') leaving.abort();
  expect(reports.filter(({ type }) => type === 'healed')).toEqual([]);
});

function source(
  { client, clock: hand }: Bench,
  liveSince: EventTime | (() => EventTime | undefined) | undefined,
  reports: { push(report: RipestatReport): number },
): ReturnType<typeof ripestatSource> {
  return ripestatSource({
    client,
    clock: hand,
    territories: [KP],
    liveSince: typeof liveSince === 'number' ? () => liveSince : liveSince,
    report: (report) => reports.push(report),
  });
}

async function read(setup: Bench, liveSince?: EventTime): Promise<{ elements: Element[]; reports: RipestatReport[] }> {
  const reports: RipestatReport[] = [];
  const elements: Element[] = [];
  for await (const element of source(setup, liveSince, reports).elements(setup.signal)) elements.push(element);
  return { elements, reports };
}

function verdict(elements: readonly Element[]): string | undefined {
  const day = new Day();
  for (const element of elements) day.apply(element);
  return day.tick('12:07').engine.status()[0]?.verdict;
}
