//! 污水厂: three loggers that speak HJ 212, two in the edition of 2017 and one in that of 2025: real-time
//! data every minute, minute data every ten minutes, hours and days, each sent until it is answered.
//!
//! A logger keeps what was not answered and sends it again; it sets its clock and takes samples when it is
//! told to.

mod water;

use crate::hands::TownClock;
use crate::rtu::{Ledger, Page};
use crate::town::utilities::PLANTS;
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
use water::{FACTORS, Outlet, Period};
use wire::cut::{Piece, StreamCutter};
use wire::hj212::encode::{Request, digits, qn, request_answer, result_answer, split};
use wire::hj212::{Decoded, FRAMING, cn, command::QnRtn, decode};
use wire::interval::{Span, holding};

/// Packets a logger keeps unsent: a day of minutes. The oldest give way.
const MEMORY: usize = 1_600;
/// How long it waits for an answer: seconds of the town's time, and least real time.
const PATIENCE: (f64, Duration) = (10.0, Duration::from_secs(3));
/// Longest time to connect, or to hand a packet to the socket.
const IO_PATIENCE: Duration = Duration::from_secs(10);
/// Pause after a failure, real time.
const PAUSE: Duration = Duration::from_secs(1);
/// Minute data stand for ten minutes.
const MINUTES: u16 = 10;
/// Version bits of Flag.
const VERSION_2017: u8 = 4;
const VERSION_2025: u8 = 8;
/// The password of every logger of the town. It opens nothing outside.
const PASSWORD: &str = "123456";

/// Starts the loggers; they begin with the town's clock.
pub(crate) fn start(
    seed: u64,
    clock: &TownClock,
    centre: SocketAddr,
    ledger: &Arc<Ledger>,
    tasks: &mut tokio::task::JoinSet<()>,
) {
    for (nth, place) in PLANTS.iter().enumerate() {
        let logger = Logger {
            mn: place.mn,
            version: if place.edition >= 2025 { VERSION_2025 } else { VERSION_2017 },
            outlet: Outlet::new(seed, nth, place),
            centre,
            clock: clock.clone(),
            memory: VecDeque::new(),
            link: None,
            page: ledger.page(place.mn),
        };
        tasks.spawn(logger.run());
    }
}

#[derive(Debug)]
struct Logger {
    mn: &'static str,
    /// The version bits of its Flag.
    version: u8,
    outlet: Outlet,
    centre: SocketAddr,
    clock: TownClock,
    memory: VecDeque<Request>,
    link: Option<Link>,
    page: Option<Page>,
}

#[derive(Debug)]
struct Link {
    stream: TcpStream,
    cutter: StreamCutter,
}

impl Logger {
    async fn run(mut self) {
        self.clock.started().await;
        let mut leaps = None;
        let mut next = Time::MIN;
        loop {
            let hands = self.clock.hands();
            let now = self.clock.now();
            if leaps != Some(hands.leaps) {
                leaps = Some(hands.leaps);
                self.memory.clear();
                self.started(now);
                next = holding(now, Span::Minutes(1)).to;
            }
            while next <= now {
                self.minute(next);
                next = next.plus_ms(MINUTE_MS);
            }
            self.deliver().await;
            self.clock.until(next).await;
        }
    }

    fn keep(&mut self, cn: u16, at: Time, head: &str, items: &[String]) {
        let areas = split(head, items);
        let total = u16::try_from(areas.len()).unwrap_or(u16::MAX);
        for (number, cp) in (1..).zip(areas) {
            if self.memory.len() >= MEMORY {
                self.memory.pop_front();
            }
            let split = total > 1;
            self.memory.push_back(Request {
                qn: qn(at.plus_ms(i64::from(cn % 100) * 8 + i64::from(number))),
                st: "32".to_owned(),
                cn,
                pw: PASSWORD.to_owned(),
                mn: self.mn.to_owned(),
                flag: self.version | if split { 3 } else { 1 },
                packet: split.then_some((total, number)),
                cp,
            });
        }
    }

    /// 上传数采仪开机时间.
    fn started(&mut self, now: Time) {
        let head = format!("DataTime={0};RestartTime={0}", digits(now));
        self.keep(cn::STARTED, now, &head, &[]);
    }

    /// What a minute that has just ended brings.
    fn minute(&mut self, at: Time) {
        let head = format!("DataTime={}", digits(at));
        let items: Vec<String> = FACTORS
            .iter()
            .enumerate()
            .map(|(n, f)| {
                let (code, decimals) = (f.code, f.decimals);
                let (value, flag) = (self.outlet.value(n, at), Outlet::flag(n, at));
                format!("{code}-Rtd={value:.decimals$},{code}-Flag={flag}")
            })
            .collect();
        self.keep(cn::REAL_TIME, at, &head, &items);
        let wall_ms = at.ms() + field::time::BEIJING_MS;
        for (cn, span) in [(cn::MINUTE, Span::Minutes(MINUTES)), (cn::HOUR, Span::Hour), (cn::DAY, Span::Day)]
        {
            if wall_ms.rem_euclid(span.ms()) == 0 {
                self.period(cn, at.plus_ms(-span.ms()), at);
            }
        }
    }

    /// A period's values, labelled at its start.
    fn period(&mut self, cn: u16, from: Time, to: Time) {
        let head = format!("DataTime={}", digits(from));
        let items: Vec<String> = FACTORS
            .iter()
            .enumerate()
            .map(|(n, f)| {
                let (code, d) = (f.code, f.decimals);
                let Period { min, mean, max, amount } = self.outlet.over(n, from, to);
                // pH has no amount.
                let cou = if n == 1 { String::new() } else { format!("{code}-Cou={amount:.2},") };
                format!("{cou}{code}-Min={min:.d$},{code}-Avg={mean:.d$},{code}-Max={max:.d$},{code}-Flag=N")
            })
            .collect();
        self.keep(cn, to, &head, &items);
    }

    /// Sends what is kept, one after another, until one is not answered.
    async fn deliver(&mut self) {
        while let Some(request) = self.memory.front().cloned() {
            match self.exchange(&request).await {
                Ok(true) => {
                    self.book(&request);
                    self.memory.pop_front();
                }
                Ok(false) => return,
                Err(error) => {
                    tracing::debug!(mn = self.mn, %error, "a plant's line failed");
                    self.link = None;
                    tokio::time::sleep(PAUSE).await;
                    return;
                }
            }
        }
        // Nothing to send: what the centre has said meanwhile is still answered.
        if self.listen(None, Instant::now() + Duration::from_millis(1)).await.is_err() {
            self.link = None;
        }
    }

    /// Real-time data that came whole, as the server reads them: others say their values in parts, or again.
    fn book(&self, request: &Request) {
        if request.cn != cn::REAL_TIME || request.packet.is_some() {
            return;
        }
        if let (Some(page), Ok(bytes)) = (&self.page, request.to_bytes()) {
            page.kept_readings(&decode(&bytes).to_report(MINUTES).readings);
        }
    }

    async fn exchange(&mut self, request: &Request) -> io::Result<bool> {
        let Ok(bytes) = request.to_bytes() else { return Ok(true) };
        self.write(&bytes).await?;
        let (seconds, least) = PATIENCE;
        let deadline = Instant::now() + self.clock.real(seconds, least);
        self.listen(Some(&request.qn), deadline).await
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.link.is_none() {
            let stream =
                timeout(IO_PATIENCE, TcpStream::connect(self.centre)).await.map_err(io::Error::from)??;
            stream.set_nodelay(true)?;
            self.link = Some(Link { stream, cutter: StreamCutter::new(FRAMING) });
        }
        let Some(link) = &mut self.link else { return Ok(()) };
        timeout(IO_PATIENCE, link.stream.write_all(bytes)).await.map_err(io::Error::from)?
    }

    /// Reads until the answer to `wanted` has come or time is up; does what it is told meanwhile.
    async fn listen(&mut self, wanted: Option<&str>, deadline: Instant) -> io::Result<bool> {
        loop {
            let Some(link) = &mut self.link else { return Ok(false) };
            let mut buf = [0; 1_024];
            let read = match timeout_at(deadline, link.stream.read(&mut buf)).await {
                Err(_) => return Ok(false),
                Ok(Ok(0)) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => read?,
            };
            let mut packets: Vec<Decoded> = Vec::new();
            link.cutter.feed(buf.get(..read).unwrap_or_default(), |piece| {
                if let Piece::Frame(bytes) = piece {
                    packets.push(decode(&bytes));
                }
            });
            let mut answered = false;
            for packet in packets.iter().filter(|packet| packet.remarks.is_trusted()) {
                let is_answer =
                    matches!(packet.cn, Some(cn::DATA_ANSWER | cn::NOTICE_ANSWER | cn::REQUEST_ANSWER));
                if is_answer {
                    answered |= wanted.is_some() && packet.qn.as_deref() == wanted;
                } else {
                    self.obey(packet).await?;
                }
            }
            if answered {
                return Ok(true);
            }
        }
    }

    fn knows(&self, cn: Option<u16>) -> bool {
        match cn {
            Some(1_000..=1_072 | 2_011..=2_061 | 3_011..=3_021) => true,
            Some(cn::STANDARD_CHECKS | cn::RETAIN_NOW | cn::CHECK_STANDARD) => self.version == VERSION_2025,
            _ => false,
        }
    }

    /// A command: taken up, done, reported done.
    async fn obey(&mut self, packet: &Decoded) -> io::Result<()> {
        let now = self.clock.now();
        let known = self.knows(packet.cn);
        let code = if known { QnRtn::Ready } else { QnRtn::BadCommand };
        let taken = request_answer(packet, code, now).and_then(|r| r.to_bytes().ok());
        let done = result_answer(packet, 1, now).filter(|_| known).and_then(|r| r.to_bytes().ok());
        for bytes in taken.into_iter().chain(done) {
            self.write(&bytes).await?;
        }
        Ok(())
    }
}
