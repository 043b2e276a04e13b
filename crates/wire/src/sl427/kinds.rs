//! 命令与类型码: what the data of a frame measure (SL/T 427-2021 table 6 and 7.3.22, tables 33 to 47),
//! and where SZY 206-2016 differs.
//!
//! The forms of SL/T 427 were taken from its text as <https://github.com/ThingsPanel/go-sl427> has it,
//! those of SZY 206 from <https://github.com/hm1212/szy206-protocol>.

/// 版本: which standard a frame speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// SZY 206-2016: its time stamp says neither year nor month.
    Szy206,
    /// SL/T 427-2021.
    Slt427,
}

/// How the digits of a part are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Digits alone.
    Plain,
    /// The highest half byte is F below zero, 0 otherwise.
    Signed,
    /// The highest half byte holds sign and unit (table 35): bits 7 and 6 both set below zero, bits 5 and
    /// 4 both set for m³/h.
    Flow,
    /// The highest half byte is no digit of the number: the wind's direction (table 40).
    LowDigits,
    /// The highest half byte alone, behind the part that is read without it.
    HighDigit,
}

/// 一项: one value within what an instrument reports.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// What stands behind the kind's code in the name that a point lists: `T` of `03T`; empty for the first.
    pub suffix: &'static str,
    /// What it is.
    pub element: &'static str,
    /// Bytes it takes; none where it shares those of the part before it.
    pub bytes: u8,
    /// Digits behind the point.
    pub decimals: u8,
    /// How its digits are read.
    pub form: Form,
    /// Unit.
    pub unit: &'static str,
    /// What makes it the house's unit.
    pub to_si: f64,
}

/// A kind of data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kind {
    /// Its code, the low four bits of C.
    pub code: u8,
    /// 名称.
    pub zh: &'static str,
    /// What one instrument reports, in this order.
    pub parts: &'static [Part],
}

impl Kind {
    /// Bytes of what one instrument reports.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.parts.iter().map(|part| usize::from(part.bytes)).sum()
    }
}

const fn p(
    suffix: &'static str,
    element: &'static str,
    (bytes, decimals, form): (u8, u8, Form),
    unit: &'static str,
) -> Part {
    Part { suffix, element, bytes, decimals, form, unit, to_si: 1.0 }
}

const fn k(code: u8, zh: &'static str, parts: &'static [Part]) -> Kind {
    Kind { code, zh, parts }
}

use Form::{Flow, HighDigit, LowDigits, Plain, Signed};

/// 风速 and 风向, in the same three bytes.
const WIND: [Part; 2] =
    [p("W", "wind_speed", (3, 2, LowDigits), "m/s"), p("D", "wind_direction", (0, 0, HighDigit), "")];

/// Every kind of SL/T 427 whose values are read. 00 is a confirmation, 0E a selection of several or
/// statistics of rain, 0A a map of substances whose decimals no frame tells.
pub const KINDS: &[Kind] = &[
    k(0x01, "雨量", &[p("", "rain", (3, 1, Plain), "mm")]),
    k(0x02, "水位", &[p("", "level", (4, 3, Signed), "m")]),
    k(0x03, "流量/水量", &[p("", "flow", (5, 3, Flow), "m3/s"), p("T", "amount", (5, 0, Plain), "m3")]),
    k(0x04, "流速", &[p("", "velocity", (3, 3, Signed), "m/s")]),
    k(0x05, "闸位", &[p("", "gate", (3, 2, Plain), "m")]),
    k(0x06, "功率", &[p("", "power", (3, 0, Plain), "kW")]),
    k(
        0x07,
        "气象参数",
        &[
            p("", "air_pressure", (3, 0, Plain), "hPa"),
            WIND[0],
            WIND[1],
            p("A", "air_temperature", (2, 1, Signed), "degC"),
        ],
    ),
    k(0x08, "电量", &[p("", "energy", (4, 2, Plain), "kWh")]),
    k(0x09, "水温", &[p("", "water_temperature", (2, 1, Plain), "degC")]),
    k(
        0x0B,
        "土壤含水率",
        &[p("", "soil_moisture", (2, 1, Plain), "%"), p("D", "depth", (2, 0, Plain), "cm")],
    ),
    k(0x0C, "蒸发量", &[p("", "evaporation", (3, 1, Plain), "mm")]),
    k(0x0D, "电压", &[p("", "voltage", (2, 2, Plain), "V")]),
    k(0x0F, "水压", &[Part { to_si: 1.0e-3, ..p("", "pressure", (4, 2, Plain), "kPa") }]),
];

/// The kinds that SZY 206 has otherwise.
const OLDER: &[Kind] = &[
    k(0x07, "气压", &[p("", "air_pressure", (3, 0, Plain), "hPa")]),
    k(0x08, "风速", &WIND),
    k(0x0B, "土壤含水率", &[p("", "soil_moisture", (2, 1, Plain), "%")]),
];

/// 水质: a map of substances and four bytes for each.
pub(crate) const QUALITY: u8 = 0x0A;
/// 报警或状态: may come without a value.
pub(crate) const STATE: u8 = 0x0D;
/// 综合参数 of an answer, 统计雨量 of a report.
pub(crate) const SELECTION: u8 = 0x0E;
/// The kinds that the bits of a selection stand for, from the lowest up (table 45). Of SZY 206 the lowest is
/// 水质, which is not read.
pub(crate) const SELECTED: [u8; 8] = [0x0F, 0x0B, 0x06, 0x07, 0x05, 0x03, 0x02, 0x01];
/// What bit 3 of a selection stands for in SZY 206: 风速.
pub(crate) const OLDER_WEATHER: u8 = 0x08;

/// The kind of a code.
#[must_use]
pub fn kind(code: u8, edition: Edition) -> Option<&'static Kind> {
    let of = |list: &'static [Kind]| list.iter().find(|kind| kind.code == code);
    match edition {
        Edition::Szy206 => of(OLDER).or_else(|| of(KINDS)),
        Edition::Slt427 => of(KINDS),
    }
}
