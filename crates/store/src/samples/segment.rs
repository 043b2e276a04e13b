//! 段: a sealed log's readings, sorted by point and time, in a file that never changes.
//!
//! ```text
//! "ZZSEG" 0 0 version
//! chunk*     one a point: times i64[n], values f64[n], packets i64[n], qualities u8[n]
//! row*       one a point, by point: where its chunk is, how long, from when to when (44 bytes)
//! offset*    one a packet: where it is in the log, u32, or u32::MAX where it is damaged
//! trailer    where rows and offsets are, first packet, times, figures, crc32, "ZZSEGEND"
//! ```
//! Nothing of it stays in memory but the trailer and a few chunks lately read.

use super::bytes::{Put as _, Take, read_at};
use super::index::{Entry, Hot};
use crate::StoreError;
use field::id::PointId;
use field::sample::Quality;
use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// First bytes; the last one is the version.
const MAGIC: [u8; 8] = *b"ZZSEG\0\0\x01";
const END: [u8; 8] = *b"ZZSEGEND";
/// Bytes of a row.
const ROW: usize = 44;
/// Bytes of a reading in a chunk.
const READING: usize = 25;
/// Bytes of the trailer.
const TRAILER: usize = 92;
/// Stands for a packet that cannot be read any more.
pub(crate) const DAMAGED: u32 = u32::MAX;

/// What is kept in memory of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    /// The number of its log.
    pub(crate) number: u64,
    /// The first packet's number.
    pub(crate) first: i64,
    /// How many packets, damaged ones included.
    pub(crate) packets: u32,
    /// The earliest and the latest time of a reading; `from > to` when there is none.
    from: i64,
    to: i64,
    /// Bytes of log and segment together.
    pub(crate) bytes: u64,
    rows_at: u64,
    rows: u32,
    offsets_at: u64,
}

/// The bytes of a segment file, and what is kept of it.
pub(crate) fn write(
    number: u64,
    first: i64,
    offsets: &[u32],
    log_bytes: u64,
    hot: &Hot,
) -> (Vec<u8>, Segment) {
    let points = hot.sorted();
    let mut out = Vec::with_capacity(hot.readings * READING + points.len() * ROW + offsets.len() * 4 + 128);
    out.extend_from_slice(&MAGIC);
    let mut rows = Vec::with_capacity(points.len() * ROW);
    let (mut from, mut to) = (i64::MAX, i64::MIN);
    for (point, series) in points {
        let start = out.len();
        series.keys().for_each(|at| out.put_i64(*at));
        series.values().for_each(|e| out.put_f64(e.value().unwrap_or(f64::NAN)));
        series.values().for_each(|e| out.put_i64(e.seq));
        series.values().for_each(|e| out.put_u8(e.quality as u8));
        let (Some(first), Some(last)) = (series.keys().next(), series.keys().next_back()) else { continue };
        (from, to) = (from.min(*first), to.max(*last));
        let row_start = rows.len();
        rows.put_i64(point.0);
        rows.put_u64(start as u64);
        rows.put_u32(u32::try_from(series.len()).unwrap_or(u32::MAX));
        rows.put_u32(crc32fast::hash(out.get(start..).unwrap_or_default()));
        rows.put_i64(*first);
        rows.put_i64(*last);
        let crc = crc32fast::hash(rows.get(row_start..).unwrap_or_default());
        rows.put_u32(crc);
    }
    let rows_at = out.len() as u64;
    out.extend_from_slice(&rows);
    let offsets_at = out.len() as u64;
    offsets.iter().for_each(|offset| out.put_u32(*offset));
    let mut segment = Segment {
        number,
        first,
        packets: u32::try_from(offsets.len()).unwrap_or(u32::MAX),
        from,
        to,
        bytes: 0,
        rows_at,
        rows: u32::try_from(rows.len() / ROW).unwrap_or(u32::MAX),
        offsets_at,
    };
    segment.bytes = log_bytes + out.len() as u64 + TRAILER as u64;
    let trailer = segment.trailer(hot.readings as u64);
    out.extend_from_slice(&trailer);
    (out, segment)
}

impl Segment {
    fn trailer(&self, readings: u64) -> Vec<u8> {
        let mut out = Vec::with_capacity(TRAILER);
        out.put_u64(self.number);
        out.put_i64(self.first);
        out.put_u32(self.packets);
        out.put_i64(self.from);
        out.put_i64(self.to);
        out.put_u64(self.bytes);
        out.put_u64(self.rows_at);
        out.put_u32(self.rows);
        out.put_u64(self.offsets_at);
        out.put_u64(readings);
        out.put_u64(0);
        let crc = crc32fast::hash(&out);
        out.put_u32(crc);
        out.extend_from_slice(&END);
        out
    }

    /// Reads the trailer of a segment file.
    pub(crate) fn open(path: &Path, number: u64) -> Result<Self, StoreError> {
        let file = File::open(path).map_err(|e| StoreError::io("opening the segment", path, e))?;
        let reading = |e| StoreError::io("reading the segment", path, e);
        let length = file.metadata().map_err(reading)?.len();
        let mut magic = [0; MAGIC.len()];
        let mut trailer = [0; TRAILER];
        let damaged = |what: &str| damaged(path, length, what);
        if length < (MAGIC.len() + TRAILER) as u64 {
            return Err(damaged("it is too short"));
        }
        read_at(&file, &mut magic, 0).map_err(reading)?;
        check_version(&magic, &MAGIC, path)?;
        read_at(&file, &mut trailer, length - TRAILER as u64).map_err(reading)?;
        let segment = Self::from_trailer(&trailer).ok_or_else(|| damaged("its trailer is not whole"))?;
        if segment.number != number {
            return Err(damaged("it is the segment of another log"));
        }
        Ok(segment)
    }

    fn from_trailer(bytes: &[u8; TRAILER]) -> Option<Self> {
        let mut take = Take(bytes);
        let segment = Self {
            number: take.u64()?,
            first: take.i64()?,
            packets: take.u32()?,
            from: take.i64()?,
            to: take.i64()?,
            bytes: take.u64()?,
            rows_at: take.u64()?,
            rows: take.u32()?,
            offsets_at: take.u64()?,
        };
        take.bytes(16)?;
        let body = bytes.len() - take.0.len();
        let crc = take.u32()?;
        let whole = crc32fast::hash(bytes.get(..body)?) == crc && take.0 == END;
        whole.then_some(segment)
    }

    /// Whether a reading in `from..to` may be in it.
    pub(crate) const fn may_hold(&self, from: i64, to: i64) -> bool {
        self.from < to && from <= self.to
    }

    /// The number after its last packet.
    pub(crate) fn end(&self) -> i64 {
        self.first + i64::from(self.packets)
    }
}

/// Refuses what a newer program wrote, and what is not ours at all.
pub(crate) fn check_version(found: &[u8; 8], ours: &[u8; 8], path: &Path) -> Result<(), StoreError> {
    let ([found_name @ .., found_version], [name @ .., version]) = (found, ours);
    if found_name != name {
        return Err(damaged(path, 0, "its first bytes are not ours"));
    }
    if found_version > version {
        return Err(StoreError::NewerVersion {
            path: path.display().to_string(),
            found: i64::from(*found_version),
            known: i64::from(*version),
        });
    }
    Ok(())
}

fn damaged(path: &Path, at: u64, what: &str) -> StoreError {
    StoreError::corrupt(
        format!("`{}`", path.display()),
        format!("byte {at}"),
        format!("{what}. A file `seg-…` may be deleted: it is made again from its log at the next start"),
    )
}

/// One point's readings of one segment.
#[derive(Debug)]
pub(crate) struct Chunk {
    times: Vec<i64>,
    entries: Vec<Entry>,
}

impl Chunk {
    pub(crate) fn get(&self, at: i64) -> Option<&Entry> {
        self.times.binary_search(&at).ok().and_then(|i| self.entries.get(i))
    }

    /// The first `limit` in `from..to`.
    pub(crate) fn range(&self, from: i64, to: i64, limit: usize) -> impl Iterator<Item = (i64, Entry)> + '_ {
        let start = self.times.partition_point(|at| *at < from);
        let both = self.times.iter().copied().zip(self.entries.iter().copied()).skip(start);
        both.take_while(move |(at, _)| *at < to).take(limit)
    }

    fn read(bytes: &[u8], count: usize) -> Option<Self> {
        let mut times = Take(bytes);
        let mut values = Take(bytes.get(count * 8..)?);
        let mut packets = Take(bytes.get(count * 16..)?);
        let mut qualities = Take(bytes.get(count * 24..)?);
        let entry =
            |_| Some(Entry::new(Some(values.f64()?), Quality::from_code(qualities.u8()?), packets.i64()?));
        Some(Self {
            entries: (0..count).map(entry).collect::<Option<_>>()?,
            times: (0..count).map(|_| times.i64()).collect::<Option<_>>()?,
        })
    }
}

/// Where a chunk is.
struct Row {
    point: i64,
    start: u64,
    count: u32,
    crc: u32,
    from: i64,
    to: i64,
}

impl Row {
    fn read(bytes: &[u8; ROW]) -> Option<Self> {
        let mut take = Take(bytes);
        let row = Self {
            point: take.i64()?,
            start: take.u64()?,
            count: take.u32()?,
            crc: take.u32()?,
            from: take.i64()?,
            to: take.i64()?,
        };
        (take.u32()? == crc32fast::hash(bytes.get(..ROW - 4)?)).then_some(row)
    }
}

/// Most segment files kept open.
const OPEN_FILES: usize = 64;
/// Most readings kept in memory as chunks: about 16 MB.
const CACHED_READINGS: usize = 500_000;

/// A segment's number, a point, and its readings there.
type Answer = (u64, PointId, Option<Arc<Chunk>>);

/// Reads chunks and offsets, and remembers the ones lately asked for.
#[derive(Debug)]
pub(crate) struct Shelf {
    dir: PathBuf,
    files: Mutex<VecDeque<(u64, Arc<File>)>>,
    chunks: Mutex<VecDeque<Answer>>,
}

impl Shelf {
    pub(crate) const fn new(dir: PathBuf) -> Self {
        Self { dir, files: Mutex::new(VecDeque::new()), chunks: Mutex::new(VecDeque::new()) }
    }

    pub(crate) fn path(&self, number: u64) -> PathBuf {
        super::files::segment(&self.dir, number)
    }

    /// The readings of a point in a segment; `None` when it has none there.
    pub(crate) fn chunk(&self, segment: &Segment, point: PointId) -> Result<Option<Arc<Chunk>>, StoreError> {
        let mut chunks = self.chunks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(i) = chunks.iter().position(|(n, p, _)| *n == segment.number && *p == point)
            && let Some(found) = chunks.remove(i)
        {
            let chunk = found.2.clone();
            chunks.push_back(found);
            return Ok(chunk);
        }
        drop(chunks);
        let chunk = match self.load(segment, point) {
            Err(error @ StoreError::Corrupt { .. }) => self.read_its_log(segment, point, error)?,
            loaded => loaded?,
        };
        let chunk = chunk.map(Arc::new);
        let mut chunks = self.chunks.lock().unwrap_or_else(PoisonError::into_inner);
        chunks.push_back((segment.number, point, chunk.clone()));
        while chunks.len() > 1 && chunks.iter().map(weight).sum::<usize>() > CACHED_READINGS {
            chunks.pop_front();
        }
        Ok(chunk)
    }

    /// A damaged segment costs time, not readings: they are all in its log.
    fn read_its_log(
        &self,
        segment: &Segment,
        point: PointId,
        error: StoreError,
    ) -> Result<Option<Chunk>, StoreError> {
        tracing::error!(%error, %point, "a segment is damaged; its log is read instead");
        let mut series = BTreeMap::new();
        let path = super::files::log(&self.dir, segment.number);
        let replayed = super::log::replay(&path, |stored| {
            for reading in stored.packet.readings.iter().filter(|r| r.point == point) {
                series.insert(reading.sample.at.ms(), Entry::of(reading, stored.seq));
            }
        });
        // Without its log either, the damage itself is what has to be told.
        replayed.map_err(|_| error)?;
        let (times, entries): (Vec<_>, Vec<_>) = series.into_iter().unzip();
        Ok((!times.is_empty()).then_some(Chunk { times, entries }))
    }

    fn load(&self, segment: &Segment, point: PointId) -> Result<Option<Chunk>, StoreError> {
        let path = self.path(segment.number);
        let file = self.file(segment.number)?;
        let Some(row) = find_row(&file, &path, segment, point)? else { return Ok(None) };
        let count = row.count as usize;
        let mut bytes = vec![0; count * READING];
        read_at(&file, &mut bytes, row.start).map_err(|e| StoreError::io("reading the segment", &path, e))?;
        let whole = crc32fast::hash(&bytes) == row.crc;
        let chunk = Chunk::read(&bytes, count).filter(|_| whole);
        chunk
            .map(Some)
            .ok_or_else(|| damaged(&path, row.start, &format!("the readings of point {point} are damaged")))
    }

    /// Whether a point has a reading at that very time, and which.
    pub(crate) fn get(
        &self,
        segment: &Segment,
        point: PointId,
        at: i64,
    ) -> Result<Option<Entry>, StoreError> {
        if !segment.may_hold(at, at + 1) {
            return Ok(None);
        }
        Ok(self.chunk(segment, point)?.and_then(|chunk| chunk.get(at).copied()))
    }

    /// Where in its log packets are, from the `skip`th of the segment on.
    pub(crate) fn offsets(&self, segment: &Segment, skip: u32, count: u32) -> Result<Vec<u32>, StoreError> {
        let path = self.path(segment.number);
        let count = count.min(segment.packets.saturating_sub(skip)) as usize;
        let mut bytes = vec![0; count * 4];
        read_at(&*self.file(segment.number)?, &mut bytes, segment.offsets_at + u64::from(skip) * 4)
            .map_err(|e| StoreError::io("reading the segment", &path, e))?;
        let mut take = Take(&bytes);
        Ok((0..count).filter_map(|_| take.u32()).collect())
    }

    fn file(&self, number: u64) -> Result<Arc<File>, StoreError> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, file)) = files.iter().find(|(n, _)| *n == number) {
            return Ok(Arc::clone(file));
        }
        let path = self.path(number);
        let file = File::open(&path).map_err(|e| StoreError::io("opening the segment", &path, e))?;
        let file = Arc::new(file);
        files.push_back((number, Arc::clone(&file)));
        if files.len() > OPEN_FILES {
            files.pop_front();
        }
        Ok(file)
    }
}

fn weight((_, _, chunk): &Answer) -> usize {
    // An empty answer weighs something too, so that their number is bounded as well.
    chunk.as_ref().map_or(100, |c| c.times.len() + 100)
}

/// Binary search over the rows, on disk.
fn find_row(file: &File, path: &Path, segment: &Segment, point: PointId) -> Result<Option<Row>, StoreError> {
    let (mut low, mut high) = (0, u64::from(segment.rows));
    while low < high {
        let middle = low + (high - low) / 2;
        let at = segment.rows_at + middle * ROW as u64;
        let mut bytes = [0; ROW];
        read_at(file, &mut bytes, at).map_err(|e| StoreError::io("reading the segment", path, e))?;
        let row = Row::read(&bytes).ok_or_else(|| damaged(path, at, "a row is damaged"))?;
        match row.point.cmp(&point.0) {
            std::cmp::Ordering::Equal if row.from <= row.to => return Ok(Some(row)),
            std::cmp::Ordering::Equal => return Ok(None),
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    Ok(None)
}
