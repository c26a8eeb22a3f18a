//! The JavaScript interface. Every array that leaves is a copy: nothing points into WebAssembly memory.

use crate::decoder::Decoder;
use crate::packed::packed;
use crate::problem::Reason;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.ts");

#[wasm_bindgen]
#[derive(Default)]
pub struct MrtDecoder {
    decoder: Decoder,
}

#[wasm_bindgen]
impl MrtDecoder {
    /// One a file or stream: it holds the peer index table that the file's RIB entries refer to.
    #[wasm_bindgen(constructor)]
    pub fn new() -> MrtDecoder {
        MrtDecoder::default()
    }

    /// Decodes whole MRT records laid end to end. Takes any bytes; what is wrong with them stands among the problems.
    /// Returns columns, packed as `packed.rs` describes.
    pub fn decode(&mut self, records: Vec<u8>) -> Vec<u8> {
        packed(&self.decoder.decode(records.into()))
    }
}

/// What a `problemReason` means, for people.
#[wasm_bindgen(js_name = reasonText)]
pub fn reason_text(reason: u8) -> String {
    Reason::ALL.get(usize::from(reason)).map_or_else(String::new, |reason| reason.text().to_owned())
}
