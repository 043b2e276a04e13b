//! 孪生: what the models see, and trials on them. The boards are read as the twin desk shows them.
//!
//! Nodes and links are told by their index in the network's map.

use super::words::Stamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// How one model is.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct EngineView {
    /// `storm` or `supply`.
    pub(crate) engine: String,
    /// The run, once it runs.
    pub(crate) run: Option<String>,
    /// The minute it has come to.
    pub(crate) minute: Option<Stamp>,
    /// What the last turn took of the machine's time, ms.
    pub(crate) took_ms: u64,
    /// What is wrong: objects with a `code`.
    #[schema(value_type = Vec<Object>)]
    pub(crate) troubles: Vec<Value>,
}

/// Where a network lies.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct NetworkView {
    pub(crate) node_names: Vec<String>,
    /// `junction`, `outfall`, `storage`, `divider`, `tank`, `reservoir`.
    pub(crate) node_kinds: Vec<String>,
    /// Longitude and latitude (WGS-84); `null` where the model has no place.
    #[schema(value_type = Vec<Option<Vec<f64>>>)]
    pub(crate) places: Vec<Option<(f64, f64)>>,
    pub(crate) link_names: Vec<String>,
    /// `conduit`, `pipe`, `pump`, `orifice`, `weir`, `outlet`, `valve`.
    pub(crate) link_kinds: Vec<String>,
    /// From and to.
    #[schema(value_type = Vec<Vec<usize>>)]
    pub(crate) ends: Vec<(usize, usize)>,
    /// Diameter or height, m; 0 where there is none.
    pub(crate) size_m: Vec<f64>,
    /// Zone of each node; empty where the network has none.
    pub(crate) zones: Vec<String>,
}

/// How many stations of a kind are bound, and which are silent.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct HeardView {
    pub(crate) bound: usize,
    pub(crate) silent: Vec<String>,
}

/// A measured value.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct MeasuredView {
    pub(crate) at: Stamp,
    pub(crate) value: f64,
}

/// The series of one lead time.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct LeadView {
    pub(crate) lead_min: u16,
    pub(crate) point: i64,
}

/// 展望 of one level.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct OutlookView {
    pub(crate) station: String,
    /// The measured point.
    pub(crate) point: i64,
    pub(crate) node: usize,
    /// The point of the simulated series.
    pub(crate) simulated: Option<i64>,
    #[schema(value_type = Vec<LeadView>)]
    pub(crate) leads: Vec<Value>,
    /// What was measured last; persistence says it stays so.
    #[schema(value_type = Option<MeasuredView>)]
    pub(crate) measured: Option<Value>,
    /// What the model says now.
    pub(crate) now: f64,
    /// A value each step, if the rain stops.
    pub(crate) low: Vec<f64>,
    /// If it dies away: the forecast.
    pub(crate) mid: Vec<f64>,
    /// If it goes on.
    pub(crate) high: Vec<f64>,
}

/// Water on the ground at a node.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct FloodedView {
    pub(crate) node: usize,
    pub(crate) now_m: f64,
    /// At most over the horizon.
    pub(crate) most_m: f64,
}

/// The storm sewers now and in two hours.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct StormTwinView {
    pub(crate) run: String,
    pub(crate) minute: Stamp,
    pub(crate) gages: HeardView,
    pub(crate) levels: HeardView,
    /// Mean intensity, mm/h.
    pub(crate) rain_mm_h: f64,
    pub(crate) horizon_min: usize,
    pub(crate) step_min: usize,
    /// The foretold rain falls to 1/e in this time.
    pub(crate) decay_min: f64,
    pub(crate) event_since: Option<Stamp>,
    pub(crate) stations: Vec<OutlookView>,
    /// Fullness of each link now, percent.
    pub(crate) now: Vec<u8>,
    /// In one hour.
    pub(crate) hour: Vec<u8>,
    /// In two hours.
    pub(crate) two_hours: Vec<u8>,
    pub(crate) flooded: Vec<FloodedView>,
}

/// Streets with water on them, now or within the horizon.
#[derive(Default, Serialize, Deserialize, ToSchema)]
pub(crate) struct StreetsTwinView {
    /// `null` while no model computes streets.
    pub(crate) minute: Option<Stamp>,
    pub(crate) horizon_min: usize,
    /// How many streets are computed.
    pub(crate) computed: usize,
    pub(crate) streets: Vec<StreetView>,
}

/// One street.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct StreetView {
    /// The station that stands there.
    pub(crate) station: String,
    pub(crate) node: usize,
    pub(crate) now: ExtentView,
    /// The deepest that each place becomes over the horizon.
    pub(crate) most: ExtentView,
}

/// 积水范围.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct ExtentView {
    pub(crate) volume_m3: f64,
    /// Under at least 5 cm.
    pub(crate) area_m2: f64,
    pub(crate) deepest_m: f64,
    /// Outlines by depth, shallow first.
    pub(crate) bands: Vec<BandView>,
}

/// Where water is at least so deep, as GeoJSON's `MultiPolygon` has it.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct BandView {
    pub(crate) depth_m: f64,
    /// Polygons of rings of longitude and latitude, outer ring first, then holes.
    #[schema(value_type = Vec<Vec<Vec<Vec<f64>>>>)]
    pub(crate) polygons: Vec<Vec<Vec<[f64; 2]>>>,
}

/// 分区 now.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct ZoneView {
    pub(crate) zone: String,
    /// Measured, m³/s; `null` where a meter is silent.
    pub(crate) inflow_m3s: Option<f64>,
    /// What its demands are multiplied by.
    pub(crate) scale: f64,
    pub(crate) demand_m3s: f64,
    pub(crate) mean_mpa: f64,
    pub(crate) least_mpa: f64,
}

/// A measured pressure beside the model's.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct PressureView {
    pub(crate) station: String,
    pub(crate) point: i64,
    pub(crate) node: usize,
    pub(crate) simulated: Option<i64>,
    pub(crate) residual: Option<i64>,
    #[schema(value_type = Option<MeasuredView>)]
    pub(crate) measured: Option<Value>,
    /// What the model says, MPa.
    pub(crate) now: f64,
}

/// The supply network now.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct SupplyTwinView {
    pub(crate) run: String,
    pub(crate) minute: Stamp,
    pub(crate) heads: HeardView,
    pub(crate) pumps: HeardView,
    pub(crate) flows: HeardView,
    pub(crate) pressures: HeardView,
    pub(crate) zones: Vec<ZoneView>,
    pub(crate) stations: Vec<PressureView>,
    /// At each node.
    pub(crate) pressure_kpa: Vec<i32>,
    /// In each link, from its first node to its second, 0.1 L/s.
    pub(crate) flow_dl_s: Vec<i32>,
    /// Links that are closed.
    pub(crate) closed: Vec<usize>,
    /// Taps below the least service pressure of 0.14 MPa.
    pub(crate) low_taps: usize,
    pub(crate) taps: usize,
}

/// How one lead time did at one station.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct LeadScoreView {
    pub(crate) lead_min: u16,
    /// Pairs compared.
    pub(crate) pairs: usize,
    pub(crate) rmse_m: f64,
    pub(crate) persistence_rmse_m: f64,
    /// 1 − MSE/MSE of persistence: 1 perfect, 0 no better than persistence, below 0 worse; `null` where
    /// the level did not move.
    pub(crate) skill: Option<f64>,
    pub(crate) peak_error_m: f64,
    /// How much later the peak was foretold than it came, minutes.
    pub(crate) peak_late_min: f64,
}

/// How an event was foretold at one station.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct ScoreView {
    pub(crate) station: String,
    pub(crate) point: i64,
    pub(crate) from: Stamp,
    pub(crate) to: Stamp,
    pub(crate) peak_m: f64,
    pub(crate) peak_at: Stamp,
    pub(crate) leads: Vec<LeadScoreView>,
}

/// How an event was foretold.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct EventScoresView {
    pub(crate) from: Stamp,
    pub(crate) to: Stamp,
    pub(crate) stations: Vec<ScoreView>,
}

/// Scores of the forecasts.
#[derive(Serialize, ToSchema)]
pub(crate) struct ScoresView {
    /// The event under way, so far.
    pub(crate) running: Option<EventScoresView>,
    /// Those that are over, newest first.
    pub(crate) events: Vec<EventScoresView>,
}

/// What the models say of one station.
#[derive(Serialize, ToSchema)]
pub(crate) struct StationTwinView {
    /// The minute of the outlook.
    pub(crate) minute: Option<Stamp>,
    pub(crate) step_min: usize,
    /// Its level in the storm sewers.
    pub(crate) outlook: Option<OutlookView>,
    /// Its pressure in the supply network.
    pub(crate) pressure: Option<PressureView>,
    /// How its forecasts did: the event under way first, then the newest ones.
    pub(crate) scores: Vec<ScoreView>,
    /// Whether the first of the scores is of the event under way.
    pub(crate) is_running: bool,
}

/// What is tried on the supply network. Nodes and links by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum WhatIfAct {
    /// Close a pipe or valve.
    Close {
        /// Link.
        link: String,
    },
    /// A pump trips.
    TripPump {
        /// Link.
        link: String,
    },
    /// Open a hydrant.
    OpenHydrant {
        /// Junction.
        node: String,
        /// Of its outlet.
        diameter_mm: f64,
    },
    /// A main bursts.
    BurstMain {
        /// Link.
        link: String,
        /// Of a hole of the same area.
        diameter_mm: f64,
    },
}

/// One trial on the state of now: all acts at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WhatIfAsk {
    /// 1 to 20 acts.
    pub acts: Vec<WhatIfAct>,
}

/// A tap whose pressure is too low.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LowTapView {
    /// The node.
    pub node: usize,
    /// MPa.
    pub before_mpa: f64,
    /// MPa.
    pub after_mpa: f64,
}

/// 关阀方案: how a burst is shut off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IsolationView {
    /// Links to close.
    pub close: Vec<usize>,
    /// Nodes of the segment that then stands dry.
    pub nodes: Vec<usize>,
    /// Its links.
    pub links: Vec<usize>,
    /// Reservoirs and tanks inside: it cannot be shut off from them.
    pub sources: Vec<usize>,
    /// Taps without water once it is closed.
    pub cut_off: Vec<usize>,
    /// Further taps that then fall below the least pressure.
    pub newly_low: usize,
}

/// What a trial does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WhatIfView {
    /// The minute whose state it was made on.
    #[schema(value_type = String, format = DateTime)]
    pub minute: field::time::Time,
    /// How long it took, ms.
    pub took_ms: f64,
    /// Least service pressure, MPa.
    pub least_mpa: f64,
    /// Taps without water.
    pub cut_off: Vec<usize>,
    /// Their demand, m³/s.
    pub demand_lost_m3s: f64,
    /// Taps below the least pressure.
    pub low: Vec<LowTapView>,
    /// Taps that were below it before.
    pub low_before: usize,
    /// Taps in all.
    pub taps: usize,
    /// What flows out of openings, m³/s.
    pub released_m3s: f64,
    /// How a burst is shut off; `null` where nothing burst.
    pub isolate: Option<IsolationView>,
}
