//! 杂规约: devices that speak what the storm's stations do not, so that the town is heard in every
//! protocol a utility has: MQTT, Sparkplug B, SL/T 427, DL/T 645, SL 651 in ASCII.
//!
//! What they measure is a function of the town's time, so that any of them can start anywhere.

mod ascii;
mod edge;
mod intake;
pub mod power;
mod sensors;
mod truth;

use crate::hands::TownClock;
use std::net::SocketAddr;
use tokio::task::JoinSet;

/// Where the server listens for them; what is `None` stays silent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Centres {
    /// SL 651.
    pub(crate) sl651: SocketAddr,
    /// MQTT.
    pub(crate) mqtt: Option<SocketAddr>,
    /// SL/T 427.
    pub(crate) sl427: Option<SocketAddr>,
    /// Concentrators of meters.
    pub(crate) meters: Option<SocketAddr>,
}

/// Starts them; they begin with the town's clock.
pub(crate) fn start(seed: u64, clock: &TownClock, centres: Centres, tasks: &mut JoinSet<()>) {
    tasks.spawn(ascii::run(seed, clock.clone(), centres.sl651));
    if let Some(broker) = centres.mqtt {
        sensors::start(seed, clock, broker, tasks);
        tasks.spawn(edge::run(seed, clock.clone(), broker));
    }
    if let Some(centre) = centres.sl427 {
        tasks.spawn(intake::run(seed, clock.clone(), centre));
    }
    if let Some(centre) = centres.meters {
        tasks.spawn(power::run(seed, clock.clone(), centre));
    }
}
