//! 接收: device sockets. Stations report in their protocols; what they say becomes durable readings,
//! and only then are they told so. Commands go down the same lines, each written down before it is
//! sent.
//!
//! One folder a protocol (`sl651/` …): its sessions or pollers, its configuration. Everything else
//! is the same for all: [`hub`](self) of shared things, intake, points, quarantine, downlink.
//!
//! Promises:
//! - a confirmation is written only after [`store::Samples::append`] returned;
//! - a frame that cannot be taken (unknown station, wrong check value, undecodable body, garbage)
//!   goes to quarantine with its reason and harms neither its connection nor any other;
//! - nothing here grows without limit: see [`Limits`]. A slow store slows the stations down
//!   (reading stops while an append is pending), it never loses what was confirmed;
//! - a command leaves only after the note that it left is durable, and never twice.
//!
//! Never: judges readings, knows alarms, speaks HTTP.

mod budget;
mod clocks;
mod config;
pub mod credentials;
mod desk;
mod downlink;
mod error;
pub mod hj212;
mod hub;
mod intake;
pub mod meters;
pub mod modbus;
pub mod mqtt;
pub mod opcua;
mod points;
mod quarantine;
mod session;
pub mod sl427;
pub mod sl651;
mod tcp;
mod throttle;

pub use budget::Budget;
pub use config::{Config, Limits};
pub use error::GatewayError;

use downlink::Downlink;
use field::clock::Clock;
use hub::{Connections, Hub};
use intake::Intake;
use std::net::SocketAddr;
use std::sync::Arc;
use store::Store;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How stations come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Connections.
    Tcp,
    /// Datagrams.
    Udp,
}

/// One socket that is open for stations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listening {
    /// Protocol name, such as `sl651`.
    pub protocol: &'static str,
    /// How stations come.
    pub transport: Transport,
    /// Where, with the port the system gave for port 0.
    pub addr: SocketAddr,
}

/// A running gateway.
#[derive(Debug)]
pub struct Gateway {
    /// Every socket that is open for stations.
    pub listening: Vec<Listening>,
    intake: Arc<Intake>,
    sight: Sight,
    tasks: Vec<JoinHandle<()>>,
}

/// 现况: what the gateway knows of a station right now. Cheap to clone; costs no query.
#[derive(Clone, Debug)]
pub struct Sight {
    intake: Arc<Intake>,
    downlink: Downlink,
}

impl Sight {
    /// The protocol in which a command would reach the station now; `None` when it is not on line.
    #[must_use]
    pub fn reached_by(&self, station: &field::id::StationCode) -> Option<&'static str> {
        self.downlink.reaches(station)
    }

    /// Until when the station is slowed down because it has used up its [`Budget`].
    #[must_use]
    pub fn throttled_until(&self, station: &field::id::StationCode) -> Option<field::time::Time> {
        self.intake.throttled_until(station)
    }
}

impl Gateway {
    /// Where stations of a protocol come by TCP.
    #[must_use]
    pub fn tcp(&self, protocol: &str) -> Option<SocketAddr> {
        self.addr(protocol, Transport::Tcp)
    }

    /// Where stations of a protocol send datagrams.
    #[must_use]
    pub fn udp(&self, protocol: &str) -> Option<SocketAddr> {
        self.addr(protocol, Transport::Udp)
    }

    fn addr(&self, protocol: &str, transport: Transport) -> Option<SocketAddr> {
        let found = self.listening.iter().find(|l| l.protocol == protocol && l.transport == transport);
        found.map(|listening| listening.addr)
    }

    /// 限流中: the stations that have used up their [`Budget`], and until when they are slowed down.
    #[must_use]
    pub fn throttled(&self) -> Vec<(field::id::StationCode, field::time::Time)> {
        self.intake.throttled()
    }

    /// What it knows of single stations.
    #[must_use]
    pub fn sight(&self) -> Sight {
        self.sight.clone()
    }

    /// Returns when the gateway has stopped: after `shutdown` was set, when every append under way
    /// has ended and its confirmation was written.
    pub async fn stopped(self) {
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a listener ended badly");
            }
        }
    }
}

/// What a protocol has started: its open sockets and its running tasks.
#[derive(Debug, Default)]
pub(crate) struct Started {
    pub listening: Vec<Listening>,
    pub tasks: Vec<JoinHandle<()>>,
}

/// Binds the sockets and starts listening. When it returns, stations can connect.
///
/// Set `shutdown` to `true` to stop (dropping its sender stops as well): no new connection is
/// taken, appends under way end, their confirmations are written, connections close.
///
/// # Errors
/// [`GatewayError::Bind`] when an address cannot be had, for example because the port is in use.
pub async fn run(
    config: Config,
    store: Store,
    clock: Arc<dyn Clock>,
    shutdown: watch::Receiver<bool>,
) -> Result<Gateway, GatewayError> {
    let (quarantine, keeper) = quarantine::start(store.tables.clone());
    let hub = Hub {
        intake: Arc::new(Intake::new(store.clone(), Arc::clone(&clock), config.limits.budget)),
        quarantine,
        downlink: Downlink::default(),
        limits: config.limits,
        connections: Connections::new(config.limits.connections),
        shutdown,
    };
    let mut started = Started::default();
    // One line a protocol.
    if let Some(config) = config.sl651 {
        sl651::start(config, &hub, &mut started).await?;
    }
    if let Some(config) = config.hj212 {
        hj212::start(config, &hub, &mut started).await?;
    }
    if let Some(config) = config.sl427 {
        sl427::start(config, &hub, &mut started).await?;
    }
    if let Some(config) = config.meters {
        meters::start(config, &hub, &mut started).await?;
    }
    if let Some(config) = config.mqtt {
        mqtt::start(config, &hub, &mut started).await?;
    }
    if let Some(config) = config.modbus {
        modbus::start(config, &store, &clock, &hub, &mut started).await?;
    }
    if let Some(config) = config.opcua {
        opcua::start(config, &hub, &mut started)?;
    }
    let desk = desk::Desk::new(store, clock, hub.downlink.clone(), hub.limits.command);
    started.tasks.push(tokio::spawn(desk.run(hub.clone())));
    let intake = Arc::clone(&hub.intake);
    let sight = Sight { intake: Arc::clone(&intake), downlink: hub.downlink.clone() };
    // The keeper ends by itself when the last listener has let go of its queue.
    drop(hub);
    let Started { listening, mut tasks } = started;
    tasks.push(keeper);
    tracing::info!(?listening, "listening for stations");
    Ok(Gateway { listening, intake, sight, tasks })
}
