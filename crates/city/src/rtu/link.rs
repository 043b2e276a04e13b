//! 链路: one station's connection to the centre, in mode M2 (send, wait for the confirmation).

use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use wire::sl651::{Cut, Cutter, Decoded, Direction, control, decode};

/// Longest time to connect, or to hand a frame to the socket.
const IO_PATIENCE: Duration = Duration::from_secs(10);

/// What came of waiting for a confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The centre has the frame.
    Confirmed,
    /// Nothing came in time.
    Silence,
}

/// An open connection.
#[derive(Debug)]
pub(crate) struct Link {
    stream: TcpStream,
    cutter: Cutter,
    /// What the centre asked or told, not answered yet.
    questions: Vec<Decoded>,
}

/// Questions kept unanswered; a centre asks one at a time.
const MOST_QUESTIONS: usize = 16;

impl Link {
    /// Connects.
    pub(crate) async fn open(to: SocketAddr) -> io::Result<Self> {
        let stream = timeout(IO_PATIENCE, TcpStream::connect(to)).await.map_err(io::Error::from)??;
        stream.set_nodelay(true)?;
        Ok(Self { stream, cutter: Cutter::new(), questions: Vec::new() })
    }

    /// Hands a frame to the socket.
    pub(crate) async fn send(&mut self, frame: &[u8]) -> io::Result<()> {
        timeout(IO_PATIENCE, self.stream.write_all(frame)).await.map_err(io::Error::from)?
    }

    /// Waits for the confirmation of a serial. Other answers (of an earlier try) are passed over.
    pub(crate) async fn confirmation(&mut self, serial: u16, patience: Duration) -> io::Result<Answer> {
        let end = Instant::now() + patience;
        loop {
            let Ok(read) = timeout_at(end, self.heard()).await else { return Ok(Answer::Silence) };
            if read?.contains(&serial) {
                return Ok(Answer::Confirmed);
            }
        }
    }

    /// Waits until the centre says something or hangs up; the serials it confirmed.
    ///
    /// # Errors
    /// `UnexpectedEof` when it hung up.
    pub(crate) async fn heard(&mut self) -> io::Result<Vec<u16>> {
        let mut bytes = [0; 256];
        let n = self.stream.read(&mut bytes).await?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut serials = Vec::new();
        let questions = &mut self.questions;
        self.cutter.feed(bytes.get(..n).unwrap_or_default(), |cut| {
            if let Cut::Frame(frame) = cut {
                let decoded = decode(&frame);
                if !decoded.is_trusted() || decoded.direction != Some(Direction::Down) {
                    return;
                }
                if decoded.end == Some(control::ENQ) && questions.len() < MOST_QUESTIONS {
                    questions.push(decoded);
                } else {
                    serials.extend(decoded.serial);
                }
            }
        });
        Ok(serials)
    }

    /// What the centre asked or told since the last look.
    pub(crate) fn questions(&mut self) -> Vec<Decoded> {
        std::mem::take(&mut self.questions)
    }
}
