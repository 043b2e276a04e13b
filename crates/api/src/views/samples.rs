//! Many points' samples, column by column.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which samples, and how.
#[derive(Deserialize, IntoParams)]
pub(crate) struct SamplesAsk {
    /// Points' numbers and ranges, separated by commas: `1,2,10-20`.
    pub(crate) points: Option<String>,
    /// Stations' codes, separated by commas: all their points.
    pub(crate) stations: Option<String>,
    /// RFC 3339.
    pub(crate) from: String,
    /// RFC 3339, not included.
    pub(crate) to: String,
    /// At most so many samples a point, 4 to 100000; all where it is left out.
    pub(crate) target: Option<usize>,
    /// How to thin: `minmax` (lowest and highest of each stretch, the default) or `lttb` (largest
    /// triangle three buckets, with the lowest and highest of all).
    pub(crate) method: Option<String>,
    /// Figures by windows instead: `1m`, `5m`, `1h`, `day` (00:00 Beijing), `hydrological_day` (08:00),
    /// or any `Nm`, `Nh` that divides the day.
    pub(crate) window: Option<String>,
    /// With `window`: only these figures, separated by commas: `count`, `good`, `min`, `max`, `mean`,
    /// `sum`, `weighted`, `increase`; all where it is left out. Without the last two the kept roll-ups
    /// answer, which is quick, and reaches further back than the rows are kept.
    pub(crate) figures: Option<String>,
    /// With `window`: where the points' counter rolls over.
    pub(crate) rollover: Option<f64>,
    /// `json`, `csv` or `arrow`; else by `Accept`.
    pub(crate) format: Option<String>,
}

/// Which points' latest samples.
#[derive(Deserialize, IntoParams)]
pub(crate) struct LatestAsk {
    /// Points' numbers and ranges, separated by commas; all points where neither is given.
    pub(crate) points: Option<String>,
    /// Stations' codes, separated by commas.
    pub(crate) stations: Option<String>,
    /// `json`, `csv` or `arrow`; else by `Accept`.
    pub(crate) format: Option<String>,
}

/// One point's samples; the columns are of equal length.
#[derive(Serialize, ToSchema)]
pub(crate) struct SamplesSeries {
    pub(crate) point: i64,
    /// Milliseconds since 1970.
    pub(crate) times: Vec<i64>,
    /// Null: missing.
    #[schema(value_type = Vec<Option<f64>>)]
    pub(crate) values: Vec<f64>,
    /// 0 good 1 suspect 2 missing 3 manual 4 estimated.
    #[schema(value_type = Vec<u8>)]
    pub(crate) qualities: Vec<u8>,
    /// Whether samples were left out.
    pub(crate) thinned: bool,
}

/// One point's windows; the columns are of equal length, or empty where that figure was not asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct WindowsSeries {
    pub(crate) point: i64,
    /// Start of each window that has samples, milliseconds since 1970.
    pub(crate) starts: Vec<i64>,
    /// Samples with a value.
    pub(crate) counts: Vec<u32>,
    /// Good ones; only they count in the other figures.
    pub(crate) good: Vec<u32>,
    #[schema(value_type = Vec<Option<f64>>)]
    pub(crate) min: Vec<f64>,
    #[schema(value_type = Vec<Option<f64>>)]
    pub(crate) max: Vec<f64>,
    #[schema(value_type = Vec<Option<f64>>)]
    pub(crate) mean: Vec<f64>,
    pub(crate) sum: Vec<f64>,
    /// Time-weighted mean: each value holds until the next, an hour at most.
    #[schema(value_type = Vec<Option<f64>>)]
    pub(crate) weighted: Vec<f64>,
    /// How much a counter grew.
    pub(crate) increase: Vec<f64>,
}

/// Samples, or windows where they were asked for.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct SamplesView {
    pub(crate) series: Vec<SamplesSeries>,
    pub(crate) windows: Vec<WindowsSeries>,
}

/// The latest sample of each point that has one; the columns are of equal length.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct LatestOfMany {
    pub(crate) points: Vec<i64>,
    /// Milliseconds since 1970.
    pub(crate) times: Vec<i64>,
    /// Null: missing.
    #[schema(value_type = Vec<Option<f64>>)]
    pub(crate) values: Vec<f64>,
    /// 0 good 1 suspect 2 missing 3 manual 4 estimated.
    #[schema(value_type = Vec<u8>)]
    pub(crate) qualities: Vec<u8>,
}
