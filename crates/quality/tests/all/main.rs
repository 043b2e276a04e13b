//! The quality desk's tests: every check as a pure function, and the desk over a real store.
#![expect(clippy::unwrap_used, reason = "a helper that fails is the finding itself")]

mod checks;
mod desk;
