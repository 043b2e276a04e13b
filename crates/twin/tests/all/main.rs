//! The twin desk over a real store: a small storm sewer and a small supply network, each with a truth of
//! its own that the model does not know.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "in a test, stopping on the spot is the finding"
)]

mod ground;
mod storm;
mod street;
mod supply;
