//! 要素: the elements of SL 651-2014 table C.1: identifier, mnemonic, unit and size.
//!
//! Units are written in ASCII (`m3/s`) and are the units of decoded values: F4 to FC arrive as
//! whole tenths of a millimetre and centimetres and leave as mm and m.

/// 瞬时河道水位 and the rest: one line of table C.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ElementKind {
    /// 标识符引导符.
    pub id: u8,
    /// 标识符 ASCII 码, such as `PT`.
    pub mnemonic: &'static str,
    /// Unit of the decoded value; empty where it has none.
    pub unit: &'static str,
    /// Digits of N(D,d), without the point.
    pub digits: u8,
    /// Digits after the point.
    pub decimals: u8,
}

impl ElementKind {
    /// Bytes its digits take.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        (self.digits as usize).div_ceil(2)
    }
}

const fn e(id: u8, mnemonic: &'static str, unit: &'static str, digits: u8, decimals: u8) -> ElementKind {
    ElementKind { id, mnemonic, unit, digits, decimals }
}

/// The element with that identifier.
#[must_use]
pub fn element(id: u8) -> Option<&'static ElementKind> {
    ELEMENTS.iter().find(|kind| kind.id == id)
}

/// The element with that mnemonic.
pub(crate) fn by_mnemonic(mnemonic: &str) -> Option<&'static ElementKind> {
    ELEMENTS.iter().find(|kind| kind.mnemonic == mnemonic)
}

/// 时间步长码.
pub(crate) const TIME_STEP: u8 = 0x04;
/// 遥测站状态及报警信息.
pub(crate) const STATUS: u8 = 0x45;
/// 1小时内每5分钟时段雨量.
pub(crate) const FIVE_MINUTE_RAIN: u8 = 0xF4;
/// 1小时内5分钟间隔相对水位1; seven more follow.
pub(crate) const FIVE_MINUTE_LEVEL_1: u8 = 0xF5;
/// 1小时内5分钟间隔相对水位8.
pub(crate) const FIVE_MINUTE_LEVEL_8: u8 = 0xFC;

/// Table C.1. The groups F0 to F3 and FD are no elements and stand elsewhere.
#[rustfmt::skip]
pub const ELEMENTS: &[ElementKind] = &[
    e(0x01, "AC", "m2", 8, 2),
    e(0x02, "AI", "°C", 3, 1),
    e(0x03, "C", "°C", 3, 1),
    e(0x04, "DR", "", 6, 0),
    e(0x05, "DT", "", 4, 2),
    e(0x06, "ED", "mm", 5, 1),
    e(0x07, "EJ", "mm", 5, 1),
    e(0x08, "FL", "hPa", 5, 0),
    e(0x09, "GH", "m", 5, 2),
    e(0x0A, "GN", "", 3, 0),
    e(0x0B, "GS", "", 1, 0),
    e(0x0C, "GT", "", 3, 0),
    e(0x0D, "GTP", "°C", 3, 1),
    e(0x0E, "H", "m", 6, 2),
    e(0x0F, "HW", "m", 5, 2),
    e(0x10, "M10", "%", 4, 1),
    e(0x11, "M20", "%", 4, 1),
    e(0x12, "M30", "%", 4, 1),
    e(0x13, "M40", "%", 4, 1),
    e(0x14, "M50", "%", 4, 1),
    e(0x15, "M60", "%", 4, 1),
    e(0x16, "M80", "%", 4, 1),
    e(0x17, "M100", "%", 4, 1),
    e(0x18, "MST", "%", 4, 1),
    e(0x19, "NS", "", 2, 0),
    e(0x1A, "P1", "mm", 5, 1),
    e(0x1B, "P2", "mm", 5, 1),
    e(0x1C, "P3", "mm", 5, 1),
    e(0x1D, "P6", "mm", 5, 1),
    e(0x1E, "P12", "mm", 5, 1),
    e(0x1F, "PD", "mm", 5, 1),
    e(0x20, "PJ", "mm", 5, 1),
    e(0x21, "PN01", "mm", 5, 1),
    e(0x22, "PN05", "mm", 5, 1),
    e(0x23, "PN10", "mm", 5, 1),
    e(0x24, "PN30", "mm", 5, 1),
    e(0x25, "PR", "mm", 5, 1),
    e(0x26, "PT", "mm", 6, 1),
    e(0x27, "Q", "m3/s", 9, 3),
    e(0x28, "Q1", "m3/s", 9, 3),
    e(0x29, "Q2", "m3/s", 9, 3),
    e(0x2A, "Q3", "m3/s", 9, 3),
    e(0x2B, "Q4", "m3/s", 9, 3),
    e(0x2C, "Q5", "m3/s", 9, 3),
    e(0x2D, "Q6", "m3/s", 9, 3),
    e(0x2E, "Q7", "m3/s", 9, 3),
    e(0x2F, "Q8", "m3/s", 9, 3),
    e(0x30, "QA", "m3/s", 9, 3),
    e(0x31, "QZ", "m3/s", 9, 3),
    e(0x32, "SW", "10kt", 11, 3),
    e(0x33, "UC", "", 2, 0),
    e(0x34, "UE", "", 2, 0),
    e(0x35, "US", "m/s", 4, 1),
    e(0x36, "VA", "m/s", 5, 3),
    e(0x37, "VJ", "m/s", 5, 3),
    e(0x38, "VT", "V", 4, 2),
    e(0x39, "Z", "m", 7, 3),
    e(0x3A, "ZB", "m", 7, 3),
    e(0x3B, "ZU", "m", 7, 3),
    e(0x3C, "Z1", "m", 7, 3),
    e(0x3D, "Z2", "m", 7, 3),
    e(0x3E, "Z3", "m", 7, 3),
    e(0x3F, "Z4", "m", 7, 3),
    e(0x40, "Z5", "m", 7, 3),
    e(0x41, "Z6", "m", 7, 3),
    e(0x42, "Z7", "m", 7, 3),
    e(0x43, "Z8", "m", 7, 3),
    e(0x44, "SQ", "kg/m3", 9, 3),
    e(0x45, "ZT", "", 8, 0),
    e(0x46, "pH", "", 4, 2),
    e(0x47, "DO", "mg/L", 4, 1),
    e(0x48, "COND", "uS/cm", 5, 0),
    e(0x49, "TURB", "NTU", 3, 0),
    e(0x4A, "CODMN", "mg/L", 4, 1),
    e(0x4B, "REDOX", "mV", 5, 1),
    e(0x4C, "NH4N", "mg/L", 6, 2),
    e(0x4D, "TP", "mg/L", 5, 3),
    e(0x4E, "TN", "mg/L", 5, 2),
    e(0x4F, "TOC", "mg/L", 4, 2),
    e(0x50, "CU", "mg/L", 7, 4),
    e(0x51, "ZN", "mg/L", 6, 4),
    e(0x52, "SE", "mg/L", 7, 5),
    e(0x53, "AS", "mg/L", 7, 5),
    e(0x54, "THG", "mg/L", 7, 5),
    e(0x55, "CD", "mg/L", 7, 5),
    e(0x56, "PB", "mg/L", 7, 5),
    e(0x57, "CHLA", "mg/L", 4, 2),
    e(0x58, "WP1", "kPa", 5, 2),
    e(0x59, "WP2", "kPa", 5, 2),
    e(0x5A, "WP3", "kPa", 5, 2),
    e(0x5B, "WP4", "kPa", 5, 2),
    e(0x5C, "WP5", "kPa", 5, 2),
    e(0x5D, "WP6", "kPa", 5, 2),
    e(0x5E, "WP7", "kPa", 5, 2),
    e(0x5F, "WP8", "kPa", 5, 2),
    e(0x60, "SYL1", "m3", 11, 3),
    e(0x61, "SYL2", "m3", 11, 3),
    e(0x62, "SYL3", "m3", 11, 3),
    e(0x63, "SYL4", "m3", 11, 3),
    e(0x64, "SYL5", "m3", 11, 3),
    e(0x65, "SYL6", "m3", 11, 3),
    e(0x66, "SYL7", "m3", 11, 3),
    e(0x67, "SYL8", "m3", 11, 3),
    e(0x68, "SBL1", "m3/h", 10, 2),
    e(0x69, "SBL2", "m3/h", 10, 2),
    e(0x6A, "SBL3", "m3/h", 10, 2),
    e(0x6B, "SBL4", "m3/h", 10, 2),
    e(0x6C, "SBL5", "m3/h", 10, 2),
    e(0x6D, "SBL6", "m3/h", 10, 2),
    e(0x6E, "SBL7", "m3/h", 10, 2),
    e(0x6F, "SBL8", "m3/h", 10, 2),
    e(0x70, "VTA", "V", 4, 1),
    e(0x71, "VTB", "V", 4, 1),
    e(0x72, "VTC", "V", 4, 1),
    e(0x73, "VIA", "A", 4, 1),
    e(0x74, "VIB", "A", 4, 1),
    e(0x75, "VIC", "A", 4, 1),
    e(0xF4, "DRP", "mm", 0, 1),
    e(0xF5, "DRZ1", "m", 0, 2),
    e(0xF6, "DRZ2", "m", 0, 2),
    e(0xF7, "DRZ3", "m", 0, 2),
    e(0xF8, "DRZ4", "m", 0, 2),
    e(0xF9, "DRZ5", "m", 0, 2),
    e(0xFA, "DRZ6", "m", 0, 2),
    e(0xFB, "DRZ7", "m", 0, 2),
    e(0xFC, "DRZ8", "m", 0, 2),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_names_nothing_twice() {
        assert!(ELEMENTS.windows(2).all(|pair| pair[0].id < pair[1].id));
        let mut names: Vec<_> = ELEMENTS.iter().map(|kind| kind.mnemonic).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ELEMENTS.len());
    }

    #[test]
    fn the_definition_bytes_of_the_common_elements_come_out_as_in_real_frames() {
        for (id, definition) in
            [(0x20, 0x19), (0x26, 0x19), (0x39, 0x23), (0x38, 0x12), (0x27, 0x2B), (0x19, 0x08)]
        {
            let kind = element(id).unwrap();
            assert_eq!(kind.bytes() << 3 | usize::from(kind.decimals), definition, "{id:02X}");
        }
    }
}
