//! 排涝泵站: a forebay that fills and three pumps that start and stop by its level.

use super::{Course, cascade};

/// A pump station's ground.
struct Station {
    k_min: f64,
    /// What one pump lifts, mm/h over the ground.
    each_mmh: f64,
    /// Metres of forebay level for a millimetre over the ground.
    m_per_mm: f64,
}

/// The four pump stations, in the order of the online points.
const STATIONS: [Station; 4] = [
    Station { k_min: 14.0, each_mmh: 3.4, m_per_mm: 0.34 },
    Station { k_min: 12.0, each_mmh: 2.7, m_per_mm: 0.36 },
    Station { k_min: 15.0, each_mmh: 4.4, m_per_mm: 0.30 },
    Station { k_min: 16.0, each_mmh: 4.6, m_per_mm: 0.30 },
];

/// Above the forebay's dry level: where the first, second and third pump start, m.
const START_M: [f64; 3] = [0.5, 0.85, 1.2];
/// A pump stops this much below where it started, m.
const HYSTERESIS_M: f64 = 0.42;
/// The forebay overflows this much above its dry level, m.
const FULL_M: f64 = 3.25;
/// What of the rain reaches a pump station.
const RUNOFF: f64 = 0.8;

/// Level above the dry level, and pumps running, at the `n`th pump station.
pub(super) fn course(n: usize, rain: &[f64]) -> Course {
    let Some(station) = STATIONS.get(n) else { return Course::default() };
    let mut level: f64 = 0.0;
    let mut on = [false; 3];
    let mut course = Course::default();
    for q in cascade(rain, 2, station.k_min) {
        for (pump, start) in on.iter_mut().zip(START_M) {
            *pump = level >= start || (*pump && level > start - HYSTERESIS_M);
        }
        let running = on.iter().filter(|p| **p).count() as u8;
        let lifted = f64::from(running) * station.each_mmh;
        level = (level + (RUNOFF * q - lifted) / 60.0 * station.m_per_mm).clamp(0.0, FULL_M);
        course.rise_m.push(level);
        course.running.push(running);
    }
    course
}
