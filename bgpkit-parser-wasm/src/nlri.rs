//! NLRI (RFC 4271 section 4.3, RFC 4760 section 5, RFC 7911 section 3), read strictly.
//!
//! bgpkit-parser's own list reader takes a first byte of 0 for ADD-PATH, and so misreads a default route. We use its
//! reader of one prefix, and refuse what only ADD-PATH explains.

use crate::problem::Reason;
use bgpkit_parser::models::{Afi, NetworkPrefix};
use bgpkit_parser::utils::ReadUtils;
use bytes::Bytes;

/// Reads all prefixes, or none: `each` may have been called before the error.
pub fn read(mut nlri: Bytes, afi: Afi, add_path: bool, mut each: impl FnMut(NetworkPrefix)) -> Result<(), Reason> {
    let whole = nlri.clone();
    let mut defaults = 0;
    while !nlri.is_empty() {
        let Ok(prefix) = nlri.read_nlri_prefix(&afi, add_path) else {
            return Err(fault(whole, nlri, afi, add_path));
        };
        if !add_path && prefix.prefix.prefix_len() == 0 {
            // A path identifier below 65,536 reads as two default routes or more, which no UPDATE holds.
            defaults += 1;
            if defaults > 1 {
                return Err(Reason::AddPath);
            }
        }
        each(prefix);
    }
    Ok(())
}

fn fault(whole: Bytes, rest: Bytes, afi: Afi, add_path: bool) -> Reason {
    if !add_path && read(whole, afi, true, |_| ()).is_ok() {
        return Reason::AddPath;
    }
    let bits = if afi == Afi::Ipv4 { 32 } else { 128 };
    match rest.get(if add_path { 4 } else { 0 }) {
        Some(length) if *length > bits => Reason::Nlri,
        _ => Reason::NlriTail,
    }
}
