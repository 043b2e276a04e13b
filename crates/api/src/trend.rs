//! 趋势: how fast the levels rise, from the last half hour of each point, kept in memory.
//!
//! Fed by the live feed with every packet; filled from the samples at the start. Bounded: at most
//! [`KEPT_MAX`] samples a point, and only points whose level is what people come for.

use field::id::PointId;
use field::sample::Sample;
use field::station::Quantity;
use field::time::{MINUTE_MS, Time};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// How far back is looked.
pub(crate) const WINDOW_MS: i64 = 30 * MINUTE_MS;
/// The rise is given over so long.
const STEP_MS: i64 = 10 * MINUTE_MS;
/// Samples kept per point: one a minute fits.
const KEPT_MAX: usize = 40;

/// The last half hour of each level.
#[derive(Default)]
pub(crate) struct Trends(Mutex<HashMap<PointId, VecDeque<(Time, f64)>>>);

impl Trends {
    /// Whether a trend of this quantity means something.
    pub(crate) const fn watches(quantity: Quantity) -> bool {
        matches!(quantity, Quantity::Level | Quantity::Depth | Quantity::Flow)
    }

    /// A new sample of a watched point; order and duplicates do not matter.
    pub(crate) fn note(&self, point: PointId, sample: &Sample) {
        let Some(value) = sample.usable() else { return };
        let mut board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = board.entry(point).or_default();
        let place = kept.partition_point(|(at, _)| *at < sample.at);
        match kept.get_mut(place) {
            Some(same) if same.0 == sample.at => same.1 = value,
            _ => kept.insert(place, (sample.at, value)),
        }
        let newest = kept.back().map_or(sample.at, |(at, _)| *at);
        while kept.len() > KEPT_MAX || kept.front().is_some_and(|(at, _)| newest.since_ms(*at) > WINDOW_MS) {
            kept.pop_front();
        }
    }

    /// How much the point rose per ten minutes: its newest value against the newest one at least ten
    /// minutes older. `None` without two such values, or when the newest is older than half an hour.
    pub(crate) fn per_10min(&self, point: PointId, now: Time) -> Option<f64> {
        let board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = board.get(&point)?;
        let (newest_at, newest) = *kept.back()?;
        if now.since_ms(newest_at) > WINDOW_MS {
            return None;
        }
        let (at, value) = *kept.iter().rev().find(|(at, _)| newest_at.since_ms(*at) >= STEP_MS)?;
        let rise = (newest - value) * STEP_MS as f64 / newest_at.since_ms(at) as f64;
        // Tenths of a millimetre: below that it is the arithmetic's noise.
        Some((rise * 1e4).round() / 1e4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use field::sample::Quality;

    fn at(minute: i64) -> Time {
        Time::from_ms(1_625_000_000_000 + minute * MINUTE_MS)
    }

    fn noted(values: &[(i64, f64)]) -> Trends {
        let trends = Trends::default();
        for (minute, value) in values {
            let sample = Sample { at: at(*minute), value: Some(*value), quality: Quality::Good };
            trends.note(PointId(1), &sample);
        }
        trends
    }

    #[test]
    fn the_rise_is_per_ten_minutes_whatever_the_order_of_arrival() {
        assert_eq!(noted(&[(0, 0.20), (5, 0.23), (10, 0.26)]).per_10min(PointId(1), at(11)), Some(0.06));
        assert_eq!(noted(&[(10, 0.26), (0, 0.20)]).per_10min(PointId(1), at(11)), Some(0.06));
        assert_eq!(noted(&[(0, 0.20), (20, 0.26)]).per_10min(PointId(1), at(21)), Some(0.03));
    }

    #[test]
    fn an_old_or_single_value_has_no_trend() {
        assert_eq!(noted(&[(0, 0.2)]).per_10min(PointId(1), at(1)), None);
        assert_eq!(noted(&[(0, 0.2), (10, 0.3)]).per_10min(PointId(1), at(41)), None);
    }
}
