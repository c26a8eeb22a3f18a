//! Which records surely name nothing that is watched. A record of which this is not sure is left to `Prefilter` in
//! streams/mrt/prefilter.ts, which decides; so this says no wherever anything is unusual.

use crate::numbers::{BGP_HEADER, EXTENDED_LENGTH, MARKER, MP_REACH, MP_UNREACH, UPDATE};
use crate::space::Space;

const AFI_IPV4: u16 = 1;
const AFI_IPV6: u16 = 2;
const SAFI_UNICAST: u8 = 1;
const SAFI_MULTICAST: u8 = 2;

/// The watched blocks of both families.
pub struct Watch {
    pub ipv4: Space,
    pub ipv6: Space,
}

#[inline(always)]
pub fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let two = bytes.get(at..at + 2)?;
    Some(u16::from_be_bytes([two[0], two[1]]))
}

#[inline(always)]
pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    Some(u32::from_be_bytes([four[0], four[1], four[2], four[3]]))
}

impl Watch {
    /// Whether a BGP4MP record (RFC 6396 section 4.4, RFC 8050 section 3) is quiet. `body` is what follows the header, and
    /// the microseconds if it has any.
    #[inline(always)]
    pub fn is_quiet_message(&self, body: &[u8], subtype: u16) -> bool {
        self.message(body, subtype).is_some()
    }

    /// Whether a prefix of a RIB record is quiet. `bytes` begin with its length in bits.
    #[inline(always)]
    pub fn is_quiet_prefix(&self, bytes: &[u8], afi: u16) -> bool {
        let (space, bits) = if afi == AFI_IPV4 { (&self.ipv4, 32) } else { (&self.ipv6, 128) };
        let Some((length, rest)) = bytes.split_first() else { return false };
        let length = u32::from(*length);
        length <= bits && rest.len() >= length.div_ceil(8) as usize && !space.concerns(rest, length)
    }

    #[inline(always)]
    fn message(&self, body: &[u8], subtype: u16) -> Option<()> {
        let as_bytes = match subtype {
            1 | 6 | 8 | 10 => 2,
            4 | 7 | 9 | 11 => 4,
            _ => return None,
        };
        let afi_at = 2 * as_bytes + 2;
        let message = match u16_at(body, afi_at)? {
            AFI_IPV4 => body.get(afi_at + 10..)?,
            AFI_IPV6 => body.get(afi_at + 34..)?,
            _ => return None,
        };
        if message.get(..16)? != MARKER || usize::from(u16_at(message, 16)?) != message.len() {
            return None;
        }
        match *message.get(18)? {
            UPDATE => self.update(message.get(BGP_HEADER..)?, subtype >= 8),
            // OPEN, NOTIFICATION, KEEPALIVE and ROUTE-REFRESH carry no route.
            1 | 3..=5 => Some(()),
            _ => None,
        }
    }

    /// RFC 4271 section 4.3: withdrawn routes, attributes, NLRI.
    #[inline(always)]
    fn update(&self, body: &[u8], add_path: bool) -> Option<()> {
        let withdrawn_end = 2 + usize::from(u16_at(body, 0)?);
        let attributes_end = withdrawn_end + 2 + usize::from(u16_at(body, withdrawn_end)?);
        let withdrawn = body.get(2..withdrawn_end)?;
        let attributes = body.get(withdrawn_end + 2..attributes_end)?;
        let announced = body.get(attributes_end..)?;
        self.walk(withdrawn, AFI_IPV4, add_path)?;
        self.walk(announced, AFI_IPV4, add_path)?;
        self.attributes(attributes, !withdrawn.is_empty() || !announced.is_empty(), add_path)
    }

    /// `named`: the UPDATE named prefixes outside its attributes. One that names none at all is an End-of-RIB.
    #[inline(always)]
    fn attributes(&self, attributes: &[u8], named: bool, add_path: bool) -> Option<()> {
        let mut rest = attributes;
        let mut seen = [false; 2];
        while !rest.is_empty() {
            let kind = *rest.get(1)?;
            let (value, length) = match rest[0] & EXTENDED_LENGTH {
                0 => (3, usize::from(*rest.get(2)?)),
                _ => (4, usize::from(u16_at(rest, 2)?)),
            };
            if kind == MP_REACH || kind == MP_UNREACH {
                let bytes = rest.get(value..value + length)?;
                // Twice is an error that the decoder must see.
                if std::mem::replace(&mut seen[usize::from(kind - MP_REACH)], true) {
                    return None;
                }
                match kind {
                    MP_REACH => self.reach(bytes, add_path)?,
                    _ => self.unreach(bytes, add_path)?,
                }
            }
            rest = rest.get(value + length..)?;
        }
        (named || seen[0] || seen[1]).then_some(())
    }

    /// RFC 4760 section 3.
    fn reach(&self, bytes: &[u8], add_path: bool) -> Option<()> {
        let afi = u16_at(bytes, 0)?;
        let safi = *bytes.get(2)?;
        let hop = *bytes.get(3)?;
        bytes.get(4)?;
        if safi == SAFI_MULTICAST {
            return Some(());
        }
        if safi != SAFI_UNICAST || !matches!(hop, 4 | 16 | 32) {
            return None;
        }
        let nlri = bytes.get(5 + usize::from(hop)..)?;
        if nlri.is_empty() {
            return None;
        }
        self.walk(nlri, afi, add_path)
    }

    /// RFC 4760 section 4. Without prefixes it is the family's End-of-RIB, RFC 4724 section 2.
    fn unreach(&self, bytes: &[u8], add_path: bool) -> Option<()> {
        let afi = u16_at(bytes, 0)?;
        let safi = *bytes.get(2)?;
        let nlri = bytes.get(3..)?;
        if nlri.is_empty() {
            return None;
        }
        match safi {
            SAFI_MULTICAST => Some(()),
            SAFI_UNICAST => self.walk(nlri, afi, add_path),
            _ => None,
        }
    }

    /// RFC 4271 section 4.3; with ADD-PATH four bytes of path identifier stand before each prefix, RFC 7911 section 3.
    #[inline(always)]
    fn walk(&self, nlri: &[u8], afi: u16, add_path: bool) -> Option<()> {
        let (space, bits) = match afi {
            AFI_IPV4 => (&self.ipv4, 32),
            AFI_IPV6 => (&self.ipv6, 128),
            _ => return None,
        };
        let mut rest = nlri;
        while !rest.is_empty() {
            if add_path {
                rest = rest.get(4..)?;
            }
            let (length, after) = rest.split_first()?;
            let length = u32::from(*length);
            let address = after.get(..length.div_ceil(8) as usize)?;
            // A default route is rare, and how path identifiers look that nobody announced: the decoder tells them apart.
            if length == 0 || length > bits || space.concerns(address, length) {
                return None;
            }
            rest = &after[address.len()..];
        }
        Some(())
    }
}
