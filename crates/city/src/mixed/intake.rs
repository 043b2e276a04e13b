//! 取水口: an older station on SL/T 427 (SZY 206): level and flow every five minutes, each sent until it
//! is confirmed, and a link test where nothing else is said.

use super::truth::swaying;
use crate::hands::TownClock;
use crate::marks::{Marks, remember};
use crate::rtu::{Ledger, Page};
use crate::town::mixed::INTAKE;
use field::clock::Clock;
use field::time::{MINUTE_MS, Time};
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use wire::cut::{Piece, StreamCutter};
use wire::sl427::{Direction, FRAMING, afn, decode, encode};

const EVERY_MS: i64 = 5 * MINUTE_MS;
/// Reports kept unsent: a month. The oldest give way.
const MEMORY: usize = 17_280;
/// Longest wait for a confirmation, real time.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_secs(2);
/// 登录.
const LOGIN: u8 = 0xF0;
/// Kinds of data: 水位, 流量.
const LEVEL: u8 = 0x02;
const FLOW: u8 = 0x03;

/// Keeps the station reporting for as long as the town lives.
pub(super) async fn run(seed: u64, clock: TownClock, centre: SocketAddr, ledger: Arc<Ledger>) {
    let Some(address) = encode::address(INTAKE) else { return };
    let page = ledger.page(INTAKE);
    let mut station = Station { seed, address, memory: VecDeque::new(), link: None, page };
    let mut clock = clock;
    clock.started().await;
    let mut marks = Marks::every(EVERY_MS);
    loop {
        let now = clock.now();
        if marks.leapt(&clock) {
            station.memory.clear();
        }
        while let Some(at) = marks.due(now) {
            remember(&mut station.memory, MEMORY, at);
        }
        match station.deliver(centre).await {
            Ok(()) => clock.until(marks.next()).await,
            Err(error) => {
                tracing::debug!(%error, "the intake's line failed");
                station.link = None;
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

#[derive(Debug)]
struct Station {
    seed: u64,
    address: [u8; 5],
    memory: VecDeque<Time>,
    link: Option<(TcpStream, StreamCutter)>,
    page: Option<Page>,
}

impl Station {
    async fn deliver(&mut self, centre: SocketAddr) -> io::Result<()> {
        while let Some(at) = self.memory.front().copied() {
            if self.link.is_none() {
                let stream =
                    timeout(PATIENCE, TcpStream::connect(centre)).await.map_err(io::Error::from)??;
                stream.set_nodelay(true)?;
                self.link = Some((stream, StreamCutter::new(FRAMING)));
                let login = encode::link(self.address, LOGIN);
                self.exchange(&login, afn::LINK).await?;
            }
            let level = swaying(self.seed, "intake", at, (71.4, 0.6, 11.0), 0.004);
            let flow = swaying(self.seed, "intake flow", at, (1.25, 0.2, 1.0), 0.01);
            for (kind, value) in [(LEVEL, level), (FLOW, flow)] {
                if let Some(frame) = encode::report(self.address, kind, &[value], (0, 0), at) {
                    self.exchange(&frame, afn::REPORT).await?;
                    if let Some(page) = &self.page {
                        page.kept_readings(&decode(&frame).to_report(at).readings);
                    }
                }
            }
            self.memory.pop_front();
        }
        Ok(())
    }

    /// Sends a frame and waits until one of the same function comes back.
    async fn exchange(&mut self, frame: &[u8], function: u8) -> io::Result<()> {
        let Some((stream, cutter)) = &mut self.link else { return Ok(()) };
        stream.write_all(frame).await?;
        let end = Instant::now() + PATIENCE;
        loop {
            let mut buf = [0; 512];
            let n = timeout_at(end, stream.read(&mut buf)).await.map_err(io::Error::from)??;
            if n == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let mut confirmed = false;
            cutter.feed(buf.get(..n).unwrap_or_default(), |piece| {
                if let Piece::Frame(bytes) = piece {
                    let said = decode(&bytes);
                    confirmed |= said.direction == Some(Direction::Down) && said.afn == Some(function);
                }
            });
            if confirmed {
                return Ok(());
            }
        }
    }
}
