import type { GapReason } from '../../bgp/element.ts';
import type { Collector, Peer, PeerId } from '../../bgp/peer.ts';
import { isoTime, type EventTime } from '../../bgp/time.ts';
import type { Effect } from '../../peers/effect.ts';
import type { Draft } from '../events/chain.ts';
import type { BlindData, DataLossData, ObserverData } from '../events/event.ts';
import type { VerdictState } from '../verdict/verdict.ts';

/** A gap that took votes away, until each of these peers votes again or is gone. */
export interface OpenGap {
  readonly collector: Collector;
  /** The one peer concerned; `undefined`: several or all peers of the collector. */
  readonly peer: Peer | undefined;
  readonly since: EventTime;
  readonly reason: GapReason;
  /** How many peers lost their vote. */
  readonly peers: number;
  /** The peers of these that cannot vote again yet. */
  readonly unsettled: ReadonlySet<PeerId>;
}

/** The mutable form, for the observer itself. */
export interface OwnGap extends OpenGap {
  readonly unsettled: Set<PeerId>;
}

/** The state from which an observer continues. */
export interface ObserverSnapshot {
  /** In the order in which they opened. */
  readonly open: readonly OwnGap[];
  readonly blind: BlindData | undefined;
}

/** Reports on our own view: where data may be missing, and when a gap has been healed. */
export class Observer {
  readonly #open: OwnGap[] = [];
  #blind: BlindData | undefined;

  /**
   * Call with the verdicts of all territories. We are blind when every territory that had a verdict is now `unknown`.
   */
  look(states: readonly { readonly id: string; readonly state: VerdictState }[], at: EventTime): readonly Draft[] {
    const seen = states.flatMap(({ state }) => (state.kind === 'unknown' ? [] : [state.since]));
    const first = states[0]?.state;
    const isBlind =
      first?.kind === 'unknown' && states.every(({ state }) => state.kind === 'unknown' && state.before !== undefined);
    if (isBlind && this.#blind === undefined) {
      const territories = [...new Set(states.map(({ id }) => id))];
      this.#blind = { since: isoTime(first.since), reason: first.reason, territories };
      return [blindDraft('observer.blind', this.#blind, at)];
    }
    if (this.#blind === undefined || seen.length === 0) return [];
    const { since, reason, territories } = this.#blind;
    this.#blind = undefined;
    const sees = Math.min(...seen) as EventTime;
    return [blindDraft('observer.restored', { since: isoTime(sees), lostAt: since, reason, territories }, at)];
  }

  observe(effects: readonly Effect[], at: EventTime): readonly Draft[] {
    return effects.flatMap((effect) => {
      if (effect.kind === 'settled') return this.#settle(effect.session.peer, at);
      // A gap is reported only if it cost a vote: missing messages of a peer without a vote change nothing.
      if (effect.voters.length === 0) return [];
      const { collector, peer, reason, voters } = effect;
      const unsettled = new Set(voters.map((session) => session.peer.id));
      const gap = { collector, peer, since: at, reason, peers: voters.length, unsettled };
      this.#open.push(gap);
      return [draftOf('observer.gap', gap, at)];
    });
  }

  /** In the order in which they opened. */
  get openGaps(): readonly OpenGap[] {
    return this.#open;
  }

  snapshot(): ObserverSnapshot {
    return { open: this.#open, blind: this.#blind };
  }

  restore({ open, blind }: ObserverSnapshot): void {
    this.#open.push(...open);
    this.#blind = blind;
  }

  #settle(peer: Peer, at: EventTime): readonly Draft[] {
    const healed: OwnGap[] = [];
    for (const gap of this.#open) if (gap.unsettled.delete(peer.id) && gap.unsettled.size === 0) healed.push(gap);
    for (const gap of healed) this.#open.splice(this.#open.indexOf(gap), 1);
    return healed.map((gap) => draftOf('observer.healed', gap, at));
  }
}

/** The store lost data. @param about distinguishes this loss from another of the same moment. */
export function lossDraft(data: DataLossData, at: EventTime): Draft {
  return { type: 'observer.data-loss', at, subject: 'observer', about: `${data.kept} ${data.found}`, data };
}

function blindDraft(type: 'observer.blind' | 'observer.restored', data: BlindData, at: EventTime): Draft {
  return { type, at, subject: 'observer', about: data.since, data };
}

function draftOf(type: 'observer.gap' | 'observer.healed', gap: OpenGap, at: EventTime): Draft {
  const { collector, peer, since, reason, peers } = gap;
  const data: ObserverData = {
    collector,
    ...(peer === undefined ? {} : { peer: { address: peer.address, asn: peer.asn } }),
    ...(type === 'observer.gap' ? { since: isoTime(since) } : { since: isoTime(at), lostAt: isoTime(since) }),
    reason,
    peers,
  };
  const subject = peer === undefined ? collector : `${collector}/${peer.address}`;
  return { type, at, subject, about: `${reason} ${isoTime(since)}`, data };
}
