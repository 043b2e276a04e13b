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
