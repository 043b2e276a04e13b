//! 气候 as `[TEMPERATURE]` gives it: air temperature from a series or a daily file, wind, what decides
//! about snow (Reference Manual I, ch. 2.4–2.5 and 6.2).

use numerics::inp::starts_with;

use super::climate_file::{ClimateFile, FileUnits};
use super::hydrology::twelve_from;
use super::read::{Kind, Row};
use super::{EvaporationSource, Index, Project};
use crate::date::{civil, read_date};

/// 气温来源.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TemperatureSource {
    /// None: 70 °F for ever.
    #[default]
    None,
    /// A time series.
    Series(Index),
    /// The daily file's least and greatest.
    File,
}

/// 风速来源.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WindSource {
    /// One a month, mph or km/h.
    Monthly([f64; 12]),
    /// The daily file's.
    File,
}

/// `[TEMPERATURE]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Climatology {
    /// Where the air temperature comes from.
    pub source: TemperatureSource,
    /// The daily file, read.
    pub file: Option<ClimateFile>,
    /// Where the wind comes from.
    pub wind: WindSource,
    /// Temperature at which precipitation falls as snow, °F.
    pub snow_below_f: f64,
    /// Weight of the antecedent temperature index (0–1).
    pub antecedent_weight: f64,
    /// Negative melt ratio (0–1).
    pub negative_melt: f64,
    /// Height above sea, the model's unit of length.
    pub elevation: f64,
    /// Degrees north.
    pub latitude: f64,
    /// Longitude correction, hours.
    pub correction_h: f64,
    /// Areal depletion of impervious and pervious ground.
    pub depletion: [[f64; 10]; 2],
}

impl Default for Climatology {
    fn default() -> Self {
        Self {
            source: TemperatureSource::None,
            file: None,
            wind: WindSource::Monthly([0.0; 12]),
            snow_below_f: 34.0,
            antecedent_weight: 0.5,
            negative_melt: 0.6,
            elevation: 0.0,
            latitude: 40.0,
            correction_h: 0.0,
            depletion: [[1.0; 10]; 2],
        }
    }
}

/// One line of `[TEMPERATURE]`.
pub(super) fn temperature(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    let key = row.text(0).to_ascii_uppercase();
    if starts_with(&key, "TIMESERIES") {
        project.climate.source = TemperatureSource::Series(row.find(1, Kind::Series)?);
    } else if starts_with(&key, "FILE") {
        file(project, row)?;
    } else if starts_with(&key, "WINDSPEED") {
        project.climate.wind = if starts_with(row.text(1), "FILE") {
            WindSource::File
        } else {
            WindSource::Monthly(twelve_from(row, 2)?)
        };
    } else if starts_with(&key, "SNOWMELT") {
        snowmelt(project, row)?;
    } else if starts_with(&key, "ADC") {
        let side = row.word(1, &[("IMPERV", 0_usize), ("PERV", 1)])?;
        for i in 0..10 {
            let share = row.number(i + 2)?;
            if !(0.0..=1.0).contains(&share) {
                row.problem(format!("entry {} is {share}, not a fraction", i + 3), "write 0 to 1");
                return None;
            }
            if let Some(v) = project.climate.depletion.get_mut(side).and_then(|c| c.get_mut(i)) {
                *v = share;
            }
        }
    } else {
        row.problem(
            format!("`{key}` is not a word of [TEMPERATURE]"),
            "one of TIMESERIES, FILE, WINDSPEED, SNOWMELT, ADC",
        );
        return None;
    }
    Some(())
}

fn snowmelt(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(7) {
        return None;
    }
    let mut x = [0.0; 6];
    for (i, v) in x.iter_mut().enumerate() {
        *v = row.number(i + 1)?;
    }
    let [fall, tipm, rnm, elevation, latitude, minutes] = x;
    let share = 0.0..=1.0;
    if !share.contains(&tipm) || !share.contains(&rnm) || latitude <= -89.99 || latitude >= 89.99 {
        row.problem(
            "these snow melt parameters make no climate",
            "the weight and the melt ratio are 0 to 1, the latitude −89.99 to 89.99",
        );
        return None;
    }
    let c = &mut project.climate;
    c.snow_below_f = if project.options.flow_units.is_si() { 9.0 / 5.0 * fall + 32.0 } else { fall };
    (c.antecedent_weight, c.negative_melt) = (tipm, rnm);
    (c.elevation, c.latitude, c.correction_h) = (elevation, latitude, minutes / 60.0);
    Some(())
}

fn file(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(2) {
        return None;
    }
    let name = row.text(1).to_owned();
    let from = if row.len() > 2 && row.text(2) != "*" {
        let Some(date) = read_date(row.text(2)) else {
            row.problem(format!("`{}` is not a date", row.text(2)), "write month/day/year");
            return None;
        };
        date
    } else {
        project.options.start
    };
    let si = project.options.flow_units.is_si();
    let mut units = if si { FileUnits::Celsius } else { FileUnits::Fahrenheit };
    if row.len() > 3 {
        units = row.word(
            3,
            &[("C10", FileUnits::TenthCelsius), ("C", FileUnits::Celsius), ("F", FileUnits::Fahrenheit)],
        )?;
    }
    let Some(text) = row.reader.text(&name) else {
        row.problem(format!("the climate file `{name}` cannot be read"), "put it beside the model");
        return None;
    };
    let Some(file) = ClimateFile::read(&text, si, units, civil(from)) else {
        row.problem(
            format!("the climate file `{name}` is of no known layout"),
            "write `station year month day max min evaporation wind`, or give a GHCN-D, TD3200 or DLY0204 file",
        );
        return None;
    };
    if !file.has_first() {
        row.problem(
            format!("the climate file `{name}` has nothing of the first month"),
            "give a start date that is in the file",
        );
        return None;
    }
    project.climate.source = TemperatureSource::File;
    project.climate.file = Some(file);
    Some(())
}

/// What needs a climate file and has none.
pub(super) fn check(project: &Project) -> Option<&'static str> {
    let wants = project.climate.wind == WindSource::File
        || matches!(project.evaporation.source, EvaporationSource::File(_) | EvaporationSource::Temperature);
    (wants && project.climate.file.is_none())
        .then_some("wind or evaporation comes from a climate file and [TEMPERATURE] names none")
}
