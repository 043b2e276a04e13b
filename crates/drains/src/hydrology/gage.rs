//! 雨量计: the rain of a series, or the one set live, at a moment.
#![expect(clippy::indexing_slicing, reason = "one state a gage; hours of past rain are counted")]

use serde::{Deserialize, Serialize};

use crate::curve::Curve;
use crate::date::{NO_DATE, ONE_SECOND, add_seconds};
use crate::model::{GageData, Model};
use crate::project::RainForm;

/// Hours of past rain kept, and the running one.
const PAST: usize = crate::project::PAST_RAIN + 1;

/// State of a gage; rain in the model's units an hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct GageState {
    pub(crate) rainfall: f64,
    pub(crate) report: f64,
    /// Rain set from outside, in place of the series.
    pub(crate) live: Option<f64>,
    /// A scenario's own series.
    series: Option<Curve>,
    start: f64,
    end: f64,
    pub(crate) next: f64,
    next_rain: f64,
    at: usize,
    accumulated: f64,
    past: Vec<f64>,
    past_seconds: i64,
}

impl GageState {
    pub(crate) fn new(g: &GageData, model: &Model, factor: f64) -> Self {
        Self::with(None, g, model, factor)
    }

    /// A gage at the start of a run with a series of its own.
    pub(crate) fn with(series: Option<Curve>, g: &GageData, model: &Model, factor: f64) -> Self {
        let mut s = Self {
            rainfall: 0.0,
            report: 0.0,
            live: None,
            series,
            start: NO_DATE,
            end: NO_DATE,
            next: NO_DATE,
            next_rain: 0.0,
            at: 0,
            accumulated: 0.0,
            past: vec![0.0; PAST],
            past_seconds: 0,
        };
        if model.options.ignore_rainfall {
            return s;
        }
        let Some(&first) = s.points(g).first() else { return s };
        s.start = first.0;
        s.rainfall = s.convert(g, first.1, factor);
        s.at = 1;
        s.end = add_seconds(s.start, g.interval);
        if s.start > model.options.start {
            s.next = s.start;
            s.next_rain = s.rainfall;
            s.start = model.options.start;
            s.end = s.next;
            s.rainfall = 0.0;
        } else {
            s.advance(g, factor);
        }
        s
    }

    /// Whether its rain is not the model's.
    pub(crate) const fn is_set(&self) -> bool {
        self.live.is_some() || self.series.is_some()
    }

    fn points<'a>(&'a self, g: &'a GageData) -> &'a [(f64, f64)] {
        &self.series.as_ref().unwrap_or(&g.series).points
    }

    fn convert(&mut self, g: &GageData, r: f64, factor: f64) -> f64 {
        let rate = match g.form {
            RainForm::Intensity => r,
            RainForm::Volume => r / g.interval * 3600.0,
            RainForm::Cumulative => {
                let rate = if r < self.accumulated { r } else { r - self.accumulated } / g.interval * 3600.0;
                self.accumulated = r;
                rate
            }
        };
        rate * g.units_factor * factor
    }

    /// The next rain that is not zero.
    fn advance(&mut self, g: &GageData, factor: f64) {
        self.next_rain = 0.0;
        while let Some(&(date, value)) = self.points(g).get(self.at) {
            self.at += 1;
            let rain = self.convert(g, value, factor);
            if rain != 0.0 {
                self.next = date;
                self.next_rain = rain;
                return;
            }
        }
        self.next = NO_DATE;
    }

    /// Brings the gage to a moment.
    pub(crate) fn go(&mut self, g: &GageData, date: f64, factor: f64) {
        if !g.used {
            return;
        }
        if let Some(rain) = self.live {
            self.rainfall = rain;
            return;
        }
        let t = date + ONE_SECOND;
        loop {
            if self.start == NO_DATE || t < self.start {
                self.rainfall = 0.0;
                return;
            }
            if t < self.end {
                return;
            }
            if self.next == NO_DATE || t < self.next {
                self.rainfall = 0.0;
                return;
            }
            self.start = self.next;
            self.end = add_seconds(self.start, g.interval);
            self.rainfall = self.next_rain;
            self.advance(g, factor);
        }
    }

    /// When its rain changes next.
    pub(crate) fn change(&self, g: &GageData, date: f64) -> f64 {
        if !g.used {
            return date;
        }
        let t = date + ONE_SECOND;
        if t < self.start {
            self.start
        } else if t < self.end {
            self.end
        } else {
            self.next
        }
    }

    /// The rain to report at a moment.
    pub(crate) fn set_report(&mut self, date: f64) {
        let t = date + ONE_SECOND;
        self.report = if let Some(rain) = self.live {
            rain
        } else if t < self.end {
            self.rainfall
        } else if t < self.next {
            0.0
        } else {
            self.next_rain
        };
    }

    /// Adds a step's rain to the hours kept for control rules.
    pub(crate) fn remember(&mut self, mut seconds: i64) {
        let rate = self.rainfall / 3600.0;
        while seconds > 0 {
            let left = 3600 - self.past_seconds;
            if seconds > left {
                self.past[0] += left as f64 * rate;
                for i in (1..PAST).rev() {
                    self.past[i] = self.past[i - 1];
                }
                self.past_seconds = 0;
                self.past[0] = 0.0;
                seconds -= left;
            } else {
                self.past[0] += seconds as f64 * rate;
                self.past_seconds += seconds;
                seconds = 0;
            }
        }
    }

    /// Rain of the last `hours` full hours.
    pub(crate) fn past(&self, hours: usize) -> f64 {
        self.past.iter().skip(1).take(hours).sum()
    }
}
