//! Which prefixes concern the watched blocks: the same answer as `RangeSpace` in streams/mrt/watched.ts.

/// Watched ranges of one address family.
pub struct Space {
    /// A bit for each first 16 bits that anything watched has, and for each first 8: almost every prefix ends at one of the
    /// two. As bits they stay in the processor's nearest cache.
    by16: Box<[u64; 1 << 10]>,
    by8: [u64; 4],
    /// First and last address, disjoint and ascending.
    ranges: Vec<(u64, u64)>,
    bits: u32,
    shortest: u32,
}

impl Space {
    /// `ranges` are pairs: first and last address, as numbers of `bits` bits. Prefixes shorter than `shortest` do not count.
    pub fn new(ranges: &[f64], bits: u32, shortest: u32) -> Space {
        let ranges: Vec<(u64, u64)> = ranges.chunks_exact(2).map(|pair| (pair[0] as u64, pair[1] as u64)).collect();
        let mut by16 = Box::new([0; 1 << 10]);
        let mut by8 = [0; 4];
        for (first, last) in &ranges {
            let (first, last) = ((first >> (bits - 16)) as usize, (last >> (bits - 16)) as usize);
            (first..=last).for_each(|top| set(&mut by16[..], top));
            (first >> 8..=last >> 8).for_each(|top| set(&mut by8, top));
        }
        Space { by16, by8, ranges, bits, shortest }
    }

    /// Whether the prefix of `length` bits concerns what is watched; `address` holds its bytes, as many as it needs.
    #[inline(always)]
    pub fn concerns(&self, address: &[u8], length: u32) -> bool {
        let top = address.first().copied().unwrap_or(0);
        let is_near = if length < 16 {
            length >= self.shortest && has(&self.by8, usize::from(top))
        } else {
            let second = address.get(1).copied().unwrap_or(0);
            has(&self.by16[..], usize::from(top) << 8 | usize::from(second))
        };
        is_near && self.touches(address, length)
    }

    #[cold]
    fn touches(&self, address: &[u8], length: u32) -> bool {
        let used = length.min(self.bits);
        let mut value = 0u64;
        for i in 0..self.bits / 8 {
            let byte = if i * 8 < used { address.get(i as usize).copied().unwrap_or(0) } else { 0 };
            value = value << 8 | u64::from(byte);
        }
        let size = 1u64 << (self.bits - used);
        let first = value & !(size - 1);
        let last = first + (size - 1);
        let next = self.ranges.partition_point(|range| range.1 < first);
        self.ranges.get(next).is_some_and(|range| range.0 <= last)
    }
}

#[inline(always)]
fn has(bits: &[u64], at: usize) -> bool {
    bits[at >> 6] >> (at & 63) & 1 == 1
}

fn set(bits: &mut [u64], at: usize) {
    bits[at >> 6] |= 1 << (at & 63);
}
