//! 备份: the samples of a data directory, in use or not, copied to a folder. Sealed files never change,
//! so a further backup copies only what is new; logs that are not sealed yet are copied as far as they
//! go. The manifest comes last: until then the backup before is whole.

use super::files::{self, tail};
use super::manifest::Manifest;
use crate::StoreError;
use crate::files::{Copied, copy_durably, make_dir, sync_dir};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// How often it is begun anew when the server meanwhile sealed or merged what was to be copied. What
/// was copied before is kept, so each time less is left.
const TRIES: usize = 20;
/// Bytes at a file's end that tell whether it is the same: its index with all checksums, or most of it.
const TAIL: usize = 4_096;

/// Copies the samples in `dir/samples` to `to/samples`.
pub(crate) fn backup(dir: &Path, to: &Path) -> Result<Copied, StoreError> {
    let mut done = Copied::default();
    for _ in 1..TRIES {
        match once(dir, to, &mut done) {
            Err(StoreError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => done.kept = 0,
            ended => return ended.map(|()| done),
        }
    }
    once(dir, to, &mut done).map(|()| done)
}

fn once(dir: &Path, to: &Path, done: &mut Copied) -> Result<(), StoreError> {
    let (from, to) = (dir.join("samples"), to.join("samples"));
    // The logs first, then the manifest: what is sealed in between is in the one or in the other.
    let found = files::look(&from)?;
    let manifest = if found.manifest { load(&from)? } else { Manifest::default() };
    make_dir(&to)?;
    let mut copy = Copy { from, to, wanted: BTreeSet::new(), done };
    if manifest.sealed > 0 {
        copy.file(|dir| files::state(dir, manifest.sealed), false)?;
    }
    for segment in &manifest.segments {
        copy.file(|dir| files::columns(dir, segment.id), true)?;
    }
    for rolls in &manifest.rolls {
        copy.file(|dir| files::rolls(dir, rolls.id), true)?;
    }
    for frames in &manifest.frames {
        copy.file(|dir| files::frames(dir, frames.log), true)?;
    }
    // In their order: all but the last one have their end already.
    for log in found.logs.range(manifest.sealed + 1..) {
        copy.file(|dir| files::log(dir, *log), false)?;
    }
    sync_dir(&copy.to)?;
    manifest.save(&copy.to, &crate::FaultPlan::default())?;
    copy.wanted.insert(files::manifest(&copy.to));
    copy.clear()
}

fn load(dir: &Path) -> Result<Manifest, StoreError> {
    Manifest::load(dir)?.ok_or_else(|| {
        StoreError::corrupt(
            format!("`{}`", files::manifest(dir).display()),
            "the whole file",
            "the manifest is damaged: of a data directory, start the server once, it makes it again; of a backup, take an older one",
        )
    })
}

struct Copy<'a> {
    from: PathBuf,
    to: PathBuf,
    wanted: BTreeSet<PathBuf>,
    done: &'a mut Copied,
}

impl Copy<'_> {
    /// Copies a file, unless it never changes and is there.
    fn file(&mut self, name: impl Fn(&Path) -> PathBuf, for_ever: bool) -> Result<(), StoreError> {
        let (from, to) = (name(&self.from), name(&self.to));
        self.wanted.insert(to.clone());
        if for_ever && same(&from, &to)? {
            self.done.kept += 1;
            return Ok(());
        }
        self.done.bytes += copy_durably(&from, &to)?;
        self.done.copied += 1;
        Ok(())
    }

    /// Removes what the backup before had and this one needs no more.
    fn clear(&mut self) -> Result<(), StoreError> {
        let reading = |e| StoreError::io("reading the folder", &self.to, e);
        for entry in std::fs::read_dir(&self.to).map_err(reading)? {
            let path = entry.map_err(reading)?.path();
            if !self.wanted.contains(&path) {
                std::fs::remove_file(&path).map_err(|e| StoreError::io("removing", &path, e))?;
                self.done.removed += 1;
            }
        }
        Ok(())
    }
}

/// Whether two files of one name are one file: of equal length and with the same end, which holds the
/// index of all that is before it. Names alone do not tell: a data directory that was restored goes on
/// with the same numbers.
fn same(from: &Path, to: &Path) -> Result<bool, StoreError> {
    let length = std::fs::metadata(from).map_err(|e| StoreError::io("reading", from, e))?.len();
    if !std::fs::metadata(to).is_ok_and(|there| there.len() == length) {
        return Ok(false);
    }
    let end = usize::try_from(length).unwrap_or(TAIL).min(TAIL);
    Ok(tail(from, end)? == tail(to, end)?)
}

/// Copies the samples of a backup into a data directory that has none.
pub(crate) fn restore(from: &Path, dir: &Path) -> Result<Copied, StoreError> {
    let to = dir.join("samples");
    if std::fs::read_dir(&to).is_ok_and(|mut entries| entries.next().is_some()) {
        let why = format!("`{}` is not empty: restore into a new data directory", to.display());
        return Err(StoreError::invalid("restoring samples", why));
    }
    load(&from.join("samples"))?;
    backup(from, dir)
}
