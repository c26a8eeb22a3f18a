import { isGapReason } from '../bgp/element-line.ts';
import type { Link } from '../detect/events/chain.ts';
import type { ObserverSnapshot } from '../detect/observer/observer.ts';
import type { Hysteresis } from '../detect/hysteresis.ts';
import { list, object, optional, set, type Codec } from './codec.ts';
import { blindReason, hysteresis } from './evaluator-codec.ts';
import { collector, count, ofText, peer, peerId, text, time } from './values.ts';

const gap = object({
  collector,
  peer: optional(peer),
  since: time,
  reason: ofText((reason) => (isGapReason(reason) ? reason : undefined), String),
  peers: count,
  unsettled: set(peerId),
});

/** The observer: open gaps in order of opening, and since when we have been blind. */
export const observer: Codec<ObserverSnapshot> = object({
  open: list(gap),
  blind: optional(object({ since: text, reason: blindReason, territories: list(text) })),
});

/** The end of a chain of events. */
export const link: Codec<Link> = object({ sequence: count, id: text });

/** The members of the control group, by unit. */
export const members: Codec<{ readonly members: readonly Hysteresis[] }> = object({ members: list(hysteresis) });
