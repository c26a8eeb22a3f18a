import type { Element } from '../../bgp/element.ts';
import { RIS_HOLD_MS, type Peer, type PeerId } from '../../bgp/peer.ts';
import { MAX_SESSIONS } from '../../peers/session.ts';
import type { Clock, ElementSource } from '../../ports.ts';
import { counted } from '../../report/printable.ts';
import type { Logger } from '../log.ts';
import { noted } from './noted.ts';

/**
 * Checks that the first table and the feed have peers in common. Without common peers no peer votes (see
 * `Liveness.isNamed`), and without a log line this would look like a seed that is still under way.
 */
export class Overlap {
  readonly #seeded = new Map<PeerId, Peer>();
  readonly #received = new Map<PeerId, Peer>();

  /** The first table, noted as it passes. */
  seed(source: ElementSource): ElementSource {
    const note = (element: Element): void => {
      if (element.type === 'end-of-rib') keep(this.#seeded, element.peer);
    };
    return noted(source, note);
  }

  /** Call with each element of the feed. */
  noteElement(element: Element): void {
    if ('peer' in element && element.peer !== undefined && element.type !== 'gap') keep(this.#received, element.peer);
  }

  /** Logs once if they have no peer in common, one BGP hold time after both have begun. */
  async watch(clock: Clock, log: Logger, signal: AbortSignal): Promise<void> {
    for (let bothMs: number | undefined; !signal.aborted;) {
      await clock.sleep(RIS_HOLD_MS / 18, signal);
      if (this.#seeded.size === 0 || this.#received.size === 0) continue;
      bothMs ??= clock.monotonicMs();
      if (clock.monotonicMs() - bothMs < RIS_HOLD_MS) continue;
      if ([...this.#seeded.keys()].some((id) => this.#received.has(id))) return;
      log.error(this.#words());
      return;
    }
  }

  #words(): string {
    const [[mine] = [], [its] = []] = [this.#seeded, this.#received].map((peers) => [...peers.keys()]);
    return (
      `the first table and the feed have no peer in common: the table has ${counted(this.#seeded.size, 'peer')} such as ` +
      `${mine}, the feed names ${counted(this.#received.size, 'peer')} such as ${its}. So no peer of the table votes, and the ` +
      `verdict is unknown. Seed from a table of the feed's own collectors; a file's collector is the folder it is in, as ` +
      `in rrc00/bview.20260901.0000.gz`
    );
  }
}

function keep(peers: Map<PeerId, Peer>, peer: Peer): void {
  if (peers.size < MAX_SESSIONS) peers.set(peer.id, peer);
}
