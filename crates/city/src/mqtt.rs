//! A small MQTT 3.1.1 client: connects, publishes with quality 1 and waits until it is told that the
//! message is taken.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use wire::mqtt::{Connect, Filter, Packet, Properties, Publish, QoS, Step, Version, Will, decode, length};

/// Longest wait for the broker, real time.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes of one packet of the broker's.
const PACKET_MAX: usize = 64 * 1024;
/// The broker may not hear from us for so long, seconds.
const KEEP_ALIVE_S: u16 = 120;

/// A connection to a broker.
#[derive(Debug)]
pub(crate) struct Client {
    stream: TcpStream,
    read: Vec<u8>,
    next_id: u16,
    /// Messages that came while something else was awaited.
    pub(crate) heard: Vec<Publish>,
}

fn refused(what: &str) -> io::Error {
    io::Error::other(format!("the broker refused {what}"))
}

impl Client {
    /// Connects under a name, with a will.
    pub(crate) async fn connect(to: SocketAddr, client: &str, will: Option<Will>) -> io::Result<Self> {
        let stream = timeout(PATIENCE, TcpStream::connect(to)).await.map_err(io::Error::from)??;
        stream.set_nodelay(true)?;
        let mut own = Self { stream, read: Vec::new(), next_id: 0, heard: Vec::new() };
        let connect = Connect {
            version: Version::V311,
            client: client.to_owned(),
            clean: true,
            keep_alive_s: KEEP_ALIVE_S,
            will,
            user: None,
            password: None,
            properties: Properties::default(),
        };
        own.write(&Packet::Connect(Box::new(connect))).await?;
        match own.packet().await? {
            Packet::Connack { code: 0, .. } => Ok(own),
            _ => Err(refused("the connection")),
        }
    }

    /// Subscribes to one topic.
    pub(crate) async fn subscribe(&mut self, topic: &str) -> io::Result<()> {
        let id = self.id();
        let filters = vec![Filter::new(topic, QoS::AtLeastOnce)];
        self.write(&Packet::Subscribe { id, filters }).await?;
        loop {
            match self.packet().await? {
                Packet::Suback { codes, .. } if codes.iter().all(|code| *code < 0x80) => return Ok(()),
                Packet::Suback { .. } => return Err(refused("the subscription")),
                other => self.hear(other).await?,
            }
        }
    }

    /// Publishes; returns when the broker has taken it.
    pub(crate) async fn publish(&mut self, topic: &str, payload: Vec<u8>) -> io::Result<()> {
        let id = self.id();
        let publish =
            Publish { topic: topic.to_owned(), payload, qos: QoS::AtLeastOnce, id, ..Publish::default() };
        self.write(&Packet::Publish(publish)).await?;
        loop {
            match self.packet().await? {
                Packet::Ack { step: Step::Puback, id: taken, .. } if taken == id => return Ok(()),
                other => self.hear(other).await?,
            }
        }
    }

    /// Waits until something is heard; says now and then that it is still there.
    pub(crate) async fn listen(&mut self) -> io::Result<()> {
        match timeout(PATIENCE, self.some()).await {
            Ok(packet) => {
                let packet = packet?;
                self.hear(packet).await
            }
            Err(_) => self.write(&Packet::Pingreq).await,
        }
    }

    async fn hear(&mut self, packet: Packet) -> io::Result<()> {
        if let Packet::Publish(publish) = packet {
            if publish.qos == QoS::AtLeastOnce {
                self.write(&Packet::Ack { step: Step::Puback, id: publish.id, code: 0 }).await?;
            }
            self.heard.push(publish);
        }
        Ok(())
    }

    fn id(&mut self) -> u16 {
        self.next_id = self.next_id.checked_add(1).unwrap_or(1);
        self.next_id
    }

    async fn write(&mut self, packet: &Packet) -> io::Result<()> {
        let bytes = packet.to_bytes(Version::V311);
        timeout(PATIENCE, self.stream.write_all(&bytes)).await.map_err(io::Error::from)?
    }

    async fn packet(&mut self) -> io::Result<Packet> {
        timeout(PATIENCE, self.some()).await.map_err(io::Error::from)?
    }

    /// The next packet. Cancelling it loses nothing: what was read is kept.
    async fn some(&mut self) -> io::Result<Packet> {
        let bad = |fault: wire::fault::Fault| io::Error::new(io::ErrorKind::InvalidData, fault.message);
        loop {
            if let Some(whole) = length(&self.read).map_err(bad)?.filter(|whole| *whole <= self.read.len()) {
                let rest = self.read.split_off(whole);
                let bytes = std::mem::replace(&mut self.read, rest);
                return decode(&bytes, Version::V311).map_err(bad);
            }
            let mut buf = [0; 2_048];
            let n = self.stream.read(&mut buf).await?;
            if n == 0 || self.read.len() > PACKET_MAX {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.read.extend(buf.get(..n).unwrap_or_default());
        }
    }
}
