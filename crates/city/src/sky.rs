//! What is true in the town at any moment: rain on every gauge, water at every online point.
//! Stations measure this, with their faults.

use crate::dice::Dice;
use crate::hands::Playing;
use crate::storm::{Rainfall, STORMS};
use crate::town::Town;
use crate::water::{Water, dry_m};
use field::time::{MINUTE_MS, Time};

/// Every storm's rain and water, computed once from the seed.
#[derive(Debug)]
pub(crate) struct Sky {
    seed: u64,
    storms: Vec<(Rainfall, Water)>,
}

impl Sky {
    pub(crate) fn of(town: &Town) -> Self {
        let storms = STORMS
            .iter()
            .map(|storm| {
                let rain = Rainfall::of(storm, town);
                let water = Water::of(storm, &rain, town);
                (rain, water)
            })
            .collect();
        Self { seed: town.seed, storms }
    }

    /// The counter of a gauge since the storm began, tenths of a millimetre.
    pub(crate) fn counter_tenths(&self, playing: Option<Playing>, gauge: usize, at: Time) -> u32 {
        let counter = || {
            let playing = playing?;
            let minute = at.since_ms(playing.began_at).div_euclid(MINUTE_MS);
            Some(self.storms.get(playing.storm)?.0.counter_tenths(gauge, minute))
        };
        counter().unwrap_or(0)
    }

    /// Level or depth at an online point, m, with the water's own ripples.
    pub(crate) fn level_m(&self, playing: Option<Playing>, online: usize, at: Time) -> f64 {
        let rise = || {
            let playing = playing?;
            let minute = at.since_ms(playing.began_at) as f64 / MINUTE_MS as f64;
            Some(self.storms.get(playing.storm)?.1.rise_m(online, minute))
        };
        let rise = rise().unwrap_or(0.0);
        let dry = dry_m(online, at);
        // A dry road has no ripples.
        let ripple_m = if dry + rise > 0.02 { 0.004 } else { 0.0 };
        let minute = at.ms().div_euclid(MINUTE_MS);
        let mut dice = Dice::of(self.seed, "ripple", minute * 100 + online as i64);
        dry + rise + dice.between(-ripple_m, ripple_m)
    }

    /// Pumps running at an online point.
    pub(crate) fn running(&self, playing: Option<Playing>, online: usize, at: Time) -> u8 {
        let running = || {
            let playing = playing?;
            let minute = at.since_ms(playing.began_at) as f64 / MINUTE_MS as f64;
            Some(self.storms.get(playing.storm)?.1.running(online, minute))
        };
        running().unwrap_or(0)
    }
}
