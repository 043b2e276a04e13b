//! The engine beside SWMM's figures.

mod reference;
