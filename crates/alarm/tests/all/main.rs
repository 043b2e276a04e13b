//! The alarm desk's tests: rules as data, the machine's promises, the desk over a real store.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper that fails is the finding itself"
)]

mod desk;
mod machine;
mod rules;
mod storm;
mod town;
