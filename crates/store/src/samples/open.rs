//! Opening `samples/`: what is sealed is only named, what is not is read once; torn tails are cut off,
//! a missing state or manifest is made again, an older layout is brought into this one.

use super::Samples;
use super::files::{self, Found};
use super::keeper::{self, Handle};
use super::live::Live;
use super::log::{self, Log, Replayed};
use super::manifest::Manifest;
use super::record::Record;
use super::row::{Row, Verdict};
use super::shared::{Inner, Part, Shared};
use super::state::{State, frame_hash};
use super::writer::{QUEUE, Writer};
use crate::lock::Lock;
use crate::{Options, StoreError};
use field::id::{PacketSeq, PointId};
use field::sample::StoredPacket;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// How often opening to read only is tried while the writer beside it seals and merges.
const TRIES: usize = 5;

/// Opens the samples of a data directory and starts the writer (not when only reading).
pub(crate) fn open(options: &Options, lock: Option<Arc<Lock>>) -> Result<Samples, StoreError> {
    let dir = options.dir.join("samples");
    if !options.read_only {
        crate::files::make_dir(&dir)?;
    }
    let opening = Opening { dir: dir.clone(), options };
    let shared = opening.shared()?;
    let head = watch::Sender::new(PacketSeq(shared.read().state.head));
    if options.read_only {
        return Ok(Samples::new(shared, head, None, None));
    }
    let (number, good) = {
        let inner = shared.read();
        (inner.active.number, inner.active.bytes)
    };
    let keeper = Handle::start(Arc::clone(&shared))?;
    keeper.ask(keeper::Job::Look);
    let writer = Writer {
        log: Log::go_on(&dir, number, good, options.fault.clone())?,
        dir,
        shared: Arc::clone(&shared),
        head: head.clone(),
        fault: options.fault.clone(),
        sealing: None,
        keeper: keeper.clone(),
        runtime: runtime(),
        _lock: lock,
    };
    let (asks, queue) = mpsc::channel(QUEUE);
    let thread = std::thread::Builder::new().name("samples".into()).spawn(move || writer.run(queue));
    thread.map_err(|e| StoreError::io("starting the samples thread for", &options.dir, e))?;
    Ok(Samples::new(shared, head, Some(asks), Some(keeper)))
}

/// The runtime this is called from, unless one thread does everything in it: that one may be the very one
/// that waits.
fn runtime() -> Option<tokio::runtime::Handle> {
    let many = |runtime: &tokio::runtime::Handle| {
        runtime.runtime_flavor() == tokio::runtime::RuntimeFlavor::MultiThread
    };
    tokio::runtime::Handle::try_current().ok().filter(many)
}

struct Opening<'a> {
    dir: PathBuf,
    options: &'a Options,
}

impl Opening<'_> {
    fn shared(&self) -> Result<Arc<Shared>, StoreError> {
        for _ in 1..TRIES {
            match self.shared_once() {
                Err(StoreError::Io { source, .. })
                    if self.options.read_only && source.kind() == std::io::ErrorKind::NotFound => {}
                opened => return opened,
            }
        }
        self.shared_once()
    }

    fn shared_once(&self) -> Result<Arc<Shared>, StoreError> {
        let found = files::look(&self.dir)?;
        if self.options.read_only && !found.before.is_empty() && !found.manifest {
            let why = format!(
                "`{}` is of an older layout: start the server once, it brings it into the new one",
                self.dir.display()
            );
            return Err(StoreError::invalid("opening to read only", why));
        }
        let manifest = self.manifest(&found)?;
        if !self.options.read_only {
            self.clear(&found, &manifest)?;
        }
        self.report_missing(&found, &manifest);
        let sealed = manifest.sealed;
        let live = Live::default();
        let inner = Inner::new(State::default(), live, Part::empty(sealed + 1, 1));
        let shared = Shared::new(self.dir.clone(), inner, manifest, self.options.fault.clone());
        let shared = Arc::new(shared);
        self.state(&shared, &found, sealed)?;
        self.replay_unsealed(&shared, &found, sealed)?;
        Ok(shared)
    }

    fn manifest(&self, found: &Found) -> Result<Manifest, StoreError> {
        let loaded = if found.manifest { Manifest::load(&self.dir)? } else { None };
        match loaded {
            Some(manifest) => Ok(manifest),
            None if found.columns.is_empty() && found.frames.is_empty() => Ok(Manifest::default()),
            None => Manifest::rebuild(&self.dir, found),
        }
    }

    /// Removes what was not finished when the process ended, and what was replaced.
    fn clear(&self, found: &Found, manifest: &Manifest) -> Result<(), StoreError> {
        let remove = |path: &std::path::Path| {
            std::fs::remove_file(path).map_err(|e| StoreError::io("removing", path, e))
        };
        found.parts.iter().try_for_each(|part| remove(part))?;
        let named = |id: &u64| manifest.segments.iter().any(|s| s.id == *id);
        for id in found.columns.iter().filter(|id| !named(id)) {
            remove(&files::columns(&self.dir, *id))?;
        }
        let named = |id: &u64| manifest.rolls.iter().any(|r| r.id == *id);
        for id in found.rolls.iter().filter(|id| !named(id)) {
            remove(&files::rolls(&self.dir, *id))?;
        }
        let named = |log: &u64| manifest.frames.iter().any(|f| f.log == *log);
        for log in found.frames.iter().filter(|log| !named(log)) {
            remove(&files::frames(&self.dir, *log))?;
        }
        for log in found.logs.range(..=manifest.sealed) {
            remove(&files::log(&self.dir, *log))?;
        }
        Ok(())
    }

    /// Files the manifest names and nobody has any more are told; the rest is used.
    fn report_missing(&self, found: &Found, manifest: &Manifest) {
        for segment in manifest.segments.iter().filter(|s| !found.columns.contains(&s.id)) {
            tracing::error!(
                path = %files::columns(&self.dir, segment.id).display(), rows = segment.rows,
                "a segment is missing: put it back from a backup"
            );
        }
    }

    /// The state at the end of the last sealed log.
    fn state(&self, shared: &Shared, found: &Found, sealed: u64) -> Result<(), StoreError> {
        if sealed == 0 {
            return Ok(());
        }
        let path = files::state(&self.dir, sealed);
        if found.states.contains(&sealed) {
            let mut inner = shared.write();
            if let Some(state) = files::read_state(&path, &mut inner.live)? {
                inner.state = state;
                return Ok(());
            }
        }
        tracing::warn!("the state beside the newest segment is missing: it is made again from all others");
        self.rebuild_state(shared)?;
        if !self.options.read_only {
            let inner = shared.read();
            let bytes = files::state_bytes(&inner.state, &inner.live.all_latest());
            drop(inner);
            files::write_whole(&path, &bytes, &self.options.fault)?;
        }
        Ok(())
    }

    /// Who was heard, from the frames; each point's latest, from the columns.
    fn rebuild_state(&self, shared: &Shared) -> Result<(), StoreError> {
        let (frames, segments) = {
            let inner = shared.read();
            (Arc::clone(&inner.frames), Arc::clone(&inner.segments))
        };
        for frames in frames.iter() {
            for record in frames.read(0, usize::MAX)? {
                let mut inner = shared.write();
                match record {
                    Record::Packet(stored) => {
                        let hash = frame_hash(&stored.packet.raw);
                        inner.state.take(&stored, hash, 0);
                    }
                    Record::Rows(seq, rows) => {
                        inner.state.take_rows(seq.0, &rows.source, rows.received_at, rows.len() as u64);
                    }
                    Record::Emptied(seq, rows, count) => {
                        inner.state.take_rows(seq.0, &rows.source, rows.received_at, u64::from(count));
                    }
                }
            }
            let mut inner = shared.write();
            inner.state.head = inner.state.head.max(frames.meta.end - 1);
        }
        for segment in segments.iter() {
            for place in shared.shelf.places(segment)? {
                let point = PointId(place.point);
                if shared.read().live.latest(point).is_some_and(|latest| latest.at > place.to) {
                    continue;
                }
                let bytes = shared.shelf.bytes(segment, &place)?;
                let chunk = super::shelf::whole(segment, &place, &bytes);
                if let Some(row) = chunk.and_then(|c| c.row(c.len().wrapping_sub(1))) {
                    shared.write().live.restore_latest(point, row);
                }
            }
        }
        Ok(())
    }

    /// Reads the logs that are not sealed: the one that was written, perhaps a full one before it, or
    /// all of an older layout.
    fn replay_unsealed(&self, shared: &Shared, found: &Found, sealed: u64) -> Result<(), StoreError> {
        let unsealed: Vec<u64> = found.logs.range(sealed + 1..).copied().collect();
        let mut next = sealed + 1;
        for (i, number) in unsealed.iter().enumerate() {
            if *number != next {
                tracing::error!(from = next, to = number - 1, "logs are missing: their packets are lost");
            }
            next = number + 1;
            self.replay(shared, *number)?;
            if i + 1 < unsealed.len() {
                self.seal_full(shared, next)?;
            }
        }
        if self.options.read_only {
            return Ok(());
        }
        if unsealed.is_empty() {
            let first = shared.read().state.head + 1;
            shared.write().active = Part::empty(next, first);
            drop(Log::create(&self.dir, next, first, self.options.fault.clone())?);
        }
        for old in &found.before {
            std::fs::remove_file(old).map_err(|e| StoreError::io("removing", old, e))?;
        }
        Ok(())
    }

    fn replay(&self, shared: &Shared, number: u64) -> Result<(), StoreError> {
        let path = files::log(&self.dir, number);
        let head = shared.read().state.head;
        shared.write().active = Part::empty(number, head + 1);
        let mut failed = None;
        let replayed = log::replay(&path, |record, at| {
            if let Err(error) = replay_one(shared, record, at as u64) {
                failed = Some(error);
            }
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        if replayed.bad_head && !self.options.read_only {
            log::mend_head(&path, replayed.first)?;
        }
        if replayed.torn > 0 {
            tracing::warn!(
                path = %path.display(), byte = replayed.good, bytes = replayed.torn,
                "the log ends in a packet that was not finished; it is cut off there"
            );
        }
        finish(&mut shared.write().active, replayed);
        Ok(())
    }

    /// The process ended while a full log was being sealed, or an older layout is brought into this
    /// one: it is sealed now.
    fn seal_full(&self, shared: &Shared, next: u64) -> Result<(), StoreError> {
        if self.options.read_only {
            // Rows of two logs may stand in one window: only the frames' places are then those of the
            // last log, and the first one's packets are looked for by their numbers.
            let mut inner = shared.write();
            let first = inner.state.head + 1;
            if inner.sealing.is_none() {
                inner.freeze(next, first);
            } else {
                inner.active = Part::empty(next, first);
            }
            return Ok(());
        }
        let (frozen, state) = {
            let mut inner = shared.write();
            let first = inner.state.head + 1;
            let state = files::state_bytes(&inner.state, &inner.live.all_latest());
            (inner.freeze(next, first), state)
        };
        if !keeper::seal(shared, &frozen, &state)? {
            return Err(StoreError::Closed { what: "sealing a full log" });
        }
        Ok(())
    }
}

/// Takes a record of an unsealed log in again, as the writer did.
fn replay_one(shared: &Shared, record: Record, at: u64) -> Result<(), StoreError> {
    match record {
        Record::Packet(stored) => replay_packet(shared, stored, at),
        Record::Rows(seq, rows) => {
            shared.write().take_rows(seq, Arc::new(rows), at);
            Ok(())
        }
        Record::Emptied(seq, rows, _) => {
            shared.write().take_rows(seq, Arc::new(rows), at);
            Ok(())
        }
    }
}

fn replay_packet(shared: &Shared, stored: StoredPacket, at: u64) -> Result<(), StoreError> {
    let mut corrections = 0;
    for reading in &stored.packet.readings {
        let there = shared.entry(reading.point, reading.sample.at.ms())?;
        let row = Row::of(reading, stored.seq);
        corrections += u64::from(Row::judge(there.as_ref(), &row) == Verdict::Correction);
    }
    let hash = frame_hash(&stored.packet.raw);
    shared.write().take(stored, hash, corrections, at);
    Ok(())
}

fn finish(part: &mut Part, replayed: Replayed) {
    part.first = replayed.first;
    part.offsets = replayed.offsets;
    part.bytes = replayed.good;
}
