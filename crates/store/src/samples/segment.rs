//! 段: the rows of many points in a file that never changes.
//!
//! ```text
//! "ZZCOL" 0 0 version
//! chunk*      one a point, by point ([chunk])
//! block*      256 points' places: point, length, rows, from, span as varints; crc32
//! directory   first point, place and length of each block; crc32
//! trailer     what the manifest knows too: level, logs, times, figures, where the directory is; crc32,
//!             "ZZCOLEND"
//! ```
//! A level 0 segment is one log's; higher ones are merged, one a day. Nothing of it stays in memory
//! but what [`Meta`] says and blocks lately used.

use super::bytes::{Put as _, Take, put_signed, put_varint};
use super::chunk::{Chunk, MAX_ROWS};
use super::codec::Effort;
use super::files;
use super::rolls::Rolls;
use crate::files::sync_dir;
use crate::{FaultPlan, StoreError};
use field::id::PointId;
use field::time::DAY_MS;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// First bytes; the last one is the version.
pub(crate) const MAGIC: [u8; 8] = *b"ZZCOL\0\0\x01";
const END: [u8; 8] = *b"ZZCOLEND";
/// Points in one block of the index.
const BLOCK: usize = 256;
/// Bytes of the trailer.
const TRAILER: usize = 108;
/// The level of a file of roll-ups: it belongs to the merged segment of the same logs and day.
pub(crate) const ROLLS: u8 = 2;
/// Bytes collected before they are written.
const BUFFER: usize = 512 * 1024;

/// What is known of a segment without opening it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) id: u64,
    /// 0: one log; 1: merged; [`ROLLS`]: what the rows of a merged one come to.
    pub(crate) level: u8,
    /// The first and the last log in it.
    pub(crate) logs: (u64, u64),
    /// The earliest and the latest time of a row; `from > to` when there is none.
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) rows: u64,
    pub(crate) points: u32,
    pub(crate) first_point: i64,
    pub(crate) last_point: i64,
    pub(crate) bytes: u64,
    pub(crate) directory_at: u64,
    pub(crate) directory_len: u32,
}

impl Meta {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.put_u64(self.id);
        out.put_u32(u32::from(self.level));
        out.put_u64(self.logs.0);
        out.put_u64(self.logs.1);
        out.put_i64(self.from);
        out.put_i64(self.to);
        out.put_u64(self.rows);
        out.put_u32(self.points);
        out.put_i64(self.first_point);
        out.put_i64(self.last_point);
        out.put_u64(self.bytes);
        out.put_u64(self.directory_at);
        out.put_u32(self.directory_len);
    }

    pub(crate) fn read(take: &mut Take<'_>) -> Option<Self> {
        Some(Self {
            id: take.u64()?,
            level: u8::try_from(take.u32()?).ok()?,
            logs: (take.u64()?, take.u64()?),
            from: take.i64()?,
            to: take.i64()?,
            rows: take.u64()?,
            points: take.u32()?,
            first_point: take.i64()?,
            last_point: take.i64()?,
            bytes: take.u64()?,
            directory_at: take.u64()?,
            directory_len: take.u32()?,
        })
    }
}

/// Where a chunk is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) point: i64,
    pub(crate) at: u64,
    pub(crate) length: u32,
    pub(crate) rows: u32,
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl Place {
    /// Of roll-ups: whether they say more than the rows beside them, of which some were let go.
    pub(crate) const fn lacks_rows(&self) -> bool {
        self.rows > 0
    }
}

/// Where a block of places is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    pub(crate) first: i64,
    pub(crate) at: u64,
    pub(crate) length: u32,
}

impl Meta {
    /// Whether this file of roll-ups is of that segment.
    pub(crate) const fn is_of(&self, segment: &Self) -> bool {
        segment.level == 1
            && self.logs.0 == segment.logs.0
            && self.logs.1 == segment.logs.1
            && self.from.div_euclid(DAY_MS) == segment.from.div_euclid(DAY_MS)
    }
}

fn path_of(dir: &Path, meta: &Meta) -> PathBuf {
    if meta.level == ROLLS { files::rolls(dir, meta.id) } else { files::columns(dir, meta.id) }
}

/// A segment in use. Its file is removed when it was replaced and nobody reads it any more.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) meta: Meta,
    path: PathBuf,
    pub(crate) directory: OnceLock<Vec<Block>>,
    /// All places, found by reading through the file because its index is damaged.
    pub(crate) rescued: OnceLock<Vec<Place>>,
    doomed: AtomicBool,
}

impl Segment {
    pub(crate) fn new(dir: &Path, meta: Meta) -> Self {
        let path = path_of(dir, &meta);
        Self {
            meta,
            path,
            directory: OnceLock::new(),
            rescued: OnceLock::new(),
            doomed: AtomicBool::new(false),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a row of the point in `from..to` may be in it.
    pub(crate) const fn may_hold(&self, point: PointId, from: i64, to: i64) -> bool {
        self.meta.from < to
            && from <= self.meta.to
            && self.meta.first_point <= point.0
            && point.0 <= self.meta.last_point
    }

    /// The file goes when the last reader has gone.
    pub(crate) fn doom(&self) {
        self.doomed.store(true, Ordering::SeqCst);
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        if self.doomed.load(Ordering::SeqCst) {
            // What cannot be removed now is removed at the next start: the manifest does not name it.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Writes a segment point by point.
#[derive(Debug)]
pub(crate) struct SegmentWriter {
    dir: PathBuf,
    part: PathBuf,
    buffer: Vec<u8>,
    /// Bytes already in the file.
    written: u64,
    places: Vec<Place>,
    blocks: Vec<u8>,
    directory: Vec<(i64, u64, u32)>,
    meta: Meta,
    fault: FaultPlan,
}

impl SegmentWriter {
    pub(crate) fn create(
        dir: &Path,
        id: u64,
        level: u8,
        logs: (u64, u64),
        fault: &FaultPlan,
    ) -> Result<Self, StoreError> {
        let meta = Meta {
            id,
            level,
            logs,
            from: i64::MAX,
            to: i64::MIN,
            rows: 0,
            points: 0,
            first_point: i64::MAX,
            last_point: i64::MIN,
            bytes: 0,
            directory_at: 0,
            directory_len: 0,
        };
        let part = path_of(dir, &meta).with_extension("part");
        File::create(&part).map_err(|e| StoreError::io("making the segment", &part, e))?;
        Ok(Self {
            dir: dir.to_owned(),
            part,
            buffer: MAGIC.to_vec(),
            written: 0,
            places: vec![],
            blocks: vec![],
            directory: vec![],
            meta,
            fault: fault.clone(),
        })
    }

    /// Adds a point's rows; points come in ascending order.
    pub(crate) fn add(&mut self, point: PointId, chunk: &Chunk, effort: Effort) -> Result<(), StoreError> {
        let (Some(from), Some(to)) = (chunk.times.first(), chunk.times.last()) else { return Ok(()) };
        let of = Place { point: point.0, at: 0, length: 0, rows: chunk.len() as u32, from: *from, to: *to };
        self.put(of, |out| chunk.write(out, point, effort))
    }

    /// Adds what a point's rows come to; points come in ascending order. `lacks_rows`: some of the rows
    /// were let go.
    pub(crate) fn add_rolls(
        &mut self,
        point: PointId,
        rolls: &Rolls,
        lacks_rows: bool,
    ) -> Result<(), StoreError> {
        let Some((from, to)) = rolls.span() else { return Ok(()) };
        let of = Place { point: point.0, at: 0, length: 0, rows: u32::from(lacks_rows), from, to };
        self.put(of, |out| rolls.write(out, point))
    }

    /// Adds a chunk as it stands in another segment; points come in ascending order.
    pub(crate) fn add_as_it_is(&mut self, of: Place, bytes: &[u8]) -> Result<(), StoreError> {
        self.put(of, |out| out.extend_from_slice(bytes))
    }

    fn put(&mut self, of: Place, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), StoreError> {
        let at = self.written + self.buffer.len() as u64;
        let before = self.buffer.len();
        write(&mut self.buffer);
        let place = Place { at, length: (self.buffer.len() - before) as u32, ..of };
        let point = PointId(of.point);
        let meta = &mut self.meta;
        meta.from = meta.from.min(of.from);
        meta.to = meta.to.max(of.to);
        meta.rows += u64::from(of.rows);
        meta.points += 1;
        meta.first_point = meta.first_point.min(point.0);
        meta.last_point = meta.last_point.max(point.0);
        self.places.push(place);
        if self.places.len() >= BLOCK {
            self.end_block();
        }
        if self.buffer.len() >= BUFFER {
            self.flush()?;
        }
        Ok(())
    }

    /// Whether nothing was added.
    pub(crate) const fn is_empty(&self) -> bool {
        self.meta.points == 0
    }

    fn end_block(&mut self) {
        let Some(first) = self.places.first().copied() else { return };
        let start = self.blocks.len();
        put_varint(&mut self.blocks, self.places.len() as u64);
        put_varint(&mut self.blocks, first.at);
        put_signed(&mut self.blocks, first.from);
        let (mut point, mut from) = (0, first.from);
        for place in self.places.drain(..) {
            put_signed(&mut self.blocks, place.point - point);
            put_varint(&mut self.blocks, u64::from(place.length));
            put_varint(&mut self.blocks, u64::from(place.rows));
            put_signed(&mut self.blocks, place.from - from);
            put_varint(&mut self.blocks, (place.to - place.from) as u64);
            (point, from) = (place.point, place.from);
        }
        let crc = crc32fast::hash(self.blocks.get(start..).unwrap_or_default());
        self.blocks.put_u32(crc);
        self.directory.push((first.point, start as u64, (self.blocks.len() - start) as u32));
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let writing = |e| StoreError::io("writing the segment", &self.part, e);
        let fits = self.fault.fitting(self.buffer.len());
        // Opened for each megabyte: a merge of years writes thousands of days at once.
        let mut file = OpenOptions::new().append(true).open(&self.part).map_err(writing)?;
        file.write_all(self.buffer.get(..fits).unwrap_or_default()).map_err(writing)?;
        if fits < self.buffer.len() {
            return Err(StoreError::Full { path: self.part.clone() });
        }
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Ends the file and puts it in its place. `None` where the fault plan lets the process "die".
    pub(crate) fn finish(mut self) -> Result<Option<Segment>, StoreError> {
        self.end_block();
        let blocks_at = self.written + self.buffer.len() as u64;
        let blocks = std::mem::take(&mut self.blocks);
        self.buffer.extend_from_slice(&blocks);
        let mut directory = Vec::with_capacity(self.directory.len() * 20 + 4);
        for (first, at, length) in &self.directory {
            directory.put_i64(*first);
            directory.put_u64(blocks_at + at);
            directory.put_u32(*length);
        }
        directory.put_u32(crc32fast::hash(&directory));
        self.meta.directory_at = blocks_at + blocks.len() as u64;
        self.meta.directory_len = directory.len() as u32;
        self.meta.bytes = self.meta.directory_at + directory.len() as u64 + TRAILER as u64;
        self.buffer.extend_from_slice(&directory);
        let mut trailer = Vec::with_capacity(TRAILER);
        self.meta.write(&mut trailer);
        trailer.resize(TRAILER - 12, 0);
        trailer.put_u32(crc32fast::hash(&trailer));
        trailer.extend_from_slice(&END);
        self.buffer.extend_from_slice(&trailer);
        self.flush()?;
        if !self.fault.seal_may_go_on() {
            return Ok(None);
        }
        File::open(&self.part)
            .and_then(|f| f.sync_all())
            .map_err(|e| StoreError::io("writing the segment", &self.part, e))?;
        if !self.fault.seal_may_go_on() {
            return Ok(None);
        }
        let path = path_of(&self.dir, &self.meta);
        std::fs::rename(&self.part, &path).map_err(|e| StoreError::io("renaming into place", &path, e))?;
        sync_dir(&self.dir)?;
        Ok(self.fault.seal_may_go_on().then(|| Segment::new(&self.dir, self.meta.clone())))
    }
}

impl Drop for SegmentWriter {
    fn drop(&mut self) {
        // A file that could not be finished gives its room back; a finished one has another name.
        let _ = std::fs::remove_file(&self.part);
    }
}

/// The directory from its bytes.
pub(crate) fn read_directory(bytes: &[u8]) -> Option<Vec<Block>> {
    let (body, crc) = bytes.split_at_checked(bytes.len().checked_sub(4)?)?;
    if crc32fast::hash(body) != Take(crc).u32()? {
        return None;
    }
    let mut take = Take(body);
    (0..body.len() / 20)
        .map(|_| Some(Block { first: take.i64()?, at: take.u64()?, length: take.u32()? }))
        .collect()
}

/// A block of places from its bytes.
pub(crate) fn read_block(bytes: &[u8]) -> Option<Vec<Place>> {
    let (body, crc) = bytes.split_at_checked(bytes.len().checked_sub(4)?)?;
    if crc32fast::hash(body) != Take(crc).u32()? {
        return None;
    }
    let mut take = Take(body);
    let count = take.count(BLOCK)?;
    let mut at = take.varint()?;
    let (mut point, mut from) = (0_i64, take.signed()?);
    let mut places = Vec::with_capacity(count);
    for _ in 0..count {
        point = point.wrapping_add(take.signed()?);
        let length = u32::try_from(take.varint()?).ok()?;
        let rows = u32::try_from(take.count(MAX_ROWS)?).ok()?;
        from = from.wrapping_add(take.signed()?);
        let to = from.wrapping_add(take.varint()? as i64);
        places.push(Place { point, at, length, rows, from, to });
        at += u64::from(length);
    }
    Some(places)
}

/// What the trailer of a segment says, for a manifest that has to be made again.
pub(crate) fn read_trailer(path: &Path) -> Result<Meta, StoreError> {
    let bytes = files::tail(path, TRAILER)?;
    let read = || {
        let (body, end) = bytes.split_at_checked(TRAILER - 12)?;
        let mut end = Take(end);
        let sound = end.u32()? == crc32fast::hash(body) && end.0 == END;
        Meta::read(&mut Take(body)).filter(|_| sound)
    };
    read().ok_or_else(|| {
        StoreError::corrupt(
            format!("`{}`", path.display()),
            "its trailer",
            "the segment cannot be taken in: put it back from a backup, or move it away to start without it",
        )
    })
}

/// Whether a file's first bytes and its end, which only a new manifest needs, are sound.
pub(crate) fn spare_is_sound(path: &Path, meta: &Meta) -> bool {
    files::head_is_sound(path, &MAGIC) && read_trailer(path).is_ok_and(|trailer| trailer == *meta)
}

/// Reads through a file whose index is damaged: every chunk that is whole, where it is and whose.
pub(crate) fn rescue(path: &Path) -> Result<Vec<Place>, StoreError> {
    let bytes = std::fs::read(path).map_err(|e| StoreError::io("reading the segment", path, e))?;
    let mut at = MAGIC.len();
    let mut places: Vec<Place> = vec![];
    while let Some(rest) = bytes.get(at..) {
        let length = Take(rest).u32().map_or(0, |n| n as usize + 4);
        let chunk = rest.get(..length).filter(|_| length > 8).and_then(Chunk::read);
        let Some((point, chunk)) = chunk else {
            if rest.len() < 8 {
                break;
            }
            at += 1;
            continue;
        };
        if let (Some(from), Some(to)) = (chunk.times.first(), chunk.times.last()) {
            places.push(Place {
                point: point.0,
                at: at as u64,
                length: length as u32,
                rows: chunk.len() as u32,
                from: *from,
                to: *to,
            });
        }
        at += length;
    }
    places.sort_by_key(|place| place.point);
    Ok(places)
}
