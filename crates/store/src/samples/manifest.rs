//! 清单: which files are the store's. Written whole and renamed into place, so that a merge is done
//! entirely or not at all.

use super::bytes::{Put as _, Take};
use super::{files, frames, segment};
use crate::{FaultPlan, StoreError};
use std::path::Path;

/// First bytes; the last one is the version. Since 3 levels of roll-ups may be written close, since 4 they
/// have their minutes.
const MAGIC: [u8; 8] = *b"ZZMAN\0\0\x04";

/// What is named in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// The next segment's id.
    pub(crate) next_id: u64,
    /// The last log that is sealed.
    pub(crate) sealed: u64,
    /// Oldest first: of two values for one moment the later segment's counts.
    pub(crate) segments: Vec<segment::Meta>,
    pub(crate) frames: Vec<frames::Meta>,
    /// Roll-ups: of the merged segments, and of such whose rows are let go. Since version 2.
    pub(crate) rolls: Vec<segment::Meta>,
}

impl Manifest {
    /// Puts segments into the order in which they replace each other.
    pub(crate) fn sort(&mut self) {
        self.segments.sort_by_key(|s| (s.logs.1, std::cmp::Reverse(s.level), s.from, s.id));
        self.frames.sort_by_key(|f| f.log);
        self.rolls.sort_by_key(|r| (r.from, r.logs, r.id));
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + self.segments.len() * 96 + self.frames.len() * 64);
        out.put_u64(self.next_id);
        out.put_u64(self.sealed);
        out.put_u32(self.segments.len() as u32);
        self.segments.iter().for_each(|s| s.write(&mut out));
        out.put_u32(self.frames.len() as u32);
        self.frames.iter().for_each(|f| f.write(&mut out));
        out.put_u32(self.rolls.len() as u32);
        self.rolls.iter().for_each(|r| r.write(&mut out));
        files::enclosed(MAGIC, &out)
    }

    /// Writes it. `false` where the fault plan lets the process "die" on the way.
    pub(crate) fn save(&self, dir: &Path, fault: &FaultPlan) -> Result<bool, StoreError> {
        files::write_whole(&files::manifest(dir), &self.bytes(), fault)
    }

    /// Reads it; `None`, with a warning, when it is damaged.
    pub(crate) fn load(dir: &Path) -> Result<Option<Self>, StoreError> {
        let Some(body) = files::read_enclosed(&files::manifest(dir), MAGIC)? else { return Ok(None) };
        Ok(Self::read(&body))
    }

    fn read(body: &[u8]) -> Option<Self> {
        let mut take = Take(body);
        let mut manifest = Self { next_id: take.u64()?, sealed: take.u64()?, ..Self::default() };
        for _ in 0..take.u32()? {
            manifest.segments.push(segment::Meta::read(&mut take)?);
        }
        for _ in 0..take.u32()? {
            manifest.frames.push(frames::Meta::read(&mut take)?);
        }
        let rolls = if take.0.is_empty() { 0 } else { take.u32()? };
        for _ in 0..rolls {
            manifest.rolls.push(segment::Meta::read(&mut take)?);
        }
        take.0.is_empty().then_some(manifest)
    }

    /// Made again from the files themselves. Where a merge was not finished both its sources and what
    /// was made of them are taken: reading puts the same rows together.
    pub(crate) fn rebuild(dir: &Path, found: &files::Found) -> Result<Self, StoreError> {
        tracing::warn!("the manifest of the samples is missing or damaged and is made again from the files");
        let mut manifest = Self::default();
        for id in &found.columns {
            manifest.segments.push(segment::read_trailer(&files::columns(dir, *id))?);
            manifest.next_id = manifest.next_id.max(id + 1);
        }
        for id in &found.rolls {
            manifest.rolls.push(segment::read_trailer(&files::rolls(dir, *id))?);
            manifest.next_id = manifest.next_id.max(id + 1);
        }
        for log in &found.frames {
            manifest.frames.push(frames::read_trailer(&files::frames(dir, *log))?);
        }
        // A log that is still there was not sealed to the end, unless its columns are there.
        let columns = manifest.segments.iter().map(|s| s.logs.1).max().unwrap_or(0);
        let frames = manifest.frames.iter().map(|f| f.log).filter(|log| !found.logs.contains(log)).max();
        let newest = columns.max(frames.unwrap_or(0));
        manifest.sealed = newest;
        manifest.frames.retain(|f| f.log <= newest);
        manifest.sort();
        Ok(manifest)
    }
}
