//! 备份与恢复: a data directory, in use or not, copied whole into a folder of the same layout, and back.
//!
//! Promises: a backup that returned is on disk and complete; one that was broken off leaves the one
//! before as it was, but for its note ([`NOTE`]), which comes last. Tables are of a moment before the
//! samples', so that no desk believes to have judged a packet that the backup has not. Never: locks
//! or stops the server.

use crate::files::{Copied, copy_durably, make_dir, sync_dir};
use crate::samples::backup as samples;
use crate::tables::{copy_sqlite, raise_points};
use crate::{Options, Samples, SqlUrl, StoreError};
use field::id::PointId;
use field::time::Time;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What says of a folder that it is a whole backup, and of when.
const NOTE: &str = "backup.json";
/// What of a data directory is copied by other means, or not at all.
const NOT_PLAIN: [&str; 6] =
    ["samples", "zhizhen.db", "zhizhen.db-wal", "zhizhen.db-shm", "zhizhen.lock", NOTE];
/// Deepest folder in a data directory.
const DEPTH: usize = 8;

/// A backup's note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The note's own version.
    pub v: u32,
    /// When the backup was begun.
    pub at: Time,
    /// `sqlite`: tables and journal are in it; `postgres`: they are in PostgreSQL, and its own tools
    /// back them up.
    pub tables: String,
}

/// What a backup or a restoration did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Its note.
    pub note: Note,
    /// The samples' files.
    pub samples: Copied,
    /// Photos and everything else that lies in the data directory.
    pub others: Copied,
    /// Bytes of tables and journal; `None` when they are in PostgreSQL.
    pub tables_bytes: Option<u64>,
}

/// Copies the data directory of `options` to `to`, at `at` by the caller's clock. What is there from the
/// backup before and has not changed is not copied again.
///
/// # Errors
/// [`StoreError::Invalid`] when `to` lies in the data directory or is one itself;
/// what the file system and the database say. The backup before stays usable then.
pub async fn backup(options: &Options, to: &Path, at: Time) -> Result<Backup, StoreError> {
    apart(&options.dir, to)?;
    make_dir(to)?;
    let tables_bytes = match &options.sql {
        SqlUrl::Sqlite => Some(copy_sqlite(&options.dir, to).await?),
        SqlUrl::Postgres(_) => None,
    };
    let (dir, target) = (options.dir.clone(), to.to_owned());
    let (samples, others) = blocking(move || files(&dir, &target)).await?;
    let tables = if tables_bytes.is_some() { "sqlite" } else { "postgres" };
    let note = Note { v: 1, at, tables: tables.to_owned() };
    write_note(to, &note)?;
    Ok(Backup { note, samples, others, tables_bytes })
}

/// Copies the backup in `from` into the data directory of `options`, which has no data yet. Points that
/// only the samples know (they were made while the backup ran) keep their numbers to themselves.
/// Verify it afterwards ([`Samples::verify`] and its likes).
///
/// # Errors
/// [`StoreError::Invalid`] when `from` is no whole backup or the data directory has data;
/// what the file system and the database say.
pub async fn restore(from: &Path, options: &Options) -> Result<Backup, StoreError> {
    let note = read_note(from)?;
    apart(from, &options.dir)?;
    let in_it = note.tables == "sqlite";
    if in_it != (options.sql == SqlUrl::Sqlite) {
        let why = if in_it {
            "its tables are in SQLite: restore without `--store`"
        } else {
            "its tables are in PostgreSQL: restore those with `pg_restore`, then name the database with `--store`"
        };
        return Err(StoreError::invalid("restoring a backup", why));
    }
    let in_use = |name: &str| options.dir.join(name).exists();
    if in_use("zhizhen.db") || in_use("zhizhen.lock") {
        let why = format!("`{}` has data: restore into a new data directory", options.dir.display());
        return Err(StoreError::invalid("restoring a backup", why));
    }
    make_dir(&options.dir)?;
    let (source, dir) = (from.to_owned(), options.dir.clone());
    let (samples, others, tables_bytes) = blocking(move || {
        let samples = samples::restore(&source, &dir)?;
        let mut others = Copied::default();
        plain(&source, &dir, DEPTH, &mut others)?;
        let copy = || copy_durably(&source.join("zhizhen.db"), &dir.join("zhizhen.db"));
        let tables_bytes = in_it.then(copy).transpose()?;
        sync_dir(&dir)?;
        Ok((samples, others, tables_bytes))
    })
    .await?;
    if in_it {
        let samples = Samples::open(&Options { read_only: true, ..options.clone() }, None).await?;
        raise_points(&options.dir, samples.greatest_point().unwrap_or(PointId(0))).await?;
    }
    Ok(Backup { note, samples, others, tables_bytes })
}

/// What is known of the backup in a folder.
///
/// # Errors
/// [`StoreError::Invalid`] when it is none.
pub fn read_note(from: &Path) -> Result<Note, StoreError> {
    let path = from.join(NOTE);
    let invalid = |why: String| StoreError::invalid("reading a backup", why);
    let text = std::fs::read(&path)
        .map_err(|e| invalid(format!("`{}`: {e}; the folder is no whole backup", path.display())))?;
    let note: Note = serde_json::from_slice(&text)
        .map_err(|e| invalid(format!("`{}` is damaged ({e}): make the backup again", path.display())))?;
    if note.v > 1 {
        let found = i64::from(note.v);
        return Err(StoreError::NewerVersion { path: path.display().to_string(), found, known: 1 });
    }
    Ok(note)
}

fn write_note(to: &Path, note: &Note) -> Result<(), StoreError> {
    let path = to.join(NOTE);
    let text = serde_json::to_vec(note).unwrap_or_default();
    let part = path.with_extension("part");
    let writing = |e| StoreError::io("writing", &part, e);
    std::fs::write(&part, text).map_err(writing)?;
    std::fs::File::open(&part).and_then(|f| f.sync_all()).map_err(writing)?;
    std::fs::rename(&part, &path).map_err(|e| StoreError::io("renaming into place", &path, e))?;
    sync_dir(to)
}

/// A backup inside its own source would copy itself.
fn apart(from: &Path, to: &Path) -> Result<(), StoreError> {
    let absolute = |path: &Path| {
        let known = std::fs::canonicalize(path).or_else(|_| std::path::absolute(path));
        known.map_err(|e| StoreError::io("finding", path, e))
    };
    let (from, to): (PathBuf, PathBuf) = (absolute(from)?, absolute(to)?);
    if to.starts_with(&from) || from.starts_with(&to) {
        let why =
            format!("`{}` and `{}` lie in each other: choose another folder", from.display(), to.display());
        return Err(StoreError::invalid("copying a data directory", why));
    }
    if to.join("zhizhen.lock").exists() {
        let why = format!("`{}` is a data directory: choose another folder", to.display());
        return Err(StoreError::invalid("copying a data directory", why));
    }
    Ok(())
}

fn files(dir: &Path, to: &Path) -> Result<(Copied, Copied), StoreError> {
    let samples = samples::backup(dir, to)?;
    let mut others = Copied::default();
    plain(dir, to, DEPTH, &mut others)?;
    sync_dir(to)?;
    Ok((samples, others))
}

/// Copies photos and whatever else lies there, folder by folder; a file that is there with its length
/// and is not older is left as it is.
fn plain(dir: &Path, to: &Path, depth: usize, done: &mut Copied) -> Result<(), StoreError> {
    let reading = |e| StoreError::io("reading the folder", dir, e);
    for entry in std::fs::read_dir(dir).map_err(reading)? {
        let entry = entry.map_err(reading)?;
        let (from, name) = (entry.path(), entry.file_name());
        let text = name.to_string_lossy();
        if (depth == DEPTH && NOT_PLAIN.contains(&text.as_ref())) || text.ends_with(".part") {
            continue;
        }
        let meta = std::fs::metadata(&from).map_err(|e| StoreError::io("reading", &from, e))?;
        let target = to.join(&name);
        if meta.is_dir() {
            if depth > 1 {
                make_dir(&target)?;
                plain(&from, &target, depth - 1, done)?;
            }
            continue;
        }
        let newer = |there: &std::fs::Metadata| Some(there.modified().ok()? >= meta.modified().ok()?);
        let there = std::fs::metadata(&target).ok().filter(|there| there.len() == meta.len());
        if there.as_ref().and_then(newer) == Some(true) {
            done.kept += 1;
            continue;
        }
        done.bytes += copy_durably(&from, &target)?;
        done.copied += 1;
    }
    sync_dir(to)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    const STOPPED: StoreError = StoreError::Closed { what: "copying a data directory" };
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(STOPPED))
}
