//! The words of the trade (handbook §3, ISA-18.2): what things are and how their lives go.
//!
//! Pure: no file, no socket, no clock, no dice. Everything above speaks in these types.
//! `docs/words.md` is the dictionary 中文 – English – type – file.

pub mod alarm;
pub mod block;
pub mod clock;
pub mod command;
pub mod duty;
pub mod id;
pub mod message;
pub mod order;
pub mod person;
pub mod place;
pub mod rule;
pub mod sample;
pub mod severity;
pub mod station;
pub mod time;
pub mod unit;
