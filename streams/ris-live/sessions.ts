import type { Element } from '../../src/bgp/element.ts';
import { RIS_HOLD_MS, type Collector, type PeerId } from '../../src/bgp/peer.ts';
import { later, type EventTime } from '../../src/bgp/time.ts';
import type { Message } from './decode.ts';

/**
 * A KEEPALIVE alone does not say that its session is up: both ends send them before it is, in OpenConfirm (RFC 4271
 * section 8.2.2), and unlike an OPEN the feed's do not say who sent them. A session that was not up within RIS's hold
 * time is over, so one that sends KEEPALIVEs this long after it was down is up.
 */
const HOLD_MS = RIS_HOLD_MS;

/**
 * Sessions that are down, or have TCP and no more. The feed need not say `up`: an UPDATE is only sent in an established
 * session, so the first one of a session that was down says that it is up, and so does a KEEPALIVE a hold time later.
 */
export class LiveSessions {
  readonly #down = new Map<PeerId, EventTime>();
  /** As `#down`, with state messages that have arrived and are not in order yet: the latest state. */
  readonly #mayBeDown = new Map<PeerId, EventTime>();
  /** Until when each session is known to stand. As many as a feed may name peers. */
  readonly #standing = new Map<PeerId, EventTime>();

  /** Notes a message as it comes. Whether it must wait for its turn, because it may say that its session is up. */
  matters(message: Message): boolean {
    const { type, state, peer, at } = message;
    if (type === 'state' && state !== 'up') {
      this.#mayBeDown.set(peer.id, latest(at, this.#mayBeDown.get(peer.id)));
      return true;
    }
    const stands = standsAt(message);
    if (stands === undefined) return false;
    this.#standing.set(peer.id, latest(stands, this.#standing.get(peer.id)));
    const down = this.#mayBeDown.get(peer.id);
    return type === 'state' || (down !== undefined && (type === 'update' || stands >= down));
  }

  /** Whether it was said to be down, and nothing since says that it is up. */
  mayBeDown({ peer }: Message): boolean {
    return this.#mayBeDown.has(peer.id);
  }

  /**
   * What a message says of its session before it says anything else. Called in the order of event time, but for late
   * messages: what was overtaken by a newer word changes nothing.
   */
  risen(message: Message, isLate: boolean): Element | undefined {
    const { type, state, peer, at } = message;
    if (type === 'state' && state !== 'up') {
      if (isLate && at < (this.#standing.get(peer.id) ?? at)) return undefined;
      this.#down.set(peer.id, at);
      this.#mayBeDown.set(peer.id, latest(at, this.#mayBeDown.get(peer.id)));
      return undefined;
    }
    const stands = standsAt(message);
    if (stands === undefined) return undefined;
    const down = this.#down.get(peer.id);
    if (down !== undefined && stands < down && (isLate || type === 'keepalive')) return undefined;
    this.#mayBeDown.delete(peer.id);
    this.#down.delete(peer.id);
    return down !== undefined && type !== 'state' ? { type: 'peer-state', at, peer, state: 'up' } : undefined;
  }

  /**
   * Something of this collector may have been missed: that a session is up again, and then its table as well. So its
   * next KEEPALIVE does not say that all of it is told from here on.
   */
  miss(collector: Collector): void {
    for (const id of this.#mayBeDown.keys()) {
      if (!id.startsWith(`${collector}|`)) continue;
      this.#mayBeDown.delete(id);
      this.#down.delete(id);
    }
  }
}

/** A session that says this was up then, if it was not down since; `undefined`: it says nothing of it. */
function standsAt({ type, state, at, isSent }: Message): EventTime | undefined {
  if (state === 'up') return at;
  if (isSent) return undefined;
  if (type === 'update') return at;
  return type === 'keepalive' ? later(at, -HOLD_MS) : undefined;
}

function latest(one: EventTime, other: EventTime | undefined): EventTime {
  return other === undefined || one > other ? one : other;
}
