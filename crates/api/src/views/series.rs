//! Series for charts.

use super::words;
use field::station::Quantity;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// `[ms since 1970, value, quality 0 good 1 suspect 2 missing 3 manual 4 estimated, packet]`.
#[derive(Serialize)]
pub(crate) struct SeriesSample(pub(crate) i64, pub(crate) Option<f64>, pub(crate) u8, pub(crate) i64);

/// One point's samples.
#[derive(Serialize, ToSchema)]
pub(crate) struct SeriesView {
    pub(crate) point: i64,
    #[schema(value_type = words::Quantity)]
    pub(crate) quantity: Quantity,
    pub(crate) unit: String,
    pub(crate) station: String,
    /// Whether samples were left out; of each stretch the lowest and the highest stay.
    pub(crate) thinned: bool,
    /// Whether there are more samples than are read at once: ask for a shorter time.
    pub(crate) truncated: bool,
    /// Each `[ms since 1970, value, quality 0 good 1 suspect 2 missing 3 manual 4 estimated, packet]`.
    #[schema(value_type = Vec<Vec<Option<f64>>>)]
    pub(crate) samples: Vec<SeriesSample>,
}

/// Several points' samples.
#[derive(Serialize, ToSchema)]
pub(crate) struct SeriesList {
    pub(crate) series: Vec<SeriesView>,
}

/// Which samples.
#[derive(Deserialize, IntoParams)]
pub(crate) struct SeriesAsk {
    /// Points' numbers, separated by commas, at most 20.
    pub(crate) points: String,
    /// RFC 3339.
    pub(crate) from: String,
    /// RFC 3339, not included.
    pub(crate) to: String,
    /// At most so many samples a point, 4 to 20000, default 2000.
    pub(crate) max: Option<usize>,
}
