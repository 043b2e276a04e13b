//! One TCP connection, from its first byte to its last.

use crate::intake::{Intake, Taken};
use std::net::IpAddr;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use wire::sl651::{Cut, Cutter};

/// Bytes read at a time, on the stack of the reading call: an idle connection holds no buffer.
const READ: usize = 4_096;

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The station closed it.
    Closed,
    /// The house shuts down.
    Shutdown,
    /// Nothing came for too long.
    Idle,
    /// A frame was begun and not finished in time.
    SlowFrame,
    /// Too many pieces that are no frame of a known station.
    Bad,
    /// The station does not take its answers.
    Deaf,
    /// The socket failed.
    Failed,
}

struct Session<'a> {
    intake: &'a Intake,
    stream: TcpStream,
    peer: IpAddr,
    cutter: Cutter,
    /// When the frame now under way began.
    begun: Option<Instant>,
    bad: u32,
}

/// Serves a connection until it ends.
pub(crate) async fn serve(
    intake: &Intake,
    stream: TcpStream,
    peer: IpAddr,
    mut shutdown: watch::Receiver<bool>,
) {
    let mut session = Session { intake, stream, peer, cutter: Cutter::new(), begun: None, bad: 0 };
    let end = loop {
        let ready = tokio::select! {
            biased;
            () = stop(&mut shutdown) => Err(End::Shutdown),
            ready = session.ready() => ready,
        };
        let pieces = match ready.and_then(|()| session.read()) {
            Ok(pieces) => pieces,
            Err(end) => break end,
        };
        // From here to the next turn nothing is read: what is pending holds the station back.
        if let Err(end) = session.take(pieces).await {
            break end;
        }
    };
    session.finish(end).await;
}

/// Returns when the house shuts down.
pub(crate) async fn stop(shutdown: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone: nobody could ever stop us, so stop now.
    let _ = shutdown.wait_for(|stop| *stop).await;
}

impl Session<'_> {
    /// Waits until there is something to read, at most as long as the limits allow.
    async fn ready(&self) -> Result<(), End> {
        let limits = &self.intake.config.limits;
        let (patience, end) = match self.begun {
            Some(begun) => (limits.frame.saturating_sub(begun.elapsed()), End::SlowFrame),
            None => (limits.idle, End::Idle),
        };
        // A stream that is readable at once must not outrun its deadline for ever.
        if patience == Duration::ZERO {
            return Err(end);
        }
        match timeout(patience, self.stream.readable()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Failed),
            Err(_) => Err(end),
        }
    }

    /// Reads what is there and cuts it.
    fn read(&mut self) -> Result<Vec<Cut>, End> {
        let mut pieces = Vec::new();
        let mut buf = [0; READ];
        match self.stream.try_read(&mut buf) {
            Ok(0) => Err(End::Closed),
            Ok(read) => {
                self.cutter.feed(buf.get(..read).unwrap_or_default(), |piece| pieces.push(piece));
                self.begun = match self.begun {
                    _ if !self.cutter.is_pending() => None,
                    Some(begun) if pieces.is_empty() => Some(begun),
                    _ => Some(Instant::now()),
                };
                Ok(pieces)
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(pieces),
            Err(_) => Err(End::Failed),
        }
    }

    /// Keeps the pieces and answers them.
    async fn take(&mut self, pieces: Vec<Cut>) -> Result<(), End> {
        if pieces.is_empty() {
            return Ok(());
        }
        let arrival = self.intake.arrival(self.peer);
        let mut answers = Vec::new();
        for taken in self.intake.take_all(pieces, arrival).await {
            let Taken { answer, bad, quarantined } = taken;
            answers.extend(answer.into_iter().flatten());
            self.bad += u32::from(bad);
            if let Some(piece) = quarantined {
                self.intake.quarantine.add(piece).await;
            }
        }
        self.answer(&answers).await?;
        if self.bad >= self.intake.config.limits.bad_pieces { Err(End::Bad) } else { Ok(()) }
    }

    async fn answer(&mut self, bytes: &[u8]) -> Result<(), End> {
        if bytes.is_empty() {
            return Ok(());
        }
        match timeout(self.intake.config.limits.answer, self.stream.write_all(bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Failed),
            Err(_) => Err(End::Deaf),
        }
    }

    /// Puts half a frame into quarantine (a shutdown leaves it to be sent again) and says good-bye.
    async fn finish(mut self, end: End) {
        let mut pieces = Vec::new();
        if end != End::Shutdown {
            self.cutter.give_up(|piece| pieces.push(piece));
        }
        // Answers written to a closed connection go nowhere.
        let _ = self.take(pieces).await;
        let _ = timeout(self.intake.config.limits.answer, self.stream.shutdown()).await;
        metrics::counter!("gateway_connections_ended_total", "why" => end.code()).increment(1);
        match end {
            End::Closed | End::Shutdown | End::Idle => {
                tracing::debug!(peer = %self.peer, why = end.code(), "a connection ended");
            }
            _ => {
                tracing::warn!(peer = %self.peer, why = end.code(), bad_pieces = self.bad, "a connection was ended")
            }
        }
    }
}

impl End {
    const fn code(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Shutdown => "shutdown",
            Self::Idle => "idle",
            Self::SlowFrame => "slow_frame",
            Self::Bad => "bad_pieces",
            Self::Deaf => "deaf",
            Self::Failed => "failed",
        }
    }
}
