//! The JavaScript interface. Every array that leaves is a copy: nothing points into WebAssembly memory.

use crate::batch::{Batch, Session};
use crate::decoder::Decoder;
use crate::problem::Reason;
use js_sys::{Array, Float64Array, Object, Reflect, Uint32Array, Uint8Array};
use std::net::IpAddr;
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

    /// Decodes whole MRT records laid end to end. Takes any bytes; what is wrong with them stands in `problems`.
    #[wasm_bindgen(unchecked_return_type = "Batch")]
    pub fn decode(&mut self, records: Vec<u8>) -> Object {
        object(&self.decoder.decode(records.into()))
    }
}

/// What a `problemReason` means, for people.
#[wasm_bindgen(js_name = reasonText)]
pub fn reason_text(reason: u8) -> String {
    Reason::ALL.get(usize::from(reason)).map_or_else(String::new, |reason| reason.text().to_owned())
}

fn object(batch: &Batch) -> Object {
    let bytes = |values: &[u8]| Uint8Array::from(values).into();
    let words = |values: &[u32]| Uint32Array::from(values).into();
    let floats = |values: &[f64]| Float64Array::from(values).into();
    let problems = &batch.problems;
    let column = |of: fn(&crate::batch::Problem) -> u32| words(&problems.iter().map(of).collect::<Vec<_>>());
    let fields: [(&str, JsValue); 20] = [
        ("records", batch.records.into()),
        ("rows", (batch.kind.len() as u32).into()),
        ("kind", bytes(&batch.kind)),
        ("flags", bytes(&batch.flags)),
        ("time", floats(&batch.time)),
        ("peer", words(&batch.peer)),
        ("prefix", words(&batch.prefix)),
        ("path", words(&batch.path)),
        ("detail", words(&batch.detail)),
        ("offset", words(&batch.offset)),
        ("prefixes", bytes(&batch.prefixes)),
        ("pathStarts", words(&batch.path_starts)),
        ("pathWords", words(&batch.path_words)),
        ("peers", sessions(batch).into()),
        ("problemOffset", column(|problem| problem.offset)),
        ("problemPeer", column(|problem| problem.peer)),
        ("problemTime", floats(&problems.iter().map(|problem| problem.time).collect::<Vec<_>>())),
        ("problemReason", bytes(&problems.iter().map(|problem| problem.reason as u8).collect::<Vec<_>>())),
        (
            "problemTreatment",
            bytes(&problems.iter().map(|problem| problem.reason.treatment() as u8).collect::<Vec<_>>()),
        ),
        ("unused", words(&unused(batch))),
    ];
    let object = Object::new();
    for (name, value) in fields {
        // Setting a property of a fresh plain object cannot fail.
        let _ = Reflect::set(&object, &name.into(), &value);
    }
    object
}

fn unused(batch: &Batch) -> Vec<u32> {
    let triple = |((code, subtype), count): (&(u16, u16), &u32)| [u32::from(*code), u32::from(*subtype), *count];
    batch.unused.iter().flat_map(triple).collect()
}

fn sessions(batch: &Batch) -> Array {
    batch.sessions.iter().zip(&batch.heard).map(|(session, heard)| peer(session, *heard)).collect()
}

fn peer(session: &Session, is_heard: bool) -> Object {
    let object = Object::new();
    let fields: [(&str, JsValue); 5] = [
        ("address", address(session.address).into()),
        ("asn", session.asn.into()),
        ("localAddress", address(session.local_address).into()),
        ("localAsn", session.local_asn.into()),
        ("isHeard", is_heard.into()),
    ];
    for (name, value) in fields {
        let _ = Reflect::set(&object, &name.into(), &value);
    }
    object
}

fn address(address: IpAddr) -> Uint8Array {
    match address {
        IpAddr::V4(address) => Uint8Array::from(address.octets().as_slice()),
        IpAddr::V6(address) => Uint8Array::from(address.octets().as_slice()),
    }
}
