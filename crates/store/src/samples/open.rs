//! Opening `samples/`: what is sealed is only looked at, what is not is read once; torn tails are cut
//! off, missing segments and states are made again.

use super::Samples;
use super::files::{self, Found};
use super::index::{Entry, Verdict};
use super::log::{self, Log, Replayed};
use super::segment::Segment;
use super::shared::{Inner, Part, Shared};
use super::state::{State, frame_hash};
use super::writer::{QUEUE, Writer, seal_part};
use crate::lock::Lock;
use crate::{Options, StoreError};
use field::id::PacketSeq;
use field::sample::StoredPacket;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// Opens the samples of a data directory and starts the writer (not when only reading).
pub(crate) fn open(options: &Options, lock: Option<Arc<Lock>>) -> Result<Samples, StoreError> {
    let dir = options.dir.join("samples");
    if !options.read_only {
        crate::files::make_dir(&dir)?;
    }
    let found = files::look(&dir)?;
    let opening = Opening { dir: dir.clone(), options };
    if !options.read_only {
        opening.clear(&found)?;
    }
    let segments = opening.segments(&found)?;
    let last_sealed = segments.last().map_or(0, |s| s.number);
    let state = opening.state(&found, last_sealed)?;
    let shared = opening.replay_unsealed(&found, segments, state)?;
    let head = watch::Sender::new(PacketSeq(shared.read().state.head));
    if options.read_only {
        return Ok(Samples::new(shared, head, None));
    }
    let (number, good) = {
        let inner = shared.read();
        (inner.active.number, inner.active.bytes)
    };
    let writer = Writer {
        log: Log::go_on(&dir, number, good, options.fault.clone())?,
        dir,
        shared: Arc::clone(&shared),
        head: head.clone(),
        fault: options.fault.clone(),
        sealing: None,
        _lock: lock,
    };
    let (asks, queue) = mpsc::channel(QUEUE);
    let thread = std::thread::Builder::new().name("samples".into()).spawn(move || writer.run(queue));
    thread.map_err(|e| StoreError::io("starting the samples thread for", &options.dir, e))?;
    Ok(Samples::new(shared, head, Some(asks)))
}

struct Opening<'a> {
    dir: PathBuf,
    options: &'a Options,
}

impl Opening<'_> {
    /// Removes what was not finished when the process ended.
    fn clear(&self, found: &Found) -> Result<(), StoreError> {
        for part in &found.parts {
            std::fs::remove_file(part).map_err(|e| StoreError::io("removing", part, e))?;
        }
        Ok(())
    }

    /// The sealed segments in order; those missing in the middle are made again from their logs.
    fn segments(&self, found: &Found) -> Result<Vec<Segment>, StoreError> {
        let Some(last) = found.segments.last().copied() else { return Ok(vec![]) };
        let first = found.logs.first().copied().unwrap_or(last).min(*found.segments.first().unwrap_or(&last));
        let mut segments = Vec::new();
        for number in first..=last {
            let path = files::segment(&self.dir, number);
            match (found.segments.contains(&number), found.logs.contains(&number)) {
                (true, has_log) => segments.extend(self.segment(number, has_log)?),
                (false, true) if !self.options.read_only => segments.extend(self.seal_anew(number)?),
                (false, true) => {
                    let why =
                        format!("`{}` is missing: start the server once to make it again", path.display());
                    return Err(StoreError::invalid("opening to read only", why));
                }
                (false, false) => {
                    tracing::error!(
                        log = number,
                        "a log and its segment are missing: their packets are lost"
                    );
                }
            }
        }
        Ok(segments)
    }

    /// One segment that is there; made again from its log when it is damaged.
    fn segment(&self, number: u64, has_log: bool) -> Result<Option<Segment>, StoreError> {
        match Segment::open(&files::segment(&self.dir, number), number) {
            Err(error @ StoreError::Corrupt { .. }) if has_log && !self.options.read_only => {
                tracing::error!(%error, "a segment is damaged");
                self.seal_anew(number)
            }
            opened => opened.map(Some),
        }
    }

    fn seal_anew(&self, number: u64) -> Result<Option<Segment>, StoreError> {
        tracing::warn!(log = number, "a segment is made again from its log");
        let mut part = Part::empty(number, 0);
        let replayed = log::replay(&files::log(&self.dir, number), |stored| put(&mut part, &stored))?;
        finish(&mut part, replayed);
        seal_part(&self.dir, &part, None, &self.options.fault)
    }

    /// The state at the end of the last sealed log.
    fn state(&self, found: &Found, last_sealed: u64) -> Result<State, StoreError> {
        if last_sealed == 0 {
            return Ok(State::default());
        }
        if found.states.contains(&last_sealed)
            && let Some(state) = files::read_state(&files::state(&self.dir, last_sealed))?
        {
            return Ok(state);
        }
        tracing::warn!("the state beside the newest segment is missing: every log is read once");
        let mut state = State::default();
        for number in found.logs.range(..=last_sealed) {
            log::replay(&files::log(&self.dir, *number), |stored| {
                let hash = frame_hash(&stored.packet.raw);
                state.take(&stored, hash, 0);
            })?;
        }
        if !self.options.read_only {
            let path = files::state(&self.dir, last_sealed);
            files::write_whole(&path, &files::state_bytes(&state), &self.options.fault)?;
        }
        Ok(state)
    }

    /// Reads the logs that are not sealed: the one that was written, and perhaps a full one before it.
    fn replay_unsealed(
        &self,
        found: &Found,
        segments: Vec<Segment>,
        state: State,
    ) -> Result<Arc<Shared>, StoreError> {
        let last_sealed = segments.last().map_or(0, |s| s.number);
        let unsealed: Vec<u64> = found.logs.range(last_sealed + 1..).copied().collect();
        let first = state.head + 1;
        let fresh = Part::empty(last_sealed + 1, first);
        let shared = Arc::new(Shared::new(self.dir.clone(), Inner::new(state, fresh, segments)));
        for (i, number) in unsealed.iter().enumerate() {
            self.replay(&shared, *number)?;
            if i + 1 < unsealed.len() {
                self.seal_full(&shared, *number + 1)?;
            }
        }
        if unsealed.is_empty() && !self.options.read_only {
            drop(Log::create(&self.dir, last_sealed + 1, first, self.options.fault.clone())?);
        }
        Ok(shared)
    }

    fn replay(&self, shared: &Shared, number: u64) -> Result<(), StoreError> {
        let path = files::log(&self.dir, number);
        let head = shared.read().state.head;
        shared.write().active = Part::empty(number, head + 1);
        let mut failed = None;
        let replayed = log::replay(&path, |stored| {
            if let Err(error) = replay_one(shared, stored) {
                failed = Some(error);
            }
        })?;
        if let Some(error) = failed {
            return Err(error);
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

    /// The process ended while a full log was being sealed: it is done now.
    fn seal_full(&self, shared: &Shared, next: u64) -> Result<(), StoreError> {
        let mut inner = shared.write();
        let first = inner.state.head + 1;
        let part = std::mem::replace(&mut inner.active, Part::empty(next, first));
        if self.options.read_only {
            inner.sealing = Some(Arc::new(part));
            return Ok(());
        }
        let state = inner.state.clone();
        drop(inner);
        let sealed = seal_part(&self.dir, &part, Some(&state), &self.options.fault)?;
        let mut inner = shared.write();
        let mut segments = inner.segments.to_vec();
        segments.extend(sealed);
        inner.segments = Arc::new(segments);
        Ok(())
    }
}

/// Takes a packet of an unsealed log in again, as the writer did.
fn replay_one(shared: &Shared, stored: StoredPacket) -> Result<(), StoreError> {
    let mut corrections = 0;
    for reading in &stored.packet.readings {
        let there = shared.entry(reading.point, reading.sample.at.ms())?;
        corrections += u64::from(Entry::judge(there.as_ref(), reading) == Verdict::Correction);
    }
    let hash = frame_hash(&stored.packet.raw);
    shared.write().take(stored, hash, corrections, 0);
    Ok(())
}

fn put(part: &mut Part, stored: &StoredPacket) {
    for reading in &stored.packet.readings {
        part.hot.put(reading.point, reading.sample.at.ms(), Entry::of(reading, stored.seq));
    }
}

fn finish(part: &mut Part, replayed: Replayed) {
    part.first = replayed.first;
    part.offsets = replayed.offsets;
    part.bytes = replayed.good;
}
