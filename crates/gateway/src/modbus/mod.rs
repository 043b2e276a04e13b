//! Modbus TCP 与 RTU 透传: devices that are asked. One task a connection asks the devices behind it
//! in turn, by their register maps, and keeps what they answer.
//!
//! Promises:
//! - a stored poll holds the requests and answers as they crossed the wire, headed by the map's key;
//!   its readings are what [`wire::modbus::decode`] reads from those bytes, nothing else;
//! - a device that does not answer is asked ever more rarely and costs its neighbours on the same
//!   connection one time-out each time, other connections nothing;
//! - a read the device refuses makes its elements 缺测, with the exception in the bytes;
//! - a poll nobody answered is not stored: silence stays visible as silence.
//!
//! Never: reads while a command waits longer than one poll; writes anything but commands and the
//! heartbeat register a map names.

mod carry;
mod config;
mod link;
mod maps;
mod poller;
mod turn;

pub use config::{Config, Connection, Device};

use crate::Started;
use crate::error::GatewayError;
use crate::hub::Hub;
use field::clock::Clock;
use poller::Poller;
use std::sync::Arc;
use store::Store;

/// Starts one poller a connection.
pub(crate) async fn start(
    config: Config,
    store: &Store,
    clock: &Arc<dyn Clock>,
    hub: &Hub,
    started: &mut Started,
) -> Result<(), GatewayError> {
    let maps = maps::known(&config, &store.tables).await?;
    for connection in config.connections {
        let poller = Poller::new(connection, &maps, hub.clone(), Arc::clone(clock))?;
        started.tasks.push(tokio::spawn(poller.run()));
    }
    Ok(())
}
