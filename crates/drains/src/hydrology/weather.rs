//! 天气 of the day: temperature through the day from its least and greatest, the daily file, the
//! evaporation that temperature brings (Hargreaves), wind, the season of snow melt (Reference
//! Manual I, ch. 2.4–2.5).

use serde::{Deserialize, Serialize};

use crate::date::{NO_DATE, day_of_year, days_in_month, month};
use crate::model::Model;
use crate::project::climate_file::{EVAPORATION, GREATEST, LEAST, WIND};
use crate::project::{EvaporationSource, TemperatureSource, WindSource};
use crate::units::PI;

/// Days averaged for evaporation by temperature.
const WINDOW: usize = 7;
const MM_PER_INCH: f64 = 25.40;
/// km/h to mph, SWMM's figure.
const KMH_A_MPH: f64 = 1.608;

/// The weather now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Weather {
    /// Air, °F.
    pub(crate) temperature: f64,
    /// Saturation vapour pressure, inHg.
    pub(crate) vapour: f64,
    /// mph.
    pub(crate) wind: f64,
    /// −1 in mid-winter to 1 in mid-summer; `None` before the first day is known.
    pub(crate) season: Option<f64>,
    /// The file's figures of today; a missing one keeps yesterday's.
    pub(crate) file: [f64; 4],
    date: (i64, i64, i64),
    days: i64,
    last_day: f64,
    least: f64,
    greatest: f64,
    yesterday: Option<f64>,
    day: Day,
    recent: Recent,
}

/// Hours and temperatures that shape a day.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Day {
    sunrise: f64,
    sunset: f64,
    length: f64,
    night: f64,
    middle: f64,
    mean: f64,
    half_range: f64,
    morning_range: f64,
}

/// Moving averages of temperature and its range.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Recent {
    mean: f64,
    range: f64,
    means: [f64; WINDOW],
    ranges: [f64; WINDOW],
    count: usize,
    front: usize,
}

impl Recent {
    fn add(&mut self, least: f64, greatest: f64) {
        let (t, r) = ((least + greatest) / 2.0, (greatest - least).abs());
        let count = self.count as f64;
        let (Some(old_t), Some(old_r)) = (self.means.get_mut(self.front), self.ranges.get_mut(self.front))
        else {
            return;
        };
        if self.count == WINDOW {
            self.mean = (self.mean * count + t - *old_t) / count;
            self.range = (self.range * count + r - *old_r) / count;
        } else {
            self.mean = (self.mean * count + t) / (count + 1.0);
            self.range = (self.range * count + r) / (count + 1.0);
            self.count += 1;
        }
        (*old_t, *old_r) = (t, r);
        self.front = (self.front + 1) % WINDOW;
    }
}

impl Weather {
    pub(crate) fn new(model: &Model) -> Self {
        let mut w = Self {
            temperature: 70.0,
            vapour: 0.0,
            wind: 0.0,
            season: None,
            file: [70.0, 70.0, 0.0, 0.0],
            date: (0, 0, 0),
            days: 0,
            last_day: NO_DATE,
            least: 0.0,
            greatest: 0.0,
            yesterday: None,
            day: Day::default(),
            recent: Recent::default(),
        };
        if let Some(f) = &model.project.climate.file {
            w.date = f.first;
            w.take(model);
        }
        w
    }

    fn take(&mut self, model: &Model) {
        let Some(f) = &model.project.climate.file else { return };
        for (now, new) in self.file.iter_mut().zip(f.day(self.date)) {
            *now = new.unwrap_or(*now);
        }
    }

    /// Brings the weather to a moment.
    pub(crate) fn go(&mut self, model: &Model, date: f64) {
        let climate = &model.project.climate;
        if climate.file.is_some() && (date.floor() - model.options.start.floor()) as i64 > self.days {
            self.days += 1;
            let (mut y, mut m, mut d) = self.date;
            d += 1;
            if d > days_in_month(y, m) {
                (m, d) = (m + 1, 1);
                if m > 12 {
                    (y, m) = (y + 1, 1);
                }
            }
            self.date = (y, m, d);
            self.take(model);
        }
        if climate.source != TemperatureSource::None {
            self.set_temperature(model, date);
        }
        let now = month(date) - 1;
        self.wind = match &climate.wind {
            WindSource::Monthly(w) => {
                let ucf = if model.units.flow_units.is_si() { KMH_A_MPH } else { 1.0 };
                w.get(now).copied().unwrap_or(0.0) / ucf
            }
            WindSource::File => self.file_value(WIND),
        };
    }

    pub(crate) fn file_value(&self, what: usize) -> f64 {
        self.file.get(what).copied().unwrap_or(0.0)
    }

    fn set_temperature(&mut self, model: &Model, date: f64) {
        let climate = &model.project.climate;
        let si = model.units.flow_units.is_si();
        let shift = model.project.adjustments.temperature.get(month(date) - 1).copied().unwrap_or(0.0);
        let shift = if si { shift * (9.0 / 5.0) } else { shift };
        let by_file = climate.source == TemperatureSource::File;
        if date.floor() > self.last_day {
            let day = day_of_year(date) as f64;
            if by_file {
                let (a, b) = (self.file_value(LEAST) + shift, self.file_value(GREATEST) + shift);
                (self.least, self.greatest) = if a > b { (b, a) } else { (a, b) };
                self.shape_day(climate.latitude, climate.correction_h, day);
                if model.project.evaporation.source == EvaporationSource::Temperature {
                    self.recent.add(self.least, self.greatest);
                    let e = hargreaves(climate.latitude, day, self.recent.mean, self.recent.range);
                    if let Some(v) = self.file.get_mut(EVAPORATION) {
                        *v = if si { e } else { e / MM_PER_INCH };
                    }
                }
            }
            self.season = Some((0.0172615 * (day - 81.0)).sin());
            self.last_day = date;
        }
        match climate.source {
            TemperatureSource::None => {}
            TemperatureSource::File => {
                self.temperature = self.day.at((date - date.floor()) * 24.0, self.least, self.greatest);
            }
            TemperatureSource::Series(k) => {
                if let Some(s) = model.series.get(k) {
                    let t = s.series(date, true);
                    self.temperature = if si { (9.0 / 5.0) * t + 32.0 } else { t } + shift;
                }
            }
        }
        self.vapour = 8.1175e6 * (-7701.544 / (self.temperature + 405.0265)).exp();
    }

    fn shape_day(&mut self, latitude: f64, correction: f64, day: f64) {
        let declination = 0.40928 * (0.017202 * (172.0 - day)).cos();
        let arg = -declination.tan() * (latitude * PI / 180.0).tan();
        let arg = if arg <= -1.0 {
            PI
        } else if arg >= 1.0 {
            0.0
        } else {
            arg.acos()
        };
        let angle = 3.8197 * arg;
        let sunrise = 12.0 - angle + correction;
        let sunset = 12.0 + angle + correction - 3.0;
        let (least, greatest) = (self.least, self.greatest);
        self.day = Day {
            sunrise,
            sunset,
            length: sunrise - sunset,
            night: 24.0 + sunrise - sunset,
            middle: (sunrise + sunset) / 2.0,
            mean: (least + greatest) / 2.0,
            half_range: (greatest - least) / 2.0,
            morning_range: self.yesterday.unwrap_or(greatest) - least,
        };
        self.yesterday = Some(greatest);
    }
}

impl Day {
    /// Temperature at an hour: sines through the least at sunrise and the greatest before sunset.
    fn at(&self, hour: f64, least: f64, greatest: f64) -> f64 {
        if hour < self.sunrise {
            least + self.morning_range / 2.0 * (PI / self.night * (self.sunrise - hour)).sin()
        } else if hour <= self.sunset {
            self.mean + self.half_range * (PI / self.length * (self.middle - hour)).sin()
        } else {
            greatest - self.half_range * (PI / self.night * (hour - self.sunset)).sin()
        }
    }
}

/// Evaporation by Hargreaves (Reference Manual I, eq. 2-13), mm/day, of °F.
fn hargreaves(latitude: f64, day: f64, mean: f64, range: f64) -> f64 {
    let a = 2.0 * PI / 365.0;
    let ta = (mean - 32.0) * 5.0 / 9.0;
    let tr = range * 5.0 / 9.0;
    let latent = 2.50 - 0.002361 * ta;
    let distance = 1.0 + 0.033 * (a * day).cos();
    let phi = latitude * 2.0 * PI / 360.0;
    let del = 0.4093 * (a * (284.0 + day)).sin();
    let omega = (-phi.tan() * del.tan()).acos();
    let ra = 37.6 * distance * (omega * phi.sin() * del.sin() + phi.cos() * del.cos() * omega.sin());
    let e = 0.0023 * ra / latent * tr.sqrt() * (ta + 17.8);
    if e < 0.0 { 0.0 } else { e }
}
