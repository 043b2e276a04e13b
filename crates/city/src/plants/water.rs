//! 出水: what flows out of a plant at any moment – a function of time, so that the mean of ten minutes is
//! the mean of what was said in them, whenever somebody asks.

use crate::dice::Dice;
use crate::town::utilities::PlantPlace;
use field::time::{BEIJING_MS, DAY_MS, HOUR_MS, MINUTE_MS, Time};

/// A factor of a plant's outlet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Factor {
    /// HJ 212 code.
    pub(crate) code: &'static str,
    /// Usual value, in the unit of the factor table.
    usual: f64,
    /// How far it swings over a day, as a share.
    swing: f64,
    /// How far it wanders from hour to hour, as a share.
    wander: f64,
    /// Digits behind the point.
    pub(crate) decimals: usize,
}

const fn factor(code: &'static str, usual: f64, swing: f64, wander: f64, decimals: usize) -> Factor {
    Factor { code, usual, swing, wander, decimals }
}

/// Flow first: its amount weighs the others'. Usual values well within grade 1A of GB 18918-2002.
pub(crate) const FACTORS: [Factor; 6] = [
    factor("w00000", 1_000.0, 0.25, 0.05, 1),
    factor("w01001", 7.1, 0.01, 0.01, 2),
    factor("w01018", 21.0, 0.12, 0.15, 1),
    factor("w21003", 0.65, 0.25, 0.30, 2),
    factor("w21011", 0.17, 0.15, 0.15, 2),
    factor("w21001", 8.9, 0.10, 0.10, 2),
];

/// A plant's outlet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outlet {
    seed: u64,
    nth: i64,
    flow_ls: f64,
}

impl Outlet {
    pub(crate) fn new(seed: u64, nth: usize, place: &PlantPlace) -> Self {
        Self { seed, nth: nth as i64, flow_ls: place.flow_m3s * 1_000.0 }
    }

    /// The value of a factor at a moment, in the unit of the factor table.
    pub(crate) fn value(&self, which: usize, at: Time) -> f64 {
        let Some(factor) = FACTORS.get(which) else { return 0.0 };
        let usual = if which == 0 { self.flow_ls } else { factor.usual };
        let day = ((at.ms() + BEIJING_MS).rem_euclid(DAY_MS)) as f64 / DAY_MS as f64;
        // Two peaks a day, after breakfast and in the evening; a plant answers some hours later.
        let swing = (std::f64::consts::TAU * 2.0 * (day - 0.42)).cos() * factor.swing;
        usual * (1.0 + swing + self.wander(which, at) * factor.wander)
    }

    /// Between −1 and 1, in straight lines from hour to hour.
    fn wander(&self, which: usize, at: Time) -> f64 {
        let hour = at.ms().div_euclid(HOUR_MS);
        let part = at.ms().rem_euclid(HOUR_MS) as f64 / HOUR_MS as f64;
        let mark = |hour: i64| {
            let place = hour.wrapping_mul(64).wrapping_add(self.nth * 8 + which as i64);
            Dice::of(self.seed, "outlet", place).between(-1.0, 1.0)
        };
        mark(hour) * (1.0 - part) + mark(hour + 1) * part
    }

    /// Least, mean, greatest value and amount over a period: m³ for the flow, kg for the others.
    pub(crate) fn over(&self, which: usize, from: Time, to: Time) -> Period {
        let span = to.since_ms(from).max(MINUTE_MS);
        // A day in 96 steps, everything shorter by the minute.
        let step = (span / 96).max(MINUTE_MS);
        let (mut sum, mut count, mut amount) = (0.0, 0.0_f64, 0.0);
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut at = from;
        while at < to {
            let value = self.value(which, at);
            let litres = self.value(0, at) * step as f64 / 1_000.0;
            amount += if which == 0 { litres / 1_000.0 } else { value * litres / 1.0e6 };
            sum += value;
            count += 1.0;
            min = min.min(value);
            max = max.max(value);
            at = at.plus_ms(step);
        }
        Period { min, mean: sum / count.max(1.0), max, amount }
    }

    /// 数据标记: the COD analyser is calibrated for ten minutes after two at night, maintained on Monday
    /// mornings.
    pub(crate) fn flag(which: usize, at: Time) -> &'static str {
        let wall = at.beijing();
        match (which, wall.hour(), wall.minute()) {
            (2, 2, 0..=9) => "C",
            // 1970-01-01 was a Thursday.
            (2..=5, 10, 0..=19) if ((at.ms() + BEIJING_MS).div_euclid(DAY_MS) + 3).rem_euclid(7) == 0 => "M",
            _ => "N",
        }
    }
}

/// A factor over a period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Period {
    pub(crate) min: f64,
    pub(crate) mean: f64,
    pub(crate) max: f64,
    pub(crate) amount: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::town::utilities::PLANTS;

    #[test]
    fn an_hour_lies_between_its_least_and_greatest_and_the_day_adds_up() {
        let outlet = Outlet::new(2021, 0, &PLANTS[0]);
        let from: Time = "2021-06-30T00:00".parse().unwrap();
        let mut amount = 0.0;
        for hour in 0..24 {
            let at = from.plus_ms(hour * HOUR_MS);
            let cod = outlet.over(2, at, at.plus_ms(HOUR_MS));
            assert!(cod.min <= cod.mean && cod.mean <= cod.max && cod.max < 40.0);
            amount += outlet.over(0, at, at.plus_ms(HOUR_MS)).amount;
        }
        let day = outlet.over(0, from, from.plus_ms(DAY_MS)).amount;
        assert!((amount - day).abs() / day < 0.01, "{amount} {day}");
    }
}
