import type { Element, GapElement, GapReason } from '../bgp/element.ts';
import type { Collector, Peer, PeerId } from '../bgp/peer.ts';
import { isoTime, type EventTime } from '../bgp/time.ts';
import type { Effect } from '../visibility/electorate.ts';
import type { Draft } from './chain.ts';
import type { ObserverData } from './event.ts';

/** A gap that took away votes, until each of them is settled. */
interface OpenGap {
  readonly collector: Collector;
  /** The one peer concerned; `undefined`: the collector's. */
  readonly peer: Peer | undefined;
  readonly since: EventTime;
  readonly reason: GapReason;
  readonly peers: number;
  readonly unsettled: Set<PeerId>;
}

/** Tells of our own eyes: where something may have been missed, and when it has been made good. */
export class Observer {
  readonly #open: OpenGap[] = [];

  observe(element: Element | undefined, effects: readonly Effect[], at: EventTime): readonly Draft[] {
    return effects.flatMap((effect) => {
      if (effect.kind === 'settled') return this.#settle(effect.session.peer, at);
      // A gap is news only where it cost a vote: nobody asks what a silent peer did not say.
      if (effect.votes === 0 || element === undefined || !('collector' in element || 'peer' in element)) return [];
      const peer = 'peer' in element ? element.peer : undefined;
      const collector = peer?.collector ?? (element as GapElement).collector;
      const unsettled = new Set(effect.sessions.map((session) => session.peer.id));
      const gap = { collector, peer, since: at, reason: effect.reason, peers: effect.votes, unsettled };
      this.#open.push(gap);
      return [draftOf('observer.gap', gap, at)];
    });
  }

  #settle(peer: Peer, at: EventTime): readonly Draft[] {
    const healed: OpenGap[] = [];
    for (const gap of this.#open) if (gap.unsettled.delete(peer.id) && gap.unsettled.size === 0) healed.push(gap);
    for (const gap of healed) this.#open.splice(this.#open.indexOf(gap), 1);
    return healed.map((gap) => draftOf('observer.healed', gap, at));
  }
}

function draftOf(type: 'observer.gap' | 'observer.healed', gap: OpenGap, at: EventTime): Draft {
  const { collector, peer, since, reason, peers } = gap;
  const data: ObserverData = {
    collector,
    ...(peer === undefined ? {} : { peer: { address: peer.address, asn: peer.asn } }),
    since: isoTime(since),
    reason,
    peers,
  };
  const subject = peer === undefined ? collector : `${collector}/${peer.address}`;
  return { type, at, subject, about: `${reason} ${data.since}`, data };
}
