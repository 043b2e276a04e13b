//! SL 651-2014 水文监测数据通信规约: hydrological stations by TCP and UDP.

mod config;
mod take;
mod talk;
mod udp;

pub use config::Config;

use crate::error::GatewayError;
use crate::hub::Hub;
use crate::{Listening, Started, Transport, tcp};
use std::sync::Arc;
use take::Taker;
use wire::sl651::NAME;

/// Binds and starts the listeners.
pub(crate) async fn start(config: Config, hub: &Hub, started: &mut Started) -> Result<(), GatewayError> {
    let tcp = match config.tcp {
        Some(addr) => Some((tcp::bind(addr).await?, addr)),
        None => None,
    };
    let udp = match config.udp {
        Some(addr) => Some((udp::bind(addr).await?, addr)),
        None => None,
    };
    let taker = Arc::new(Taker::new(config, Arc::clone(&hub.intake)));
    if let Some((listener, asked)) = tcp {
        let addr = listener.local_addr().unwrap_or(asked);
        started.listening.push(Listening { protocol: NAME, transport: Transport::Tcp, addr });
        let taker = Arc::clone(&taker);
        let talk = move |hub: &Hub, _| talk::Conversation::new(Arc::clone(&taker), hub);
        started.tasks.push(tokio::spawn(tcp::listen(NAME, listener, hub.clone(), talk)));
    }
    if let Some((socket, asked)) = udp {
        let addr = socket.local_addr().unwrap_or(asked);
        started.listening.push(Listening { protocol: NAME, transport: Transport::Udp, addr });
        started.tasks.push(tokio::spawn(udp::listen(socket, hub.clone(), taker)));
    }
    Ok(())
}
