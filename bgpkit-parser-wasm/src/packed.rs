//! A batch as bytes, because JavaScript objects are expensive to build from here: the names of properties are made again
//! for each, which took a third of the time of reading files with few records.
//!
//! Layout, all numbers little-endian and aligned to their size:
//!
//! 1. Eight 32-bit numbers: records, rows, prefixes, paths, path words, sessions, problems, kinds of unused records.
//! 2. 64-bit floats: time of each row, time of each problem, microseconds since 1970-01-01T00:00:00Z.
//! 3. 32-bit numbers: of each row peer, prefix, path, detail, offset; where each path begins, and one more; the path words;
//!    of each problem offset, peer; of unused records type, subtype and how many, in threes.
//! 4. Bytes: of each row kind, flags; the prefixes, 18 bytes each; the sessions, 42 bytes each; of each session whether it
//!    was heard; of each problem reason, treatment.

use crate::batch::{Batch, Problem, Session};
use std::net::IpAddr;

/// Two ends, each 4 or 6, 16 bytes of address, and the ASN, big-endian.
const SESSION_BYTES: usize = 2 * (1 + 16 + 4);

pub fn packed(batch: &Batch) -> Vec<u8> {
    let problems = &batch.problems;
    let of = |of: fn(&Problem) -> u32| problems.iter().map(of).collect::<Vec<_>>();
    let mut bytes = Vec::new();
    words(&mut bytes, &counts(batch));
    floats(&mut bytes, batch.time.iter().copied());
    floats(&mut bytes, problems.iter().map(|problem| problem.time));
    for column in [&batch.peer, &batch.prefix, &batch.path, &batch.detail, &batch.offset] {
        words(&mut bytes, column);
    }
    words(&mut bytes, &batch.path_starts);
    words(&mut bytes, &batch.path_words);
    words(&mut bytes, &of(|problem| problem.offset));
    words(&mut bytes, &of(|problem| problem.peer));
    for ((code, subtype), count) in &batch.unused {
        words(&mut bytes, &[u32::from(*code), u32::from(*subtype), *count]);
    }
    bytes.extend_from_slice(&batch.kind);
    bytes.extend_from_slice(&batch.flags);
    bytes.extend_from_slice(&batch.prefixes);
    sessions(&mut bytes, &batch.sessions);
    bytes.extend(batch.heard.iter().map(|heard| u8::from(*heard)));
    bytes.extend(problems.iter().map(|problem| problem.reason as u8));
    bytes.extend(problems.iter().map(|problem| problem.reason.treatment() as u8));
    bytes
}

fn counts(batch: &Batch) -> [u32; 8] {
    let of = |length: usize| length as u32;
    [
        batch.records,
        of(batch.kind.len()),
        of(batch.prefixes.len() / 18),
        of(batch.path_starts.len() - 1),
        of(batch.path_words.len()),
        of(batch.sessions.len()),
        of(batch.problems.len()),
        of(batch.unused.len()),
    ]
}

fn words(bytes: &mut Vec<u8>, column: &[u32]) {
    bytes.reserve(4 * column.len());
    for word in column {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
}

fn floats(bytes: &mut Vec<u8>, column: impl Iterator<Item = f64>) {
    for float in column {
        bytes.extend_from_slice(&float.to_le_bytes());
    }
}

fn sessions(bytes: &mut Vec<u8>, sessions: &[Session]) {
    bytes.reserve(sessions.len() * SESSION_BYTES);
    for session in sessions {
        end(bytes, session.address, session.asn);
        end(bytes, session.local_address, session.local_asn);
    }
}

fn end(bytes: &mut Vec<u8>, address: IpAddr, asn: u32) {
    match address {
        IpAddr::V4(address) => {
            bytes.push(4);
            bytes.extend_from_slice(&address.octets());
            bytes.extend_from_slice(&[0; 12]);
        }
        IpAddr::V6(address) => {
            bytes.push(6);
            bytes.extend_from_slice(&address.octets());
        }
    }
    bytes.extend_from_slice(&asn.to_be_bytes());
}
