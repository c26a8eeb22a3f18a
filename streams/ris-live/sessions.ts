import type { Element } from '../../src/bgp/element.ts';
import { RIS_HOLD_MS, type Collector, type PeerId } from '../../src/bgp/peer.ts';
import { later, type EventTime } from '../../src/bgp/time.ts';
import type { FeedMessage } from './decode.ts';

/**
 * A KEEPALIVE alone does not prove that its session is up: both ends already send them in OpenConfirm (RFC 4271 section
 * 8.2.2), and the feed does not name their sender. A session that is not up within RIS's hold time ends, so a session
 * that still sends KEEPALIVEs this long after it was down is up.
 */
const HOLD_MS = RIS_HOLD_MS;

/**
 * Sessions that are down, or have only TCP. The feed may not report `up`. UPDATEs are only sent in an established
 * session, so the first one of a session that was down shows that it is up, and so does a KEEPALIVE a hold time later.
 */
export class LiveSessions {
  readonly #down = new Map<PeerId, EventTime>();
  /** Like `#down`, including state messages that have arrived and are not sorted yet: the latest state. */
  readonly #mayBeDown = new Map<PeerId, EventTime>();
  /** The time up to which each session is known to be up. Bounded by the number of peers that a feed may name. */
  readonly #upUntil = new Map<PeerId, EventTime>();

  /** Notes a message at its arrival. Returns whether it must be sorted, because it may show that its session is up. */
  matters(message: FeedMessage): boolean {
    const { type, state, peer, at } = message;
    if (type === 'state' && state !== 'up') {
      this.#mayBeDown.set(peer.id, latest(at, this.#mayBeDown.get(peer.id)));
      return true;
    }
    const up = upAt(message);
    if (up === undefined) return false;
    this.#upUntil.set(peer.id, latest(up, this.#upUntil.get(peer.id)));
    const down = this.#mayBeDown.get(peer.id);
    return type === 'state' || (down !== undefined && (type === 'update' || up >= down));
  }

  /** Whether the session was reported down, and nothing since shows that it is up. */
  mayBeDown({ peer }: FeedMessage): boolean {
    return this.#mayBeDown.has(peer.id);
  }

  /**
   * The change of the session that a message implies, before its own content. Called in order of event time, except for
   * late messages: an overtaken message changes nothing.
   */
  risen(message: FeedMessage, isLate: boolean): Element | undefined {
    const { type, state, peer, at } = message;
    if (type === 'state' && state !== 'up') {
      if (isLate && at < (this.#upUntil.get(peer.id) ?? at)) return undefined;
      this.#down.set(peer.id, at);
      this.#mayBeDown.set(peer.id, latest(at, this.#mayBeDown.get(peer.id)));
      return undefined;
    }
    const up = upAt(message);
    if (up === undefined) return undefined;
    const down = this.#down.get(peer.id);
    if (down !== undefined && up < down && (isLate || type === 'keepalive')) return undefined;
    this.#mayBeDown.delete(peer.id);
    this.#down.delete(peer.id);
    return down !== undefined && type !== 'state' ? { type: 'peer-state', at, peer, state: 'up' } : undefined;
  }

  /**
   * Messages of this collector may have been missed: a session may be up again, and its table sent. So its next
   * KEEPALIVE does not prove that the feed has its whole table.
   */
  miss(collector: Collector): void {
    for (const id of this.#mayBeDown.keys()) {
      if (!id.startsWith(`${collector}|`)) continue;
      this.#mayBeDown.delete(id);
      this.#down.delete(id);
    }
  }
}

/** When this message proves its session to be up; `undefined`: it does not. */
function upAt({ type, state, at, isSent }: FeedMessage): EventTime | undefined {
  if (state === 'up') return at;
  if (isSent) return undefined;
  if (type === 'update') return at;
  return type === 'keepalive' ? later(at, -HOLD_MS) : undefined;
}

function latest(one: EventTime, other: EventTime | undefined): EventTime {
  return other === undefined || one > other ? one : other;
}
