//! 汇水区: subcatchments of streets and of open country.

use super::{Ask, Net};
use crate::dice::Dice;
use crate::ground::At;

/// A subcatchment.
#[derive(Debug, Clone)]
pub(crate) struct Sub {
    pub id: String,
    pub gage: String,
    pub outlet: String,
    pub area_ha: f64,
    pub impervious: f64,
    pub width_m: f64,
    pub slope: f64,
    /// Manning's n of the impervious part.
    pub roughness: f64,
    /// Depression storage, impervious and pervious, mm.
    pub storage_mm: [f64; 2],
    /// Horton: greatest and least rate, mm/h.
    pub horton_mmh: [f64; 2],
    pub at: At,
}

/// Length of the way over ground in a street's block, m.
const STREET_M: f64 = 55.0;

/// The gage nearest to a place; a file without gages names `NONE`, which it then lacks.
pub(super) fn nearest_gage(ask: &Ask, at: At) -> String {
    let far = |g: &&super::Gage| g.at.distance_m(at);
    ask.gages
        .iter()
        .min_by(|a, b| far(a).total_cmp(&far(b)))
        .map_or_else(|| "NONE".to_owned(), |g| g.name.clone())
}

/// A block of streets.
pub(super) fn street(
    net: &mut Net,
    ask: &Ask,
    dice: &mut Dice,
    id: String,
    outlet: String,
    at: At,
    area_ha: f64,
) {
    let drawn = dice.between(0.60, 0.86);
    let impervious = net.wear(drawn, 0.12).min(0.98);
    let roughness = net.wear(0.014, 0.2);
    net.subs.push(Sub {
        gage: nearest_gage(ask, at),
        outlet,
        area_ha,
        impervious,
        width_m: area_ha * 10_000.0 / STREET_M,
        slope: dice.between(0.004, 0.012),
        roughness,
        storage_mm: [1.3, 4.0],
        horton_mmh: [dice.between(35.0, 55.0), dice.between(3.0, 6.0)],
        at,
        id,
    });
}

/// Open country that takes so long to answer: the length of its slopes follows from the lag at
/// 15 mm/h of runoff over a surface of n 0.05 and 3 % (SWMM reference manual I, 3-4).
pub(super) fn country(
    net: &mut Net,
    ask: &Ask,
    id: String,
    outlet: String,
    at: At,
    (km2, lag_min): (f64, f64),
) {
    const RUNOFF_MS: f64 = 15.0 / 3.6e6;
    const SLOPE: f64 = 0.03;
    const N: f64 = 0.05;
    let stored_m = RUNOFF_MS * lag_min * 60.0;
    let alpha = RUNOFF_MS / stored_m.powf(5.0 / 3.0);
    let length_m = SLOPE.sqrt() / (N * alpha);
    let impervious = net.wear(0.62, 0.08);
    let roughness = net.wear(N, 0.15);
    net.subs.push(Sub {
        gage: nearest_gage(ask, at),
        outlet,
        area_ha: km2 * 100.0,
        impervious,
        width_m: km2 * 1.0e6 / length_m,
        slope: SLOPE,
        roughness,
        storage_mm: [0.5, 3.0],
        horton_mmh: [12.0, 2.0],
        at,
        id,
    });
}
