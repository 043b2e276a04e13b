//! 河道: rise above the dry-weather level from the rain upstream.

use super::{Course, cascade};
use crate::storm::Rainfall;
use field::place::Position;

/// A river section and the ground that drains to it.
pub(super) struct Section {
    /// Where its rain is taken, each place counting the same.
    upstream: &'static [(f64, f64)],
    /// Reservoirs in the cascade and their constant, minutes: the routing's lag is their product.
    reservoirs: usize,
    k_min: f64,
    /// Rise at a flow of 1 mm/h, m.
    rise_m: f64,
}

/// The four sections, in the order of the online points: 东青溪福田桥, 义东桥, 塔下洲, 洪巡溪城西桥.
pub(super) const RIVERS: [Section; 4] = [
    Section {
        upstream: &[(120.150, 29.385), (120.130, 29.362), (120.112, 29.355)],
        reservoirs: 2,
        k_min: 24.0,
        rise_m: 0.49,
    },
    Section {
        upstream: &[(120.24, 29.33), (120.19, 29.31), (120.15, 29.36), (120.13, 29.27)],
        reservoirs: 3,
        k_min: 55.0,
        rise_m: 0.92,
    },
    Section {
        upstream: &[(120.15, 29.31), (120.08, 29.31), (120.03, 29.30), (120.05, 29.38), (120.06, 29.20)],
        reservoirs: 3,
        k_min: 75.0,
        rise_m: 1.02,
    },
    Section {
        upstream: &[(119.935, 29.372), (119.955, 29.345), (119.975, 29.320)],
        reservoirs: 2,
        k_min: 35.0,
        rise_m: 0.43,
    },
];

/// The course of the `n`th section.
pub(super) fn course(n: usize, rain: &Rainfall, minutes: i64) -> Course {
    let Some(section) = RIVERS.get(n) else { return Course::default() };
    let mut mean = vec![0.0; usize::try_from(minutes).unwrap_or(0)];
    for (lon, lat) in section.upstream {
        let there = rain.intensity_at(Position { lon: *lon, lat: *lat }, minutes);
        for (sum, i) in mean.iter_mut().zip(there) {
            *sum += i / section.upstream.len() as f64;
        }
    }
    let rise_m = cascade(&mean, section.reservoirs, section.k_min)
        .into_iter()
        .map(|q| section.rise_m * q.powf(0.6))
        .collect();
    Course { rise_m, running: Vec::new() }
}
