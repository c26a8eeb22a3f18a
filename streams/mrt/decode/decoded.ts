import type { RoutingElement } from '../../../src/bgp/element.ts';
import type { Collector, Peer } from '../../../src/bgp/peer.ts';

/**
 * Turns MRT records into elements. One decoder per file: it holds the file's peer index table (RFC 6396 section 4.3.1).
 */
export interface RecordDecoder {
  /**
   * Decodes whole MRT records, laid end to end. Never throws on input: what cannot be read is a problem, and where it
   * may have hidden routes, a `gap` of that peer is among the elements in its place.
   */
  decode(records: Uint8Array): DecodedRecord;
  /** Frees the memory outside the JavaScript heap. The decoder cannot be used afterwards. */
  close(): void;
}

/** Makes the decoder of one collector's records. */
export type CreateRecordDecoder = (collector: Collector) => RecordDecoder;

/** The content of a record. */
export interface DecodedRecord {
  /** In the order of the records; within an UPDATE withdrawals first, then announcements (RFC 4271 section 9). */
  readonly elements: readonly RoutingElement[];
  readonly problems: readonly DecodeProblem[];
}

/** A part of a record that could not be read. */
export interface DecodeProblem {
  /** Byte offset of the record's header in the bytes given to `decode`. */
  readonly offset: number;
  /** For people, names the field and the RFC section where there is one. */
  readonly reason: string;
  readonly treatment: Treatment;
  readonly peer?: Peer;
}

/** The treatment of a part that could not be read. */
export type Treatment =
  /** The record is not needed, and hides no route. It is counted. */
  | 'skipped'
  /** An attribute was left out, and the route is used (RFC 7606 "attribute discard"). */
  | 'attribute-discarded'
  /** A router would treat the routes as withdrawn (RFC 7606). We treat them as unknown: a `gap` of the peer. */
  | 'routes-unknown'
  /** The NLRI cannot be read: a `gap` of the peer. */
  | 'peer-unknown';
