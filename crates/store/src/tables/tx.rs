//! One transaction: rows, journal lines and numbers that become true together, or not at all.

use super::db::Query;
use super::journal::{self, Actor, Draft, Line, Subject};
use super::{Tables, doc, registered};
use crate::error::SqlContext as _;
use crate::registry::Change;
use crate::{Registry, StoreError};
use field::id::JournalSeq;
use field::time::Time;
use serde_json::Value;
use sqlx::any::AnyRow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::OwnedMutexGuard;

/// Most journal lines in one transaction: an import of ten thousand stations with their points.
const MAX_LINES: usize = 200_000;

/// A transaction: everything in it becomes true together at [`Tx::commit`], or not at all. Dropped
/// without commit, nothing happened.
pub struct Tx {
    // Rolled back (dropped) before the turn is given on.
    sql: sqlx::Transaction<'static, sqlx::Any>,
    _turn: OwnedMutexGuard<()>,
    tables: Tables,
    actor: Actor,
    at: Time,
    heads: Heads,
    /// The newest line before this transaction.
    began_at: i64,
    lines: Vec<Draft>,
    changes: Vec<Change>,
    /// A statement failed: the transaction cannot be trusted to be whole any more.
    broken: bool,
}

/// The newest numbers of everything the store counts.
#[derive(Clone, Debug)]
pub(crate) struct Heads {
    journal: i64,
    hash: String,
    pub(crate) alarm: i64,
    pub(crate) orders: i64,
    pub(crate) message: i64,
    pub(crate) point: i64,
    pub(crate) rule: i64,
    pub(crate) quarantine: i64,
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx")
            .field("actor", &self.actor)
            .field("at", &self.at)
            .field("lines", &self.lines.len())
            .finish_non_exhaustive()
    }
}

impl Tx {
    pub(crate) async fn begin(tables: &Tables, actor: Actor, at: Time) -> Result<Self, StoreError> {
        tables.may_write("beginning a transaction")?;
        let turn = Arc::clone(&tables.inner.db.turn).lock_owned().await;
        let mut sql = tables.inner.db.begin().await?;
        // Takes the row's lock: between processes on one PostgreSQL this is where writers stand in
        // line.
        let take = "UPDATE heads SET journal = journal WHERE id = 1
            RETURNING journal, hash, alarm, orders, message, point, rule, quarantine";
        let row = sqlx::query(take).fetch_one(&mut *sql).await.during("taking the heads")?;
        let heads = Heads::of(&row)?;
        catch_up(tables, heads.journal).await?;
        Ok(Self {
            sql,
            _turn: turn,
            tables: tables.clone(),
            actor,
            at,
            began_at: heads.journal,
            heads,
            lines: vec![],
            changes: vec![],
            broken: false,
        })
    }

    /// The time everything in it happens at.
    #[must_use]
    pub const fn at(&self) -> Time {
        self.at
    }

    /// In whose name.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        self.actor
    }

    /// Everything registered, without this transaction's own changes. Nobody else can change it
    /// meanwhile.
    #[must_use]
    pub fn registry(&self) -> Arc<Registry> {
        self.tables.registry()
    }

    /// Adds a line to the journal. `body` is an object with its version `"v"`.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when the body is too long or there are too many lines.
    pub async fn journal(&mut self, subject: Subject, act: &str, body: Value) -> Result<Line, StoreError> {
        self.line(&subject, act, body)
    }

    pub(crate) fn line(&mut self, subject: &Subject, act: &str, body: Value) -> Result<Line, StoreError> {
        if self.lines.len() >= MAX_LINES {
            let why = format!("more than {MAX_LINES} lines in one transaction: split it");
            return Err(StoreError::invalid("writing the journal", why));
        }
        let next = (self.heads.journal + 1, self.heads.hash.as_str());
        let draft = Draft::after(next, self.at, self.actor, subject, act, body)?;
        self.heads.journal += 1;
        self.heads.hash.clone_from(&draft.line.hash);
        let line = draft.line.clone();
        self.lines.push(draft);
        Ok(line)
    }

    /// The next number of one kind: `tx.next(|heads| &mut heads.alarm)`.
    pub(crate) fn next(&mut self, of: impl FnOnce(&mut Heads) -> &mut i64) -> i64 {
        let number = of(&mut self.heads);
        *number += 1;
        *number
    }

    /// The caller's own number, which the counter then never gives again; for 0 the next one.
    pub(crate) fn id_or_next(&mut self, given: i64, of: impl FnOnce(&mut Heads) -> &mut i64) -> i64 {
        let number = of(&mut self.heads);
        let id = if given == 0 { *number + 1 } else { given };
        *number = id.max(*number);
        id
    }

    pub(crate) fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Runs a statement; the rows it touched.
    pub(crate) async fn run(&mut self, query: Query, what: &'static str) -> Result<u64, StoreError> {
        let done = query.execute(&mut *self.sql).await;
        self.broken |= done.is_err();
        done.map(|r| r.rows_affected()).during(what)
    }

    /// The first row of a query, as this transaction sees it.
    pub(crate) async fn row(
        &mut self,
        query: Query,
        what: &'static str,
    ) -> Result<Option<AnyRow>, StoreError> {
        let row = query.fetch_optional(&mut *self.sql).await;
        self.broken |= row.is_err();
        row.during(what)
    }

    /// Every row of a query, as this transaction sees it.
    pub(crate) async fn rows(&mut self, query: Query, what: &'static str) -> Result<Vec<AnyRow>, StoreError> {
        let rows = query.fetch_all(&mut *self.sql).await;
        self.broken |= rows.is_err();
        rows.during(what)
    }

    /// Makes everything true. When it returns, it is on disk; then the watchers are woken, and the
    /// registry is swapped when it was touched. Goes on to its end even when the caller stops
    /// waiting. Returns the newest line.
    ///
    /// # Errors
    /// What the database says; then nothing happened, unless the connection broke in the moment of
    /// the commit, when the next transaction finds out.
    pub async fn commit(self) -> Result<JournalSeq, StoreError> {
        let going = tokio::spawn(self.commit_to_the_end());
        going.await.unwrap_or(Err(StoreError::Closed { what: "committing" }))
    }

    async fn commit_to_the_end(mut self) -> Result<JournalSeq, StoreError> {
        if self.broken {
            return Err(StoreError::invalid(
                "committing",
                "a statement of the transaction failed: begin again",
            ));
        }
        journal::write(&mut self.sql, &self.lines).await?;
        let heads = &self.heads;
        let put = "UPDATE heads SET journal = $1, hash = $2, alarm = $3, orders = $4, message = $5,
            point = $6, rule = $7, quarantine = $8 WHERE id = 1";
        let put = sqlx::query(put)
            .bind(heads.journal)
            .bind(heads.hash.clone())
            .bind(heads.alarm)
            .bind(heads.orders)
            .bind(heads.message)
            .bind(heads.point)
            .bind(heads.rule)
            .bind(heads.quarantine);
        put.execute(&mut *self.sql).await.during("putting the heads")?;
        let inner = Arc::clone(&self.tables.inner);
        if let Err(source) = self.sql.commit().await {
            inner.stale.store(true, Ordering::SeqCst);
            return Err(StoreError::Sql { what: "committing", source });
        }
        if !self.changes.is_empty() {
            let next = inner.registry.borrow().with(self.changes);
            inner.registry.send_replace(Arc::new(next));
        }
        let newest = JournalSeq(self.heads.journal);
        if self.heads.journal != self.began_at {
            inner.head.send_replace(newest);
        }
        Ok(newest)
    }
}

/// Reads the registry anew when another process has written, or a commit's outcome is unknown.
async fn catch_up(tables: &Tables, newest: i64) -> Result<(), StoreError> {
    let inner = &tables.inner;
    if !inner.stale.swap(false, Ordering::SeqCst) && tables.journal_head().0 == newest {
        return Ok(());
    }
    let read = registered::load(&inner.db).await?;
    inner.registry.send_modify(|known| *known = Arc::new(read.after(known)));
    inner.head.send_replace(JournalSeq(newest));
    Ok(())
}

impl Heads {
    fn of(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            journal: doc::int(row, 0)?,
            hash: doc::text(row, 1)?,
            alarm: doc::int(row, 2)?,
            orders: doc::int(row, 3)?,
            message: doc::int(row, 4)?,
            point: doc::int(row, 5)?,
            rule: doc::int(row, 6)?,
            quarantine: doc::int(row, 7)?,
        })
    }
}
