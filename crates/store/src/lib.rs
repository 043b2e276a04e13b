//! Three ports, each promising what is true when it returns: samples, journal, tables.
//!
//! - [`Samples`]: what was measured; append-only files in the data directory. An append that
//!   returned is on disk.
//! - [`Tables`] with its journal: what is true now, and who did what; SQL on SQLite (default, in the
//!   data directory) or PostgreSQL. A commit that returned is on disk; a row never changes without
//!   its journal line.
//! - [`Photos`]: pictures, by the hash of their bytes.
//! - [`Models`]: model files, what their engines remember, and what they see now.
//!
//! Never: HTTP, device sockets, the machine's clock (but for [`playback::SystemClock`]).
//! What "durable" means is written in `docs/decisions/0002-durable.md`.

mod backup;
pub mod command;
pub mod credential;
mod error;
mod fault;
mod files;
pub mod lives;
mod lock;
mod models;
mod photos;
pub mod playback;
pub mod registry;
pub mod retention;
pub mod samples;
pub mod tables;

pub use backup::{Backup, Note, backup, read_note, restore};
pub use credential::{Credential, Secret};
pub use error::{Refusal, StoreError};
pub use fault::FaultPlan;
pub use files::Copied;
pub use models::Models;
pub use photos::Photos;
pub use registry::Registry;
pub use samples::{
    Appended, Batch, Bucket, ClassStorage, Classes, Columns, Damage, Damaged, Keep, Limits, Rows,
    RowsAppended, SampleStats, Samples, Seen, Step, Storage, Verified,
};
pub use tables::journal::{Actor, Line, Subject};
pub use tables::{Tables, Tx};

use std::path::PathBuf;
use std::sync::Arc;

/// Where tables and journal live.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SqlUrl {
    /// Bundled SQLite, file `zhizhen.db` in the data directory.
    #[default]
    Sqlite,
    /// PostgreSQL 15 or newer, by its URL.
    Postgres(String),
}

impl std::str::FromStr for SqlUrl {
    type Err = StoreError;

    /// `sqlite`, or `postgres://…` (also `postgresql://…`).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "" | "sqlite" => Ok(Self::Sqlite),
            url if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Ok(Self::Postgres(url.to_owned()))
            }
            _ => Err(StoreError::invalid("reading the store's URL", "write `sqlite` or `postgres://…`")),
        }
    }
}

/// How to open a store.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The data directory; made when absent.
    pub dir: PathBuf,
    /// Where tables and journal live.
    pub sql: SqlUrl,
    /// Take no lock and write nothing.
    pub read_only: bool,
    /// For tests only.
    pub fault: FaultPlan,
}

impl Options {
    /// A store in `dir` with bundled SQLite, to read and write.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), ..Self::default() }
    }
}

/// The store: cheap to clone, every clone is the same store.
#[derive(Clone, Debug)]
pub struct Store {
    /// What was measured.
    pub samples: Samples,
    /// What is true now, and the journal.
    pub tables: Tables,
    /// Pictures.
    pub photos: Photos,
    /// Model files and what their engines remember.
    pub models: Models,
    /// The data directory is ours until the last clone is gone. `None` when only reading.
    lock: Option<Arc<lock::Lock>>,
}

impl Store {
    /// Opens the data directory, takes its lock, repairs torn tails, brings tables up to this
    /// program's version.
    ///
    /// # Errors
    /// [`StoreError::Locked`], [`StoreError::NewerVersion`], [`StoreError::Corrupt`], or what the file
    /// system and the database say.
    pub async fn open(options: Options) -> Result<Self, StoreError> {
        let lock = if options.read_only {
            None
        } else {
            files::make_dir(&options.dir)?;
            Some(Arc::new(lock::Lock::take(&options.dir)?))
        };
        let samples = Samples::open(&options, lock.clone()).await?;
        match Self::beside_samples(&options).await {
            Ok((tables, photos)) => {
                Ok(Self { samples, tables, photos, models: Models::open(&options), lock })
            }
            Err(error) => {
                // The samples' threads end in their own time; who mends what is wrong may open at once.
                samples.close().await;
                lock.iter().for_each(|lock| lock.give_back());
                Err(error)
            }
        }
    }

    async fn beside_samples(options: &Options) -> Result<(Tables, Photos), StoreError> {
        Ok((Tables::open(options).await?, Photos::open(options)?))
    }

    /// Writes what is waiting, closes files and connections, gives the lock back. Other clones can
    /// no longer write afterwards.
    pub async fn close(self) {
        self.samples.close().await;
        self.tables.close().await;
        if let Some(lock) = &self.lock {
            lock.give_back();
        }
    }
}
