//! One log file: packets one after another, in the order they became durable.
//!
//! Promises: what [`Log::write`] returned for is on disk. After a failed write the file is cut back to
//! what was good before anything else is written.

use super::files::begins_as_ours;
use super::record::{self, Record};
use crate::files::sync_dir;
use crate::{FaultPlan, StoreError};
use field::id::PacketSeq;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// First bytes; the last one is the version. The first packet's number follows.
const MAGIC: [u8; 8] = *b"ZZLOG\0\0\x02";
/// Stands for a packet that cannot be read any more.
pub(crate) const DAMAGED: u32 = u32::MAX;
/// Where the first record starts.
pub(crate) const START: usize = 16;
/// Most bytes of a log that could not be followed by a new one: offsets stay within 32 bits.
const MAX_BYTES: u64 = 1 << 30;

/// The log that is written to.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) number: u64,
    path: PathBuf,
    file: File,
    /// Up to here everything is good and on disk.
    pub(crate) good: u64,
    /// A write or its way to the disk failed: the file has to be cut back first.
    broken: bool,
    fault: FaultPlan,
}

impl Log {
    /// Makes an empty log, its name durable.
    pub(crate) fn create(dir: &Path, number: u64, first: i64, fault: FaultPlan) -> Result<Self, StoreError> {
        let path = super::files::log(dir, number);
        let part = path.with_extension("part");
        let making = |e| StoreError::io("making the log", &path, e);
        let mut head = MAGIC.to_vec();
        head.extend_from_slice(&first.to_le_bytes());
        if fault.fitting(head.len()) < head.len() {
            return Err(StoreError::Full { path });
        }
        std::fs::write(&part, &head).map_err(making)?;
        File::open(&part).and_then(|f| f.sync_all()).map_err(making)?;
        std::fs::rename(&part, &path).map_err(making)?;
        sync_dir(dir)?;
        Self::go_on(dir, number, START as u64, fault)
    }

    /// Goes on writing at `good`, cutting off what is behind it.
    pub(crate) fn go_on(dir: &Path, number: u64, good: u64, fault: FaultPlan) -> Result<Self, StoreError> {
        let path = super::files::log(dir, number);
        let file = OpenOptions::new().read(true).write(true).open(&path);
        let file = file.map_err(|e| StoreError::io("opening the log", &path, e))?;
        let mut log = Self { number, path, file, good, broken: true, fault };
        log.repair()?;
        Ok(log)
    }

    /// Writes bytes at the end. When it returns Ok they are on disk; when it fails the log is as
    /// before.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        if self.good + bytes.len() as u64 > MAX_BYTES {
            let why = "the log cannot be followed by a new one and is full: look for errors above";
            return Err(StoreError::invalid("writing the log", why));
        }
        if self.broken {
            self.repair()?;
        }
        self.broken = true;
        if let Err(e) = self.write_through(bytes) {
            if let Err(again) = self.repair() {
                tracing::error!(path = %self.path.display(), error = %again, "a failed write could not be cut off yet");
            }
            return Err(e);
        }
        self.broken = false;
        self.good += bytes.len() as u64;
        Ok(())
    }

    fn write_through(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let fits = self.fault.fitting(bytes.len());
        let part = bytes.get(..fits).unwrap_or_default();
        self.file.write_all(part).map_err(|e| StoreError::io("writing the log", &self.path, e))?;
        if fits < bytes.len() {
            return Err(StoreError::Full { path: self.path.clone() });
        }
        let synced =
            if self.fault.sync_works() { self.file.sync_data() } else { Err(ErrorKind::Other.into()) };
        synced.map_err(|e| StoreError::io("writing the log to the disk", &self.path, e))
    }

    /// Cuts off everything behind what is good. After a failed fsync the pages' fate is unknown, so
    /// nothing behind `good` may be built upon.
    fn repair(&mut self) -> Result<(), StoreError> {
        let cutting = |e| StoreError::io("cutting back the log", &self.path, e);
        self.file.set_len(self.good).map_err(cutting)?;
        self.file.seek(SeekFrom::Start(self.good)).map_err(cutting)?;
        self.file.sync_all().map_err(cutting)?;
        self.broken = false;
        Ok(())
    }
}

/// A log as it was read.
#[derive(Debug)]
pub(crate) struct Replayed {
    /// Its first packet's number.
    pub(crate) first: i64,
    /// Where each packet is; [`DAMAGED`] where one is missing.
    pub(crate) offsets: Vec<u32>,
    /// The end of the last whole record.
    pub(crate) good: u64,
    /// Bytes behind it: a torn tail.
    pub(crate) torn: u64,
    /// Where damage inside begins.
    pub(crate) damaged: Vec<u64>,
    /// Whether its first bytes are damaged: [`mend_head`] writes them again.
    pub(crate) bad_head: bool,
}

/// The number of a log's first packet, and where its head is damaged: then the first whole packet says it.
fn first_of(head: &[u8; START], bytes: &[u8], path: &Path) -> Result<(i64, Option<u64>), StoreError> {
    let (magic, stated) = head.split_at(MAGIC.len());
    let is_ours = match magic.first_chunk() {
        Some(magic) => begins_as_ours(magic, &MAGIC, path)?,
        None => false,
    };
    let stated = stated.first_chunk().map_or(0, |stated| i64::from_le_bytes(*stated));
    let at_start = bytes.get(START..).and_then(record::read).map(|(record, _)| record.seq().0);
    let later = || {
        let at = record::next_whole(bytes, START)?;
        bytes.get(at..).and_then(record::read).map(|(record, _)| record.seq().0)
    };
    match (is_ours, at_start) {
        (true, None) => Ok((stated, None)),
        (true, Some(seq)) if seq == stated => Ok((stated, None)),
        (true, Some(seq)) => Ok((seq, Some(MAGIC.len() as u64))),
        (false, Some(seq)) => Ok((seq, Some(0))),
        (false, None) => later().map(|seq| (seq, Some(0))).ok_or_else(|| {
            StoreError::corrupt(
                format!("`{}`", path.display()),
                "byte 0".to_owned(),
                "nothing in it is ours: put it back from a backup, or move it away".to_owned(),
            )
        }),
    }
}

/// Writes the head of a log again.
pub(crate) fn mend_head(path: &Path, first: i64) -> Result<(), StoreError> {
    let mending = |e| StoreError::io("mending the head of the log", path, e);
    let mut file = OpenOptions::new().write(true).open(path).map_err(mending)?;
    file.write_all(&MAGIC).and_then(|()| file.write_all(&first.to_le_bytes())).map_err(mending)?;
    file.sync_all().map_err(mending)
}

/// Reads a log from its start, gives each record and its place to `take`, and says how far it is good.
pub(crate) fn replay(path: &Path, mut take: impl FnMut(Record, usize)) -> Result<Replayed, StoreError> {
    let bytes = std::fs::read(path).map_err(|e| StoreError::io("reading the log", path, e))?;
    let damaged = |at: usize, what: &str| {
        StoreError::corrupt(format!("`{}`", path.display()), format!("byte {at}"), what.to_owned())
    };
    let head = bytes.first_chunk::<START>().ok_or_else(|| damaged(0, "the log has no head"))?;
    let (first, bad_head) = first_of(head, &bytes, path)?;
    if let Some(byte) = bad_head {
        tracing::error!(path = %path.display(), byte, "the head of a log is damaged; its packets are read without it");
    }
    let mut replayed = Replayed {
        first,
        offsets: vec![],
        good: START as u64,
        torn: 0,
        damaged: bad_head.into_iter().collect(),
        bad_head: bad_head.is_some(),
    };
    let mut at = START;
    while at < bytes.len() {
        let Some((record, length)) = bytes.get(at..).and_then(record::read) else {
            let Some(next) = record::next_whole(&bytes, at) else { break };
            tracing::error!(
                path = %path.display(), byte = at, until = next,
                "a packet in the log is damaged and left out; the packets behind it are whole"
            );
            replayed.damaged.push(at as u64);
            at = next;
            continue;
        };
        if note_offset(&mut replayed, record.seq(), at) {
            take(record, at);
        } else {
            tracing::error!(path = %path.display(), byte = at, "a packet out of order is left out");
            replayed.damaged.push(at as u64);
        }
        at += length;
        replayed.good = at as u64;
    }
    replayed.torn = bytes.len() as u64 - replayed.good;
    Ok(replayed)
}

/// Bytes of a log read at once.
const AHEAD: usize = 1024 * 1024;

/// Gives the records at these places of a log to `take`, of batches only the heads, without having all of
/// the log in memory. What is damaged there is named and left out.
pub(crate) fn outline(path: &Path, offsets: &[u32], mut take: impl FnMut(Record)) -> Result<(), StoreError> {
    let reading = |e| StoreError::io("reading the log", path, e);
    let file = File::open(path).map_err(reading)?;
    let length = usize::try_from(file.metadata().map_err(reading)?.len()).unwrap_or(usize::MAX);
    let (mut start, mut bytes) = (0, vec![]);
    let load = |at: usize, wanted: usize, bytes: &mut Vec<u8>| {
        bytes.resize(wanted.max(AHEAD).min(length.saturating_sub(at)), 0);
        super::bytes::read_at(&file, bytes, at as u64).map_err(reading)
    };
    for offset in offsets.iter().filter(|offset| **offset != DAMAGED) {
        let at = *offset as usize;
        let there = at.checked_sub(start).and_then(|skip| bytes.get(skip..));
        if there.is_none_or(|rest| record::length(rest).is_none_or(|wanted| wanted > rest.len())) {
            start = at;
            load(at, 0, &mut bytes)?;
            if let Some(wanted) = record::length(&bytes).filter(|wanted| *wanted > bytes.len()) {
                load(at, wanted, &mut bytes)?;
            }
        }
        match bytes.get(at - start..).and_then(record::read_outline) {
            Some(record) => take(record),
            None => tracing::error!(
                path = %path.display(), byte = at,
                "a packet in the log is damaged and left out; the packets behind it are whole"
            ),
        }
    }
    Ok(())
}

/// Most packets that may be missing in one place: a log full of the smallest ones.
const MAX_GAP: i64 = 1_000_000;

fn note_offset(replayed: &mut Replayed, seq: PacketSeq, at: usize) -> bool {
    let next = replayed.first + replayed.offsets.len() as i64;
    if !(next..next + MAX_GAP).contains(&seq.0) {
        return false;
    }
    replayed.offsets.resize(usize::try_from(seq.0 - replayed.first).unwrap_or(0), DAMAGED);
    replayed.offsets.push(u32::try_from(at).unwrap_or(DAMAGED));
    true
}
