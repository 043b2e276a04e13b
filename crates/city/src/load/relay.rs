//! 中继: a socket that several stations share, as they do behind a relay: datagrams instead of a connection
//! each.

use crate::rtu::{Answer, Link};
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};
use wire::sl651::{Direction, decode};

/// Stations behind one relay.
pub const BEHIND_ONE: u32 = 32;
/// Longest datagram: a confirmation is a few dozen bytes.
const DATAGRAM: usize = 1_024;
/// Pause after the socket failed: it may go on failing.
const PAUSE: Duration = Duration::from_millis(100);
/// Confirmations that a station may leave unread.
const UNREAD: usize = 16;

/// The socket, and who waits for what comes there.
#[derive(Debug)]
pub(super) struct Relay {
    socket: UdpSocket,
    stations: Mutex<HashMap<String, mpsc::Sender<u16>>>,
}

impl Relay {
    /// A socket towards the centre.
    pub(super) async fn open(to: SocketAddr) -> io::Result<Self> {
        let own: SocketAddr = if to.is_ipv4() { ([0; 4], 0).into() } else { ([0; 16], 0).into() };
        let socket = UdpSocket::bind(own).await?;
        socket.connect(to).await?;
        Ok(Self { socket, stations: Mutex::default() })
    }

    /// Hands what comes to the stations it is for, for ever.
    pub(super) async fn listen(self: Arc<Self>) {
        let mut bytes = [0; DATAGRAM];
        loop {
            // An earlier datagram that found nobody is told here; the station will send it again.
            let Ok(length) = self.socket.recv(&mut bytes).await else {
                sleep(PAUSE).await;
                continue;
            };
            let decoded = decode(bytes.get(..length).unwrap_or_default());
            if !decoded.is_trusted() || decoded.direction != Some(Direction::Down) {
                continue;
            }
            let (Some(station), Some(serial)) = (decoded.station, decoded.serial) else { continue };
            let stations = self.stations.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(waits) = stations.get(&station) {
                // Who does not read waits for none of them.
                let _ = waits.try_send(serial);
            }
        }
    }

    fn enter(&self, code: String) -> mpsc::Receiver<u16> {
        let (told, heard) = mpsc::channel(UNREAD);
        self.stations.lock().unwrap_or_else(PoisonError::into_inner).insert(code, told);
        heard
    }
}

/// How a station reaches the centre.
#[derive(Debug)]
pub(super) enum Line {
    /// By a connection of its own.
    Own(Link),
    /// By a relay, and the serials that were confirmed there.
    Shared(Arc<Relay>, mpsc::Receiver<u16>),
}

impl Line {
    /// By a relay.
    pub(super) fn shared(relay: &Arc<Relay>, code: String) -> Self {
        Self::Shared(Arc::clone(relay), relay.enter(code))
    }

    /// Sends a frame.
    pub(super) async fn send(&mut self, frame: &[u8]) -> io::Result<()> {
        match self {
            Self::Own(link) => link.send(frame).await,
            Self::Shared(relay, _) => relay.socket.send(frame).await.map(drop),
        }
    }

    /// Waits for the confirmation of a serial. Others are passed over.
    pub(super) async fn confirmation(&mut self, serial: u16, patience: Duration) -> io::Result<Answer> {
        let heard = match self {
            Self::Own(link) => return link.confirmation(serial, patience).await,
            Self::Shared(_, heard) => heard,
        };
        let end = Instant::now() + patience;
        loop {
            match timeout_at(end, heard.recv()).await {
                Err(_) => return Ok(Answer::Silence),
                Ok(None) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(Some(confirmed)) if confirmed == serial => return Ok(Answer::Confirmed),
                Ok(Some(_)) => {}
            }
        }
    }
}
