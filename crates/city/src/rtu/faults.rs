//! 故障: what goes wrong with a station, by menu and at measured rates.
//!
//! The rates come from two open sets (figures of the summary, not their rows):
//! - 113 sewer-level sensors over two years (urban-drainage-data-quality-response, CC0): coverage
//!   0.951 (median; p10 0.79, p90 0.98) → 0.049 of the time silent; longest gap 129 h (median), scaled
//!   down to at most [`LONGEST_SPELL_H`] so that a storm of a day sees several; share of days within
//!   1 cm 0.047 (mean; the median sensor has none) → stuck; adjacent steps marked as spikes 0.067
//!   (median) → small spikes; readings beyond 10 m: none at nine sensors in ten, 0.0006 in the mean of
//!   all but one broken sensor → wild ones, all at one sensor in sixteen; negative values 0.00002,
//!   which a water level of a station cannot show.
//! - a deterministic ingest sample (TSBS, MIT): 2 % late, 1 % duplicates.
//!
//! Lost confirmations and clock drift were in neither: their rates are assumed.

use crate::dice::Dice;
use field::time::{DAY_MS, HOUR_MS, MINUTE_MS, Time};
use serde::{Deserialize, Serialize};

/// Longest silence or stuck spell, hours.
const LONGEST_SPELL_H: f64 = 12.0;
/// Shortest, minutes: three reports, so that it is noticed.
const SHORTEST_SPELL_MIN: f64 = 16.0;

/// Share of stations whose sensor gives wild readings at all.
const PRONE: f64 = 1.0 / 16.0;

/// The menu. Shares are of frames, readings or time. Spells, spikes and wild readings come while a storm
/// is played, the faults of the line (lost, twice, late) and the drift at any time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Share of confirmations that do not reach the station; it sends the frame again.
    pub lost_confirmation: f64,
    /// Share of frames sent twice.
    pub duplicate: f64,
    /// Share of reports held back for 6 to 40 minutes, so that later ones overtake them.
    pub late: f64,
    /// Share of the time a station is silent. Half of the silences at online points lose the readings
    /// (no power); all others, and all of the rain gauges', keep them and send them afterwards.
    pub silence: f64,
    /// Mean length of a silence, hours.
    pub silence_mean_h: f64,
    /// Share of the time a level sensor repeats one value.
    pub stuck: f64,
    /// Mean length of it, hours.
    pub stuck_mean_h: f64,
    /// Share of level readings off by 2 to 4 cm.
    pub spike: f64,
    /// Share of level readings beyond anything plausible, in the mean over all stations; they come from
    /// one in sixteen.
    pub wild: f64,
    /// Most a station's clock gains or loses in a day, seconds; one in twenty comes near it, most
    /// drift a twentieth of it. Clocks are set right on the first of each month.
    pub drift_s_per_day: f64,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            lost_confirmation: 0.01,
            duplicate: 0.01,
            late: 0.02,
            silence: 0.049,
            silence_mean_h: 6.0,
            stuck: 0.047,
            stuck_mean_h: 6.75,
            spike: 0.067,
            wild: 0.0006,
            drift_s_per_day: 4.0,
        }
    }
}

/// What a spell does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpellKind {
    /// The line is away; readings are kept in memory.
    Silent,
    /// No power: no readings.
    Dead,
    /// The level sensor repeats itself.
    Stuck,
}

/// A stretch of time in which something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spell {
    pub(crate) kind: SpellKind,
    from: Time,
    to: Time,
}

impl Faults {
    /// A town without faults.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            lost_confirmation: 0.0,
            duplicate: 0.0,
            late: 0.0,
            silence: 0.0,
            silence_mean_h: 1.0,
            stuck: 0.0,
            stuck_mean_h: 1.0,
            spike: 0.0,
            wild: 0.0,
            drift_s_per_day: 0.0,
        }
    }

    /// Checks that shares are shares. The name of the first wrong one, and why.
    pub(crate) fn check(&self) -> Result<(), (&'static str, String)> {
        let shares = [
            ("faults.lost_confirmation", self.lost_confirmation),
            ("faults.duplicate", self.duplicate),
            ("faults.late", self.late),
            ("faults.silence", self.silence),
            ("faults.stuck", self.stuck),
            ("faults.spike", self.spike),
            ("faults.wild", self.wild),
        ];
        for (name, share) in shares {
            if !(0.0..=0.9).contains(&share) {
                return Err((name, format!("{share} is not a share within 0..=0.9")));
            }
        }
        let hours =
            [("faults.silence_mean_h", self.silence_mean_h), ("faults.stuck_mean_h", self.stuck_mean_h)];
        for (name, mean) in hours {
            if !(0.3..=LONGEST_SPELL_H).contains(&mean) {
                return Err((name, format!("{mean} is not within 0.3..={LONGEST_SPELL_H} hours")));
            }
        }
        if !(0.0..=60.0).contains(&self.drift_s_per_day) {
            let why = format!("{} is not within 0..=60 seconds a day", self.drift_s_per_day);
            return Err(("faults.drift_s_per_day", why));
        }
        Ok(())
    }

    /// The spells of a station that begin on the civil day of `day`.
    fn spells_of_day(&self, seed: u64, station: usize, is_gauge: bool, day: Time) -> Vec<Spell> {
        let mut dice = Dice::of(seed, "spells", day.ms() / DAY_MS * 1_000 + station as i64);
        let mut spells = Vec::new();
        let kinds = [(false, self.silence, self.silence_mean_h), (true, self.stuck, self.stuck_mean_h)];
        for (stuck, share, mean_h) in kinds {
            if share <= 0.0 || (stuck && is_gauge) {
                continue;
            }
            // Time well between two spells, so that the share comes out.
            let well_h = mean_h * (1.0 - share) / share;
            let mut at_h = dice.waiting(well_h);
            while at_h < 24.0 {
                let long_h = dice.waiting(mean_h).clamp(SHORTEST_SPELL_MIN / 60.0, LONGEST_SPELL_H);
                let dead = dice.chance(0.5) && !is_gauge;
                let kind = match (stuck, dead) {
                    (true, _) => SpellKind::Stuck,
                    (false, true) => SpellKind::Dead,
                    (false, false) => SpellKind::Silent,
                };
                let from = day.plus_ms((at_h * HOUR_MS as f64) as i64);
                spells.push(Spell { kind, from, to: from.plus_ms((long_h * HOUR_MS as f64) as i64) });
                at_h += long_h + dice.waiting(well_h);
            }
        }
        spells
    }

    /// Share of wild readings of one station.
    pub(crate) fn wild_of(&self, seed: u64, station: usize) -> f64 {
        let is_prone = Dice::of(seed, "wild", station as i64).chance(PRONE);
        if is_prone { (self.wild / PRONE).min(1.0) } else { 0.0 }
    }

    /// How far a station's clock is off at a moment, milliseconds (positive: fast).
    pub(crate) fn drift_ms(&self, seed: u64, station: usize, at: Time) -> i64 {
        let mut dice = Dice::of(seed, "drift", station as i64);
        let part = match dice.unit() {
            luck if luck < 0.80 => 0.05,
            luck if luck < 0.95 => 0.35,
            _ => 1.0,
        };
        let rate_s = self.drift_s_per_day * part * dice.between(-1.0, 1.0);
        let days = f64::from(i32::from(at.beijing().day()) - 1) + f64::from(at.beijing().hour()) / 24.0;
        // Whole seconds: stations write their time to the second.
        (rate_s * days) as i64 * 1_000
    }
}

/// The spells around a moment, looked up a day at a time.
#[derive(Debug)]
pub(crate) struct Spells {
    faults: Faults,
    seed: u64,
    station: usize,
    is_gauge: bool,
    day: Option<Time>,
    spells: Vec<Spell>,
}

impl Spells {
    pub(crate) const fn new(faults: Faults, seed: u64, station: usize, is_gauge: bool) -> Self {
        Self { faults, seed, station, is_gauge, day: None, spells: Vec::new() }
    }

    /// Whether a spell of that kind covers the moment.
    pub(crate) fn is(&mut self, kind: SpellKind, at: Time) -> bool {
        let day = at.civil_day();
        if self.day != Some(day) {
            let of = |d| self.faults.spells_of_day(self.seed, self.station, self.is_gauge, d);
            // Spells reach at most half a day into the next one.
            self.spells = [of(day.plus_ms(-DAY_MS)), of(day)].concat();
            self.day = Some(day);
        }
        self.spells.iter().any(|s| s.kind == kind && s.from <= at && at < s.to)
    }
}

/// How long a late report is held back.
pub(crate) fn held_back_ms(dice: &mut Dice) -> i64 {
    (dice.between(6.0, 40.0) * MINUTE_MS as f64) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_a_year_the_shares_come_out_as_asked() {
        let faults = Faults::default();
        let start = Time::from_beijing(2021, 1, 1, 0, 0, 0).unwrap();
        let (mut away, mut stuck, mut all) = (0, 0, 0);
        for station in 0..26 {
            let mut spells = Spells::new(faults, 1, station, false);
            for quarter in 0..365 * 96 {
                let at = start.plus_ms(quarter * 15 * MINUTE_MS);
                all += 1;
                away += i32::from(spells.is(SpellKind::Silent, at) || spells.is(SpellKind::Dead, at));
                stuck += i32::from(spells.is(SpellKind::Stuck, at));
            }
        }
        let share = |n: i32| f64::from(n) / f64::from(all);
        assert!((share(away) - 0.049).abs() < 0.012, "{}", share(away));
        assert!((share(stuck) - 0.047).abs() < 0.012, "{}", share(stuck));
    }

    #[test]
    fn a_gauge_is_never_dead_or_stuck() {
        let mut spells = Spells::new(Faults { silence: 0.5, stuck: 0.5, ..Faults::default() }, 1, 3, true);
        let start = Time::from_beijing(2021, 1, 1, 0, 0, 0).unwrap();
        let mut silent = 0;
        for hour in 0..24 * 60 {
            let at = start.plus_ms(hour * HOUR_MS);
            assert!(!spells.is(SpellKind::Dead, at) && !spells.is(SpellKind::Stuck, at));
            silent += i32::from(spells.is(SpellKind::Silent, at));
        }
        assert!(silent > 0);
    }

    #[test]
    fn clocks_stay_within_a_month_of_drift() {
        let last = Time::from_beijing(2021, 7, 31, 23, 0, 0).unwrap();
        let most = (0..80).map(|s| Faults::default().drift_ms(1, s, last).abs()).max().unwrap();
        assert!((20_000..=124_000).contains(&most), "{most}");
    }
}
