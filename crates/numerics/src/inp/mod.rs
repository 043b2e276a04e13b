//! The bones of an `.inp` reader (SWMM's and EPANET's project files): sections, lines with their
//! numbers, tokens, numbers and the list of problems.
//!
//! Promises: never panics on any text; every line keeps the number a person sees in an editor;
//! problems are collected, never thrown, so that one reading shows them all. Never reads a file and
//! never guesses an encoding: the caller hands over text (see [`decode`] for the one helper).

mod problem;
mod text;

pub use problem::{PROBLEMS_MAX, Problem, Problems};
pub use text::{Decoded, Document, Line, Section, Separators, decode, number, starts_with, tokens};
