//! Steps of reading the codes of a deflate block, and of writing what they mean.

use crate::bits::{Bits, Halt};
use crate::huffman::{DISTANCE_BITS, DISTANCE_ENTRIES, LITERAL_BITS, LITERAL_ENTRIES, OTHER, SECOND};

/// A copy may write so many bytes too many.
pub const STRIDE: usize = 24;

pub const NO_DISTANCE: Halt = Halt::Damaged("invalid distance code");

/// The entry of the code that is next, if all its bits and extra bits are there. They stay to be passed over.
pub fn checked(bits: &mut Bits, input: &[u8], table: &[u32], first_bits: u32) -> Result<u32, Halt> {
    bits.refill(input);
    let mut entry = table[bits.held as usize & ((1 << first_bits) - 1)];
    if entry & SECOND != 0 && bits.count >= first_bits {
        entry = second(entry, bits, table, table.len());
    }
    if bits.count < entry & 0xff {
        return Err(Halt::More);
    }
    Ok(entry)
}

/// Follows an entry that asks for a second look-up.
#[inline(always)]
pub fn second(entry: u32, bits: &mut Bits, table: &[u32], entries: usize) -> u32 {
    if entry & SECOND == 0 {
        return entry;
    }
    bits.drop(entry & 0xff);
    let index = bits.held as usize & ((1 << (entry >> 8 & 15)) - 1);
    table[((entry >> 16) as usize + index) & (entries - 1)]
}

/// Writes a literal; gives back the entry of what comes next.
#[inline(always)]
pub fn literal(literals: &[u32; LITERAL_ENTRIES], output: &mut [u8], bits: &mut Bits, to: &mut usize, entry: u32) -> u32 {
    bits.drop(entry & 0xff);
    output[*to] = (entry >> 16) as u8;
    *to += 1;
    literals[bits.held as usize & ((1 << LITERAL_BITS) - 1)]
}

/// A length or a distance with its extra bits, which are passed over.
#[inline(always)]
pub fn value(entry: u32, bits: &mut Bits) -> usize {
    let all = bits.held & ((1u64 << (entry & 63)) - 1);
    bits.drop(entry & 0xff);
    (entry >> 16) as usize + (all >> (entry >> 8 & 15)) as usize
}

/// The distance that is next, where all its bits were read ahead.
#[inline(always)]
pub fn distance(distances: &[u32; DISTANCE_ENTRIES], bits: &mut Bits) -> Result<usize, Halt> {
    let mut entry = distances[bits.held as usize & ((1 << DISTANCE_BITS) - 1)];
    if entry & OTHER != 0 {
        entry = second(entry, bits, distances, DISTANCE_ENTRIES);
        if entry & OTHER != 0 {
            return Err(NO_DISTANCE);
        }
    }
    Ok(value(entry, bits))
}

/// Writes again what stands `distance` bytes before, and may write up to `STRIDE` bytes too many. In words of 8 bytes: one
/// instruction each, where other ways to copy call a function of the engine. Most are shorter than a stride, so the first one
/// is not asked for: a branch that goes either way costs more.
#[inline(always)]
pub fn copy(output: &mut [u8], to: usize, distance: usize, length: usize) {
    let from = to - distance;
    if distance >= STRIDE {
        let mut done = 0;
        loop {
            let words = stride(output, from + done);
            set_stride(output, to + done, words);
            done += STRIDE;
            if done >= length {
                return;
            }
        }
    }
    copy_near(output, to, distance, length);
}

/// The same for distances below a stride.
fn copy_near(output: &mut [u8], to: usize, distance: usize, length: usize) {
    let mut pattern = stride(output, to - distance)[0];
    // As many bytes as can be written at once: whole repetitions, where a word holds one.
    let mut step = 8;
    if distance < 8 {
        pattern &= (1 << (8 * distance)) - 1;
        let mut filled = 8 * distance;
        while filled < 64 {
            pattern |= pattern << filled;
            filled *= 2;
        }
        step -= 8 % distance;
    }
    let mut done = 0;
    while done < length {
        if distance >= 8 {
            pattern = stride(output, to - distance + done)[0];
        }
        if let Some(place) = output.get_mut(to + done..to + done + 8) {
            place.copy_from_slice(&pattern.to_le_bytes());
        }
        done += step;
    }
}

#[inline(always)]
fn stride(bytes: &[u8], at: usize) -> [u64; 3] {
    let Some(bytes) = bytes.get(at..at + STRIDE) else { return [0; 3] };
    let word = |at: usize| {
        let eight = [
            bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3], bytes[at + 4], bytes[at + 5], bytes[at + 6], bytes[at + 7],
        ];
        u64::from_le_bytes(eight)
    };
    [word(0), word(8), word(16)]
}

#[inline(always)]
fn set_stride(bytes: &mut [u8], at: usize, words: [u64; 3]) {
    let Some(place) = bytes.get_mut(at..at + STRIDE) else { return };
    for (place, word) in place.chunks_exact_mut(8).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
}
