//! 供水管网 of the town: a zone for each of the 14 towns, two works, three tanks. Every place and figure
//! is assumed.

use super::sewers::{ORIGIN, at};
use crate::town::places::TOWNS;
use field::place::Position;
use networks::supply::{Ask, ZonePlace};

/// Junctions of the town's network, about; pipes are some 4,000.
const JUNCTIONS: usize = 3_000;
/// Longest run, h.
pub(crate) const HOURS: u32 = 29 * 24;
/// The works: below 巧溪水库 and beside 岩口水库.
pub(crate) const WORKS: [(&str, &str, Position); 2] = [
    ("苏溪水厂", "Suxi works", Position { lon: 120.140, lat: 29.432 }),
    ("城西水厂", "Chengxi works", Position { lon: 119.935, lat: 29.318 }),
];

/// The network as the twin knows it.
pub(crate) fn model(seed: u64) -> Ask {
    let zone = |t: &crate::town::places::TownPlace| ZonePlace {
        name: t.name.to_owned(),
        at: at(Position { lon: t.lon, lat: t.lat }),
    };
    Ask {
        seed,
        junctions: JUNCTIONS,
        zones: TOWNS.iter().map(zone).collect(),
        works: WORKS.map(|(_, _, p)| at(p)),
        origin: ORIGIN,
        hours: HOURS,
        wear: None,
    }
}

/// The network as it is: its pipes worn by a seed of their own.
pub(crate) fn truth(seed: u64) -> Ask {
    Ask { wear: Some(seed ^ 0x0f3e_5eed), ..model(seed) }
}
