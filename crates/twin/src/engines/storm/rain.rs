//! 雨: what fell on each gage of the model in a slot, and what is foretold to fall.
//!
//! Nowcast: the intensity of the last ten minutes dies away, i(τ) = i₀·exp(−τ/45 min). Beside it stand
//! two bounds: it stops at once, and it goes on unabated. (Persistence with decay is the plainest nowcast
//! there is; radar would do better and is not here.)

use super::SLOT_MS;
use crate::sight::Sight;
use field::id::{PointId, StationCode};
use field::place::Position;
use field::time::{MINUTE_MS, Time};

/// Intensities fall to 1/e in this time, minutes. Assumed: a convective cell's passage.
pub(super) const DECAY_MIN: f64 = 45.0;
/// A gauge nearer than this weighs no more, m.
const NEAREST_M: f64 = 100.0;
/// So many neighbours stand in for a silent gauge.
const NEIGHBOURS: usize = 4;
/// Five minutes of rain to an hour's.
const PER_HOUR: f64 = 12.0;
/// A mean of this over all gages is rain, mm in five minutes.
const WET_MEAN_MM: f64 = 0.1;
/// So is this at any gage, mm in five minutes.
const WET_ANY_MM: f64 = 0.5;

/// A gage of the model and the gauge it hears.
#[derive(Clone, Debug)]
pub(super) struct Gage {
    pub(super) index: usize,
    pub(super) station: StationCode,
    pub(super) point: PointId,
    pub(super) position: Position,
}

/// Rain of one slot on every bound gage, mm/h; what a silent gauge would have had comes from its
/// neighbours by inverse squared distance, and where nobody reports, from `before`.
pub(super) fn of_slot(gages: &[Gage], sight: &Sight, end: Time, before: &[f64]) -> Vec<f64> {
    let heard: Vec<Option<f64>> = gages.iter().map(|gage| heard(gage, sight, end)).collect();
    gages
        .iter()
        .enumerate()
        .map(|(i, gage)| {
            let own = heard.get(i).copied().flatten();
            own.or_else(|| of_neighbours(gage, gages, &heard))
                .unwrap_or_else(|| before.get(i).copied().unwrap_or(0.0))
        })
        .collect()
}

/// Gauges that said nothing over the half hour before.
pub(super) fn silent(gages: &[Gage], sight: &Sight, at: Time) -> Vec<StationCode> {
    let is_silent = |g: &&Gage| sight.newest(g.point, at, 30 * MINUTE_MS).is_none();
    gages.iter().filter(is_silent).map(|g| g.station.clone()).collect()
}

fn heard(gage: &Gage, sight: &Sight, end: Time) -> Option<f64> {
    let values = sight.between(gage.point, end.plus_ms(-SLOT_MS), end, true);
    let (sum, n) = values.fold((0.0, 0), |(sum, n), (_, mm)| (sum + mm.max(0.0), n + 1));
    (n > 0).then_some(sum * PER_HOUR)
}

fn of_neighbours(gage: &Gage, gages: &[Gage], heard: &[Option<f64>]) -> Option<f64> {
    let mut near: Vec<(f64, f64)> = gages
        .iter()
        .zip(heard)
        .filter_map(|(other, mm)| Some((other.position.distance_m(gage.position).max(NEAREST_M), (*mm)?)))
        .collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    near.truncate(NEIGHBOURS);
    let weight: f64 = near.iter().map(|(m, _)| m.powi(-2)).sum();
    (weight > 0.0).then(|| near.iter().map(|(m, mm)| mm * m.powi(-2)).sum::<f64>() / weight)
}

/// Whether a slot of these intensities (mm/h) is one of an event.
pub(super) fn is_wet(rates: &[f64]) -> bool {
    let mean = rates.iter().sum::<f64>() / rates.len().max(1) as f64;
    mean >= WET_MEAN_MM * PER_HOUR || rates.iter().any(|r| *r >= WET_ANY_MM * PER_HOUR)
}

/// 情景: what the rain does from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Future {
    /// It stops.
    Stops,
    /// It dies away.
    Decays,
    /// It goes on.
    Persists,
}

impl Future {
    /// What is left of the intensity after so many minutes.
    pub(super) fn share(self, minutes: f64) -> f64 {
        match self {
            Self::Stops => 0.0,
            Self::Decays => (-minutes / DECAY_MIN).exp(),
            Self::Persists => 1.0,
        }
    }
}
