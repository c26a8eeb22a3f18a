//! Numbers of the formats that several modules read: MRT (RFC 6396) and BGP (RFC 4271).

/// Bytes of an MRT record's header, RFC 6396 section 2.
pub const MRT_HEADER: usize = 12;
/// Types of MRT records, RFC 6396 sections 4 and 5.
pub const TABLE_DUMP: u16 = 12;
pub const TABLE_DUMP_V2: u16 = 13;
pub const BGP4MP: u16 = 16;
pub const BGP4MP_ET: u16 = 17;
/// What each BGP message begins with, and the bytes of its header, RFC 4271 section 4.1.
pub const MARKER: [u8; 16] = [0xff; 16];
pub const BGP_HEADER: usize = 19;
/// The type of an UPDATE.
pub const UPDATE: u8 = 2;
/// Attribute flag "extended length", RFC 4271 section 4.3.
pub const EXTENDED_LENGTH: u8 = 0x10;
/// Attributes that name prefixes of other families, RFC 4760 sections 3 and 4.
pub const MP_REACH: u8 = 14;
pub const MP_UNREACH: u8 = 15;
