//! Reads chunks out of segments, and remembers open files, places and chunks lately used.

use super::bytes::read_at;
use super::chunk::Chunk;
use super::rolls::Rolls;
use super::rollup::Bucket;
use super::segment::{self, Place, Segment};
use super::shared::Edition;
use crate::StoreError;
use field::id::PointId;
use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// Most segment files kept open: a year of days.
const OPEN_FILES: usize = 400;
/// Most blocks of places kept: about 12 MB.
const BLOCKS: usize = 1_000;
/// Most rows kept as chunks: about 16 MB.
const CHUNK_ROWS: usize = 500_000;

/// Most buckets kept as roll-ups: about 10 MB.
const BUCKETS: usize = 200_000;
/// Most buckets remembered that were reckoned out of rows: about 5 MB,
const RECKONED: usize = 100_000;
/// and so many at most of one stretch: hours that just passed, not years.
const RECKONED_AT_ONCE: usize = 200;
/// Bytes read at once where one point's roll-ups are asked for after another's.
const AHEAD: u64 = 32 * 1024;

/// A quick hash of our own numbers, which nobody outside chooses.
#[derive(Clone, Copy, Debug, Default)]
struct Quick(u64);

/// An odd constant with well spread bits (2⁶⁴ / golden ratio).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(23) ^ number).wrapping_mul(SPREAD);
    }

    fn write_i64(&mut self, number: i64) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        (self.0 ^ (self.0 >> 29)).wrapping_mul(SPREAD)
    }
}

/// A table that forgets what was put in first.
#[derive(Debug)]
struct Kept<K, V> {
    map: HashMap<K, (V, usize), BuildHasherDefault<Quick>>,
    order: VecDeque<K>,
    weight: usize,
    most: usize,
}

impl<K: Eq + Hash + Clone, V: Clone> Kept<K, V> {
    fn new(most: usize) -> Self {
        Self { map: HashMap::default(), order: VecDeque::new(), weight: 0, most }
    }

    fn get(&self, key: &K) -> Option<V> {
        self.map.get(key).map(|(value, _)| value.clone())
    }

    fn put(&mut self, key: K, value: V, weight: usize) {
        if let Some((_, old)) = self.map.insert(key.clone(), (value, weight)) {
            self.weight -= old;
        } else {
            self.order.push_back(key);
        }
        self.weight += weight;
        while self.weight > self.most && self.order.len() > 1 {
            let Some(oldest) = self.order.pop_front() else { break };
            if let Some((_, weight)) = self.map.remove(&oldest) {
                self.weight -= weight;
            }
        }
    }
}

type Places = Arc<Vec<Place>>;
/// By segment and point; `None` where the point has no rows there.
type Chunks = Kept<(u64, PointId), Option<Arc<Chunk>>>;

/// Roll-ups of a point in one file.
#[derive(Debug)]
pub(crate) struct OfPoint {
    /// Whether they say more than the rows beside them.
    pub(crate) lacks_rows: bool,
    /// `None` when they are damaged.
    pub(crate) rolls: Option<Rolls>,
}

/// By file and point; `None` where the point has none there.
type OfPoints = Kept<(u64, PointId), Option<Arc<OfPoint>>>;

/// Buckets that were reckoned out of rows, and what there was of the point then.
#[derive(Clone, Debug)]
struct Reckoned {
    edition: Edition,
    buckets: Arc<[Bucket]>,
}

/// A stretch of a point's time in buckets of so many milliseconds: point, length, from, to.
pub(crate) type Stretch = (PointId, i64, i64, i64);

/// Open files and what was lately read from them.
#[derive(Debug)]
pub(crate) struct Shelf {
    files: Mutex<Kept<u64, Arc<File>>>,
    blocks: Mutex<Kept<(u64, u64), Places>>,
    chunks: Mutex<Chunks>,
    rolls: Mutex<OfPoints>,
    reckoned: Mutex<Kept<Stretch, Reckoned>>,
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shelf {
    pub(crate) fn new() -> Self {
        Self {
            files: Mutex::new(Kept::new(OPEN_FILES)),
            blocks: Mutex::new(Kept::new(BLOCKS)),
            chunks: Mutex::new(Kept::new(CHUNK_ROWS)),
            rolls: Mutex::new(Kept::new(BUCKETS)),
            reckoned: Mutex::new(Kept::new(RECKONED)),
        }
    }

    fn file(&self, segment: &Segment) -> Result<Arc<File>, StoreError> {
        if let Some(file) = locked(&self.files).get(&segment.meta.id) {
            return Ok(file);
        }
        let path = segment.path();
        let file = Arc::new(File::open(path).map_err(|e| StoreError::io("opening the segment", path, e))?);
        locked(&self.files).put(segment.meta.id, Arc::clone(&file), 1);
        Ok(file)
    }

    /// The blocks of a segment's index; `None` when the index is damaged.
    fn directory<'a>(&self, segment: &'a Segment, file: &File) -> Option<&'a [segment::Block]> {
        if let Some(known) = segment.directory.get() {
            return Some(known);
        }
        let mut bytes = vec![0; segment.meta.directory_len as usize];
        read_at(file, &mut bytes, segment.meta.directory_at).ok()?;
        let read = segment::read_directory(&bytes)?;
        Some(segment.directory.get_or_init(|| read))
    }

    /// All places of a segment with a damaged index.
    fn rescued<'a>(&self, segment: &'a Segment) -> Result<&'a [Place], StoreError> {
        if let Some(places) = segment.rescued.get() {
            return Ok(places);
        }
        tracing::error!(
            path = %segment.path().display(),
            "the index of a segment is damaged; the chunks are looked for one by one: run `zhizhen verify`"
        );
        let places = segment::rescue(segment.path())?;
        Ok(segment.rescued.get_or_init(|| places))
    }

    fn block(&self, segment: &Segment, file: &File, block: segment::Block) -> Option<Places> {
        let key = (segment.meta.id, block.at);
        if let Some(places) = locked(&self.blocks).get(&key) {
            return Some(places);
        }
        let mut bytes = vec![0; block.length as usize];
        read_at(file, &mut bytes, block.at).ok()?;
        let places = Arc::new(segment::read_block(&bytes)?);
        locked(&self.blocks).put(key, Arc::clone(&places), 1);
        Some(places)
    }

    fn place(&self, segment: &Segment, file: &File, point: PointId) -> Result<Option<Place>, StoreError> {
        match self.places_around(segment, file, point) {
            Some((_, places)) => Ok(find(&places, point)),
            None => Ok(find(self.rescued(segment)?, point)),
        }
    }

    /// The places of the points around one, and which points those would be; `None` where the index is
    /// damaged.
    fn places_around(&self, segment: &Segment, file: &File, point: PointId) -> Option<(Range<i64>, Places)> {
        if segment.rescued.get().is_some() {
            return None;
        }
        let directory = self.directory(segment, file)?;
        let next = directory.partition_point(|b| b.first <= point.0);
        let end = directory.get(next).map_or(i64::MAX, |b| b.first);
        match next.checked_sub(1).and_then(|i| directory.get(i)) {
            Some(block) => Some((block.first..end, self.block(segment, file, *block)?)),
            None => Some((i64::MIN..end, Places::default())),
        }
    }

    /// All places of a segment, by point.
    pub(crate) fn places(&self, segment: &Segment) -> Result<Vec<Place>, StoreError> {
        let file = self.file(segment)?;
        if segment.rescued.get().is_none()
            && let Some(directory) = self.directory(segment, &file)
        {
            let mut all = Vec::with_capacity(segment.meta.points as usize);
            let sound = directory.iter().all(|block| {
                let mut bytes = vec![0; block.length as usize];
                let read =
                    read_at(&file, &mut bytes, block.at).ok().and_then(|()| segment::read_block(&bytes));
                read.map(|places| all.extend(places)).is_some()
            });
            if sound {
                return Ok(all);
            }
        }
        Ok(self.rescued(segment)?.to_vec())
    }

    /// The places of a segment's block, and whether there are more behind it; all that can be found where the
    /// index is damaged, but for those up to `after`.
    pub(crate) fn places_of_block(
        &self,
        segment: &Segment,
        block: usize,
        after: Option<i64>,
    ) -> Result<(Vec<Place>, bool), StoreError> {
        let file = self.file(segment)?;
        if segment.rescued.get().is_none()
            && let Some(directory) = self.directory(segment, &file)
        {
            let Some(of) = directory.get(block) else { return Ok((vec![], false)) };
            let mut bytes = vec![0; of.length as usize];
            if let Some(places) =
                read_at(&file, &mut bytes, of.at).ok().and_then(|()| segment::read_block(&bytes))
            {
                return Ok((places, block + 1 < directory.len()));
            }
        }
        let all = self.rescued(segment)?.iter();
        Ok((all.filter(|place| after.is_none_or(|after| place.point > after)).copied().collect(), false))
    }

    /// Reads the bytes at a place.
    pub(crate) fn bytes(&self, segment: &Segment, place: &Place) -> Result<Vec<u8>, StoreError> {
        let file = self.file(segment)?;
        let mut bytes = vec![0; place.length as usize];
        let path = segment.path();
        read_at(&file, &mut bytes, place.at).map_err(|e| StoreError::io("reading the segment", path, e))?;
        Ok(bytes)
    }

    /// The rows of a point in a segment, unless none of them is in `from..to`. A damaged chunk is named
    /// and left out: it costs nobody else's rows.
    pub(crate) fn chunk(
        &self,
        segment: &Segment,
        point: PointId,
        from: i64,
        to: i64,
    ) -> Result<Option<Chunk>, StoreError> {
        let file = self.file(segment)?;
        let Some(place) = self.place(segment, &file, point)? else { return Ok(None) };
        if place.from >= to || place.to < from {
            return Ok(None);
        }
        Ok(whole(segment, &place, &self.bytes(segment, &place)?))
    }

    /// The roll-ups of points in a file of them, in the points' order, remembered; `None` where a point has
    /// none. What is remembered of all is taken under one hold of the lock.
    pub(crate) fn rolls(
        &self,
        opened: &mut Opened,
        points: &[PointId],
        into: &mut Vec<Option<Arc<OfPoint>>>,
    ) -> Result<(), StoreError> {
        let id = opened.segment.meta.id;
        let mut missing = vec![];
        into.clear();
        {
            let known = locked(&self.rolls);
            for (i, point) in points.iter().enumerate() {
                let found = known.get(&(id, *point));
                missing.extend(found.is_none().then_some((i, *point)));
                into.push(found.flatten());
            }
        }
        let read = |(i, point)| Ok::<_, StoreError>((i, point, opened.rolls(self, point)?));
        let read = missing.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let mut known = locked(&self.rolls);
        for (i, point, found) in read {
            let buckets = found.as_ref().and_then(|of| of.rolls.as_ref()).map_or(0, Rolls::buckets);
            known.put((id, point), found.clone(), buckets + 4);
            if let Some(place) = into.get_mut(i) {
                *place = found;
            }
        }
        Ok(())
    }

    /// Buckets that were reckoned out of the rows of this stretch when there was the same of the point.
    pub(crate) fn reckoned(&self, stretch: &Stretch, edition: Edition) -> Option<Arc<[Bucket]>> {
        locked(&self.reckoned)
            .get(stretch)
            .filter(|known| known.edition == edition)
            .map(|known| known.buckets)
    }

    /// Remembers them, where they are few.
    pub(crate) fn remember(&self, stretch: Stretch, edition: Edition, buckets: &[Bucket]) {
        if buckets.len() <= RECKONED_AT_ONCE {
            let reckoned = Reckoned { edition, buckets: buckets.into() };
            locked(&self.reckoned).put(stretch, reckoned, buckets.len() + 4);
        }
    }

    /// As [`Shelf::chunk`], remembered: for late packets, which come in numbers.
    pub(crate) fn remembered(
        &self,
        segment: &Segment,
        point: PointId,
    ) -> Result<Option<Arc<Chunk>>, StoreError> {
        let key = (segment.meta.id, point);
        if let Some(found) = locked(&self.chunks).get(&key) {
            return Ok(found);
        }
        let chunk = self.chunk(segment, point, i64::MIN, i64::MAX)?.map(Arc::new);
        let weight = chunk.as_ref().map_or(100, |c| c.len() + 100);
        locked(&self.chunks).put(key, chunk.clone(), weight);
        Ok(chunk)
    }
}

/// A segment in which many points are looked for, one after another: its file, the places read last and
/// the bytes read ahead stay at hand.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) segment: Arc<Segment>,
    file: Option<Arc<File>>,
    /// Places, and of which points they would be.
    places: Option<(Range<i64>, Places)>,
    bytes: Vec<u8>,
    /// Where in the file those bytes are.
    bytes_at: u64,
}

impl Opened {
    pub(crate) const fn new(segment: Arc<Segment>) -> Self {
        Self { segment, file: None, places: None, bytes: vec![], bytes_at: 0 }
    }

    fn file(&mut self, shelf: &Shelf) -> Result<Arc<File>, StoreError> {
        if let Some(file) = &self.file {
            return Ok(Arc::clone(file));
        }
        let file = shelf.file(&self.segment)?;
        self.file = Some(Arc::clone(&file));
        Ok(file)
    }

    /// Where a point's chunk is; `None` where it has none.
    pub(crate) fn place(&mut self, shelf: &Shelf, point: PointId) -> Result<Option<Place>, StoreError> {
        if let Some((_, places)) = self.places.as_ref().filter(|(of, _)| of.contains(&point.0)) {
            return Ok(find(places, point));
        }
        let file = self.file(shelf)?;
        self.places = shelf.places_around(&self.segment, &file, point);
        match &self.places {
            Some((_, places)) => Ok(find(places, point)),
            None => Ok(find(shelf.rescued(&self.segment)?, point)),
        }
    }

    /// The bytes at a place. Whoever goes on where it ended the last time is given what was read ahead.
    fn bytes(&mut self, shelf: &Shelf, place: &Place) -> Result<&[u8], StoreError> {
        let end = self.bytes_at + self.bytes.len() as u64;
        let length = u64::from(place.length);
        if place.at < self.bytes_at || place.at + length > end {
            let goes_on = (self.bytes_at..=end).contains(&place.at);
            let left = self.segment.meta.bytes.saturating_sub(place.at);
            let wanted = if goes_on { length.max(AHEAD.min(left)) } else { length };
            let file = self.file(shelf)?;
            self.bytes.resize(usize::try_from(wanted).unwrap_or(0), 0);
            self.bytes_at = place.at;
            let path = self.segment.path();
            read_at(&file, &mut self.bytes, place.at)
                .map_err(|e| StoreError::io("reading the segment", path, e))?;
        }
        let skip = usize::try_from(place.at - self.bytes_at).unwrap_or(usize::MAX);
        Ok(self.bytes.get(skip..).and_then(|rest| rest.get(..place.length as usize)).unwrap_or_default())
    }

    fn rolls(&mut self, shelf: &Shelf, point: PointId) -> Result<Option<Arc<OfPoint>>, StoreError> {
        let Some(place) = self.place(shelf, point)? else { return Ok(None) };
        let rolls = Rolls::read(self.bytes(shelf, &place)?).map(|(_, rolls)| rolls);
        Ok(Some(Arc::new(OfPoint { lacks_rows: place.lacks_rows(), rolls })))
    }
}

fn find(places: &[Place], point: PointId) -> Option<Place> {
    places.binary_search_by_key(&point.0, |p| p.point).ok().and_then(|i| places.get(i)).copied()
}

/// The chunk of these bytes; `None`, named in the program's log, when it is damaged.
pub(crate) fn whole(segment: &Segment, place: &Place, bytes: &[u8]) -> Option<Chunk> {
    match Chunk::read(bytes) {
        Some((point, chunk)) if point.0 == place.point => Some(chunk),
        _ => {
            tracing::error!(
                path = %segment.path().display(), byte = place.at, point = place.point,
                from = %field::time::Time::from_ms(place.from), to = %field::time::Time::from_ms(place.to),
                "a chunk is damaged: its rows are left out, everything else is whole"
            );
            None
        }
    }
}
