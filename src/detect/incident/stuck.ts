import type { AdjRibIn } from '../../rib/adj-rib-in.ts';
import type { TerritoryView } from '../../rib/territory-view.ts';
import type { Fall } from './fall.ts';
import { compareTexts } from '../../lib/compare-texts.ts';

/** At most this many stuck peers are listed. */
const MAX_STUCK = 50;

/** The voting peers that still see something, those that see most first. Runs at each message of a deep fall. */
export function stuckIn(view: TerritoryView): Fall['stuck'] {
  const most: AdjRibIn[] = [];
  for (const rib of view.ribs.values()) {
    if (!rib.votes || rib.seen === 0) continue;
    const last = most[MAX_STUCK - 1];
    if (last !== undefined && compareSeen(last, rib) < 0) continue;
    let place = most.length;
    while (place > 0 && compareSeen(rib, most[place - 1] ?? rib) < 0) place--;
    most.splice(place, 0, rib);
    if (most.length > MAX_STUCK) most.pop();
  }
  return most.map((rib) => ({ peer: rib.peer, units: rib.seen }));
}

/** Peers that see more units come first. */
function compareSeen(a: AdjRibIn, b: AdjRibIn): number {
  return b.seen - a.seen || compareTexts(a.peer.id, b.peer.id);
}
