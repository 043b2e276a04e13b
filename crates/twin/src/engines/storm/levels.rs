//! 校正: measured levels beside the model's, and how they correct it.
//!
//! Nudging, twofold: the depth at the node is moved half way to the measured one, and the inflow there is
//! corrected step by step in the same direction, by at most half of what flows through (a level that stays
//! too low wants more water, not only a push). In the forecast the inflow correction dies away, and what
//! is left of the difference is added to the result, dying away likewise (an AR(1) model of the error, as
//! operational flood forecasting does).

use crate::sight::Sight;
use drains::{Model, State};
use field::id::{PointId, StationCode};
use field::time::{MINUTE_MS, Time};
use serde::{Deserialize, Serialize};

/// Share of the difference that a measured level moves the node's depth by.
const GAIN: f64 = 0.5;
/// The difference that counts at most, m: a gauge further off is wrong, or the model is.
const TRUSTED_M: f64 = 1.5;
/// Share of the through-flow by which the correction grows for a difference as large as the depth.
const FLOW_GAIN: f64 = 0.1;
/// The correction is at most this share of the through-flow.
const FLOW_SHARE: f64 = 0.5;
/// Differences and corrections fall to 1/e in this time of a forecast, minutes.
pub(super) const FORGET_MIN: f64 = 40.0;
/// A level older than this says nothing about now.
pub(super) const FRESH_MS: i64 = 20 * MINUTE_MS;
/// A measured level belongs to the minute it is nearest to.
const HALF_MINUTE_MS: i64 = MINUTE_MS / 2;

/// A node whose level is measured.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub(super) node: usize,
    pub(super) station: StationCode,
    pub(super) point: PointId,
    /// Height at which the station reads 0, m.
    pub(super) zero_m: f64,
    /// The gauge reads 0 for everything below.
    pub(super) floor: bool,
    pub(super) simulated: Option<PointId>,
    pub(super) leads: Vec<(u16, PointId)>,
}

/// What is remembered of one level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Correction {
    /// Inflow added at the node, in the model's flow unit.
    pub(super) inflow: f64,
    /// Measured less simulated when it was last measured, m.
    pub(super) offset_m: f64,
}

impl Level {
    /// What the station would read of the model, not yet cut off at the gauge's zero, m.
    pub(super) fn raw_m(&self, model: &Model, state: &State) -> f64 {
        let head = state.node(model, self.node).map_or(f64::NAN, |view| view.head);
        head * metres(model) - self.zero_m
    }

    /// A reading as the gauge gives it.
    pub(super) fn reading_m(&self, raw_m: f64) -> f64 {
        if self.floor { raw_m.max(0.0) } else { raw_m }
    }

    /// What was measured at a minute.
    pub(super) fn measured(&self, sight: &Sight, minute: Time) -> Option<f64> {
        let (from, to) = (minute.plus_ms(-HALF_MINUTE_MS - 1), minute.plus_ms(HALF_MINUTE_MS - 1));
        sight.between(self.point, from, to, false).next_back().map(|(_, value)| value)
    }

    /// Measured less simulated; nothing where the gauge sees no water and the model has none there.
    fn difference_m(&self, raw_m: f64, measured_m: f64) -> f64 {
        if self.floor && measured_m <= 0.0 {
            return (-raw_m).min(0.0);
        }
        measured_m - raw_m
    }

    /// Corrects the state by what was measured at this minute.
    pub(super) fn correct(
        &self,
        model: &Model,
        state: &mut State,
        correction: &mut Correction,
        measured_m: f64,
    ) {
        let before = self.raw_m(model, state);
        let difference = self.difference_m(before, measured_m).clamp(-TRUSTED_M, TRUSTED_M);
        let Some(view) = state.node(model, self.node) else { return };
        let m = metres(model);
        let depth_m = view.depth * m;
        let most_m = model.project().nodes.get(self.node).map_or(0.0, |n| n.max_depth * m);
        let wanted_m = (depth_m + GAIN * difference).max(0.0);
        // Water that stands on the ground belongs to the pond's area: it is left to the inflow.
        if depth_m <= most_m && wanted_m <= most_m {
            state.set_depth(model, self.node, wanted_m / m);
        }
        let through = view.inflow.abs();
        let step = FLOW_GAIN * difference / depth_m.max(0.2) * through;
        let most = FLOW_SHARE * through;
        correction.inflow = (correction.inflow + step).clamp(-most, most);
        state.set_inflow(model, self.node, correction.inflow);
        let after = self.raw_m(model, state);
        correction.offset_m = self.difference_m(after, measured_m).clamp(-TRUSTED_M, TRUSTED_M);
    }
}

/// What is left of a correction after so many minutes of a forecast.
pub(super) fn left(minutes: f64) -> f64 {
    (-minutes / FORGET_MIN).exp()
}

/// Metres of the model's length unit.
pub(super) fn metres(model: &Model) -> f64 {
    0.3048 / model.units().length
}
