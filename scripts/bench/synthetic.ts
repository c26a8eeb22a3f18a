import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';

/**
 * MRT as a collector writes it, made up: the same bytes on every machine. What decides the speed of a reader is like in
 * the archives of 2019: 30 peers, one to three prefixes an UPDATE, paths of 3 to 6 ASNs, communities, a tenth IPv6, a
 * tenth withdrawals, and bytes that pack 4 to 7 : 1. No prefix of North Korea's is among them.
 */
const PEERS = 30;
const FIRST_SECONDS = Date.UTC(2019, 0, 1) / 1000;
const RECORDS_PER_SECOND = 200;
/** A chunk is handed on when less than the longest record is left of it. */
const CHUNK_BYTES = 1 << 20;
const LONGEST_RECORD = 8192;

/** BGP4MP_MESSAGE_AS4 records, at least `bytes` bytes. */
export function writeUpdates(path: string, bytes: number): Promise<void> {
  return pack(path, updates(bytes));
}

/** One table dump (TABLE_DUMP_V2) of all peers, at least `bytes` bytes. */
export function writeRib(path: string, bytes: number): Promise<void> {
  return pack(path, rib(bytes));
}

async function pack(path: string, chunks: Iterable<Uint8Array>): Promise<void> {
  const file = createWriteStream(path);
  await pipeline(Readable.from(chunks), createGzip({ chunkSize: CHUNK_BYTES }), file);
  if (!file.closed) await once(file, 'close');
}

function* updates(bytes: number): Generator<Uint8Array, void> {
  const random = mulberry32(2019);
  const paths = routePaths(random);
  const out = new Writer();
  let peer = 0;
  let path = paths[0] ?? [];
  for (let records = 0; out.total < bytes; records++) {
    if (out.isFull) yield out.take();
    // A change of one path comes as a burst of UPDATEs of one peer.
    if (random(6) === 0) peer = random(PEERS);
    if (random(4) === 0) path = paths[random(paths.length)] ?? [];
    const end = out.record(FIRST_SECONDS + Math.floor(records / RECORDS_PER_SECOND), 16, 4);
    out.u32(peerAsn(peer)).u32(12_654).u16(0).u16(1).u32(peerAddress(peer)).u32(0xc102_0401);
    update(out, random, [peerAsn(peer), ...path]);
    end();
  }
  yield out.take();
}

function update(out: Writer, random: Random, path: readonly number[]): void {
  for (let i = 0; i < 4; i++) out.u32(0xffff_ffff);
  const end = out.length16(18);
  out.u8(2);
  const kind = random(10);
  const endWithdrawn = out.length16();
  if (kind === 0) for (let i = random(3); i >= 0; i--) prefix4(out, random(700_000));
  endWithdrawn();
  const endAttributes = out.length16();
  if (kind === 1) reach6(out, random(60_000));
  if (kind > 0) attributes(out, path, kind > 1);
  endAttributes();
  if (kind > 1) for (let i = random(3); i >= 0; i--) prefix4(out, random(700_000));
  end();
}

function* rib(bytes: number): Generator<Uint8Array, void> {
  const random = mulberry32(2020);
  const paths = routePaths(random);
  const out = new Writer();
  peerIndexTable(out);
  for (let sequence = 0; out.total < bytes; sequence++) {
    if (out.isFull) yield out.take();
    const end = out.record(FIRST_SECONDS, 13, 2);
    out.u32(sequence);
    // Upward through the address space and to its end, as tables are: about 160,000 prefixes for 250 MB.
    prefix4(out, sequence * 4);
    out.u16(PEERS);
    // All peers reach a prefix by its origin's few upstreams.
    const path = paths[random(paths.length)] ?? [];
    const age = random(1_000_000);
    for (let peer = 0; peer < PEERS; peer++) {
      out.u16(peer).u32(FIRST_SECONDS - age - random(30));
      const endAttributes = out.length16();
      attributes(out, [peerAsn(peer), ...path.slice(random(2))], true);
      endAttributes();
    }
    end();
  }
  yield out.take();
}

function peerIndexTable(out: Writer): void {
  const end = out.record(FIRST_SECONDS, 13, 1);
  out.u32(0xc102_0401).u16(0).u16(PEERS);
  for (let peer = 0; peer < PEERS; peer++) out.u8(2).u32(peerAddress(peer)).u32(peerAddress(peer)).u32(peerAsn(peer));
  end();
}

function attributes(out: Writer, path: readonly number[], hasHop: boolean): void {
  out.u8(0x40).u8(1).u8(1).u8(0);
  out
    .u8(0x50)
    .u8(2)
    .u16(2 + 4 * path.length)
    .u8(2)
    .u8(path.length);
  for (const asn of path) out.u32(asn);
  if (hasHop)
    out
      .u8(0x40)
      .u8(3)
      .u8(4)
      .u32(0xc102_0400 + ((path[0] ?? 0) % 64));
  const communities = (path[1] ?? 0) % 4;
  if (communities === 0) return;
  out
    .u8(0xc0)
    .u8(8)
    .u8(4 * communities);
  for (let i = 0; i < communities; i++) out.u16((path[i] ?? 0) & 0xffff).u16(100 * (i + 1));
}

/** MP_REACH_NLRI of one /32 to /48. */
function reach6(out: Writer, index: number): void {
  out.u8(0x80).u8(14).u8(28).u16(2).u8(1).u8(16);
  out.u32(0x2001_07f8).u32(0).u32(0).u32(1).u8(0);
  out
    .u8(48)
    .u32(0x2a00_0000 + (index >> 4))
    .u16((index * 7) & 0xffff);
}

/** The prefix of this number: /16 to /24 from 1.0.0.0 upward, none within 175.0.0.0/8. */
function prefix4(out: Writer, index: number): void {
  const spread = 0x0100_0000 + index * 0x1400;
  const address = spread >>> 24 === 175 ? spread + 0x0100_0000 : spread;
  const length = index % 3 === 0 ? 16 + (index % 7) : 24;
  out
    .u8(length)
    .u8(address >>> 24)
    .u8(address >>> 16);
  if (length > 16) out.u8(length === 24 ? address >>> 8 : 0);
}

/** Few paths are used over and over, as in the archives; that is why those pack well. The peer comes before them. */
function routePaths(random: Random): readonly (readonly number[])[] {
  return Array.from({ length: 4_000 }, () => Array.from({ length: 3 + random(3) }, () => 1_000 + random(60_000)));
}

function peerAsn(peer: number): number {
  return 64_500 + peer;
}

function peerAddress(peer: number): number {
  return 0xc102_0410 + peer;
}

/** A whole number from 0 up to, not including, `below`. */
type Random = (below: number) => number;

/** Tommy Ettinger's mulberry32: 32 bits of state, the same on every machine. */
function mulberry32(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Writes big-endian fields, and lengths that are filled in after their content. */
class Writer {
  #bytes = new Uint8Array(CHUNK_BYTES);
  #at = 0;
  #taken = 0;

  /** Total number of written bytes. */
  get total(): number {
    return this.#taken + this.#at;
  }

  get isFull(): boolean {
    return this.#at + LONGEST_RECORD > CHUNK_BYTES;
  }

  u8(value: number): this {
    this.#bytes[this.#at++] = value;
    return this;
  }

  u16(value: number): this {
    return this.u8(value >>> 8).u8(value);
  }

  u32(value: number): this {
    return this.u16(value >>> 16).u16(value);
  }

  /** Two bytes of length, filled in by what is returned. `more` is counted beside what was written in between. */
  length16(more = 0): () => void {
    const at = this.#at;
    this.u16(0);
    return () => {
      const length = this.#at - at - 2 + more;
      this.#bytes[at] = length >>> 8;
      this.#bytes[at + 1] = length;
    };
  }

  /** The common header (RFC 6396 section 2); what is returned ends the record. */
  record(seconds: number, type: number, subtype: number): () => void {
    this.u32(seconds).u16(type).u16(subtype).u16(0);
    return this.length16();
  }

  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#at);
    this.#taken += this.#at;
    this.#bytes = new Uint8Array(CHUNK_BYTES);
    this.#at = 0;
    return taken;
  }
}
