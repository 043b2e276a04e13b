//! 校验: every checksum of every file is looked at; what is damaged is named by file, place,
//! point and time. Changes nothing.

use super::chunk::Chunk;
use super::frames::{self, Frames};
use super::live::Live;
use super::manifest::Manifest;
use super::rolls::Rolls;
use super::segment::{self, ROLLS, Segment};
use super::shared::Shared;
use super::{files, log};
use crate::StoreError;
use field::id::{PacketSeq, PointId};
use field::time::Time;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What is damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The rows of one point.
    Chunk {
        /// Whose.
        point: PointId,
        /// The first row's time.
        from: Time,
        /// The last row's time.
        to: Time,
    },
    /// What the rows of one point come to: reckoned from the rows, as long as they are there.
    Rolls {
        /// Whose.
        point: PointId,
        /// The first bucket's start.
        from: Time,
        /// The last bucket's end.
        to: Time,
    },
    /// The index of a segment: its chunks are found without it, slowly.
    Index,
    /// Packets from this number on, to the next sound block.
    Frames(PacketSeq),
    /// What stands elsewhere too: nothing is lost by it, it is made again from the other files.
    Spare,
    /// Some packets or batches of a log that is not sealed yet; those behind them are whole.
    Log,
    /// The whole file is missing or cannot be read.
    File(String),
}

/// A damaged place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// Which file.
    pub path: PathBuf,
    /// Where in it.
    pub byte: u64,
    /// What it costs.
    pub what: Damage,
}

/// What a look at everything found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Files looked at.
    pub files: u64,
    /// Chunks, blocks of frames.
    pub blocks: u64,
    /// Rows in sound chunks.
    pub rows: u64,
    /// What is damaged.
    pub damaged: Vec<Damaged>,
}

/// How often the manifest is read again when a server beside us merges meanwhile.
const ROUNDS: usize = 20;

/// Looks at every checksum: of the sealed files as the manifest names them now, and of the logs that are
/// not sealed yet.
pub(crate) fn verify(shared: &Shared) -> Result<Verified, StoreError> {
    let mut look = Look { shared, found: Verified::default(), seen: BTreeSet::new() };
    for _ in 0..ROUNDS {
        let manifest = look.manifest();
        let before = look.seen.len();
        manifest.segments.iter().for_each(|meta| look.segment(meta));
        manifest.rolls.iter().for_each(|meta| look.segment(meta));
        manifest.frames.iter().for_each(|meta| look.frames(meta));
        if look.seen.len() == before {
            break;
        }
    }
    look.logs()?;
    look.spare();
    Ok(look.found)
}

struct Look<'a> {
    shared: &'a Shared,
    found: Verified,
    seen: BTreeSet<PathBuf>,
}

impl Look<'_> {
    /// The manifest as it is on disk now; what was read at the start when it is damaged.
    fn manifest(&self) -> Manifest {
        let path = files::manifest(&self.shared.dir);
        let loaded = if path.is_file() { Manifest::load(&self.shared.dir).ok().flatten() } else { None };
        loaded.unwrap_or_else(|| self.shared.book().manifest.clone())
    }

    fn damaged(&mut self, path: &Path, byte: u64, what: Damage) {
        self.found.damaged.push(Damaged { path: path.to_owned(), byte, what });
    }

    /// A file that could not be read: damage, unless a merge has replaced it meanwhile.
    fn unreadable(&mut self, path: &Path, error: &StoreError, named: impl Fn(&Manifest) -> bool) {
        if path.exists() || named(&self.manifest()) {
            self.damaged(path, 0, Damage::File(error.to_string()));
        }
    }

    fn segment(&mut self, meta: &segment::Meta) {
        let segment = Segment::new(&self.shared.dir, meta.clone());
        let path = segment.path().to_owned();
        if !self.seen.insert(path.clone()) {
            return;
        }
        self.found.files += 1;
        let shelf = &self.shared.shelf;
        let places = match shelf.places(&segment) {
            Ok(places) => places,
            Err(error) => {
                return self.unreadable(&path, &error, |m| {
                    m.segments.iter().chain(&m.rolls).any(|s| s.id == meta.id)
                });
            }
        };
        if segment.rescued.get().is_some() {
            self.damaged(&path, meta.directory_at, Damage::Index);
        }
        if !segment::spare_is_sound(&path, meta) {
            self.damaged(&path, 0, Damage::Spare);
        }
        for place in places {
            self.found.blocks += 1;
            let bytes = shelf.bytes(&segment, &place).unwrap_or_default();
            let span = (Time::from_ms(place.from), Time::from_ms(place.to));
            if meta.level == ROLLS {
                if Rolls::read(&bytes).is_none_or(|(point, _)| point.0 != place.point) {
                    let what = Damage::Rolls { point: PointId(place.point), from: span.0, to: span.1 };
                    self.damaged(&path, place.at, what);
                }
                continue;
            }
            match Chunk::read(&bytes).filter(|(point, _)| point.0 == place.point) {
                Some((_, chunk)) => self.found.rows += chunk.len() as u64,
                None => {
                    let what = Damage::Chunk { point: PointId(place.point), from: span.0, to: span.1 };
                    self.damaged(&path, place.at, what);
                }
            }
        }
    }

    fn frames(&mut self, meta: &frames::Meta) {
        let frames = Frames::new(&self.shared.dir, meta.clone());
        let path = frames.path().to_owned();
        if !self.seen.insert(path.clone()) {
            return;
        }
        self.found.files += 1;
        match frames.verify() {
            Ok(checked) => {
                self.found.blocks += checked.blocks;
                for (at, first) in checked.bad {
                    self.damaged(&path, at, Damage::Frames(PacketSeq(first)));
                }
                if !checked.directory {
                    self.damaged(&path, meta.directory_at, Damage::Index);
                }
                if !checked.spare {
                    self.damaged(&path, 0, Damage::Spare);
                }
            }
            Err(error) => self.unreadable(&path, &error, |m| m.frames.iter().any(|f| f.log == meta.log)),
        }
    }

    /// The manifest and the state, which are made again from the other files. What a server beside us replaces
    /// meanwhile is whole at every moment.
    fn spare(&mut self) {
        let path = files::manifest(&self.shared.dir);
        let is_bad = |loaded: Result<Option<Manifest>, StoreError>| !matches!(loaded, Ok(Some(_)));
        if path.is_file() && is_bad(Manifest::load(&self.shared.dir)) {
            self.damaged(&path, 0, Damage::Spare);
        }
        let sealed = self.manifest().sealed;
        let path = files::state(&self.shared.dir, sealed);
        let is_sound = || matches!(files::read_state(&path, &mut Live::default()), Ok(Some(_)));
        if path.is_file() {
            self.found.files += 1;
            if !is_sound() && path.is_file() {
                self.damaged(&path, 0, Damage::Spare);
            }
        }
    }

    /// The logs that are not sealed; a torn end is none, it was never answered.
    fn logs(&mut self) -> Result<(), StoreError> {
        let sealed = self.manifest().sealed;
        for number in files::look(&self.shared.dir)?.logs.range(sealed + 1..) {
            let path = files::log(&self.shared.dir, *number);
            self.found.files += 1;
            match log::replay(&path, |_, _| {}) {
                Ok(read) => {
                    self.found.blocks += read.offsets.len() as u64;
                    for byte in read.damaged {
                        self.damaged(&path, byte, Damage::Log);
                    }
                }
                // Sealed meanwhile: then its rows are in a segment of the next look.
                Err(StoreError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {}
                Err(error) => self.damaged(&path, 0, Damage::File(error.to_string())),
            }
        }
        Ok(())
    }
}
