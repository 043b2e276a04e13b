//! 小区水表: a concentrator that connects, says who it is, and hands on questions to 48 CJ/T 188 meters.
//!
//! A meter's total is a function of time that only grows; one valve is shut, one battery is low. Valves obey.

use crate::dice::Dice;
use crate::dtu::Dtu;
use crate::hands::TownClock;
use crate::town::utilities::{METERS, meter_number};
use field::clock::Clock;
use field::time::{DAY_MS, Time};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use wire::cjt188::encode::{Address, Totals, totals, written};
use wire::cjt188::{Decoded, FRAMING, control, decode, di};

/// 注册包 of the community's concentrator.
pub const REGISTER: &str = "ZZ-DONGMEN-01";
/// 心跳包.
pub const HEARTBEAT: &str = "ZZHB";
/// The meter whose valve is shut, and the one whose battery is low.
const SHUT: usize = 11;
const LOW: usize = 29;
/// 1970 to the meters' first day: 2019-01-01 in Beijing.
const INSTALLED_MS: i64 = 1_546_272_000_000;

/// The numbers of the meters behind the concentrator, which are their stations' codes: what a server has
/// to ask.
#[must_use]
pub fn numbers() -> Vec<String> {
    (0..METERS).map(meter_number).collect()
}

/// Keeps the concentrator connected for as long as the town lives.
pub(crate) async fn run(seed: u64, clock: TownClock, centre: SocketAddr) {
    let mut community = Community { seed, clock, shut: BTreeSet::from([SHUT]) };
    let mut clock = community.clock.clone();
    clock.started().await;
    let dtu = Dtu { name: "Dongmen", register: REGISTER, heartbeat: HEARTBEAT, framing: FRAMING };
    dtu.run(centre, |frame| community.answer(&decode(frame))).await;
}

#[derive(Debug)]
struct Community {
    seed: u64,
    clock: TownClock,
    shut: BTreeSet<usize>,
}

impl Community {
    fn answer(&mut self, asked: &Decoded) -> Option<Vec<u8>> {
        let number = asked.address.as_deref().filter(|_| asked.remarks.is_trusted())?;
        let n = (0..METERS).find(|n| meter_number(*n) == number)?;
        let address = Address::of(asked.kind?, number)?;
        let (di, serial) = (asked.di?, asked.serial?);
        match (asked.control?, di) {
            (control::READ, di::TOTALS) => Some(totals(address, serial, &self.totals(n))),
            (control::WRITE, di::VALVE) => {
                match asked.unread.first()? {
                    0x99 => self.shut.insert(n),
                    _ => self.shut.remove(&n),
                };
                Some(written(address, di, serial, self.status(n)))
            }
            (control::WRITE, di::SET_CLOCK) => Some(written(address, di, serial, self.status(n))),
            _ => None,
        }
    }

    fn status(&self, n: usize) -> [u8; 2] {
        [u8::from(self.shut.contains(&n)) | (u8::from(n == LOW) << 2), 0]
    }

    fn totals(&self, n: usize) -> Totals {
        let now = self.clock.now();
        let month = now.beijing();
        let first = Time::from_beijing(month.year(), month.month(), 1, 0, 0, 0).unwrap_or(now);
        Totals {
            current: total(self.seed, n, now),
            settled: total(self.seed, n, first),
            clock: now,
            status: self.status(n),
        }
    }
}

/// Hundredths of a cubic metre since the meter was installed.
fn total(seed: u64, n: usize, at: Time) -> u32 {
    let a_day_m3 = Dice::of(seed, "meter", n as i64).between(0.25, 0.9);
    let since = at.ms() - INSTALLED_MS;
    let (days, part) = (since.div_euclid(DAY_MS) as f64, since.rem_euclid(DAY_MS) as f64 / DAY_MS as f64);
    // Little at night, most in the morning and the evening; it only grows.
    let share = part - 0.12 * (std::f64::consts::TAU * part).sin();
    ((days + share).max(0.0) * a_day_m3 * 100.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use field::time::MINUTE_MS;

    #[test]
    fn a_meter_only_counts_up() {
        let start: Time = "2021-06-29T00:00".parse().unwrap();
        for n in 0..METERS {
            let mut last = 0;
            for quarter in 0..(2 * 96) {
                let now = total(2021, n, start.plus_ms(quarter * 15 * MINUTE_MS));
                assert!(now >= last, "meter {n}, quarter {quarter}");
                last = now;
            }
            assert!((10_000..100_000).contains(&last), "{last}");
        }
    }
}
