//! What can stop the dispatch desk. A message that does not arrive is no error: it is in the ledger.

use crate::config::BadConfig;
use store::StoreError;

/// Why the desk stopped, or did not start.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// The settings cannot be used.
    #[error(transparent)]
    Config(#[from] BadConfig),
    /// The store refused; what was not committed is done again.
    #[error("dispatch: {0}")]
    Store(#[from] StoreError),
    /// The HTTP client cannot be made.
    #[error("dispatch: making the HTTP client: {0}")]
    Client(#[source] reqwest::Error),
    /// The stored push key is damaged.
    #[error("dispatch: setting `{setting}` holds no key pair; delete it, and the phones will subscribe anew")]
    BadPushKey {
        /// The setting.
        setting: &'static str,
    },
    /// A journal line cannot be read; it is logged and passed over.
    #[error(
        "dispatch: journal line {seq} (`{act}`): {detail}; it was written by another version of the program"
    )]
    BadLine {
        /// The line.
        seq: i64,
        /// What it says was done.
        act: String,
        /// What is missing in it.
        detail: String,
    },
}
