import { asnOf, type Asn } from '../../bgp/asn.ts';
import type { Element, RouteElement } from '../../bgp/element.ts';
import { parseCollector, peerOf, type Peer } from '../../bgp/peer.ts';
import type { Prefix } from '../../bgp/prefix.ts';
import { eventTime, later, type EventTime } from '../../bgp/time.ts';
import { unitsOf, type Territory } from '../../territory/territory.ts';
import { Chain, digest, type Draft } from '../../detect/events/chain.ts';
import type { UnroutableEvent } from '../../detect/events/event.ts';

/** A request for a drill, which tests whether events arrive. */
export interface Drill {
  /** 16 random hex digits. The ids of all events of the drill are derived from it. */
  readonly id: string;
  /** Id of the territory that the drill reports as lost. */
  readonly territory: string;
  /** The fake outage is over by then. Milliseconds since 1970-01-01T00:00:00Z. */
  readonly atMs: number;
  /** Milliseconds between the events of its loss and those of its return. @default 0 */
  readonly holdMs?: number;
}

/** Most networks that a drill removes. Half of a large country would give too many events. */
const MOST_UNITS = 4;
/** Voters of a drill: more than a verdict needs. With two further ASes they use all AS numbers for documentation. */
const VOTERS = 14;
const FULL_TABLE = 1_000_000;

/** Milliseconds from the first look: the loss begins, the return begins, the incident has been closed. */
const LOST_AFTER_MS = 60_000;
const BACK_AFTER_MS = 6 * 60_000;
/** Longer than the default `incidentGapMs` after the return. */
const OVER_AFTER_MS = 40 * 60_000;
/** Milliseconds between two voters: real outages do not reach all voters at once. */
const APART_MS = 500;

/** The part of a territory that a drill removes: some networks of one family. */
export function drillTerritory(territory: Territory): Territory {
  const ipv4 = unitsOf(territory, 'ipv4');
  const units = ipv4.length > 0 ? ipv4 : unitsOf(territory, 'ipv6');
  return { ...territory, blocks: units.slice(0, MOST_UNITS) };
}

/**
 * A fake outage: the elements that peers would send, in order of event time, the last at `end`. The collector, the
 * addresses (RFC 5737) and the AS numbers (RFC 5398) do not exist.
 */
export function* fakeOutage({ blocks, origins }: Territory, end: EventTime): Generator<Element, void, undefined> {
  const start = later(end, -OVER_AFTER_MS);
  const collector = known(parseCollector('drill'));
  const peers = Array.from({ length: VOTERS }, (_, i) => peerOf(collector, `192.0.2.${i + 1}`, exampleAsn(i)));
  const routesOf = (type: RouteElement['type'], at: EventTime, peer: Peer): readonly Element[] => {
    const path = [peer.asn, exampleAsn(VOTERS), origins[0] ?? exampleAsn(VOTERS + 1)];
    return blocks.map((prefix) => ({ type, at, peer, prefix, pathId: undefined, path }));
  };
  for (const peer of peers) {
    const routes = { ipv4: FULL_TABLE, ipv6: FULL_TABLE };
    yield* routesOf('rib', start, peer);
    yield { type: 'end-of-rib', at: start, peer, family: undefined, dump: { from: start, routes } };
  }
  for (const [i, peer] of peers.entries()) {
    yield* withdrawals(later(start, LOST_AFTER_MS + i * APART_MS), peer, blocks);
  }
  for (const [i, peer] of peers.entries()) {
    yield* routesOf('announcement', later(start, BACK_AFTER_MS + i * APART_MS), peer);
  }
  yield { type: 'tick', at: end, collector };
}

/**
 * Marks the events of a fake outage, so that they cannot be taken for real ones: they get their own chain, ids and
 * incidents. The same drill always gives the same events.
 */
export function marked({ id }: Drill, events: readonly UnroutableEvent[]): readonly UnroutableEvent[] {
  const chain = new Chain();
  return events.map((event) => {
    const { type, subject, time } = event;
    const data = withIncident(event.data, (incident) => digest(['drill', id, incident]).slice(0, 16));
    const draft = { type, subject, at: eventTime(time), about: event.id, data } as Draft;
    return { ...chain.append(draft, `/drills/${id}`, 'drill'), drill: true };
  });
}

function withIncident(data: UnroutableEvent['data'], rename: (id: string) => string): UnroutableEvent['data'] {
  if (!('incident' in data) || data.incident === undefined) return data;
  const { incident } = data;
  const renamed = typeof incident === 'string' ? rename(incident) : { ...incident, id: rename(incident.id) };
  return { ...data, incident: renamed } as UnroutableEvent['data'];
}

function withdrawals(at: EventTime, peer: Peer, prefixes: readonly Prefix[]): readonly Element[] {
  return prefixes.map((prefix) => ({ type: 'withdrawal', at, peer, prefix, pathId: undefined }));
}

/** One of the ASNs for documentation, 65536 to 65551: RFC 5398. */
function exampleAsn(i: number): Asn {
  return known(asnOf(65_536 + i));
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the drill cannot be read');
  return value;
}
