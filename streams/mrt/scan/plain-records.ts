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

/** Up to where records may be passed over, and what is known before them. Offsets are those of the buffer. */
export interface PassBounds {
  /** Seconds of event time reached. */
  readonly seconds: number;
  /** Seconds from which on a tick is due. */
  readonly tick: number;
  /** Records begin before this. */
  readonly stop: number;
  /** Records end before this, or here. */
  readonly believed: number;
  /** A dump is open; 'closed': and none of its records may be passed over. */
  readonly dump: DumpPassage | 'closed' | undefined;
}

/**
 * Passes over records at several times the speed of JavaScript, in WebAssembly: those that are plain in every respect. All
 * that is odd, watched or due stays for `Scan`, so that there is one place that judges it.
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

  /** Room for so many bytes, with those that are there. */
  room(length: number): Uint8Array {
    const at = this.#skipper.reserve(length);
    return new Uint8Array(wasmMemory().buffer, at, this.#skipper.room);
  }

  /** A dump begins, the `dump`th of the file, with so many peers: makes room for their numbers of routes. */
  beginDump(dump: number, peers: number): void {
    if (this.#dump === dump) return;
    this.#dump = dump;
    this.#skipper.beginDump(peers);
  }

  /** Gives back where the first record begins that was not passed over. */
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

  /** Records that the last call passed over. */
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

  /** What they were of the dump at hand. */
  get dump(): DumpPassed {
    const [number = 0, lastIpv4 = 0, descends] = this.#slots.subarray(SLOT.number, SLOT.descends + 1);
    return { records: this.records, number, lastIpv4, descends: descends !== 0 };
  }

  /** Routes that were passed over of the `dump`th dump: see `PassedRoutes`. */
  routes(dump: number): Uint32Array {
    const { routes, peers } = this.#skipper;
    return dump === this.#dump ? new Uint32Array(wasmMemory().buffer, routes, 2 * peers) : new Uint32Array(0);
  }

  /** Records that were passed over, by `type << 4 | subtype`. */
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
