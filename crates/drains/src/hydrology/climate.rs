//! Evaporation and monthly factors (蒸发与月度系数).

use serde::{Deserialize, Serialize};

use super::weather::Weather;
use crate::date::{civil, encode, month};
use crate::model::Model;
use crate::project::climate_file::EVAPORATION;
use crate::project::{EvaporationSource, PatternKind};

/// What the climate is now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Climate {
    /// ft/s.
    pub(crate) evaporation: f64,
    pub(crate) recovery: f64,
    pub(crate) rain_factor: f64,
    pub(crate) conductivity: f64,
    pub(crate) weather: Weather,
    /// When evaporation changes next.
    pub(crate) next: f64,
    next_rate: f64,
    at: usize,
}

impl Climate {
    pub(crate) fn new(model: &Model) -> Self {
        let mut c = Self {
            evaporation: 0.0,
            recovery: 1.0,
            rain_factor: 1.0,
            conductivity: 1.0,
            weather: Weather::new(model),
            next: model.options.start.floor(),
            next_rate: 0.0,
            at: 0,
        };
        if let EvaporationSource::Series(k) = model.project.evaporation.source
            && let Some(&(date, rate)) = model.series.get(k).and_then(|s| s.points.first())
        {
            (c.next, c.next_rate, c.at) = (date, rate, 1);
            let start = model.options.start.floor();
            if c.next < start {
                c.advance(model, start);
            }
            c.evaporation = c.next_rate / model.units.evaporation;
            let now = c.next;
            c.advance(model, now);
        }
        c
    }

    pub(crate) fn go(&mut self, model: &Model, date: f64) {
        self.weather.go(model, date);
        let m = month(date) - 1;
        let pick = |list: &[f64; 12]| list.get(m).copied().unwrap_or(1.0);
        let ucf = model.units.evaporation;
        match &model.project.evaporation.source {
            EvaporationSource::Constant(rate) => self.evaporation = rate / ucf,
            EvaporationSource::Monthly(rates) => self.evaporation = pick(rates) / ucf,
            EvaporationSource::File(pan) => {
                self.evaporation = self.weather.file_value(EVAPORATION) / ucf;
                self.evaporation *= pick(pan);
            }
            EvaporationSource::Temperature => {
                self.evaporation = self.weather.file_value(EVAPORATION) / ucf;
            }
            EvaporationSource::Series(_) => {
                if date >= self.next {
                    self.evaporation = self.next_rate / ucf;
                }
            }
        }
        let a = &model.project.adjustments;
        self.evaporation += pick(&a.evaporation) / ucf;
        self.recovery = 1.0;
        if let Some(p) = model.project.evaporation.recovery.and_then(|p| model.patterns.get(p))
            && p.kind == PatternKind::Monthly
        {
            self.recovery = p.factors.get(m).copied().unwrap_or(1.0);
        }
        self.rain_factor = pick(&a.rain);
        self.conductivity = pick(&a.conductivity);
        self.advance(model, date);
    }

    fn advance(&mut self, model: &Model, date: f64) {
        if self.next > date {
            return;
        }
        self.next = date + 365.0;
        match &model.project.evaporation.source {
            EvaporationSource::Constant(_) | EvaporationSource::Temperature => {}
            EvaporationSource::File(_) => self.next = date.floor() + 1.0,
            EvaporationSource::Monthly(_) => {
                let (y, m, _) = civil(date);
                let (y, m) = if m == 12 { (y + 1, 1) } else { (y, m + 1) };
                self.next = encode(y, m, 1).unwrap_or(self.next);
            }
            EvaporationSource::Series(k) => {
                let points = model.series.get(*k).map_or(&[][..], |s| &s.points);
                while let Some(&(d, rate)) = points.get(self.at) {
                    self.at += 1;
                    if d > model.options.end {
                        break;
                    }
                    if d >= date {
                        (self.next, self.next_rate) = (d, rate);
                        break;
                    }
                }
            }
        }
    }
}
