import * as z from 'zod';
import type { AsPath } from '../../src/bgp/as-path.ts';
import type { Prefix } from '../../src/bgp/prefix.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import { readData } from './envelope.ts';
import { done, failed, type Outcome } from './fault.ts';
import { pathOf, prefix, sourceId, time, type SourceId } from './fields.ts';

/** A route of a RIS peer, from one of the calls. */
export interface ShownRoute {
  readonly source: SourceId;
  readonly prefix: Prefix;
  /** `undefined`: there is a route, but its path cannot be read. */
  readonly path: AsPath | undefined;
  /** The time up to which the route is confirmed. */
  readonly at: EventTime;
}

/** The answer of the data call `bgp-state`. */
export interface BgpState {
  /** The moment that the answer describes: RIPEstat's latest data, not the time of the request. */
  readonly at: EventTime;
  readonly routes: readonly ShownRoute[];
}

const schema = z.object({
  // The older documentation has `query_time`, today's answers have `timestamp`.
  timestamp: time().optional(),
  query_time: time().optional(),
  bgp_state: z.array(z.object({ target_prefix: prefix(), source_id: sourceId(), path: z.array(z.unknown()) })),
  nr_routes: z.number(),
});

/** Reads `bgp-state`: the last RIB dump of RIS and the updates since, at one moment. */
export function decodeBgpState(data: unknown): Outcome<BgpState> {
  const read = readData('bgp-state', schema, data);
  if (!read.ok) return read;
  const { bgp_state: rows, nr_routes: count } = read.value;
  const at = read.value.timestamp ?? read.value.query_time;
  if (at === undefined) return failed('unreadable', 'bgp-state', 'it does not say for which time it is');
  if (count !== rows.length)
    return failed('unreadable', 'bgp-state', `it announces ${count} routes and has ${rows.length}`);
  const routes = rows.map((row) => ({
    source: row.source_id,
    prefix: row.target_prefix,
    path: pathOf(row.path),
    at,
  }));
  return done({ at, routes });
}
