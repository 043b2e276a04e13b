//! 机组: three pumps with their counters.

use crate::dice::Dice;
use field::time::{HOUR_MS, Time};

/// What one pump lifts, m³/s: a number that a float holds exactly.
const LIFT_M3S: f64 = 1.25;
/// What one pump draws, kW.
const DRAW_KW: f64 = 160.0;
/// Pressure behind the pumps: standing water, and what each pump adds, kPa.
const STATIC_KPA: f64 = 62.0;
const EACH_KPA: f64 = 9.5;
/// Two scans farther apart than this have a pause of the clock between them.
const LONGEST_MS: i64 = HOUR_MS;

/// The pumps of a station.
#[derive(Debug)]
pub(super) struct Machine {
    hours: [f64; 3],
    kwh: f64,
    last: Option<Time>,
}

/// What the pumps do at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct State {
    pub on: [bool; 3],
    pub hours: [f64; 3],
    pub kwh: f64,
    pub flow_m3s: f64,
    pub pressure_kpa: f64,
}

impl Machine {
    /// Counters stand anywhere: the station has run for years.
    pub(super) fn new(seed: u64, station: usize) -> Self {
        let mut dice = Dice::of(seed, "pump counters", station as i64);
        let hours = [0; 3].map(|_| dice.between(900.0, 6_000.0));
        Self { hours, kwh: hours.iter().sum::<f64>() * DRAW_KW, last: None }
    }

    /// After a leap of the clock: what ran in between is not known.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }

    /// `auto` pumps run by level; those a person started run too.
    pub(super) fn step(&mut self, at: Time, auto: u8, forced: [bool; 3]) -> State {
        let mut on = forced;
        on.iter_mut().take(usize::from(auto)).for_each(|pump| *pump = true);
        let passed_ms = self.last.map_or(0, |last| at.since_ms(last)).clamp(0, LONGEST_MS);
        self.last = Some(at);
        let passed_h = passed_ms as f64 / HOUR_MS as f64;
        for (hours, _) in self.hours.iter_mut().zip(on).filter(|(_, on)| *on) {
            *hours += passed_h;
            self.kwh += passed_h * DRAW_KW;
        }
        let running = on.iter().filter(|on| **on).count() as f64;
        State {
            on,
            hours: self.hours,
            kwh: self.kwh,
            flow_m3s: running * LIFT_M3S,
            pressure_kpa: STATIC_KPA + running * EACH_KPA,
        }
    }
}
