//! 雨情: sums over the gauges, computed from the samples and kept for a moment.
//!
//! Promises: a period value belongs to the time before its label (SL 651: labelled at the period's
//! end); the day is the hydrological day from 08:00.

use crate::app::App;
use crate::kept::Kept;
use crate::problem::Problem;
use crate::views::rain::{RainBar, RainGauge, RainMax, RainSums, RainView};
use field::sample::Sample;
use field::station::Quantity;
use field::time::{DAY_MS, HOUR_MS, MINUTE_MS, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Samples of one gauge read at most: one a minute for a day, with room.
const SAMPLES_MAX: usize = 3_000;
/// A bar of the hyetograph.
const BAR_MS: i64 = 5 * MINUTE_MS;
/// The hyetograph reaches back so far.
const HYETOGRAPH_MS: i64 = 6 * HOUR_MS;

/// What the gauges say, at one moment.
pub(crate) struct Rainfall {
    at: Time,
    pub(crate) gauges: Vec<RainGauge>,
    pub(crate) areal: RainSums,
    hyetograph: Vec<RainBar>,
}

/// Keeps the newest [`Rainfall`].
#[derive(Default)]
pub(crate) struct RainBoard(Kept<Rainfall>);

impl RainBoard {
    /// What the gauges say now, at most a moment old.
    pub(crate) async fn now(&self, app: &App) -> Result<Arc<Rainfall>, Problem> {
        self.0.or_compute(compute(app)).await
    }
}

async fn compute(app: &App) -> Result<Rainfall, Problem> {
    let now = app.now();
    let registry = app.store.tables.registry();
    let mut gauges = Vec::new();
    let mut bars = Bars::default();
    for point in registry.points().values().filter(|p| p.quantity == Quantity::Rain) {
        let Some(station) = registry.station(&point.station) else { continue };
        let from = now.plus_ms(1 - DAY_MS);
        let found = app.store.samples.range(point.id, from, now.plus_ms(1), SAMPLES_MAX).await?;
        let samples: Vec<Sample> = found.into_iter().map(|(s, _)| s).collect();
        let sums = sums(&samples, now);
        bars.add(&samples, now);
        gauges.push(RainGauge {
            station: station.code.to_string(),
            name: station.name.clone(),
            name_en: station.name_en.clone(),
            position: station.position.into(),
            h1: sums.h1,
            h3: sums.h3,
            h6: sums.h6,
            h24: sums.h24,
            day: sums.day,
        });
    }
    Ok(Rainfall { at: now, areal: areal(&gauges), gauges, hyetograph: bars.means(now) })
}

/// Sums of the periods that ended within each window up to `now`.
fn sums(samples: &[Sample], now: Time) -> RainSums {
    let since = |after: Time| {
        let inside = samples.iter().filter(|s| s.at > after && s.at <= now).filter_map(Sample::usable);
        inside.fold(None, |sum: Option<f64>, mm| Some(sum.unwrap_or(0.0) + mm)).map(tenths)
    };
    RainSums {
        h1: since(now.plus_ms(-HOUR_MS)),
        h3: since(now.plus_ms(-3 * HOUR_MS)),
        h6: since(now.plus_ms(-6 * HOUR_MS)),
        h24: since(now.plus_ms(-DAY_MS)),
        day: since(now.hydrological_day_of_period_end()),
    }
}

fn areal(gauges: &[RainGauge]) -> RainSums {
    let mean = |of: fn(&RainGauge) -> Option<f64>| {
        let values: Vec<f64> = gauges.iter().filter_map(of).collect();
        let n = values.len();
        (n > 0).then(|| tenths(values.iter().sum::<f64>() / n as f64))
    };
    RainSums {
        h1: mean(|g| g.h1),
        h3: mean(|g| g.h3),
        h6: mean(|g| g.h6),
        h24: mean(|g| g.h24),
        day: mean(|g| g.day),
    }
}

/// To 0.01 mm: a gauge's own step is 0.1 or 0.5 mm, the rest is arithmetic noise.
fn tenths(mm: f64) -> f64 {
    (mm * 100.0).round() / 100.0
}

/// Five-minute bars: sum of the means' numerators and how many gauges reported.
#[derive(Default)]
struct Bars(BTreeMap<i64, (f64, u32)>);

impl Bars {
    fn add(&mut self, samples: &[Sample], now: Time) {
        let mut own: BTreeMap<i64, f64> = BTreeMap::new();
        for s in samples.iter().filter(|s| now.since_ms(s.at) < HYETOGRAPH_MS) {
            if let Some(mm) = s.usable() {
                *own.entry(bar_end(s.at)).or_default() += mm;
            }
        }
        for (end, mm) in own {
            let bar = self.0.entry(end).or_default();
            *bar = (bar.0 + mm, bar.1 + 1);
        }
    }

    fn means(&self, now: Time) -> Vec<RainBar> {
        let last = now.ms().div_euclid(BAR_MS);
        let first = last - HYETOGRAPH_MS / BAR_MS + 1;
        let bar = |n: i64| {
            let found = self.0.get(&(n * BAR_MS)).map(|(sum, gauges)| tenths(sum / f64::from(*gauges)));
            RainBar { at: Time::from_ms(n * BAR_MS).into(), mm: found }
        };
        (first..=last).map(bar).collect()
    }
}

/// The end of the five minutes that hold the period ending at `at`.
fn bar_end(at: Time) -> i64 {
    at.ms().div_euclid(BAR_MS) * BAR_MS + if at.ms().rem_euclid(BAR_MS) == 0 { 0 } else { BAR_MS }
}

impl Rainfall {
    /// For the interface, with the maximum over `window_h`.
    pub(crate) fn view(&self, window_h: u32) -> RainView {
        let of = |g: &RainGauge| match window_h {
            3 => g.h3,
            6 => g.h6,
            24 => g.h24,
            _ => g.h1,
        };
        let wettest =
            self.gauges.iter().filter_map(|g| of(g).map(|mm| (g, mm))).max_by(|a, b| a.1.total_cmp(&b.1));
        RainView {
            at: self.at.into(),
            gauges: self.gauges.clone(),
            areal: self.areal,
            hyetograph: self.hyetograph.clone(),
            max: wettest.filter(|(_, mm)| *mm > 0.0).map(|(g, mm)| RainMax {
                station: g.station.clone(),
                name: g.name.clone(),
                name_en: g.name_en.clone(),
                mm,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use field::sample::Quality;

    fn eight() -> Time {
        Time::from_beijing(2021, 6, 30, 8, 0, 0).unwrap()
    }

    fn rain(minute: i64, mm: f64) -> Sample {
        Sample { at: eight().plus_ms(minute * MINUTE_MS), value: Some(mm), quality: Quality::Good }
    }

    #[test]
    fn rain_that_ended_at_eight_belongs_to_yesterday_and_a_period_to_the_time_before_its_label() {
        let samples = [rain(-5, 1.0), rain(0, 2.0), rain(5, 4.0), rain(60, 8.0)];
        let found = sums(&samples, eight().plus_ms(60 * MINUTE_MS));
        assert_eq!(found.day, Some(12.0));
        assert_eq!(found.h1, Some(12.0), "the label one hour ago fell before that hour");
        assert_eq!(found.h3, Some(15.0));
        assert_eq!(sums(&samples, eight()).day, Some(3.0));
    }

    #[test]
    fn a_silent_gauge_has_no_sum_and_does_not_pull_the_mean_down() {
        assert_eq!(sums(&[], eight()).h1, None);
        let mut bars = Bars::default();
        bars.add(&[rain(-5, 2.0), rain(0, 6.0)], eight());
        bars.add(&[rain(0, 2.0)], eight());
        let means = bars.means(eight());
        assert_eq!(means.len(), 72);
        assert_eq!(means.last().map(|b| b.mm), Some(Some(4.0)));
        assert_eq!(means[70].mm, Some(2.0));
        assert_eq!(means[69].mm, None);
    }
}
