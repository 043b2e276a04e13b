//! One client's connection to our broker, from its CONNECT to its end.

use super::broker::{Joined, MAX_EXPIRY, NotJoined, Outgoing};
use super::ingest::{Ingest, Sender, Taken};
use super::link::{End, Link, until};
use super::orders::Orders;
use super::outbox::{IN_FLIGHT, Outbox};
use super::rights::{self, Client};
use crate::credentials;
use crate::downlink::{Errand, Line};
use crate::intake::{Arrival, PIPELINE};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::timeout;
use wire::mqtt::{
    Connect, Filter, NAME, Packet, Properties, Property, Publish, QoS, Step, Value, Version, Will, reason,
    topic,
};

/// Longest client id, bytes.
const MAX_CLIENT: usize = 128;
/// Topic aliases one client may set.
const MAX_ALIASES: u16 = 32;
/// Messages of quality 2 that one client may have under way.
const MAX_RECEIVED: usize = 256;

/// Serves a connection until it ends.
pub(crate) async fn serve<S>(ingest: Arc<Ingest>, stream: S, peer: IpAddr, certificate: Option<Vec<u8>>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut link = Link::new(stream, ingest.hub.limits.answer);
    let connect = match first(&ingest, &mut link).await {
        Ok(connect) => connect,
        Err(end) => return refuse(&ingest, link, peer, end).await,
    };
    let (connection, connack) = match Connection::welcome(ingest.clone(), &connect, peer, certificate) {
        Ok(welcome) => welcome,
        Err(code) => {
            link.put(&Packet::Connack {
                session_present: false,
                code: told(link.version, code),
                properties: Properties::default(),
            });
            return refuse(&ingest, link, peer, End::Refused(code)).await;
        }
    };
    link.put(&connack);
    connection.run(link, connect.will).await;
}

/// The CONNECT, which must come first and soon.
async fn first<S>(ingest: &Ingest, link: &mut Link<S>) -> Result<Connect, End>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let wait = async {
        loop {
            match link.next()? {
                Some(Packet::Connect(connect)) => return Ok(*connect),
                Some(_) => return Err(End::Refused(reason::PROTOCOL_ERROR)),
                None => link.fill().await?,
            }
        }
    };
    let connect = tokio::select! {
        biased;
        () = ingest.hub.stopped() => return Err(End::Shutdown),
        connect = timeout(ingest.hub.limits.frame, wait) => connect.unwrap_or(Err(End::SlowFrame))?,
    };
    link.version = connect.version;
    Ok(connect)
}

async fn refuse<S>(ingest: &Ingest, link: Link<S>, peer: IpAddr, end: End)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    metrics::counter!("gateway_connections_ended_total", "why" => end.code()).increment(1);
    if matches!(end, End::Refused(reason::BAD_LOGIN | reason::NOT_AUTHORISED))
        && let Some(held_back) = ingest.turned_away.pass()
    {
        tracing::warn!(
            %peer,
            held_back,
            "an MQTT client was not let in: its user, password or certificate is that of no station's credential"
        );
    }
    tracing::debug!(%peer, why = end.code(), "an MQTT client was not let in");
    link.close().await;
    if let End::Malformed(fault, bytes) = end {
        let arrival = ingest.hub.intake.arrival(peer);
        let refused = crate::intake::Refused::new(fault.code, fault.message);
        // A flood of garbage waits for nobody: what finds no place is counted.
        ingest.hub.quarantine.try_add(ingest.hub.intake.refuse(NAME, None, bytes, refused, arrival));
    }
}

/// The code as the client's edition knows it (3.1.1 §3.2.2.3).
const fn told(version: Version, code: u8) -> u8 {
    match (version, code) {
        (Version::V5, code) => code,
        (_, reason::BAD_VERSION) => 1,
        (_, reason::BAD_CLIENT_ID) => 2,
        (_, reason::BUSY) => 3,
        (_, reason::BAD_LOGIN) => 4,
        _ => 5,
    }
}

/// A client that was let in.
struct Connection {
    ingest: Arc<Ingest>,
    peer: IpAddr,
    name: Arc<str>,
    number: u64,
    client: Client,
    inbox: mpsc::Receiver<Outgoing>,
    outbox: Outbox,
    line: Line,
    orders: Orders,
    aliases: HashMap<u16, String>,
    /// The longest silence allowed.
    silence: Option<Duration>,
    last: Instant,
    /// How long its session is kept afterwards, where it said so in its good-bye.
    keep: Option<Duration>,
    bad: u32,
}

/// What a connection wakes for.
enum Event {
    Bytes,
    Message(Option<Outgoing>),
    Errand(Errand),
}

impl Connection {
    fn welcome(
        ingest: Arc<Ingest>,
        connect: &Connect,
        peer: IpAddr,
        certificate: Option<Vec<u8>>,
    ) -> Result<(Self, Packet), u8> {
        let registry = ingest.hub.intake.registry();
        let (user, password) = (connect.user.as_deref(), connect.password.as_deref());
        let reader = rights::is_reader(&ingest.config, user, password);
        let identity = credentials::identify(&registry, NAME, user, password, certificate.as_deref());
        let identity = match identity {
            Some(identity) => identity,
            None if reader || ingest.config.open => credentials::Identity::default(),
            None => return Err(reason::BAD_LOGIN),
        };
        if ingest.config.require_credentials && !reader && identity.stations().next().is_none() {
            return Err(reason::NOT_AUTHORISED);
        }
        let mut properties = Properties::default();
        let name = if connect.client.is_empty() {
            if connect.version == Version::V311 && !connect.clean {
                return Err(reason::BAD_CLIENT_ID);
            }
            let name = ingest.broker.new_name();
            properties = properties.with(Property::AssignedClient, Value::Text(name.clone()));
            name
        } else {
            connect.client.clone()
        };
        if name.len() > MAX_CLIENT {
            return Err(reason::BAD_CLIENT_ID);
        }
        let asked = match connect.version {
            Version::V311 if connect.clean => Duration::ZERO,
            Version::V311 => MAX_EXPIRY,
            Version::V5 => expiry(&connect.properties).unwrap_or_default(),
        };
        let shared: Arc<str> = name.as_str().into();
        let joined = ingest.broker.join(&shared, user, connect.clean, asked);
        let Joined { number, inbox, present } = joined.map_err(|why| match why {
            NotJoined::OtherUser => reason::NOT_AUTHORISED,
            NotJoined::Full => reason::BUSY,
        })?;
        if connect.version == Version::V5 {
            properties = properties
                .with(Property::TopicAliasMaximum, Value::Two(MAX_ALIASES))
                .with(Property::MaximumPacket, Value::Four(wire::mqtt::MAX_PACKET as u32))
                .with(Property::SubscriptionIds, Value::Byte(0))
                .with(Property::SharedSubscriptions, Value::Byte(0));
        }
        let window = connect.properties.number(Property::ReceiveMaximum).map_or(IN_FLIGHT, |n| n as usize);
        let idle = ingest.hub.limits.idle;
        let silence = match connect.keep_alive_s {
            // A client that promises nothing is looked after by TCP and the idle limit, times six:
            // some sensors speak once an hour.
            0 => idle * 6,
            seconds => Duration::from_millis(u64::from(seconds) * 1_500),
        };
        let connection = Self {
            line: ingest.hub.downlink.open(NAME),
            client: Client {
                name,
                user: connect.user.clone(),
                sender: Sender { identity, trusted: false },
                reader,
            },
            ingest,
            peer,
            name: shared,
            number,
            inbox,
            outbox: Outbox::new(window),
            orders: Orders::default(),
            aliases: HashMap::new(),
            silence: Some(silence),
            last: Instant::now(),
            keep: None,
            bad: 0,
        };
        Ok((connection, Packet::Connack { session_present: present, code: reason::SUCCESS, properties }))
    }

    async fn run<S>(mut self, mut link: Link<S>, will: Option<Will>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let end = loop {
            // What came together with the CONNECT is taken first.
            if let Err(end) = self.hear(&mut link).await {
                break end;
            }
            if let Err(end) = link.flush().await {
                break end;
            }
            match self.event(&mut link).await {
                Ok(Event::Bytes) => self.last = Instant::now(),
                Ok(Event::Message(Some(message))) => self.deliver(&mut link, message),
                Ok(Event::Message(None)) => break End::TakenOver,
                Ok(Event::Errand(errand)) => self.orders.carry(&self.ingest.broker, errand),
                Err(end) => break end,
            }
        };
        self.finish(link, will, end).await;
    }

    async fn event<S>(&mut self, link: &mut Link<S>) -> Result<Event, End>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let silent = self.silence.map(|silence| self.last + silence);
        let slow = link.begun.map(|begun| begun + self.ingest.hub.limits.frame);
        let Self { ingest, inbox, outbox, line, .. } = self;
        tokio::select! {
            biased;
            () = ingest.hub.stopped() => Err(End::Shutdown),
            message = inbox.recv(), if outbox.has_room() => Ok(Event::Message(message)),
            errand = line.next() => Ok(Event::Errand(errand)),
            filled = link.fill() => filled.map(|()| Event::Bytes),
            () = until(slow) => Err(End::SlowFrame),
            () = until(silent) => Err(End::Silent),
        }
    }

    fn deliver<S>(&mut self, link: &mut Link<S>, message: Outgoing)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let mut message = Some(message);
        while let Some(outgoing) = message {
            let publish = self.outbox.send(outgoing);
            publish.write(link.version, &mut link.out);
            message = if self.outbox.has_room() { self.inbox.try_recv().ok() } else { None };
        }
    }

    /// Takes every whole packet that was read; messages that came together share a group commit.
    async fn hear<S>(&mut self, link: &mut Link<S>) -> Result<(), End>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let mut together = Vec::new();
        loop {
            match link.next() {
                Ok(Some(Packet::Publish(publish))) => {
                    let publish = self.named(publish)?;
                    if publish.qos == QoS::ExactlyOnce && self.outbox.received.contains(&publish.id) {
                        link.put(&Packet::Ack { step: Step::Pubrec, id: publish.id, code: 0 });
                        continue;
                    }
                    together.push(publish);
                    if together.len() >= PIPELINE {
                        self.take(link, std::mem::take(&mut together)).await?;
                    }
                }
                Ok(Some(packet)) => {
                    self.take(link, std::mem::take(&mut together)).await?;
                    self.other(link, packet)?;
                }
                Ok(None) => return self.take(link, together).await,
                Err(end) => {
                    // What came before the nonsense was sound.
                    self.take(link, together).await?;
                    return Err(end);
                }
            }
        }
    }

    /// The message with the topic its alias stands for.
    fn named(&mut self, mut publish: Publish) -> Result<Publish, End> {
        let Some(alias) = publish.properties.number(Property::TopicAlias) else {
            return if publish.topic.is_empty() {
                Err(End::Refused(reason::PROTOCOL_ERROR))
            } else {
                Ok(publish)
            };
        };
        let alias = u16::try_from(alias).ok().filter(|n| (1..=MAX_ALIASES).contains(n));
        let alias = alias.ok_or(End::Refused(reason::BAD_ALIAS))?;
        if publish.topic.is_empty() {
            let known = self.aliases.get(&alias).ok_or(End::Refused(reason::BAD_ALIAS))?;
            publish.topic.clone_from(known);
        } else {
            self.aliases.insert(alias, publish.topic.clone());
        }
        Ok(publish)
    }

    async fn take<S>(&mut self, link: &mut Link<S>, together: Vec<Publish>) -> Result<(), End>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        if together.is_empty() {
            return Ok(());
        }
        let arrival = self.ingest.hub.intake.arrival(self.peer);
        let takes = together.iter().map(|publish| self.ingest.take(publish, &self.client.sender, arrival));
        let taken = futures_util::future::join_all(takes).await;
        for (publish, taken) in together.into_iter().zip(taken) {
            self.taken(link, publish, taken, arrival)?;
        }
        if self.bad >= self.ingest.hub.limits.bad_pieces { Err(End::Bad) } else { Ok(()) }
    }

    /// Passes a message on and acknowledges it.
    fn taken<S>(
        &mut self,
        link: &mut Link<S>,
        publish: Publish,
        taken: Taken,
        arrival: Arrival,
    ) -> Result<(), End>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        if !taken.durable {
            return Err(End::NotKept);
        }
        self.bad += u32::from(taken.bad);
        taken.stations.iter().for_each(|station| self.line.serves(station));
        self.orders.heard(&publish, &taken.stations, arrival.at);
        let telemetry = !taken.stations.is_empty() && !taken.forbidden;
        let allowed =
            !taken.forbidden && (telemetry || self.client.may_publish(&self.ingest, &publish.topic));
        let (qos, id) = (publish.qos, publish.id);
        let mut code = reason::NOT_AUTHORISED;
        if allowed {
            let reached = self.ingest.broker.publish(publish, Some(&self.name));
            code = if reached == 0 { reason::NO_SUBSCRIBERS } else { reason::SUCCESS };
        } else if !taken.bad {
            self.bad += 1;
        }
        for message in taken.down {
            self.ingest.broker.publish(message, None);
        }
        let code = if link.version == Version::V5 { code } else { 0 };
        match qos {
            QoS::AtMostOnce => {}
            QoS::AtLeastOnce => link.put(&Packet::Ack { step: Step::Puback, id, code }),
            QoS::ExactlyOnce => {
                if code < 0x80
                    && (self.outbox.received.len() >= MAX_RECEIVED || !self.outbox.received.insert(id))
                {
                    return Err(End::Refused(reason::TOO_MANY_AT_ONCE));
                }
                link.put(&Packet::Ack { step: Step::Pubrec, id, code });
            }
        }
        Ok(())
    }

    fn other<S>(&mut self, link: &mut Link<S>, packet: Packet) -> Result<(), End>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        match packet {
            Packet::Pingreq => link.put(&Packet::Pingresp),
            Packet::Ack { step, id, code } => {
                if let Some(answer) = self.outbox.acknowledged(step, id, code) {
                    link.put(&answer);
                }
            }
            Packet::Subscribe { id, filters } => {
                let mut retained = Vec::new();
                let version = link.version;
                let codes = filters.iter().map(|f| self.subscribe(f, version, &mut retained)).collect();
                link.put(&Packet::Suback { id, codes });
                for message in retained {
                    // What finds no room now is not queued: retained messages are states, sent once.
                    if self.outbox.has_room() {
                        let publish = self.outbox.send(message);
                        publish.write(version, &mut link.out);
                    }
                }
            }
            Packet::Unsubscribe { id, filters } => {
                let gone = |known: bool| if known { reason::SUCCESS } else { reason::NO_SUBSCRIPTION };
                let codes =
                    filters.iter().map(|f| gone(self.ingest.broker.unsubscribe(&self.name, f))).collect();
                link.put(&Packet::Unsuback { id, codes });
            }
            Packet::Disconnect { code, properties } => {
                self.keep = expiry(&properties);
                return Err(End::Goodbye(code == reason::DISCONNECT_WITH_WILL));
            }
            _ => return Err(End::Refused(reason::PROTOCOL_ERROR)),
        }
        Ok(())
    }

    fn subscribe(&self, filter: &Filter, version: Version, retained: &mut Vec<Outgoing>) -> u8 {
        let refused = |code: u8| if version == Version::V5 { code } else { reason::UNSPECIFIED };
        if topic::check_filter(&filter.filter).is_err() || filter.filter.starts_with("$share/") {
            return refused(reason::BAD_FILTER);
        }
        if !self.client.may_subscribe(&self.ingest, &filter.filter) {
            metrics::counter!("mqtt_subscriptions_refused_total").increment(1);
            return refused(reason::NOT_AUTHORISED);
        }
        match self.ingest.broker.subscribe(&self.name, filter) {
            Some(messages) => {
                retained.extend(messages);
                filter.qos.number()
            }
            None => refused(reason::QUOTA),
        }
    }

    async fn finish<S>(mut self, mut link: Link<S>, will: Option<Will>, end: End)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let told = match &end {
            End::Shutdown => Some(reason::SHUTTING_DOWN),
            End::Silent => Some(reason::KEEP_ALIVE),
            End::TakenOver => Some(reason::TAKEN_OVER),
            End::Malformed(..) => Some(reason::MALFORMED),
            End::Bad => Some(reason::QUOTA),
            End::NotKept => Some(reason::UNSPECIFIED),
            End::Refused(code) => Some(*code),
            _ => None,
        };
        if let Some(code) = told.filter(|_| link.version == Version::V5) {
            link.put(&Packet::Disconnect { code, properties: Properties::default() });
        }
        link.close().await;
        let mut left = self.outbox.left();
        self.inbox.close();
        while let Ok(message) = self.inbox.try_recv() {
            left.push(message);
        }
        if end != End::TakenOver {
            self.ingest.broker.leave(&self.name, self.number, self.keep, left);
        }
        let arrival = self.ingest.hub.intake.arrival(self.peer);
        let silent_will = matches!(end, End::Goodbye(false) | End::Shutdown);
        if let Some(will) = will.filter(|_| !silent_will) {
            let Will { topic, payload, qos, retain, .. } = will;
            let publish = Publish { topic, payload, qos, retain, ..Publish::default() };
            let taken = self.ingest.take(&publish, &self.client.sender, arrival).await;
            let telemetry =
                !taken.stations.is_empty() || wire::sparkplug::Topic::parse(&publish.topic).is_some();
            if !taken.forbidden && (telemetry || self.client.may_publish(&self.ingest, &publish.topic)) {
                self.ingest.broker.publish(publish, Some(&self.name));
            }
        }
        metrics::counter!("gateway_connections_ended_total", "why" => end.code()).increment(1);
        match end {
            End::Malformed(fault, bytes) => {
                tracing::warn!(peer = %self.peer, client = %self.name, why = fault.code, "an MQTT client said what is no packet");
                let refused = crate::intake::Refused::new(fault.code, fault.message);
                let station = self.line_station();
                self.ingest
                    .hub
                    .quarantine
                    .try_add(self.ingest.hub.intake.refuse(NAME, station, bytes, refused, arrival));
            }
            End::Bad | End::NotKept | End::Deaf | End::Refused(_) | End::SlowFrame => {
                tracing::warn!(peer = %self.peer, client = %self.name, why = end.code(), "an MQTT connection was ended");
            }
            _ => {
                tracing::debug!(peer = %self.peer, client = %self.name, why = end.code(), "an MQTT connection ended")
            }
        }
    }

    /// The one station it speaks for, where that is plain.
    fn line_station(&self) -> Option<String> {
        let mut own = self.client.sender.identity.stations();
        let first = own.next().map(ToString::to_string);
        if own.next().is_some() { None } else { first }
    }
}

/// The session expiry a 5.0 packet tells.
fn expiry(properties: &Properties) -> Option<Duration> {
    let seconds = properties.number(Property::SessionExpiry)?;
    Some(Duration::from_secs(u64::from(seconds)).min(MAX_EXPIRY))
}
