//! The names in `samples/`: `log-0000000001`, `cols-…`, `rolls-…`, `frames-…`, `state-…`, `manifest`, `*.part`.

use super::bytes::{Put as _, Take};
use super::live::Live;
use super::state::State;
use crate::files::sync_dir;
use crate::{FaultPlan, StoreError};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// First bytes of a state file; the last one is the version.
const STATE_MAGIC: [u8; 8] = *b"ZZSTA\0\0\x02";

pub(crate) fn log(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("log-{number:010}"))
}

pub(crate) fn columns(dir: &Path, id: u64) -> PathBuf {
    dir.join(format!("cols-{id:010}"))
}

pub(crate) fn rolls(dir: &Path, id: u64) -> PathBuf {
    dir.join(format!("rolls-{id:010}"))
}

pub(crate) fn frames(dir: &Path, log: u64) -> PathBuf {
    dir.join(format!("frames-{log:010}"))
}

pub(crate) fn manifest(dir: &Path) -> PathBuf {
    dir.join("manifest")
}

pub(crate) fn state(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("state-{number:010}"))
}

/// What there is, by number.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) logs: BTreeSet<u64>,
    pub(crate) columns: BTreeSet<u64>,
    pub(crate) rolls: BTreeSet<u64>,
    pub(crate) frames: BTreeSet<u64>,
    pub(crate) states: BTreeSet<u64>,
    /// Whether there is a manifest.
    pub(crate) manifest: bool,
    /// Segments of the layout before this one: made again from their logs, then removed.
    pub(crate) before: Vec<PathBuf>,
    /// Files that were not finished.
    pub(crate) parts: Vec<PathBuf>,
}

/// Looks what is in the folder; empty when there is no folder.
pub(crate) fn look(dir: &Path) -> Result<Found, StoreError> {
    let reading = |e| StoreError::io("reading the folder", dir, e);
    let mut found = Found::default();
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(found),
        Err(e) => return Err(reading(e)),
    };
    for entry in entries {
        let entry = entry.map_err(reading)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let number = name.split_once('-').and_then(|(kind, n)| Some((kind, n.parse::<u64>().ok()?)));
        match number {
            Some(("log", n)) => drop(found.logs.insert(n)),
            Some(("cols", n)) => drop(found.columns.insert(n)),
            Some(("rolls", n)) => drop(found.rolls.insert(n)),
            Some(("frames", n)) => drop(found.frames.insert(n)),
            Some(("state", n)) => drop(found.states.insert(n)),
            Some(("seg", _)) => found.before.push(entry.path()),
            _ if name == "manifest" => found.manifest = true,
            _ if name.ends_with(".part") => found.parts.push(entry.path()),
            _ => {
                tracing::warn!(path = %entry.path().display(), "a file that does not belong here is left alone")
            }
        }
    }
    Ok(found)
}

/// Writes a whole file that is there entirely or not at all. Returns `false` where the fault plan
/// says that the process "died" on the way.
pub(crate) fn write_whole(path: &Path, bytes: &[u8], fault: &FaultPlan) -> Result<bool, StoreError> {
    let part = path.with_extension("part");
    let writing = |e| StoreError::io("writing", &part, e);
    let mut file = File::create(&part).map_err(writing)?;
    let fits = fault.fitting(bytes.len());
    file.write_all(bytes.get(..fits).unwrap_or_default()).map_err(writing)?;
    if fits < bytes.len() {
        return Err(StoreError::Full { path: part });
    }
    if !fault.seal_may_go_on() {
        return Ok(false);
    }
    file.sync_all().map_err(writing)?;
    drop(file);
    if !fault.seal_may_go_on() {
        return Ok(false);
    }
    std::fs::rename(&part, path).map_err(|e| StoreError::io("renaming into place", path, e))?;
    if !fault.seal_may_go_on() {
        return Ok(false);
    }
    if let Some(dir) = path.parent() {
        sync_dir(dir)?;
    }
    Ok(fault.seal_may_go_on())
}

/// Whether a file begins as ours do. One that does not is damaged there: what follows its first bytes may be
/// whole all the same.
///
/// # Errors
/// What a newer program wrote.
pub(crate) fn begins_as_ours(found: &[u8; 8], ours: &[u8; 8], path: &Path) -> Result<bool, StoreError> {
    let ([found_name @ .., found_version], [name @ .., version]) = (found, ours);
    if found_name != name {
        return Ok(false);
    }
    if found_version > version {
        return Err(StoreError::NewerVersion {
            path: path.display().to_string(),
            found: i64::from(*found_version),
            known: i64::from(*version),
        });
    }
    Ok(true)
}

/// Whether the file at `path` begins as ours do; one that cannot be read does not.
pub(crate) fn head_is_sound(path: &Path, ours: &[u8; 8]) -> bool {
    let mut found = [0; 8];
    let read = File::open(path).is_ok_and(|file| super::bytes::read_at(&file, &mut found, 0).is_ok());
    read && matches!(begins_as_ours(&found, ours, path), Ok(true))
}

/// A body behind first bytes and a checksum, as a whole file.
pub(crate) fn enclosed(magic: [u8; 8], body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 12);
    out.extend_from_slice(&magic);
    out.put_u32(crc32fast::hash(body));
    out.extend_from_slice(body);
    out
}

/// The body of a file that [`enclosed`] made; `None`, with a warning, when it is damaged.
pub(crate) fn read_enclosed(path: &Path, magic: [u8; 8]) -> Result<Option<Vec<u8>>, StoreError> {
    let bytes = std::fs::read(path).map_err(|e| StoreError::io("reading", path, e))?;
    let mut take = Take(&bytes);
    if let Some(found) = take.bytes(8).and_then(|b| b.try_into().ok())
        && begins_as_ours(&found, &magic, path)?
        && take.u32() == Some(crc32fast::hash(take.0))
        && take.0.len() + 12 == bytes.len()
    {
        return Ok(Some(take.0.to_vec()));
    }
    tracing::warn!(path = %path.display(), "a file is damaged and is made again from the others");
    Ok(None)
}

/// The bytes of a state file.
pub(crate) fn state_bytes(state: &State, latest: &[(field::id::PointId, super::row::Row)]) -> Vec<u8> {
    enclosed(STATE_MAGIC, &state.write(latest))
}

/// Reads a state file; `None`, with a warning, when it is damaged or of an older program: it can be
/// made again.
pub(crate) fn read_state(path: &Path, live: &mut Live) -> Result<Option<State>, StoreError> {
    let Some(body) = read_enclosed(path, STATE_MAGIC)? else { return Ok(None) };
    Ok(State::read(&body, live))
}

/// The last bytes of a file.
pub(crate) fn tail(path: &Path, length: usize) -> Result<Vec<u8>, StoreError> {
    let reading = |e| StoreError::io("reading", path, e);
    let file = File::open(path).map_err(reading)?;
    let whole = file.metadata().map_err(reading)?.len();
    let mut bytes = vec![0; length];
    super::bytes::read_at(&file, &mut bytes, whole.saturating_sub(length as u64)).map_err(reading)?;
    Ok(bytes)
}
