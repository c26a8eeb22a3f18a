import * as z from 'zod';
import type { ShownRoute } from './bgp-state.ts';
import { readData } from './envelope.ts';
import { done, type Outcome } from './fault.ts';
import { address, parsePath, prefix, rrc, time } from './fields.ts';

const schema = z.object({
  rrcs: z.array(
    z.object({
      rrc: rrc(),
      peers: z.array(z.object({ peer: address(), prefix: prefix(), as_path: z.string(), latest_time: time() })),
    }),
  ),
});

/**
 * Reads `looking-glass`: who has routes to one prefix now, near real time.
 *
 * `latest_time` is when the collector last received data of the peer. `last_updated`, when the route last changed, is
 * not used: a route that has not changed for months is as valid as a new one. `look_back_limit` goes by the former: an
 * answer of 2025 with a limit of one day has routes last changed four months before, from every full-feed peer, all
 * confirmed within 4 min.
 */
export function decodeLookingGlass(data: unknown): Outcome<readonly ShownRoute[]> {
  const read = readData('looking-glass', schema, data);
  if (!read.ok) return read;
  return done(
    read.value.rrcs.flatMap(({ rrc: collector, peers }) =>
      peers.map((row) => ({
        source: { collector, address: row.peer },
        prefix: row.prefix,
        path: parsePath(row.as_path),
        at: row.latest_time,
      })),
    ),
  );
}
