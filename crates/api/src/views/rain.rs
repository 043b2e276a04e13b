//! Rain over the city.

use super::station::PositionView;
use super::words::Stamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Sums up to now, mm; `null` where nothing was reported in that time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct RainSums {
    pub(crate) h1: Option<f64>,
    pub(crate) h3: Option<f64>,
    pub(crate) h6: Option<f64>,
    pub(crate) h24: Option<f64>,
    /// Since 08:00 (水文日).
    pub(crate) day: Option<f64>,
}

/// One gauge.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct RainGauge {
    pub(crate) station: String,
    pub(crate) name: String,
    pub(crate) name_en: String,
    pub(crate) position: PositionView,
    pub(crate) h1: Option<f64>,
    pub(crate) h3: Option<f64>,
    pub(crate) h6: Option<f64>,
    pub(crate) h24: Option<f64>,
    pub(crate) day: Option<f64>,
}

/// Mean of the gauges in one period.
#[derive(Clone, Copy, Serialize, ToSchema)]
pub(crate) struct RainBar {
    /// The period's end.
    pub(crate) at: Stamp,
    /// `null` when no gauge reported.
    pub(crate) mm: Option<f64>,
}

/// The gauge with most rain.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct RainMax {
    pub(crate) station: String,
    pub(crate) name: String,
    pub(crate) name_en: String,
    pub(crate) mm: f64,
}

/// Rain over the city.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct RainView {
    pub(crate) at: Stamp,
    pub(crate) gauges: Vec<RainGauge>,
    /// Mean of the gauges that reported.
    pub(crate) areal: RainSums,
    /// Five-minute means of the last six hours.
    pub(crate) hyetograph: Vec<RainBar>,
    /// Most rain within the window asked for.
    pub(crate) max: Option<RainMax>,
}

/// Over which window the maximum is sought.
#[derive(Deserialize, IntoParams)]
pub(crate) struct RainAsk {
    /// 1, 3, 6 or 24; 1 when left out.
    pub(crate) window_h: Option<u32>,
}
