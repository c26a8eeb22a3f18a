//! UPDATE messages (RFC 4271 section 4.3, RFC 4760, RFC 7606). A message is read whole or not at all: half of one would
//! be a withdrawal that nobody sent, or a route that nobody has.

use crate::attributes::{self, Attributes};
use crate::batch::{Batch, Kind, Source, MULTICAST, NONE};
use crate::nlri;
use crate::path;
use crate::problem::{Reason, Treatment};
use bgpkit_parser::models::{Afi, NetworkPrefix};
use bgpkit_parser::utils::ReadUtils;
use bytes::Bytes;

/// How the session writes its messages.
#[derive(Clone, Copy)]
pub struct Dialect {
    /// AS numbers have four octets (RFC 6793).
    pub four: bool,
    /// NLRI carry path identifiers (RFC 7911).
    pub add_path: bool,
}

pub struct Update {
    /// From the withdrawn routes' length on.
    pub body: Bytes,
    pub dialect: Dialect,
    /// The peer's AS is not the collector's.
    pub is_external: bool,
    /// The record ends before the message does.
    pub is_cut: bool,
}

struct Parts {
    withdrawn: Bytes,
    attributes: Attributes,
    announced: Bytes,
}

/// One MP_REACH_NLRI or MP_UNREACH_NLRI of a family we read.
struct MpNlri {
    afi: Afi,
    is_multicast: bool,
    nlri: Bytes,
}

pub fn read(batch: &mut Batch, source: &Source, update: Update) {
    let start = batch.mark();
    if let Err(reason) = apply(batch, source, &update) {
        if reason.treatment() == Treatment::PeerUnknown {
            batch.back_to(start);
        }
        batch.problem(source, reason);
    } else if update.is_cut {
        batch.problem(source, Reason::MessageLength);
    }
}

fn apply(batch: &mut Batch, source: &Source, update: &Update) -> Result<(), Reason> {
    let parts = split(update)?;
    let reach = parts.attributes.mp_reach.clone().map(mp_reach).transpose()?.flatten();
    let unreach = parts.attributes.mp_unreach.clone().map(mp_unreach).transpose()?.flatten();
    if let Some(family) = end_of_rib(&parts, unreach.as_ref(), update.is_cut) {
        batch.fact(source, Kind::EndOfRib, family);
        return Ok(());
    }

    withdraw(batch, source, update, &parts, unreach)?;
    if parts.announced.is_empty() && reach.as_ref().is_none_or(|mp| mp.nlri.is_empty()) {
        return Ok(());
    }
    let withdrawn = batch.mark();
    let path = path_of(batch, source, &parts, update);
    announce(batch, source, update, parts.announced, reach, path.unwrap_or(NONE))?;
    // Only now: NLRI that cannot be read are worse than a route that is not known.
    path.map(|_| ()).inspect_err(|_| batch.back_to(withdrawn))
}

fn withdraw(
    batch: &mut Batch,
    source: &Source,
    update: &Update,
    parts: &Parts,
    unreach: Option<MpNlri>,
) -> Result<(), Reason> {
    let add_path = update.dialect.add_path;
    let withdrawal = |batch: &mut Batch, source: &Source, prefix: NetworkPrefix| {
        let id = batch.prefix(&prefix);
        batch.row(source, Kind::Withdrawal, id, NONE, prefix.path_id);
    };
    nlri::read(parts.withdrawn.clone(), Afi::Ipv4, add_path, |prefix| withdrawal(batch, source, prefix))?;
    let Some(mp) = unreach else {
        return Ok(());
    };
    let source = &mp.source(source);
    nlri::read(mp.nlri, mp.afi, add_path, |prefix| withdrawal(batch, source, prefix))
}

fn announce(
    batch: &mut Batch,
    source: &Source,
    update: &Update,
    announced: Bytes,
    reach: Option<MpNlri>,
    path: u32,
) -> Result<(), Reason> {
    let add_path = update.dialect.add_path;
    let announcement = |batch: &mut Batch, source: &Source, prefix: NetworkPrefix| {
        let id = batch.prefix(&prefix);
        batch.row(source, Kind::Announcement, id, path, prefix.path_id);
    };
    let end = nlri::read(announced, Afi::Ipv4, add_path, |prefix| announcement(batch, source, prefix));
    if let Some(mp) = reach {
        let source = &mp.source(source);
        nlri::read(mp.nlri, mp.afi, add_path, |prefix| announcement(batch, source, prefix))?;
    }
    match end {
        // The last prefix is torn: those before it are not.
        Err(Reason::NlriTail) => {
            if !update.is_cut {
                batch.problem(source, Reason::NlriTail);
            }
            Ok(())
        }
        end => end,
    }
}

fn split(update: &Update) -> Result<Parts, Reason> {
    let mut rest = update.body.clone();
    let withdrawn = sized(&mut rest).ok_or(Reason::WithdrawnLength)?;
    let attributes = sized(&mut rest).ok_or(Reason::AttributesLength)?;
    let attributes = attributes::walk(attributes, update.dialect.four)?;
    Ok(Parts { withdrawn, attributes, announced: rest })
}

fn sized(rest: &mut Bytes) -> Option<Bytes> {
    let length = usize::from(rest.read_u16().ok()?);
    (rest.len() >= length).then(|| rest.split_to(length))
}

/// RFC 4724 section 2.
fn end_of_rib(parts: &Parts, unreach: Option<&MpNlri>, is_cut: bool) -> Option<u32> {
    if is_cut || !parts.withdrawn.is_empty() || !parts.announced.is_empty() {
        return None;
    }
    match (parts.attributes.count, unreach) {
        (0, _) => Some(4),
        (1, Some(mp)) if mp.nlri.is_empty() && !mp.is_multicast => Some(if mp.afi == Afi::Ipv4 { 4 } else { 6 }),
        _ => None,
    }
}

/// The routes' path, or why they are unknown.
fn path_of(batch: &mut Batch, source: &Source, parts: &Parts, update: &Update) -> Result<u32, Reason> {
    let attributes = &parts.attributes;
    if let Some(fault) = attributes.fault {
        return Err(fault);
    }
    let needs_next_hop = !parts.announced.is_empty();
    if !attributes.has_origin || (needs_next_hop && !attributes.has_next_hop) {
        return Err(Reason::Missing);
    }
    let path = path::of(batch, attributes, update.dialect.four)?;
    if path.is_empty && update.is_external {
        return Err(Reason::EmptyAsPath);
    }
    if path.as4_discarded {
        batch.problem(source, Reason::As4Path);
    }
    Ok(path.id)
}

fn mp_reach(mut value: Bytes) -> Result<Option<MpNlri>, Reason> {
    let family = family(&mut value)?;
    let length = usize::from(value.read_u8().map_err(|_| Reason::MpAttribute)?);
    let Some((afi, is_multicast)) = family else {
        return Ok(None);
    };
    if !matches!(length, 4 | 16 | 24 | 32 | 48) {
        return Err(Reason::MpNextHop);
    }
    // The octet after the next hop is reserved and ignored (RFC 4760 section 3).
    if value.len() <= length {
        return Err(Reason::MpAttribute);
    }
    let nlri = value.slice(length + 1..);
    Ok(Some(MpNlri { afi, is_multicast, nlri }))
}

fn mp_unreach(mut value: Bytes) -> Result<Option<MpNlri>, Reason> {
    let family = family(&mut value)?;
    Ok(family.map(|(afi, is_multicast)| MpNlri { afi, is_multicast, nlri: value }))
}

/// Unicast and multicast of IPv4 and IPv6 (SAFI 3, once both, is RFC 2858's); of others the attribute is not ours.
fn family(value: &mut Bytes) -> Result<Option<(Afi, bool)>, Reason> {
    let afi = value.read_u16().map_err(|_| Reason::MpAttribute)?;
    let safi = value.read_u8().map_err(|_| Reason::MpAttribute)?;
    let afi = match afi {
        1 => Afi::Ipv4,
        2 => Afi::Ipv6,
        _ => return Ok(None),
    };
    Ok(matches!(safi, 1..=3).then_some((afi, safi == 2)))
}

impl MpNlri {
    fn source(&self, source: &Source) -> Source {
        let flag = if self.is_multicast { MULTICAST } else { 0 };
        Source { flags: source.flags | flag, ..*source }
    }
}
