//! Seepage from the bottom and banks of storage units (调蓄池渗漏), Green-Ampt or a constant rate.

use serde::{Deserialize, Serialize};

use super::infiltration::{Ground, Soil, SoilState};
use crate::project::{Project, StorageShape};
use crate::units::{Units, min};

/// 池底与池壁: what does not change.
#[derive(Debug, Clone)]
pub(crate) struct Seepage {
    soil: Soil,
    ks: f64,
    constant: bool,
    bottom_area: f64,
    bank_min: f64,
    bank_max: f64,
    bank_area_max: f64,
}

/// Wetness of bottom and banks.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct SeepageState {
    bottom: SoilState,
    bank: SoilState,
}

const BIG: f64 = 1.0e10;

impl Seepage {
    pub(crate) fn new(p: [f64; 3], shape: StorageShape, project: &Project, units: &Units) -> Self {
        let ks = p[1] / units.rainfall;
        let mut s = Self {
            soil: Soil::green_ampt(p[0] / units.rain_depth, ks, p[2]),
            ks,
            constant: p[2] == 0.0,
            bottom_area: 0.0,
            bank_min: 0.0,
            bank_max: BIG,
            bank_area_max: BIG,
        };
        match shape {
            StorageShape::Functional { a0, a1, a2 } => s.bottom_area = if a2 == 0.0 { a0 + a1 } else { a0 },
            StorageShape::Solid { a0, .. } => s.bottom_area = a0,
            StorageShape::Tabular(c) => {
                let Some(curve) = project.curves.get(c).map(|c| &c.curve) else { return s };
                (s.bank_max, s.bank_area_max) = (0.0, 0.0);
                let mut last = curve.points.first().map_or(0.0, |p| p.1);
                for &(d, a) in curve.points.iter().skip(1) {
                    if a < last {
                        break;
                    }
                    if a > last {
                        (s.bank_area_max, s.bank_max) = (a, d);
                    } else if s.bank_area_max == 0.0 {
                        s.bank_min = d;
                    } else {
                        break;
                    }
                    last = a;
                }
                let area = units.length * units.length;
                s.bottom_area = curve.extended(0.0) / area;
                s.bank_area_max /= area;
                s.bank_min /= units.length;
                s.bank_max /= units.length;
            }
        }
        s
    }

    pub(crate) fn initial(&self) -> SeepageState {
        SeepageState { bottom: self.soil.initial(), bank: self.soil.initial() }
    }

    /// Rate, ft³/s, at `depth` ft with water over `area` ft².
    pub(crate) fn rate(&self, s: &mut SeepageState, g: Ground, depth: f64, area: f64) -> f64 {
        let bottom = if self.constant {
            self.ks * g.factor
        } else {
            self.soil.green_ampt_rate(false, &mut s.bottom, g, 0.0, depth)
        };
        let mut rate = bottom * self.bottom_area;
        if depth > self.bank_min {
            let area = min(area, self.bank_area_max) - self.bottom_area;
            if area > 0.0 {
                if self.constant {
                    rate += area * self.ks * g.factor;
                } else {
                    let mean = if depth > self.bank_max {
                        depth - self.bank_max + (self.bank_max - self.bank_min) / 2.0
                    } else {
                        (depth - self.bank_min) / 2.0
                    };
                    rate += area * self.soil.green_ampt_rate(false, &mut s.bank, g, 0.0, mean);
                }
            }
        }
        rate
    }
}
