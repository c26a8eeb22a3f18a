import { RecordSkipper, wasmMemory } from '#bgpkit-parser-wasm';
import { SHORTEST_COVERING } from '../../../src/territory/territory.ts';
import type { DumpPassage, DumpPassed } from '../dump/dump-counter.ts';
import type { MrtLimits } from '../limits.ts';
import { watchedRanges, type WatchedBlocks } from './watched.ts';

/** Numbers in memory, see `slot` in bgpkit-parser-wasm/src/skip.rs. */
const SLOT = {
  seconds: 0,
  tick: 1,
  stop: 2,
  believed: 3,
  records: 4,
  family: 5,
  number: 6,
  lastIpv4: 7,
  descends: 8,
  lastSeconds: 9,
} as const;
const SLOTS = 10;
const TYPES = 1_024;
const FAMILY = { ipv4: 4, ipv6: 6 } as const;
/** An offset of 32 bits: no buffer reaches further. */
const ANYWHERE = 2 ** 32 - 1;

/** Limits for skipping records, and the state before them. Offsets are those of the buffer. */
export interface PassBounds {
  /** Seconds of event time reached. */
  readonly seconds: number;
  /** Seconds at which the next tick is due. */
  readonly tick: number;
  /** Records begin before this. */
  readonly stop: number;
  /** Records end before this, or here. */
  readonly believed: number;
  /** A dump is open; 'closed': and none of its records may be passed over. */
  readonly dump: DumpPassage | 'closed' | undefined;
}

/**
 * Skips ordinary records in WebAssembly, several times faster than JavaScript. Records that are unusual, watched or due
 * are left to `Scan`, so that only one place decides about them.
 */
export class PlainRecords {
  readonly #skipper: RecordSkipper;
  #slots = new Float64Array(0);
  #dump = 0;

  constructor(watch: WatchedBlocks, limits: MrtLimits) {
    const [ipv4, ipv6] = (['ipv4', 'ipv6'] as const).map((family) =>
      Float64Array.from(watchedRanges(watch, family).flatMap(({ first, last }) => [first, last])),
    );
    const shortest = watch === 'everything' ? 0 : SHORTEST_COVERING;
    const none = new Float64Array(0);
    this.#skipper = new RecordSkipper(ipv4 ?? none, ipv6 ?? none, shortest, limits.recordBytes);
  }

  /** Makes room for `size` bytes and keeps the present ones. */
  room(length: number): Uint8Array {
    const at = this.#skipper.reserve(length);
    return new Uint8Array(wasmMemory().buffer, at, this.#skipper.room);
  }

  /** Call when the `dump`th dump of the file begins: makes room for the route counts of its peers. */
  beginDump(dump: number, peers: number): void {
    if (this.#dump === dump) return;
    this.#dump = dump;
    this.#skipper.beginDump(peers);
  }

  /** Returns the start of the first record that was not skipped. */
  skip(from: number, end: number, { seconds, tick, stop, believed, dump }: PassBounds): number {
    const slots = this.#inMemory();
    slots[SLOT.seconds] = seconds;
    slots[SLOT.tick] = tick;
    slots[SLOT.stop] = Math.min(stop, ANYWHERE);
    slots[SLOT.believed] = Math.min(believed, ANYWHERE);
    slots[SLOT.family] = dump === undefined ? 0 : dump === 'closed' ? -1 : FAMILY[dump.family];
    if (typeof dump === 'object') {
      slots[SLOT.number] = dump.number;
      slots[SLOT.lastIpv4] = dump.lastIpv4;
    }
    slots[SLOT.descends] = 0;
    return this.#skipper.skip(from, end);
  }

  /** Number of records that the last call skipped. */
  get records(): number {
    return this.#slots[SLOT.records] ?? 0;
  }

  /** Event time reached after them. */
  get seconds(): number {
    return this.#slots[SLOT.seconds] ?? 0;
  }

  /** Time of the last of them. */
  get lastSeconds(): number {
    return this.#slots[SLOT.lastSeconds] ?? 0;
  }

  /** The skipped records of the present dump. */
  get dump(): DumpPassed {
    const [number = 0, lastIpv4 = 0, descends] = this.#slots.subarray(SLOT.number, SLOT.descends + 1);
    return { records: this.records, number, lastIpv4, descends: descends !== 0 };
  }

  /** Skipped routes of the `dump`th dump: see `PassedRoutes`. */
  routes(dump: number): Uint32Array {
    const { routes, peers } = this.#skipper;
    return dump === this.#dump ? new Uint32Array(wasmMemory().buffer, routes, 2 * peers) : new Uint32Array(0);
  }

  /** Skipped records, by `type << 4 | subtype`. */
  types(): Float64Array {
    return new Float64Array(wasmMemory().buffer, this.#skipper.types, TYPES);
  }

  free(): void {
    this.#skipper.free();
  }

  #inMemory(): Float64Array {
    // Memory that grew is another buffer.
    if (this.#slots.length === 0) this.#slots = new Float64Array(wasmMemory().buffer, this.#skipper.slots, SLOTS);
    return this.#slots;
  }
}
