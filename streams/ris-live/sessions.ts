import type { Element } from '../../src/bgp/element.ts';
import type { Collector, PeerId } from '../../src/bgp/peer.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import type { Message } from './decode.ts';

/**
 * Sessions that are down, or have TCP and no more. The feed need not say `up`: an UPDATE or a KEEPALIVE is only sent in
 * an established session (RFC 4271 section 8.2.2), so the first one of a session that was down says that it is up.
 */
export class Sessions {
  readonly #down = new Map<PeerId, EventTime>();
  /** As `#down`, and those of which the word has come and waits for its turn. */
  readonly #mayBeDown = new Set<PeerId>();
  /** When each session last said that it stands. As many as a feed may name peers. */
  readonly #standing = new Map<PeerId, EventTime>();

  /** Notes a message as it comes. Whether it must wait for its turn, because it may say that its session is up. */
  matters({ type, state, peer, at, isSent }: Message): boolean {
    if (type === 'state' && state !== 'up') this.#mayBeDown.add(peer.id);
    else if (state === 'up' || saysUp(type, isSent)) {
      this.#standing.set(peer.id, Math.max(at, this.#standing.get(peer.id) ?? at) as EventTime);
    }
    return type === 'state' || (saysUp(type, isSent) && this.#mayBeDown.has(peer.id));
  }

  /**
   * What a message says of its session before it says anything else. Called in the order of event time, but for late
   * messages: what was overtaken by a newer word changes nothing.
   */
  risen({ type, state, peer, at, isSent }: Message, isLate: boolean): Element | undefined {
    if (type === 'state' && state !== 'up') {
      if (isLate && at < (this.#standing.get(peer.id) ?? at)) return undefined;
      this.#down.set(peer.id, at);
      this.#mayBeDown.add(peer.id);
      return undefined;
    }
    if (type !== 'state' && !saysUp(type, isSent)) return undefined;
    if (isLate && at < (this.#down.get(peer.id) ?? at)) return undefined;
    this.#mayBeDown.delete(peer.id);
    const wasDown = this.#down.delete(peer.id);
    return wasDown && type !== 'state' ? { type: 'peer-state', at, peer, state: 'up' } : undefined;
  }

  /**
   * Something of this collector may have been missed: that a session is up again, and then its table as well. So its
   * next KEEPALIVE does not say that all of it is told from here on.
   */
  miss(collector: Collector): void {
    for (const id of this.#mayBeDown) {
      if (!id.startsWith(`${collector}|`)) continue;
      this.#mayBeDown.delete(id);
      this.#down.delete(id);
    }
  }
}

function saysUp(type: Message['type'], isSent: boolean): boolean {
  return !isSent && (type === 'update' || type === 'keepalive');
}
