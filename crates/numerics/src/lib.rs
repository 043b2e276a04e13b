//! What the two engines share and nothing more: lanes, sparse ordering, and the bones of an `.inp`
//! reader. Pure: no IO, no clock, no dice, no global state.

pub mod inp;
pub mod lanes;
pub mod ordering;
