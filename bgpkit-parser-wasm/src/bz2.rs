//! bzip2, streamed: any number of streams end to end, and no byte of a block before its CRC was right.

use bzip2::{Decompress, Error, Status};

const MAGIC: &[u8] = b"BZh";
/// How much output is asked for at a time.
const STEP: usize = 256 * 1024;
const EMPTY: &[u8] = &[];

#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// More may come.
    Open = 0,
    /// After a whole stream.
    Clean = 1,
    /// Zero bytes follow the last stream, as tapes and tar leave them.
    Padding = 2,
    /// Other bytes follow the last stream.
    Garbage = 3,
    /// The input ended inside a stream.
    Truncated = 4,
    /// A block is damaged, or its CRC or that of its stream is wrong.
    Corrupt = 5,
    /// The input does not begin with a bzip2 stream.
    NotBzip2 = 6,
}

#[derive(Default)]
pub struct Bunzip {
    input: Vec<u8>,
    consumed: usize,
    stream: Option<Decompress>,
    /// Output of the block at hand. It is given out only once the block is checked.
    block: Vec<u8>,
    checked: usize,
    /// Given out with the last call: from `given` up to `taken`.
    given: usize,
    taken: usize,
    streams: u32,
    padded: bool,
    finished: bool,
    end: Option<End>,
}

impl Bunzip {
    pub fn push(&mut self, bytes: &[u8]) {
        self.input.drain(..self.consumed);
        self.consumed = 0;
        self.input.extend_from_slice(bytes);
    }

    pub fn finish(&mut self) {
        self.finished = true;
    }

    pub fn streams(&self) -> u32 {
        self.streams
    }

    pub fn end(&self) -> End {
        if self.taken < self.checked {
            End::Open
        } else {
            self.end.unwrap_or(End::Open)
        }
    }

    /// Up to `limit` bytes of checked output; empty when more input is needed, or at the end.
    pub fn pull(&mut self, limit: usize) -> &[u8] {
        while self.taken == self.checked && self.end.is_none() {
            self.block.clear();
            self.checked = 0;
            self.given = 0;
            self.taken = 0;
            match self.advance() {
                Ok(true) => {}
                Ok(false) => break,
                Err(end) => self.end = Some(end),
            }
        }
        self.given = self.taken;
        self.taken = self.checked.min(self.given.saturating_add(limit));
        self.output()
    }

    /// What came with the last call of `pull`.
    pub fn output(&self) -> &[u8] {
        self.block.get(self.given..self.taken).unwrap_or_default()
    }

    /// Decodes the next block, or passes from one stream to the next. `false`: more input is needed.
    fn advance(&mut self) -> Result<bool, End> {
        let Some(stream) = &mut self.stream else {
            return self.open();
        };
        // With no room for output the decoder stops when it has a block, and with no input when it has written and
        // checked the block: so what stands in `block` after this was checked.
        let before = stream.total_in();
        let rest = self.input.get(self.consumed..).unwrap_or_default();
        let filled = stream.decompress(rest, &mut []);
        self.consumed += (stream.total_in() - before) as usize;
        let mut status = filled.map_err(corrupt)?;

        while status != Status::StreamEnd {
            if status == Status::MemNeeded {
                return Err(End::Corrupt);
            }
            self.block.reserve(STEP);
            let room = self.block.capacity() - self.block.len();
            let length = self.block.len();
            status = stream.decompress_vec(EMPTY, &mut self.block).map_err(corrupt)?;
            if self.block.len() - length < room {
                break;
            }
        }
        self.checked = self.block.len();
        if status == Status::StreamEnd {
            self.stream = None;
            self.streams += 1;
            return Ok(true);
        }
        if self.checked > 0 || self.consumed < self.input.len() {
            return Ok(true);
        }
        if self.finished {
            Err(End::Truncated)
        } else {
            Ok(false)
        }
    }

    /// Begins a stream where one begins.
    fn open(&mut self) -> Result<bool, End> {
        let rest = self.input.get(self.consumed..).unwrap_or_default();
        if rest.is_empty() {
            return match (self.finished, self.streams, self.padded) {
                (false, ..) => Ok(false),
                (true, 0, _) => Err(End::NotBzip2),
                (true, _, false) => Err(End::Clean),
                (true, _, true) => Err(End::Padding),
            };
        }
        if !self.padded && rest.starts_with(MAGIC) {
            self.stream = Some(Decompress::new(false));
            return Ok(true);
        }
        if !self.padded && MAGIC.starts_with(rest) && !self.finished {
            return Ok(false);
        }
        if self.streams == 0 {
            return Err(End::NotBzip2);
        }
        if rest.iter().any(|byte| *byte != 0) {
            return Err(End::Garbage);
        }
        self.padded = true;
        self.consumed = self.input.len();
        Ok(true)
    }
}

fn corrupt(_: Error) -> End {
    End::Corrupt
}
