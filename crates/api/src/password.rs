//! 口令: argon2id, away from the threads that serve, a few at a time.

use crate::problem::{Problem, ProblemCode};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use serde_json::json;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Hashes computed at once: one per core of the smallest machine we run on, each 19 MiB.
const AT_ONCE: usize = 2;
/// Sign-ins that may wait for their turn; beyond, the answer is "busy". A shift change of a whole city fits.
const WAITING_MAX: usize = 256;
/// Longest password looked at, bytes: hashing a megabyte is an attack, not a password.
pub(crate) const MAX_BYTES: usize = 256;

/// A password that could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("hashing a password: {0}")]
pub struct BadPassword(String);

/// The PHC string (argon2id, 19 MiB, 2 passes: OWASP's first choice) to keep for `password`.
///
/// Takes tens of milliseconds; call it from a blocking thread.
///
/// # Errors
/// [`BadPassword`] when it is longer than 256 bytes or the system has no randomness.
pub fn hash_password(password: &str) -> Result<String, BadPassword> {
    if password.is_empty() || password.len() > MAX_BYTES {
        return Err(BadPassword(format!("1 to {MAX_BYTES} bytes are allowed, it has {}", password.len())));
    }
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|h| h.to_string()).map_err(|e| BadPassword(e.to_string()))
}

/// Compares passwords with hashes, bounded.
#[derive(Clone, Debug)]
pub(crate) struct Checker {
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
    /// Compared with when the login is unknown, so that both cases take as long.
    decoy: Arc<str>,
}

impl Checker {
    /// Ready to check. Costs one hash.
    pub(crate) fn new() -> Result<Self, BadPassword> {
        Ok(Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            places: Arc::new(Semaphore::new(WAITING_MAX)),
            decoy: hash_password("no such person has this")?.into(),
        })
    }

    /// Whether `password` belongs to `hash`; `None` (unknown login) is always wrong and takes as long.
    pub(crate) async fn matches(&self, password: String, hash: Option<String>) -> Result<bool, Problem> {
        let busy = || Problem::with(ProblemCode::Busy, json!({ "wait_s": 2 }));
        let _place = self.places.clone().try_acquire_owned().map_err(|_| busy())?;
        let _turn = self.turns.clone().acquire_owned().await.map_err(|_| busy())?;
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.to_string());
        let checked = tokio::task::spawn_blocking(move || {
            PasswordHash::new(&hash)
                .is_ok_and(|h| Argon2::default().verify_password(password.as_bytes(), &h).is_ok())
        });
        Ok(checked.await.unwrap_or(false) && known)
    }
}
