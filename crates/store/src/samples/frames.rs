//! 原始报文: the packets of one log, in blocks compressed by LZ4, apart from the columns so that they
//! can be kept for another time than those.
//!
//! ```text
//! "ZZFRM" 0 0 version
//! block*      packed u32, plain u32, crc32 u32 (of what follows), first packet i64, then the packed records
//! directory   first packet and place of each block; crc32
//! ```
//! Records are those of the log; of a batch only the head, for its rows are in the columns.

use super::bytes::{Put as _, Take, read_at};
use super::record::{self, Record};
use super::{files, log};
use crate::files::sync_dir;
use crate::{FaultPlan, StoreError};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

pub(crate) const MAGIC: [u8; 8] = *b"ZZFRM\0\0\x01";
/// Bytes of records in one block: enough to compress well, few enough to read one packet fast.
const BLOCK: usize = 128 * 1024;
/// Bytes before a block's packed records.
const HEAD: usize = 20;

/// What the manifest knows of a file of frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) log: u64,
    /// The first packet's number, and the number after the last one.
    pub(crate) first: i64,
    pub(crate) end: i64,
    /// When the newest packet arrived, ms: retention goes by it.
    pub(crate) received_to: i64,
    pub(crate) packets: u64,
    /// Bytes before they were compressed.
    pub(crate) plain: u64,
    pub(crate) bytes: u64,
    pub(crate) directory_at: u64,
}

impl Meta {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.put_u64(self.log);
        out.put_i64(self.first);
        out.put_i64(self.end);
        out.put_i64(self.received_to);
        out.put_u64(self.packets);
        out.put_u64(self.plain);
        out.put_u64(self.bytes);
        out.put_u64(self.directory_at);
    }

    pub(crate) fn read(take: &mut Take<'_>) -> Option<Self> {
        Some(Self {
            log: take.u64()?,
            first: take.i64()?,
            end: take.i64()?,
            received_to: take.i64()?,
            packets: take.u64()?,
            plain: take.u64()?,
            bytes: take.u64()?,
            directory_at: take.u64()?,
        })
    }
}

/// Where a block is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    first: i64,
    pub(crate) at: u64,
}

/// A file of frames in use; removed when doomed and nobody reads it any more.
#[derive(Debug)]
pub(crate) struct Frames {
    pub(crate) meta: Meta,
    path: PathBuf,
    directory: OnceLock<Vec<Block>>,
    doomed: AtomicBool,
}

impl Drop for Frames {
    fn drop(&mut self) {
        if self.doomed.load(Ordering::SeqCst) {
            // What cannot be removed now is removed at the next start: the manifest does not name it.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Makes the frames of a full log, whose packets are at `offsets`. `None` where the fault plan lets the process "die".
pub(crate) fn write(
    dir: &Path,
    number: u64,
    offsets: &[u32],
    fault: &FaultPlan,
) -> Result<Option<Frames>, StoreError> {
    let path = files::frames(dir, number);
    let part = path.with_extension("part");
    let writing = |e| StoreError::io("writing the frames", &part, e);
    let mut file = File::create(&part).map_err(writing)?;
    let mut meta = Meta {
        log: number,
        first: i64::MAX,
        end: 0,
        received_to: i64::MIN,
        packets: 0,
        plain: 0,
        bytes: MAGIC.len() as u64,
        directory_at: 0,
    };
    let mut pending = MAGIC.to_vec();
    let (mut block, mut block_first, mut directory) = (Vec::with_capacity(BLOCK * 2), 0_i64, Vec::new());
    let mut end_block = |block: &mut Vec<u8>, first: i64, at: u64| {
        let packed = lz4_flex::block::compress(block);
        let mut out = Vec::with_capacity(packed.len() + HEAD);
        out.put_u32(packed.len() as u32);
        out.put_u32(block.len() as u32);
        out.put_u32(0);
        out.put_i64(first);
        out.extend_from_slice(&packed);
        let crc = crc32fast::hash(out.get(12..).unwrap_or_default());
        if let Some(place) = out.get_mut(8..12) {
            place.copy_from_slice(&crc.to_le_bytes());
        }
        directory.put_i64(first);
        directory.put_u64(at);
        block.clear();
        out
    };
    let mut failed = None;
    let mut flush = |pending: &mut Vec<u8>| -> Result<(), StoreError> {
        let fits = fault.fitting(pending.len());
        file.write_all(pending.get(..fits).unwrap_or_default()).map_err(writing)?;
        if fits < pending.len() {
            return Err(StoreError::Full { path: part.clone() });
        }
        pending.clear();
        Ok(())
    };
    log::outline(&files::log(dir, number), offsets, |record| {
        let seq = record.seq();
        if block.is_empty() {
            block_first = seq.0;
        }
        let before = block.len();
        let received_at = match &record {
            Record::Packet(stored) => {
                record::write(&mut block, seq, &stored.packet, &stored.packet.readings);
                stored.packet.received_at
            }
            Record::Rows(_, rows) => {
                record::write_emptied(&mut block, seq, rows, rows.len() as u32);
                rows.received_at
            }
            Record::Emptied(_, rows, count) => {
                record::write_emptied(&mut block, seq, rows, *count);
                rows.received_at
            }
        };
        meta.first = meta.first.min(seq.0);
        meta.end = meta.end.max(seq.0 + 1);
        meta.received_to = meta.received_to.max(received_at.ms());
        meta.packets += 1;
        meta.plain += (block.len() - before) as u64;
        if block.len() >= BLOCK {
            let packed = end_block(&mut block, block_first, meta.bytes);
            meta.bytes += packed.len() as u64;
            pending.extend_from_slice(&packed);
            if pending.len() >= 4 * BLOCK
                && let Err(error) = flush(&mut pending)
            {
                failed.get_or_insert(error);
            }
        }
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    if !block.is_empty() {
        let packed = end_block(&mut block, block_first, meta.bytes);
        meta.bytes += packed.len() as u64;
        pending.extend_from_slice(&packed);
    }
    meta.directory_at = meta.bytes;
    directory.put_u32(crc32fast::hash(&directory));
    let mut tail = vec![];
    meta.bytes += directory.len() as u64 + 72;
    meta.write(&mut tail);
    tail.put_u32(crc32fast::hash(&tail));
    tail.extend_from_slice(b"FEND");
    pending.extend_from_slice(&directory);
    pending.extend_from_slice(&tail);
    flush(&mut pending)?;
    if !fault.seal_may_go_on() {
        return Ok(None);
    }
    file.sync_all().map_err(writing)?;
    drop(file);
    std::fs::rename(&part, &path).map_err(|e| StoreError::io("renaming into place", &path, e))?;
    sync_dir(dir)?;
    Ok(fault.seal_may_go_on().then(|| Frames::new(dir, meta)))
}

/// What the end of a file of frames says, for a manifest that has to be made again.
pub(crate) fn read_trailer(path: &Path) -> Result<Meta, StoreError> {
    let bytes = files::tail(path, 72)?;
    let read = || {
        let (body, end) = bytes.split_at_checked(64)?;
        let mut end = Take(end);
        let sound = end.u32()? == crc32fast::hash(body) && end.0 == b"FEND";
        Meta::read(&mut Take(body)).filter(|_| sound)
    };
    read().ok_or_else(|| {
        StoreError::corrupt(
            format!("`{}`", path.display()),
            "its end",
            "the frames cannot be taken in: put the file back from a backup, or move it away",
        )
    })
}

impl Frames {
    pub(crate) fn new(dir: &Path, meta: Meta) -> Self {
        let path = files::frames(dir, meta.log);
        Self { meta, path, directory: OnceLock::new(), doomed: AtomicBool::new(false) }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn doom(&self) {
        self.doomed.store(true, Ordering::SeqCst);
    }

    fn open(&self) -> Result<File, StoreError> {
        File::open(&self.path).map_err(|e| StoreError::io("opening the frames", &self.path, e))
    }

    /// Where its blocks are; found block by block when the directory is damaged.
    pub(crate) fn directory(&self, file: &File) -> Result<&[Block], StoreError> {
        if let Some(known) = self.directory.get() {
            return Ok(known);
        }
        let found = match self.stored_directory(file) {
            Some(found) => found,
            None => {
                tracing::error!(path = %self.path.display(), byte = self.meta.directory_at, "the directory of frames is damaged; the blocks are looked for");
                let whole = std::fs::read(&self.path)
                    .map_err(|e| StoreError::io("reading the frames", &self.path, e))?;
                find_blocks(&whole)
            }
        };
        Ok(self.directory.get_or_init(|| found))
    }

    /// The records from number `next` on, up to `want`. Blocks that are damaged are named and left out.
    pub(crate) fn read(&self, next: i64, want: usize) -> Result<Vec<Record>, StoreError> {
        let file = self.open()?;
        let blocks = self.directory(&file)?;
        let start = blocks.partition_point(|b| b.first <= next).saturating_sub(1);
        let mut found = Vec::new();
        for block in blocks.iter().skip(start) {
            if found.len() >= want {
                break;
            }
            let Some(plain) = read_block(&file, block.at) else {
                tracing::error!(
                    path = %self.path.display(), byte = block.at, packet = block.first,
                    "a block of frames is damaged; its packets are left out"
                );
                continue;
            };
            let mut rest = plain.as_slice();
            while let Some((record, length)) = record::read(rest) {
                rest = rest.get(length..).unwrap_or_default();
                if record.seq().0 >= next && found.len() < want {
                    found.push(record);
                }
            }
        }
        Ok(found)
    }

    /// Looks at every checksum: of the blocks, of the directory, of the end.
    pub(crate) fn verify(&self) -> Result<Checked, StoreError> {
        let file = self.open()?;
        let blocks = self.directory(&file)?;
        let mut checked = Checked { blocks: blocks.len() as u64, ..Checked::default() };
        // What must come next, where the packets' numbers follow each other.
        let (mut packets, mut next, mut gap, mut lengths) = (0, self.meta.first, None, true);
        for block in blocks {
            let Some(plain) = read_block(&file, block.at) else {
                checked.bad.push((block.at, block.first));
                continue;
            };
            lengths &= plain_length(&file, block.at) == Some(plain.len());
            let mut rest = plain.as_slice();
            while let Some((record, length)) = record::read(rest) {
                let seq = record.seq().0;
                if seq != next {
                    gap.get_or_insert((block.at, next));
                }
                (packets, next) = (packets + 1, seq + 1);
                rest = rest.get(length..).unwrap_or_default();
            }
        }
        if checked.bad.is_empty() && packets < self.meta.packets {
            checked.bad.push(gap.unwrap_or((self.meta.directory_at, next)));
        }
        checked.directory = self.stored_directory(&file).is_some();
        checked.spare = lengths
            && files::head_is_sound(&self.path, &MAGIC)
            && read_trailer(&self.path).is_ok_and(|trailer| trailer == self.meta);
        Ok(checked)
    }

    /// The directory as it stands in the file; `None` when it is damaged.
    fn stored_directory(&self, file: &File) -> Option<Vec<Block>> {
        let length = self.meta.bytes.saturating_sub(72 + self.meta.directory_at);
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        read_at(file, &mut bytes, self.meta.directory_at).ok()?;
        read_directory(&bytes)
    }
}

/// What a look at every checksum of a file of frames found.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// Blocks looked at.
    pub(crate) blocks: u64,
    /// The places of those that are damaged or missing, and their first packets.
    pub(crate) bad: Vec<(u64, i64)>,
    /// Whether the directory is sound.
    pub(crate) directory: bool,
    /// Whether its first bytes, its blocks' lengths and its end, which a new manifest needs, are sound.
    pub(crate) spare: bool,
}

fn read_directory(bytes: &[u8]) -> Option<Vec<Block>> {
    let (body, crc) = bytes.split_at_checked(bytes.len().checked_sub(4)?)?;
    if crc32fast::hash(body) != Take(crc).u32()? {
        return None;
    }
    let mut take = Take(body);
    (0..body.len() / 16).map(|_| Some(Block { first: take.i64()?, at: take.u64()? })).collect()
}

/// How long a block says its records are.
fn plain_length(file: &File, at: u64) -> Option<usize> {
    let mut length = [0; 4];
    read_at(file, &mut length, at + 4).ok()?;
    usize::try_from(u32::from_le_bytes(length)).ok()
}

fn read_block(file: &File, at: u64) -> Option<Vec<u8>> {
    let mut head = [0; HEAD];
    read_at(file, &mut head, at).ok()?;
    let mut take = Take(&head);
    let (packed, plain, crc) = (take.u32()? as usize, take.u32()? as usize, take.u32()?);
    if packed > 4 * record::MAX_PAYLOAD || plain > 4 * record::MAX_PAYLOAD {
        return None;
    }
    let mut bytes = vec![0; packed + 8];
    read_at(file, &mut bytes, at + 12).ok()?;
    if crc32fast::hash(&bytes) != crc {
        return None;
    }
    lz4_flex::block::decompress(bytes.get(8..)?, plain).ok()
}

fn find_blocks(whole: &[u8]) -> Vec<Block> {
    let mut at = MAGIC.len();
    let mut found = vec![];
    while at + HEAD < whole.len() {
        let read = || {
            let mut take = Take(whole.get(at..)?);
            let (packed, _, crc) = (take.u32()? as usize, take.u32()?, take.u32()?);
            let body = take.bytes(packed.checked_add(8)?)?;
            (crc32fast::hash(body) == crc).then(|| Take(body).i64().map(|first| (first, packed)))?
        };
        match read() {
            Some((first, packed)) => {
                found.push(Block { first, at: at as u64 });
                at += HEAD + packed;
            }
            None => at += 1,
        }
    }
    found
}
