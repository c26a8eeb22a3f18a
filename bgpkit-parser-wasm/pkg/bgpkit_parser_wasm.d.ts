/* tslint:disable */
/* eslint-disable */
/** How the input ended: `open` while more can come, `padding` zero bytes after the last stream, `garbage` others. */
export type Bz2End = 'open' | 'clean' | 'padding' | 'garbage' | 'truncated' | 'corrupt' | 'not-bzip2';



/**
 * Unpacks blocks of bzip2 one by one, each by itself, see src/bz2_blocks.rs.
 */
export class Bz2Blocks {
    free(): void;
    [Symbol.dispose](): void;
    constructor();
    /**
     * Makes room for so many packed bytes, and says where they are to be written in memory.
     */
    reserve(length: number): number;
    /**
     * Unpacks the block in the bits from `from` up to `to`, and says how many bytes came out: at most `most`. `undefined` when
     * it is not a block. `level` is that of its stream: `1` to `9`, as a digit.
     */
    unpack(from: number, to: number, level: number, most: number): number | undefined;
    /**
     * Where the bytes that came out stand in memory, until the next call.
     */
    readonly output: number;
}

export class Bz2Decoder {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * No more bytes follow. Pull once more until nothing comes; then `end` is settled.
     */
    finish(): void;
    constructor();
    /**
     * Unpacks, and says how many bytes came out: at most `limit`, all of blocks whose CRC was right; 0 when more input is
     * needed, or at the end.
     */
    pull(limit: number): number;
    /**
     * Takes the next compressed bytes. Pull until nothing comes before you push more, or they pile up.
     */
    push(bytes: Uint8Array | number[]): void;
    /**
     * `open` while more can come.
     */
    readonly end: Bz2End;
    /**
     * Where the bytes that came out stand in memory, until the next call.
     */
    readonly output: number;
    /**
     * How many streams were decoded to their end.
     */
    readonly streams: number;
}

/**
 * Unpacks deflate streams, see src/gunzip.rs.
 */
export class Inflater {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * `output_bytes`: at most so many come with one call of `pull`.
     */
    constructor(output_bytes: number);
    /**
     * Unpacks, and says how many bytes came out; 0 when more input is needed, or at the end.
     */
    pull(): number;
    /**
     * Takes the next packed bytes. Pull until nothing comes before you push more.
     */
    push(packed: Uint8Array | number[]): void;
    /**
     * Begins with the next stream.
     */
    reset(): void;
    /**
     * Why the packed bytes cannot be unpacked, in zlib's words.
     */
    readonly failure: string | undefined;
    readonly isEnded: boolean;
    /**
     * Where the bytes that came out stand in memory, until the next call.
     */
    readonly output: number;
    /**
     * Of the bytes pushed last, those that belong to the stream.
     */
    readonly used: number;
}

export class MrtDecoder {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Decodes whole MRT records laid end to end. Takes any bytes; what is wrong with them stands among the problems.
     * Returns columns, packed as `packed.rs` describes.
     */
    decode(records: Uint8Array | number[]): Uint8Array;
    /**
     * One a file or stream: it holds the peer index table that the file's RIB entries refer to.
     */
    constructor();
}

/**
 * Passes over the records of an MRT stream that need no look, see src/skip.rs.
 */
export class RecordSkipper {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * A RIB dump with so many peers begins.
     */
    beginDump(peers: number): void;
    /**
     * `ipv4` and `ipv6` are what is watched, as pairs: first and last address, IPv6's as numbers of 48 bits. Prefixes shorter
     * than `shortest` bits do not count. `record_bytes`: no header declares more.
     */
    constructor(ipv4: Float64Array | number[], ipv6: Float64Array | number[], shortest: number, record_bytes: number);
    /**
     * Makes room for so many bytes of the stream, keeps those that are there, and says where they stand in memory.
     */
    reserve(length: number): number;
    /**
     * Passes over plain records from `from` on, of `end` bytes; says where the first other one begins.
     */
    skip(from: number, end: number): number;
    /**
     * How many peers that dump has.
     */
    readonly peers: number;
    /**
     * For how many bytes there is room.
     */
    readonly room: number;
    /**
     * Where the numbers of routes stand that were passed over of the dump, in pairs for each peer: IPv4, IPv6.
     */
    readonly routes: number;
    /**
     * Where the numbers stand that go in and out of `skip`, see `slot` in src/skip.rs.
     */
    readonly slots: number;
    /**
     * Where the numbers of records stand, of `type << 4 | subtype`: 1,024 of them.
     */
    readonly types: number;
}

/**
 * Where blocks of bzip2 may begin in packed bytes, see src/bz2_blocks.rs: twice the bit, plus one where a stream may end.
 */
export function bz2Marks(bytes: Uint8Array | number[]): Uint32Array;

/**
 * What a `problemReason` means, for people.
 */
export function reasonText(reason: number): string;

/**
 * The memory that the pointers below point into.
 */
export function wasmMemory(): WebAssembly.Memory;
