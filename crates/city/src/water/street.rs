//! 道路积水与检查井: what a drain cannot take stands on the road or backs up in the well.

use super::{Course, cascade};
use crate::town::stations::datum;

/// One piece of ground and its drain.
struct Drain {
    /// Linear reservoir constant, minutes (two in a row).
    k_min: f64,
    /// What the drain takes, mm/h over its ground.
    capacity_mmh: f64,
    /// Metres of depth for a millimetre stored over its ground: small hollows fill fast.
    m_per_mm: f64,
}

const fn drain(k_min: f64, capacity_mmh: f64, m_per_mm: f64) -> Drain {
    Drain { k_min, capacity_mmh, m_per_mm }
}

/// The twelve ponding spots, in the order of the online points.
const PONDING: [Drain; 12] = [
    drain(9.0, 9.0, 0.066),
    drain(10.0, 9.5, 0.042),
    drain(10.0, 9.0, 0.034),
    drain(11.0, 11.0, 0.050),
    drain(9.0, 10.0, 0.056),
    drain(12.0, 13.5, 0.036),
    drain(12.0, 13.0, 0.044),
    drain(9.0, 9.5, 0.060),
    drain(13.0, 13.5, 0.030),
    drain(10.0, 15.0, 0.030),
    drain(12.0, 12.0, 0.040),
    drain(11.0, 14.0, 0.030),
];

/// The six manholes, in the order of the online points.
const MANHOLES: [Drain; 6] = [
    drain(12.0, 11.0, 0.190),
    drain(10.0, 10.5, 0.330),
    drain(12.0, 12.5, 0.330),
    drain(10.0, 12.0, 0.300),
    drain(13.0, 12.5, 0.280),
    drain(12.0, 13.5, 0.240),
];

/// The water runs off over the kerb beyond this depth, m.
const KERB_M: f64 = 0.78;
/// A well overflows this much above the ground, m.
const OVERFLOW_M: f64 = 0.32;
/// What of the rain runs off a built-up street.
const RUNOFF: f64 = 0.9;

/// 东青溪's rise at which its outfall begins to drown and at which it is shut, m.
const OUTFALL_M: (f64, f64) = (1.1, 2.3);
/// The manhole 国际商贸城一区 stands this much lower than the river's dry level plus its well: beyond
/// it the river itself flows back into the well, m.
const BACKFLOW_M: f64 = -0.55;

/// Depth on the road at the `n`th ponding spot, from the intensity over it (mm/h per minute).
pub(super) fn ponding(n: usize, rain: &[f64]) -> Course {
    let Some(drain) = PONDING.get(n) else { return Course::default() };
    let mut stored_mm: f64 = 0.0;
    let rise_m = cascade(rain, 2, drain.k_min)
        .into_iter()
        .map(|q| {
            stored_mm += (RUNOFF * q - drain.capacity_mmh) / 60.0;
            stored_mm = stored_mm.clamp(0.0, KERB_M / drain.m_per_mm);
            stored_mm * drain.m_per_mm
        })
        .collect();
    Course { rise_m, running: Vec::new() }
}

/// Depth in the `n`th manhole above its dry-weather depth; the first one drains into 东青溪, whose
/// rise is given.
pub(super) fn manhole(n: usize, rain: &[f64], river_rise_m: &[f64]) -> Course {
    let Some(drain) = MANHOLES.get(n) else { return Course::default() };
    let datum = datum(12 + n);
    let well = datum.ground_m.unwrap_or(3.0);
    let (crown, base) = (datum.crown_m.unwrap_or(0.8), datum.base_m);
    let river = if n == 0 { river_rise_m } else { &[] };
    let mut stored_mm: f64 = 0.0;
    let rise_m = cascade(rain, 2, drain.k_min)
        .into_iter()
        .enumerate()
        .map(|(minute, q)| {
            let river = river.get(minute).copied().unwrap_or(0.0);
            let (free, shut) = OUTFALL_M;
            let open = ((shut - river) / (shut - free)).clamp(0.05, 1.0);
            let capacity = drain.capacity_mmh * open;
            let inflow = RUNOFF * q;
            stored_mm += (inflow - capacity) / 60.0;
            stored_mm = stored_mm.clamp(0.0, (well + OVERFLOW_M - crown) / drain.m_per_mm);
            // Part full until the drain is at capacity, then backed up.
            let flowing = (crown - base) * (inflow / drain.capacity_mmh).min(1.0).sqrt();
            let backed_up = flowing + stored_mm * drain.m_per_mm;
            let from_river = if n == 0 { river + BACKFLOW_M } else { 0.0 };
            backed_up.max(from_river).min(well + OVERFLOW_M - base)
        })
        .collect();
    Course { rise_m, running: Vec::new() }
}
