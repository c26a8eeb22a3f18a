//! The JavaScript interface of what reads whole archives. Its buffers are read and written in place, in WebAssembly memory:
//! views of them end when that memory grows, so they are made again after each call.

use crate::bz2::{Bunzip, End};
use crate::bz2_blocks;
use crate::gunzip::Inflater;
use crate::quiet::Watch;
use crate::skip::Skipper;
use crate::space::Space;
use js_sys::WebAssembly;
use wasm_bindgen::prelude::*;

/// The memory that the pointers below point into.
#[wasm_bindgen(js_name = wasmMemory, unchecked_return_type = "WebAssembly.Memory")]
pub fn wasm_memory() -> WebAssembly::Memory {
    wasm_bindgen::memory().unchecked_into()
}

/// Passes over the records of an MRT stream that need no look, see src/skip.rs.
#[wasm_bindgen]
pub struct RecordSkipper {
    skipper: Skipper,
}

#[wasm_bindgen]
impl RecordSkipper {
    /// `ipv4` and `ipv6` are what is watched, as pairs: first and last address, IPv6's as numbers of 48 bits. Prefixes shorter
    /// than `shortest` bits do not count. `record_bytes`: no header declares more.
    #[wasm_bindgen(constructor)]
    pub fn new(ipv4: &[f64], ipv6: &[f64], shortest: u32, record_bytes: u32) -> RecordSkipper {
        let watch = Watch { ipv4: Space::new(ipv4, 32, shortest), ipv6: Space::new(ipv6, 48, shortest) };
        RecordSkipper { skipper: Skipper::new(watch, record_bytes) }
    }

    /// Makes room for so many bytes of the stream, keeps those that are there, and says where they stand in memory.
    pub fn reserve(&mut self, length: usize) -> *const u8 {
        if length > self.skipper.bytes.len() {
            self.skipper.bytes.resize(length, 0);
        }
        self.skipper.bytes.as_ptr()
    }

    /// For how many bytes there is room.
    #[wasm_bindgen(getter)]
    pub fn room(&self) -> usize {
        self.skipper.bytes.len()
    }

    /// Where the numbers stand that go in and out of `skip`, see `slot` in src/skip.rs.
    #[wasm_bindgen(getter)]
    pub fn slots(&self) -> *const f64 {
        self.skipper.slots.as_ptr()
    }

    /// Where the numbers of records stand, of `type << 4 | subtype`: 1,024 of them.
    #[wasm_bindgen(getter)]
    pub fn types(&self) -> *const f64 {
        self.skipper.types.as_ptr()
    }

    /// A RIB dump with so many peers begins.
    #[wasm_bindgen(js_name = beginDump)]
    pub fn begin_dump(&mut self, peers: usize) {
        self.skipper.begin_dump(peers);
    }

    /// Where the numbers of routes stand that were passed over of the dump, in pairs for each peer: IPv4, IPv6.
    #[wasm_bindgen(getter)]
    pub fn routes(&self) -> *const u32 {
        self.skipper.routes().as_ptr()
    }

    /// How many peers that dump has.
    #[wasm_bindgen(getter)]
    pub fn peers(&self) -> usize {
        self.skipper.routes().len() / 2
    }

    /// Passes over plain records from `from` on, of `end` bytes; says where the first other one begins.
    pub fn skip(&mut self, from: usize, end: usize) -> usize {
        self.skipper.skip(from, end)
    }
}

/// Unpacks deflate streams, see src/gunzip.rs.
#[wasm_bindgen(js_name = Inflater)]
pub struct DeflateStreams {
    inflater: Inflater,
}

#[wasm_bindgen(js_class = Inflater)]
impl DeflateStreams {
    /// `output_bytes`: at most so many come with one call of `pull`.
    #[wasm_bindgen(constructor)]
    pub fn new(output_bytes: usize) -> DeflateStreams {
        DeflateStreams { inflater: Inflater::new(output_bytes) }
    }

    /// Begins with the next stream.
    pub fn reset(&mut self) {
        self.inflater.reset();
    }

    /// Takes the next packed bytes. Pull until nothing comes before you push more.
    pub fn push(&mut self, packed: &[u8]) {
        self.inflater.push(packed);
    }

    /// Unpacks, and says how many bytes came out; 0 when more input is needed, or at the end.
    pub fn pull(&mut self) -> usize {
        self.inflater.pull().len()
    }

    /// Where the bytes that came out stand in memory, until the next call.
    #[wasm_bindgen(getter)]
    pub fn output(&self) -> *const u8 {
        self.inflater.output().as_ptr()
    }

    /// Of the bytes pushed last, those that belong to the stream.
    #[wasm_bindgen(getter)]
    pub fn used(&self) -> usize {
        self.inflater.used()
    }

    #[wasm_bindgen(getter, js_name = isEnded)]
    pub fn is_ended(&self) -> bool {
        self.inflater.is_ended()
    }

    /// Why the packed bytes cannot be unpacked, in zlib's words.
    #[wasm_bindgen(getter)]
    pub fn failure(&self) -> Option<String> {
        self.inflater.failure.map(str::to_owned)
    }
}

/// Where blocks of bzip2 may begin in packed bytes, see src/bz2_blocks.rs: twice the bit, plus one where a stream may end.
#[wasm_bindgen(js_name = bz2Marks)]
pub fn bz2_marks(bytes: &[u8]) -> Vec<u32> {
    bz2_blocks::marks(bytes)
}

/// Unpacks blocks of bzip2 one by one, each by itself, see src/bz2_blocks.rs.
#[wasm_bindgen]
#[derive(Default)]
pub struct Bz2Blocks {
    packed: Vec<u8>,
    plain: Vec<u8>,
}

#[wasm_bindgen]
impl Bz2Blocks {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Bz2Blocks {
        Bz2Blocks::default()
    }

    /// Makes room for so many packed bytes, and says where they are to be written in memory.
    pub fn reserve(&mut self, length: usize) -> *const u8 {
        self.packed.resize(length, 0);
        self.packed.as_ptr()
    }

    /// Unpacks the block in the bits from `from` up to `to`, and says how many bytes came out: at most `most`. `undefined` when
    /// it is not a block. `level` is that of its stream: `1` to `9`, as a digit.
    pub fn unpack(&mut self, from: usize, to: usize, level: u8, most: usize) -> Option<u32> {
        self.plain.clear();
        bz2_blocks::unpack(&self.packed, from..to, level, (&mut self.plain, most))?;
        Some(self.plain.len() as u32)
    }

    /// Where the bytes that came out stand in memory, until the next call.
    #[wasm_bindgen(getter)]
    pub fn output(&self) -> *const u8 {
        self.plain.as_ptr()
    }
}

#[wasm_bindgen]
#[derive(Default)]
pub struct Bz2Decoder {
    bunzip: Bunzip,
}

#[wasm_bindgen]
impl Bz2Decoder {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Bz2Decoder {
        Bz2Decoder::default()
    }

    /// Takes the next compressed bytes. Pull until nothing comes before you push more, or they pile up.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bunzip.push(bytes);
    }

    /// No more bytes follow. Pull once more until nothing comes; then `end` is settled.
    pub fn finish(&mut self) {
        self.bunzip.finish();
    }

    /// Unpacks, and says how many bytes came out: at most `limit`, all of blocks whose CRC was right; 0 when more input is
    /// needed, or at the end.
    pub fn pull(&mut self, limit: u32) -> usize {
        self.bunzip.pull(limit as usize).len()
    }

    /// Where the bytes that came out stand in memory, until the next call.
    #[wasm_bindgen(getter)]
    pub fn output(&self) -> *const u8 {
        self.bunzip.output().as_ptr()
    }

    /// `open` while more can come.
    #[wasm_bindgen(getter, unchecked_return_type = "Bz2End")]
    pub fn end(&self) -> JsValue {
        let text = match self.bunzip.end() {
            End::Open => "open",
            End::Clean => "clean",
            End::Padding => "padding",
            End::Garbage => "garbage",
            End::Truncated => "truncated",
            End::Corrupt => "corrupt",
            End::NotBzip2 => "not-bzip2",
        };
        text.into()
    }

    /// How many streams were decoded to their end.
    #[wasm_bindgen(getter)]
    pub fn streams(&self) -> u32 {
        self.bunzip.streams()
    }
}
