//! Huffman codes of deflate (RFC 1951 section 3.2) as tables: the next bits of the stream look up what they mean.
//!
//! An entry is a number of 32 bits: the value in the upper 16, flags in bits 12 to 15, the length of the code in bits 8 to 11,
//! and in the lower 8 how many bits it takes with the extra bits behind it.

/// Bits of the stream that the first look-up sees; longer codes have a second one.
pub const LITERAL_BITS: u32 = 11;
pub const DISTANCE_BITS: u32 = 9;
pub const PRECODE_BITS: u32 = 7;
/// No code needs more entries, second look-ups included: zlib's `enough` says 2,342 and 592. Powers of two, for masks.
pub const LITERAL_ENTRIES: usize = 4_096;
pub const DISTANCE_ENTRIES: usize = 1_024;
pub const PRECODE_ENTRIES: usize = 128;

/// The value is a byte of the output.
pub const LITERAL: u32 = 1 << 15;
/// It is neither a literal nor a length or distance: a second look-up, the end of the block, or no code at all.
pub const OTHER: u32 = 1 << 14;
/// A second look-up: the value says where its entries begin, bits 8 to 11 how many bits it sees.
pub const SECOND: u32 = 1 << 13;
pub const END: u32 = 1 << 12;
/// These bits are no code. zlib takes one bit of the stream for it.
const NO_CODE: u32 = OTHER | 1;

const MOST_BITS: usize = 15;

/// What is wrong with the lengths of a code.
pub struct BadLengths;

/// Entries of literals, the end and lengths before their codes are known, by symbol. The fixed code has two that mean nothing.
pub const LITERALS: [u32; 288] = literals();
/// The same of distances.
pub const DISTANCES: [u32; 32] = distances();
/// The same of the lengths of codes.
pub const PRECODE: [u32; 19] = precode();

const fn literals() -> [u32; 288] {
    let mut entries = [OTHER; 288];
    let mut symbol = 0;
    while symbol < 256 {
        entries[symbol] = (symbol as u32) << 16 | LITERAL;
        symbol += 1;
    }
    entries[256] = OTHER | END;
    // RFC 1951 section 3.2.5: from the ninth on, four lengths have as many extra bits.
    let mut base = 3;
    let mut at = 0;
    while at < 28 {
        let extra = if at < 8 { 0 } else { at / 4 - 1 };
        entries[257 + at as usize] = base << 16 | extra;
        base += 1 << extra;
        at += 1;
    }
    entries[285] = 258 << 16;
    entries
}

const fn distances() -> [u32; 32] {
    let mut entries = [OTHER; 32];
    let mut base = 1;
    let mut at = 0;
    while at < 30 {
        let extra = if at < 4 { 0 } else { at / 2 - 1 };
        entries[at as usize] = base << 16 | extra;
        base += 1 << extra;
        at += 1;
    }
    entries
}

const fn precode() -> [u32; 19] {
    let mut entries = [0; 19];
    let mut symbol = 0;
    while symbol < 19 {
        entries[symbol] = (symbol as u32) << 16;
        symbol += 1;
    }
    entries
}

/// Fills `table`, whose first look-up sees `first_bits`, for codes of these lengths in bits, by symbol; 0 is no code. A code
/// that leaves bits unused is wrong, but for one of a single bit where `may_be_single`.
pub fn fill(table: &mut [u32], first_bits: u32, lengths: &[u8], entries: &[u32], may_be_single: bool) -> Result<(), BadLengths> {
    let mut counts = [0u32; MOST_BITS + 1];
    lengths.iter().for_each(|length| counts[usize::from(*length) & MOST_BITS] += 1);
    counts[0] = 0;
    check(&counts, may_be_single)?;
    table[..1 << first_bits].fill(NO_CODE);
    Filling { table, first_bits, free: 1 << first_bits, prefix: None, start: 0, second_bits: 0 }.all(lengths, entries, counts);
    Ok(())
}

fn check(counts: &[u32; MOST_BITS + 1], may_be_single: bool) -> Result<(), BadLengths> {
    let longest = (1..=MOST_BITS).rev().find(|length| counts[*length] > 0);
    let mut left = 1i32;
    for count in &counts[1..] {
        left = 2 * left - *count as i32;
        if left < 0 {
            return Err(BadLengths);
        }
    }
    match longest {
        None => Ok(()),
        Some(longest) if left > 0 && !(may_be_single && longest == 1) => Err(BadLengths),
        Some(_) => Ok(()),
    }
}

struct Filling<'a> {
    table: &'a mut [u32],
    first_bits: u32,
    /// Where the next second look-up can begin.
    free: usize,
    /// The first bits of the codes whose second look-up is being filled, and where it is.
    prefix: Option<u32>,
    start: usize,
    second_bits: u32,
}

impl Filling<'_> {
    fn all(&mut self, lengths: &[u8], entries: &[u32], mut left: [u32; MOST_BITS + 1]) {
        let mut starts = [0usize; MOST_BITS + 2];
        for length in 1..=MOST_BITS {
            starts[length + 1] = starts[length] + left[length] as usize;
        }
        let mut sorted = [0u16; 288];
        for (symbol, length) in lengths.iter().enumerate().filter(|(_, length)| **length > 0) {
            let start = &mut starts[usize::from(*length)];
            sorted[*start] = symbol as u16;
            *start += 1;
        }
        let mut code = 0u32;
        let mut before = 0u32;
        for symbol in &sorted[..starts[MOST_BITS]] {
            let length = u32::from(lengths[usize::from(*symbol)]);
            code <<= length - before;
            before = length;
            self.one(code.reverse_bits() >> (32 - length), length, entries[usize::from(*symbol)], &left);
            left[length as usize] -= 1;
            code += 1;
        }
    }

    /// `code` has its first bit lowest, as it comes. `left`: how many codes of each length are not filled in yet.
    fn one(&mut self, code: u32, length: u32, entry: u32, left: &[u32; MOST_BITS + 1]) {
        if length <= self.first_bits {
            let entry = entry + (length << 8) * u32::from(entry & OTHER == 0) + length;
            let end = 1 << self.first_bits;
            self.table[..end].iter_mut().skip(code as usize).step_by(1 << length).for_each(|place| *place = entry);
            return;
        }
        let prefix = code & ((1 << self.first_bits) - 1);
        if self.prefix != Some(prefix) {
            self.begin(prefix, length, left);
        }
        let length = length - self.first_bits;
        let entry = entry + (length << 8) * u32::from(entry & OTHER == 0) + length;
        let places = &mut self.table[self.start..self.start + (1 << self.second_bits)];
        places.iter_mut().skip((code >> self.first_bits) as usize).step_by(1 << length).for_each(|place| *place = entry);
    }

    /// A second look-up, for codes of this length and longer that have the same first bits.
    fn begin(&mut self, prefix: u32, length: u32, left: &[u32; MOST_BITS + 1]) {
        let mut bits = length - self.first_bits;
        let mut room = 1i32 << bits;
        while bits + self.first_bits < MOST_BITS as u32 {
            room -= left[(bits + self.first_bits) as usize] as i32;
            if room <= 0 {
                break;
            }
            bits += 1;
            room *= 2;
        }
        self.prefix = Some(prefix);
        self.start = self.free;
        self.second_bits = bits;
        self.free += 1 << bits;
        self.table[prefix as usize] = (self.start as u32) << 16 | OTHER | SECOND | bits << 8 | self.first_bits;
    }
}
