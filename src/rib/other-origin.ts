import type { Asn } from '../bgp/asn.ts';
import { parseMark } from './marks.ts';
import type { TerritoryView } from './territory-view.ts';

/** An origin that does not count for a territory, and the voters that have a route from it to a network inside the blocks. */
export interface OtherOrigin {
  readonly origin: Asn;
  readonly voters: number;
}

/**
 * The one that most voters have, of two alike the lower AS; `undefined` when there is none, when every origin counts, or
 * when origins are not followed (see `MAX_DETAILED_UNITS`).
 */
export function otherOrigin({ territory, tally }: TerritoryView): OtherOrigin | undefined {
  if (territory.origins.length === 0) return undefined;
  const votersOf = new Map<Asn, Set<Asn>>();
  for (const text of tally.marks()) {
    if (!text.startsWith('origin ')) continue;
    const mark = parseMark(text);
    if (mark.kind !== 'origin') continue;
    let voters = votersOf.get(mark.asn);
    if (voters === undefined) votersOf.set(mark.asn, (voters = new Set()));
    for (const voter of tally.holders(text)) voters.add(voter);
  }
  let most: OtherOrigin | undefined;
  for (const [origin, { size: voters }] of votersOf)
    if (most === undefined || voters > most.voters || (voters === most.voters && origin < most.origin))
      most = { origin, voters };
  return most;
}
