//! 管径: the smallest usual diameter that loses little enough.

/// Usual diameters of ductile iron and steel mains, mm (GB/T 13295, GB/T 3091).
const DIAMETERS_MM: [f64; 18] = [
    100.0, 150.0, 200.0, 250.0, 300.0, 400.0, 500.0, 600.0, 700.0, 800.0, 900.0, 1_000.0, 1_200.0, 1_400.0,
    1_600.0, 1_800.0, 2_000.0, 2_400.0,
];

/// C of the sizing: a main of some years.
const SIZING_C: f64 = 110.0;

/// Head lost on a metre, m/m (Hazen-Williams; EPANET 2.2 manual, table 3.1 in metres and m³/s).
pub(crate) fn slope(flow_lps: f64, diameter_mm: f64, c: f64) -> f64 {
    let (flow_m3s, diameter_m) = (flow_lps / 1_000.0, diameter_mm / 1_000.0);
    10.667 * flow_m3s.powf(1.852) / (c.powf(1.852) * diameter_m.powf(4.871))
}

/// The smallest diameter that loses no more than `slope_max` at a flow; the greatest where none does.
pub(crate) fn diameter_mm(flow_lps: f64, slope_max: f64) -> f64 {
    let enough = |d: &f64| slope(flow_lps, *d, SIZING_C) <= slope_max;
    DIAMETERS_MM.into_iter().find(enough).unwrap_or(2_400.0)
}

/// C of a pipe: small old ones are rougher.
pub(crate) fn roughness(diameter_mm: f64, chance: f64) -> f64 {
    let newest = if diameter_mm >= 300.0 { 128.0 } else { 120.0 };
    (newest - 26.0 * chance).round()
}
