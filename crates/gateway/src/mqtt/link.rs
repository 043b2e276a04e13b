//! A connection's bytes as packets, both ways. The same for TCP and TLS, for clients and brokers.

use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;
use wire::fault::Fault;
use wire::mqtt::{Packet, Version, decode, length};

/// Bytes read at a time: part of each connection's memory, so not many.
const READ: usize = 2_048;
/// A buffer that grew beyond this is given back when it is empty.
const KEEP: usize = 4_096;

/// Why a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The other side closed it.
    Closed,
    /// The other side said good-bye; `true`: and wants its will published.
    Goodbye(bool),
    /// The house shuts down.
    Shutdown,
    /// Nothing came for longer than the keep-alive.
    Silent,
    /// A packet was begun and not finished in time.
    SlowFrame,
    /// What came is no packet, or none that may come here.
    Malformed(Fault, Vec<u8>),
    /// Too much that is no telemetry of a known station.
    Bad,
    /// The other side does not take what it is sent.
    Deaf,
    /// What it said could not be kept: it is to say it again.
    NotKept,
    /// Another connection has the same client id now.
    TakenOver,
    /// It may not come in; with the code it is told.
    Refused(u8),
    /// The socket failed.
    Failed,
}

impl End {
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Goodbye(_) => "goodbye",
            Self::Shutdown => "shutdown",
            Self::Silent => "idle",
            Self::SlowFrame => "slow_frame",
            Self::Malformed(..) => "malformed",
            Self::Bad => "bad_pieces",
            Self::Deaf => "deaf",
            Self::NotKept => "not_kept",
            Self::TakenOver => "taken_over",
            Self::Refused(_) => "refused",
            Self::Failed => "failed",
        }
    }
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Link<S> {
    stream: S,
    read: Vec<u8>,
    /// To be written at the next flush.
    pub out: Vec<u8>,
    /// What the connection speaks.
    pub version: Version,
    /// When a packet was begun that is not whole yet.
    pub begun: Option<Instant>,
    patience: Duration,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Link<S> {
    /// A new connection; what it is sent must be taken within `patience`.
    pub(crate) fn new(stream: S, patience: Duration) -> Self {
        Self { stream, read: vec![], out: vec![], version: Version::V311, begun: None, patience }
    }

    /// Waits for more bytes. Nothing is lost when it is not awaited to the end.
    pub(crate) async fn fill(&mut self) -> Result<(), End> {
        let mut buf = [0; READ];
        match self.stream.read(&mut buf).await {
            Ok(0) => Err(End::Closed),
            Ok(count) => {
                self.read.extend(buf.iter().take(count));
                Ok(())
            }
            Err(_) => Err(End::Failed),
        }
    }

    /// The next whole packet of what was read.
    pub(crate) fn next(&mut self) -> Result<Option<Packet>, End> {
        let malformed =
            |fault: Fault, bytes: &[u8]| End::Malformed(fault, bytes.iter().take(READ).copied().collect());
        let whole = length(&self.read).map_err(|fault| malformed(fault, &self.read))?;
        let Some(bytes) = whole.and_then(|whole| self.read.get(..whole)) else {
            self.begun =
                if self.read.is_empty() { None } else { self.begun.or_else(|| Some(Instant::now())) };
            return Ok(None);
        };
        let packet = decode(bytes, self.version).map_err(|fault| malformed(fault, bytes))?;
        self.read.drain(..whole.unwrap_or_default());
        self.begun = None;
        if self.read.is_empty() && self.read.capacity() > KEEP {
            self.read = Vec::new();
        }
        Ok(Some(packet))
    }

    /// Puts a packet behind those to be written.
    pub(crate) fn put(&mut self, packet: &Packet) {
        packet.write(self.version, &mut self.out);
    }

    /// Writes what was put.
    pub(crate) async fn flush(&mut self) -> Result<(), End> {
        if self.out.is_empty() {
            return Ok(());
        }
        let write = async {
            self.stream.write_all(&self.out).await?;
            self.stream.flush().await
        };
        let written = timeout(self.patience, write).await;
        self.out.clear();
        if self.out.capacity() > KEEP {
            self.out = Vec::new();
        }
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Failed),
            Err(_) => Err(End::Deaf),
        }
    }

    /// Says what is still to be said and closes.
    pub(crate) async fn close(mut self) {
        // Whoever is gone does not hear it.
        let _ = self.flush().await;
        let _ = timeout(self.patience, self.stream.shutdown()).await;
    }
}

/// Waits until `at`; for ever without.
pub(crate) async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep(at.saturating_duration_since(Instant::now())).await,
        None => std::future::pending().await,
    }
}
