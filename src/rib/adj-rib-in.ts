import { originsOf, type AsPath } from '../bgp/as-path.ts';
import type { Peer } from '../bgp/peer.ts';
import type { EventTime } from '../bgp/time.ts';
import type { Territory } from '../territory/territory.ts';
import { PartRoutes } from './part-routes.ts';
import { RouteTable } from './route-table.ts';

/** What one session sees of one territory and family. Only its `TerritoryView` may change it. */
export class AdjRibIn {
  readonly peer: Peer;
  readonly routes = new RouteTable();
  /** Number of counting routes per unit, to all of it or to a part. */
  readonly cover: Uint16Array;
  /** 1 for each unit that it sees, and the number of these; see `LongestMatch`. */
  readonly sees: Uint8Array;
  seen = 0;
  /** Number of routes to whole units that do not count. */
  foreign = 0;
  readonly parts = new PartRoutes();
  votes = false;
  /** It has had routes of the territory for long enough to vote without a known table size. */
  learned = false;
  /** It sent its table before the territory was watched: the routes here are not complete until it sends them again. */
  partial = false;

  constructor(peer: Peer, units: number) {
    this.peer = peer;
    this.cover = new Uint16Array(units);
    this.sees = new Uint8Array(units);
  }

  hasSpokenAfter(at: EventTime): boolean {
    for (const held of this.routes.values()) if (held.at > at) return true;
    return false;
  }
}

/** Origin in the list, or no list. With an AS_SET at the end the origin is open: one member in the list is enough. */
export function countsFor(territory: Territory, path: AsPath): boolean {
  return territory.origins.length === 0 || originsOf(path).some((asn) => territory.origins.includes(asn));
}
