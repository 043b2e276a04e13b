//! One TCP connection of any protocol, from its first byte to its last: what it may cost and how
//! it ends is the same for all; what is said is its [`Talk`].

use crate::downlink::{Errand, Line};
use crate::hub::Hub;
use crate::intake::Arrival;
use std::net::IpAddr;
use std::time::{Duration, Instant};
use store::tables::NewQuarantined;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Bytes read at a time, on the stack of the reading call: an idle connection holds no buffer.
const READ: usize = 4_096;

/// 会话: what a protocol does with the bytes of one connection.
pub(crate) trait Talk: Send {
    /// Something has begun and not ended, such as half a frame: it must go on within
    /// [`Limits::frame`](crate::Limits::frame).
    fn is_pending(&self) -> bool;

    /// Takes bytes as they came. When it returns, what its answers confirm is durable.
    fn hear(&mut self, bytes: &[u8], arrival: Arrival) -> impl Future<Output = Heard> + Send;

    /// The connection ends, or what had begun took too long: gives out what is left.
    fn give_up(&mut self, arrival: Arrival) -> impl Future<Output = Heard> + Send;

    /// The line on which commands for this connection's stations come; stations are put on it as
    /// they are heard ([`Line::serves`]). `None`: the protocol takes no commands.
    fn line(&mut self) -> Option<&mut Line> {
        None
    }

    /// Puts a command into bytes, to be written at once; it is answered through the errand's reply.
    /// An errand dropped here counts as not answered.
    fn carry(&mut self, errand: Errand) -> Vec<u8> {
        errand.refuse("unsupported", "this protocol takes no commands");
        Vec::new()
    }

    /// When [`Talk::woken`] wants to be called if nothing else happens.
    fn wake_at(&self) -> Option<Instant> {
        None
    }

    /// The time asked for by [`Talk::wake_at`] has come.
    fn woken(&mut self, _arrival: Arrival) -> impl Future<Output = Heard> + Send {
        std::future::ready(Heard::default())
    }
}

/// What came of some bytes.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// To be written back.
    pub answers: Vec<u8>,
    /// Pieces that were completed, good or bad.
    pub pieces: usize,
    /// Of those, how many were no frame of a known station.
    pub bad: u32,
    /// To be put into quarantine.
    pub quarantined: Vec<NewQuarantined>,
}

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

struct Session<T> {
    hub: Hub,
    stream: TcpStream,
    peer: IpAddr,
    talk: T,
    /// When the frame now under way began.
    begun: Option<Instant>,
    /// When bytes last came.
    last: Instant,
    bad: u32,
}

/// What a session wakes for.
enum Event {
    Ready,
    Errand(Errand),
    Woken,
}

/// Serves a connection until it ends.
pub(crate) async fn serve<T: Talk>(hub: Hub, stream: TcpStream, peer: IpAddr, talk: T) {
    let mut session = Session { hub, stream, peer, talk, begun: None, last: Instant::now(), bad: 0 };
    let end = loop {
        let event = match session.event().await {
            Ok(event) => event,
            Err(end) => break end,
        };
        // From here to the next turn nothing is read: what is pending holds the station back.
        let done = match event {
            Event::Ready => session.read().await,
            Event::Errand(errand) => {
                let bytes = session.talk.carry(errand);
                session.answer(&bytes).await
            }
            Event::Woken => {
                let arrival = session.hub.intake.arrival(peer);
                let heard = session.talk.woken(arrival).await;
                session.take(heard).await
            }
        };
        if let Err(end) = done {
            break end;
        }
    };
    session.finish(end).await;
}

impl<T: Talk> Session<T> {
    /// Waits until something is to be done, at most as long as the limits allow.
    async fn event(&mut self) -> Result<Event, End> {
        let limits = &self.hub.limits;
        let (patience, end) = match self.begun {
            Some(begun) => (limits.frame.saturating_sub(begun.elapsed()), End::SlowFrame),
            None => (limits.idle.saturating_sub(self.last.elapsed()), End::Idle),
        };
        // A stream that is readable at once must not outrun its deadline for ever.
        if patience == Duration::ZERO {
            return Err(end);
        }
        let wake = self.talk.wake_at().map(|at| at.saturating_duration_since(Instant::now()));
        let (sleep, event) = match wake {
            Some(wake) if wake < patience => (wake, Ok(Event::Woken)),
            _ => (patience, Err(end)),
        };
        let Self { hub, stream, talk, .. } = self;
        tokio::select! {
            biased;
            () = hub.stopped() => Err(End::Shutdown),
            ready = stream.readable() => ready.map(|()| Event::Ready).map_err(|_| End::Failed),
            errand = errand(talk.line()) => Ok(Event::Errand(errand)),
            () = tokio::time::sleep(sleep) => event,
        }
    }

    /// Reads what is there and has it taken.
    async fn read(&mut self) -> Result<(), End> {
        let Some(bytes) = self.bytes()? else { return Ok(()) };
        self.last = Instant::now();
        let arrival = self.hub.intake.arrival(self.peer);
        let heard = self.talk.hear(&bytes, arrival).await;
        self.begun = match self.begun {
            _ if !self.talk.is_pending() => None,
            Some(begun) if heard.pieces == 0 => Some(begun),
            _ => Some(Instant::now()),
        };
        self.take(heard).await
    }

    /// The bytes that are there now. The buffer lives on this call's stack, not in the session.
    fn bytes(&self) -> Result<Option<Vec<u8>>, End> {
        let mut buf = [0; READ];
        match self.stream.try_read(&mut buf) {
            Ok(0) => Err(End::Closed),
            Ok(read) => Ok(Some(buf.get(..read).unwrap_or_default().to_vec())),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(None),
            Err(_) => Err(End::Failed),
        }
    }

    /// Sends answers back and what was bad into quarantine.
    async fn take(&mut self, heard: Heard) -> Result<(), End> {
        self.bad += heard.bad;
        for piece in heard.quarantined {
            self.hub.quarantine.add(piece).await;
        }
        self.answer(&heard.answers).await?;
        if self.bad >= self.hub.limits.bad_pieces { Err(End::Bad) } else { Ok(()) }
    }

    async fn answer(&mut self, bytes: &[u8]) -> Result<(), End> {
        if bytes.is_empty() {
            return Ok(());
        }
        match timeout(self.hub.limits.answer, self.stream.write_all(bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Failed),
            Err(_) => Err(End::Deaf),
        }
    }

    /// Puts half a frame into quarantine (a shutdown leaves it to be sent again) and says good-bye.
    async fn finish(mut self, end: End) {
        if end != End::Shutdown {
            let arrival = self.hub.intake.arrival(self.peer);
            let left = self.talk.give_up(arrival).await;
            // Answers written to a closed connection go nowhere.
            let _ = self.take(left).await;
        }
        let _ = timeout(self.hub.limits.answer, self.stream.shutdown()).await;
        metrics::counter!("gateway_connections_ended_total", "why" => end.code()).increment(1);
        match end {
            End::Closed | End::Shutdown | End::Idle => {
                tracing::debug!(peer = %self.peer, why = end.code(), "a connection ended");
            }
            _ => {
                tracing::warn!(peer = %self.peer, why = end.code(), bad_pieces = self.bad, "a connection was ended");
            }
        }
    }
}

/// The next errand of the line; never, where there is none.
async fn errand(line: Option<&mut Line>) -> Errand {
    match line {
        Some(line) => line.next().await,
        None => std::future::pending().await,
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
