//! MQTT 3.1.1 and 5: a broker for sensors that connect to us, a client of brokers elsewhere, and
//! Sparkplug B over both.
//!
//! Promises: PUBACK and PUBREC are sent only after the message's readings are durable; a message
//! that cannot be kept is not acknowledged and its connection ends, so that its sender says it
//! again. A client publishes and subscribes only what belongs to stations it may speak for.

mod broker;
mod client;
mod config;
mod ingest;
mod link;
mod orders;
mod outbox;
mod rights;
mod routes;
mod talk;
mod tls;

pub use config::{Config, Outside, Reader, Sparkplug, Tls};

use crate::error::GatewayError;
use crate::hub::Hub;
use crate::throttle::Throttle;
use crate::{Listening, Started, Transport, tcp};
use ingest::Ingest;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use wire::mqtt::{NAME, Publish, QoS};
use wire::sparkplug;

/// The name of the TLS listener among the open sockets.
pub const TLS_NAME: &str = "mqtts";
/// After a failed accept (no file descriptors left), so long is waited before the next.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Binds and starts the broker, and the clients of brokers outside.
pub(crate) async fn start(config: Config, hub: &Hub, started: &mut Started) -> Result<(), GatewayError> {
    let mut listeners = Vec::new();
    if let Some(addr) = config.tcp {
        listeners.push((NAME, tcp::bind(addr).await?, None));
    }
    if let Some(tls) = &config.tls {
        let acceptor = TlsAcceptor::from(tls::server(tls)?);
        listeners.push((TLS_NAME, tcp::bind(tls.listen).await?, Some(acceptor)));
    }
    let outside = config.outside.clone();
    let ingest = Ingest::new(config, hub.clone());
    tell_state(&ingest, true);
    for (protocol, listener, acceptor) in listeners {
        if let Ok(addr) = listener.local_addr() {
            started.listening.push(Listening { protocol, transport: Transport::Tcp, addr });
        }
        started.tasks.push(tokio::spawn(listen(protocol, listener, acceptor, Arc::clone(&ingest))));
    }
    for outside in outside {
        let tls = outside.authority.as_deref().map(tls::client).transpose()?;
        started.tasks.push(tokio::spawn(client::run(Arc::clone(&ingest), outside, tls)));
    }
    Ok(())
}

/// Tells our own clients whether the host application is there (Sparkplug 3.0 §6.4.25).
fn tell_state(ingest: &Ingest, online: bool) {
    let Some(own) = &ingest.config.sparkplug else { return };
    let topic = sparkplug::state_topic(&own.host);
    let payload = sparkplug::state_payload(online, ingest.hub.intake.now());
    let publish = Publish { topic, payload, qos: QoS::AtLeastOnce, retain: true, ..Publish::default() };
    ingest.broker.publish(publish, None);
}

/// Accepts until shutdown, then waits for every connection to end.
async fn listen(
    protocol: &'static str,
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    ingest: Arc<Ingest>,
) {
    let mut sessions = JoinSet::new();
    let (full, failed) = (Throttle::default(), Throttle::default());
    loop {
        tokio::select! {
            biased;
            () = ingest.hub.stopped() => break,
            Some(ended) = sessions.join_next() => report(ended),
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => match ingest.hub.connections.enter() {
                    Some(place) => {
                        let (ingest, acceptor) = (Arc::clone(&ingest), acceptor.clone());
                        sessions.spawn(async move {
                            connection(ingest, stream, peer, acceptor).await;
                            drop(place);
                        });
                    }
                    None => {
                        metrics::counter!("gateway_connections_refused_total").increment(1);
                        if let Some(held_back) = full.pass() {
                            let limit = ingest.hub.connections.most();
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

async fn connection(ingest: Arc<Ingest>, stream: TcpStream, peer: SocketAddr, acceptor: Option<TlsAcceptor>) {
    // Acknowledgements are small and awaited: they must not wait for more to send with them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "a connection keeps its delay");
    }
    let Some(acceptor) = acceptor else { return talk::serve(ingest, stream, peer.ip(), None).await };
    let shaken = tokio::select! {
        biased;
        () = ingest.hub.stopped() => return,
        shaken = timeout(ingest.hub.limits.frame, acceptor.accept(stream)) => shaken,
    };
    match shaken {
        Ok(Ok(stream)) => {
            let shown = stream.get_ref().1.peer_certificates().and_then(|list| list.first());
            let certificate = shown.map(|certificate| certificate.to_vec());
            talk::serve(ingest, stream, peer.ip(), certificate).await;
        }
        Ok(Err(error)) => {
            metrics::counter!("gateway_tls_failed_total").increment(1);
            if let Some(held_back) = ingest.turned_away.pass() {
                tracing::warn!(%peer, %error, held_back, "an MQTT client was not let in: its TLS handshake failed");
            }
        }
        Err(_) => metrics::counter!("gateway_tls_failed_total").increment(1),
    }
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a session ended badly");
    }
}
