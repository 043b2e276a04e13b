//! 抄表: water meters (CJ/T 188) and electricity meters (DL/T 645) behind concentrators.
//!
//! A concentrator (DTU) connects to us and says who it is with a registration packet, or is a serial
//! gateway that we connect to. Behind it hang meters on one serial line: one is asked at a time, one that
//! does not answer costs its own time-out and is asked less often, the others go on.

mod config;
mod poller;
mod round;

pub use config::{Config, Dtu, Language, Meter, MetersFault};

use crate::error::GatewayError;
use crate::hub::Hub;
use crate::{Listening, Started, Transport, session, tcp};
use poller::Poller;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;

/// The name of its sockets among others; packets are kept under the meters' own protocol.
pub const NAME: &str = "meters";
/// Pauses between tries to reach a serial gateway, doubled from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_secs(60);
/// A serial gateway must take a connection within this time.
const CONNECT: Duration = Duration::from_secs(10);

/// Binds the listener and starts a caller for every serial gateway.
pub(crate) async fn start(config: Config, hub: &Hub, started: &mut Started) -> Result<(), GatewayError> {
    let config = Arc::new(config);
    if let Some(asked) = config.tcp {
        let listener = tcp::bind(asked).await?;
        let addr = listener.local_addr().unwrap_or(asked);
        started.listening.push(Listening { protocol: NAME, transport: Transport::Tcp, addr });
        let config = Arc::clone(&config);
        let talk = move |hub: &Hub, _| Poller::awaiting(Arc::clone(&config), hub);
        started.tasks.push(tokio::spawn(tcp::listen(NAME, listener, hub.clone(), talk)));
    }
    for (n, dtu) in config.dtus.iter().enumerate() {
        if let Some(address) = dtu.connect.clone() {
            started.tasks.push(tokio::spawn(call(Arc::clone(&config), n, address, hub.clone())));
        }
    }
    Ok(())
}

/// Keeps a connection to a serial gateway until shutdown.
async fn call(config: Arc<Config>, n: usize, address: String, hub: Hub) {
    let mut pause = FIRST_PAUSE;
    loop {
        let reached = tokio::select! {
            biased;
            () = hub.stopped() => return,
            reached = tokio::time::timeout(CONNECT, TcpStream::connect(&address)) => reached,
        };
        let stream = match reached {
            Ok(Ok(stream)) => Some(stream),
            Ok(Err(error)) => {
                tracing::warn!(%address, %error, "a serial gateway cannot be reached; trying again");
                None
            }
            Err(_) => {
                tracing::warn!(%address, "a serial gateway does not take the connection; trying again");
                None
            }
        };
        if let (Some(stream), Some(_place)) = (stream, hub.connections.enter()) {
            pause = FIRST_PAUSE;
            let peer = stream.peer_addr().map_or(std::net::Ipv4Addr::UNSPECIFIED.into(), |peer| peer.ip());
            let poller = Poller::of(Arc::clone(&config), n, &hub);
            session::serve(hub.clone(), stream, peer, poller).await;
        }
        tokio::select! {
            biased;
            () = hub.stopped() => return,
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(LAST_PAUSE),
        }
    }
}
