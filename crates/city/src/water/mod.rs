//! 水: from rain to depth and level at the 26 online points.
//!
//! A simple documented model, for believable courses and nothing else; every parameter is assumed.
//! - Rain over a point's ground comes from its nearest gauges ([`Rainfall::intensity_at`]).
//! - Ground answers as a cascade of linear reservoirs (Nash 1957): `k dq/dt = i − q`, each in turn.
//! - Streets and manholes ([`street`]): a drain takes up to its capacity, the rest is stored and
//!   stands on the surface or backs up in the well; a high river takes capacity away (back-water).
//! - Rivers ([`river`]): rise `= a·q^0.6`, the exponent of Manning's wide channel.
//! - Pump stations ([`pump`]): a forebay with three pumps, started and stopped by level with hysteresis.
//!
//! One step is one minute of the town's clock.

mod pump;
mod river;
mod street;

use crate::storm::{Rainfall, Storm};
use crate::town::Town;
use crate::town::places::ONLINE;
use crate::town::stations::datum;
use field::place::Position;
use field::station::StationKind;
use field::time::{DAY_MS, Time};

/// The course of the water at one online point, minute by minute since storm hour 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    /// Metres above the dry-weather level.
    pub rise_m: Vec<f64>,
    /// Pumps running; empty where there are none.
    pub running: Vec<u8>,
}

/// 水情 of one storm at all online points.
#[derive(Clone, Debug)]
pub struct Water {
    courses: Vec<Course>,
}

/// How long after the played hours the water is still followed, minutes.
const TAIL_MIN: i64 = 24 * 60;

/// The river whose high water backs up into 国际商贸城一区, counted as in the online points.
const DONGQING: usize = 18;

impl Water {
    /// The water's answer to a storm.
    #[must_use]
    pub fn of(storm: &Storm, rain: &Rainfall, town: &Town) -> Self {
        let minutes = storm.minutes() + TAIL_MIN;
        let rivers: Vec<Course> = (0..river::RIVERS.len()).map(|n| river::course(n, rain, minutes)).collect();
        let dongqing = rivers.first().map(|c| c.rise_m.as_slice()).unwrap_or_default();
        let courses = town
            .online()
            .enumerate()
            .map(|(n, station)| {
                let over = |p: Position| rain.intensity_at(p, minutes);
                match station.kind {
                    StationKind::Ponding => street::ponding(n, &over(station.position)),
                    StationKind::Manhole => street::manhole(n - 12, &over(station.position), dongqing),
                    StationKind::Pump => pump::course(n - 22, &over(station.position)),
                    _ => rivers.get(n.saturating_sub(DONGQING)).cloned().unwrap_or_default(),
                }
            })
            .collect();
        Self { courses }
    }

    /// Metres above the dry-weather level at an online point, `minute` minutes after storm hour 0;
    /// 0 outside the followed time.
    #[must_use]
    pub fn rise_m(&self, online: usize, minute: f64) -> f64 {
        let Some(course) = self.courses.get(online).filter(|_| minute >= 0.0) else { return 0.0 };
        let step = minute as usize;
        let at = |n: usize| course.rise_m.get(n).copied().unwrap_or(0.0);
        at(step) + (at(step + 1) - at(step)) * minute.fract()
    }

    /// Pumps running at an online point.
    #[must_use]
    pub fn running(&self, online: usize, minute: f64) -> u8 {
        let course = self.courses.get(online).filter(|_| minute >= 0.0);
        course.and_then(|c| c.running.get(minute as usize)).copied().unwrap_or(0)
    }
}

/// Depth or level of dry weather at an online point: its base, with a daily cycle of a few
/// centimetres where there is always water.
#[must_use]
pub fn dry_m(online: usize, at: Time) -> f64 {
    let swing = match ONLINE.get(online).map(|p| p.kind) {
        Some(StationKind::Manhole) => 0.05,
        Some(StationKind::River) => 0.02,
        Some(StationKind::Pump) => 0.06,
        _ => 0.0,
    };
    // Sewers and streams stand highest in the late evening.
    let day = (at.since_ms(at.civil_day()) as f64) / DAY_MS as f64;
    datum(online).base_m + swing * ((day - 0.9) * std::f64::consts::TAU).cos()
}

/// A cascade of `reservoirs` linear reservoirs of `k_min` minutes each: what flows out in each minute,
/// in the unit of what flows in.
pub(crate) fn cascade(inflow: &[f64], reservoirs: usize, k_min: f64) -> Vec<f64> {
    let mut flow = inflow.to_vec();
    // The exact step of a linear reservoir under an inflow constant over the minute.
    let keep = (-1.0 / k_min).exp();
    for _ in 0..reservoirs {
        let mut out = 0.0;
        for q in &mut flow {
            out = out * keep + *q * (1.0 - keep);
            *q = out;
        }
    }
    flow
}

#[cfg(test)]
mod tests;
