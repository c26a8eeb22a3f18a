//! AS paths: each distinct one of a batch is parsed and merged once.

use crate::attributes::Attributes;
use crate::batch::Batch;
use crate::problem::Reason;
use bgpkit_parser::models::{AsPath, AsPathSegment, AsnLength};
use bgpkit_parser::parser::bgp::attributes::parse_attributes;
use bytes::Bytes;
use std::collections::HashMap;

#[derive(Clone, Copy)]
pub struct KnownPath {
    pub id: u32,
    pub is_empty: bool,
    pub as4_discarded: bool,
}

impl KnownPath {
    pub fn empty(batch: &mut Batch) -> KnownPath {
        KnownPath { id: batch.path(&AsPath::new()), is_empty: true, as4_discarded: false }
    }
}

/// By the attributes' bytes: whether AS numbers have four octets, AS_PATH, AS4_PATH.
pub type Key = (bool, Bytes, Option<Bytes>);

pub type KnownPaths = HashMap<Key, KnownPath>;

pub fn of(batch: &mut Batch, attributes: &Attributes, four: bool) -> Result<KnownPath, Reason> {
    let as_path = attributes.as_path.clone().ok_or(Reason::Missing)?;
    let key = (four, as_path, attributes.as4_path.clone());
    if let Some(known) = batch.known_paths.get(&key) {
        return Ok(*known);
    }

    let path = parse(&key.1, four).ok_or(Reason::AsPath)?;
    let as4_path = key.2.as_ref().map(|bytes| parse(bytes, true));
    let as4_discarded = as4_path == Some(None);
    let path = match as4_path.flatten() {
        Some(as4_path) => AsPath::merge_aspath_as4path(&path, &without_confederation(as4_path)),
        None => path,
    };

    let known = KnownPath { id: batch.path(&path), is_empty: path.is_empty(), as4_discarded };
    batch.known_paths.insert(key, known);
    Ok(known)
}

/// `attribute` has its header. Upstream takes an empty segment for a path; RFC 7606 section 7.2 does not.
fn parse(attribute: &Bytes, four: bool) -> Option<AsPath> {
    let width = if four { 4 } else { 2 };
    let header = if attribute.first()? & 0x10 == 0 { 3 } else { 4 };
    if !has_whole_segments(attribute.get(header..)?, width) {
        return None;
    }
    let length = if four { AsnLength::Bits32 } else { AsnLength::Bits16 };
    let parsed = parse_attributes(attribute.clone(), &length, false, None, None, None).ok()?;
    parsed.as_path().or(parsed.as4_path()).cloned()
}

fn has_whole_segments(mut value: &[u8], width: usize) -> bool {
    while let [code, count, rest @ ..] = value {
        let length = usize::from(*count) * width;
        if !matches!(code, 1..=4) || *count == 0 || rest.len() < length {
            return false;
        }
        value = &rest[length..];
    }
    value.is_empty()
}

/// They must not be in an AS4_PATH, and are to be left out (RFC 6793 section 6).
fn without_confederation(path: AsPath) -> AsPath {
    if !path.iter_segments().any(AsPathSegment::is_confed) {
        return path;
    }
    let segments: Vec<_> = path.into_segments_iter().filter(|segment| !segment.is_confed()).collect();
    AsPath::from_segments(segments)
}
