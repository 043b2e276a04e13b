//! Files and folders, made so that they are still there after the power went.

use crate::StoreError;
use std::path::Path;

/// Makes a folder and its parents, and lets the name be durable.
pub(crate) fn make_dir(dir: &Path) -> Result<(), StoreError> {
    if dir.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(dir).map_err(|e| StoreError::io("making the folder", dir, e))?;
    match dir.parent().filter(|p| !p.as_os_str().is_empty()) {
        Some(parent) => sync_dir(parent),
        None => Ok(()),
    }
}

/// Makes the names in a folder durable: a new or renamed file is only then sure to be found again.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    // Windows cannot open a folder as a file; NTFS journals names by itself.
    if cfg!(windows) {
        return Ok(());
    }
    std::fs::File::open(dir)
        .and_then(|d| d.sync_all())
        .map_err(|e| StoreError::io("making names durable in", dir, e))
}

/// What copying files did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Files copied now.
    pub copied: u64,
    /// Files that were there already.
    pub kept: u64,
    /// Bytes copied now.
    pub bytes: u64,
    /// Files of the backup before that are not needed any more, removed.
    pub removed: u64,
}

/// Copies a file; the copy is there entirely and on disk, or not at all. Returns its bytes. The copy's
/// name becomes durable with its folder's.
pub(crate) fn copy_durably(from: &Path, to: &Path) -> Result<u64, StoreError> {
    let part = to.with_extension("part");
    // Which of the two it is decides whether it is tried again.
    let reading = |e| StoreError::io("copying", from, e);
    let writing = |e| StoreError::io("copying to", &part, e);
    let mut source = std::fs::File::open(from).map_err(reading)?;
    let mut target = std::fs::File::create(&part).map_err(writing)?;
    let bytes = std::io::copy(&mut source, &mut target).map_err(writing)?;
    target.sync_all().map_err(writing)?;
    std::fs::rename(&part, to).map_err(|e| StoreError::io("renaming into place", to, e))?;
    Ok(bytes)
}
