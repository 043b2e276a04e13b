//! 单位: what senders write, and how it becomes the unit a point is kept in.
//!
//! Pure. A unit nobody knows, or of another dimension than the point's, is told and never guessed.

/// 量纲: what a unit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dimension {
    Length,
    Flow,
    Volume,
    Pressure,
    Voltage,
    Concentration,
    Temperature,
    Fraction,
    Speed,
    Power,
    Energy,
    Current,
    Time,
    Frequency,
    Conductivity,
}

/// Names (as written, lower case), dimension, factor and offset to the dimension's base unit:
/// m, m³/s, m³, Pa, V, mg/L, °C, 1, m/s, W, J, A, s, Hz, µS/cm.
const UNITS: &[(&[&str], Dimension, f64, f64)] = &[
    (&["m", "米", "metre", "meter", "metres", "meters"], Dimension::Length, 1.0, 0.0),
    (&["dm", "分米"], Dimension::Length, 0.1, 0.0),
    (&["cm", "厘米"], Dimension::Length, 0.01, 0.0),
    (&["mm", "毫米"], Dimension::Length, 0.001, 0.0),
    (&["km", "千米", "公里"], Dimension::Length, 1_000.0, 0.0),
    (&["ft", "英尺"], Dimension::Length, 0.3048, 0.0),
    (&["in", "英寸"], Dimension::Length, 0.0254, 0.0),
    (&["m3/s", "m³/s", "m^3/s", "立方米/秒", "cms"], Dimension::Flow, 1.0, 0.0),
    (&["m3/h", "m³/h", "m^3/h", "立方米/小时", "t/h", "吨/小时"], Dimension::Flow, 1.0 / 3_600.0, 0.0),
    (&["m3/d", "m³/d", "m^3/d", "立方米/日", "立方米/天", "t/d"], Dimension::Flow, 1.0 / 86_400.0, 0.0),
    (&["l/s", "升/秒", "lps"], Dimension::Flow, 0.001, 0.0),
    (&["l/min", "升/分"], Dimension::Flow, 0.001 / 60.0, 0.0),
    (&["l/h", "升/小时"], Dimension::Flow, 0.001 / 3_600.0, 0.0),
    (&["m3", "m³", "m^3", "立方米", "t", "吨"], Dimension::Volume, 1.0, 0.0),
    (&["l", "升"], Dimension::Volume, 0.001, 0.0),
    (&["万m3", "万m³", "万立方米", "万吨"], Dimension::Volume, 10_000.0, 0.0),
    (&["pa", "帕"], Dimension::Pressure, 1.0, 0.0),
    (&["kpa", "千帕"], Dimension::Pressure, 1_000.0, 0.0),
    (&["mpa", "兆帕"], Dimension::Pressure, 1_000_000.0, 0.0),
    (&["bar", "巴"], Dimension::Pressure, 100_000.0, 0.0),
    (&["mbar", "hpa"], Dimension::Pressure, 100.0, 0.0),
    (&["mh2o", "米水柱"], Dimension::Pressure, 9_806.65, 0.0),
    (&["psi"], Dimension::Pressure, 6_894.757_293_168, 0.0),
    (&["v", "伏"], Dimension::Voltage, 1.0, 0.0),
    (&["mv", "毫伏"], Dimension::Voltage, 0.001, 0.0),
    (&["kv", "千伏"], Dimension::Voltage, 1_000.0, 0.0),
    (&["mg/l", "毫克/升", "ppm", "g/m3"], Dimension::Concentration, 1.0, 0.0),
    (&["ug/l", "µg/l", "μg/l", "微克/升", "ppb", "mg/m3"], Dimension::Concentration, 0.001, 0.0),
    (&["g/l", "克/升", "kg/m3"], Dimension::Concentration, 1_000.0, 0.0),
    (&["°c", "℃", "c", "degc", "摄氏度"], Dimension::Temperature, 1.0, 0.0),
    (&["k", "开"], Dimension::Temperature, 1.0, -273.15),
    (&["°f", "℉", "degf"], Dimension::Temperature, 5.0 / 9.0, -160.0 / 9.0),
    (&["1", "ratio"], Dimension::Fraction, 1.0, 0.0),
    (&["%", "percent", "百分比"], Dimension::Fraction, 0.01, 0.0),
    (&["m/s", "米/秒"], Dimension::Speed, 1.0, 0.0),
    (&["cm/s"], Dimension::Speed, 0.01, 0.0),
    (&["km/h"], Dimension::Speed, 1.0 / 3.6, 0.0),
    (&["w", "瓦"], Dimension::Power, 1.0, 0.0),
    (&["kw", "千瓦"], Dimension::Power, 1_000.0, 0.0),
    (&["j"], Dimension::Energy, 1.0, 0.0),
    (&["kwh", "kw·h", "千瓦时", "度"], Dimension::Energy, 3_600_000.0, 0.0),
    (&["a", "安"], Dimension::Current, 1.0, 0.0),
    (&["ma", "毫安"], Dimension::Current, 0.001, 0.0),
    (&["s", "秒"], Dimension::Time, 1.0, 0.0),
    (&["min", "分钟"], Dimension::Time, 60.0, 0.0),
    (&["h", "小时"], Dimension::Time, 3_600.0, 0.0),
    (&["hz", "赫兹"], Dimension::Frequency, 1.0, 0.0),
    (&["us/cm", "µs/cm", "μs/cm"], Dimension::Conductivity, 1.0, 0.0),
    (&["ms/cm"], Dimension::Conductivity, 1_000.0, 0.0),
];

/// 换算: from one unit to another, `kept = value · factor + offset`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conversion {
    factor: f64,
    offset: f64,
}

impl Conversion {
    /// Nothing to be done.
    pub const NONE: Self = Self { factor: 1.0, offset: 0.0 };

    /// A value in the kept unit.
    #[must_use]
    pub fn apply(self, value: f64) -> f64 {
        if self == Self::NONE { value } else { value.mul_add(self.factor, self.offset) }
    }
}

/// Why a value cannot be converted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitFault {
    /// Nobody knows it.
    #[error("unit `{0}` is not known")]
    Unknown(String),
    /// Metres are no volts.
    #[error("unit `{from}` cannot become `{to}`")]
    Other {
        /// What was written.
        from: String,
        /// What the point is kept in.
        to: String,
    },
}

/// How values in unit `from` become values in unit `to`; upper and lower case are the same, but for
/// `MPa` nothing is guessed. An empty `from`, or an empty `to` (a point whose unit is the sender's),
/// changes nothing.
///
/// # Errors
/// [`UnitFault`].
pub fn conversion(from: &str, to: &str) -> Result<Conversion, UnitFault> {
    let (from, to) = (from.trim(), to.trim());
    if from.is_empty() || to.is_empty() || from == to {
        return Ok(Conversion::NONE);
    }
    let (a, b) = (find(from), find(to));
    let a = a.ok_or_else(|| UnitFault::Unknown(from.to_owned()))?;
    let b = b.ok_or_else(|| UnitFault::Unknown(to.to_owned()))?;
    if a.0 != b.0 {
        return Err(UnitFault::Other { from: from.to_owned(), to: to.to_owned() });
    }
    Ok(if a == b { Conversion::NONE } else { Conversion { factor: a.1 / b.1, offset: (a.2 - b.2) / b.1 } })
}

fn find(name: &str) -> Option<(Dimension, f64, f64)> {
    let name = name.to_lowercase();
    UNITS
        .iter()
        .find(|(names, ..)| names.contains(&name.as_str()))
        .map(|(_, d, factor, offset)| (*d, *factor, *offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn centimetres_become_metres_and_volts_do_not() {
        let cm = conversion("cm", "m").unwrap();
        assert!((cm.apply(123.0) - 1.23).abs() < 1e-12);
        assert!((conversion("厘米", "mm").unwrap().apply(2.0) - 20.0).abs() < 1e-12);
        assert!(matches!(conversion("V", "m"), Err(UnitFault::Other { .. })));
        assert!(matches!(conversion("斗", "m"), Err(UnitFault::Unknown(_))));
        assert_eq!(conversion("", "m"), Ok(Conversion::NONE));
    }

    #[test]
    fn temperatures_have_an_offset() {
        assert!((conversion("°F", "℃").unwrap().apply(212.0) - 100.0).abs() < 1e-9);
        assert!((conversion("K", "°C").unwrap().apply(273.15)).abs() < 1e-9);
        assert!((conversion("°C", "K").unwrap().apply(0.0) - 273.15).abs() < 1e-9);
    }
}
