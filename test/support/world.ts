import type { World, WorldPeer, WorldUpdate } from '../streams/ripestat/answers.ts';
import { UNITS } from './day.ts';

/** Always announced: RIS anchors, and other prefixes that the seed requests from RIPEstat. */
export const ANCHORS = [
  '84.205.83.0/24',
  '84.205.81.0/24',
  '84.205.92.0/24',
  '93.175.146.0/24',
  '193.0.0.0/21',
] as const;

/** A live verdict needs voters at five. */
const RRCS = [0, 1, 3, 4, 5, 6] as const;

/** North Korea's two upstreams of 2026. */
export const UPSTREAMS = [134_544, 20_485] as const;
const ORIGIN = 131_279;

/** A full-feed peer of RIS. */
export interface LivePeer extends WorldPeer {
  /** `rrc00`. */
  readonly host: string;
  isUp: boolean;
  /** It is alive, but its collector passes on nothing. */
  isMute: boolean;
}

/** The true state: which peer has which routes. The feed and RIPEstat report it. The date is 22 December 2014. */
export class LiveWorld implements World {
  readonly peers: LivePeer[];
  readonly updates: WorldUpdate[] = [];
  /** As RIPEstat writes times. Its latest state is some minutes old. Own properties, which a copy of the world has too. */
  declare readonly now: string;
  declare readonly stateAt: string;
  readonly #nowMs: () => number;

  constructor(count: number, nowMs: () => number) {
    this.#nowMs = nowMs;
    Object.defineProperties(this, {
      now: { enumerable: true, get: () => timeOf(nowMs()) },
      stateAt: { enumerable: true, get: () => timeOf(nowMs() - 300_000) },
    });
    this.peers = Array.from({ length: count }, (_, i) => peerOf(i));
    for (const peer of this.peers) this.fill(peer);
  }

  get nowMs(): number {
    return this.#nowMs();
  }

  /** Its whole table, as after its session came up. */
  fill(peer: LivePeer): void {
    for (const anchor of ANCHORS) peer.routes.set(anchor, [peer.asn, 3333, 12_654]);
    for (const unit of UNITS) peer.routes.set(unit, pathOf(peer));
  }

  set(peer: LivePeer, prefixes: readonly string[], path: readonly number[] | undefined): void {
    for (const prefix of prefixes) {
      const at = timeOf(this.nowMs);
      if (path === undefined) peer.routes.delete(prefix);
      else peer.routes.set(prefix, path);
      this.updates.push(path === undefined ? { at, peer, prefix } : { at, peer, prefix, path });
    }
  }
}

/** The usual path of this peer to the country. */
export function pathOf({ asn }: LivePeer): readonly number[] {
  return [asn, 1299, UPSTREAMS[asn % 2] ?? UPSTREAMS[0], ORIGIN];
}

function peerOf(i: number): LivePeer {
  const rrc = RRCS[i % RRCS.length] ?? 0;
  return {
    rrc,
    host: `rrc${String(rrc).padStart(2, '0')}`,
    ip: `198.51.100.${i + 1}`,
    asn: 64_512 + i,
    v4: 500_000,
    isFullFeed: true,
    routes: new Map(),
    isUp: true,
    isMute: false,
  };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}
