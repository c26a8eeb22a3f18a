//! One deflate stream after another (RFC 1951), into one buffer that is used again and again.

use zlib_rs::{Inflate, InflateFlush, Status};

/// 32 KiB, the largest window there is.
const WINDOW_BITS: u8 = 15;

pub struct Inflater {
    inflate: Inflate,
    input: Vec<u8>,
    used: usize,
    output: Vec<u8>,
    pub is_ended: bool,
    /// Why the packed bytes cannot be unpacked, in zlib's words.
    pub failure: Option<&'static str>,
}

impl Inflater {
    pub fn new(output_bytes: usize) -> Inflater {
        Inflater {
            inflate: Inflate::new(false, WINDOW_BITS),
            input: Vec::new(),
            used: 0,
            output: vec![0; output_bytes],
            is_ended: false,
            failure: None,
        }
    }

    /// Begins with the next stream.
    pub fn reset(&mut self) {
        self.inflate.reset(false);
        self.input.clear();
        self.used = 0;
        self.is_ended = false;
        self.failure = None;
    }

    /// The next packed bytes. Pull until nothing comes before pushing more.
    pub fn push(&mut self, packed: &[u8]) {
        self.input.clear();
        self.input.extend_from_slice(packed);
        self.used = 0;
    }

    /// Of the bytes pushed last, those that belong to the stream.
    pub fn used(&self) -> usize {
        self.used
    }

    /// The buffer that plain bytes come out in.
    pub fn output(&self) -> &[u8] {
        &self.output
    }

    /// The next plain bytes; none when more input is needed, or at the end.
    pub fn pull(&mut self) -> &[u8] {
        if self.is_ended || self.failure.is_some() {
            return &[];
        }
        let (read, written) = (self.inflate.total_in(), self.inflate.total_out());
        let packed = self.input.get(self.used..).unwrap_or_default();
        let status = self.inflate.decompress(packed, &mut self.output, InflateFlush::NoFlush);
        self.used += (self.inflate.total_in() - read) as usize;
        match status {
            Ok(Status::StreamEnd) => self.is_ended = true,
            Ok(_) => {}
            Err(_) => self.failure = Some(self.inflate.error_message().unwrap_or("damaged")),
        }
        let written = (self.inflate.total_out() - written) as usize;
        self.output.get(..written).unwrap_or_default()
    }
}
