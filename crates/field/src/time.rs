//! Time: UTC milliseconds inside, Beijing time (UTC+08:00, no summer time) at the rim.
//!
//! Conventions of the trade, in one place:
//! - SL 651: a period value is labelled at the period's *end*; HJ 212 at its *start*;
//! - 水文日: the hydrological day runs from 08:00 to 08:00 Beijing time (SL 651 parameter 22H);
//! - the civil day (billing) runs from 00:00 Beijing time.

use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

/// Milliseconds in a second.
pub const SECOND_MS: i64 = 1_000;
/// Milliseconds in a minute.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// Milliseconds in an hour.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Milliseconds in a day.
pub const DAY_MS: i64 = 24 * HOUR_MS;
/// Beijing time's offset from UTC, in milliseconds.
pub const BEIJING_MS: i64 = 8 * HOUR_MS;

/// 时刻: a moment, in milliseconds since 1970-01-01T00:00Z. Written as RFC 3339 with `+08:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// A text that is no moment, or a moment outside the years 1970 to 2200.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time; write RFC 3339 such as 2021-06-30T14:30:00+08:00, between 1970 and 2200")]
pub struct BadTime(String);

impl Time {
    /// Earliest moment.
    pub const MIN: Self = Self(0);
    /// Latest moment: 2200-01-01T00:00Z.
    pub const MAX: Self = Self(7_258_118_400_000);

    /// The moment `ms` milliseconds after 1970, clamped into `MIN..=MAX`.
    #[must_use]
    pub const fn from_ms(ms: i64) -> Self {
        if ms < Self::MIN.0 {
            Self::MIN
        } else if ms > Self::MAX.0 {
            Self::MAX
        } else {
            Self(ms)
        }
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// A moment from the Beijing wall clock; `None` where the calendar has no such moment.
    #[must_use]
    pub fn from_beijing(year: i16, month: i8, day: i8, hour: i8, minute: i8, second: i8) -> Option<Self> {
        let wall = jiff::civil::DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
        let ms = Offset::UTC.to_timestamp(wall).ok()?.as_millisecond() - BEIJING_MS;
        (Self::MIN.0..=Self::MAX.0).contains(&ms).then_some(Self(ms))
    }

    /// The Beijing wall clock of this moment.
    #[must_use]
    pub fn beijing(self) -> jiff::civil::DateTime {
        let stamp = jiff::Timestamp::from_millisecond(self.0 + BEIJING_MS).unwrap_or_default();
        Offset::UTC.to_datetime(stamp)
    }

    /// This moment plus a (possibly negative) span.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self::from_ms(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment (negative when `earlier` is later).
    #[must_use]
    pub const fn since_ms(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// The start of the hydrological day (08:00 Beijing) that holds the period ending at this
    /// moment: a value labelled 08:00 still belongs to the day before, because it fell before 08:00.
    #[must_use]
    pub const fn hydrological_day_of_period_end(self) -> Self {
        // 08:00 Beijing is 00:00 UTC, so hydrological days are UTC days.
        Self::from_ms((self.0 - 1).div_euclid(DAY_MS) * DAY_MS)
    }

    /// The start of the civil day (00:00 Beijing) that holds this moment.
    #[must_use]
    pub const fn civil_day(self) -> Self {
        Self::from_ms((self.0 + BEIJING_MS).div_euclid(DAY_MS) * DAY_MS - BEIJING_MS)
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let w = self.beijing();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            w.year(),
            w.month(),
            w.day(),
            w.hour(),
            w.minute(),
            w.second()
        )?;
        let ms = self.0.rem_euclid(SECOND_MS);
        if ms != 0 {
            write!(f, ".{ms:03}")?;
        }
        f.write_str("+08:00")
    }
}

impl std::str::FromStr for Time {
    type Err = BadTime;

    /// Reads RFC 3339 with an offset, or a Beijing wall time without one (`2021-06-30T14:30`).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadTime(text.chars().take(40).collect());
        let ms = match text.parse::<jiff::Timestamp>() {
            Ok(stamp) => stamp.as_millisecond(),
            Err(_) => {
                let wall: jiff::civil::DateTime = text.parse().map_err(|_| bad())?;
                Offset::UTC.to_timestamp(wall).map_err(|_| bad())?.as_millisecond() - BEIJING_MS
            }
        };
        if (Self::MIN.0..=Self::MAX.0).contains(&ms) { Ok(Self(ms)) } else { Err(bad()) }
    }
}

impl Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_in_beijing_time_and_read_back() {
        let t = Time::from_beijing(2021, 6, 30, 14, 30, 0).unwrap();
        assert_eq!(t.to_string(), "2021-06-30T14:30:00+08:00");
        assert_eq!("2021-06-30T06:30:00Z".parse::<Time>().unwrap(), t);
        assert_eq!("2021-06-30T14:30".parse::<Time>().unwrap(), t);
        assert_eq!(t.plus_ms(7).to_string(), "2021-06-30T14:30:00.007+08:00");
    }

    #[test]
    fn a_period_ending_at_eight_belongs_to_the_hydrological_day_before() {
        let eight = Time::from_beijing(2021, 6, 30, 8, 0, 0).unwrap();
        assert_eq!(eight.hydrological_day_of_period_end(), eight.plus_ms(-DAY_MS));
        assert_eq!(eight.plus_ms(5 * MINUTE_MS).hydrological_day_of_period_end(), eight);
    }

    #[test]
    fn the_civil_day_starts_at_midnight_in_beijing() {
        let t = Time::from_beijing(2021, 6, 30, 0, 5, 0).unwrap();
        assert_eq!(t.civil_day(), Time::from_beijing(2021, 6, 30, 0, 0, 0).unwrap());
    }
}
