//! SL/T 427-2021 水资源监测数据传输规约 (SZY 206): water resource stations by TCP.

mod talk;

use crate::error::GatewayError;
use crate::hub::Hub;
use crate::{Listening, Started, Transport, tcp};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use wire::sl427::NAME;

/// What the SL/T 427 listener is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where stations connect. Port 0 lets the system choose.
    pub tcp: SocketAddr,
    /// Confirm reports; off where the channel is one-way.
    pub confirm: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { tcp: SocketAddr::from((Ipv4Addr::UNSPECIFIED, wire::sl427::DEFAULT_PORT)), confirm: true }
    }
}

impl Config {
    /// On the loopback interface, port chosen by the system.
    #[must_use]
    pub fn loopback() -> Self {
        Self { tcp: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), ..Self::default() }
    }
}

/// Binds and starts the listener.
pub(crate) async fn start(config: Config, hub: &Hub, started: &mut Started) -> Result<(), GatewayError> {
    let listener = tcp::bind(config.tcp).await?;
    let addr = listener.local_addr().unwrap_or(config.tcp);
    started.listening.push(Listening { protocol: NAME, transport: Transport::Tcp, addr });
    let config = Arc::new(config);
    let talk = move |hub: &Hub, _| talk::Conversation::new(Arc::clone(&config), hub);
    started.tasks.push(tokio::spawn(tcp::listen(NAME, listener, hub.clone(), talk)));
    Ok(())
}
