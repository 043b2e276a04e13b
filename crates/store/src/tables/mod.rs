//! 表: what is true now, changed only together with its journal line.
//!
//! Reads see the last commit. Writes go through [`Tx`]. The registry is also held in memory, as a
//! snapshot that is swapped after each commit that touched it.

use crate::{Options, Registry, StoreError};
use db::Db;
use field::id::JournalSeq;
use field::time::Time;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::sync::watch;

mod access;
mod alarms;
mod commands;
mod credentials;
mod db;
mod doc;
pub mod journal;
mod messages;
mod orders;
mod quarantine;
mod registered;
pub mod rows;
mod schema;
mod settings;
mod tx;

pub use commands::CommandFilter;
pub(crate) use db::{copy_sqlite, raise_points};
pub use field::command::NewCommand;
pub(crate) use journal::hex;
pub use journal::{Actor, Line, Subject};
pub use quarantine::MAX_QUARANTINED;
pub use rows::*;
pub use tx::Tx;

/// The tables port. Cheap to clone; every clone is the same database.
#[derive(Clone, Debug)]
pub struct Tables {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) registry: watch::Sender<Arc<Registry>>,
    pub(crate) head: watch::Sender<JournalSeq>,
    /// A commit's outcome is not known (the connection broke): read the registry anew.
    pub(crate) stale: AtomicBool,
    pub(crate) read_only: bool,
}

impl Tables {
    pub(crate) async fn open(options: &Options) -> Result<Self, StoreError> {
        let db = Db::open(options).await?;
        let head = journal_head(&db).await?;
        let registry = registered::load(&db).await?;
        let inner = Inner {
            db,
            registry: watch::Sender::new(Arc::new(registry)),
            head: watch::Sender::new(head),
            stale: AtomicBool::new(false),
            read_only: options.read_only,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    pub(crate) async fn close(&self) {
        let _turn = self.inner.db.turn.lock().await;
        self.inner.db.close().await;
    }

    pub(crate) fn db(&self) -> &Db {
        &self.inner.db
    }

    pub(crate) fn may_write(&self, what: &'static str) -> Result<(), StoreError> {
        if self.inner.read_only { Err(StoreError::Closed { what }) } else { Ok(()) }
    }

    /// Everything registered, as of the last commit that touched it.
    #[must_use]
    pub fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.inner.registry.borrow())
    }

    /// Wakes whenever the registry was swapped.
    #[must_use]
    pub fn registry_watch(&self) -> watch::Receiver<Arc<Registry>> {
        self.inner.registry.subscribe()
    }

    /// Begins a transaction in the name of `actor`, at `at` by the caller's clock. One writer at a
    /// time: waits for the one before. Drop it to leave everything as it was.
    ///
    /// # Errors
    /// [`StoreError::Closed`] on a store opened to read only, or what the database says.
    pub async fn begin(&self, actor: Actor, at: Time) -> Result<Tx, StoreError> {
        Tx::begin(self, actor, at).await
    }

    /// The newest journal line; 0 when there is none.
    #[must_use]
    pub fn journal_head(&self) -> JournalSeq {
        *self.inner.head.borrow()
    }

    /// Wakes whenever the journal grew.
    #[must_use]
    pub fn journal_watch(&self) -> watch::Receiver<JournalSeq> {
        self.inner.head.subscribe()
    }

    /// Up to `limit` lines with a number above `after`, in order.
    ///
    /// # Errors
    /// What the database says.
    pub async fn journal_after(&self, after: JournalSeq, limit: usize) -> Result<Vec<Line>, StoreError> {
        journal::after(self.db(), after, limit).await
    }

    /// Up to `limit` lines with a number below `before` (the cursor), newest first, of one subject or
    /// of all.
    ///
    /// # Errors
    /// What the database says.
    pub async fn journal_before(
        &self,
        before: Option<JournalSeq>,
        subject: Option<&Subject>,
        limit: usize,
    ) -> Result<Vec<Line>, StoreError> {
        journal::before(self.db(), before, subject, limit).await
    }

    /// The first `limit` lines of one subject, in order: its timeline.
    ///
    /// # Errors
    /// What the database says.
    pub async fn journal_of(&self, subject: &Subject, limit: usize) -> Result<Vec<Line>, StoreError> {
        journal::of(self.db(), subject, limit).await
    }

    /// Recomputes the whole chain; the number of the last line.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] names the first line that is missing or not what was written.
    pub async fn journal_verify(&self) -> Result<JournalSeq, StoreError> {
        journal::verify(self.db()).await
    }

    /// What is wrong with the bundled database's pages, in its own words; empty when nothing is, and on
    /// PostgreSQL, which checks its pages itself.
    ///
    /// # Errors
    /// What the database says.
    pub async fn check_pages(&self) -> Result<Vec<String>, StoreError> {
        db::check_sqlite(self.db()).await
    }

    /// The latest time among the newest thousand lines: a clock that goes on must not be before it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn journal_latest_at(&self) -> Result<Option<Time>, StoreError> {
        let query =
            sqlx::query("SELECT MAX(at) FROM (SELECT at FROM journal ORDER BY seq DESC LIMIT 1000) AS n");
        let row = self.db().row(query, "reading the journal").await?;
        Ok(row.map(|r| doc::int_maybe(&r, 0)).transpose()?.flatten().map(Time::from_ms))
    }
}

async fn journal_head(db: &Db) -> Result<JournalSeq, StoreError> {
    let row = db.row(sqlx::query("SELECT journal FROM heads WHERE id = 1"), "reading the heads").await?;
    let row = row.ok_or_else(|| {
        StoreError::corrupt("table `heads`", "row 1", "it is missing: restore the database from a copy")
    })?;
    Ok(JournalSeq(doc::int(&row, 0)?))
}
