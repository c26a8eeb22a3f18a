//! One deflate stream after another (RFC 1951), into one buffer that is used again and again.
//!
//! Most of a file goes through `Inflater::fast`, where neither bytes nor room can run out; what it leaves, `Inflater::careful`
//! reads symbol by symbol, and goes back to where a symbol began when its bits are not all there.

use crate::bits::{Bits, Halt};
use crate::blocks::{Body, Codes};
use crate::huffman::{DISTANCE_BITS, END, LITERAL, LITERAL_BITS, LITERAL_ENTRIES, OTHER};
use crate::symbols::{checked, copy, distance, literal, second, value, NO_DISTANCE, STRIDE};

/// The farthest a distance reaches back, and so what is kept of the output before.
const WINDOW: usize = 32 * 1024;
const LONGEST: usize = 258;
/// What one turn of `fast` may write: some literals and a match.
const FAST_ROOM: usize = LONGEST + STRIDE + 4;
/// What one turn of `fast` may read: 8 bytes, twice.
const FAST_BYTES: usize = 32;

const TOO_FAR: Halt = Halt::Damaged("invalid distance too far back");
const NO_LENGTH: Halt = Halt::Damaged("invalid literal/length code");

enum State {
    /// The head of a block is next.
    Head,
    /// So many bytes are next as they are.
    Stored(usize),
    Packed,
    Ended,
}

pub struct Inflater {
    state: State,
    is_last: bool,
    codes: Codes,
    input: Vec<u8>,
    /// How many bytes of `input` were pushed last.
    pushed: usize,
    bits: Bits,
    output: Vec<u8>,
    /// Output is full from here on.
    full: usize,
    /// What came with the last call, in `output`.
    from: usize,
    to: usize,
    /// The first byte of `output` that is of this stream.
    first: usize,
    /// Why the packed bytes cannot be unpacked, in zlib's words.
    pub failure: Option<&'static str>,
}

/// What comes next in a block.
enum Symbol {
    Literal(u8),
    Match { length: usize, distance: usize },
    End,
}

impl Inflater {
    /// At most `output_bytes` come with one call of `pull`.
    pub fn new(output_bytes: usize) -> Inflater {
        let full = WINDOW + output_bytes.saturating_sub(LONGEST).max(1);
        Inflater {
            state: State::Head,
            is_last: false,
            codes: Codes::new(),
            input: Vec::new(),
            pushed: 0,
            bits: Bits::default(),
            output: vec![0; full + FAST_ROOM],
            full,
            from: WINDOW,
            to: WINDOW,
            first: WINDOW,
            failure: None,
        }
    }

    /// Begins with the next stream.
    pub fn reset(&mut self) {
        self.state = State::Head;
        self.is_last = false;
        self.input.clear();
        self.pushed = 0;
        self.bits = Bits::default();
        self.from = WINDOW;
        self.to = WINDOW;
        self.first = WINDOW;
        self.failure = None;
    }

    /// The next packed bytes. Pull until nothing comes before pushing more.
    pub fn push(&mut self, packed: &[u8]) {
        self.bits.give_back();
        self.input.drain(..self.bits.at);
        self.bits.at = 0;
        self.input.extend_from_slice(packed);
        self.pushed = packed.len();
    }

    /// Of the bytes pushed last, those that belong to the stream: all of them, unless it is ended.
    pub fn used(&self) -> usize {
        self.pushed - if self.is_ended() { (self.input.len() - self.bits.at).min(self.pushed) } else { 0 }
    }

    pub fn is_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// The bytes that came with the last call of `pull`.
    pub fn output(&self) -> &[u8] {
        &self.output[self.from..self.to]
    }

    /// The next plain bytes; none when more input is needed, or at the end.
    pub fn pull(&mut self) -> &[u8] {
        self.keep_window();
        while self.failure.is_none() && self.to < self.full {
            match self.go_on() {
                Ok(()) => {}
                Err(Halt::More) => break,
                Err(Halt::Damaged(reason)) => self.failure = Some(reason),
            }
        }
        self.output()
    }

    /// Moves the end of the output before what comes next.
    fn keep_window(&mut self) {
        if self.to > WINDOW {
            self.output.copy_within(self.to - WINDOW..self.to, 0);
            self.first = self.first.saturating_sub(self.to - WINDOW);
        }
        self.from = WINDOW;
        self.to = WINDOW;
    }

    fn go_on(&mut self) -> Result<(), Halt> {
        match self.state {
            State::Head => self.head(),
            State::Stored(left) => self.stored(left),
            State::Packed => {
                let is_over = self.fast()? || self.careful()?;
                if is_over {
                    self.state = State::Head;
                }
                Ok(())
            }
            State::Ended => Err(Halt::More),
        }
    }

    fn head(&mut self) -> Result<(), Halt> {
        if self.is_last {
            self.bits.give_back();
            self.state = State::Ended;
            return Ok(());
        }
        let before = self.bits;
        match self.codes.head(&mut self.bits, &self.input) {
            Ok((is_last, body)) => {
                self.is_last = is_last;
                self.state = match body {
                    Body::Stored(length) => State::Stored(length),
                    Body::Packed => State::Packed,
                };
                Ok(())
            }
            Err(halt) => {
                self.bits = before;
                Err(halt)
            }
        }
    }

    fn stored(&mut self, left: usize) -> Result<(), Halt> {
        if left == 0 {
            self.state = State::Head;
            return Ok(());
        }
        let at = self.bits.at;
        let count = left.min(self.input.len() - at).min(self.full - self.to);
        if count == 0 {
            return Err(Halt::More);
        }
        self.output[self.to..self.to + count].copy_from_slice(&self.input[at..at + count]);
        self.to += count;
        self.bits.at += count;
        self.state = State::Stored(left - count);
        Ok(())
    }

    /// Reads symbols while there are bytes and room enough for any; true at the end of the block.
    fn fast(&mut self) -> Result<bool, Halt> {
        let Inflater { codes, input, output, first, .. } = self;
        let (literals, distances) = (&*codes.literals, &*codes.distances);
        let (input, output) = (input.as_slice(), output.as_mut_slice());
        let mut bits = self.bits;
        let mut to = self.to;
        let mut ended = Ok(false);
        // In this form the compiler sees that no place in them is outside.
        let (last, full) = (input.len().saturating_sub(FAST_BYTES), output.len().saturating_sub(FAST_ROOM));
        while bits.at < last && to < full {
            bits.refill_fast(input);
            let mut entry = literals[bits.held as usize & ((1 << LITERAL_BITS) - 1)];
            // After three literals of one look-up there are at least 23 bits: too few for a match, so it reads ahead before one.
            if entry & LITERAL != 0 {
                entry = literal(literals, output, &mut bits, &mut to, entry);
                if entry & LITERAL != 0 {
                    entry = literal(literals, output, &mut bits, &mut to, entry);
                    if entry & LITERAL != 0 {
                        literal(literals, output, &mut bits, &mut to, entry);
                        continue;
                    }
                }
                bits.refill_fast(input);
            }
            if entry & OTHER != 0 {
                entry = second(entry, &mut bits, literals, LITERAL_ENTRIES);
                if entry & LITERAL != 0 {
                    literal(literals, output, &mut bits, &mut to, entry);
                    continue;
                }
                if entry & OTHER != 0 {
                    bits.drop(entry & 0xff);
                    ended = if entry & END != 0 { Ok(true) } else { Err(NO_LENGTH) };
                    break;
                }
            }
            let length = value(entry, &mut bits);
            let distance = match distance(distances, &mut bits) {
                Ok(distance) => distance,
                Err(halt) => {
                    ended = Err(halt);
                    break;
                }
            };
            if distance > to - *first {
                ended = Err(TOO_FAR);
                break;
            }
            copy(output, to, distance, length);
            to += length;
        }
        self.bits = bits;
        self.to = to;
        ended
    }

    /// Reads symbols while there is room; true at the end of the block.
    fn careful(&mut self) -> Result<bool, Halt> {
        // With more bytes than these it is for `fast`.
        while self.to < self.full && self.bits.at + FAST_BYTES >= self.input.len() {
            let before = self.bits;
            match self.symbol() {
                Ok(Symbol::Literal(byte)) => {
                    self.output[self.to] = byte;
                    self.to += 1;
                }
                Ok(Symbol::Match { length, distance }) => {
                    if distance > self.to - self.first {
                        return Err(TOO_FAR);
                    }
                    copy(&mut self.output, self.to, distance, length);
                    self.to += length;
                }
                Ok(Symbol::End) => return Ok(true),
                Err(halt) => {
                    self.bits = before;
                    return Err(halt);
                }
            }
        }
        Ok(false)
    }

    fn symbol(&mut self) -> Result<Symbol, Halt> {
        let entry = checked(&mut self.bits, &self.input, &*self.codes.literals, LITERAL_BITS)?;
        if entry & LITERAL != 0 {
            self.bits.drop(entry & 0xff);
            return Ok(Symbol::Literal((entry >> 16) as u8));
        }
        if entry & OTHER != 0 {
            self.bits.drop(entry & 0xff);
            return if entry & END != 0 { Ok(Symbol::End) } else { Err(NO_LENGTH) };
        }
        let length = value(entry, &mut self.bits);
        let entry = checked(&mut self.bits, &self.input, &*self.codes.distances, DISTANCE_BITS)?;
        if entry & OTHER != 0 {
            return Err(NO_DISTANCE);
        }
        Ok(Symbol::Match { length, distance: value(entry, &mut self.bits) })
    }
}
