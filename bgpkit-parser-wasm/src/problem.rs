//! What can be wrong with a record, and what it means for the routes in it.

/// What a problem does to what is known of the peer. The numbers are part of the JavaScript interface.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// The record is of no use, and hides no route.
    Skipped = 0,
    /// An attribute was left out, the route stands (RFC 7606 section 2, "attribute discard").
    AttributeDiscarded = 1,
    /// The NLRI are known, the rest is not: a router would withdraw (RFC 7606), an observer does not know.
    RoutesUnknown = 2,
    /// The NLRI cannot be read.
    PeerUnknown = 3,
}

macro_rules! reasons {
    ($($name:ident: $treatment:ident, $text:literal;)*) => {
        /// Why a record, or a part of it, was not decoded.
        #[repr(u8)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Reason { $($name),* }

        impl Reason {
            pub const ALL: &'static [Reason] = &[$(Reason::$name),*];

            pub fn text(self) -> &'static str {
                match self { $(Reason::$name => $text),* }
            }

            pub fn treatment(self) -> Treatment {
                match self { $(Reason::$name => Treatment::$treatment),* }
            }
        }
    };
}

reasons! {
    UnusedType: Skipped, "MRT type or subtype carries no routes we read (RFC 6396 section 4)";
    UnusedFamily: Skipped, "RIB_GENERIC of an address family we do not read (RFC 6396 section 4.3.3)";
    EmptyRecord: Skipped, "record too short to name a peer (RFC 6396 section 4)";
    UnknownMessage: Skipped, "unknown BGP message type (RFC 4271 section 4.1)";
    Local: Skipped, "unreadable message that the collector itself sent (RFC 6396 section 4.4.5)";
    NoPeerTable: Skipped, "RIB entry before any PEER_INDEX_TABLE (RFC 6396 section 4.3.1)";
    PeerIndex: Skipped, "RIB entry names a peer that is not in the PEER_INDEX_TABLE (RFC 6396 section 4.3.4)";
    As4Path: AttributeDiscarded, "AS4_PATH malformed (RFC 6793 section 6)";
    Origin: RoutesUnknown, "ORIGIN malformed (RFC 7606 section 7.1)";
    AsPath: RoutesUnknown, "AS_PATH malformed (RFC 7606 section 7.2)";
    EmptyAsPath: RoutesUnknown, "AS_PATH empty from an external peer (RFC 4271 section 5.1.2)";
    NextHop: RoutesUnknown, "NEXT_HOP malformed (RFC 7606 section 7.3)";
    Communities: RoutesUnknown, "COMMUNITIES malformed (RFC 7606 section 7.8)";
    Missing: RoutesUnknown, "mandatory attribute missing (RFC 7606 section 3.d)";
    WellKnown: RoutesUnknown, "unknown well-known attribute (RFC 4271 section 6.3)";
    TornRecord: PeerUnknown, "record ends after the bytes given (RFC 6396 section 2)";
    AddressFamily: PeerUnknown, "unknown address family of the peer (RFC 6396 section 4.4.1)";
    Envelope: PeerUnknown, "record ends inside its fixed fields (RFC 6396 section 4)";
    PeerTable: PeerUnknown, "PEER_INDEX_TABLE malformed (RFC 6396 section 4.3.1)";
    State: PeerUnknown, "unknown BGP state (RFC 6396 section 4.4.1)";
    Marker: PeerUnknown, "marker is not all ones (RFC 4271 section 4.1)";
    MessageLength: PeerUnknown, "BGP message length is not that of the bytes present (RFC 4271 section 4.1)";
    WithdrawnLength: PeerUnknown, "withdrawn routes reach beyond the message (RFC 4271 section 4.3)";
    AttributesLength: PeerUnknown, "path attributes reach beyond the message (RFC 4271 section 4.3)";
    AttributeLength: PeerUnknown, "an attribute reaches beyond the path attributes (RFC 7606 section 4)";
    Nlri: PeerUnknown, "NLRI malformed (RFC 7606 section 5.3)";
    NlriTail: PeerUnknown, "NLRI end inside a prefix (RFC 7606 section 5.3)";
    MpAttribute: PeerUnknown, "MP_REACH_NLRI or MP_UNREACH_NLRI malformed (RFC 4760 section 3)";
    MpNextHop: PeerUnknown, "next hop length of MP_REACH_NLRI out of range (RFC 7606 section 7.11)";
    MpTwice: PeerUnknown, "MP_REACH_NLRI or MP_UNREACH_NLRI more than once (RFC 7606 section 3.g)";
    AddPath: PeerUnknown, "ADD-PATH data in a record that declares none (RFC 8050 section 3)";
    RibEntries: PeerUnknown, "RIB entries end early (RFC 6396 section 4.3.4)";
}
