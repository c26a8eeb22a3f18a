import { join } from 'node:path';
import type { GapReason } from '../../src/bgp/element.ts';
import { drillEvents } from '../../src/app/drill/drill-events.ts';
import { isoTime } from '../../src/bgp/time.ts';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import { createEngine } from '../../src/engine.ts';
import type { Territory } from '../../src/territory/territory.ts';
import { planMrt } from '../../streams/mrt/archive/archive.ts';
import { mrtSource } from '../../streams/mrt/source.ts';
import { recordingsOf, watchedIn, type Incident } from '../replay/incident.ts';
import { asn, clock, Day, KP, peer, peers, prefix, UNITS, type DayOptions } from '../support/day.ts';
import { controls, round } from '../support/probes.ts';
import { GAP_REASONS } from './fields.ts';

/** Every event of an incident's recording, through the real source and engine. */
export async function replayed(incident: Incident): Promise<readonly UnroutableEvent[]> {
  const planned = await planMrt({ paths: recordingsOf(incident).map((file) => join(incident.folder, file)) });
  if (!planned.ok) throw new Error(planned.reason);
  const selection = await watchedIn(incident);
  const engine = createEngine(selection);
  const events: UnroutableEvent[] = [];
  const watch = selection.territories.flatMap(({ territory }) => territory.blocks);
  const source = mrtSource(planned.plan, { watch, threads: 1 });
  for await (const element of source.elements(new AbortController().signal)) {
    events.push(...(engine.apply(element)?.events ?? []));
  }
  return events;
}

/** Days with what the recordings lack, and the events that the engine reports for them. */
export const DAYS: Readonly<Record<string, () => readonly UnroutableEvent[]>> = {
  'a loss by half that comes back': () => {
    const day = new Day().dump('06:00', all).withdraw('07:00', all, UNITS.slice(0, 2));
    return day.announce('07:20', all, UNITS.slice(0, 2)).tick('09:00').events;
  },
  'a loss that creeps, until nearly no voter is left': () => {
    const day = new Day().dump('06:00', all);
    for (const [i, one] of all.slice(3).entries()) day.withdraw(`07:${String(i * 3).padStart(2, '0')}`, [one]);
    return day.announce('09:00', all).tick('11:00').events;
  },
  'a loss that stays until it is the new baseline': () =>
    new Day().dump('06:00', all).withdraw('07:00', all, UNITS.slice(0, 2)).tick('+2 12:00').events,
  'an outage that was there at the first look': () => {
    const day = new Day().dump('06:00', all.slice(0, 2)).dump('06:00', all.slice(2), []);
    return day.announce('08:00', all).tick('10:00').events;
  },
  'an outage that flaps, with a stuck route': () => {
    const day = new Day().dump('06:00', all);
    for (const hour of ['07:00', '07:10', '07:20', '07:30']) {
      day.withdraw(hour, all.slice(1)).announce(hour.replace(/0$/, '5'), all.slice(1));
    }
    return day.tick('09:00').events;
  },
  'an outage that ended while we were blind': () =>
    new Day().dump('06:00', all).withdraw('07:00', all).gap('08:00', 'rrc00').dump('09:00', all).tick('11:00').events,
  'an outage of IPv6 alone': ipv6Outage,
  'upstreams, a foreign origin and a new prefix': () => {
    const day = new Day().dump('06:00', all).announce('07:00', all, UNITS, [20485, 131279]);
    day.announce('08:00', all.slice(0, 8), [UNITS[1]], [174, 64496]);
    day.announce('08:20', all.slice(0, 8), [UNITS[1]], [20485, 131279]);
    return day.announce('09:00', all, ['175.45.176.0/22']).tick('10:00').events;
  },
  'services that go before the routes, and our own line that is cut': () => {
    const fine = { dns15: 'answered', dns16: 'answered', web71: 'answered' } as const;
    const atlas = { id: 'atlas-6012', country: 'KR', asn: asn(4766) };
    const day = new Day().dump('06:00', all);
    for (const [at, web] of [
      ['07:00', 'answered'],
      ['07:11', 'silent'],
      ['07:22', 'silent'],
    ] as const)
      for (const element of [
        ...controls(at, ['answered', 'answered']),
        ...round(at, { ...fine, web71: web }),
        ...round(at, { web71: web }, atlas),
      ])
        day.apply(element);
    for (const element of controls('07:33', ['silent', 'silent'])) day.apply(element);
    return day.tick('08:10').events;
  },
  'every reason for a gap': everyGap,
  'a gap of one peer alone': () => new Day().dump('06:00', all).gap('07:00', 'rrc00', all[0]).dump('08:00', all).events,
  'too few voters, and enough again': () => {
    const day = new Day().dump('06:00', all).session('07:00', all, 'down').session('07:30', all, 'up');
    return day.announce('07:30', all).endOfRib('07:31', all).tick('08:00').events;
  },
  'half of the voters lost': () => {
    const many = peers(40);
    return new Day().dump('06:00', many).session('07:00', many.slice(0, 21), 'down').tick('08:00').events;
  },
  'a control group that goes as well': () => {
    const anchors = ['84.205.80.0/24', '84.205.81.0/24', '84.205.83.0/24', '84.205.85.0/24', '84.205.86.0/24'];
    const control: Territory = { ...KP, id: 'CONTROL', name: 'Anchors', blocks: anchors.map(prefix), origins: [] };
    const everything = [...UNITS, ...anchors];
    return new Day({ control }).dump('06:00', all, everything).withdraw('07:00', all, everything).tick('08:00').events;
  },
  'voters of one collector alone': () => {
    const there = all.map((_, i) => peer(i + 101, { collector: 'rrc06' }));
    const day = new Day({ policy: { minCollectors: 2, minVoterShare: 0.1 } }).dump('06:00', all).dump('06:00', there);
    return day.session('07:00', there, 'down').tick('08:00').events;
  },
  'a store that was set back, and one that was emptied': () => {
    const day = new Day().dump('06:00', all).withdraw('07:00', all).tick('08:00');
    const { engine } = day;
    return [
      ...day.events,
      ...engine.noteLoss({ since: isoTime(clock('07:00')), kept: 40, found: 12, events: 3 }).events,
      ...engine.noteLoss({ kept: 41, found: 0, events: 4 }).events,
    ];
  },
  'a drill': () => drillEvents({ id: '0123456789abcdef', territory: 'KP', atMs: clock('12:00') }, KP),
};

/** All events of these days. */
export function eventsOnDays(): readonly UnroutableEvent[] {
  return Object.values(DAYS).flatMap((day) => day());
}

const all = peers(20);

function everyGap(): readonly UnroutableEvent[] {
  const day = new Day({ policy: { minVoters: 1 } }).dump('06:00', all);
  const collector = all[0]?.collector;
  if (collector === undefined) throw new Error('no collector');
  for (const [i, reason] of GAP_REASONS.entries()) {
    const minute = `07:${String(i).padStart(2, '0')}`;
    day.apply({ type: 'gap', at: clock(minute), collector, reason: reason satisfies GapReason });
    day.dump(`${minute}:30`, all);
  }
  return day.tick('08:00').events;
}

function ipv6Outage(): readonly UnroutableEvent[] {
  const units = ['2001:db8::/48', '2001:db8:1::/48'];
  const six: Territory = { ...KP, blocks: [...KP.blocks, ...units.map(prefix)] };
  const options: DayOptions = { territories: [six] };
  const day = new Day(options).dump('06:00', all, [...UNITS, ...units]);
  for (const one of all) {
    const dump = { from: clock('06:00'), routes: { ipv4: 500_000, ipv6: 200_000 } };
    day.apply({ type: 'end-of-rib', at: clock('06:01'), peer: one, family: undefined, dump });
  }
  return day.withdraw('07:00', all, units).announce('08:00', all, units).tick('09:00').events;
}
