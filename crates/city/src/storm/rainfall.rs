//! The rain of a storm on every gauge, as whole tenths of a millimetre in each five minutes.

use super::Storm;
use super::cells::{self, Cell};
use crate::dice::Dice;
use crate::town::Town;
use field::place::Position;

/// Minutes of one step.
pub(crate) const STEP_MIN: i64 = 5;
/// Mean of the gauges in a drawn storm, mm for every hour of it: as wet as the recorded ones' heavy hours.
const DRAWN_MM: (f64, f64) = (4.0, 8.0);
/// Dry minutes before the rain of a drawn storm.
const DRY_MIN: i64 = 30;

/// 雨量过程 of one storm on the town's gauges.
#[derive(Clone, Debug)]
pub struct Rainfall {
    /// For each gauge, the counter at the end of each step since storm hour 0, tenths of a millimetre;
    /// its first entry is 0.
    counters: Vec<Vec<u32>>,
}

impl Rainfall {
    /// Plays the storm's cells over the town's gauges and fits them to the recorded totals.
    #[must_use]
    pub fn of(storm: &Storm, town: &Town) -> Self {
        let (from, to) = storm.rain_minutes();
        let steps = (to - from) / STEP_MIN;
        let dice = |gauge| Dice::of(town.seed, storm.id, gauge);
        let raw: Vec<Vec<f64>> = town
            .gauges()
            .zip(0..)
            .map(|(g, n)| raw_series(storm.cells, steps, dice(n), g.position))
            .collect();
        let names: Vec<&str> = town.gauges().map(|g| g.name.as_str()).collect();
        let totals = fitted_totals(storm, &names, &raw);
        let counters = raw.iter().zip(totals).map(|(series, total)| counted(from, series, total)).collect();
        Self { counters }
    }

    /// A storm that never was, drawn from a seed: half a dry hour, then so many minutes of rain from cells
    /// of the recorded storms' kind. For tests and measurements: what is learnt on the recorded storms
    /// must hold on others.
    #[must_use]
    pub fn drawn(seed: u64, town: &Town, minutes: u32) -> Self {
        let mut dice = Dice::new(seed, "drawn storm");
        let cells = cells::drawn(&mut dice, f64::from(minutes));
        let mean_mm = dice.between(DRAWN_MM.0, DRAWN_MM.1) * f64::from(minutes) / 60.0;
        let steps = i64::from(minutes) / STEP_MIN;
        let texture = |gauge| Dice::of(seed, "drawn texture", gauge);
        let raw: Vec<Vec<f64>> =
            town.gauges().zip(0..).map(|(g, n)| raw_series(&cells, steps, texture(n), g.position)).collect();
        let sums: Vec<f64> = raw.iter().map(|series| series.iter().sum()).collect();
        let scale = 10.0 * mean_mm * sums.len() as f64 / sums.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let series = raw.iter().zip(sums);
        let counters = series.map(|(series, sum)| counted(DRY_MIN, series, (sum * scale) as u32)).collect();
        Self { counters }
    }

    /// The gauge's counter `minute` minutes after storm hour 0, tenths of a millimetre: 0 before the
    /// rain, the total after it. Inside five minutes it grows evenly, in whole tenths.
    #[must_use]
    pub fn counter_tenths(&self, gauge: usize, minute: i64) -> u32 {
        let Some(counter) = self.counters.get(gauge) else { return 0 };
        let step = usize::try_from(minute.max(0) / STEP_MIN).unwrap_or(usize::MAX);
        let last = counter.last().copied().unwrap_or(0);
        let before = counter.get(step).copied().unwrap_or(last);
        let after = counter.get(step.saturating_add(1)).copied().unwrap_or(last);
        let into = u32::try_from(minute.max(0) % STEP_MIN).unwrap_or(0);
        before + (after - before) * into / STEP_MIN as u32
    }

    /// The gauge's total, tenths of a millimetre.
    #[must_use]
    pub fn total_tenths(&self, gauge: usize) -> u32 {
        self.counters.get(gauge).and_then(|c| c.last()).copied().unwrap_or(0)
    }

    /// How many gauges there are.
    #[must_use]
    pub fn gauges(&self) -> usize {
        self.counters.len()
    }

    /// Intensity at a gauge in the five minutes that a minute lies in, mm/h.
    #[must_use]
    pub fn intensity_mmh(&self, gauge: usize, minute: i64) -> f64 {
        let step = minute.div_euclid(STEP_MIN) * STEP_MIN;
        let tenths = self.counter_tenths(gauge, step + STEP_MIN) - self.counter_tenths(gauge, step);
        f64::from(tenths) / 10.0 * (60.0 / STEP_MIN as f64)
    }
}

/// The cells' rain on one gauge in each step of the rain, in arbitrary units, with a texture so that
/// neighbours differ.
fn raw_series(cells: &[Cell], steps: i64, mut dice: Dice, p: Position) -> Vec<f64> {
    let mut texture = 1.0;
    (0..steps)
        .map(|step| {
            texture = 0.7 * texture + 0.3 * dice.between(0.35, 1.65);
            let minute = (step * STEP_MIN) as f64 + STEP_MIN as f64 / 2.0;
            let rain: f64 = cells.iter().map(|c| c.intensity(p, minute)).sum();
            // Drizzle below 0.3 mm/h does not tip a bucket.
            (rain * texture - 0.3).max(0.0)
        })
        .collect()
}

/// Each gauge's total in tenths: the named ones as recorded; the others in proportion to their raw
/// rain, within the storm's bounds, so that the sum is exactly 54 times the areal mean.
fn fitted_totals(storm: &Storm, names: &[&str], raw: &[Vec<f64>]) -> Vec<u32> {
    let recorded = |name: &str| storm.named.iter().find(|(n, _)| *n == name).map(|(_, tenths)| *tenths);
    let (least, most) = (f64::from(storm.rest_tenths.0), f64::from(storm.rest_tenths.1));
    let wanted = storm.areal_tenths * names.len() as u32;
    let rest = wanted.saturating_sub(names.iter().filter_map(|n| recorded(n)).sum());
    let sums: Vec<f64> = raw.iter().map(|series| series.iter().sum()).collect();
    let share = |scale: f64, sum: f64| (scale * sum).clamp(least, most);
    let total = |scale: f64| -> f64 {
        names.iter().zip(&sums).filter(|(n, _)| recorded(n).is_none()).map(|(_, s)| share(scale, *s)).sum()
    };
    let (mut low, mut high) = (0.0, 1.0e6);
    for _ in 0..200 {
        let mid = (low + high) / 2.0;
        if total(mid) < f64::from(rest) { low = mid } else { high = mid }
    }
    let mut totals: Vec<u32> = names
        .iter()
        .zip(&sums)
        .map(|(name, sum)| recorded(name).unwrap_or_else(|| share(high, *sum) as u32))
        .collect();
    spread_rest(
        &mut totals,
        wanted,
        |n| names.get(n).is_none_or(|name| recorded(name).is_some()),
        most as u32,
    );
    totals
}

/// Gives the tenths lost in rounding to unnamed gauges, one each in turn, below their bound.
fn spread_rest(totals: &mut [u32], wanted: u32, is_named: impl Fn(usize) -> bool, most: u32) {
    let mut missing = wanted.saturating_sub(totals.iter().sum());
    while missing > 0 {
        let before = missing;
        for (n, total) in totals.iter_mut().enumerate() {
            if missing > 0 && !is_named(n) && *total < most {
                *total += 1;
                missing -= 1;
            }
        }
        if missing == before {
            return;
        }
    }
}

/// A gauge's counter at the end of each step after so many dry minutes, with exactly `total` tenths at
/// the end: the running sum is rounded, so nothing is lost between steps.
fn counted(dry_min: i64, series: &[f64], total: u32) -> Vec<u32> {
    let sum: f64 = series.iter().sum();
    let dry = usize::try_from(dry_min / STEP_MIN).unwrap_or(0);
    let mut counter = vec![0; dry + 1];
    let mut so_far = 0.0;
    for rain in series {
        so_far += rain;
        counter.push((so_far / sum.max(f64::MIN_POSITIVE) * f64::from(total)).round() as u32);
    }
    if let Some(last) = counter.last_mut() {
        *last = total;
    }
    counter
}

#[cfg(test)]
mod tests {
    use super::super::STORMS;
    use super::*;
    use std::sync::OnceLock;

    fn town() -> &'static Town {
        static TOWN: OnceLock<Town> = OnceLock::new();
        TOWN.get_or_init(|| Town::generate(2021).unwrap())
    }

    /// Acceptance: the handbook's figures to 0.1 mm, for several seeds.
    #[test]
    fn areal_means_and_named_gauges_are_reproduced_to_a_tenth_of_a_millimetre() {
        type Recorded<'a> = (&'a str, u32, &'a [(&'a str, u32)]);
        let recorded: [Recorded<'_>; 2] = [
            ("2019-06-21", 511, &[("苏溪", 1_100), ("荷叶塘", 946), ("鹤田", 945)]),
            ("2021-06-30", 374, &[("上溪", 511), ("城西", 501)]),
        ];
        for seed in [0, 1, 2021] {
            let town = Town::generate(seed).unwrap();
            for (id, areal, named) in recorded {
                let rain = Rainfall::of(Storm::of(id).unwrap(), &town);
                let sum: u32 = (0..rain.gauges()).map(|g| rain.total_tenths(g)).sum();
                assert_eq!(sum, areal * 54, "{id} seed {seed}");
                for (name, tenths) in named {
                    let gauge = town.gauges().position(|g| g.name == *name).unwrap();
                    assert_eq!(rain.total_tenths(gauge), *tenths, "{name}");
                }
                let most = (0..54).map(|g| rain.total_tenths(g)).max().unwrap();
                assert_eq!(most, named[0].1, "no gauge outdoes {}", named[0].0);
            }
        }
    }

    #[test]
    fn the_recorded_hours_are_the_ones_on_file() {
        let facts: serde_json::Value = serde_json::from_str(include_str!("../../facts/yiwu.json")).unwrap();
        for (storm, fact) in STORMS.iter().zip(facts["storms"].as_array().unwrap()) {
            assert_eq!(storm.id, fact["id"].as_str().unwrap());
            assert_eq!(storm.rain_from.to_string(), fact["from"].as_str().unwrap());
            assert_eq!(storm.rain_to.to_string(), fact["to"].as_str().unwrap());
            assert_eq!(storm.listed().areal_mm, fact["areal_mm"].as_f64().unwrap());
        }
    }

    #[test]
    fn it_is_dry_before_and_after_and_no_five_minutes_exceed_what_a_frame_can_carry() {
        for storm in &STORMS {
            let rain = Rainfall::of(storm, town());
            let (from, to) = storm.rain_minutes();
            for gauge in 0..54 {
                assert_eq!(rain.counter_tenths(gauge, from), 0);
                assert_eq!(rain.counter_tenths(gauge, to), rain.total_tenths(gauge));
                assert_eq!(rain.counter_tenths(gauge, storm.minutes() + 9_999), rain.total_tenths(gauge));
                for step in (0..storm.minutes()).step_by(5) {
                    let tenths = rain.counter_tenths(gauge, step + 5) - rain.counter_tenths(gauge, step);
                    assert!(tenths <= 150, "{tenths} tenths in five minutes");
                }
            }
        }
    }

    #[test]
    fn the_hour_of_2019_over_suxi_is_a_cloudburst() {
        let rain = Rainfall::of(&STORMS[0], town());
        let suxi = town().gauges().position(|g| g.name == "苏溪").unwrap();
        let hour = (0..STORMS[0].minutes())
            .map(|m| rain.counter_tenths(suxi, m + 60) - rain.counter_tenths(suxi, m))
            .max()
            .unwrap();
        assert!((250..600).contains(&hour), "{hour} tenths in the wettest hour");
    }

    #[test]
    fn minutes_add_up_to_their_five() {
        let rain = Rainfall::of(&STORMS[1], town());
        for minute in 0..STORMS[1].minutes() {
            assert!(rain.counter_tenths(3, minute + 1) >= rain.counter_tenths(3, minute));
        }
    }
}
