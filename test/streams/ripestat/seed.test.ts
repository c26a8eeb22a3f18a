import { describe, expect, test } from 'vitest';
import type { Element } from '../../../src/bgp/element.ts';
import { parseCollector } from '../../../src/bgp/peer.ts';
import type { Territory } from '../../../src/territory/territory.ts';
import type { RipestatFault } from '../../../streams/ripestat/fault.ts';
import { seedFromRipestat, type RipestatSeed } from '../../../streams/ripestat/seed.ts';
import { asn, clock, Day, KP, prefix, UNITS } from '../../support/day.ts';
import { bench, fullPeers, kpPath, leak, silence, withdraw, worldOfKp, type Bench } from './world.ts';

describe('a country that is there', () => {
  test('every full-feed peer has its routes and the end of its table, partial ones nothing', async () => {
    const { elements, at } = await seeded(await bench());
    expect(at).toBe(clock('12:00'));
    expect(elements.filter(({ type }) => type === 'rib')).toHaveLength(40 * 4);
    expect(elements.filter(({ type }) => type === 'end-of-rib')).toHaveLength(40);
    const first = elements.find((element) => 'peer' in element && element.peer?.address === '198.51.100.1');
    expect(first).toEqual({
      type: 'rib',
      at: clock('12:00'),
      peer: { id: 'rrc00|198.51.100.1|64512', collector: 'rrc00', address: '198.51.100.1', asn: 64512 },
      prefix: prefix('175.45.176.0/24'),
      pathId: undefined,
      path: kpPath(64_512),
    });
    expect(elements.at(-1)).toMatchObject({ type: 'end-of-rib', dump: { from: clock('12:00') } });
  });

  test('the engine calls it routable', async () => {
    const { elements } = await seeded(await bench());
    expect(verdictAfter(elements)).toBe('routable');
  });

  test('a peer is the same peer as on RIS Live, however its address is spelled', async () => {
    const { elements } = await seeded(await bench());
    const ids = new Set(elements.flatMap((element) => ('peer' in element ? [element.peer?.id] : [])));
    expect(ids).toContain('rrc03|2001:db8::39|64551');
  });

  test('only the collectors in use are requested and returned', async () => {
    const setup = await bench();
    const outcome = await seedFromRipestat({ ...asking(setup), collectors: [collector('rrc00'), collector('rrc01')] });
    if (!outcome.ok) throw new Error(outcome.fault.message);
    expect(setup.server.requests.find(({ call }) => call === 'bgp-state')?.parameters.get('rrcs')).toBe('0,1');
    const ends = outcome.value.elements.filter(({ type }) => type === 'end-of-rib');
    expect(ends).toHaveLength(30);
  });

  test('every prefix that could cover a unit is asked for by name, and the controls with them', async () => {
    const setup = await bench();
    await seeded(setup);
    const asked = setup.server.requests
      .find(({ call }) => call === 'bgp-state')
      ?.parameters.get('resource')
      ?.split(',');
    for (const one of ['AS131279', '175.0.0.0/8', '175.45.160.0/19', '175.45.176.0/22', '175.45.178.0/23', ...UNITS])
      expect(asked).toContain(one);
    for (const control of ['84.205.83.0/24', '93.175.158.0/24']) expect(asked).toContain(control);
  });

  test('a route that only covers the country counts as sight of it', async () => {
    const world = worldOfKp();
    for (const peer of fullPeers(world)) {
      withdraw([peer]);
      peer.routes.set('175.45.160.0/19', kpPath(peer.asn));
    }
    const { elements, prefixes } = await seeded(await bench(world));
    expect(prefixes.map(({ text }) => text)).toEqual(['175.45.160.0/19']);
    expect(verdictAfter(elements)).toBe('routable');
  });

  test('without rrc-info ris-peers gives the same', async () => {
    const [usual, fallen] = [await bench(), await bench()];
    fallen.server.fail('rrc-info', { kind: 'status', status: 404 });
    const seed = await seedFromRipestat(asking(fallen));
    expect(seed).toMatchObject({ ok: true, warnings: [expect.stringContaining('ris-peers was asked in its place')] });
    expect(seed.ok && seed.value.elements).toEqual((await seeded(usual)).elements);
  });
});

describe('a country that is not there', () => {
  test('no route and live controls: unroutable, since an unknown time', async () => {
    const world = worldOfKp();
    withdraw(fullPeers(world));
    const day = new Day();
    for (const element of (await seeded(await bench(world))).elements) day.apply(element);
    day.tick('12:01');
    expect(day.said('country')).toEqual(['12:00:30 country.unroutable since 12:00:00']);
    expect(day.events.find(({ type }) => type === 'country.unroutable')?.data).toMatchObject({
      sinceAtLatest: true,
      visibility: { voters: 40, seeingNothing: 40 },
    });
  });

  test('a peer that shows nothing at all has lost its session, not its route: it is left alone and named', async () => {
    const world = worldOfKp();
    silence(fullPeers(world).slice(0, 3));
    const outcome = await seedFromRipestat(asking(await bench(world)));
    expect(outcome).toMatchObject({
      ok: true,
      warnings: [
        '3 full-feed peers are left alone, because it shows no control prefix: ' +
          'rrc00 198.51.100.1 (AS64512), rrc00 198.51.100.2 (AS64513), rrc01 198.51.100.3 (AS64514)',
      ],
    });
    const ends = outcome.ok ? outcome.value.elements.filter(({ type }) => type === 'end-of-rib') : [];
    expect(ends).toHaveLength(37);
  });
});

describe('when RIPEstat has no data, nothing is reported about the country', () => {
  test('empty sets with 200 OK, as on 2020-09-30', async () => {
    const setup = await bench();
    setup.server.fail('bgp-state', { kind: 'empty' });
    const fault = await failing(setup);
    expect(fault.kind).toBe('empty');
    expect(fault.message).toBe(
      'RIPEstat bgp-state: RIPEstat is empty: the control prefixes are shown by 0 of 40 full-feed ipv4 peers; ' +
        'RIPEstat has lost its data, which says nothing about any country; try again later, or seed from MRT files',
    );
  });

  test('a control seen by the fewer half', async () => {
    const world = worldOfKp();
    withdraw(fullPeers(world));
    silence(fullPeers(world).slice(0, 21));
    expect(await failing(await bench(world))).toMatchObject({
      kind: 'empty',
      message: expect.stringContaining('19 of 40 full-feed ipv4 peers'),
    });
  });

  test('no full-feed peer known to rrc-info, nor to ris-peers', async () => {
    const setup = await bench({ ...worldOfKp(), peers: [] });
    expect(await failing(setup)).toMatchObject({ kind: 'empty', call: 'rrc-info' });
  });

  test('a route that is never announced, at many peers', async () => {
    const world = worldOfKp();
    leak(fullPeers(world).slice(0, 10));
    expect(await failing(await bench(world))).toMatchObject({ kind: 'implausible' });
  });

  test('… at one peer: that peer is left alone', async () => {
    const world = worldOfKp();
    leak(fullPeers(world).slice(0, 1));
    const outcome = await seedFromRipestat(asking(await bench(world)));
    expect(outcome).toMatchObject({
      ok: true,
      warnings: [
        expect.stringContaining('because it shows 93.175.158.0/24, which no peer announces: rrc00 198.51.100.1'),
      ],
    });
  });

  test.each([
    ['an error burst', { kind: 'status', status: 500 }, 'failing'],
    ['a web page', { kind: 'html' }, 'unreadable'],
    ['JSON cut short', { kind: 'truncated' }, 'unreadable'],
    [
      'a row lost on the way',
      { kind: 'data', change: (data: Record<string, unknown>) => void (data['bgp_state'] as unknown[]).pop() },
      'unreadable',
    ],
  ] as const)('%s', async (_, fault, kind) => {
    const setup = await bench();
    setup.server.fail('bgp-state', fault);
    expect(await failing(setup)).toMatchObject({ kind, call: 'bgp-state' });
  });

  test('the verdict stays unknown, however long nothing is received', () => {
    expect(verdictAfter([], '23:00')).toBe('unknown');
  });

  test('a path that cannot be read costs only its peer: it has a route of an unknown origin', async () => {
    const setup = await bench();
    setup.server.fail('bgp-state', {
      kind: 'data',
      change: (data) => {
        const row = (data['bgp_state'] as { target_prefix: string; path: unknown[] }[]).find(
          ({ target_prefix: text }) => text === UNITS[0],
        );
        row?.path.splice(0, 4, '?');
      },
    });
    const outcome = await seedFromRipestat(asking(setup));
    expect(outcome).toMatchObject({
      ok: true,
      warnings: [
        expect.stringContaining('because the path of its route to 175.45.176.0/24 cannot be read: rrc00 198.51.100.1'),
      ],
    });
  });
});

describe('large territories', () => {
  const large: Territory = { ...KP, id: 'XX', blocks: [prefix('10.0.0.0/12')] };

  test('are asked for by origin AS and block', async () => {
    const setup = await bench();
    const outcome = await seedFromRipestat({ ...asking(setup), territories: [large] });
    expect(outcome).toMatchObject({
      ok: true,
      warnings: ['XX is large: RIPEstat is asked for its origin ASes and blocks only'],
    });
    expect(setup.server.count('bgp-state')).toBe(1);
  });

  test('without an origin they cannot be asked for', async () => {
    const outcome = await seedFromRipestat({ ...asking(await bench()), territories: [{ ...large, origins: [] }] });
    expect(outcome).toMatchObject({ ok: false, fault: { kind: 'configuration' } });
  });

  test('of many prefixes take many requests, each with its own controls: one that came back empty fails all', async () => {
    const territories = [{ ...KP, origins: [asn(131279)], blocks: [prefix('175.45.128.0/17')] }];
    const setup = await bench();
    expect(await seedFromRipestat({ ...asking(setup), territories })).toMatchObject({ ok: true });
    const requests = setup.server.requests.filter(({ call }) => call === 'bgp-state');
    expect(requests).toHaveLength(3);
    expect(requests.every(({ parameters }) => parameters.get('resource')?.includes('84.205.83.0/24'))).toBe(true);

    setup.server.fail('bgp-state', { kind: 'empty' }, 1);
    expect(await seedFromRipestat({ ...asking(setup), territories })).toMatchObject({
      ok: false,
      fault: { kind: 'empty' },
    });
  });

  test('… and a peer that is in one answer and not in another is left alone', async () => {
    const territories = [{ ...KP, blocks: [prefix('175.45.128.0/17')] }];
    const setup = await bench();
    setup.server.fail('bgp-state', { kind: 'data', change: (data) => mute(data, '00-198.51.100.1') }, 1);
    expect(await seedFromRipestat({ ...asking(setup), territories })).toMatchObject({
      ok: true,
      warnings: [expect.stringContaining('because it is in one answer and not in another: rrc00 198.51.100.1')],
    });
  });
});

function mute(data: Record<string, unknown>, source: string): void {
  const rows = (data['bgp_state'] as { source_id: string }[]).filter(({ source_id: id }) => id !== source);
  Object.assign(data, { bgp_state: rows, nr_routes: rows.length });
}

function asking({ client, signal }: Bench): Parameters<typeof seedFromRipestat>[0] {
  return { client, signal, territories: [KP] };
}

async function seeded(setup: Bench): Promise<RipestatSeed> {
  const outcome = await seedFromRipestat(asking(setup));
  if (!outcome.ok) throw new Error(outcome.fault.message);
  expect(outcome.warnings).toEqual([]);
  return outcome.value;
}

async function failing(setup: Bench): Promise<RipestatFault> {
  const outcome = await seedFromRipestat(asking(setup));
  if (outcome.ok) throw new Error('it was seeded');
  return outcome.fault;
}

function verdictAfter(elements: readonly Element[], until = '12:01'): string | undefined {
  const day = new Day();
  for (const element of elements) day.apply(element);
  return day.tick(until).engine.status()[0]?.verdict;
}

function collector(name: string): NonNullable<ReturnType<typeof parseCollector>> {
  const parsed = parseCollector(name);
  if (parsed === undefined) throw new Error(`no collector: ${name}`);
  return parsed;
}
