import type { Element } from '../bgp/element.ts';

/** One peer of a table dump, and how many routes it told. */
export interface PeerTable {
  readonly asn: number;
  readonly address: string;
  readonly ipv4: number;
  readonly ipv6: number;
}

/** Gathers the sizes of peers' tables from the ends of dumps. */
export class TableSizes {
  readonly #tables = new Map<string, PeerTable>();

  note(element: Element): void {
    if (element.type !== 'end-of-rib' || element.dump === undefined) return;
    const { peer, dump } = element;
    this.#tables.set(peer.id, { asn: peer.asn, address: peer.address, ...dump.routes });
  }

  get largestFirst(): readonly PeerTable[] {
    return [...this.#tables.values()].sort((a, b) => b.ipv4 - a.ipv4 || b.ipv6 - a.ipv6);
  }
}
