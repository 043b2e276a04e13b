//! What stops the simulated town.

use std::net::SocketAddr;

/// Why the town could not be played.
#[derive(Debug, thiserror::Error)]
pub enum CityError {
    /// A port could not be taken.
    #[error(
        "{what} on {addr}: {source}; choose another port in the city's configuration, or 0 for any free one"
    )]
    Bind {
        /// What wanted it.
        what: &'static str,
        /// Where.
        addr: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// A setting that cannot be used.
    #[error("city setting `{setting}`: {why}")]
    BadSetting {
        /// Which.
        setting: &'static str,
        /// What is wrong, and what is allowed.
        why: String,
    },
    /// The seed makes no town.
    #[error(transparent)]
    NoTown(#[from] crate::town::NoTown),
    /// The generated sewers cannot be computed.
    #[error("the town's storm sewers as generated are no model: {0}")]
    Sewers(#[source] drains::ModelError),
    /// The generated water supply cannot be computed.
    #[error("the town's water supply as generated is no model: {0}")]
    Supply(String),
    /// The parent's line with the server's addresses was not understood.
    #[error("the first line of standard input is not {{\"http\":…,\"sl651\":…}}: {0}")]
    BadServer(#[source] serde_json::Error),
    /// Standard input or output failed.
    #[error("talking to the parent over standard input and output: {0}")]
    Parent(#[source] std::io::Error),
    /// The HTTP client could not be made.
    #[error("making the people's HTTP client: {0}")]
    Client(#[source] reqwest::Error),
    /// A simulated station's frame could not be written.
    #[error("writing a frame: {0}")]
    Frame(#[from] wire::sl651::encode::EncodeError),
}
