//! BGP4MP and BGP4MP_ET records (RFC 6396 sections 4.4 and 4.5, RFC 8050 section 3) and the obsolete type 5, BGP.

use crate::numbers::{BGP_HEADER, MARKER, UPDATE};
use crate::batch::{Batch, Kind, Session, Source, LOCAL};
use crate::problem::Reason;
use crate::table_dump;
use crate::update::{self, Dialect, Update};
use bgpkit_parser::models::{Afi, Bgp4MpType};
use bgpkit_parser::utils::ReadUtils;
use bgpkit_parser::ParserError;
use bytes::Bytes;
use std::net::{IpAddr, Ipv4Addr};

/// BGP4MP_ENTRY: one route of a table, from before TABLE_DUMP_V2 (RFC 6396 appendix B.4). OpenBGPD's "table-mp".
const BGP4MP_ENTRY: u16 = 2;
/// Idle to Established, and Quagga's Clearing (7) and Deleted (8).
const LAST_STATE: u16 = 8;

/// What a subtype says about its records.
struct Form {
    four: bool,
    add_path: bool,
    is_local: bool,
    is_state: bool,
}

impl Form {
    fn of(subtype: u16) -> Option<Form> {
        use Bgp4MpType::*;
        let kind = Bgp4MpType::try_from(subtype).ok()?;
        Some(Form {
            four: matches!(
                kind,
                StateChangeAs4 | MessageAs4 | MessageAs4Local | MessageAs4Addpath | MessageLocalAs4Addpath
            ),
            add_path: subtype >= MessageAddpath as u16,
            is_local: matches!(kind, MessageLocal | MessageAs4Local | MessageLocalAddpath | MessageLocalAs4Addpath),
            is_state: matches!(kind, StateChange | StateChangeAs4),
        })
    }
}

/// `None` when the subtype is not one of ours.
pub fn read(batch: &mut Batch, source: Source, subtype: u16, body: Bytes) -> Option<()> {
    if subtype == BGP4MP_ENTRY {
        return entry(batch, source, body).map_or_else(|reason| fail(batch, &source, reason), Some);
    }
    let form = Form::of(subtype)?;
    let source = Source { flags: if form.is_local { LOCAL } else { 0 }, ..source };
    let mut rest = body;
    let session = match envelope(&mut rest, &form) {
        Ok(session) => session,
        Err((reason, session)) => {
            let peer = session.map_or(source.peer, |session| batch.session(session));
            return fail(batch, &Source { peer, ..source }, reason);
        }
    };
    let source = Source { peer: batch.session(session), ..source };
    if !form.is_state && !form.is_local {
        batch.heard(source.peer);
    }
    let is_external = session.asn != session.local_asn;
    let result = match form.is_state {
        true => state_change(batch, &source, rest),
        false => message(batch, &source, &form, is_external, rest),
    };
    result.map_or_else(|reason| fail(batch, &source, reason), Some)
}

/// Type 5 (RFC 6396 appendix B.2), as RIS wrote it until 2000: messages without their header, two-octet AS numbers.
pub fn read_legacy(batch: &mut Batch, source: Source, subtype: u16, body: Bytes) -> Option<()> {
    const LEGACY_UPDATE: u16 = 1;
    const LEGACY_STATE_CHANGE: u16 = 3;
    let mut rest = body;
    match subtype {
        LEGACY_UPDATE | LEGACY_STATE_CHANGE => {}
        5..=7 => return Some(()), // OPEN, NOTIFY, KEEPALIVE
        _ => return None,
    }
    let Ok((asn, address)) = legacy_end(&mut rest) else {
        return fail(batch, &source, Reason::EmptyRecord);
    };
    let session = Session { asn, address, local_asn: 0, local_address: UNSPECIFIED };
    if subtype == LEGACY_STATE_CHANGE {
        let source = Source { peer: batch.session(session), ..source };
        return state_change(batch, &source, rest).map_or_else(|reason| fail(batch, &source, reason), Some);
    }
    let local = legacy_end(&mut rest);
    let (local_asn, local_address) = *local.as_ref().unwrap_or(&(0, UNSPECIFIED));
    let source = Source { peer: batch.session(Session { local_asn, local_address, ..session }), ..source };
    batch.heard(source.peer);
    if local.is_err() {
        return fail(batch, &source, Reason::Envelope);
    }
    let dialect = Dialect { four: false, add_path: false };
    let is_external = asn != local_asn;
    update::read(batch, &source, Update { body: rest, dialect, is_external, is_cut: false });
    Some(())
}

const UNSPECIFIED: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

fn legacy_end(rest: &mut Bytes) -> Result<(u32, IpAddr), ParserError> {
    Ok((rest.read_u16()?.into(), IpAddr::V4(rest.read_ipv4_address()?)))
}

/// Always `Some`: the record was ours, and is accounted for.
fn fail(batch: &mut Batch, source: &Source, reason: Reason) -> Option<()> {
    batch.problem(source, reason);
    Some(())
}

/// RFC 6396 section 4.4.1. Zebra left out all between the AS numbers and the states or the OPEN
/// message, and FRR still does for a connection that is no peer's yet.
fn envelope(rest: &mut Bytes, form: &Form) -> Result<Session, (Reason, Option<Session>)> {
    let Form { four, is_state, .. } = *form;
    let asn = |rest: &mut Bytes| if four { rest.read_u32() } else { rest.read_u16().map(u32::from) };
    let asns = (asn(rest).ok(), asn(rest).ok());
    let (Some(asn), Some(local_asn)) = asns else {
        return Err((Reason::EmptyRecord, None));
    };
    let unnamed = Session { asn, local_asn, address: UNSPECIFIED, local_address: UNSPECIFIED };
    if is_state && rest.len() == 4 || !is_state && !four && rest.starts_with(&MARKER) {
        return Ok(unnamed);
    }
    let ends = |rest: &mut Bytes| {
        rest.read_u16()?; // The interface index says nothing about routes.
        let afi = match rest.read_u16()? {
            1 => Afi::Ipv4,
            2 => Afi::Ipv6,
            _ => return Ok(None),
        };
        Ok::<_, ParserError>(Some((rest.read_address(&afi)?, rest.read_address(&afi)?)))
    };
    match ends(rest) {
        Ok(Some((address, local_address))) => Ok(Session { address, local_address, ..unnamed }),
        Ok(None) => Err((Reason::AddressFamily, Some(unnamed))),
        Err(_) => Err((Reason::Envelope, Some(unnamed))),
    }
}

fn state_change(batch: &mut Batch, source: &Source, mut rest: Bytes) -> Result<(), Reason> {
    let old = rest.read_u16().map_err(|_| Reason::Envelope)?;
    let new = rest.read_u16().map_err(|_| Reason::Envelope)?;
    if old > LAST_STATE || new > LAST_STATE {
        return Err(Reason::State);
    }
    batch.fact(source, Kind::PeerState, u32::from(old) << 16 | u32::from(new));
    Ok(())
}

/// RFC 4271 section 4.1. Only an UPDATE tells of routes.
fn message(batch: &mut Batch, source: &Source, form: &Form, is_external: bool, data: Bytes) -> Result<(), Reason> {
    if data.len() < BGP_HEADER {
        return Err(Reason::Envelope);
    }
    if data.get(..16) != Some(&MARKER) {
        return Err(Reason::Marker);
    }
    let mut rest = data.slice(16..);
    let length = usize::from(rest.read_u16().map_err(|_| Reason::Envelope)?);
    match rest.read_u8().map_err(|_| Reason::Envelope)? {
        UPDATE => {}
        1 | 3..=5 => return Ok(()), // OPEN, NOTIFICATION, KEEPALIVE, ROUTE-REFRESH
        _ => return Err(Reason::UnknownMessage),
    }
    if length < BGP_HEADER {
        return Err(Reason::MessageLength);
    }
    let is_cut = data.len() < length;
    let body = if is_cut { rest } else { data.slice(BGP_HEADER..length) };
    update::read(
        batch,
        source,
        Update { body, dialect: Dialect { four: form.four, add_path: form.add_path }, is_external, is_cut },
    );
    if data.len() > length {
        Err(Reason::MessageLength)
    } else {
        Ok(())
    }
}

fn entry(batch: &mut Batch, source: Source, mut rest: Bytes) -> Result<(), Reason> {
    let form = Form { four: false, add_path: false, is_local: false, is_state: false };
    // OpenBGPD, the only known writer, puts its own end first, as in its state records; the draft names no order.
    let ends = envelope(&mut rest, &form).map_err(|(reason, _)| reason)?;
    let session = Session {
        address: ends.local_address,
        asn: ends.local_asn,
        local_address: ends.address,
        local_asn: ends.asn,
    };
    let source = Source { peer: batch.session(session), ..source };
    batch.heard(source.peer);
    let head = |rest: &mut Bytes| {
        rest.read_u32()?; // View and status.
        rest.read_u32()?; // When the route was learned; a dump tells what is there now.
        let family = (rest.read_u16()?, rest.read_u8()?);
        let next_hop = usize::from(rest.read_u8()?);
        rest.has_n_remaining(next_hop)?;
        drop(rest.split_to(next_hop));
        Ok::<_, ParserError>(family)
    };
    let (afi, safi) = head(&mut rest).map_err(|_| Reason::Envelope)?;
    let afi = match (afi, safi) {
        (1, 1 | 2) => Afi::Ipv4,
        (2, 1 | 2) => Afi::Ipv6,
        _ => return Err(Reason::UnusedFamily),
    };
    let source = Source { flags: table_dump::flags(safi == 2), ..source };
    let prefix = rest.read_nlri_prefix(&afi, false).map_err(|_| Reason::Nlri)?;
    let prefix = batch.prefix(&prefix);
    let attributes = table_dump::sized_attributes(&mut rest).ok_or(Reason::Envelope)?;
    table_dump::route(batch, &source, prefix, None, attributes, false);
    Ok(())
}
