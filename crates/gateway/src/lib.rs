//! 接收: device sockets. Stations report over TCP and UDP; what they say becomes durable readings,
//! and only then are they told so.
//!
//! Promises:
//! - an M2 confirmation is written only after [`store::Samples::append`] returned;
//! - a frame that cannot be taken (unknown station, wrong check value, undecodable body, garbage)
//!   goes to quarantine with its reason and harms neither its connection nor any other;
//! - nothing here grows without limit: see [`Limits`]. A slow store slows the stations down
//!   (reading stops while an append is pending), it never loses what was confirmed.
//!
//! Never: judges readings, knows alarms, speaks HTTP.

mod config;
mod error;
mod intake;
mod points;
mod quarantine;
mod session;
mod tcp;
mod throttle;
mod udp;

pub use config::{Config, Limits};
pub use error::GatewayError;

use field::clock::Clock;
use intake::Intake;
use std::net::SocketAddr;
use std::sync::Arc;
use store::Store;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A running gateway.
#[derive(Debug)]
pub struct Gateway {
    /// Where stations connect by TCP, with the port the system gave for port 0.
    pub tcp_addr: Option<SocketAddr>,
    /// Where stations send datagrams.
    pub udp_addr: Option<SocketAddr>,
    tasks: Vec<JoinHandle<()>>,
}

impl Gateway {
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
    let tcp = match config.tcp {
        Some(addr) => Some(tcp::bind(addr).await?),
        None => None,
    };
    let udp = match config.udp {
        Some(addr) => Some(udp::bind(addr).await?),
        None => None,
    };
    let tcp_addr = tcp.as_ref().and_then(|listener| listener.local_addr().ok());
    let udp_addr = udp.as_ref().and_then(|socket| socket.local_addr().ok());
    let (quarantine, keeper) = quarantine::start(store.tables.clone());
    let intake = Arc::new(Intake::new(config, store, clock, quarantine));
    // The keeper ends by itself when the last listener has let go of its queue.
    let mut tasks = Vec::new();
    if let Some(listener) = tcp {
        tasks.push(tokio::spawn(tcp::listen(listener, Arc::clone(&intake), shutdown.clone())));
    }
    if let Some(socket) = udp {
        tasks.push(tokio::spawn(udp::listen(socket, intake, shutdown)));
    }
    tasks.push(keeper);
    tracing::info!(?tcp_addr, ?udp_addr, "listening for stations");
    Ok(Gateway { tcp_addr, udp_addr, tasks })
}
