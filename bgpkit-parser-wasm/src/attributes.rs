//! Path attributes (RFC 4271 section 4.3), walked strictly; only those that say something about routes are read.
//!
//! bgpkit-parser's own walk stops without a word at an attribute that reaches beyond the others, and parses
//! every attribute there is. Here the rest are opaque bytes: what we do not use cannot hurt (RFC 7606 section 2).

use crate::numbers::{EXTENDED_LENGTH, MP_REACH, MP_UNREACH};
use crate::problem::Reason;
use bgpkit_parser::utils::ReadUtils;
use bytes::Bytes;

const ORIGIN: u8 = 1;
const AS_PATH: u8 = 2;
const NEXT_HOP: u8 = 3;
const AGGREGATOR: u8 = 7;
const COMMUNITIES: u8 = 8;
const AS4_PATH: u8 = 17;
const AS4_AGGREGATOR: u8 = 18;

const OPTIONAL: u8 = 0x80;
/// The last type that IANA had assigned when this was written; below it nothing is unknown.
const LAST_ASSIGNED: u8 = 42;
const AS_TRANS: [u8; 2] = 23456u16.to_be_bytes();

#[derive(Default)]
pub struct Attributes {
    /// With its header, as bgpkit-parser reads it.
    pub as_path: Option<Bytes>,
    /// With its header. Absent where RFC 6793 section 4.2.3 says to ignore it.
    pub as4_path: Option<Bytes>,
    pub mp_reach: Option<Bytes>,
    pub mp_unreach: Option<Bytes>,
    pub has_origin: bool,
    pub has_next_hop: bool,
    pub count: usize,
    has_as4_aggregator: bool,
    aggregator_is_trans: Option<bool>,
    /// The first fault for which a router would withdraw the routes.
    pub fault: Option<Reason>,
}

/// `four`: AS numbers have four octets (RFC 6793); there an AS4_PATH means nothing (section 4.1).
pub fn walk(mut data: Bytes, four: bool) -> Result<Attributes, Reason> {
    let mut found = Attributes::default();
    let mut seen = [0u64; 4];

    while !data.is_empty() {
        let whole = data.clone();
        let (flags, code, length) = header(&mut data)?;
        if data.len() < length {
            return Err(Reason::AttributeLength);
        }
        let value = data.split_to(length);
        let with_header = whole.slice(..whole.len() - data.len());
        found.count += 1;

        let word = &mut seen[usize::from(code >> 6)];
        let bit = 1u64 << (code & 63);
        if *word & bit != 0 {
            if matches!(code, MP_REACH | MP_UNREACH) {
                return Err(Reason::MpTwice);
            }
            continue; // The first one counts (RFC 7606 section 3.g).
        }
        *word |= bit;

        found.take(flags, code, value, with_header, four);
    }

    if found.has_as4_aggregator && found.aggregator_is_trans == Some(false) {
        found.as4_path = None;
    }
    Ok(found)
}

fn header(data: &mut Bytes) -> Result<(u8, u8, usize), Reason> {
    let read = |data: &mut Bytes| {
        let flags = data.read_u8()?;
        let code = data.read_u8()?;
        let length = if flags & EXTENDED_LENGTH == 0 { data.read_u8()?.into() } else { data.read_u16()?.into() };
        Ok::<_, bgpkit_parser::ParserError>((flags, code, length))
    };
    read(data).map_err(|_| Reason::AttributeLength)
}

impl Attributes {
    fn take(&mut self, flags: u8, code: u8, value: Bytes, with_header: Bytes, four: bool) {
        match code {
            ORIGIN => {
                self.has_origin = true;
                self.check(matches!(value.as_ref(), [0..=2]), Reason::Origin);
            }
            AS_PATH => self.as_path = Some(with_header),
            NEXT_HOP => {
                self.has_next_hop = true;
                self.check(value.len() == 4, Reason::NextHop);
            }
            AGGREGATOR if !four => self.aggregator_is_trans = value.get(..2).map(|asn| asn == AS_TRANS),
            COMMUNITIES => self.check(value.len().is_multiple_of(4), Reason::Communities),
            MP_REACH => self.mp_reach = Some(value),
            MP_UNREACH => self.mp_unreach = Some(value),
            AS4_PATH if !four => self.as4_path = Some(with_header),
            AS4_AGGREGATOR => self.has_as4_aggregator = true,
            _ => self.check(flags & OPTIONAL != 0 || code <= LAST_ASSIGNED, Reason::WellKnown),
        }
    }

    fn check(&mut self, holds: bool, reason: Reason) {
        if !holds && self.fault.is_none() {
            self.fault = Some(reason);
        }
    }
}
