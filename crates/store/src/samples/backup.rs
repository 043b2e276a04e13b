//! 备份: the sealed files of a running store copied to a folder, each once: they never change, so a
//! further backup copies only what is new. The manifest comes last; without it there is no backup.

use super::files;
use super::manifest::Manifest;
use super::shared::Shared;
use crate::StoreError;
use crate::files::{make_dir, sync_dir};
use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

/// What a backup did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackedUp {
    /// Files copied now.
    pub copied: u64,
    /// Files that were there already.
    pub kept: u64,
    /// Bytes copied now.
    pub bytes: u64,
    /// Files of the backup before that are not needed any more, removed.
    pub removed: u64,
}

/// Copies what is sealed into `to/samples`. Nothing of it may go meanwhile: what is open is held.
pub(crate) fn backup(shared: &Shared, to: &Path) -> Result<BackedUp, StoreError> {
    let to = to.join("samples");
    make_dir(&to)?;
    // While these are held, no merge removes their files.
    let book = shared.book();
    let manifest = book.manifest.clone();
    let held = {
        let inner = shared.read();
        (inner.segments.clone(), inner.frames.clone())
    };
    // The state changes with each sealed log: copied while nothing can be sealed.
    let mut done = BackedUp::default();
    let state = files::state(&shared.dir, manifest.sealed);
    if manifest.sealed > 0 {
        copy(&state, &files::state(&to, manifest.sealed), true, &mut done)?;
    }
    drop(book);
    let mut wanted: BTreeSet<PathBuf> = [files::state(&to, manifest.sealed), files::manifest(&to)].into();
    for segment in &manifest.segments {
        let target = files::columns(&to, segment.id);
        copy(&files::columns(&shared.dir, segment.id), &target, false, &mut done)?;
        wanted.insert(target);
    }
    for frames in &manifest.frames {
        let target = files::frames(&to, frames.log);
        copy(&files::frames(&shared.dir, frames.log), &target, false, &mut done)?;
        wanted.insert(target);
    }
    drop(held);
    sync_dir(&to)?;
    manifest.save(&to, &crate::FaultPlan::default())?;
    let entries = std::fs::read_dir(&to).map_err(|e| StoreError::io("reading the folder", &to, e))?;
    for entry in entries {
        let path = entry.map_err(|e| StoreError::io("reading the folder", &to, e))?.path();
        if !wanted.contains(&path) {
            std::fs::remove_file(&path).map_err(|e| StoreError::io("removing", &path, e))?;
            done.removed += 1;
        }
    }
    Ok(done)
}

/// Copies a file unless one of that length is there, and lets it be durable.
fn copy(from: &Path, to: &Path, always: bool, done: &mut BackedUp) -> Result<(), StoreError> {
    let length = std::fs::metadata(from).map_err(|e| StoreError::io("reading", from, e))?.len();
    if !always && std::fs::metadata(to).is_ok_and(|there| there.len() == length) {
        done.kept += 1;
        return Ok(());
    }
    let part = to.with_extension("part");
    done.bytes += std::fs::copy(from, &part).map_err(|e| StoreError::io("copying to", &part, e))?;
    File::open(&part).and_then(|f| f.sync_all()).map_err(|e| StoreError::io("copying to", &part, e))?;
    std::fs::rename(&part, to).map_err(|e| StoreError::io("renaming into place", to, e))?;
    done.copied += 1;
    Ok(())
}

/// Copies the samples of a backup into a data directory that has none.
pub(crate) fn restore(from: &Path, dir: &Path) -> Result<BackedUp, StoreError> {
    let (from, to) = (from.join("samples"), dir.join("samples"));
    if std::fs::read_dir(&to).is_ok_and(|mut entries| entries.next().is_some()) {
        let why = format!("`{}` is not empty: restore into a new data directory", to.display());
        return Err(StoreError::invalid("restoring samples", why));
    }
    let Some(manifest) = Manifest::load(&from)? else {
        return Err(StoreError::corrupt(
            format!("`{}`", files::manifest(&from).display()),
            "the whole file",
            "the backup's manifest is damaged: take an older backup",
        ));
    };
    make_dir(&to)?;
    let mut done = BackedUp::default();
    let state = files::state(&from, manifest.sealed);
    if state.is_file() {
        copy(&state, &files::state(&to, manifest.sealed), true, &mut done)?;
    }
    for segment in &manifest.segments {
        copy(&files::columns(&from, segment.id), &files::columns(&to, segment.id), true, &mut done)?;
    }
    for frames in &manifest.frames {
        copy(&files::frames(&from, frames.log), &files::frames(&to, frames.log), true, &mut done)?;
    }
    sync_dir(&to)?;
    manifest.save(&to, &crate::FaultPlan::default())?;
    Ok(done)
}
