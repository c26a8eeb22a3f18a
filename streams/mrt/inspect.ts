import type { RoutingElement } from '../../src/bgp/element.ts';
import type { Collector, Peer, PeerId } from '../../src/bgp/peer.ts';
import type { Family } from '../../src/bgp/prefix.ts';
import { eventTimeOf, type EventTime } from '../../src/bgp/time.ts';
import { UNNAMED } from './archive/archive.ts';
import type { ContainerKind } from './container/unpacking.ts';
import { openUnpacking } from './container/container.ts';
import { createRecordDecoder } from './decode/decode.ts';
import type { RecordDecoder } from './decode/decoded.ts';
import type { Dump } from './dump/dump-counter.ts';
import { readFileName } from './archive/file-name.ts';
import { DEFAULT_LIMITS, type MrtLimits } from './limits.ts';
import { snapshotOf } from './container/packed-file.ts';
import { TYPE } from './record/record-types.ts';
import type { DamagedBytes } from './record/framer.ts';
import type { ProblemCount, TypeCount } from './play/report.ts';
import type { ScanBatch, ScanEnd } from './scan/scan-job.ts';
import { scanFile } from './scan/scan.ts';
import { ProblemTally, typeCounts } from './play/tally.ts';

/** What is in one MRT file. */
export interface MrtInspection {
  readonly path: string;
  /** From the path. */
  readonly collector: Collector | undefined;
  readonly container: ContainerKind | undefined;
  /** Packed and unpacked bytes. */
  readonly bytes: number;
  readonly unpacked: number;
  readonly records: number;
  /** Records by MRT type and subtype, the most common first. */
  readonly types: readonly TypeCount[];
  /** Time of the first and the last record whose time is sane. */
  readonly first: EventTime | undefined;
  readonly last: EventTime | undefined;
  /** Records whose time contradicts that of the records around them. */
  readonly outliers: number;
  readonly usesAddPath: boolean;
  /** Records of sessions with two-octet AS numbers, where AS 23456 may replace others (RFC 6793). */
  readonly usesTwoOctetAs: boolean;
  /** Elements by type; a record may hold many. */
  readonly elements: Readonly<Record<RoutingElement['type'], number>>;
  /** By AS, then address. */
  readonly peers: readonly InspectedPeer[];
  /** RIB dumps: one, several appended to each other, or none. */
  readonly dumps: readonly InspectedDump[];
  readonly damages: readonly DamagedBytes[];
  /** All of them; `damages` holds the first 100. */
  readonly damageCount: number;
  readonly problems: readonly ProblemCount[];
}

/** A peer in a file. */
export interface InspectedPeer {
  readonly address: string;
  readonly asn: number;
  /** Table size in the file's last dump; `undefined`: no dump lists the peer. */
  readonly routes: Readonly<Record<Family, number>> | undefined;
  readonly elements: number;
}

/** A RIB dump in a file. */
export type InspectedDump = Pick<Dump, 'records' | 'flaw'> & {
  readonly from: EventTime | undefined;
  readonly peers: number;
};

/** The content of a file, or why it cannot be read. */
export type MrtInspected =
  { readonly ok: true; readonly inspection: MrtInspection } | { readonly ok: false; readonly reason: string };

const MAX_DAMAGES = 100;
/** First subtypes with ADD-PATH, RFC 8050. */
const ADD_PATH_SUBTYPE = 8;
/** BGP4MP subtypes of two-octet sessions: STATE_CHANGE, MESSAGE, MESSAGE_LOCAL and their ADD-PATH forms. */
const TWO_OCTET_SUBTYPES: ReadonlySet<number> = new Set([0, 1, 6, 8, 10]);

/** Reads a whole file, every element of it. `ok: false`: it cannot contain records. */
export async function inspectMrt(path: string, limits: MrtLimits = DEFAULT_LIMITS): Promise<MrtInspected> {
  const snapshot = await snapshotOf(path);
  if (typeof snapshot === 'string') return { ok: false, reason: snapshot };
  const opened = openUnpacking(path, { snapshot, limits });
  if (!opened.ok) return opened;
  opened.unpacking.close();

  const { collector } = readFileName(path);
  const census = new Census(createRecordDecoder(collector ?? UNNAMED));
  try {
    const job = { path, snapshot, limits, watch: 'everything', believesAll: true } as const;
    for await (const batch of scanFile(job)) census.count(batch);
  } finally {
    census.close();
  }
  return { ok: true, inspection: { path, collector, bytes: snapshot.size, ...census.result() } };
}

class Census {
  readonly #decoder: RecordDecoder;
  readonly #elements = { rib: 0, announcement: 0, withdrawal: 0, 'peer-state': 0, 'end-of-rib': 0, gap: 0, tick: 0 };
  readonly #peers = new Map<PeerId, { peer: Peer; elements: number }>();
  readonly #routes = new Map<string, Record<Family, number>>();
  readonly #dumps: InspectedDump[] = [];
  readonly #damages: DamagedBytes[] = [];
  readonly #problems = new ProblemTally();
  #damageCount = 0;
  #records = 0;
  #outliers = 0;
  #end: ScanEnd | undefined;

  constructor(decoder: RecordDecoder) {
    this.#decoder = decoder;
  }

  count(batch: ScanBatch): void {
    this.#records += batch.count;
    this.#outliers += batch.outliers;
    this.#end = batch.end;
    const { elements, problems } = this.#decoder.decode(batch.records);
    for (const element of elements) this.#element(element);
    for (const problem of problems) this.#problems.add(problem);
    for (const mark of batch.marks) {
      if (mark.kind === 'dump') this.#dump(mark.dump);
      if (mark.kind !== 'damage') continue;
      this.#damageCount++;
      if (this.#damages.length < MAX_DAMAGES) this.#damages.push(mark.damage);
    }
  }

  close(): void {
    this.#decoder.close();
  }

  result(): Omit<MrtInspection, 'path' | 'collector' | 'bytes'> {
    const types = typeCounts(this.#end?.types ?? new Float64Array(0));
    const messages = types.filter(({ type }) => type === TYPE.bgp4mp || type === TYPE.bgp4mpEt);
    return {
      container: this.#end?.container,
      unpacked: this.#end?.unpacked ?? 0,
      records: this.#records,
      types,
      first: eventTimeOf((this.#end?.first ?? -1) * 1000),
      last: eventTimeOf((this.#end?.last ?? -1) * 1000),
      outliers: this.#outliers,
      usesAddPath: types.some(
        ({ type, subtype, isKnown }) => isKnown && type >= TYPE.tableDump2 && subtype >= ADD_PATH_SUBTYPE,
      ),
      usesTwoOctetAs:
        messages.some(({ subtype }) => TWO_OCTET_SUBTYPES.has(subtype)) ||
        types.some(({ type, subtype }) => type === TYPE.bgp || (type === TYPE.tableDump && subtype <= 2)),
      elements: this.#elements,
      peers: this.#inspectedPeers(),
      dumps: this.#dumps,
      damages: this.#damages,
      damageCount: this.#damageCount,
      problems: this.#problems.counts,
    };
  }

  #element(element: RoutingElement): void {
    this.#elements[element.type]++;
    if (!('peer' in element) || element.peer === undefined) return;
    const entry = this.#peers.get(element.peer.id) ?? { peer: element.peer, elements: 0 };
    this.#peers.set(element.peer.id, entry);
    entry.elements++;
  }

  #dump({ from, peers, records, flaw }: Dump): void {
    this.#dumps.push({ from: eventTimeOf(from * 1000), peers: peers.length, records, flaw });
    this.#routes.clear();
    for (const { address, asn, routes } of peers) this.#routes.set(`${asn} ${address}`, routes);
  }

  #inspectedPeers(): readonly InspectedPeer[] {
    const peers = new Map<string, InspectedPeer>();
    for (const [key, routes] of this.#routes) {
      const [asn = '', address = ''] = key.split(' ');
      peers.set(key, { address, asn: Number(asn), routes, elements: 0 });
    }
    for (const { peer, elements } of this.#peers.values()) {
      const key = `${peer.asn} ${peer.address}`;
      peers.set(key, { address: peer.address, asn: peer.asn, routes: this.#routes.get(key), elements });
    }
    return [...peers.values()].sort(
      (a, b) => a.asn - b.asn || a.address.localeCompare(b.address, 'en', { numeric: true }),
    );
  }
}
