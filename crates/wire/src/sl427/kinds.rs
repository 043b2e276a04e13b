//! 命令与类型码: what the data of a frame measure (SL/T 427-2021 table 6).

/// A kind of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its code, the low four bits of C.
    pub code: u8,
    /// What it is.
    pub element: &'static str,
    /// 名称.
    pub zh: &'static str,
    /// Bytes of one value.
    pub bytes: u8,
    /// Digits behind the point.
    pub decimals: u8,
    /// Unit.
    pub unit: &'static str,
    /// The highest half byte may be F: below zero.
    pub signed: bool,
}

const fn k(
    code: u8,
    element: &'static str,
    zh: &'static str,
    form: (u8, u8, bool),
    unit: &'static str,
) -> Kind {
    let (bytes, decimals, signed) = form;
    Kind { code, element, zh, bytes, decimals, unit, signed }
}

/// Every kind whose values are read. 00 is a confirmation, 0E a selection of several.
pub const KINDS: &[Kind] = &[
    k(0x01, "rain", "雨量", (3, 1, false), "mm"),
    k(0x02, "level", "水位", (4, 3, true), "m"),
    k(0x03, "flow", "流量/水量", (5, 3, true), "m3/s"),
    k(0x04, "velocity", "流速", (3, 3, true), "m/s"),
    k(0x05, "gate", "闸位", (3, 2, false), "m"),
    k(0x06, "power", "功率", (3, 0, false), "kW"),
    k(0x07, "weather", "气象参数", (3, 0, false), ""),
    k(0x08, "electricity", "电量参数", (3, 0, false), ""),
    k(0x09, "water_temperature", "水温", (3, 0, false), "degC"),
    k(0x0A, "quality", "水质", (3, 0, true), ""),
    k(0x0B, "soil_moisture", "土壤含水率", (3, 0, false), "%"),
    k(0x0C, "evaporation", "蒸发量", (3, 0, false), "mm"),
    k(0x0D, "voltage", "电压", (2, 2, false), "V"),
    k(0x0F, "pressure", "水压", (3, 0, false), "MPa"),
];

/// 综合参数: the code whose data begin with a byte that says which kinds follow.
pub(crate) const SELECTION: u8 = 0x0E;
/// The kinds that bits 1 to 7 of a selection stand for.
pub(crate) const SELECTED: [(u8, u8); 7] =
    [(1, 0x0B), (2, 0x06), (3, 0x07), (4, 0x05), (5, 0x03), (6, 0x02), (7, 0x01)];

/// The kind of a code.
#[must_use]
pub fn kind(code: u8) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.code == code)
}
