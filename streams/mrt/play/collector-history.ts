import { asnOf } from '../../../src/bgp/asn.ts';
import type { EndOfRibElement, GapElement, RoutingElement } from '../../../src/bgp/element.ts';
import { peerOf, type Collector, type Peer, type PeerId } from '../../../src/bgp/peer.ts';
import type { Family } from '../../../src/bgp/prefix.ts';
import { eventTimeOf, type EventTime } from '../../../src/bgp/time.ts';
import { AsZero } from './as-zero.ts';
import { DumpedSessions } from './dumped-sessions.ts';
import type { Dump } from '../dump/dump-counter.ts';
import type { DumpEnded, LossEnded } from './play.ts';
import { COMPARED_DUMP_MS, COMPARED_DUMP_RECORDS, SHORT_DUMP_SHARE } from '../../../src/policy/fixed.ts';
/** Peers stored for each collector. The largest of RIS has 150. Peers beyond this are not reported as absent. */
const MAX_PEERS = 10_000;

/** What the end of a dump means for a collector's peers. */
export interface DumpOutcome {
  readonly elements: readonly RoutingElement[];
  /** Why missing routes in the dump prove nothing. */
  readonly flaw: string | undefined;
  /** Peers that the dump lists with AS 0 and whose AS is not known: they have no vote. */
  readonly nameless: number;
}

/** The history of one collector's peers and dumps, to find what is missing from a dump. */
export class CollectorHistory {
  readonly #collector: Collector;
  readonly #asZero: AsZero;
  readonly #dumped: DumpedSessions;
  /** The last sign of each peer: an element, or a complete RIB dump, at the time the dump began. */
  readonly #lastMessages = new Map<PeerId, { peer: Peer; at: EventTime }>();
  /** When messages of a peer may last have been missed, by a gap of its own. */
  readonly #gaps = new Map<PeerId, EventTime>();
  /** When messages may last have been missed, by a gap of the whole collector. */
  #gap: EventTime | undefined;
  /** Whether a dump was used since that gap. */
  #isHealed = false;
  /** The last complete dump of these families. */
  readonly #sizes = new Map<string, { records: number; from: number }>();

  constructor(collector: Collector) {
    this.#collector = collector;
    this.#asZero = new AsZero(collector);
    this.#dumped = new DumpedSessions(collector);
  }

  /** Records an element, and returns it under its session's real AS; see `AsZero`. */
  record(element: RoutingElement): readonly RoutingElement[] {
    const recorded = this.#asZero.name(element).flatMap((one) => [...this.#dumped.record(one), one]);
    for (const one of recorded) this.#record(one);
    return recorded;
  }

  #record(element: RoutingElement): void {
    if (element.type === 'gap') this.#miss(element);
    if (element.type === 'tick' || element.type === 'gap' || element.type === 'end-of-rib') return;
    if (element.type === 'peer-state' && element.state === 'down') this.#lastMessages.delete(element.peer.id);
    else this.#remember(element.peer, element.at);
  }

  /** A RIB dump that was used during a loss does not cover what was lost after it: the loss is reported again. */
  lossEnded({ at, reason }: LossEnded): readonly RoutingElement[] {
    if (!this.#isHealed) return [];
    const gap: GapElement = { type: 'gap', at, collector: this.#collector, reason };
    this.#record(gap);
    return [gap];
  }

  dumpEnded({ at, dump }: DumpEnded): DumpOutcome {
    const flaw = dump.flaw ?? this.#shortage(dump);
    // An incomplete dump proves nothing: it neither gives a vote nor takes one from a peer with complete updates.
    if (flaw !== undefined) return { elements: [], flaw, nameless: 0 };
    const from = eventTimeOf(dump.from * 1000) ?? at;
    const { ends, nameless } = this.#endsOfRib(dump, at, from);
    const present = new Set(ends.map(({ peer }) => peer.id));
    const strangers = new Set(ends.filter(({ peer }) => this.#dumped.isStranger(peer)).map(({ peer }) => peer.address));
    const absent: GapElement[] = [];
    for (const [id, { peer, at: lastAt }] of this.#lastMessages) {
      // The dump lists it under another AS.
      if (present.has(id) || lastAt >= from || strangers.has(peer.address)) continue;
      absent.push({ type: 'gap', at, collector: this.#collector, peer, reason: 'absent-peer' });
      this.#lastMessages.delete(id);
    }
    for (const { peer } of ends) {
      this.#remember(peer, from);
      this.#dumped.list(peer);
    }
    this.#isHealed = true;
    const believed = ends.filter(({ peer }) => !this.#missedSince(peer, from) && !strangers.has(peer.address));
    return { elements: [...believed, ...absent], flaw: undefined, nameless };
  }

  #miss({ at, peer, routes }: GapElement): void {
    // Other messages of the peer were not missed.
    if (routes !== undefined) return;
    if (peer === undefined) {
      this.#gap = at;
      this.#isHealed = false;
      this.#gaps.clear();
    } else if (this.#gaps.has(peer.id) || this.#gaps.size < MAX_PEERS) this.#gaps.set(peer.id, at);
  }

  /** A dump does not cover messages that were missed while it was written, in the dump itself or in the updates. */
  #missedSince({ id }: Peer, from: EventTime): boolean {
    const at = this.#gaps.get(id) ?? this.#gap;
    return at !== undefined && at >= from;
  }

  #shortage({ families, records, from }: Dump): string | undefined {
    const key = families.join();
    const known = [...this.#sizes].filter(([of]) => key === '' || key === of);
    // An empty dump is compared with the largest one.
    const before = Math.max(
      0,
      ...known.filter(([, dump]) => (from - dump.from) * 1000 <= COMPARED_DUMP_MS).map(([, dump]) => dump.records),
    );
    if (before >= COMPARED_DUMP_RECORDS && records < SHORT_DUMP_SHARE * before) {
      return `it has ${records} records, the one before had ${before}`;
    }
    this.#sizes.set(key, { records, from });
    return undefined;
  }

  #endsOfRib(
    dump: Dump,
    at: EventTime,
    from: EventTime,
  ): { readonly ends: readonly EndOfRibElement[]; readonly nameless: number } {
    // A dump of only one family (BIRD's) says nothing about the other.
    const family = dump.families.length === 1 ? dump.families[0] : undefined;
    const routes = new Map<PeerId, { peer: Peer; routes: Record<Family, number> }>();
    let nameless = 0;
    for (const entry of dump.peers) {
      const peer = this.#peerOf(entry);
      if (peer === undefined) {
        nameless++;
        continue;
      }
      const sum = routes.get(peer.id);
      if (sum === undefined) {
        routes.set(peer.id, { peer: this.#lastMessages.get(peer.id)?.peer ?? peer, routes: { ...entry.routes } });
        continue;
      }
      sum.routes.ipv4 += entry.routes.ipv4;
      sum.routes.ipv6 += entry.routes.ipv6;
    }
    const ends = [...routes.values()].map(({ peer, routes: counts }): EndOfRibElement => ({
      type: 'end-of-rib',
      at,
      peer,
      family,
      dump: { from, routes: counts },
    }));
    return { ends, nameless };
  }

  #peerOf({ address, asn: number }: Dump['peers'][number]): Peer | undefined {
    const asn = asnOf(number);
    return asn === undefined || asn === 0 ? this.#asZero.find(address) : peerOf(this.#collector, address, asn);
  }

  #remember(peer: Peer, at: EventTime): void {
    const known = this.#lastMessages.get(peer.id);
    if (known !== undefined) known.at = at > known.at ? at : known.at;
    else if (this.#lastMessages.size < MAX_PEERS) this.#lastMessages.set(peer.id, { peer, at });
  }
}
