//! 分包重组: the parts of a multi-packet report (mode M3), put together; what is missing is named,
//! so that the centre can ask for it (one NAK, one packet).
//!
//! Pure: no clock. Promises: holds at most [`Assembler::MAX_BYTES`], forgets what is finished or
//! given up.

use super::decoded::{Decoded, Packet};
use std::collections::BTreeMap;

/// Which report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReportKey {
    /// 遥测站地址.
    pub address: [u8; 5],
    /// 功能码.
    pub function: u8,
    /// 包总数.
    pub total: u16,
}

/// What came of a part.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// More parts are to come.
    More,
    /// The last one came and this one is missing, or its bytes were wrong: ask for it.
    Missing(u16),
    /// Every part is there: the frames, in order.
    Whole(Vec<Vec<u8>>),
    /// The end of a report that was whole before: its confirmation was lost. Parts behind the first carry no
    /// serial of their own: this is the report's.
    Again(Option<u16>),
    /// The report is larger than what is held; everything of it is dropped.
    TooLarge,
}

#[derive(Debug, Default)]
struct Open {
    parts: BTreeMap<u16, Vec<u8>>,
    /// 流水号, as a part said it.
    serial: Option<u16>,
    bytes: usize,
    ended: bool,
}

/// A report that was whole.
#[derive(Debug)]
struct Done {
    key: ReportKey,
    serial: Option<u16>,
    /// Check values of its parts.
    sums: BTreeMap<u16, u16>,
}

/// Parts of the reports of one connection.
#[derive(Debug, Default)]
pub struct Assembler {
    open: BTreeMap<ReportKey, Open>,
    /// The newest finished report.
    done: Option<Done>,
    bytes: usize,
}

impl Assembler {
    /// Most bytes held for one connection: a picture of a megabyte and its frames.
    pub const MAX_BYTES: usize = 1_200_000;
    /// Most reports open on one connection: a relay with a few stations.
    pub const MAX_OPEN: usize = 8;

    /// Takes one part: a sound frame with its packet numbers, and its bytes.
    pub fn take(&mut self, frame: &Decoded, bytes: Vec<u8>) -> Progress {
        let (Some(packet), Some(key)) = (frame.packet, key(frame)) else { return Progress::More };
        if packet.number == 0 || packet.number > packet.total {
            return Progress::More;
        }
        let sum = check_value(&bytes);
        if let Some(done) = &self.done
            && done.key == key
            && !self.open.contains_key(&key)
            && done.sums.get(&packet.number) == Some(&sum)
        {
            return if packet.number == packet.total || frame.end == Some(super::control::ETX) {
                Progress::Again(done.serial)
            } else {
                Progress::More
            };
        }
        if !self.open.contains_key(&key) && self.open.len() >= Self::MAX_OPEN {
            return Progress::TooLarge;
        }
        let open = self.open.entry(key).or_default();
        let length = bytes.len();
        let before = open.parts.insert(packet.number, bytes).map_or(0, |old| old.len());
        open.bytes = open.bytes + length - before;
        open.serial = open.serial.or(frame.serial);
        self.bytes = self.bytes + length - before;
        // A part asked for again ends in ETX too (6.3.1.2 c).
        open.ended |= packet.number == packet.total || frame.end == Some(super::control::ETX);
        let missing = missing(open, key.total);
        let ended = open.ended;
        if self.bytes > Self::MAX_BYTES {
            self.drop_report(&key);
            return Progress::TooLarge;
        }
        match missing {
            None => Progress::Whole(self.finish(key)),
            Some(number) if ended => Progress::Missing(number),
            Some(_) => Progress::More,
        }
    }

    fn finish(&mut self, key: ReportKey) -> Vec<Vec<u8>> {
        let Some(open) = self.open.remove(&key) else { return Vec::new() };
        self.bytes = self.bytes.saturating_sub(open.bytes);
        let sums = open.parts.iter().map(|(number, bytes)| (*number, check_value(bytes))).collect();
        self.done = Some(Done { key, serial: open.serial, sums });
        open.parts.into_values().collect()
    }

    /// A finished report could not be kept: its parts come again.
    pub fn forget_done(&mut self) {
        self.done = None;
    }

    /// Reports that are not whole, with the first part each misses.
    pub fn missing(&self) -> impl Iterator<Item = (ReportKey, u16)> + '_ {
        self.open.iter().filter_map(|(key, open)| missing(open, key.total).map(|number| (*key, number)))
    }

    /// The first part there is of a report, to answer in its words.
    #[must_use]
    pub fn any_part(&self, key: &ReportKey) -> Option<&[u8]> {
        self.open.get(key).and_then(|open| open.parts.values().next()).map(Vec::as_slice)
    }

    /// Gives a report up; what there was of it.
    pub fn drop_report(&mut self, key: &ReportKey) -> Vec<Vec<u8>> {
        let Some(open) = self.open.remove(key) else { return Vec::new() };
        self.bytes = self.bytes.saturating_sub(open.bytes);
        open.parts.into_values().collect()
    }

    /// Whether nothing is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Bytes held.
    #[must_use]
    pub const fn held(&self) -> usize {
        self.bytes
    }
}

/// Which report a part belongs to.
#[must_use]
pub(crate) fn key(frame: &Decoded) -> Option<ReportKey> {
    let Packet { total, .. } = frame.packet?;
    Some(ReportKey { address: frame.address?, function: frame.function?, total })
}

fn missing(open: &Open, total: u16) -> Option<u16> {
    (1..=total).find(|number| !open.parts.contains_key(number))
}

fn check_value(bytes: &[u8]) -> u16 {
    super::crc16(bytes)
}
