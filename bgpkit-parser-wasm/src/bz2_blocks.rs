//! bzip2 by blocks: where they begin in packed bytes, and one of them unpacked by itself. A block begins at any bit.

use crate::bz2::{Bunzip, End};
use std::ops::Range;

/// 48 bits that begin a block, and those that end a stream.
const BLOCK: u64 = 0x3141_5926_5359;
const STREAM_END: u64 = 0x1772_4538_5090;
const MASK: u64 = (1 << 48) - 1;
/// What is asked for at a time.
const STEP: usize = 256 * 1024;

/// Bits at which a block or the end of a stream may begin, twice each, plus one where it is the end. Other bytes can look so.
pub fn marks(bytes: &[u8]) -> Vec<u32> {
    let near = near_table();
    let mut found = Vec::new();
    let mut window = 0u64;
    for (at, byte) in bytes.iter().enumerate() {
        window = window << 8 | u64::from(*byte);
        // The byte before this one lies within the mark, whatever its shift: it rules out almost all places.
        let candidates = near[usize::from((window >> 8) as u8)];
        if candidates == 0 {
            continue;
        }
        for shift in 0..8u32 {
            let value = window >> shift & MASK;
            let is_whole = (at as u32 + 1) * 8 >= shift + 48;
            if is_whole && candidates >> shift & 1 == 1 && (value == BLOCK || value == STREAM_END) {
                let bit = (at as u32 + 1) * 8 - shift - 48;
                found.push((bit, u32::from(value == STREAM_END)));
            }
        }
    }
    found.sort_unstable();
    found.iter().map(|(bit, is_end)| bit * 2 + is_end).collect()
}

/// Of each byte, a bit for each shift at which it can be the last but one of a window that holds a mark.
fn near_table() -> [u8; 256] {
    let mut table = [0; 256];
    for shift in 0..8 {
        for mark in [BLOCK, STREAM_END] {
            table[usize::from((mark << shift >> 8) as u8)] |= 1 << shift;
        }
    }
    table
}

/// Adds the plain bytes of the block in these bits to `plain`; `None` when it does not end there, when its CRC is wrong, or
/// when there are more than `most`. `level` is that of its stream: `1` to `9`, as a digit.
pub fn unpack(bytes: &[u8], Range { start: from, end: to }: Range<usize>, level: u8, (plain, most): (&mut Vec<u8>, usize)) -> Option<()> {
    let mut bits = Bits::default();
    for byte in [b'B', b'Z', b'h', level] {
        bits.put(u64::from(byte), 8);
    }
    let mut at = from;
    while at < to {
        let count = (to - at).min(32);
        bits.put(read(bytes, at, count)?, count);
        at += count;
    }
    // A stream of one block has the block's CRC as its own.
    bits.put(STREAM_END, 48);
    bits.put(read(bytes, from + 48, 32)?, 32);

    let mut bunzip = Bunzip::default();
    bunzip.push(&bits.finish());
    bunzip.finish();
    loop {
        let next = bunzip.pull(STEP);
        if next.is_empty() {
            return (bunzip.end() == End::Clean).then_some(());
        }
        if plain.len() + next.len() > most {
            return None;
        }
        plain.extend_from_slice(next);
    }
}

/// At most 32 bits, from a bit on.
fn read(bytes: &[u8], bit: usize, count: usize) -> Option<u64> {
    let first = bit / 8;
    let mut value = 0u64;
    for at in first..(bit + count).div_ceil(8) {
        value = value << 8 | u64::from(*bytes.get(at)?);
    }
    let held = ((bit + count).div_ceil(8) - first) * 8;
    Some(value >> (held - bit % 8 - count) & ((1 << count) - 1))
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    held: u64,
    count: usize,
}

impl Bits {
    /// At most 48 bits.
    fn put(&mut self, value: u64, count: usize) {
        self.held = self.held << count | value;
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            self.bytes.push((self.held >> self.count) as u8);
        }
        self.held &= (1 << self.count) - 1;
    }

    fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.put(0, 8 - self.count);
        }
        self.bytes
    }
}
