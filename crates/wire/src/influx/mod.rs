//! InfluxDB 行协议: the line protocol that Telegraf and a thousand sensors push over HTTP.
//!
//! Promises: [`lines`] goes over a body without copying and without allocating; what is wrong with a
//! line is a [`Problem`] with its column, and the lines behind it are read all the same; no input
//! panics. A line is `measurement,tag=value,… field=value,… timestamp`, as InfluxDB 1.x and 2.x write
//! it, with their escapes, comments, CRLF and line feeds inside quoted texts.
//!
//! Never: knows a station or a point. A [`Line::series`] is the sender's own bytes.

mod explain;
mod line;
mod number;
mod problem;
mod rapid;
mod text;

pub use explain::{explain, json_line};
pub use line::{Field, FieldValue, Fields, Line, Lines, Tags, lines};
pub use problem::{Problem, ProblemKind};
pub use rapid::{Rapid, Seen};
pub use text::{canonical, unescape};

/// The name used in commands, in stored packets and in the API.
pub const NAME: &str = "influx";

/// Longest line, bytes: Telegraf's largest known metrics fit ten times.
pub const LINE_MAX: usize = 64 * 1024;

/// 时间精度: what a timestamp counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// Nanoseconds: the protocol's own default.
    #[default]
    Nanosecond,
    /// Microseconds.
    Microsecond,
    /// Milliseconds.
    Millisecond,
    /// Seconds.
    Second,
    /// Minutes (InfluxDB 1.x only).
    Minute,
    /// Hours (InfluxDB 1.x only).
    Hour,
}

impl Precision {
    /// As the query parameter `precision` writes it: `ns n us u µ ms s m h`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "" | "ns" | "n" => Self::Nanosecond,
            "us" | "u" | "µ" => Self::Microsecond,
            "ms" => Self::Millisecond,
            "s" => Self::Second,
            "m" => Self::Minute,
            "h" => Self::Hour,
            _ => return None,
        })
    }

    /// Its code, as [`Precision::from_code`] reads it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Nanosecond => "ns",
            Self::Microsecond => "us",
            Self::Millisecond => "ms",
            Self::Second => "s",
            Self::Minute => "m",
            Self::Hour => "h",
        }
    }

    /// A timestamp in milliseconds since 1970, rounded down; saturates.
    #[must_use]
    pub const fn to_ms(self, stamp: i64) -> i64 {
        match self {
            Self::Nanosecond => stamp.div_euclid(1_000_000),
            Self::Microsecond => stamp.div_euclid(1_000),
            Self::Millisecond => stamp,
            Self::Second => stamp.saturating_mul(1_000),
            Self::Minute => stamp.saturating_mul(60_000),
            Self::Hour => stamp.saturating_mul(3_600_000),
        }
    }
}
