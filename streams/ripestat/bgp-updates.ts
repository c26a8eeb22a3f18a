import * as z from 'zod';
import type { AsPath } from '../../src/bgp/as-path.ts';
import type { Prefix } from '../../src/bgp/prefix.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import { readData } from './envelope.ts';
import { done, failed, type Outcome } from './fault.ts';
import { pathOf, prefix, sourceId, time, type SourceId } from './fields.ts';

/** An update that a peer sent. Times are whole seconds. */
export interface ShownUpdate {
  readonly at: EventTime;
  readonly source: SourceId;
  readonly prefix: Prefix;
  readonly change:
    { readonly type: 'withdrawal' } | { readonly type: 'announcement'; readonly path: AsPath | undefined };
}

/** The answer of the data call `bgp-updates`. */
export interface BgpUpdates {
  /** The time that the answer covers, which may end before the requested time. */
  readonly from: EventTime;
  readonly to: EventTime;
  /** In order of time; those of one second in the order of the answer. */
  readonly updates: readonly ShownUpdate[];
}

const about = { target_prefix: prefix(), source_id: sourceId() };

const schema = z.object({
  query_starttime: time(),
  query_endtime: time(),
  updates: z.array(
    z.discriminatedUnion('type', [
      z.object({ type: z.literal('A'), timestamp: time(), attrs: z.object({ ...about, path: z.array(z.unknown()) }) }),
      z.object({ type: z.literal('W'), timestamp: time(), attrs: z.object(about) }),
    ]),
  ),
  nr_updates: z.number(),
});

/** Reads `bgp-updates`. It ignores `seq`, which does not ascend with time and is not documented. */
export function decodeBgpUpdates(data: unknown): Outcome<BgpUpdates> {
  const read = readData('bgp-updates', schema, data);
  if (!read.ok) return read;
  const { query_starttime: from, query_endtime: to, updates: rows, nr_updates: count } = read.value;
  if (count !== rows.length)
    return failed('unreadable', 'bgp-updates', `it announces ${count} updates and has ${rows.length}`);
  const updates = rows.map((row): ShownUpdate => ({
    at: row.timestamp,
    source: row.attrs.source_id,
    prefix: row.attrs.target_prefix,
    change: row.type === 'W' ? { type: 'withdrawal' } : { type: 'announcement', path: pathOf(row.attrs.path) },
  }));
  return done({ from, to, updates: updates.sort((a, b) => a.at - b.at) });
}
