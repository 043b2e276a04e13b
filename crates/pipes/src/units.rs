//! Units (单位换算): inside, feet, cubic feet per second and seconds, because EPANET's tolerances are
//! written in them; outside, whatever the file uses. Factors of EPANET 2.3's `types.h`.

use crate::project::{FlowUnits, Options, PressureUnits, QualityKind};
use serde::{Deserialize, Serialize};

/// ft³/s to each flow unit.
const fn per_cfs(units: FlowUnits) -> f64 {
    match units {
        FlowUnits::Cfs => 1.0,
        FlowUnits::Gpm => 448.831,
        FlowUnits::Mgd => 0.64632,
        FlowUnits::Imgd => 0.5382,
        FlowUnits::Afd => 1.9837,
        FlowUnits::Lps => 28.317,
        FlowUnits::Lpm => 1699.0,
        FlowUnits::Mld => 2.4466,
        FlowUnits::Cmh => 101.94,
        FlowUnits::Cmd => 2446.6,
        FlowUnits::Cms => 0.028_317,
    }
}

pub(crate) const METRES_PER_FOOT: f64 = 0.3048;
pub(crate) const PSI_PER_FOOT: f64 = 0.4333;
pub(crate) const KW_PER_HP: f64 = 0.7457;
pub(crate) const LITRES_PER_FT3: f64 = 28.317;
pub(crate) const GPM_PER_CFS: f64 = 448.831;
pub(crate) const LPS_PER_CFS: f64 = 28.317;

/// Whether flow units make the file metric.
pub(crate) const fn is_metric(units: FlowUnits) -> bool {
    use FlowUnits::{Cmd, Cmh, Cms, Lpm, Lps, Mld};
    matches!(units, Lps | Lpm | Mld | Cmh | Cmd | Cms)
}

/// File units per inner unit (换算系数): multiply to show, divide to take in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Factors {
    /// Flow units per ft³/s.
    pub flow: f64,
    /// Length and head units per foot.
    pub head: f64,
    /// Pressure units per foot of water.
    pub pressure: f64,
    /// Diameter units per foot.
    pub diameter: f64,
    /// Quality units per inner unit (mass per ft³ inside).
    pub quality: f64,
    /// Power units per horsepower.
    pub power: f64,
    /// Volume units per ft³.
    pub volume: f64,
    /// Whether the file is metric.
    pub metric: bool,
    /// The pressure units shown.
    pub pressure_units: PressureUnits,
}

impl Factors {
    /// The factors of a project.
    pub(crate) fn new(options: &Options) -> Self {
        let metric = is_metric(options.flow_units);
        let head = if metric { METRES_PER_FOOT } else { 1.0 };
        let pressure_units =
            options.pressure_units.unwrap_or(if metric { PressureUnits::Metres } else { PressureUnits::Psi });
        let psi = PSI_PER_FOOT * options.specific_gravity;
        let pressure = match pressure_units {
            PressureUnits::Psi => psi,
            PressureUnits::Kpa => 6.895 * psi,
            PressureUnits::Bar => 0.068_948 * psi,
            PressureUnits::Metres => METRES_PER_FOOT,
            PressureUnits::Feet => 1.0,
        };
        let chemical = matches!(options.quality, QualityKind::Chemical { .. });
        Self {
            flow: per_cfs(options.flow_units),
            head,
            pressure,
            diameter: if metric { 1000.0 * METRES_PER_FOOT } else { 12.0 },
            quality: if chemical { 1.0 / LITRES_PER_FT3 } else { 1.0 },
            power: if metric { KW_PER_HP } else { 1.0 },
            volume: head * head * head,
            metric,
            pressure_units,
        }
    }
}
