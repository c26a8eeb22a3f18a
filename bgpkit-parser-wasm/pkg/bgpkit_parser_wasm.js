/* @ts-self-types="./bgpkit_parser_wasm.d.ts" */
import { readFileSync } from 'node:fs';


/**
 * Unpacks blocks of bzip2 one by one, each by itself, see src/bz2_blocks.rs.
 */
export class Bz2Blocks {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        Bz2BlocksFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_bz2blocks_free(ptr, 0);
    }
    constructor() {
        const ret = wasm.bz2blocks_new();
        this.__wbg_ptr = ret;
        Bz2BlocksFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Where the bytes that came out stand in memory, until the next call.
     * @returns {number}
     */
    get output() {
        const ret = wasm.bz2blocks_output(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Makes room for so many packed bytes, and says where they are to be written in memory.
     * @param {number} length
     * @returns {number}
     */
    reserve(length) {
        const ret = wasm.bz2blocks_reserve(this.__wbg_ptr, length);
        return ret >>> 0;
    }
    /**
     * Unpacks the block in the bits from `from` up to `to`, and says how many bytes came out: at most `most`. `undefined` when
     * it is not a block. `level` is that of its stream: `1` to `9`, as a digit.
     * @param {number} from
     * @param {number} to
     * @param {number} level
     * @param {number} most
     * @returns {number | undefined}
     */
    unpack(from, to, level, most) {
        const ret = wasm.bz2blocks_unpack(this.__wbg_ptr, from, to, level, most);
        return ret === Number.MAX_SAFE_INTEGER ? undefined : ret;
    }
}
if (Symbol.dispose) Bz2Blocks.prototype[Symbol.dispose] = Bz2Blocks.prototype.free;

export class Bz2Decoder {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        Bz2DecoderFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_bz2decoder_free(ptr, 0);
    }
    /**
     * `open` while more can come.
     * @returns {Bz2End}
     */
    get end() {
        const ret = wasm.bz2decoder_end(this.__wbg_ptr);
        return ret;
    }
    /**
     * No more bytes follow. Pull once more until nothing comes; then `end` is settled.
     */
    finish() {
        wasm.bz2decoder_finish(this.__wbg_ptr);
    }
    constructor() {
        const ret = wasm.bz2decoder_new();
        this.__wbg_ptr = ret;
        Bz2DecoderFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Where the bytes that came out stand in memory, until the next call.
     * @returns {number}
     */
    get output() {
        const ret = wasm.bz2decoder_output(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Unpacks, and says how many bytes came out: at most `limit`, all of blocks whose CRC was right; 0 when more input is
     * needed, or at the end.
     * @param {number} limit
     * @returns {number}
     */
    pull(limit) {
        const ret = wasm.bz2decoder_pull(this.__wbg_ptr, limit);
        return ret >>> 0;
    }
    /**
     * Takes the next compressed bytes. Pull until nothing comes before you push more, or they pile up.
     * @param {Uint8Array | number[]} bytes
     */
    push(bytes) {
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        wasm.bz2decoder_push(this.__wbg_ptr, ptr0, len0);
    }
    /**
     * How many streams were decoded to their end.
     * @returns {number}
     */
    get streams() {
        const ret = wasm.bz2decoder_streams(this.__wbg_ptr);
        return ret >>> 0;
    }
}
if (Symbol.dispose) Bz2Decoder.prototype[Symbol.dispose] = Bz2Decoder.prototype.free;

/**
 * Unpacks deflate streams, see src/gunzip.rs.
 */
export class Inflater {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        InflaterFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_inflater_free(ptr, 0);
    }
    /**
     * Why the packed bytes cannot be unpacked, in zlib's words.
     * @returns {string | undefined}
     */
    get failure() {
        const ret = wasm.inflater_failure(this.__wbg_ptr);
        let v1;
        if (ret[0] !== 0) {
            v1 = getStringFromWasm0(ret[0], ret[1]);
            wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        }
        return v1;
    }
    /**
     * @returns {boolean}
     */
    get isEnded() {
        const ret = wasm.inflater_isEnded(this.__wbg_ptr);
        return ret !== 0;
    }
    /**
     * `output_bytes`: at most so many come with one call of `pull`.
     * @param {number} output_bytes
     */
    constructor(output_bytes) {
        const ret = wasm.inflater_new(output_bytes);
        this.__wbg_ptr = ret;
        InflaterFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Where the bytes that came out stand in memory, until the next call.
     * @returns {number}
     */
    get output() {
        const ret = wasm.inflater_output(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Unpacks, and says how many bytes came out; 0 when more input is needed, or at the end.
     * @returns {number}
     */
    pull() {
        const ret = wasm.inflater_pull(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Takes the next packed bytes. Pull until nothing comes before you push more.
     * @param {Uint8Array | number[]} packed
     */
    push(packed) {
        const ptr0 = passArray8ToWasm0(packed, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        wasm.inflater_push(this.__wbg_ptr, ptr0, len0);
    }
    /**
     * Begins with the next stream.
     */
    reset() {
        wasm.inflater_reset(this.__wbg_ptr);
    }
    /**
     * Of the bytes pushed last, those that belong to the stream.
     * @returns {number}
     */
    get used() {
        const ret = wasm.inflater_used(this.__wbg_ptr);
        return ret >>> 0;
    }
}
if (Symbol.dispose) Inflater.prototype[Symbol.dispose] = Inflater.prototype.free;

export class MrtDecoder {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        MrtDecoderFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_mrtdecoder_free(ptr, 0);
    }
    /**
     * Decodes whole MRT records laid end to end. Takes any bytes; what is wrong with them stands among the problems.
     * Returns columns, packed as `packed.rs` describes.
     * @param {Uint8Array | number[]} records
     * @returns {Uint8Array}
     */
    decode(records) {
        const ptr0 = passArray8ToWasm0(records, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.mrtdecoder_decode(this.__wbg_ptr, ptr0, len0);
        var v2 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v2;
    }
    /**
     * One a file or stream: it holds the peer index table that the file's RIB entries refer to.
     */
    constructor() {
        const ret = wasm.mrtdecoder_new();
        this.__wbg_ptr = ret;
        MrtDecoderFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
}
if (Symbol.dispose) MrtDecoder.prototype[Symbol.dispose] = MrtDecoder.prototype.free;

/**
 * Passes over the records of an MRT stream that need no look, see src/skip.rs.
 */
export class RecordSkipper {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        RecordSkipperFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_recordskipper_free(ptr, 0);
    }
    /**
     * A RIB dump with so many peers begins.
     * @param {number} peers
     */
    beginDump(peers) {
        wasm.recordskipper_beginDump(this.__wbg_ptr, peers);
    }
    /**
     * `ipv4` and `ipv6` are what is watched, as pairs: first and last address, IPv6's as numbers of 48 bits. Prefixes shorter
     * than `shortest` bits do not count. `record_bytes`: no header declares more.
     * @param {Float64Array | number[]} ipv4
     * @param {Float64Array | number[]} ipv6
     * @param {number} shortest
     * @param {number} record_bytes
     */
    constructor(ipv4, ipv6, shortest, record_bytes) {
        const val3 = +shortest;
        const val4 = +record_bytes;
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passArrayF64ToWasm0(ipv4, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArrayF64ToWasm0(ipv6, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 8, 8); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 8, 8); }
            throw e;
        }
        const ret = wasm.recordskipper_new(ptr0, len0, ptr1, len1, val3, val4);
        this.__wbg_ptr = ret;
        RecordSkipperFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * How many peers that dump has.
     * @returns {number}
     */
    get peers() {
        const ret = wasm.recordskipper_peers(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Makes room for so many bytes of the stream, keeps those that are there, and says where they stand in memory.
     * @param {number} length
     * @returns {number}
     */
    reserve(length) {
        const ret = wasm.recordskipper_reserve(this.__wbg_ptr, length);
        return ret >>> 0;
    }
    /**
     * For how many bytes there is room.
     * @returns {number}
     */
    get room() {
        const ret = wasm.recordskipper_room(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Where the numbers of routes stand that were passed over of the dump, in pairs for each peer: IPv4, IPv6.
     * @returns {number}
     */
    get routes() {
        const ret = wasm.recordskipper_routes(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Passes over plain records from `from` on, of `end` bytes; says where the first other one begins.
     * @param {number} from
     * @param {number} end
     * @returns {number}
     */
    skip(from, end) {
        const ret = wasm.recordskipper_skip(this.__wbg_ptr, from, end);
        return ret >>> 0;
    }
    /**
     * Where the numbers stand that go in and out of `skip`, see `slot` in src/skip.rs.
     * @returns {number}
     */
    get slots() {
        const ret = wasm.recordskipper_slots(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Where the numbers of records stand, of `type << 4 | subtype`: 1,024 of them.
     * @returns {number}
     */
    get types() {
        const ret = wasm.recordskipper_types(this.__wbg_ptr);
        return ret >>> 0;
    }
}
if (Symbol.dispose) RecordSkipper.prototype[Symbol.dispose] = RecordSkipper.prototype.free;

/**
 * Where blocks of bzip2 may begin in packed bytes, see src/bz2_blocks.rs: twice the bit, plus one where a stream may end.
 * @param {Uint8Array | number[]} bytes
 * @returns {Uint32Array}
 */
export function bz2Marks(bytes) {
    const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.bz2Marks(ptr0, len0);
    var v2 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v2;
}

/**
 * What a `problemReason` means, for people.
 * @param {number} reason
 * @returns {string}
 */
export function reasonText(reason) {
    let deferred1_0;
    let deferred1_1;
    try {
        const ret = wasm.reasonText(reason);
        deferred1_0 = ret[0];
        deferred1_1 = ret[1];
        return getStringFromWasm0(ret[0], ret[1]);
    } finally {
        wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
    }
}

/**
 * The memory that the pointers below point into.
 * @returns {WebAssembly.Memory}
 */
export function wasmMemory() {
    const ret = wasm.wasmMemory();
    return ret;
}
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        __wbg___wbindgen_memory_17a1178bc3328ea3: function() {
            const ret = wasm.memory;
            return ret;
        },
        __wbg___wbindgen_throw_4c88d8bf264fd984: function(arg0, arg1) {
            throw new Error(getStringFromWasm0(arg0, arg1));
        },
        __wbindgen_generic_0000000000000001: function(arg0, arg1) {
            // Cast intrinsic for `Ref(String) -> Externref`.
            const ret = getStringFromWasm0(arg0, arg1);
            return ret;
        },
        __wbindgen_init_externref_table: function() {
            const table = wasm.__wbindgen_externrefs;
            table.set(0, undefined);
            table.set(1024, undefined);
            table.set(1025, null);
            table.set(1026, true);
            table.set(1027, false);
        },
    };
    return {
        __proto__: null,
        "./bgpkit_parser_wasm_bg.js": import0,
    };
}

const Bz2BlocksFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_bz2blocks_free(ptr, 1));
const Bz2DecoderFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_bz2decoder_free(ptr, 1));
const InflaterFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_inflater_free(ptr, 1));
const MrtDecoderFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_mrtdecoder_free(ptr, 1));
const RecordSkipperFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_recordskipper_free(ptr, 1));

function getArrayU32FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getUint32ArrayMemory0().subarray(ptr / 4, ptr / 4 + len);
}

function getArrayU8FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getUint8ArrayMemory0().subarray(ptr / 1, ptr / 1 + len);
}

let cachedFloat64ArrayMemory0 = null;
function getFloat64ArrayMemory0() {
    if (cachedFloat64ArrayMemory0 === null || cachedFloat64ArrayMemory0.byteLength === 0) {
        cachedFloat64ArrayMemory0 = new Float64Array(wasm.memory.buffer);
    }
    return cachedFloat64ArrayMemory0;
}

function getStringFromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return decodeText(getUint8ArrayMemory0().subarray(ptr, ptr + len));
}

let cachedUint32ArrayMemory0 = null;
function getUint32ArrayMemory0() {
    if (cachedUint32ArrayMemory0 === null || cachedUint32ArrayMemory0.byteLength === 0) {
        cachedUint32ArrayMemory0 = new Uint32Array(wasm.memory.buffer);
    }
    return cachedUint32ArrayMemory0;
}

let cachedUint8ArrayMemory0 = null;
function getUint8ArrayMemory0() {
    if (cachedUint8ArrayMemory0 === null || cachedUint8ArrayMemory0.byteLength === 0) {
        cachedUint8ArrayMemory0 = new Uint8Array(wasm.memory.buffer);
    }
    return cachedUint8ArrayMemory0;
}

function passArray8ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 1, 1) >>> 0;
    getUint8ArrayMemory0().set(arg, ptr / 1);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passArrayF64ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 8, 8) >>> 0;
    getFloat64ArrayMemory0().set(arg, ptr / 8);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

let cachedTextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
cachedTextDecoder.decode();
function decodeText(bytes) {
    return cachedTextDecoder.decode(bytes);
}

let WASM_VECTOR_LEN = 0;

const wasmUrl = new URL('bgpkit_parser_wasm_bg.wasm', import.meta.url);
const wasmBytes = readFileSync(wasmUrl);
const wasmModule = new WebAssembly.Module(wasmBytes);
let wasmInstance = new WebAssembly.Instance(wasmModule, __wbg_get_imports());
let wasm = wasmInstance.exports;
wasm.__wbindgen_start();
