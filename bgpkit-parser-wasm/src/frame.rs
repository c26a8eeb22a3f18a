//! Where a record ends.

use crate::numbers::{MRT_HEADER, TABLE_DUMP};
use bgpkit_parser::utils::ReadUtils;
use bytes::Bytes;


pub struct Record {
    pub seconds: u32,
    pub code: u16,
    pub subtype: u16,
    pub body: Bytes,
    /// Header and body, in bytes.
    pub length: usize,
}

/// `None` when the bytes end before the record does.
pub fn record(bytes: &Bytes) -> Option<Record> {
    let mut head = bytes.clone();
    let seconds = head.read_u32().ok()?;
    let code = head.read_u16().ok()?;
    let subtype = head.read_u16().ok()?;
    let mut length = head.read_u32().ok()? as usize;
    let body = head.get(..length)?;
    if code == TABLE_DUMP && is_four_short(subtype, body) && head.len() >= length + 4 {
        length += 4;
    }
    Some(Record { seconds, code, subtype, body: head.slice(..length), length: MRT_HEADER + length })
}

/// RIS wrote batched TABLE_DUMP records in 2000 whose declared length is four bytes short: the head of view and sequence
/// number was not counted. The last entry then ends exactly four bytes beyond. (bgpkit-parser has the same rule.)
fn is_four_short(subtype: u16, body: &[u8]) -> bool {
    let fixed = match subtype {
        1 => 18,
        2 => 42,
        _ => return false,
    };
    let mut at = 4;
    while at < body.len() {
        let Some(&[high, low]) = body.get(at + fixed - 2..at + fixed) else {
            return false;
        };
        let end = at + fixed + usize::from(u16::from_be_bytes([high, low]));
        if end == body.len() + 4 {
            return true;
        }
        if end > body.len() {
            return false;
        }
        at = end;
    }
    false
}
