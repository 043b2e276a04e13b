//! 数据标记: what a station says about the state in which a value was measured
//! (HJ 212-2017 6.6.4 table 8, and the marks of HJ/T 212-2005).

use field::sample::Quality;

/// A mark, and what it means for the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataFlag {
    /// As written.
    pub code: &'static str,
    /// 含义.
    pub zh: &'static str,
    /// Meaning.
    pub en: &'static str,
    /// How far the house trusts the value: only `N` (and its mark of 2005 for air stations, `3`) is
    /// good, so only it counts in averages and compliance.
    pub quality: Quality,
}

const fn flag(code: &'static str, zh: &'static str, en: &'static str, quality: Quality) -> DataFlag {
    DataFlag { code, zh, en, quality }
}

/// Every mark of the three editions.
pub const FLAGS: &[DataFlag] = &[
    flag("N", "正常", "normal", Quality::Good),
    flag("F", "停运", "stopped", Quality::Suspect),
    flag("M", "维护", "maintenance", Quality::Suspect),
    flag("S", "手工输入的设定值", "set by hand", Quality::Manual),
    flag("D", "仪表故障", "instrument fault", Quality::Suspect),
    flag("C", "校准", "calibration", Quality::Suspect),
    flag("T", "超过测量上限", "over range", Quality::Suspect),
    flag("B", "与数采仪通讯异常", "no link to the logger", Quality::Suspect),
    // HJ/T 212-2005.
    flag("P", "电源故障", "power fault", Quality::Suspect),
    flag("0", "校准数据", "calibration", Quality::Suspect),
    flag("1", "气象参数", "weather parameter", Quality::Suspect),
    flag("2", "异常数据", "abnormal", Quality::Suspect),
    flag("3", "正常数据", "normal", Quality::Good),
];

/// How far to trust a value with this mark. Without a mark a value is as good as the frame: the
/// standard makes the mark optional. An unknown mark is doubtful.
#[must_use]
pub fn quality(flag: Option<&str>) -> Quality {
    match flag {
        None | Some("") => Quality::Good,
        Some(code) => {
            FLAGS.iter().find(|f| f.code.eq_ignore_ascii_case(code)).map_or(Quality::Suspect, |f| f.quality)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_normal_values_are_good() {
        let good: Vec<_> = FLAGS.iter().filter(|f| f.quality == Quality::Good).map(|f| f.code).collect();
        assert_eq!(good, ["N", "3"]);
        assert_eq!(quality(Some("n")), Quality::Good);
        assert_eq!(quality(Some("Z")), Quality::Suspect);
        assert_eq!(quality(None), Quality::Good);
    }
}
