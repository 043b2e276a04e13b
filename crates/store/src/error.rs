//! What can go wrong in the store. Every error says what was being done, to which thing, and what to do.

use field::alarm::AlarmRefusal;
use field::command::CommandRefusal;
use field::order::OrderRefusal;
use std::path::{Path, PathBuf};

/// Why the store did not do what it was asked. Nothing changed unless the text says so.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system refused.
    #[error("{what} `{}`: {source}", path.display())]
    Io {
        /// What was being done.
        what: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database refused.
    #[error("{what}: {source}")]
    Sql {
        /// What was being done.
        what: &'static str,
        /// What the database said.
        source: sqlx::Error,
    },
    /// Stored bytes are not what was written.
    #[error("{what} is damaged at {where_}: {detail}")]
    Corrupt {
        /// Which file or table.
        what: String,
        /// Which byte or row.
        where_: String,
        /// What was found and what to do.
        detail: String,
    },
    /// The data directory was written by a newer program.
    #[error(
        "`{path}` has data of version {found}; this program knows versions up to {known}: start a newer program"
    )]
    NewerVersion {
        /// Which file or database.
        path: String,
        /// The version found.
        found: i64,
        /// The newest version known.
        known: i64,
    },
    /// The disk is full. What was acknowledged before is safe.
    #[error("the disk that holds `{}` is full: nothing more is accepted until there is room", path.display())]
    Full {
        /// Which file or folder.
        path: PathBuf,
    },
    /// Another process has the data directory.
    #[error(
        "`{}` is in use by process {}: stop it, or choose another data directory",
        path.display(),
        pid.map_or_else(|| "(unknown)".to_owned(), |p| p.to_string())
    )]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// Who has it, when known.
        pid: Option<u32>,
    },
    /// The thing's life does not allow the act.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Somebody else changed it meanwhile (If-Match).
    #[error("{what} was changed meanwhile: load it again and repeat the edit")]
    Conflict {
        /// Which thing.
        what: String,
    },
    /// There is no such thing.
    #[error("there is no {what} `{id}`")]
    Missing {
        /// Which kind of thing.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// What was given does not fit.
    #[error("{what}: {why}")]
    Invalid {
        /// What was being done.
        what: &'static str,
        /// Why it does not fit, and what would.
        why: String,
    },
    /// The store is closed, or was opened to read only.
    #[error("{what}: the store is closed or was opened to read only")]
    Closed {
        /// What was being done.
        what: &'static str,
    },
}

/// Why a life refused an act; the code is the interface's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[serde(tag = "of", content = "code", rename_all = "snake_case")]
pub enum Refusal {
    /// An alarm refused.
    #[error("alarm: {0}")]
    Alarm(#[from] AlarmRefusal),
    /// An order refused.
    #[error("order: {0}")]
    Order(#[from] OrderRefusal),
    /// A command refused.
    #[error("command: {0}")]
    Command(#[from] CommandRefusal),
}

impl StoreError {
    pub(crate) fn io(what: &'static str, path: &Path, source: std::io::Error) -> Self {
        if source.kind() == std::io::ErrorKind::StorageFull {
            return Self::Full { path: path.to_owned() };
        }
        Self::Io { what, path: path.to_owned(), source }
    }

    pub(crate) fn invalid(what: &'static str, why: impl Into<String>) -> Self {
        Self::Invalid { what, why: why.into() }
    }

    pub(crate) fn missing(what: &'static str, id: impl std::fmt::Display) -> Self {
        Self::Missing { what, id: id.to_string() }
    }

    pub(crate) fn corrupt(
        what: impl Into<String>,
        where_: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self::Corrupt { what: what.into(), where_: where_.into(), detail: detail.into() }
    }

    /// The same error once more, for the next waiter of one group commit.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Io { what, path, source } => Self::Io {
                what,
                path: path.clone(),
                source: std::io::Error::new(source.kind(), source.to_string()),
            },
            Self::Full { path } => Self::Full { path: path.clone() },
            Self::Corrupt { what, where_, detail } => {
                Self::corrupt(what.clone(), where_.clone(), detail.clone())
            }
            other => Self::invalid("append", other.to_string()),
        }
    }
}

/// Lets a failed statement say what it was for.
pub(crate) trait SqlContext<T> {
    fn during(self, what: &'static str) -> Result<T, StoreError>;
}

impl<T> SqlContext<T> for Result<T, sqlx::Error> {
    fn during(self, what: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Sql { what, source })
    }
}
