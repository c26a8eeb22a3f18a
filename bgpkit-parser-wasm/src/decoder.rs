//! Records laid end to end, taken one by one: the 12-byte header (RFC 6396 section 2) says where the next one begins,
//! whatever is in this one.

use crate::numbers::{BGP4MP, BGP4MP_ET, TABLE_DUMP, TABLE_DUMP_V2};
use crate::batch::{Batch, Source, NONE};
use crate::problem::Reason;
use crate::table_dump::{self, PeerTable};
use crate::{bgp4mp, frame};
use bgpkit_parser::utils::ReadUtils;
use bytes::Bytes;

const BGP: u16 = 5;

const MICROSECONDS: f64 = 1e6;
const LAST_MICROSECOND: u32 = 999_999;

/// One a stream: it holds the peer index table that the RIB entries of the stream refer to.
#[derive(Default)]
pub struct Decoder {
    peers: Option<PeerTable>,
}

impl Decoder {
    pub fn decode(&mut self, records: Bytes) -> Batch {
        let mut batch = Batch::new();
        if let Some(peers) = &mut self.peers {
            peers.begin_batch();
        }
        let mut offset = 0;
        let mut time = 0.0;
        while offset < records.len() {
            let source = Source { offset: offset as u32, time, peer: NONE, flags: 0 };
            let Some(record) = frame::record(&records.slice(offset..)) else {
                batch.problem(&source, Reason::TornRecord);
                break;
            };
            offset += record.length;
            time = f64::from(record.seconds) * MICROSECONDS;
            batch.records += 1;
            self.record(&mut batch, Source { time, ..source }, record);
        }
        batch
    }

    fn record(&mut self, batch: &mut Batch, mut source: Source, record: frame::Record) {
        let frame::Record { code, subtype, mut body, .. } = record;
        let known = match code {
            BGP => bgp4mp::read_legacy(batch, source, subtype, body),
            TABLE_DUMP => table_dump::read_v1(batch, source, subtype, body),
            TABLE_DUMP_V2 => table_dump::read_v2(batch, &mut self.peers, source, subtype, body),
            BGP4MP => bgp4mp::read(batch, source, subtype, body),
            BGP4MP_ET => match body.read_u32() {
                Ok(microseconds) => {
                    source.time += f64::from(microseconds.min(LAST_MICROSECOND));
                    bgp4mp::read(batch, source, subtype, body)
                }
                Err(_) => {
                    batch.problem(&source, Reason::EmptyRecord);
                    Some(())
                }
            },
            _ => None,
        };
        if known.is_none() {
            *batch.unused.entry((code, subtype)).or_insert(0) += 1;
            batch.problem(&source, Reason::UnusedType);
        }
    }
}
