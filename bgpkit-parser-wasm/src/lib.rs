//! MRT records in, packed columns out; bzip2 and deflate in, bytes out; and over what nobody asks for, at speed. See README.md for what this adds to bgpkit-parser.

#![forbid(unsafe_code)]

mod attributes;
mod batch;
mod bgp4mp;
mod bits;
mod blocks;
mod bz2;
mod bz2_blocks;
mod decoder;
mod frame;
mod gunzip;
mod huffman;
mod nlri;
mod numbers;
mod packed;
mod path;
mod problem;
mod quiet;
mod skip;
mod space;
mod symbols;
mod table_dump;
mod update;
mod wasm;
mod wasm_scan;

pub use batch::{Batch, Kind};
pub use bz2::{Bunzip, End};
pub use decoder::Decoder;
pub use problem::{Reason, Treatment};
