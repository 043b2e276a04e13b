//! OPC UA 客户端: servers (SCADA) that are subscribed to. One task a server holds a session with a
//! subscription of every node its stations' node maps name, and keeps what it publishes.
//!
//! Promises:
//! - a reading stands at the source's time (the server's where it has none) with what the status says:
//!   good, uncertain 存疑, bad 缺测;
//! - its lines say by themselves what was read: a stored reading is what [`wire::opcua`] reads from
//!   them, nothing else;
//! - what was published is kept or tried until it is; where our queue overflows, it is said and the
//!   last value of each node is fetched again; where the server's does, or a publication never came, it is
//!   said and its history is read, or without one every node's present value;
//! - where a history is read, a node's values are kept in the order of time: whatever lies behind a gap waits
//!   until the gap is filled, so that the newest kept value proves all before it, whenever we are killed;
//! - a line that breaks is joined to the same session, so that the server hands over what it held
//!   meanwhile; a server that has forgotten it is subscribed to anew, and its history, where it keeps
//!   one and `history` is set, is read from the last value that was kept;
//! - a command is written in the node's own type and read back;
//! - a server is talked to under a policy other than `None` only when its certificate is trusted.
//!
//! Never: writes a node but by a command and where its map says `writable`; sends a password over an
//! open line; browses.

mod carry;
mod client;
mod config;
mod history;
mod keep;
mod listen;
mod maps;
mod sequence;
mod session;
mod way;

pub use config::{Config, Mode, Policy, Secret, Server, Station};

use crate::Started;
use crate::error::GatewayError;
use crate::hub::Hub;
use client::Subscriber;
use maps::{Maps, NAME};
use std::sync::Arc;

/// Starts one subscriber a server.
pub(crate) fn start(config: Config, hub: &Hub, started: &mut Started) -> Result<(), GatewayError> {
    let maps = Maps::read(&config.maps)?;
    let client = session::client(&config.pki).map_err(|what| GatewayError::setting(NAME, what))?;
    let client = Arc::new(client);
    for server in config.servers {
        let bad = |what: String| GatewayError::setting(NAME, format!("server {}: {what}", server.url));
        server.check().map_err(bad)?;
        let items = maps.items(&server)?;
        let subscriber = Subscriber::new(server, items, hub.clone());
        started.tasks.push(tokio::spawn(subscriber.run(Arc::clone(&client))));
    }
    Ok(())
}
