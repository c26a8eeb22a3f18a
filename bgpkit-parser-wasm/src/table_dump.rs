//! RIB dumps: TABLE_DUMP (RFC 6396 section 4.2) and TABLE_DUMP_V2 (section 4.3, RFC 8050 section 4).
//!
//! The time of a route is that of its record, when the collector dumped it. When it was learned is not read.

use crate::attributes;
use crate::batch::{Batch, Kind, Session, Source, MULTICAST, NONE};
use crate::path::{self, KnownPath};
use crate::problem::Reason;
use bgpkit_parser::models::{Afi, NetworkPrefix, PeerIndexTable, TableDumpV2Message};
use bgpkit_parser::parse_table_dump_v2_message;
use bgpkit_parser::utils::ReadUtils;
use bgpkit_parser::ParserError;
use bytes::Bytes;
use std::net::{IpAddr, Ipv4Addr};

const PEER_INDEX_TABLE: u16 = 1;
/// RFC 6397: where the peers are on earth.
const GEO_PEER_TABLE: u16 = 7;
const RIB_GENERIC: u16 = 6;
const RIB_GENERIC_ADDPATH: u16 = 12;

/// The peers that the RIB entries of a file count on.
pub struct PeerTable {
    sessions: Vec<Session>,
    /// Index into the batch's sessions, or `NONE`; of this batch only.
    ids: Vec<u32>,
}

impl PeerTable {
    fn new(table: PeerIndexTable) -> PeerTable {
        let count = table.id_peer_map.len();
        let sessions: Vec<Session> = (0..count)
            .filter_map(|index| table.id_peer_map.get(&(index as u16)))
            .map(|peer| Session {
                address: peer.peer_ip,
                asn: peer.peer_asn.to_u32(),
                local_address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
                local_asn: 0,
            })
            .collect();
        PeerTable { ids: vec![NONE; sessions.len()], sessions }
    }

    pub fn begin_batch(&mut self) {
        self.ids.fill(NONE);
    }

    fn id(&mut self, batch: &mut Batch, index: u16) -> Option<u32> {
        let id = self.ids.get_mut(usize::from(index))?;
        if *id == NONE {
            *id = batch.session(*self.sessions.get(usize::from(index))?);
            batch.heard(*id);
        }
        Some(*id)
    }
}

pub fn flags(is_multicast: bool) -> u8 {
    if is_multicast {
        MULTICAST
    } else {
        0
    }
}

/// The family of a RIB record, where it is one that we read.
struct Family {
    afi: Afi,
    is_multicast: bool,
    add_path: bool,
}

pub fn read_v2(
    batch: &mut Batch,
    table: &mut Option<PeerTable>,
    source: Source,
    subtype: u16,
    mut body: Bytes,
) -> Option<()> {
    if subtype == PEER_INDEX_TABLE {
        // A table replaces the one before it once it has parsed whole.
        match parse_table_dump_v2_message(subtype, body) {
            Ok(TableDumpV2Message::PeerIndexTable(parsed)) => {
                let peers = table.insert(PeerTable::new(parsed));
                (0..peers.sessions.len()).for_each(|index| _ = peers.id(batch, index as u16));
            }
            _ => batch.problem(&source, Reason::PeerTable),
        }
        return Some(());
    }
    let (family, prefix) = match head(&mut body, subtype) {
        Ok(Some(head)) => head,
        Ok(None) if subtype == GEO_PEER_TABLE || subtype > RIB_GENERIC_ADDPATH || subtype == 0 => return None,
        Ok(None) => {
            batch.problem(&source, Reason::UnusedFamily);
            return Some(());
        }
        Err(_) => {
            batch.problem(&source, Reason::RibEntries);
            return Some(());
        }
    };
    let Some(table) = table else {
        batch.problem(&source, Reason::NoPeerTable);
        return Some(());
    };
    let source = Source { flags: flags(family.is_multicast), ..source };
    let prefix = batch.prefix(&prefix);
    if entries(batch, table, &source, prefix, family.add_path, body).is_none() {
        batch.problem(&source, Reason::RibEntries);
    }
    Some(())
}

fn head(body: &mut Bytes, subtype: u16) -> Result<Option<(Family, NetworkPrefix)>, ParserError> {
    let family = |afi, is_multicast, add_path| Family { afi, is_multicast, add_path };
    let known = match subtype {
        2 => family(Afi::Ipv4, false, false),
        3 => family(Afi::Ipv4, true, false),
        4 => family(Afi::Ipv6, false, false),
        5 => family(Afi::Ipv6, true, false),
        8 => family(Afi::Ipv4, false, true),
        9 => family(Afi::Ipv4, true, true),
        10 => family(Afi::Ipv6, false, true),
        11 => family(Afi::Ipv6, true, true),
        RIB_GENERIC | RIB_GENERIC_ADDPATH => {
            body.read_u32()?; // Sequence number.
            let add_path = subtype == RIB_GENERIC_ADDPATH;
            let known = match (body.read_u16()?, body.read_u8()?) {
                (1, safi @ (1 | 2)) => family(Afi::Ipv4, safi == 2, add_path),
                (2, safi @ (1 | 2)) => family(Afi::Ipv6, safi == 2, add_path),
                _ => return Ok(None),
            };
            let prefix = body.read_nlri_prefix(&known.afi, false)?;
            return Ok(Some((known, prefix)));
        }
        _ => return Ok(None),
    };
    body.read_u32()?; // Sequence number.
    let prefix = body.read_nlri_prefix(&known.afi, false)?;
    Ok(Some((known, prefix)))
}

/// `None` when the entries do not end where the record does. Nothing is allocated for the count they declare.
fn entries(
    batch: &mut Batch,
    table: &mut PeerTable,
    source: &Source,
    prefix: u32,
    add_path: bool,
    mut body: Bytes,
) -> Option<()> {
    let count = body.read_u16().ok()?;
    for _ in 0..count {
        let index = body.read_u16().ok()?;
        body.read_u32().ok()?; // When the route was learned.
        let path_id = if add_path { Some(body.read_u32().ok()?) } else { None };
        let attributes = sized_attributes(&mut body)?;
        match table.id(batch, index) {
            Some(peer) => route(batch, &Source { peer, ..*source }, prefix, path_id, attributes, true),
            None => batch.problem(source, Reason::PeerIndex),
        }
    }
    body.is_empty().then_some(())
}

pub fn sized_attributes(rest: &mut Bytes) -> Option<Bytes> {
    let length = usize::from(rest.read_u16().ok()?);
    (rest.len() >= length).then(|| rest.split_to(length))
}

/// One route of a dump: the prefix stands before it, so its MP_REACH_NLRI is not read, be it the short form of RFC 6396
/// section 4.3.4 or the whole one that RIS wrote. A route of the collector itself has an empty path.
pub fn route(batch: &mut Batch, source: &Source, prefix: u32, path_id: Option<u32>, attributes: Bytes, four: bool) {
    let path = attributes::walk(attributes, four).and_then(|found| match found.as_path {
        // BIRD dumps the collector's own routes as those of a peer 0.0.0.0, without an AS_PATH.
        None if batch.is_unspecified(source.peer) => Ok(KnownPath::empty(batch)),
        _ => path::of(batch, &found, four),
    });
    match path {
        Ok(path) => {
            if path.as4_discarded {
                batch.problem(source, Reason::As4Path);
            }
            batch.row(source, Kind::Rib, prefix, path.id, path_id);
        }
        Err(reason) => batch.problem(source, reason),
    }
}

/// TABLE_DUMP: one route a record or, as RIS wrote in 2000, several after one head.
pub fn read_v1(batch: &mut Batch, source: Source, subtype: u16, mut body: Bytes) -> Option<()> {
    let afi = match subtype {
        1 => Afi::Ipv4,
        2 => Afi::Ipv6,
        _ => return None,
    };
    let head = body.read_u32(); // View and sequence number.
    if head.is_err() || body.is_empty() {
        batch.problem(&source, Reason::EmptyRecord);
    }
    while !body.is_empty() {
        let Ok(entry) = v1_entry(batch, &mut body, afi, &source) else {
            batch.problem(&source, Reason::RibEntries);
            break;
        };
        match entry.prefix {
            Some(prefix) => {
                let prefix = batch.prefix(&prefix);
                route(batch, &entry.source, prefix, None, entry.attributes, false);
            }
            None => batch.problem(&entry.source, Reason::Nlri),
        }
    }
    Some(())
}

struct V1Entry {
    /// `None`: its length is out of range.
    prefix: Option<NetworkPrefix>,
    source: Source,
    attributes: Bytes,
}

fn v1_entry(batch: &mut Batch, body: &mut Bytes, afi: Afi, source: &Source) -> Result<V1Entry, ParserError> {
    body.has_n_remaining(if afi == Afi::Ipv4 { 18 } else { 42 })?;
    // Both readers take their bytes before they look at the length.
    let net = match afi {
        Afi::Ipv4 => body.read_ipv4_prefix().map(Into::into),
        _ => body.read_ipv6_prefix().map(Into::into),
    };
    let prefix = net.ok().map(|net| NetworkPrefix::new(net, None));
    body.read_u8()?; // Status, always 1.
    body.read_u32()?; // When the route was learned.
    let address = body.read_address(&afi)?;
    let asn = body.read_u16()?.into();
    let length = usize::from(body.read_u16()?);
    body.has_n_remaining(length)?;
    let attributes = body.split_to(length);
    let session = Session { address, asn, local_address: IpAddr::V4(Ipv4Addr::UNSPECIFIED), local_asn: 0 };
    let peer = batch.session(session);
    batch.heard(peer);
    Ok(V1Entry { prefix, source: Source { peer, ..*source }, attributes })
}
