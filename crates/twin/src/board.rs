//! 看板: what the models see now, as JSON for whoever draws it ([`store::Models::show`]).
//!
//! Indices count nodes and links as the map board lists them.

use crate::skill::Score;
use crate::trouble::Trouble;
use field::id::{PointId, StationCode};
use field::time::Time;
use serde::Serialize;

/// How an engine is: the board of `twin.status.` and its code.
pub const STATUS: &str = "twin.status.";
/// Scores of the event under way.
pub const RUNNING: &str = "twin.scores.running";
/// What the storm sewers do.
pub const STORM: &str = "twin.storm";
/// Where water stands on the streets.
pub const STREETS: &str = "twin.streets";
/// Where the storm sewers lie.
pub const STORM_MAP: &str = "twin.storm.map";
/// What the supply network does.
pub const SUPPLY: &str = "twin.supply";
/// Where the supply network lies.
pub const SUPPLY_MAP: &str = "twin.supply.map";
/// The setting that keeps the scores of past events.
pub const SCORES: &str = "twin.scores";

/// How an engine is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EngineStatus {
    /// Which engine.
    pub engine: &'static str,
    /// The run, once it runs.
    pub run: Option<String>,
    /// The minute it has come to.
    pub minute: Option<Time>,
    /// What the last turn took of the machine's time, ms.
    pub took_ms: u64,
    /// What is wrong; the first may be why it does not run.
    pub troubles: Vec<Trouble>,
}

/// How many of a kind of station are bound, and which are silent.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Heard {
    /// How many are bound.
    pub bound: usize,
    /// Those that said nothing lately.
    pub silent: Vec<StationCode>,
}

/// A measured value and its moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// When.
    pub at: Time,
    /// In the point's unit.
    pub value: f64,
}

/// The series of one lead time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Lead {
    /// Minutes.
    pub lead_min: u16,
    /// The point that carries it.
    pub point: PointId,
}

/// 展望 of one station.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outlook {
    /// The station.
    pub station: StationCode,
    /// Its measured point.
    pub point: PointId,
    /// The node it is bound to.
    pub node: usize,
    /// The point that carries the simulated series.
    pub simulated: Option<PointId>,
    /// The points that carry the forecasts by lead time.
    pub leads: Vec<Lead>,
    /// What was measured last: persistence says it stays so.
    pub measured: Option<Measured>,
    /// What the model says now.
    pub now: f64,
    /// The forecast, a value each step: rain stops, dies away, goes on.
    pub low: Vec<f64>,
    /// See `low`.
    pub mid: Vec<f64>,
    /// See `low`.
    pub high: Vec<f64>,
}

/// 积水 foretold or there at a node.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Flooded {
    /// The node.
    pub node: usize,
    /// Above its ground now, m.
    pub now_m: f64,
    /// At most over the horizon, m.
    pub most_m: f64,
}

/// The storm sewers now and in two hours.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StormBoard {
    /// The run.
    pub run: String,
    /// The minute.
    pub minute: Time,
    /// Rain gauges.
    pub gages: Heard,
    /// Levels.
    pub levels: Heard,
    /// Mean intensity over the gages, mm/h.
    pub rain_mm_h: f64,
    /// How far ahead, minutes.
    pub horizon_min: usize,
    /// Between two values, minutes.
    pub step_min: usize,
    /// The nowcast's intensities fall to 1/e in this time, minutes.
    pub decay_min: f64,
    /// Since when an event is under way.
    pub event_since: Option<Time>,
    /// Each bound level.
    pub stations: Vec<Outlook>,
    /// Fullness of each link now, percent.
    pub now: Vec<u8>,
    /// In one hour.
    pub hour: Vec<u8>,
    /// In two hours.
    pub two_hours: Vec<u8>,
    /// Nodes with water on the ground.
    pub flooded: Vec<Flooded>,
}

/// 街面积水 now and at its worst over the horizon, of the streets that have water or will have it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StreetsBoard {
    /// The minute.
    pub minute: Time,
    /// How far ahead, minutes.
    pub horizon_min: usize,
    /// How many streets are computed.
    pub computed: usize,
    /// Those with water.
    pub streets: Vec<StreetState>,
}

/// One street.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StreetState {
    /// The station that stands there.
    pub station: StationCode,
    /// The node whose water it is.
    pub node: usize,
    /// Now.
    pub now: Extent,
    /// The deepest each place becomes over the horizon.
    pub most: Extent,
}

/// 积水范围.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Extent {
    /// Water, m³ (of the deepest depths: not of one moment).
    pub volume_m3: f64,
    /// Ground under at least 5 cm, m².
    pub area_m2: f64,
    /// Greatest depth, m.
    pub deepest_m: f64,
    /// Outlines by depth, shallow first; those that are reached.
    pub bands: Vec<Band>,
}

/// 等深面 as GeoJSON's `MultiPolygon` has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Band {
    /// At least so deep, m.
    pub depth_m: f64,
    /// Polygons of rings of longitude and latitude, the outer ring first, then holes.
    pub polygons: Vec<Vec<Vec<[f64; 2]>>>,
}

/// Where a network lies: nodes by degrees, links by their nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MapBoard {
    /// Names of the nodes.
    pub node_names: Vec<String>,
    /// Kind of each node: `junction`, `outfall`, `storage`, `divider`, `tank`, `reservoir`.
    pub node_kinds: Vec<&'static str>,
    /// Longitude and latitude, degrees (WGS-84); `None` where the file says nothing.
    pub places: Vec<Option<(f64, f64)>>,
    /// Names of the links.
    pub link_names: Vec<String>,
    /// Kind of each link: `conduit`, `pipe`, `pump`, `orifice`, `weir`, `outlet`, `valve`.
    pub link_kinds: Vec<&'static str>,
    /// From and to, by index.
    pub ends: Vec<(usize, usize)>,
    /// Diameter or height, m; 0 where there is none.
    pub size_m: Vec<f64>,
    /// Zone of each node; empty where none.
    pub zones: Vec<String>,
}

/// What the supply network does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SupplyBoard {
    /// The run.
    pub run: String,
    /// The minute.
    pub minute: Time,
    /// Levels of tanks and reservoirs.
    pub heads: Heard,
    /// Pump stations.
    pub pumps: Heard,
    /// Flow meters of the zones.
    pub flows: Heard,
    /// Pressure gauges.
    pub pressures: Heard,
    /// Each zone.
    pub zones: Vec<ZoneState>,
    /// Each bound pressure.
    pub stations: Vec<PressureState>,
    /// Pressure at each node, kPa.
    pub pressure_kpa: Vec<i32>,
    /// Flow in each link from its first node to its second, 0.1 L/s.
    pub flow_dl_s: Vec<i32>,
    /// Indices of links that are closed.
    pub closed: Vec<usize>,
    /// Taps below the least service pressure.
    pub low_taps: usize,
    /// Taps in all.
    pub taps: usize,
}

/// 分区 now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ZoneState {
    /// Its name.
    pub zone: String,
    /// Inflow measured, m³/s; `None` where a meter is silent.
    pub inflow_m3s: Option<f64>,
    /// What its demands are multiplied by.
    pub scale: f64,
    /// Demand that is modelled, m³/s.
    pub demand_m3s: f64,
    /// Mean pressure at its taps, MPa.
    pub mean_mpa: f64,
    /// Least pressure at its taps, MPa.
    pub least_mpa: f64,
}

/// A measured pressure beside the model's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PressureState {
    /// The station.
    pub station: StationCode,
    /// Its measured point.
    pub point: PointId,
    /// The node.
    pub node: usize,
    /// The point that carries the simulated series.
    pub simulated: Option<PointId>,
    /// The point that carries the residual.
    pub residual: Option<PointId>,
    /// What was measured last.
    pub measured: Option<Measured>,
    /// What the model says, MPa.
    pub now: f64,
}

/// 一场: how an event was foretold.
#[derive(Clone, Debug, PartialEq, Serialize, serde::Deserialize)]
pub struct EventScores {
    /// Its beginning.
    pub from: Time,
    /// Its end, or how far it has come.
    pub to: Time,
    /// Each station that measured it.
    pub stations: Vec<Score>,
}

/// Scores of past events, newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, serde::Deserialize)]
pub struct Scores {
    /// Version.
    pub v: u32,
    /// Events that are over.
    pub events: Vec<EventScores>,
}

impl Scores {
    /// Most events kept: a rainy season, some 15 kB each.
    pub const MAX: usize = 20;
}
