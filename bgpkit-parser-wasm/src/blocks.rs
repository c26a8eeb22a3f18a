//! The heads of deflate's blocks (RFC 1951 section 3.2.3), with the codes of those that have some.

use crate::bits::{Bits, Halt};
use crate::huffman::{
    fill, DISTANCES, DISTANCE_BITS, DISTANCE_ENTRIES, LITERALS, LITERAL_BITS, LITERAL_ENTRIES, PRECODE, PRECODE_BITS, PRECODE_ENTRIES,
};

/// What follows the head of a block.
pub enum Body {
    /// So many bytes as they are.
    Stored(usize),
    /// Codes, see `Codes`.
    Packed,
}

/// The codes of the block at hand.
pub struct Codes {
    pub literals: Box<[u32; LITERAL_ENTRIES]>,
    pub distances: Box<[u32; DISTANCE_ENTRIES]>,
    /// They are those of section 3.2.6.
    is_fixed: bool,
}

const END_OF_BLOCK: usize = 256;
/// RFC 1951 section 3.2.7: the order in which the lengths of the code for lengths stand.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

impl Codes {
    pub fn new() -> Codes {
        Codes { literals: Box::new([0; LITERAL_ENTRIES]), distances: Box::new([0; DISTANCE_ENTRIES]), is_fixed: false }
    }

    /// The head at which `bits` stand; whether it is the last block, and what follows. The errors come in zlib's order.
    pub fn head(&mut self, bits: &mut Bits, bytes: &[u8]) -> Result<(bool, Body), Halt> {
        let is_last = bits.take(bytes, 1)? == 1;
        let body = match bits.take(bytes, 2)? {
            0 => stored(bits, bytes)?,
            1 => self.fixed(),
            2 => self.dynamic(bits, bytes)?,
            _ => return Err(Halt::Damaged("invalid block type")),
        };
        Ok((is_last, body))
    }

    fn fixed(&mut self) -> Body {
        if self.is_fixed {
            return Body::Packed;
        }
        let mut lengths = [8; 288];
        lengths[144..256].fill(9);
        lengths[256..280].fill(7);
        // Both codes use all bits, so there is nothing to go wrong.
        let _ = fill(&mut self.literals[..], LITERAL_BITS, &lengths, &LITERALS, true);
        let _ = fill(&mut self.distances[..], DISTANCE_BITS, &[5; 32], &DISTANCES, true);
        self.is_fixed = true;
        Body::Packed
    }

    fn dynamic(&mut self, bits: &mut Bits, bytes: &[u8]) -> Result<Body, Halt> {
        let literals = bits.take(bytes, 5)? as usize + 257;
        let distances = bits.take(bytes, 5)? as usize + 1;
        let precodes = bits.take(bytes, 4)? as usize + 4;
        if literals > 286 || distances > 30 {
            return Err(Halt::Damaged("too many length or distance symbols"));
        }
        let lengths = lengths(bits, bytes, precodes, literals + distances)?;
        if lengths[END_OF_BLOCK] == 0 {
            return Err(Halt::Damaged("invalid code -- missing end-of-block"));
        }
        self.is_fixed = false;
        fill(&mut self.literals[..], LITERAL_BITS, &lengths[..literals], &LITERALS, true)
            .map_err(|_| Halt::Damaged("invalid literal/lengths set"))?;
        fill(&mut self.distances[..], DISTANCE_BITS, &lengths[literals..literals + distances], &DISTANCES, true)
            .map_err(|_| Halt::Damaged("invalid distances set"))?;
        Ok(Body::Packed)
    }
}

/// RFC 1951 section 3.2.4.
fn stored(bits: &mut Bits, bytes: &[u8]) -> Result<Body, Halt> {
    bits.align();
    let length = bits.take(bytes, 16)?;
    if bits.take(bytes, 16)? != length ^ 0xffff {
        return Err(Halt::Damaged("invalid stored block lengths"));
    }
    bits.give_back();
    Ok(Body::Stored(length as usize))
}

/// The lengths of `count` codes, themselves packed by a code of `precodes` symbols.
fn lengths(bits: &mut Bits, bytes: &[u8], precodes: usize, count: usize) -> Result<[u8; 316], Halt> {
    let mut own = [0; 19];
    for symbol in &ORDER[..precodes] {
        own[*symbol] = bits.take(bytes, 3)? as u8;
    }
    let mut table = [0; PRECODE_ENTRIES];
    fill(&mut table, PRECODE_BITS, &own, &PRECODE, false).map_err(|_| Halt::Damaged("invalid code lengths set"))?;

    let mut lengths = [0; 316];
    let mut at = 0;
    while at < count {
        bits.refill(bytes);
        let entry = table[bits.held as usize % PRECODE_ENTRIES];
        bits.take(bytes, entry & 0xff)?;
        let (length, times) = match entry >> 16 {
            16 if at == 0 => return Err(Halt::Damaged("invalid bit length repeat")),
            16 => (lengths[at - 1], 3 + bits.take(bytes, 2)?),
            17 => (0, 3 + bits.take(bytes, 3)?),
            18 => (0, 11 + bits.take(bytes, 7)?),
            length => (length as u8, 1),
        };
        let end = at + times as usize;
        if end > count {
            return Err(Halt::Damaged("invalid bit length repeat"));
        }
        lengths[at..end].fill(length);
        at = end;
    }
    Ok(lengths)
}
