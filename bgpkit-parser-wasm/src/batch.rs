//! The rows of one call, column by column.

use crate::path::KnownPaths;
use crate::problem::Reason;
use bgpkit_parser::models::{AsPath, AsPathSegment, NetworkPrefix};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

/// "None" in the columns of indexes.
pub const NONE: u32 = u32::MAX;

#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Rib = 0,
    Announcement = 1,
    Withdrawal = 2,
    PeerState = 3,
    EndOfRib = 4,
}

/// `detail` is an ADD-PATH path identifier.
pub const HAS_PATH_ID: u8 = 1;
/// The collector itself sent the message (the *_LOCAL subtypes, RFC 6396 section 4.4.5).
pub const LOCAL: u8 = 2;
/// The route is for multicast reverse path forwarding (SAFI 2), it forwards nothing.
pub const MULTICAST: u8 = 4;

/// A session, as a record names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    pub address: IpAddr,
    pub asn: u32,
    pub local_address: IpAddr,
    pub local_asn: u32,
}

/// Where a row comes from.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// Byte offset of the record in the bytes of the call.
    pub offset: u32,
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub time: f64,
    /// Index into the sessions of the batch, or `NONE`.
    pub peer: u32,
    pub flags: u8,
}

#[derive(Debug, Clone, Copy)]
pub struct Problem {
    pub offset: u32,
    pub time: f64,
    pub peer: u32,
    pub reason: Reason,
}

#[derive(Default)]
pub struct Batch {
    pub kind: Vec<u8>,
    pub flags: Vec<u8>,
    pub time: Vec<f64>,
    pub peer: Vec<u32>,
    pub prefix: Vec<u32>,
    pub path: Vec<u32>,
    pub detail: Vec<u32>,
    pub offset: Vec<u32>,
    /// 18 bytes each: 4 or 6, length in bits, 16 bytes of address.
    pub prefixes: Vec<u8>,
    /// Where each path begins in `path_words`; one more at the end.
    pub path_starts: Vec<u32>,
    /// Segments: type << 24 | number of ASNs, then the ASNs.
    pub path_words: Vec<u32>,
    pub sessions: Vec<Session>,
    /// By session: a message of the peer or a peer index table named it, not a state record alone.
    pub heard: Vec<bool>,
    pub problems: Vec<Problem>,
    /// Records by MRT type and subtype that were skipped by their length.
    pub unused: BTreeMap<(u16, u16), u32>,
    pub records: u32,
    pub known_paths: KnownPaths,
    session_ids: HashMap<Session, u32>,
    last_session: Option<(Session, u32)>,
}

/// A place to go back to when a message turns out to be unreadable.
#[derive(Clone, Copy)]
pub struct Mark {
    rows: usize,
    prefixes: usize,
}

impl Batch {
    pub fn new() -> Batch {
        Batch { path_starts: vec![0], ..Batch::default() }
    }

    pub fn session(&mut self, session: Session) -> u32 {
        match self.last_session {
            Some((last, id)) if last == session => return id,
            _ => {}
        }
        let id = match self.session_ids.get(&session) {
            Some(id) => *id,
            None => self.new_session(session),
        };
        self.last_session = Some((session, id));
        id
    }

    fn new_session(&mut self, session: Session) -> u32 {
        let id = self.sessions.len() as u32;
        self.sessions.push(session);
        self.heard.push(false);
        self.session_ids.insert(session, id);
        id
    }

    pub fn heard(&mut self, session: u32) {
        if let Some(heard) = self.heard.get_mut(session as usize) {
            *heard = true;
        }
    }

    pub fn is_unspecified(&self, peer: u32) -> bool {
        self.sessions.get(peer as usize).is_some_and(|session| session.address.is_unspecified())
    }

    /// Host bits are cleared: writers leave them set (RFC 4271 section 4.3 calls them irrelevant).
    pub fn prefix(&mut self, prefix: &NetworkPrefix) -> u32 {
        let id = (self.prefixes.len() / 18) as u32;
        let net = prefix.prefix.trunc();
        let mut packed = [0u8; 18];
        packed[1] = net.prefix_len();
        match net.addr() {
            IpAddr::V4(address) => {
                packed[0] = 4;
                packed[2..6].copy_from_slice(&address.octets());
            }
            IpAddr::V6(address) => {
                packed[0] = 6;
                packed[2..].copy_from_slice(&address.octets());
            }
        }
        self.prefixes.extend_from_slice(&packed);
        id
    }

    pub fn path(&mut self, path: &AsPath) -> u32 {
        let id = self.path_starts.len() as u32 - 1;
        for segment in path.iter_segments() {
            let code = match segment {
                AsPathSegment::AsSet(_) => 1,
                AsPathSegment::AsSequence(_) => 2,
                AsPathSegment::ConfedSequence(_) => 3,
                AsPathSegment::ConfedSet(_) => 4,
            };
            self.path_words.push(code << 24 | segment.len() as u32);
            self.path_words.extend(segment.iter().map(|asn| asn.to_u32()));
        }
        self.path_starts.push(self.path_words.len() as u32);
        id
    }

    pub fn row(&mut self, source: &Source, kind: Kind, prefix: u32, path: u32, path_id: Option<u32>) {
        let flag = if path_id.is_some() { HAS_PATH_ID } else { 0 };
        self.push(source, kind, flag, prefix, path, path_id.unwrap_or(0));
    }

    /// `detail` of a peer state: the old state << 16 | the new one. Of an end of RIB: 4 or 6.
    pub fn fact(&mut self, source: &Source, kind: Kind, detail: u32) {
        self.push(source, kind, 0, NONE, NONE, detail);
    }

    fn push(&mut self, source: &Source, kind: Kind, flag: u8, prefix: u32, path: u32, detail: u32) {
        self.kind.push(kind as u8);
        self.flags.push(source.flags | flag);
        self.time.push(source.time);
        self.peer.push(source.peer);
        self.prefix.push(prefix);
        self.path.push(path);
        self.detail.push(detail);
        self.offset.push(source.offset);
    }

    pub fn problem(&mut self, source: &Source, reason: Reason) {
        let Source { offset, time, peer, flags } = *source;
        let reason = if flags & LOCAL == 0 { reason } else { Reason::Local };
        self.problems.push(Problem { offset, time, peer, reason });
    }

    pub fn mark(&self) -> Mark {
        Mark { rows: self.kind.len(), prefixes: self.prefixes.len() }
    }

    pub fn back_to(&mut self, mark: Mark) {
        self.kind.truncate(mark.rows);
        self.flags.truncate(mark.rows);
        self.time.truncate(mark.rows);
        self.peer.truncate(mark.rows);
        self.prefix.truncate(mark.rows);
        self.path.truncate(mark.rows);
        self.detail.truncate(mark.rows);
        self.offset.truncate(mark.rows);
        self.prefixes.truncate(mark.prefixes);
    }
}
