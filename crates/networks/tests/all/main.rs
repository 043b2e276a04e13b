//! What the generated networks promise, judged by the engines that run them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod sewers;
mod supply;
