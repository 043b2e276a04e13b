//! What is true in the town at any moment: rain on every gauge, water at every online point.
//! Stations measure this, with their faults.

use crate::error::CityError;
use crate::hands::Playing;
use crate::storm::{Rainfall, STORMS};
use crate::town::Town;
use crate::water::{self, Sewers, Water};
use field::time::{MINUTE_MS, Time};

/// Every storm's rain and water, from the seed.
#[derive(Debug)]
pub(crate) struct Sky {
    seed: u64,
    storms: Vec<Water>,
}

impl Sky {
    /// # Errors
    /// [`CityError::Sewers`] when the town's sewers cannot be computed: a mistake of ours.
    pub(crate) fn of(town: &Town) -> Result<Self, CityError> {
        let sewers = Sewers::of(town).map_err(CityError::Sewers)?;
        let water = |storm| Water::of(storm, Rainfall::of(storm, town), &sewers);
        Ok(Self { seed: town.seed, storms: STORMS.iter().map(water).collect() })
    }

    /// The counter of a gauge since the storm began, tenths of a millimetre.
    pub(crate) fn counter_tenths(&self, playing: Option<Playing>, gauge: usize, at: Time) -> u32 {
        let counter = || {
            let playing = playing?;
            let minute = at.since_ms(playing.began_at).div_euclid(MINUTE_MS);
            Some(self.storms.get(playing.storm)?.rain().counter_tenths(gauge, minute))
        };
        counter().unwrap_or(0)
    }

    /// Level or depth at an online point, m, with the water's own ripples.
    pub(crate) fn level_m(&self, playing: Option<Playing>, online: usize, at: Time) -> f64 {
        // Without a storm the first one's rest stands.
        let storm = playing.map_or(0, |p| p.storm);
        let since = playing.map_or(0.0, |p| at.since_ms(p.began_at) as f64 / MINUTE_MS as f64);
        let level = self.storms.get(storm).and_then(|water| water.level_m(online, since)).unwrap_or(0.0);
        water::rippled_m(self.seed, online, at, level)
    }

    /// Pumps running at an online point.
    pub(crate) fn running(&self, playing: Option<Playing>, online: usize, at: Time) -> u8 {
        let running = || {
            let playing = playing?;
            let minute = at.since_ms(playing.began_at) as f64 / MINUTE_MS as f64;
            Some(self.storms.get(playing.storm)?.running(online, minute))
        };
        running().unwrap_or(0)
    }
}
