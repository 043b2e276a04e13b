//! The TCP listener: takes connections, counts them, waits for them at the end.

use crate::error::GatewayError;
use crate::intake::Intake;
use crate::session;
use crate::throttle::Throttle;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// After a failed accept (no file descriptors left), so long is waited before the next.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

pub(crate) async fn bind(addr: SocketAddr) -> Result<TcpListener, GatewayError> {
    TcpListener::bind(addr).await.map_err(|source| GatewayError::bind("TCP", addr, source))
}

/// Accepts until shutdown, then waits for every session to end.
pub(crate) async fn listen(listener: TcpListener, intake: Arc<Intake>, mut shutdown: watch::Receiver<bool>) {
    let mut sessions = JoinSet::new();
    let full = Throttle::default();
    let failed = Throttle::default();
    loop {
        tokio::select! {
            biased;
            () = session::stop(&mut shutdown) => break,
            Some(ended) = sessions.join_next() => {
                gauge(sessions.len());
                report(ended);
            }
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) if sessions.len() < intake.config.limits.connections => {
                    sessions.spawn(connection(Arc::clone(&intake), stream, peer, shutdown.clone()));
                    gauge(sessions.len());
                }
                Ok((_, peer)) => {
                    metrics::counter!("gateway_connections_refused_total").increment(1);
                    if let Some(held_back) = full.pass() {
                        let limit = intake.config.limits.connections;
                        tracing::error!(%peer, limit, held_back, "too many connections: one was refused");
                    }
                }
                Err(error) => {
                    if let Some(held_back) = failed.pass() {
                        tracing::error!(%error, held_back, "a connection could not be accepted");
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
    gauge(0);
}

async fn connection(
    intake: Arc<Intake>,
    stream: TcpStream,
    peer: SocketAddr,
    shutdown: watch::Receiver<bool>,
) {
    // Confirmations are small and awaited: they must not wait for more to send with them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "a connection keeps its delay");
    }
    session::serve(&intake, stream, peer.ip(), shutdown).await;
}

#[expect(clippy::cast_precision_loss, reason = "a count of connections is far below 2^52")]
fn gauge(connections: usize) {
    metrics::gauge!("gateway_connections").set(connections as f64);
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a session ended badly");
    }
}
