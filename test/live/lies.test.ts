import { describe, expect, test } from 'vitest';
import { Sim } from '../support/sim.ts';
import { isThorough } from '../support/thorough.ts';
import type { Fault } from '../support/ripestat-server.ts';
import { MINUTE, seesAnOutage } from './scene.ts';

/** What RIPEstat answers in place of the truth, each well known from a real day or a real proxy. */
const LIES: readonly (readonly [string, Fault])[] = [
  ['empty sets, as on 2020-09-30', { kind: 'data', change: emptied }],
  ['a web page', { kind: 'html' }],
  ['429 without end', { kind: 'status', status: 429, headers: { 'retry-after': '5' } }],
  ['500 without end', { kind: 'status', status: 500 }],
  ['404', { kind: 'status', status: 404 }],
  ['nothing, slowly', { kind: 'hanging' }],
  ['half of a text', { kind: 'truncated' }],
  ['the data of another question', { kind: 'data', change: mixedUp }],
  ['peers that are not those of RIS', { kind: 'data', change: strangers }],
  ['the data of yesterday', { kind: 'data', change: yesterday }],
  ['half of the peers', { kind: 'data', change: halved }],
  ['more than anybody can hold', { kind: 'huge' }],
];

/**
 * Long enough that a wait that grows, be it by a quarter each time, would be longer than a minute. What has no end costs
 * the machine, and ends sooner.
 */
function lyingMs({ kind }: Fault): number {
  return kind === 'huge' ? MINUTE : 5 * MINUTE;
}

/** One of each kind: of an answer, of a status, of the wrong data, of too much. */
const SOME = new Set([
  'empty sets, as on 2020-09-30',
  '429 without end',
  'nothing, slowly',
  'the data of another question',
  'half of the peers',
  'more than anybody can hold',
]);
const lies = isThorough ? LIES : LIES.filter(([name]) => SOME.has(name));

describe.each(lies)('while RIPEstat answers %s', (_, lie) => {
  test('no peer votes on a first look at it, and within a minute of the truth they do', async () => {
    const sim = await Sim.open();
    try {
      sim.ripestat.fail('*', lie);
      sim.watch();
      await sim.pass(lyingMs(lie));
      sim.ripestat.heal();
      const log = sim.log.length;
      await sim.pass(MINUTE);
      expect(sim.types('country.unroutable', 'country.degraded')).toEqual([]);
      if (lie.kind !== 'data' || lie.change !== halved) expect(sim.log.slice(log)).toContain('healed from RIPEstat');
      await seesAnOutage(sim);
    } finally {
      await sim.close();
    }
  });

  test('a gap is not healed by it, and within a minute of the truth it is', async () => {
    const sim = await Sim.open();
    try {
      await sim.seeded();
      sim.ripestat.fail('*', lie);
      sim.feed.break();
      sim.isSilent = true;
      await sim.pass(90_000);
      sim.isSilent = false;
      await sim.pass(lyingMs(lie));
      sim.ripestat.heal();
      await sim.pass(MINUTE);
      expect(sim.types('country.unroutable', 'country.degraded')).toEqual([]);
      expect(sim.types('country').at(-1)).toBe('country.known');
      await seesAnOutage(sim);
    } finally {
      await sim.close();
    }
  });
});

type Data = Record<string, unknown>;
type Rows = readonly Data[];

/** The sets are there, and there is nothing in them: rosters as well as routes. */
function emptied(data: Data): void {
  for (const [name, value] of Object.entries(data)) {
    if (Array.isArray(value)) data[name] = [];
    else if (name.startsWith('nr_')) data[name] = 0;
    else if (name === 'peers') data[name] = {};
  }
}

/** A cache that mixes up its answers gives that of another prefix, which our peers do not have. */
function mixedUp(data: Data): void {
  if (!('bgp_state' in data || 'updates' in data || 'query_time' in data)) return;
  emptied(data);
  data['resource'] = '192.0.2.0/24';
}

function strangers(data: Data): void {
  for (const rrc of rows(data, 'rrcs'))
    for (const peer of rows(rrc, 'peers'))
      if ('ip' in peer) peer['ip'] = String(peer['ip']).replace('198.51.', '203.0.');
  if ('peers' in data) data['peers'] = {};
}

/** As a mirror that stopped a day ago would. */
function yesterday(data: Data): void {
  for (const name of ['timestamp', 'query_time', 'latest_time']) data[name] = dayBefore(data[name]);
  for (const rrc of rows(data, 'rrcs'))
    for (const peer of rows(rrc, 'peers'))
      if ('latest_time' in peer) peer['latest_time'] = dayBefore(peer['latest_time']);
}

function halved(data: Data): void {
  for (const rrc of rows(data, 'rrcs')) rrc['peers'] = half(rows(rrc, 'peers'));
  for (const [name, count] of [
    ['bgp_state', 'nr_routes'],
    ['updates', 'nr_updates'],
  ] as const) {
    if (!(name in data)) continue;
    data[name] = half(rows(data, name));
    data[count] = rows(data, name).length;
  }
}

function rows(data: Data, name: string): Rows {
  const value = data[name];
  return Array.isArray(value) ? (value as Rows) : [];
}

function half(all: Rows): Rows {
  return all.slice(0, Math.ceil(all.length / 2));
}

function dayBefore(time: unknown): unknown {
  return typeof time === 'string' ? time.replace('2014-12-22', '2014-12-21') : time;
}
