//! 测站与测点: what stands in the field and what it measures.

use crate::id::{BlockId, PointId, StationCode};
use crate::place::Position;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// 站类.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StationKind {
    /// 雨量站 (SL 651 type P).
    Rain,
    /// 道路积水监测点.
    Ponding,
    /// 检查井液位监测点.
    Manhole,
    /// 河道水位站 (SL 651 type H).
    River,
    /// 排涝泵站 (SL 651 type D).
    Pump,
    /// 水库站 (SL 651 type K).
    Reservoir,
    /// 污水处理厂: its discharge, by HJ 212.
    Plant,
    /// 水表 of a household or a community.
    Meter,
    /// 供水站点: a works, a balancing tank, a zone's meter or a pressure logger.
    Supply,
}

impl StationKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Rain,
        Self::Ponding,
        Self::Manhole,
        Self::River,
        Self::Pump,
        Self::Reservoir,
        Self::Plant,
        Self::Meter,
        Self::Supply,
    ];

    /// The name used in the API, in CSV and in stored records.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Rain => "rain",
            Self::Ponding => "ponding",
            Self::Manhole => "manhole",
            Self::River => "river",
            Self::Pump => "pump",
            Self::Reservoir => "reservoir",
            Self::Plant => "plant",
            Self::Meter => "meter",
            Self::Supply => "supply",
        }
    }

    /// The kind with that name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.code() == code)
    }
}

/// 物理量: what a point measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// 时段雨量, mm, labelled at the end of its five minutes.
    Rain,
    /// 累计雨量, mm, a counter that only grows until it is reset.
    RainTotal,
    /// 水位, m above the 1985 datum.
    Level,
    /// 积水深 or depth of water above the invert, m.
    Depth,
    /// 流量, m³/s.
    Flow,
    /// 电源电压, V.
    Voltage,
    /// 开机台数.
    PumpsRunning,
    /// 状态字 (SL 651 element 45), bits.
    Status,
    /// 化学需氧量, mg/L.
    Cod,
    /// 氨氮, mg/L.
    AmmoniaNitrogen,
    /// 总磷, mg/L.
    TotalPhosphorus,
    /// 总氮, mg/L.
    TotalNitrogen,
    /// pH 值.
    Ph,
    /// 累计水量, m³: a counter that only grows until it is reset or exchanged.
    WaterTotal,
    /// 累计电量, kWh: a counter likewise.
    Energy,
    /// 压力 of water in a pipe above the air's, MPa.
    Pressure,
    /// 未分类: a pushed series nobody has classified yet; its unit is the sender's.
    Other,
}

impl Quantity {
    /// Every quantity.
    pub const ALL: [Self; 17] = [
        Self::Rain,
        Self::RainTotal,
        Self::Level,
        Self::Depth,
        Self::Flow,
        Self::Voltage,
        Self::PumpsRunning,
        Self::Status,
        Self::Cod,
        Self::AmmoniaNitrogen,
        Self::TotalPhosphorus,
        Self::TotalNitrogen,
        Self::Ph,
        Self::WaterTotal,
        Self::Energy,
        Self::Pressure,
        Self::Other,
    ];

    /// The name used in the API, in CSV and in stored records.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Rain => "rain",
            Self::RainTotal => "rain_total",
            Self::Level => "level",
            Self::Depth => "depth",
            Self::Flow => "flow",
            Self::Voltage => "voltage",
            Self::PumpsRunning => "pumps_running",
            Self::Status => "status",
            Self::Cod => "cod",
            Self::AmmoniaNitrogen => "ammonia_nitrogen",
            Self::TotalPhosphorus => "total_phosphorus",
            Self::TotalNitrogen => "total_nitrogen",
            Self::Ph => "ph",
            Self::WaterTotal => "water_total",
            Self::Energy => "energy",
            Self::Pressure => "pressure",
            Self::Other => "other",
        }
    }

    /// The quantity with that name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|q| q.code() == code)
    }

    /// The unit values are kept in.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Rain | Self::RainTotal => "mm",
            Self::Level | Self::Depth => "m",
            Self::Flow => "m3/s",
            Self::Voltage => "V",
            Self::Cod | Self::AmmoniaNitrogen | Self::TotalPhosphorus | Self::TotalNitrogen => "mg/L",
            Self::WaterTotal => "m3",
            Self::Energy => "kWh",
            Self::Pressure => "MPa",
            Self::PumpsRunning | Self::Status | Self::Ph | Self::Other => "",
        }
    }

    /// Whether the value is what a person comes for (and the station's headline on the map).
    #[must_use]
    pub const fn is_headline(self) -> bool {
        matches!(self, Self::Rain | Self::Level | Self::Depth)
    }
}

/// 测点.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Given by the registry; never reused.
    pub id: PointId,
    /// The station it belongs to.
    pub station: StationCode,
    /// What it measures.
    pub quantity: Quantity,
    /// Protocol element ids that feed it, such as `["22", "F4"]` (SL 651, hexadecimal).
    pub elements: Vec<String>,
    /// Least plausible value, in the quantity's unit.
    pub min: f64,
    /// Greatest plausible value, in the quantity's unit.
    pub max: f64,
    /// The unit of a point nobody has classified ([`Quantity::Other`]), as its sender named it first; empty:
    /// none was named. See [`Point::unit`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub own_unit: String,
}

/// 计算系列: what a model says of a measured point. Such a series is an ordinary point of the same
/// station, told by its elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "series", content = "lead_min")]
pub enum Computed {
    /// 模拟: the model's value of the moment, before it was corrected by the measured one.
    Simulated,
    /// 预报: the value foretold so many minutes before, at the moment it was foretold for.
    Forecast(u16),
    /// 残差: measured less simulated.
    Residual,
}

/// What the elements of computed points begin with.
const COMPUTED: &str = "twin.";
/// The element that names the measured point.
const COMPUTED_OF: &str = "twin.of.";

impl Computed {
    /// The elements of the point that carries this series of the measured point `of`.
    #[must_use]
    pub fn elements(self, of: PointId) -> Vec<String> {
        let what = match self {
            Self::Simulated => "simulated".to_owned(),
            Self::Forecast(lead_min) => format!("forecast.{lead_min}"),
            Self::Residual => "residual".to_owned(),
        };
        vec![format!("{COMPUTED}{what}"), format!("{COMPUTED_OF}{of}")]
    }

    fn of_element(element: &str) -> Option<Self> {
        match element.strip_prefix(COMPUTED)? {
            "simulated" => Some(Self::Simulated),
            "residual" => Some(Self::Residual),
            other => other.strip_prefix("forecast.")?.parse().ok().map(Self::Forecast),
        }
    }
}

/// Longest unit of a sender that becomes a point's, bytes.
const OWN_UNIT_MAX: usize = 24;

impl Point {
    /// The unit its values are kept in; empty where it has none, or nobody has named one yet.
    #[must_use]
    pub fn unit(&self) -> &str {
        match self.quantity {
            Quantity::Other => &self.own_unit,
            quantity => quantity.unit(),
        }
    }

    /// Whether a unit that a sender names becomes the point's: nobody has classified it, and no unit was named
    /// before. From then on others are converted into it or refused.
    #[must_use]
    pub fn takes_unit(&self, unit: &str) -> bool {
        let plain = |c: char| !c.is_control() && !matches!(c, ',' | ';' | '"' | '\n');
        self.quantity == Quantity::Other
            && self.own_unit.is_empty()
            && (1..=OWN_UNIT_MAX).contains(&unit.len())
            && unit.chars().all(plain)
    }

    /// What it is of which measured point, when a model computes it; `None` for a measured point.
    #[must_use]
    pub fn computed(&self) -> Option<(Computed, PointId)> {
        let [what, of] = self.elements.as_slice() else { return None };
        Some((Computed::of_element(what)?, of.strip_prefix(COMPUTED_OF)?.parse().ok()?))
    }
}

/// 检修: while it lasts, the station's alarms are suppressed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Maintenance {
    /// When it ends by itself.
    pub until: Time,
    /// Why.
    pub reason: String,
}

/// 测站.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Station {
    /// 测站编码.
    pub code: StationCode,
    /// 名称, in Chinese.
    pub name: String,
    /// Name in English; shown in the English interface, may equal `name`.
    pub name_en: String,
    /// 站类.
    pub kind: StationKind,
    /// Where it stands.
    pub position: Position,
    /// 区块 whose owner answers for it.
    pub block: BlockId,
    /// Longest normal time between two reports, seconds.
    pub report_interval_s: u32,
    /// 地面高程, m, where known: drawn in charts.
    pub ground_m: Option<f64>,
    /// 管顶高程 (or bank height for a river), m, where known: drawn in charts.
    pub crown_m: Option<f64>,
    /// Under maintenance, and until when.
    pub maintenance: Option<Maintenance>,
    /// Whether it exists only in the demo.
    pub synthetic: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_computed_point_says_what_it_is_of_which_point_and_a_measured_one_does_not() {
        let point = |elements| Point {
            id: PointId(9),
            station: StationCode::new("A").unwrap(),
            quantity: Quantity::Level,
            elements,
            min: 0.0,
            max: 9.0,
            own_unit: String::new(),
        };
        for computed in [Computed::Simulated, Computed::Forecast(60), Computed::Residual] {
            assert_eq!(point(computed.elements(PointId(4))).computed(), Some((computed, PointId(4))));
        }
        for measured in [vec![], vec!["39".to_owned()], vec!["22".to_owned(), "F4".to_owned()]] {
            assert_eq!(point(measured).computed(), None);
        }
    }
}
