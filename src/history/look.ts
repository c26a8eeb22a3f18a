import type { Asn } from '../bgp/asn.ts';
import type { EventTime } from '../bgp/time.ts';
import type { TerritoryStatus } from '../detect/status.ts';
import { parseMark } from '../rib/marks.ts';
import type { TerritoryView } from '../rib/territory-view.ts';
import type { Look, TenThousandths, UpstreamShare } from './bucket.ts';

/** This many upstreams are recorded one by one; the shares of the others are added up. */
const MOST_UPSTREAMS = 8;
const WHOLE = 10_000;

/** What the voters of a view see now. */
export function lookAt(view: TerritoryView, status: TerritoryStatus, at: EventTime): Look {
  const { share, voters, collectors } = view.sample(at);
  return {
    ...{ at, voters, collectors },
    isBlind: !status.isSighted || status.verdict === 'unknown',
    share: partsOf(share),
    units: view.detailed ? view.units.map((_, unit) => unitShare(view, unit)) : [],
    upstreams: view.detailed ? upstreamsOf(view) : [],
  };
}

function unitShare(view: TerritoryView, unit: number): TenThousandths {
  const { seeing, of } = view.sightOf(unit);
  return of === 0 ? 0 : partsOf(seeing / of);
}

/**
 * The share of the baseline that still has a route, divided by upstream. A network that reports over two sessions may
 * use two upstreams for one prefix; the parts are scaled so that they add up to what is seen.
 */
function upstreamsOf(view: TerritoryView): readonly UpstreamShare[] {
  const counts = new Map<Asn, number>();
  let all = 0;
  for (const text of view.tally.marks()) {
    if (!text.startsWith('upstream ')) continue;
    const mark = parseMark(text);
    if (mark.kind !== 'upstream') continue;
    const count = view.tally.count(text);
    counts.set(mark.asn, (counts.get(mark.asn) ?? 0) + count);
    all += count;
  }
  if (all === 0) return [];
  const seen = seenShare(view);
  const named = [...counts].sort(([a, m], [b, n]) => n - m || a - b);
  const shares = named.slice(0, MOST_UPSTREAMS).map(([asn, n]): UpstreamShare => [asn, partsOf((seen * n) / all)]);
  const others = named.slice(MOST_UPSTREAMS).reduce((sum, [, n]) => sum + n, 0);
  return others === 0 ? shares : [...shares, [0, partsOf((seen * others) / all)]];
}

/** The share of the pairs of a network and a voter that usually sees it in which the voter sees it now. */
function seenShare(view: TerritoryView): number {
  let [seeing, of] = [0, 0];
  for (const unit of view.units.keys()) {
    if (view.hasBaseline && view.baseline[unit] !== 1) continue;
    const sight = view.sightOf(unit);
    seeing += sight.seeing;
    of += sight.of;
  }
  return of === 0 ? 0 : seeing / of;
}

function partsOf(share: number): TenThousandths {
  return Math.round(share * WHOLE);
}
