//! 累积与冲刷函数: how much of a pollutant lies on a land use and how much of it goes with the runoff
//! (Reference Manual III, ch. 3.3, 4.2).

use super::LITRES_IN_FT3;
use super::data::PollutantData;
use crate::project::{BuildUp, WashOff, WashOffLine};
use crate::units::{SECONDS_A_DAY, Units, min};

/// Build-up of one pollutant on one land use.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BuildUpData {
    pub(crate) function: Option<BuildUp>,
    c: [f64; 3],
    per_curb: bool,
    /// Days after which there is no more to come.
    most_days: f64,
}

impl BuildUpData {
    pub(crate) fn new(function: Option<BuildUp>, c: [f64; 3], per_curb: bool) -> Self {
        let [c0, c1, c2] = c;
        let most_days = match function {
            Some(BuildUp::Power) if c1 * c2 == 0.0 => 0.0,
            Some(BuildUp::Power) if c0.log10() / c2 > 3.5 => 3650.0,
            Some(BuildUp::Power) => (c0 / c1).powf(1.0 / c2),
            Some(BuildUp::Exponential) if c1 != 0.0 => -0.001_f64.ln() / c1,
            Some(BuildUp::Saturation) => 1000.0 * c2,
            _ => 0.0,
        };
        Self { function, c, per_curb, most_days }
    }

    /// Mass on a land use of some area (acres, hectares) and curb after some more seconds; `rate` gives
    /// the value now of a series, or nothing before the run.
    pub(crate) fn after(
        &self,
        mass: f64,
        (area, curb): (f64, f64),
        seconds: f64,
        rate: &dyn Fn(usize) -> Option<f64>,
    ) -> f64 {
        let Some(function) = self.function else { return mass };
        if seconds == 0.0 {
            return mass;
        }
        let per = if self.per_curb { curb } else { area };
        if per == 0.0 {
            return 0.0;
        }
        let [most, factor, _] = self.c;
        if let BuildUp::External(series) = function {
            let Some(value) = rate(series) else { return 0.0 * per };
            return min(mass / per + factor * value * seconds / SECONDS_A_DAY, most) * per;
        }
        let days = self.days(function, mass / per) + seconds / SECONDS_A_DAY;
        self.mass(function, days) * per
    }

    fn days(&self, function: BuildUp, mass: f64) -> f64 {
        let [c0, c1, c2] = self.c;
        if mass == 0.0 {
            return 0.0;
        }
        if mass >= c0 {
            return self.most_days;
        }
        match function {
            BuildUp::Power if c1 * c2 == 0.0 => 0.0,
            BuildUp::Power => (mass / c1).powf(1.0 / c2),
            BuildUp::Exponential if c0 * c1 == 0.0 => 0.0,
            BuildUp::Exponential => -(1.0 - mass / c0).ln() / c1,
            BuildUp::Saturation if c0 == 0.0 => 0.0,
            BuildUp::Saturation => mass * c2 / (c0 - mass),
            BuildUp::External(_) => 0.0,
        }
    }

    fn mass(&self, function: BuildUp, days: f64) -> f64 {
        let [c0, c1, c2] = self.c;
        if days == 0.0 {
            return 0.0;
        }
        if days >= self.most_days {
            return c0;
        }
        match function {
            BuildUp::Power => min(c1 * days.powf(c2), c0),
            BuildUp::Exponential => c0 * (1.0 - (-days * c1).exp()),
            BuildUp::Saturation => days * c0 / (c2 + days),
            BuildUp::External(_) => 0.0,
        }
    }
}

/// Wash-off of one pollutant from one land use.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct WashOffData {
    function: Option<WashOff>,
    coefficient: f64,
    exponent: f64,
    pub(crate) sweeping: f64,
    pub(crate) practice: f64,
}

impl WashOffData {
    pub(crate) fn new(w: &WashOffLine, units: &Units) -> Self {
        let coefficient = match w.function {
            Some(WashOff::Exponential) => w.coefficient / 3600.0,
            Some(WashOff::Rating) => w.coefficient * units.flow.powf(w.exponent),
            Some(WashOff::Mean) => w.coefficient * LITRES_IN_FT3,
            None => w.coefficient,
        };
        Self {
            function: w.function,
            coefficient,
            exponent: w.exponent,
            sweeping: w.sweeping / 100.0,
            practice: w.practice / 100.0,
        }
    }

    /// Concentration (mass a ft³) in runoff (ft/s) from a land use of `area` ft² with `mass` (lb or kg)
    /// on it.
    pub(crate) fn concentration(
        &self,
        build_up: &BuildUpData,
        p: &PollutantData,
        units: &Units,
        mass: f64,
        runoff: f64,
        area: f64,
    ) -> f64 {
        if runoff == 0.0 || (build_up.function.is_some() && mass == 0.0) {
            return 0.0;
        }
        match self.function {
            None => 0.0,
            Some(WashOff::Exponential) => {
                let w = self.coefficient * (runoff * units.rainfall).powf(self.exponent) * mass / p.mass;
                w / (runoff * area)
            }
            Some(WashOff::Rating) => self.coefficient * (runoff * area).powf(self.exponent - 1.0),
            Some(WashOff::Mean) => self.coefficient,
        }
    }
}
