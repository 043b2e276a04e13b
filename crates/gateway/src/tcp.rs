//! The TCP listener of any protocol: takes connections, counts them, waits for them at the end.

use crate::error::GatewayError;
use crate::hub::Hub;
use crate::session::{self, Talk};
use crate::throttle::Throttle;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// After a failed accept (no file descriptors left), so long is waited before the next.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

pub(crate) async fn bind(addr: SocketAddr) -> Result<TcpListener, GatewayError> {
    TcpListener::bind(addr).await.map_err(|source| GatewayError::bind("TCP", addr, source))
}

/// Accepts until shutdown and serves each connection with a conversation that `talk` begins, then
/// waits for every session to end.
pub(crate) async fn listen<T, F>(protocol: &'static str, listener: TcpListener, hub: Hub, talk: F)
where
    T: Talk + 'static,
    F: Fn(&Hub, IpAddr) -> T + Send,
{
    let mut sessions = JoinSet::new();
    let full = Throttle::default();
    let failed = Throttle::default();
    loop {
        tokio::select! {
            biased;
            () = hub.stopped() => break,
            Some(ended) = sessions.join_next() => report(ended),
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => match hub.connections.enter() {
                    Some(place) => {
                        let talk = talk(&hub, peer.ip());
                        let session = connection(hub.clone(), stream, peer, talk);
                        sessions.spawn(async move {
                            session.await;
                            drop(place);
                        });
                    }
                    None => {
                        metrics::counter!("gateway_connections_refused_total").increment(1);
                        if let Some(held_back) = full.pass() {
                            let limit = hub.connections.most();
                            tracing::error!(%peer, protocol, limit, held_back, "too many connections: one was refused");
                        }
                    }
                },
                Err(error) => {
                    if let Some(held_back) = failed.pass() {
                        tracing::error!(%error, protocol, held_back, "a connection could not be accepted");
                    }
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    while let Some(ended) = sessions.join_next().await {
        report(ended);
    }
}

async fn connection<T: Talk>(hub: Hub, stream: TcpStream, peer: SocketAddr, talk: T) {
    // Confirmations are small and awaited: they must not wait for more to send with them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "a connection keeps its delay");
    }
    session::serve(hub, stream, peer.ip(), talk).await;
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a session ended badly");
    }
}
