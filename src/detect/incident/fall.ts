import type { Asn } from '../../bgp/asn.ts';
import type { Peer } from '../../bgp/peer.ts';
import type { EventTime } from '../../bgp/time.ts';
import { ONSET_SHARE } from '../../policy/fixed.ts';

/** A fall is a handful of steps for a small country; of a large one every second is enough to tell its shape. */
const MAX_STEPS = 4096;

/** As many upstreams are named as lost, one for each unit that is followed alone; the losses of others are counted. */
export const MAX_UPSTREAMS_LOST = 256;

/** What is recorded of a fall from its first loss on, before it is known whether it becomes an incident. */
export interface Fall {
  readonly first: EventTime;
  /** Visibility before the first loss. */
  readonly from: number;
  depth: number;
  /** How it fell: each time it was deeper than ever, until it first recovered. */
  steps: { readonly at: EventTime; readonly share: number }[];
  readonly upstreamsLost: Map<Asn, EventTime>;
  /** Losses of upstreams for which there was no room. */
  upstreamsOmitted: number;
  stuck: readonly { readonly peer: Peer; readonly units: number }[];
}

/** A fall that begins at this share. */
export function newFall(first: EventTime, from: number): Fall {
  return { first, from, depth: from, steps: [], upstreamsLost: new Map(), upstreamsOmitted: 0, stuck: [] };
}

/** Notes how deep it has fallen; as a step of the onset while that goes on. True when it is deeper than ever. */
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

/** When it had fallen, of the movement that began at `first`, to this part of what was there before. */
export function fallenTo(fall: Fall, first: EventTime, part: number): EventTime | undefined {
  const most = part * levelBefore(fall, first);
  return fall.steps[firstStep(fall.steps, ({ at, share }) => at >= first && share <= most)]?.at;
}

/** How long it took from `first` until nine tenths were lost of what was lost at the deepest, `depth`. */
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
 * Index of the first step for which this is so, or the number of steps. Each step is later and deeper than the one before, so
 * what is so for one is so for all after it. A fall may have thousands of steps, and each message asks.
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
