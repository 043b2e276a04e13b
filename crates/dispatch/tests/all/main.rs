//! The dispatch desk as a whole: a store on disk, a clock that stands where the test puts it, and
//! channel servers on this machine that enforce the real limits.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops on the spot: a failed expectation there is the finding itself"
)]

mod channels;
mod crash;
mod desk;
mod outbox;
mod servers;
mod town;
