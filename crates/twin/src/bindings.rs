//! 绑定: which object of a model is which station. `bindings.json` beside the models, version 1.
//!
//! Promises: an unknown key is an error with its place, never ignored. What names a station or an object
//! that is not there is left out and said ([`crate::Trouble`]), the rest goes on.

use crate::trouble::Trouble;
use field::id::StationCode;
use field::station::Quantity;
use serde::{Deserialize, Serialize};

/// `bindings.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bindings {
    /// Version of the format: 1.
    pub v: u32,
    /// Of `storm.inp`.
    #[serde(default)]
    pub storm: StormBindings,
    /// Of `supply.inp`.
    #[serde(default)]
    pub supply: SupplyBindings,
}

/// What `storm.inp` is bound to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StormBindings {
    /// Rain gages.
    pub gages: Vec<GageBinding>,
    /// Nodes whose level or depth is measured.
    pub levels: Vec<LevelBinding>,
    /// Outfalls that end in a measured river.
    pub stages: Vec<StageBinding>,
    /// Pumps whose running is reported.
    pub pumps: Vec<PumpBinding>,
    /// Streets whose ground is known.
    pub streets: Vec<StreetBinding>,
}

/// What `supply.inp` is bound to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SupplyBindings {
    /// Tanks and reservoirs whose level is measured.
    pub heads: Vec<HeadBinding>,
    /// Pumps whose running is reported.
    pub pumps: Vec<PumpBinding>,
    /// Valves whose state is reported.
    pub valves: Vec<ValveBinding>,
    /// Zones whose inflow is measured.
    pub zones: Vec<ZoneBinding>,
    /// Nodes whose pressure is measured.
    pub pressures: Vec<PressureBinding>,
}

/// 雨量计 of the model and the gauge it hears.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GageBinding {
    /// Name in `[RAINGAGES]`.
    pub gage: String,
    /// The station; its point of rain.
    pub station: StationCode,
}

/// 液位 at a node: measured = head − zero, never below 0 where the gauge cannot see below it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelBinding {
    /// Name of the node.
    pub node: String,
    /// The station; its point of level or depth.
    pub station: StationCode,
    /// Height in the model's datum at which the station reads 0, m (0 for a level in that datum).
    #[serde(default)]
    pub zero_m: f64,
    /// Whether the gauge reads 0 for everything below its zero (a gauge on a road).
    #[serde(default)]
    pub floor: bool,
}

/// 外水位: the river an outfall ends in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageBinding {
    /// Name of the outfall.
    pub outfall: String,
    /// The station; its point of level.
    pub station: StationCode,
    /// Height in the model's datum at which the station reads 0, m.
    #[serde(default)]
    pub zero_m: f64,
}

/// 泵组: as many of these as the station reports running, in this order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PumpBinding {
    /// Names of the pumps.
    pub links: Vec<String>,
    /// The station; its point of pumps running.
    pub station: StationCode,
}

/// 阀门: which of these are open, as the station's status word says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValveBinding {
    /// Names of pipes or valves, at most 32: bit n of the word (from 0, the least) is 1 while link n is open.
    pub links: Vec<String>,
    /// The station; its point of status.
    pub station: StationCode,
}

/// 街面: the ground that a node's water stands on when it is out of the sewer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreetBinding {
    /// Name of the node.
    pub node: String,
    /// The station that stands there.
    pub station: StationCode,
    /// File beside the models: an ESRI ASCII grid of heights in metres, buildings without data.
    pub ground: String,
    /// Longitude and latitude (WGS-84) from which the grid's corner counts, metres east and north.
    pub origin: [f64; 2],
    /// Height of the ground at the node in the model's datum, m; else the node's rim.
    #[serde(default)]
    pub ground_m: Option<f64>,
}

/// 水池、水库: what a level is measured of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadBinding {
    /// Name of the tank or reservoir.
    pub node: String,
    /// The station; its point of level or depth.
    pub station: StationCode,
    /// Added to the reading: gives a tank's level above its bottom, a reservoir's head, m.
    #[serde(default)]
    pub offset_m: f64,
}

/// 分区: the junctions whose demands follow one measured inflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZoneBinding {
    /// Its name.
    pub zone: String,
    /// Names of its junctions; empty: those whose tag is the zone's name.
    #[serde(default)]
    pub nodes: Vec<String>,
    /// What flows in and out, measured.
    pub inflows: Vec<ZoneInflow>,
}

/// A measured flow at a zone's edge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZoneInflow {
    /// The station; its point of flow, m³/s.
    pub station: StationCode,
    /// 1 flows in, −1 flows out.
    #[serde(default = "one")]
    pub sign: f64,
}

/// 压力 at a node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PressureBinding {
    /// Name of the junction.
    pub node: String,
    /// The station; its point of pressure, MPa.
    pub station: StationCode,
}

const fn one() -> f64 {
    1.0
}

impl Bindings {
    /// The file's name among the models.
    pub const FILE: &str = "bindings.json";

    /// Reads the file's bytes.
    ///
    /// # Errors
    /// [`Trouble::Bindings`] with the line and the key.
    pub fn read(bytes: &[u8]) -> Result<Self, Trouble> {
        let bindings: Self =
            serde_json::from_slice(bytes).map_err(|why| Trouble::Bindings { why: why.to_string() })?;
        if bindings.v != 1 {
            let why = format!("version {} is not known; this program reads version 1", bindings.v);
            return Err(Trouble::Bindings { why });
        }
        Ok(bindings)
    }
}

/// What a level binding may hear.
pub(crate) const LEVELS: &[Quantity] = &[Quantity::Level, Quantity::Depth];
