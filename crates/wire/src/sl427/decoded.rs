//! What was read from an SL/T 427 frame.

use super::kinds::Edition;
use crate::fault::Remarks;
use crate::report::{FrameReading, Report};
use field::sample::Quality;
use field::time::{DAY_MS, Time};

/// 传输方向.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// 上行: from a station.
    Up,
    /// 下行: from a centre.
    Down,
}

/// 时间标签 Tp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Year of the century and month; the five-byte form of SZY 206 has none.
    pub year_month: Option<(i8, i8)>,
    /// Day of the month, hour, minute, second.
    pub day_time: (i8, i8, i8, i8),
    /// 允许发送传输延时, minutes.
    pub delay_min: u8,
}

impl Stamp {
    /// The moment: exact with year and month, otherwise the latest one before the day
    /// after `received_at`.
    #[must_use]
    pub fn moment(self, received_at: Option<Time>) -> Option<Time> {
        let (day, hour, minute, second) = self.day_time;
        if let Some((year, month)) = self.year_month {
            return Time::from_beijing(2000 + i16::from(year), month, day, hour, minute, second);
        }
        let received = received_at?;
        // The latest such day: a station's clock is at most a day ahead.
        (-1..=31).find_map(|days_back| {
            let w = received.plus_ms(-days_back * DAY_MS).beijing();
            (w.day() == day).then(|| Time::from_beijing(w.year(), w.month(), day, hour, minute, second))?
        })
    }
}

/// What was read from a frame. Readings are there only when it can be trusted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decoded {
    /// 上行 or 下行.
    pub direction: Option<Direction>,
    /// 控制域 C.
    pub control: Option<u8>,
    /// 拆分帧计数, where the frame is a part.
    pub part: Option<u8>,
    /// 地址域 A as bytes.
    pub address: Option<[u8; 5]>,
    /// 地址域 A as ten hexadecimal digits.
    pub station: Option<String>,
    /// 应用层功能码.
    pub afn: Option<u8>,
    /// The values; the names that points list: the kind's code (`02`), `02.2` for its second value, `03T` for
    /// the amount of water behind a flow, `07W` for the wind beside the air's pressure, `0E-1h` for an hour's
    /// rain, `alarm` and `state` for the words of the terminal.
    pub readings: Vec<FrameReading>,
    /// 终端报警状态.
    pub alarm: Option<u16>,
    /// 终端状态.
    pub state: Option<u16>,
    /// 时间标签.
    pub stamp: Option<Stamp>,
    /// 链路检测: F0 login, F1 logout, F2 keep alive.
    pub link: Option<u8>,
    /// Data that is not read.
    pub unread: Vec<u8>,
    /// What was wrong or odd, and which bytes mean what.
    pub remarks: Remarks,
}

impl Decoded {
    /// Which standard the frame's time stamp shows; the newer one where there is none.
    #[must_use]
    pub fn edition(&self) -> Edition {
        match self.stamp {
            Some(Stamp { year_month: None, .. }) => Edition::Szy206,
            _ => Edition::Slt427,
        }
    }

    /// What the frame says about a value: one that was keyed in (82) is manual.
    #[must_use]
    pub fn quality(&self, reading: &FrameReading) -> Quality {
        let is_word = ["alarm", "state"].contains(&reading.id.as_str());
        match (reading.value, self.afn) {
            (None, _) => Quality::Missing,
            (Some(_), Some(super::afn::MANUAL)) if !is_word => Quality::Manual,
            (Some(_), _) => Quality::Good,
        }
    }

    /// The moment of the values, where the frame alone tells it.
    #[must_use]
    pub fn observed_at(&self) -> Option<Time> {
        self.stamp.and_then(|stamp| stamp.moment(None))
    }

    /// What the house keeps of it. Values without a time are observed when they arrived.
    #[must_use]
    pub fn to_report(&self, received_at: Time) -> Report {
        let sent_at = self.stamp.and_then(|stamp| stamp.moment(Some(received_at)));
        let at = sent_at.unwrap_or(received_at);
        let mut report = Report::of_frame(self.station.as_ref(), sent_at, &self.readings, at);
        for (kept, read) in report.readings.iter_mut().zip(&self.readings) {
            kept.quality = self.quality(read);
        }
        report
    }
}
