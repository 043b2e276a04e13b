//! Pump curves (水泵曲线; EPANET manual §3.1.6, `validate.c`).

use crate::project::{Project, Pump};
use crate::units::Factors;

const TINY: f64 = 1e-6;
const BIG: f64 = 1e10;

/// How a pump's head follows its flow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum PumpCurve {
    /// `h = h0 + r·qⁿ` (as losses: negative `h0`).
    Power { h0: f64, r: f64, n: f64 },
    /// Constant power: `h = r / q`.
    Constant { r: f64 },
    /// Straight pieces of a curve.
    Custom { curve: usize },
}

/// A pump, inside.
#[derive(Debug, Clone)]
pub(crate) struct PumpModel {
    pub link: u32,
    pub curve: PumpCurve,
    pub flow_start: f64,
    pub head_max: f64,
    pub flow_max: f64,
    pub pattern: Option<usize>,
    pub efficiency: Option<usize>,
    pub price: f64,
    pub price_pattern: Option<usize>,
}

impl PumpModel {
    pub(crate) const fn is_constant(&self) -> bool {
        matches!(self.curve, PumpCurve::Constant { .. })
    }

    /// Fits the curve; the error says what is wrong with it.
    pub(crate) fn new(pump: &Pump, link: u32, project: &Project, factors: &Factors) -> Result<Self, String> {
        let mut made = Self {
            link,
            curve: PumpCurve::Constant { r: -8.814 * pump.power / factors.power / factors.power },
            flow_start: 1.0,
            head_max: BIG,
            flow_max: BIG,
            pattern: pump.pattern,
            efficiency: pump.efficiency_curve,
            price: pump.price,
            price_pattern: pump.price_pattern,
        };
        // EPANET divides the power by the unit factor twice (convertunits, then constpowerpump).
        let Some(index) = pump.head_curve else { return Ok(made) };
        let points = project.curves.get(index).map(|c| c.points.as_slice()).unwrap_or_default();
        let name = project.curves.get(index).map_or("", |c| c.name.as_str());
        let three = match *points {
            [] => return Err(format!("its head curve `{name}` has no points")),
            [(q, h)] => Some([(0.0, 1.33334 * h), (q, h), (2.0 * q, 0.0)]),
            [a, b, c] if a.0 == 0.0 => Some([a, b, c]),
            _ => None,
        };
        match three {
            Some([(_, h0), (q1, h1), (q2, h2)]) => {
                let Some((a, b, c)) = power_function(h0, h1, h2, q1, q2) else {
                    return Err(format!("its head curve `{name}` does not fall as a power function"));
                };
                made.curve = PumpCurve::Power {
                    h0: -a / factors.head,
                    r: -b * (factors.flow.powf(c) / factors.head),
                    n: c,
                };
                made.flow_start = q1 / factors.flow;
                made.flow_max = (-a / b).powf(1.0 / c) / factors.flow;
                made.head_max = h0 / factors.head;
            }
            None => {
                if points.windows(2).any(|w| matches!(w, [a, b] if b.1 >= a.1)) {
                    return Err(format!("its head curve `{name}` does not fall from point to point"));
                }
                let (first, last) =
                    (points.first().copied().unwrap_or_default(), points.last().copied().unwrap_or_default());
                made.curve = PumpCurve::Custom { curve: index };
                made.flow_start = (first.0 + last.0) / 2.0 / factors.flow;
                made.flow_max = last.0 / factors.flow;
                made.head_max = first.1 / factors.head;
            }
        }
        Ok(made)
    }
}

fn power_function(h0: f64, h1: f64, h2: f64, q1: f64, q2: f64) -> Option<(f64, f64, f64)> {
    if h0 < TINY || h0 - h1 < TINY || h1 - h2 < TINY || q1 < TINY || q2 - q1 < TINY {
        return None;
    }
    let (h4, h5) = (h0 - h1, h0 - h2);
    let c = (h5 / h4).ln() / (q2 / q1).ln();
    if c <= 0.0 || c > 20.0 {
        return None;
    }
    let b = -h4 / q1.powf(c);
    (b < 0.0).then_some((h0, b, c))
}
