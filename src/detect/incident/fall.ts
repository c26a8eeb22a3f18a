import type { Asn } from '../../bgp/asn.ts';
import type { Peer } from '../../bgp/peer.ts';
import type { EventTime } from '../../bgp/time.ts';
import { ONSET_SHARE } from '../../policy/fixed.ts';

/**
 * At most one step a second is recorded: enough to describe the fall of a large country. A small one has a handful of
 * steps.
 */
const MAX_STEPS = 4096;

/** At most this many lost upstreams are listed, one for each unit that is followed individually. Others are counted. */
export const MAX_UPSTREAMS_LOST = 256;

/** The record of a fall from its first loss on. It begins before it is clear whether the fall becomes an incident. */
export interface Fall {
  readonly first: EventTime;
  /** Visibility before the first loss. */
  readonly from: number;
  depth: number;
  /** The steps of the fall: each new lowest visibility until the first recovery. */
  steps: { readonly at: EventTime; readonly share: number }[];
  readonly upstreamsLost: Map<Asn, EventTime>;
  /** Number of lost upstreams that are not listed. */
  upstreamsOmitted: number;
  stuck: readonly { readonly peer: Peer; readonly units: number }[];
}

/** Joins a later fall to the first one: they belong to one incident. */
export function joinFall(first: Fall, later: Fall): void {
  if (later.depth <= first.depth) first.stuck = later.stuck;
  first.depth = Math.min(first.depth, later.depth);
  for (const [asn, at] of later.upstreamsLost) noteUpstreamLoss(first, asn, at);
  first.upstreamsOmitted += later.upstreamsOmitted;
}

/** A new fall, from this share. */
export function newFall(first: EventTime, from: number): Fall {
  return { first, from, depth: from, steps: [], upstreamsLost: new Map(), upstreamsOmitted: 0, stuck: [] };
}

/** Notes the visibility, as a step while the onset lasts. Returns whether it is a new lowest one. */
export function noteShare(fall: Fall, { share, at }: { share: number; at: EventTime }, isOnset: boolean): boolean {
  if (share >= fall.depth) return false;
  fall.depth = share;
  if (isOnset) fall.steps.push({ at, share });
  if (fall.steps.length > MAX_STEPS) fall.steps = fall.steps.filter((_, i) => i % 2 === 0);
  return true;
}

/** Notes that a network was lost over this upstream. */
export function noteUpstreamLoss(fall: Fall, asn: Asn, at: EventTime): void {
  if (fall.upstreamsLost.has(asn)) return;
  if (fall.upstreamsLost.size < MAX_UPSTREAMS_LOST) fall.upstreamsLost.set(asn, at);
  else fall.upstreamsOmitted++;
}

/** When the movement that began at `first` had brought visibility down to this part of what it was before. */
export function fallenTo(fall: Fall, first: EventTime, part: number): EventTime | undefined {
  const most = part * levelBefore(fall, first);
  return fall.steps[firstStep(fall.steps, ({ at, share }) => at >= first && share <= most)]?.at;
}

/** Milliseconds from `first` until nine tenths of the whole loss, down to `depth`, had happened. */
export function fallMs(fall: Fall, first: EventTime, depth: number): number {
  const from = levelBefore(fall, first);
  const most = from - ONSET_SHARE * (from - depth);
  const fallen = fall.steps[firstStep(fall.steps, ({ at, share }) => at >= first && share <= most)];
  return fallen === undefined ? Infinity : fallen.at - first;
}

/** Visibility before the movement that began at `first`. */
export function levelBefore({ from, steps }: Fall, first: EventTime): number {
  return steps[firstStep(steps, ({ at }) => at >= first) - 1]?.share ?? from;
}

type Step = Fall['steps'][number];

/**
 * Index of the first step that meets the condition, or the number of steps. A binary search: steps get later and
 * deeper, so all later steps meet it too. A fall may have thousands of steps, and each message searches.
 */
function firstStep(steps: readonly Step[], isSo: (step: Step) => boolean): number {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const step = steps[middle];
    if (step !== undefined && isSo(step)) high = middle;
    else low = middle + 1;
  }
  return low;
}
