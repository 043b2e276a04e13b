//! HJ 212 污染物在线监控系统数据传输标准: plants and water quality stations by TCP.

mod ask;
mod config;
mod talk;

pub use config::{Config, StartUp};

use crate::error::GatewayError;
use crate::hub::Hub;
use crate::{Listening, Started, Transport, tcp};
use std::sync::Arc;
use wire::hj212::NAME;

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
