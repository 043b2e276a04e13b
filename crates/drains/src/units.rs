//! Units (单位): models are written in US or SI units, the kernel computes in feet and seconds as
//! SWMM does, because its constants and tolerances are stated in them (Reference Manual II, ch. 3).

use serde::{Deserialize, Serialize};

/// Gravity, ft/s².
pub(crate) const GRAVITY: f64 = 32.2;
/// Small depth (ft) or area (ft²) below which there is no water to speak of.
pub(crate) const FUDGE: f64 = 0.0001;
/// SWMM's generic small value.
pub(crate) const TINY: f64 = 1.0e-6;
/// SWMM's effective zero.
pub(crate) const ZERO: f64 = 1.0e-10;
/// π as SWMM writes it; changing it would change bits.
#[expect(clippy::approx_constant, reason = "SWMM's own figure")]
pub(crate) const PI: f64 = 3.141592654;
/// Manning's constant in US units as SWMM's routing takes it.
pub(crate) const PHI: f64 = 1.486;
/// Flows below this (ft³/s) count as none.
pub(crate) const FLOW_TOL: f64 = 0.00001;
/// Seconds in a day.
pub(crate) const SECONDS_A_DAY: f64 = 86400.0;
/// Milliseconds in a day: SWMM's clock counts them.
pub(crate) const MSEC_A_DAY: f64 = 8.64e7;
/// m³ in a ft³, as SWMM rounds it in the weir formulas.
pub(crate) const M3_IN_FT3: f64 = 0.028317;

/// 流量单位: the unit flows are written in, which decides the system of all other units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FlowUnits {
    /// ft³/s
    Cfs,
    /// US gallons a minute
    Gpm,
    /// million US gallons a day
    Mgd,
    /// m³/s
    Cms,
    /// L/s
    Lps,
    /// million litres a day
    Mld,
}

impl FlowUnits {
    /// True for the metric ones.
    #[must_use]
    pub const fn is_si(self) -> bool {
        matches!(self, Self::Cms | Self::Lps | Self::Mld)
    }

    /// As the option is written.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cfs => "CFS",
            Self::Gpm => "GPM",
            Self::Mgd => "MGD",
            Self::Cms => "CMS",
            Self::Lps => "LPS",
            Self::Mld => "MLD",
        }
    }
}

/// Factors from the kernel's units (ft, ft/s, ft³/s) to the model's: multiply to show, divide to read.
/// The figures are SWMM's, rounding included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Units {
    /// The flow unit they follow from.
    pub flow_units: FlowUnits,
    /// ft³/s to the flow unit.
    pub flow: f64,
    /// ft to ft or m.
    pub length: f64,
    /// ft³ to ft³ or m³.
    pub volume: f64,
    /// ft to in or mm.
    pub rain_depth: f64,
    /// ft/s to in/h or mm/h.
    pub rainfall: f64,
    /// ft/s to in/day or mm/day.
    pub evaporation: f64,
    /// ft² to acres or hectares.
    pub land_area: f64,
    /// mg to lb or kg.
    pub mass: f64,
    /// ft/s to ft³/s an acre or m³/s a hectare.
    pub ground_flow: f64,
}

impl Units {
    /// The factors for a flow unit.
    #[must_use]
    pub const fn of(flow_units: FlowUnits) -> Self {
        let flow = match flow_units {
            FlowUnits::Cfs => 1.0,
            FlowUnits::Gpm => 448.831,
            FlowUnits::Mgd => 0.64632,
            FlowUnits::Cms => 0.02832,
            FlowUnits::Lps => 28.317,
            FlowUnits::Mld => 2.4466,
        };
        if flow_units.is_si() {
            Self {
                flow_units,
                flow,
                length: 0.3048,
                volume: 0.02832,
                rain_depth: 304.8,
                rainfall: 1_097_280.0,
                evaporation: 26_334_720.0,
                land_area: 0.92903e-5,
                mass: 1.0e-6,
                ground_flow: 3048.0,
            }
        } else {
            Self {
                flow_units,
                flow,
                length: 1.0,
                volume: 1.0,
                rain_depth: 12.0,
                rainfall: 43200.0,
                evaporation: 1_036_800.0,
                land_area: 2.2956e-5,
                mass: 2.203e-6,
                ground_flow: 43560.0,
            }
        }
    }
}

/// SWMM's `MIN`: `<=`, so that equal values and zeros keep their bits.
#[inline(always)]
pub(crate) fn min(a: f64, b: f64) -> f64 {
    if a <= b { a } else { b }
}

/// SWMM's `MAX`: `>=`.
#[inline(always)]
pub(crate) fn max(a: f64, b: f64) -> f64 {
    if a >= b { a } else { b }
}

/// SWMM's `SGN`: −1 below zero, else 1.
#[inline(always)]
pub(crate) fn sgn(a: f64) -> f64 {
    if a < 0.0 { -1.0 } else { 1.0 }
}
