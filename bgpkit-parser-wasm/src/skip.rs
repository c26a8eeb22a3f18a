//! Passes over the records of which nothing has to be known but that they were there. It stops at the first one that is
//! not plain in every respect, and streams/mrt reads that one: so damage, time and dumps are judged in one place only.
//!
//! A record is plain when its header is followed by another one, its time goes on, it is a BGP4MP message or a record of the
//! RIB dump that is being read, and it names nothing that is watched.

use crate::numbers::{BGP4MP, BGP4MP_ET, MRT_HEADER, TABLE_DUMP_V2};
use crate::quiet::{u16_at, u32_at, Watch};

/// See `JUMP_SECONDS` and `BACK_SECONDS` in streams/mrt/record-clock.ts.
const JUMP_SECONDS: i64 = 10;
const BACK_SECONDS: i64 = 10;

/// What is set before a call and read after it, as numbers: JavaScript writes and reads them in memory.
pub mod slot {
    /// Seconds of event time reached.
    pub const SECONDS: usize = 0;
    /// A record of this time, or later, is not plain: a tick is due.
    pub const TICK: usize = 1;
    /// Records that begin here, or later, are not plain.
    pub const STOP: usize = 2;
    /// Records that end later than here are not plain.
    pub const BELIEVED: usize = 3;
    /// Records passed over in this call.
    pub const RECORDS: usize = 4;
    /// The family of the dump's records at hand: 4 or 6; 0: no dump is open; -1: its records are not plain.
    pub const FAMILY: usize = 5;
    /// The sequence number that the dump's next record has.
    pub const NUMBER: usize = 6;
    /// The address of the dump's last IPv4 prefix.
    pub const LAST_IPV4: usize = 7;
    /// Whether a prefix was below the one before it.
    pub const DESCENDS: usize = 8;
    /// Seconds of the header of the last record passed over.
    pub const LAST_SECONDS: usize = 9;
    pub const COUNT: usize = 10;
}

pub struct Skipper {
    watch: Watch,
    /// No header declares more.
    record_bytes: u32,
    pub bytes: Vec<u8>,
    pub slots: Box<[f64; slot::COUNT]>,
    /// Records by type and subtype: `type << 4 | subtype`.
    pub types: Box<[f64; 1 << 10]>,
    dump: DumpRoutes,
}

/// Routes of the dump at hand that were passed over: of peer `i`, IPv4 at `2 * i` and IPv6 behind it.
#[derive(Default)]
pub struct DumpRoutes {
    pub counts: Vec<u32>,
    /// The record in which a peer was counted last.
    stamps: Vec<u32>,
    stamp: u32,
}

struct Head {
    seconds: u32,
    kind: u16,
    subtype: u16,
    length: u32,
}

impl Skipper {
    pub fn new(watch: Watch, record_bytes: u32) -> Skipper {
        Skipper {
            watch,
            record_bytes,
            bytes: Vec::new(),
            slots: Box::new([0.0; slot::COUNT]),
            types: Box::new([0.0; 1 << 10]),
            dump: DumpRoutes::default(),
        }
    }

    pub fn begin_dump(&mut self, peers: usize) {
        self.dump = DumpRoutes { counts: vec![0; 2 * peers], stamps: vec![0; peers], stamp: 0 };
    }

    pub fn routes(&self) -> &[u32] {
        &self.dump.counts
    }

    /// Passes over plain records from `from` on, of which `end` bytes stand in `bytes`; says where the first other one begins.
    pub fn skip(&mut self, from: usize, end: usize) -> usize {
        let Skipper { watch, record_bytes, bytes, slots, types, dump } = self;
        let Some(bytes) = bytes.get(..end) else { return from };
        let mut pass = Pass::of(slots);
        let mut at = from;
        let Some(mut head) = head_at(bytes, at, *record_bytes) else { return from };
        while at < pass.stop {
            let stop = at + MRT_HEADER + head.length as usize;
            let Some(next) = head_at(bytes, stop, *record_bytes) else { break };
            let seconds = pass.time(&head, &next);
            let (Some(seconds), true) = (seconds, stop <= pass.believed) else { break };
            if !pass.is_plain(&bytes[at + MRT_HEADER..stop], &head, watch, dump) {
                break;
            }
            types[usize::from(head.kind << 4 | head.subtype)] += 1.0;
            pass.records += 1;
            pass.last_seconds = head.seconds;
            pass.seconds = seconds;
            at = stop;
            head = next;
        }
        pass.write(slots);
        at
    }
}

/// The header at `at`, if all of it is there, and it is one of a known kind.
#[inline]
fn head_at(bytes: &[u8], at: usize, record_bytes: u32) -> Option<Head> {
    let head = bytes.get(at..at + MRT_HEADER)?;
    let seconds = u32_at(head, 0)?;
    let (kind, subtype) = (u16_at(head, 4)?, u16_at(head, 6)?);
    let length = u32_at(head, 8)?;
    let most = match kind {
        BGP4MP | BGP4MP_ET => 11,
        TABLE_DUMP_V2 => 12,
        _ => return None,
    };
    let is_known = subtype <= most && !(kind == TABLE_DUMP_V2 && subtype == 0);
    (is_known && length > 0 && length <= record_bytes).then_some(Head { seconds, kind, subtype, length })
}

/// The slots, while they are worked with.
struct Pass {
    seconds: i64,
    tick: i64,
    stop: usize,
    believed: usize,
    records: u32,
    last_seconds: u32,
    family: i32,
    number: u32,
    last_ipv4: u32,
    descends: bool,
}

impl Pass {
    fn of(slots: &[f64; slot::COUNT]) -> Pass {
        Pass {
            seconds: slots[slot::SECONDS] as i64,
            tick: slots[slot::TICK] as i64,
            stop: slots[slot::STOP] as usize,
            believed: slots[slot::BELIEVED] as usize,
            records: 0,
            last_seconds: 0,
            family: slots[slot::FAMILY] as i32,
            number: slots[slot::NUMBER] as u32,
            last_ipv4: slots[slot::LAST_IPV4] as u32,
            descends: slots[slot::DESCENDS] != 0.0,
        }
    }

    fn write(&self, slots: &mut [f64; slot::COUNT]) {
        slots[slot::SECONDS] = self.seconds as f64;
        slots[slot::RECORDS] = f64::from(self.records);
        slots[slot::LAST_SECONDS] = f64::from(self.last_seconds);
        slots[slot::NUMBER] = f64::from(self.number);
        slots[slot::LAST_IPV4] = f64::from(self.last_ipv4);
        slots[slot::DESCENDS] = f64::from(u8::from(self.descends));
    }

    /// The event time reached with this record; `None` when its time is off, or a tick is due: see `RecordClock`.
    #[inline]
    fn time(&self, head: &Head, next: &Head) -> Option<i64> {
        let at = i64::from(head.seconds);
        let before = self.seconds;
        if at <= before {
            return (before - at <= BACK_SECONDS && before < self.tick).then_some(before);
        }
        let is_ahead = at - before > JUMP_SECONDS && at - i64::from(next.seconds) > JUMP_SECONDS;
        (!is_ahead && at < self.tick).then_some(at)
    }

    #[inline]
    fn is_plain(&mut self, body: &[u8], head: &Head, watch: &Watch, dump: &mut DumpRoutes) -> bool {
        match (head.kind, self.family) {
            (BGP4MP, 0) => watch.is_quiet_message(body, head.subtype),
            // Four bytes of microseconds come first, RFC 6396 section 3.
            (BGP4MP_ET, 0) => body.get(4..).is_some_and(|body| watch.is_quiet_message(body, head.subtype)),
            (TABLE_DUMP_V2, 4 | 6) => self.rib(body, head.subtype, watch, dump).is_some(),
            _ => false,
        }
    }

    /// A RIB record of the family at hand, with the number that is due: RFC 6396 section 4.3.2, RFC 8050 section 4.
    #[inline]
    fn rib(&mut self, body: &[u8], subtype: u16, watch: &Watch, dump: &mut DumpRoutes) -> Option<()> {
        let (family, fixed) = match subtype {
            2 => (4, 6),
            4 => (6, 6),
            8 => (4, 10),
            10 => (6, 10),
            _ => return None,
        };
        if family != self.family || u32_at(body, 0)? != self.number {
            return None;
        }
        let afi = if family == 4 { 1 } else { 2 };
        let prefix = body.get(4..)?;
        if !watch.is_quiet_prefix(prefix, afi) {
            return None;
        }
        let length = usize::from(*prefix.first()?);
        let address = prefix.get(1..1 + length.div_ceil(8))?;
        dump.count(prefix.get(1 + address.len()..)?, fixed, usize::from(afi - 1))?;
        self.number = self.number.wrapping_add(1);
        if family == 4 {
            let mut whole = [0; 4];
            whole[..address.len()].copy_from_slice(address);
            let value = u32::from_be_bytes(whole);
            self.descends |= value < self.last_ipv4;
            self.last_ipv4 = value;
        }
        Some(())
    }
}

impl DumpRoutes {
    /// Counts the entries of a record, if they fill it as it declares, and are all of known peers; else nothing.
    #[inline]
    fn count(&mut self, entries: &[u8], fixed: usize, family: usize) -> Option<()> {
        let mut rest = entries.get(2..)?;
        for _ in 0..u16_at(entries, 0)? {
            let peer = usize::from(u16_at(rest, 0)?);
            let end = fixed + 2 + usize::from(u16_at(rest, fixed)?);
            if peer >= self.stamps.len() {
                return None;
            }
            rest = rest.get(end..)?;
        }
        if !rest.is_empty() {
            return None;
        }
        self.stamp = self.stamp.wrapping_add(1);
        let mut rest = &entries[2..];
        while !rest.is_empty() {
            let peer = usize::from(u16_at(rest, 0)?);
            // A prefix counts once per peer, however many paths it has.
            if std::mem::replace(&mut self.stamps[peer], self.stamp) != self.stamp {
                self.counts[2 * peer + family] += 1;
            }
            rest = rest.get(fixed + 2 + usize::from(u16_at(rest, fixed)?)..)?;
        }
        Some(())
    }
}
