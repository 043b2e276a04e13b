//! 链路: one connection to a device or gateway: a request goes out, its answer comes back.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use wire::cut::{Piece, StreamCutter};
use wire::modbus::{Answer, Frame, MBAP, RTU_ANSWERS, Request, Transport};

/// Bytes read at once: a few frames.
const CHUNK: usize = 1_024;
/// Stale or foreign frames passed over while one answer is waited for.
const MAX_STALE: usize = 64;

/// What went wrong with one request.
#[derive(Debug)]
pub(super) enum Trouble {
    /// No answer came in time; the line may still be good for others.
    Silent,
    /// The line is gone.
    Lost(std::io::Error),
    /// What came is no Modbus, or contradicts itself: the bytes and the reason.
    Nonsense(Vec<u8>, String),
}

/// An open connection.
#[derive(Debug)]
pub(super) struct Link {
    stream: TcpStream,
    cutter: StreamCutter,
    pieces: VecDeque<Piece>,
    transport: Transport,
    transaction: u16,
    patience: Duration,
}

impl Link {
    pub(super) async fn open(
        address: &str,
        transport: Transport,
        patience: Duration,
    ) -> std::io::Result<Self> {
        let stream = timeout(patience, TcpStream::connect(address)).await.map_err(std::io::Error::from)??;
        // Requests are small and awaited: they must not wait for more to send with them.
        stream.set_nodelay(true)?;
        let framing = match transport {
            Transport::Tcp => MBAP,
            Transport::RtuOverTcp => RTU_ANSWERS,
        };
        let cutter = StreamCutter::new(framing);
        Ok(Self { stream, cutter, pieces: VecDeque::new(), transport, transaction: 0, patience })
    }

    /// Who is asked.
    pub(super) fn peer(&self) -> IpAddr {
        self.stream.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip())
    }

    /// Whether a late answer could be taken for another one's: RTU has no transaction numbers.
    pub(super) fn is_spoilt_by_silence(&self) -> bool {
        self.transport == Transport::RtuOverTcp
    }

    /// Asks and waits. What crossed the wire is added to `raw`.
    pub(super) async fn ask(
        &mut self,
        unit: u8,
        request: &Request,
        raw: &mut Vec<u8>,
    ) -> Result<Answer, Trouble> {
        self.transaction = self.transaction.wrapping_add(1);
        let frame = request.frame(self.transport, self.transaction, unit).to_bytes();
        raw.extend(&frame);
        match timeout(self.patience, self.exchange(unit, request, &frame)).await {
            Ok(Ok((bytes, answer))) => {
                raw.extend(bytes);
                Ok(answer)
            }
            Ok(Err(trouble)) => Err(trouble),
            Err(_) => Err(Trouble::Silent),
        }
    }

    async fn exchange(
        &mut self,
        unit: u8,
        request: &Request,
        frame: &[u8],
    ) -> Result<(Vec<u8>, Answer), Trouble> {
        self.stream.write_all(frame).await.map_err(Trouble::Lost)?;
        for _ in 0..MAX_STALE {
            let bytes = match self.piece().await? {
                Piece::Frame(bytes) => bytes,
                Piece::Garbage(bytes) => {
                    return Err(Trouble::Nonsense(bytes, "bytes that are no frame".to_owned()));
                }
            };
            let Some(frame) = self.is_ours(&bytes, unit, request) else { continue };
            return match Answer::decode(&frame.pdu, &mut Vec::new()) {
                Ok(answer) => Ok((bytes, answer)),
                Err(fault) => Err(Trouble::Nonsense(bytes, fault.message)),
            };
        }
        Err(Trouble::Nonsense(Vec::new(), format!("{MAX_STALE} frames that answer nothing asked")))
    }

    /// The frame, if it is the answer to what was asked last; else it comes too late, or is foreign.
    fn is_ours(&self, bytes: &[u8], unit: u8, request: &Request) -> Option<Frame> {
        let (frame, _) = match self.transport {
            Transport::Tcp => Frame::first_tcp(bytes)?,
            Transport::RtuOverTcp => Frame::first_rtu(bytes, true)?,
        };
        let function = frame.pdu.first().map(|function| function & 0x7F);
        let ours = frame.transaction.is_none_or(|n| n == self.transaction)
            && frame.unit == unit
            && function == Some(request.function());
        ours.then_some(frame)
    }

    async fn piece(&mut self) -> Result<Piece, Trouble> {
        let mut buf = [0; CHUNK];
        loop {
            if let Some(piece) = self.pieces.pop_front() {
                return Ok(piece);
            }
            let read = self.stream.read(&mut buf).await.map_err(Trouble::Lost)?;
            if read == 0 {
                return Err(Trouble::Lost(std::io::ErrorKind::UnexpectedEof.into()));
            }
            let pieces = &mut self.pieces;
            self.cutter.feed(buf.get(..read).unwrap_or_default(), |piece| pieces.push_back(piece));
        }
    }
}
