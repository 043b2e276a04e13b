//! What was read from an HJ 212 packet.

use super::command::{self, Kind, cn};
use super::factors::factor;
use super::flag;
use crate::fault::{Fault, Remarks};
use crate::interval::{Label, Span, end_of};
use crate::report::{Report, ReportReading};
use field::sample::Quality;
use field::time::Time;

/// 分包: which part of a split report a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// PNUM.
    pub total: u16,
    /// PNO, from 1.
    pub number: u16,
}

/// 数据区的一项: `key=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Such as `w01018-Avg` or `DataTime`.
    pub key: String,
    /// As written.
    pub value: String,
}

/// One value of one factor.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Factor code as the packet writes it, such as `w01018` or `011`; `SB1` for a device.
    pub id: String,
    /// `Rtd`, `Min`, `Avg`, `Max`, `Cou`, `RS`, `RT`, `Data`…
    pub field: String,
    /// In `unit`; `None` when the station says that it has none.
    pub value: Option<f64>,
    /// Unit of the factor table; empty where none is known.
    pub unit: &'static str,
    /// 数据标记 as written.
    pub flag: Option<String>,
    /// DataTime as written: the *start* of the period for minute, hour and day data.
    pub observed_at: Time,
    /// SampleTime, where the analyser takes samples.
    pub sampled_at: Option<Time>,
}

impl Reading {
    /// How far the mark lets the value be trusted.
    #[must_use]
    pub fn quality(&self) -> Quality {
        match self.value {
            None => Quality::Missing,
            Some(_) => flag::quality(self.flag.as_deref()),
        }
    }

    /// The name that a point lists: `w01018-Rtd`, `w01018-Avg`, with codes of 2005 turned into those of
    /// 2017. Real-time and minute data and device states have plain names; what comes with another
    /// command is kept apart by its number: `w01018-Avg-2061` (hour), `w01018-Avg-2031` (day).
    #[must_use]
    pub fn element(&self, cn: Option<u16>) -> String {
        let code = super::standard_code(&self.id);
        let field = &self.field;
        match cn {
            None | Some(cn::REAL_TIME | cn::MINUTE | cn::DEVICE_STATE | cn::DEVICE_HOURS) => {
                format!("{code}-{field}")
            }
            Some(cn) => format!("{code}-{field}-{cn}"),
        }
    }

    /// 因子名称.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        factor(&self.id).map(|f| f.zh)
    }
}

/// What was read from a packet: as much as could be read, and what was wrong.
///
/// Readings are there only when the packet can be trusted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decoded {
    /// 请求编码, 17 digits: the moment the request was made.
    pub qn: Option<String>,
    /// QN as a moment.
    pub sent_at: Option<Time>,
    /// 系统编码.
    pub st: Option<String>,
    /// 命令编码.
    pub cn: Option<u16>,
    /// 访问密码.
    pub pw: Option<String>,
    /// 设备唯一标识.
    pub mn: Option<String>,
    /// 拆分包及应答标志.
    pub flag: Option<u8>,
    /// PNUM and PNO.
    pub packet: Option<Packet>,
    /// 指令参数, in order.
    pub items: Vec<Item>,
    /// DataTime.
    pub data_time: Option<Time>,
    /// The values, in the order they stand in the packet.
    pub readings: Vec<Reading>,
    /// 指令参数 as bytes, for putting a split report together.
    pub cp: Vec<u8>,
    /// What was wrong or odd, and which bytes mean what.
    pub remarks: Remarks,
}

impl Decoded {
    /// 标准版本号 of the Flag (bits V5 to V0): 2005, 2017 or 2025; a packet without Flag is of 2005.
    #[must_use]
    pub fn version(&self) -> u16 {
        match self.flag.map(|flag| flag >> 2) {
            None | Some(0) => 2005,
            Some(1) => 2017,
            Some(_) => 2025,
        }
    }

    /// Flag bit A: the sender wants an answer.
    #[must_use]
    pub fn wants_answer(&self) -> bool {
        self.flag.is_some_and(|flag| flag & 1 == 1)
    }

    /// The value of a parameter.
    #[must_use]
    pub fn item(&self, key: &str) -> Option<&str> {
        self.items.iter().find(|item| item.key.eq_ignore_ascii_case(key)).map(|item| item.value.as_str())
    }

    /// What the packet is when a station sends it.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        command::command(self.cn?).map(|c| c.kind)
    }

    /// What the house keeps of it: values by their points' names, at their period's end, flows in m³/s.
    #[must_use]
    pub fn to_report(&self, minutes: u16) -> Report {
        let span = self.span(minutes);
        let reading = |r: &Reading| ReportReading {
            element: r.element(self.cn),
            value: r.value.map(|value| value * to_house(r.unit)),
            observed_at: end_of(Label::Start, r.observed_at, span),
            quality: r.quality(),
        };
        Report {
            station: self.mn.clone(),
            sent_at: self.sent_at,
            readings: self.readings.iter().map(reading).collect(),
            files: Vec::new(),
        }
    }

    /// How long the period is that its values stand for; `minutes` is the station's MinInterval.
    #[must_use]
    pub fn span(&self, minutes: u16) -> Span {
        self.cn.map_or(Span::Moment, |cn| command::span(cn, minutes))
    }

    pub(crate) fn note(&mut self, code: &'static str, message: impl Into<String>) {
        if !self.remarks.notes.iter().any(|note| note.code == code) {
            self.remarks.notes.push(Fault::minor(code, message));
        }
    }
}

/// What makes a value of the factor table one of the house: flows are kept in m³/s, everything else in
/// the unit of the table.
const fn to_house(unit: &str) -> f64 {
    match unit.as_bytes() {
        b"L/s" => 1.0e-3,
        b"m3/h" => 1.0 / 3_600.0,
        _ => 1.0,
    }
}
