//! A broker elsewhere that we connect to as a client: what it has for us is taken like what our own
//! broker hears, and acknowledged only when it is durable.
//!
//! Promises: the session is persistent, so that what comes while we are away waits there; a
//! connection that breaks is made anew after one second, then two, at most a minute.

use super::config::Outside;
use super::ingest::{Ingest, Sender};
use super::link::{End, Link, until};
use super::outbox::{IN_FLIGHT, Outbox};
use crate::credentials::Identity;
use crate::intake::PIPELINE;
use field::time::Time;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use wire::mqtt::{Connect, Filter, Packet, Properties, Publish, QoS, Step, Version, Will};
use wire::sparkplug;

/// Seconds of silence after which the broker is asked whether it is still there.
const KEEP_ALIVE_S: u16 = 60;
/// First and longest pause between two tries.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// Runs until shutdown.
pub(crate) async fn run(ingest: Arc<Ingest>, outside: Outside, tls: Option<Arc<ClientConfig>>) {
    let mut pause = PAUSE.0;
    loop {
        let began = Instant::now();
        let end = connect(&ingest, &outside, tls.clone()).await;
        if end == End::Shutdown {
            return;
        }
        if began.elapsed() > PAUSE.1 {
            pause = PAUSE.0;
        }
        metrics::counter!("mqtt_outside_lost_total", "host" => outside.host.clone()).increment(1);
        tracing::warn!(
            host = outside.host,
            port = outside.port,
            why = end.code(),
            again_in_s = pause.as_secs(),
            "the broker outside is not there"
        );
        tokio::select! {
            biased;
            () = ingest.hub.stopped() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(PAUSE.1);
    }
}

async fn connect(ingest: &Arc<Ingest>, outside: &Outside, tls: Option<Arc<ClientConfig>>) -> End {
    let limits = ingest.hub.limits;
    let opened = tokio::select! {
        biased;
        () = ingest.hub.stopped() => return End::Shutdown,
        opened = timeout(limits.frame, TcpStream::connect((outside.host.as_str(), outside.port))) => opened,
    };
    let Ok(Ok(stream)) = opened else { return End::Failed };
    let peer = stream.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |addr| addr.ip());
    let Some(config) = tls else {
        return talk(ingest, outside, Link::new(stream, limits.answer), peer).await;
    };
    let Ok(name) = ServerName::try_from(outside.host.clone()) else { return End::Failed };
    match timeout(limits.frame, TlsConnector::from(config).connect(name, stream)).await {
        Ok(Ok(stream)) => talk(ingest, outside, Link::new(stream, limits.answer), peer).await,
        _ => End::Failed,
    }
}

async fn talk<S>(ingest: &Arc<Ingest>, outside: &Outside, mut link: Link<S>, peer: IpAddr) -> End
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let state_at = ingest.hub.intake.now();
    let outbox = Outbox::new(IN_FLIGHT);
    let mut session = Session { ingest, outside, peer, outbox, pinged: None, state_at };
    let end = match session.run(&mut link).await {
        Ok(()) => End::Closed,
        Err(end) => end,
    };
    link.close().await;
    end
}

struct Session<'a> {
    ingest: &'a Arc<Ingest>,
    outside: &'a Outside,
    peer: IpAddr,
    outbox: Outbox,
    pinged: Option<Instant>,
    /// The moment of this birth and of the death that goes with it (§6.4.25: the same).
    state_at: Time,
}

impl Session<'_> {
    async fn run<S>(&mut self, link: &mut Link<S>) -> Result<(), End>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        link.put(&Packet::Connect(Box::new(self.hello())));
        link.flush().await?;
        let sender = Sender { identity: Identity::default(), trusted: true };
        let mut last = Instant::now();
        let silence = Duration::from_secs(u64::from(KEEP_ALIVE_S));
        loop {
            self.hear(link, &sender).await?;
            link.flush().await?;
            // Half the keep-alive after the last word we ask; silence after that ends it.
            let (wake, end) = match self.pinged {
                Some(pinged) => (pinged + silence / 2, true),
                None => (last + silence / 2, false),
            };
            tokio::select! {
                biased;
                () = self.ingest.hub.stopped() => {
                    // A host that leaves says so before it goes (§5.8).
                    self.tell_state(link, false, self.ingest.hub.intake.now());
                    link.put(&Packet::Disconnect { code: 0, properties: Properties::default() });
                    return Err(End::Shutdown);
                }
                filled = link.fill() => {
                    filled?;
                    last = Instant::now();
                    self.pinged = None;
                }
                () = until(Some(wake)) => {
                    if end {
                        return Err(End::Silent);
                    }
                    link.put(&Packet::Pingreq);
                    self.pinged = Some(Instant::now());
                }
            }
        }
    }

    fn hello(&self) -> Connect {
        let state = self.ingest.config.sparkplug.as_ref().map(|own| sparkplug::state_topic(&own.host));
        // The host application's death, told by the broker should we be lost (Sparkplug 3.0 §6.4.25).
        let will = state.map(|topic| Will {
            topic,
            payload: sparkplug::state_payload(false, self.state_at),
            qos: QoS::AtLeastOnce,
            retain: true,
            properties: Properties::default(),
        });
        Connect {
            version: Version::V311,
            client: self.outside.client.clone(),
            clean: false,
            keep_alive_s: KEEP_ALIVE_S,
            will,
            user: self.outside.user.clone(),
            password: self.outside.password.clone().map(String::into_bytes),
            properties: Properties::default(),
        }
    }

    async fn hear<S>(&mut self, link: &mut Link<S>, sender: &Sender) -> Result<(), End>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let mut together = Vec::new();
        while let Some(packet) = link.next()? {
            match packet {
                Packet::Publish(publish) => {
                    together.push(publish);
                    if together.len() >= PIPELINE {
                        self.take(link, std::mem::take(&mut together), sender).await?;
                    }
                }
                Packet::Connack { code: 0, .. } => self.welcomed(link),
                Packet::Connack { code, .. } => return Err(End::Refused(code)),
                Packet::Ack { step, id, code } => {
                    if let Some(answer) = self.outbox.acknowledged(step, id, code) {
                        link.put(&answer);
                    }
                }
                Packet::Suback { codes, .. } if codes.iter().any(|code| *code >= 0x80) => {
                    tracing::error!(
                        host = self.outside.host,
                        "the broker outside refuses a subscription: its messages are not heard"
                    );
                }
                Packet::Suback { .. } | Packet::Unsuback { .. } | Packet::Pingresp => {}
                _ => return Err(End::Goodbye(false)),
            }
        }
        self.take(link, together, sender).await
    }

    fn welcomed<S>(&mut self, link: &mut Link<S>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let config = &self.ingest.config;
        let mut filters = self.outside.subscribe.clone();
        if filters.is_empty() {
            filters.extend(config.maps.iter().map(|map| map.filter().to_owned()));
            filters.extend(config.sparkplug.iter().map(|_| format!("{}/#", sparkplug::NAMESPACE)));
        }
        let filters: Vec<_> = filters.into_iter().map(|f| Filter::new(f, QoS::AtLeastOnce)).collect();
        if !filters.is_empty() {
            link.put(&Packet::Subscribe { id: 1, filters });
        }
        // After the subscription, so that no birth is missed (§5.2.2).
        self.tell_state(link, true, self.state_at);
        tracing::info!(host = self.outside.host, port = self.outside.port, "connected to the broker outside");
    }

    fn tell_state<S>(&self, link: &mut Link<S>, online: bool, at: Time)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let Some(own) = &self.ingest.config.sparkplug else { return };
        link.put(&Packet::Publish(Publish {
            topic: sparkplug::state_topic(&own.host),
            payload: sparkplug::state_payload(online, at),
            qos: QoS::AtLeastOnce,
            retain: true,
            id: u16::MAX,
            ..Publish::default()
        }));
    }

    async fn take<S>(
        &mut self,
        link: &mut Link<S>,
        together: Vec<Publish>,
        sender: &Sender,
    ) -> Result<(), End>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let arrival = self.ingest.hub.intake.arrival(self.peer);
        let takes = together.iter().map(|publish| self.ingest.take(publish, sender, arrival));
        let taken = futures_util::future::join_all(takes).await;
        for (publish, taken) in together.iter().zip(taken) {
            if !taken.durable {
                // Not acknowledged: the broker sends it again when we come back.
                return Err(End::NotKept);
            }
            let step = match publish.qos {
                QoS::AtMostOnce => None,
                QoS::AtLeastOnce => Some(Step::Puback),
                QoS::ExactlyOnce => Some(Step::Pubrec),
            };
            if let Some(step) = step {
                link.put(&Packet::Ack { step, id: publish.id, code: 0 });
            }
            for message in taken.down {
                link.put(&Packet::Publish(message));
            }
        }
        Ok(())
    }
}
