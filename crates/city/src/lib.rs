//! 模拟城市: a synthetic town that speaks the real protocols.
//!
//! It shares nothing in memory with the server: its stations report over TCP in SL 651, its pump
//! stations and its water supply are asked in Modbus, everything else speaks what such things speak
//! ([`mixed`], [`scada`], [`meters`]), its people
//! sign in over HTTP, and the servers its messages arrive at enforce the limits of the real ones.
//! Everything comes from one seed; everything says that it is synthetic.

mod city;
mod config;
mod control;
mod dice;
mod dtu;
mod error;
mod follower;
mod hands;
pub mod load;
mod marks;
pub mod meters;
pub mod mixed;
mod modbus;
pub mod models;
mod mqtt;
mod people;
pub mod phones;
mod plants;
pub mod plc;
pub mod rtu;
pub mod scada;
mod sky;
pub mod storm;
pub mod supply;
pub mod town;
pub mod water;

pub use city::{Bound, City, ServerAt, run};
pub use config::{ChannelSecrets, Config, Habits};
pub use error::CityError;
pub use town::Town;
