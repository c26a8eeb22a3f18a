//! MRT records in, packed columns out; bzip2 in, bytes out. See README.md for what this adds to bgpkit-parser.

#![forbid(unsafe_code)]

mod attributes;
mod batch;
mod bgp4mp;
mod bz2;
mod decoder;
mod frame;
mod nlri;
mod path;
mod problem;
mod table_dump;
mod update;
mod wasm;

pub use batch::{Batch, Kind};
pub use bz2::{Bunzip, End};
pub use decoder::Decoder;
pub use problem::{Reason, Treatment};
