//! The supply engine against EPANET's figures, against itself, and against bad input.

mod engine;
mod figures;
mod problems;
