//! 预报: branches of the live state, run two hours ahead under what the rain may do.

use super::levels::{Correction, Level, left};
use super::rain::Future;
use super::street::WaterAhead;
use super::{Storm, slots_ahead};
use drains::State;
use field::time::{MINUTE_MS, Time};

/// How far ahead, minutes.
pub(crate) const HORIZON_MIN: usize = 120;
/// Between two values of a curve, minutes.
pub(crate) const STEP_MIN: usize = 5;
/// Lead times whose values are kept as series, minutes.
pub(crate) const LEADS_MIN: [u16; 4] = [15, 30, 60, 120];

/// One branch: a value for each level (and step), and what the links look like at some of the steps.
pub(super) struct Branch {
    /// For each level, its reading at each step.
    pub(super) levels: Vec<Vec<f64>>,
    /// Fullness of each link in percent, at one and at two hours.
    pub(super) links: [Vec<u8>; 2],
    /// Water on each street at each step, m³.
    pub(super) streets: WaterAhead,
    /// Largest depth above the ground at each node over the horizon, m (0 where none).
    pub(super) flooded_m: Vec<f64>,
}

impl Storm {
    /// Runs a branch from `minute`; `rates` are the intensities (mm/h) it begins with.
    pub(super) fn branch(&self, live: &State, minute: Time, rates: &[f64], future: Future) -> Branch {
        let mut state = live.clone();
        for pumps in &self.pumps {
            // Nobody knows what will be switched: the model's own rules do.
            pumps.links.iter().for_each(|link| state.set_link(*link, None));
        }
        let mut branch = Branch {
            levels: vec![Vec::with_capacity(HORIZON_MIN / STEP_MIN); self.levels.len()],
            links: [vec![], vec![]],
            streets: vec![Vec::with_capacity(HORIZON_MIN / STEP_MIN); self.streets.all.len()],
            flooded_m: vec![0.0; self.model.node_names().len()],
        };
        for step in slots_ahead(HORIZON_MIN, STEP_MIN) {
            let middle = (step - STEP_MIN) as f64 + STEP_MIN as f64 / 2.0;
            let rain: Vec<f64> = rates.iter().map(|r| r * future.share(middle)).collect();
            self.set_rain(&mut state, &rain);
            for (level, correction) in self.levels.iter().zip(&self.memory.corrections) {
                state.set_inflow(&self.model, level.node, correction.inflow * left(middle));
            }
            self.run(&mut state, minute.plus_ms(step as i64 * MINUTE_MS));
            self.note(&state, step, &mut branch);
        }
        branch
    }

    fn note(&self, state: &State, step: usize, branch: &mut Branch) {
        let all = self.levels.iter().zip(&self.memory.corrections).zip(&mut branch.levels);
        for ((level, correction), curve) in all {
            curve.push(foretold(level, level.raw_m(&self.model, state), correction, step as f64));
        }
        for (ahead, water) in branch.streets.iter_mut().zip(self.streets.water_m3(&self.model, state)) {
            ahead.push(water);
        }
        if step == HORIZON_MIN / 2 {
            branch.links[0] = self.fullness(state);
        } else if step == HORIZON_MIN {
            branch.links[1] = self.fullness(state);
        }
        for (most, now) in branch.flooded_m.iter_mut().zip(self.flooded_m(state)) {
            *most = most.max(now);
        }
    }
}

/// A reading foretold: the model's, with what is left of the difference that was last seen.
fn foretold(level: &Level, raw_m: f64, correction: &Correction, minutes: f64) -> f64 {
    level.reading_m(raw_m + correction.offset_m * left(minutes))
}
