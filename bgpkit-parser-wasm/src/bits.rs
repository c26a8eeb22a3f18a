//! The bits of a deflate stream, the lowest of each byte first (RFC 1951 section 3.1.1).

/// Why an answer is not there.
pub enum Halt {
    /// More bytes are needed.
    More,
    /// Why the stream cannot be unpacked, in zlib's words.
    Damaged(&'static str),
}

/// Where a reader stands: it may be copied, to go back there.
#[derive(Clone, Copy, Default)]
pub struct Bits {
    /// What was read ahead, the next bit lowest. Above `count` there may be bits of what comes next.
    pub held: u64,
    pub count: u32,
    /// The next byte that was not read ahead.
    pub at: usize,
}

impl Bits {
    /// Reads ahead as far as there are bytes: at least 57 bits, unless the bytes end.
    #[inline]
    pub fn refill(&mut self, bytes: &[u8]) {
        while self.count <= 56 {
            let Some(byte) = bytes.get(self.at) else { return };
            self.held |= u64::from(*byte) << self.count;
            self.count += 8;
            self.at += 1;
        }
    }

    /// The same where 8 bytes are there: at least 56 bits.
    #[inline(always)]
    pub fn refill_fast(&mut self, bytes: &[u8]) {
        let Some(Ok(eight)) = bytes.get(self.at..self.at + 8).map(<[u8; 8]>::try_from) else { return };
        self.held |= u64::from_le_bytes(eight) << self.count;
        self.at += ((63 - self.count) >> 3) as usize;
        self.count |= 56;
    }

    /// Passes over `count` bits that are there: fewer than 64.
    #[inline(always)]
    pub fn drop(&mut self, count: u32) {
        self.held >>= count & 63;
        self.count = self.count.wrapping_sub(count);
    }

    /// The next `count` bits, at most 32.
    pub fn take(&mut self, bytes: &[u8], count: u32) -> Result<u32, Halt> {
        self.refill(bytes);
        if self.count < count {
            return Err(Halt::More);
        }
        let value = self.held & ((1u64 << count) - 1);
        self.drop(count);
        Ok(value as u32)
    }

    /// Passes over what is left of a byte that was begun.
    pub fn align(&mut self) {
        self.drop(self.count % 8);
    }

    /// Gives back the whole bytes that were read ahead.
    pub fn give_back(&mut self) {
        self.at = self.at.saturating_sub((self.count / 8) as usize);
        self.count %= 8;
        self.held &= (1 << self.count) - 1;
    }
}
