//! 时钟监视: stations whose clocks are wrong by the same amount again and again.
//!
//! A report that was held back is old once; one of a station whose clock runs on UTC is eight hours old
//! every time. So a clock is called wrong only after [`AGREEING`] messages, a minute apart at least, whose
//! sending and arrival lie apart by the same amount. Its readings are kept, as suspect: the value may be
//! right, its time is not. Never: moves a time.

use field::id::StationCode;
use field::time::{HOUR_MS, MINUTE_MS, Time};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// A clock may be so wrong: SL 651 and HJ 212 stations are set once a day at best.
const TOLERANCE_MS: i64 = 30 * MINUTE_MS;
/// Nothing can be observed so long after the receiver's clock.
const AHEAD_MS: i64 = HOUR_MS;
/// Seconds of the machine that a message may wait on its way, whatever the centre's clock makes of them:
/// a played storm runs at 600 times.
const ON_ITS_WAY_S: f64 = 15.0;
/// Messages that must agree.
const AGREEING: u8 = 3;
/// At least so long one after another: a station that catches up sends many at once.
const APART_MS: i64 = MINUTE_MS;
/// They agree when they differ by no more than this, or by a second of the machine.
const SAME_MS: i64 = 30_000;
/// Stations remembered before those with right clocks are forgotten.
const REMEMBERED: usize = 50_000;

/// What is known of one station's clock.
#[derive(Clone, Copy, Debug)]
struct Lag {
    lag_ms: i64,
    counted_at: Time,
    agreeing: u8,
    /// Somebody was told.
    told: bool,
}

/// What a message says about its station's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Nothing against it.
    Right,
    /// It was wrong and is right again: somebody should know.
    RightAgain,
    /// It is slow (or, below zero, ahead) by so many milliseconds.
    Wrong {
        /// Arrival minus sending.
        lag_ms: i64,
        /// Nobody was told yet.
        is_news: bool,
    },
}

/// Every station's clock.
#[derive(Debug, Default)]
pub(crate) struct Clocks(Mutex<HashMap<StationCode, Lag>>);

/// So long, or so many seconds of the machine at a speed of the centre's clock.
fn at_least(ms: i64, machine_s: f64, speed: f64) -> i64 {
    ms.max((machine_s * 1e3 * speed) as i64)
}

/// How far after the receiver's clock a reading may have been observed.
pub(crate) fn ahead_ms(speed: f64) -> i64 {
    at_least(AHEAD_MS, ON_ITS_WAY_S, speed)
}

impl Clocks {
    /// A message of a station arrived. One that does not say when it was sent says nothing.
    pub(crate) fn hear(
        &self,
        station: &StationCode,
        received_at: Time,
        sent_at: Option<Time>,
        speed: f64,
    ) -> Heard {
        let Some(sent_at) = sent_at else { return Heard::Right };
        let lag_ms = received_at.since_ms(sent_at);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lag_ms.abs() <= at_least(TOLERANCE_MS, ON_ITS_WAY_S, speed) {
            let was = all.remove(station);
            return if was.is_some_and(|lag| lag.told) { Heard::RightAgain } else { Heard::Right };
        }
        if all.len() >= REMEMBERED && !all.contains_key(station) {
            all.retain(|_, lag| lag.told);
        }
        if all.len() >= REMEMBERED && !all.contains_key(station) {
            return Heard::Right;
        }
        let first = Lag { lag_ms, counted_at: received_at, agreeing: 1, told: false };
        let lag = all.entry(station.clone()).or_insert(first);
        if received_at.since_ms(lag.counted_at) >= APART_MS {
            let agrees = (lag_ms - lag.lag_ms).abs() <= at_least(SAME_MS, 1.0, speed);
            let agreeing = if agrees { lag.agreeing.saturating_add(1) } else { 1 };
            *lag = Lag { agreeing, told: lag.told, ..first };
        }
        if lag.agreeing < AGREEING {
            return Heard::Right;
        }
        Heard::Wrong { lag_ms, is_news: !std::mem::replace(&mut lag.told, true) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Time {
        Time::from_ms(minute * MINUTE_MS)
    }

    fn hear(clocks: &Clocks, received: i64, sent: i64) -> Heard {
        let station = StationCode::new("3307820001").unwrap();
        clocks.hear(&station, at(received), Some(at(sent)), 1.0)
    }

    #[test]
    fn a_clock_eight_hours_off_is_told_once_and_again_when_it_is_right() {
        for lag in [480, -480] {
            let clocks = Clocks::default();
            assert_eq!(hear(&clocks, 1_000, 1_000 - lag), Heard::Right);
            assert_eq!(hear(&clocks, 1_005, 1_005 - lag), Heard::Right);
            let lag_ms = lag * MINUTE_MS;
            assert_eq!(hear(&clocks, 1_010, 1_010 - lag), Heard::Wrong { lag_ms, is_news: true });
            assert_eq!(hear(&clocks, 1_015, 1_015 - lag), Heard::Wrong { lag_ms, is_news: false });
            assert_eq!(hear(&clocks, 1_020, 1_020), Heard::RightAgain, "{lag}");
            assert_eq!(hear(&clocks, 1_025, 1_025), Heard::Right);
        }
    }

    #[test]
    fn reports_that_were_held_back_are_no_sign_of_a_wrong_clock() {
        let clocks = Clocks::default();
        // An outage of a day, minute by minute, a hundred reports each minute; and one report that comes
        // again and again.
        for n in 0..1_440 {
            assert_eq!(hear(&clocks, 10_000 + n / 100, 8_000 + n), Heard::Right, "report {n}");
        }
        for n in 0..100 {
            assert_eq!(hear(&clocks, 20_000 + n, 18_000), Heard::Right, "again, {n}");
        }
    }

    #[test]
    fn a_message_without_a_time_and_a_fast_playback_say_nothing() {
        let clocks = Clocks::default();
        let station = StationCode::new("A").unwrap();
        for n in 0..9 {
            assert_eq!(clocks.hear(&station, at(n), None, 1.0), Heard::Right);
            assert_eq!(clocks.hear(&station, at(100 + n), Some(at(n)), 600.0), Heard::Right);
        }
        assert_eq!((ahead_ms(1.0), ahead_ms(600.0)), (HOUR_MS, 150 * MINUTE_MS));
    }
}
