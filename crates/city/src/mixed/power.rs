//! 电表: a pump station's electricity meter behind a DTU, asked in DL/T 645: energy taken and voltage.

use super::truth::{swaying, total};
use crate::hands::TownClock;
use crate::town::mixed::POWER_METER;
use field::clock::Clock;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use wire::cut::{Piece, StreamCutter};
use wire::dlt645::{Decoded, FRAMING, control, decode, encode};

/// 注册包 of the DTU.
pub const REGISTER: &str = "ZZ-JIANGBIN-01";
/// 心跳包.
pub const HEARTBEAT: &str = "ZZHB";
/// What the meter is asked for: energy taken, voltage of phase A.
pub const ITEMS: [&str; 2] = ["00010000", "02010100"];
/// kWh a day.
const A_DAY_KWH: f64 = 640.0;
const BEAT: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(2);

/// The number on the meter, which is its station's code.
#[must_use]
pub const fn number() -> &'static str {
    POWER_METER
}

/// Keeps the DTU connected for as long as the town lives.
pub(crate) async fn run(seed: u64, clock: TownClock, centre: SocketAddr) {
    let meter = Meter { seed, clock };
    let mut clock = meter.clock.clone();
    clock.started().await;
    loop {
        if let Err(error) = meter.serve(centre).await {
            tracing::debug!(%error, "the electricity meter's line failed");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

#[derive(Debug)]
struct Meter {
    seed: u64,
    clock: TownClock,
}

impl Meter {
    async fn serve(&self, centre: SocketAddr) -> io::Result<()> {
        let mut stream = TcpStream::connect(centre).await?;
        stream.set_nodelay(true)?;
        stream.write_all(REGISTER.as_bytes()).await?;
        let mut cutter = StreamCutter::new(FRAMING);
        let mut buf = [0; 512];
        loop {
            let read = match timeout(BEAT, stream.read(&mut buf)).await {
                Err(_) => {
                    stream.write_all(HEARTBEAT.as_bytes()).await?;
                    continue;
                }
                Ok(read) => read?,
            };
            if read == 0 {
                return Ok(());
            }
            let mut answers = Vec::new();
            cutter.feed(buf.get(..read).unwrap_or_default(), |piece| {
                if let Piece::Frame(bytes) = piece {
                    answers.extend(self.answer(&decode(&bytes)));
                }
            });
            for answer in answers {
                stream.write_all(&answer).await?;
            }
        }
    }

    fn answer(&self, asked: &Decoded) -> Option<Vec<u8>> {
        let own = asked.is_trusted() && asked.address.as_deref() == Some(POWER_METER);
        let di = asked.di.filter(|_| own && asked.control == Some(control::READ))?;
        let now = self.clock.now();
        let value = match di {
            0x0001_0000 => total(A_DAY_KWH, now),
            0x0201_0100 => swaying(self.seed, "power", now, (228.0, 4.0, 1.0), 0.8),
            _ => return None,
        };
        encode::answer(encode::address(POWER_METER)?, di, value)
    }
}
