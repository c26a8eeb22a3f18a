import { asnOf, type Asn } from '../../src/bgp/asn.ts';
import type { Element } from '../../src/bgp/element.ts';
import { parseCollector, peerOf, type Peer } from '../../src/bgp/peer.ts';
import { parsePrefix, type Prefix } from '../../src/bgp/prefix.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/policy/policy.ts';
import { createEngine, type Engine } from '../../src/engine.ts';
import type { Space } from '../../src/spaces.ts';
import type { Territory } from '../../src/territory/territory.ts';
import { DEFAULT_VOTING, type VotingPolicy } from '../../src/policy/voting-policy.ts';

export const KP: Territory = {
  id: 'KP',
  name: 'North Korea',
  blocks: [prefix('175.45.176.0/22')],
  origins: [asn(131279)],
  timeZone: 'Asia/Pyongyang',
};

export const UNITS = ['175.45.176.0/24', '175.45.177.0/24', '175.45.178.0/24', '175.45.179.0/24'] as const;

export function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(`no prefix: ${text}`);
  return parsed;
}

export function asn(number: number): Asn {
  const parsed = asnOf(number);
  if (parsed === undefined) throw new Error(`no ASN: ${number}`);
  return parsed;
}

/** `12:00`, `12:00:30` or `+1 00:10` for the next day, of 22 December 2014. */
export function clock(text: string): EventTime {
  const match = /^(?:\+(\d+) )?(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?$/.exec(text);
  if (match === null) throw new Error(`no time: ${text}`);
  const [, days = '0', hours = '0', minutes = '0', seconds = '0', fraction = '0'] = match;
  const ms = (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return (Date.UTC(2014, 11, 22) + ms + Math.round(Number(fraction) * 1000)) as EventTime;
}

/** The nth peer: each its own AS, unless `asn` is given. */
export function peer(n: number, options: { asn?: number; collector?: string } = {}): Peer {
  const collector = parseCollector(options.collector ?? 'rrc00');
  if (collector === undefined) throw new Error('no collector');
  return peerOf(collector, `198.51.100.${n}`, asn(options.asn ?? 64_512 + n));
}

export function peers(count: number, options: { collector?: string } = {}): Peer[] {
  return Array.from({ length: count }, (_, i) => peer(i + 1, options));
}

export interface DayOptions {
  readonly territories?: readonly Territory[];
  readonly policy?: Partial<Policy>;
  readonly voting?: Partial<VotingPolicy>;
  readonly control?: Territory;
  /** Wraps the engine of the day, to observe it. */
  readonly watch?: (engine: Engine) => Engine<Space>;
}

/** A day of routing in steps, and the engine's events. */
export class Day {
  readonly engine: Engine<Space>;
  readonly events: UnroutableEvent[] = [];

  constructor({ territories = [KP], policy = {}, voting = {}, control, watch = (engine) => engine }: DayOptions = {}) {
    const engine = createEngine({
      territories: territories.map((territory) => ({ territory, policy: { ...DEFAULT_POLICY, ...policy } })),
      voting: { ...DEFAULT_VOTING, ...voting },
      ...(control === undefined ? {} : { control }),
    });
    this.engine = watch(engine);
  }

  apply(element: Element): this {
    this.events.push(...(this.engine.apply(element)?.events ?? []));
    return this;
  }

  /** A complete RIB dump: each of these peers has these prefixes, and a full table unless said otherwise. */
  dump(
    at: string,
    from: readonly Peer[],
    prefixes: readonly string[] = UNITS,
    routes = 500_000,
    path = [4837, 131279],
  ): this {
    for (const one of from) this.#routes('rib', at, one, prefixes, path);
    for (const one of from) {
      this.apply({
        type: 'end-of-rib',
        at: clock(at),
        peer: one,
        family: undefined,
        dump: { from: clock(at), routes: { ipv4: routes, ipv6: 0 } },
      });
    }
    return this;
  }

  announce(at: string, from: readonly Peer[], prefixes: readonly string[] = UNITS, path = [4837, 131279]): this {
    for (const one of from) this.#routes('announcement', at, one, prefixes, path);
    return this;
  }

  withdraw(at: string, from: readonly Peer[], prefixes: readonly string[] = UNITS): this {
    for (const one of from) {
      for (const text of prefixes) {
        this.apply({ type: 'withdrawal', at: clock(at), peer: one, prefix: prefix(text), pathId: undefined });
      }
    }
    return this;
  }

  /** One ADD-PATH path of the whole block, announced or withdrawn. */
  addPath(at: string, from: readonly Peer[], type: 'announcement' | 'withdrawal', pathId: number): this {
    for (const one of from) {
      const route = { at: clock(at), peer: one, prefix: prefix('175.45.176.0/22'), pathId };
      this.apply(
        type === 'withdrawal' ? { ...route, type } : { ...route, type, path: [one.asn, asn(4837), asn(131279)] },
      );
    }
    return this;
  }

  session(at: string, from: readonly Peer[], state: 'up' | 'down'): this {
    for (const one of from) this.apply({ type: 'peer-state', at: clock(at), peer: one, state });
    return this;
  }

  endOfRib(at: string, from: readonly Peer[]): this {
    for (const one of from) this.apply({ type: 'end-of-rib', at: clock(at), peer: one, family: undefined });
    return this;
  }

  gap(at: string, collector: string, one?: Peer): this {
    const name = parseCollector(collector);
    if (name === undefined) throw new Error('no collector');
    const reason = one === undefined ? 'damaged-file' : 'unreadable-message';
    return this.apply({
      type: 'gap',
      at: clock(at),
      collector: name,
      reason,
      ...(one === undefined ? {} : { peer: one }),
    });
  }

  /** KEEPALIVEs of these peers. */
  alive(at: string, from: readonly Peer[]): this {
    for (const one of from) this.apply({ type: 'tick', at: clock(at), collector: one.collector, peer: one });
    return this;
  }

  tick(at: string): this {
    const name = parseCollector('rrc00');
    if (name === undefined) throw new Error('no collector');
    return this.apply({ type: 'tick', at: clock(at), collector: name });
  }

  /** The events, one line each: `16:15:30 country.unroutable since 16:15:00`; optionally of some types only. */
  said(...types: string[]): string[] {
    return this.events
      .filter((event) => types.length === 0 || types.some((type) => event.type.startsWith(type)))
      .map(lineOf);
  }

  #routes(
    type: 'rib' | 'announcement',
    at: string,
    one: Peer,
    prefixes: readonly string[],
    path: readonly number[],
  ): void {
    for (const text of prefixes) {
      this.apply({
        type,
        at: clock(at),
        peer: one,
        prefix: prefix(text),
        pathId: undefined,
        path: [one.asn, ...path.map(asn)],
      });
    }
  }
}

/** Time, type, what it is about, and since when. */
export function lineOf(event: UnroutableEvent): string {
  const about =
    'unit' in event.data
      ? ` ${event.data.unit}`
      : 'upstream' in event.data
        ? ` AS${event.data.upstream} ${shortened(event.data.units)}`
        : '';
  const since = 'since' in event.data ? ` since ${hours(event.data.since)}` : '';
  return `${hours(event.time)} ${event.type}${about}${since}`;
}

function shortened(units: readonly string[]): string {
  return units.map((unit) => unit.split('.')[2]).join(',');
}

function hours(iso: string): string {
  const [date = '', time = ''] = iso.split('T');
  const days = (Date.parse(date) - Date.UTC(2014, 11, 22)) / 86_400_000;
  return `${days === 0 ? '' : `+${days} `}${time.replace(/(?:\.000)?Z$/, '')}`;
}
