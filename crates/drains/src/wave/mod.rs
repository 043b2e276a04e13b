//! Dynamic wave routing (动力波): Picard iterations over conduits and nodes, Reference Manual II, ch. 3.

mod abreast;
mod blocks;
mod conduit;
mod courant;
mod culvert;
mod depths;
mod gather;
mod knots;
mod losses;
mod momentum;
mod nodes;
mod pieces;
mod power;
mod restless;
mod shape;
mod slots;
mod step;
mod tabled;
mod tally;

pub(crate) use abreast::{Abreast, LANES_MIN};
pub(crate) use blocks::Blocks;
pub(crate) use culvert::CODE_MAX as CULVERT_CODE_MAX;
pub(crate) use depths::normal_depth;
pub(crate) use gather::Brought;
pub(crate) use losses::conduit as conduit_losses;
pub(crate) use restless::Restless;
pub(crate) use slots::{Class, Slots};
pub(crate) use tally::{AtNodes, Book, ConduitTally, CountConduits, CountNodes, NodeTally, Spills};
