//! The database itself: one set of statements, two engines.
//!
//! One connection writes, behind a turnstile ([`Db::turn`]); a small pool reads. Promises: a commit
//! that returned is on disk (SQLite: WAL with `synchronous = FULL`; PostgreSQL:
//! `synchronous_commit = on`).

use super::schema;
use crate::error::SqlContext as _;
use crate::{Options, SqlUrl, StoreError};
use sqlx::any::{AnyArguments, AnyConnectOptions, AnyPoolOptions, AnyRow};
use sqlx::{
    Any, AnyConnection, AnyPool, AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, Row as _,
};
use std::path::Path;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// A statement with its values.
pub(crate) type Query = sqlx::query::Query<'static, Any, AnyArguments>;

/// Connections that read. Desks, screens and exports seldom read more at the same moment.
const READERS: u32 = 6;
/// How long to wait for a connection before saying that the database does not answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// The file of the bundled database in the data directory.
const FILE: &str = "zhizhen.db";

/// Which engine it is; only opening differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// The database.
#[derive(Clone, Debug)]
pub(crate) struct Db {
    pub(crate) engine: Engine,
    read: AnyPool,
    write: AnyPool,
    /// One writer at a time within this process. Between processes on one PostgreSQL the row in
    /// `heads` is the turnstile.
    pub(crate) turn: Arc<Mutex<()>>,
}

impl Db {
    /// Connects, and brings the tables up to this program's version (not when only reading).
    pub(crate) async fn open(options: &Options) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let (engine, url) = match &options.sql {
            SqlUrl::Sqlite => (Engine::Sqlite, sqlite_url(&options.dir, options.read_only)?),
            SqlUrl::Postgres(url) => (Engine::Postgres, url.clone()),
        };
        let connect =
            AnyConnectOptions::from_str(&url).during("reading the database URL")?.disable_statement_logging();
        // Once without the pool, which would go on trying for its whole patience.
        let first = AnyConnection::connect_with(&connect).await.during("connecting to the database")?;
        first.close().await.during("connecting to the database")?;
        let read = pool((engine, options.read_only), connect.clone(), READERS).await?;
        let write = pool((engine, options.read_only), connect, 1).await?;
        let db = Self { engine, read, write, turn: Arc::default() };
        db.migrate(options.read_only, &place(options)).await?;
        Ok(db)
    }

    /// Closes every connection.
    pub(crate) async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }

    /// Begins the writer's transaction; the caller holds the turn.
    pub(crate) async fn begin(&self) -> Result<sqlx::Transaction<'static, Any>, StoreError> {
        let how = match self.engine {
            Engine::Sqlite => "BEGIN IMMEDIATE",
            Engine::Postgres => "BEGIN",
        };
        self.write.begin_with(how).await.during("beginning a transaction")
    }

    /// One statement that writes, durable when it returns. Returns the rows it touched.
    pub(crate) async fn write(&self, query: Query, what: &'static str) -> Result<u64, StoreError> {
        let _turn = self.turn.lock().await;
        query.execute(&self.write).await.map(|r| r.rows_affected()).during(what)
    }

    /// Every row of a query.
    pub(crate) async fn rows(&self, query: Query, what: &'static str) -> Result<Vec<AnyRow>, StoreError> {
        query.fetch_all(&self.read).await.during(what)
    }

    /// The first row of a query.
    pub(crate) async fn row(&self, query: Query, what: &'static str) -> Result<Option<AnyRow>, StoreError> {
        query.fetch_optional(&self.read).await.during(what)
    }

    async fn migrate(&self, read_only: bool, place: &str) -> Result<(), StoreError> {
        let mut tx = if read_only { self.read.begin().await } else { self.write.begin().await }
            .during("beginning to look at the tables' version")?;
        if !read_only {
            tx.execute(sqlx::query(schema::VERSION_TABLE)).await.during("making the version table")?;
        }
        let found = sqlx::query("SELECT version FROM schema_version WHERE id = 1")
            .fetch_optional(&mut *tx)
            .await
            .during("reading the tables' version")?;
        let found =
            found.map_or(Ok(0), |row| row.try_get::<i64, _>(0)).during("reading the tables' version")?;
        if found > schema::VERSION {
            return Err(StoreError::NewerVersion { path: place.to_owned(), found, known: schema::VERSION });
        }
        if found == schema::VERSION {
            return Ok(());
        }
        if read_only {
            let why =
                format!("`{place}` has tables of version {found}: start the server once to bring them up");
            return Err(StoreError::invalid("opening to read only", why));
        }
        let seen = usize::try_from(found).unwrap_or(0);
        for statement in schema::STEPS.iter().skip(seen).flat_map(|step| step.iter()) {
            tx.execute(sqlx::query(*statement)).await.during("bringing the tables up to this version")?;
        }
        let note = "INSERT INTO schema_version (id, version) VALUES (1, $1)
            ON CONFLICT (id) DO UPDATE SET version = excluded.version";
        tx.execute(sqlx::query(note).bind(schema::VERSION)).await.during("noting the tables' version")?;
        tx.commit().await.during("bringing the tables up to this version")?;
        tracing::info!(from = found, to = schema::VERSION, "tables brought up to this version");
        Ok(())
    }
}

/// Copies the bundled database of a data directory, in use or not, as it is at one moment. Returns the
/// copy's bytes; its name becomes durable with its folder's.
pub(crate) async fn copy_sqlite(dir: &Path, to: &Path) -> Result<u64, StoreError> {
    const WHAT: &str = "copying the database";
    let (part, path) = (to.join("zhizhen.db.part"), to.join(FILE));
    let writing = |e| StoreError::io(WHAT, &part, e);
    if part.exists() {
        std::fs::remove_file(&part).map_err(writing)?;
    }
    let mut connection = lone(dir, true, WHAT).await?;
    let vacuum = sqlx::query("VACUUM INTO $1").bind(part.display().to_string());
    vacuum.execute(&mut connection).await.during(WHAT)?;
    connection.close().await.during(WHAT)?;
    let file = std::fs::File::open(&part).map_err(writing)?;
    file.sync_all().map_err(writing)?;
    let bytes = file.metadata().map_err(writing)?.len();
    std::fs::rename(&part, &path).map_err(|e| StoreError::io("renaming into place", &path, e))?;
    Ok(bytes)
}

/// Lets new points of a bundled database begin behind `greatest`.
pub(crate) async fn raise_points(dir: &Path, greatest: field::id::PointId) -> Result<(), StoreError> {
    const WHAT: &str = "raising the points' numbers";
    let mut connection = lone(dir, false, WHAT).await?;
    let raise = "UPDATE heads SET point = $1 WHERE id = 1 AND point < $1";
    sqlx::query(raise).bind(greatest.0).execute(&mut connection).await.during(WHAT)?;
    connection.close().await.during(WHAT)
}

/// What is wrong with the bundled database's pages, in its own words; empty when nothing is.
pub(crate) async fn check_sqlite(db: &Db) -> Result<Vec<String>, StoreError> {
    const WHAT: &str = "checking the database";
    if db.engine != Engine::Sqlite {
        return Ok(vec![]);
    }
    let rows = db.rows(sqlx::query("PRAGMA integrity_check(100)"), WHAT).await?;
    let found =
        rows.iter().map(|row| row.try_get::<String, _>(0)).collect::<Result<Vec<_>, _>>().during(WHAT)?;
    Ok(found.into_iter().filter(|line| line != "ok").collect())
}

/// A connection of its own to a bundled database that no store of this process has open.
async fn lone(dir: &Path, read_only: bool, what: &'static str) -> Result<AnyConnection, StoreError> {
    sqlx::any::install_default_drivers();
    let url = sqlite_url(dir, read_only)?;
    let connect = AnyConnectOptions::from_str(&url).during(what)?.disable_statement_logging();
    let mut connection = AnyConnection::connect_with(&connect).await.during(what)?;
    connection.execute(sqlx::query("PRAGMA busy_timeout = 10000")).await.during(what)?;
    Ok(connection)
}

/// The database's name for people: without a password.
fn place(options: &Options) -> String {
    match &options.sql {
        SqlUrl::Sqlite => options.dir.join(FILE).display().to_string(),
        SqlUrl::Postgres(url) => {
            url.rsplit_once('@').map_or_else(|| url.clone(), |(_, rest)| format!("postgres://{rest}"))
        }
    }
}

fn sqlite_url(dir: &Path, read_only: bool) -> Result<String, StoreError> {
    let path = dir.join(FILE);
    let path = std::path::absolute(&path).map_err(|e| StoreError::io("finding", &path, e))?;
    if read_only && !path.exists() {
        return Err(StoreError::missing("database", path.display()));
    }
    // Only what would end the path in a URL has to be escaped; the rest the URL type does.
    let plain = path.display().to_string().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    Ok(format!("sqlite://{plain}?mode={}", if read_only { "ro" } else { "rwc" }))
}

async fn pool(how: (Engine, bool), connect: AnyConnectOptions, most: u32) -> Result<AnyPool, StoreError> {
    AnyPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(PATIENCE)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                for statement in settings(how) {
                    connection.execute(sqlx::query(*statement)).await?;
                }
                Ok(())
            })
        })
        .connect_with(connect)
        .await
        .during("connecting to the database")
}

/// What makes a returned commit durable, on each engine. Who only reads takes the file as it is: a
/// backup's is not in WAL mode.
const fn settings(how: (Engine, bool)) -> &'static [&'static str] {
    match how {
        (Engine::Sqlite, true) => &["PRAGMA busy_timeout = 10000", "PRAGMA temp_store = MEMORY"],
        (Engine::Sqlite, false) => &[
            "PRAGMA busy_timeout = 10000",
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "PRAGMA foreign_keys = ON",
            "PRAGMA temp_store = MEMORY",
        ],
        (Engine::Postgres, _) => &["SET synchronous_commit = on", "SET client_min_messages = warning"],
    }
}

/// A value for a condition.
pub(crate) enum Bound {
    Int(i64),
    Text(String),
}

impl From<i64> for Bound {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<String> for Bound {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

/// A SELECT that grows by conditions. Its text comes from this crate only; what comes from outside
/// is bound.
pub(crate) struct Select {
    sql: String,
    values: Vec<Bound>,
}

impl Select {
    /// `SELECT … FROM …`, so far without a condition.
    pub(crate) fn new(select: &'static str) -> Self {
        Self { sql: format!("{select} WHERE 1 = 1"), values: vec![] }
    }

    /// `AND <condition> $n`, such as `and("station =", code)`; nothing for `None`.
    pub(crate) fn and(mut self, condition: &'static str, value: Option<impl Into<Bound>>) -> Self {
        if let Some(value) = value {
            let place = self.bind(value.into());
            self.sql.push_str(&format!(" AND {condition} {place}"));
        }
        self
    }

    /// `AND <column> IN (…)`.
    pub(crate) fn and_in(mut self, column: &'static str, values: impl IntoIterator<Item = i64>) -> Self {
        let places: Vec<_> = values.into_iter().map(|v| self.bind(Bound::Int(v))).collect();
        // An empty list is asked for as an impossible id.
        let places = if places.is_empty() { "-1".to_owned() } else { places.join(", ") };
        self.sql.push_str(&format!(" AND {column} IN ({places})"));
        self
    }

    /// What follows the conditions: the order, and at most `limit` rows.
    pub(crate) fn then(mut self, tail: &'static str, limit: usize) -> Query {
        let place = self.bind(Bound::Int(i64::try_from(limit).unwrap_or(i64::MAX)));
        self.sql.push_str(&format!(" {tail} LIMIT {place}"));
        self.finish()
    }

    /// The statement, in an order and without a limit.
    pub(crate) fn all(mut self, tail: &'static str) -> Query {
        self.sql.push(' ');
        self.sql.push_str(tail);
        self.finish()
    }

    fn finish(self) -> Query {
        // Not kept prepared: there are too many shapes of it.
        let query = sqlx::query(AssertSqlSafe(self.sql)).persistent(false);
        self.values.into_iter().fold(query, |query, value| match value {
            Bound::Int(value) => query.bind(value),
            Bound::Text(value) => query.bind(value),
        })
    }

    fn bind(&mut self, value: Bound) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }
}
