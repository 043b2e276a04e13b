//! The tables' whole suite, on each engine: the same cases, the same statements.

use crate::postgres::Server;
use crate::tables::CASES;
use std::path::Path;
use store::{Options, SqlUrl, Store};

/// A place for one case: an empty data directory and an empty database.
pub(crate) struct Place {
    dir: tempfile::TempDir,
    sql: SqlUrl,
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), sql: SqlUrl::Sqlite }
    }

    pub(crate) fn postgres(url: String) -> Self {
        Self { dir: tempfile::tempdir().unwrap(), sql: SqlUrl::Postgres(url) }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn options(&self) -> Options {
        Options { sql: self.sql.clone(), ..Options::new(self.path()) }
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(self.options()).await.unwrap()
    }

    /// Runs a statement past the store: for damage.
    pub(crate) async fn sql(&self, statement: &'static str) {
        use sqlx::Connection as _;
        let url = match &self.sql {
            SqlUrl::Sqlite => format!("sqlite://{}/zhizhen.db", self.path().display()),
            SqlUrl::Postgres(url) => url.clone(),
        };
        sqlx::any::install_default_drivers();
        let mut connection = sqlx::AnyConnection::connect(&url).await.unwrap();
        sqlx::query(statement).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_keep_their_promises_on_sqlite() {
    for (name, case) in CASES {
        println!("sqlite: {name}");
        case(Place::sqlite()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_keep_their_promises_on_postgresql() {
    let Some(server) = Server::start() else {
        println!("skipped: no PostgreSQL server binaries found (Debian: apt-get install postgresql)");
        return;
    };
    for (name, case) in CASES {
        println!("postgresql: {name}");
        case(Place::postgres(server.database(name))).await;
    }
    println!("postgresql: two processes on one database write without gaps or doubles");
    crate::tables::journal::two_writers(&server.database("two_writers")).await;
}
