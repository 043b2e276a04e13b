//! 杂规约: devices that speak what the storm's stations do not, so that the town is heard in every
//! protocol a utility has: MQTT, Sparkplug B, SL/T 427, DL/T 645, SL 651 in ASCII, and platforms that push
//! over HTTP.
//!
//! What the server confirms of theirs goes into the town's ledger.
//!
//! What they measure is a function of the town's time, so that any of them can start anywhere.

mod ascii;
pub mod buoys;
mod edge;
pub mod flow_meters;
pub mod hydrants;
mod intake;
pub mod power;
mod push;
mod sensors;
pub(crate) mod truth;

use crate::hands::TownClock;
use crate::rtu::Ledger;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Where the server listens for them; what is `None` stays silent.
#[derive(Clone, Debug)]
pub(crate) struct Centres {
    /// Its HTTP interface, such as `http://127.0.0.1:8651`.
    pub(crate) http: String,
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
pub(crate) fn start(
    seed: u64,
    clock: &TownClock,
    centres: Centres,
    ledger: &Arc<Ledger>,
    tasks: &mut JoinSet<()>,
) {
    tasks.spawn(ascii::run(seed, clock.clone(), centres.sl651, Arc::clone(ledger)));
    for platform in [flow_meters::platform(), hydrants::platform(), buoys::platform()] {
        tasks.spawn(platform.run(seed, clock.clone(), centres.http.clone(), Arc::clone(ledger)));
    }
    if let Some(broker) = centres.mqtt {
        sensors::start(seed, clock, broker, ledger, tasks);
        tasks.spawn(edge::run(seed, clock.clone(), broker, Arc::clone(ledger)));
    }
    if let Some(centre) = centres.sl427 {
        tasks.spawn(intake::run(seed, clock.clone(), centre, Arc::clone(ledger)));
    }
    if let Some(centre) = centres.meters {
        tasks.spawn(power::run(seed, clock.clone(), centre));
    }
}
