//! 径流接口文件: what every subcatchment gave in every runoff step, in place of computing it.
#![expect(clippy::indexing_slicing, reason = "records are counted when read")]

use super::{Bytes, FileError, wrong};
use crate::model::Model;
use crate::state::State;
use crate::units::min;

const STAMP: &str = "SWMM5-RUNOFF";
/// Results of a subcatchment: rain, snow, evaporation, infiltration, runoff, then those of the ground.
const RESULTS: usize = 8;

/// 径流接口文件, read.
#[derive(Debug, Clone)]
pub(crate) struct RunoffFile {
    /// Seconds of each step.
    steps: Vec<f32>,
    /// By step and subcatchment, in the model's units.
    values: Vec<[f32; RESULTS]>,
    /// Concentrations in the runoff, after them all pollutants.
    quality: Vec<f32>,
}

impl RunoffFile {
    pub(super) fn read(model: &Model, file: &[u8]) -> Result<Self, FileError> {
        let Some(mut b) = Bytes::after(STAMP, file) else {
            return wrong("this is not a runoff interface file of SWMM 5");
        };
        if model.ground.iter().any(Option::is_some) {
            // SWMM 5.2.4 takes the flows of such a file for rates of an area, and the water table upside down.
            return wrong(
                "SWMM 5.2 cannot use a runoff file in a model with groundwater; compute the runoff",
            );
        }
        let (subs, pollutants) = (model.subs.len(), model.project.quality.pollutants.len());
        for (what, ours) in [("subcatchments", subs), ("pollutants", pollutants)] {
            let theirs = b.count()?;
            if theirs != ours {
                return wrong(format!("it was saved with {theirs} {what}, this model has {ours}"));
            }
        }
        if b.int()? != model.units.flow_units as i32 {
            return wrong(format!(
                "it was saved with another flow unit than {}",
                model.units.flow_units.word()
            ));
        }
        let count = b.count()?;
        let record = 4 + 4 * (RESULTS + pollutants) * subs;
        if count == 0 || b.len() / record < count {
            return wrong(format!("it says {count} steps and holds {}", b.len() / record));
        }
        let mut all = Self {
            steps: Vec::with_capacity(count),
            values: Vec::with_capacity(count * subs),
            quality: Vec::with_capacity(count * subs * pollutants),
        };
        for _ in 0..count {
            all.steps.push(b.single()?);
            for _ in 0..subs {
                let mut x = [0.0; RESULTS];
                for v in &mut x {
                    *v = b.single()?;
                }
                all.values.push(x);
                for _ in 0..pollutants {
                    all.quality.push(b.single()?);
                }
            }
        }
        let lasts = all.steps.iter().fold(0.0, |t, s| t + f64::from(*s) * 1000.0);
        if all.steps.iter().any(|s| *s <= 0.0) || lasts < model.duration {
            return wrong(format!(
                "it lasts {:.0} s, the run {:.0} s; save it from a run at least as long",
                lasts / 1000.0,
                model.duration / 1000.0
            ));
        }
        Ok(all)
    }
}

impl State {
    /// One runoff step out of the file.
    pub(crate) fn read_runoff(&mut self, model: &Model, file: &RunoffFile) {
        let u = &model.units;
        let at = self.files.runoff_step.min(file.steps.len() - 1);
        for i in 0..model.subs.len() {
            let v = file.values[at * model.subs.len() + i].map(f64::from);
            if let Some(snow) = &mut self.snow[i] {
                (snow.old_depth, snow.new_depth) = (snow.new_depth, v[1] / u.rain_depth);
            }
            let s = &mut self.subs[i];
            s.inflow = [0.0; 3];
            // SWMM saves evaporation a day and reads it an hour.
            s.evaporation = v[2] / u.rainfall;
            s.infiltration = v[3] / u.rainfall;
            (self.old_runoff[i], self.new_runoff[i]) = (self.new_runoff[i], v[4] / u.flow);
            let count = model.quality.count();
            if let Some(q) = self.quality.subs.get_mut(i) {
                let first = (at * model.subs.len() + i) * count;
                q.old.copy_from_slice(&q.new);
                let now = file.quality[first..first + count].iter().map(|c| f64::from(*c));
                q.new.iter_mut().zip(now).for_each(|(new, c)| *new = c);
            }
        }
        self.age_lids();
        self.old_runoff_time = self.new_runoff_time;
        self.new_runoff_time = min(self.old_runoff_time + f64::from(file.steps[at]) * 1000.0, model.duration);
        self.files.runoff_step += 1;
    }

    /// Adds a computed step to the record, where one is kept.
    pub(crate) fn record_runoff(&mut self, model: &Model, step: f64) {
        let Some(mut record) = self.files.runoff_record.take() else { return };
        record.extend_from_slice(&(step as f32).to_le_bytes());
        for i in 0..model.subs.len() {
            let v = self.subcatchment_results(model, i, 1.0);
            let missing = model.project.quality.pollutants.len() - model.quality.count();
            let quality = self.washoff_results(i, 1.0, v[4] == 0.0);
            for v in v.into_iter().chain(quality).chain(std::iter::repeat_n(0.0, missing)) {
                record.extend_from_slice(&v.to_le_bytes());
            }
        }
        self.files.runoff_record = Some(record);
        self.files.runoff_recorded += 1;
    }
}

/// The head of a file of that many steps.
pub(super) fn head(model: &Model, steps: u32) -> Vec<u8> {
    let mut b = STAMP.as_bytes().to_vec();
    b.extend_from_slice(&i32::try_from(model.subs.len()).unwrap_or(i32::MAX).to_le_bytes());
    let pollutants = model.project.quality.pollutants.len();
    b.extend_from_slice(&i32::try_from(pollutants).unwrap_or(i32::MAX).to_le_bytes());
    b.extend_from_slice(&(model.units.flow_units as i32).to_le_bytes());
    b.extend_from_slice(&steps.to_le_bytes());
    b
}
