//! 电表: a pump station's electricity meter behind a DTU, asked in DL/T 645: energy taken and voltage.

use super::truth::{swaying, total};
use crate::dtu::Dtu;
use crate::hands::TownClock;
use crate::town::mixed::POWER_METER;
use field::clock::Clock;
use std::net::SocketAddr;
use wire::dlt645::{Decoded, FRAMING, control, decode, encode};

/// 注册包 of the DTU.
pub const REGISTER: &str = "ZZ-JIANGBIN-01";
/// 心跳包.
pub const HEARTBEAT: &str = "ZZHB";
/// What the meter is asked for: energy taken, voltage of phase A.
pub const ITEMS: [&str; 2] = ["00010000", "02010100"];
/// kWh a day.
const A_DAY_KWH: f64 = 640.0;

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
    let dtu = Dtu { name: "Jiangbin", register: REGISTER, heartbeat: HEARTBEAT, framing: FRAMING };
    dtu.run(centre, |frame| meter.answer(&decode(frame))).await;
}

#[derive(Debug)]
struct Meter {
    seed: u64,
    clock: TownClock,
}

impl Meter {
    fn answer(&self, asked: &Decoded) -> Option<Vec<u8>> {
        let own = asked.remarks.is_trusted() && asked.address.as_deref() == Some(POWER_METER);
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
