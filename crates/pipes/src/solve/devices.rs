//! Pumps, valves, emitters, leaks and pressure-driven demands (设备): loss and gradient of one at a
//! time (EPANET `hydcoeffs.c`, `leakage.c`).

use crate::model::{Model, PumpCurve, PumpModel, interpolate};
use crate::project::ValveKind;
use crate::state::Status;

pub(super) const BIG: f64 = 1e8;
pub(super) const SMALL: f64 = 1e-6;
pub(super) const TINY: f64 = 1e-6;

/// 1 / gradient and loss / gradient.
pub(super) type Line = (f64, f64);

pub(super) const fn closed(flow: f64) -> Line {
    (1.0 / BIG, flow)
}

/// Keeps a flow from falling below zero.
pub(super) fn lower_barrier(q: f64, loss: &mut f64, gradient: &mut f64) {
    let a = 1e9 * q;
    let b = (a * a + 1e-6).sqrt();
    *loss += (a - b) / 2.0;
    *gradient += 0.5e9 * (1.0 - a / b);
}

/// Keeps a flow from rising above its limit.
pub(super) fn upper_barrier(q: f64, loss: &mut f64, gradient: &mut f64) {
    let a = 1e9 * q;
    let b = (a * a + 1e-6).sqrt();
    *loss += (a + b) / 2.0;
    *gradient += 0.5e9 * (1.0 + a / b);
}

/// Intercept and slope of the piece of a curve that holds flow `q` (`curvecoeff`).
fn piece(m: &Model, curve: usize, q: f64) -> (f64, f64) {
    let points = m.project.curves.get(curve).map(|c| c.points.as_slice()).unwrap_or_default();
    let q = q * m.factors.flow;
    let mut high = points.iter().position(|p| p.0 >= q).unwrap_or(points.len());
    high = high.clamp(1, points.len().saturating_sub(1).max(1));
    let (Some(a), Some(b)) = (points.get(high - 1), points.get(high)) else { return (0.0, TINY) };
    let r = (b.1 - a.1) / (b.0 - a.0);
    let h0 = a.1 - r * a.0;
    (h0 / m.factors.head, r * m.factors.flow / m.factors.head)
}

pub(super) fn pump(m: &Model, pump: &PumpModel, status: Status, speed: f64, flow: f64) -> Line {
    if status.is_closed() || speed == 0.0 {
        return closed(flow);
    }
    let q = flow.abs();
    let (loss, gradient) = match pump.curve {
        PumpCurve::Custom { curve } => {
            let (h0, r) = piece(m, curve, q / speed);
            let gradient = -r * speed;
            (-h0 * speed * speed + gradient * flow, gradient)
        }
        PumpCurve::Constant { r } => {
            let r = r * speed.powf(3.0);
            let gradient = -r / q / q;
            if gradient > BIG {
                return closed(flow);
            }
            if gradient < SMALL {
                return (1.0 / SMALL, flow);
            }
            (r / flow, gradient)
        }
        PumpCurve::Power { h0, r, n } => {
            let h0 = speed * speed * h0;
            let n = if (n - 1.0).abs() < TINY { 1.0 } else { n };
            let r = r * speed.powf(2.0 - n);
            if n == 1.0 {
                (h0 + r * flow, r)
            } else {
                let gradient = n * r * q.powf(n - 1.0);
                let least = m.settings.resistance_tolerance;
                if gradient < least {
                    (h0 + least * flow, least)
                } else {
                    (h0 + gradient * flow / n, gradient)
                }
            }
        }
    };
    (1.0 / gradient, loss / gradient)
}

/// A valve taken as an open or closed pipe with minor loss `km`.
pub(super) fn open_valve(m: &Model, status: Status, flow: f64, km: f64) -> Line {
    if status.is_closed() {
        return closed(flow);
    }
    if km <= 0.0 {
        return (1.0 / SMALL, flow);
    }
    let mut gradient = 2.0 * km * flow.abs();
    let least = m.settings.resistance_tolerance;
    if gradient < least {
        gradient = least / 2.0;
        (1.0 / gradient, flow)
    } else {
        (1.0 / gradient, flow / 2.0)
    }
}

/// Loss coefficient of a positional control valve opened by `percent` (`pcvlosscoeff`).
fn opening_loss(m: &Model, link: usize, percent: f64) -> f64 {
    let open = m.minor.get(link).copied().unwrap_or(0.0);
    if percent >= 100.0 {
        return open;
    }
    if percent <= 0.0 {
        return BIG;
    }
    let curve = m.valve_curve.get(link).copied().flatten().and_then(|c| m.project.curves.get(c));
    let share = match curve.map(|c| c.points.as_slice()) {
        None | Some([]) => percent,
        Some(points @ [first, .., last]) => {
            if percent < first.0 {
                percent / first.0 * first.1
            } else if percent > last.0 {
                (percent - last.0) / (1.0 - last.0) * (1.0 - last.1) + last.1
            } else {
                interpolate(points.iter().copied(), percent)
            }
        }
        Some([only]) => percent / only.0 * only.1,
    };
    let ratio = (share / 100.0).clamp(SMALL, 1.0);
    (open / (ratio * ratio)).min(BIG)
}

/// Valves whose line does not depend on their neighbours (all but PRV, PSV and FCV at work).
#[expect(clippy::indexing_slicing, reason = "link is below the number of links")]
pub(super) fn valve(
    m: &Model,
    kind: ValveKind,
    link: usize,
    status: Status,
    setting: Option<f64>,
    flow: f64,
) -> Line {
    let km = m.minor[link];
    match kind {
        ValveKind::Pbv => match setting {
            Some(s) if s != 0.0 && km * flow * flow <= s => (BIG, s * BIG),
            _ => open_valve(m, status, flow, km),
        },
        ValveKind::Tcv => {
            let d2 = m.diameter[link] * m.diameter[link];
            open_valve(m, status, flow, setting.map_or(km, |s| 0.025_17 * s / (d2 * d2)))
        }
        ValveKind::Pcv => open_valve(m, status, flow, setting.map_or(km, |s| opening_loss(m, link, s))),
        ValveKind::Gpv => {
            if status == Status::Closed {
                return open_valve(m, status, flow, km);
            }
            let q = flow.abs().max(TINY);
            let (h0, r) = piece(m, m.valve_curve[link].unwrap_or(usize::MAX), q);
            let r = r.max(TINY);
            (1.0 / r, (h0 / r + q).copysign(flow))
        }
        ValveKind::Prv | ValveKind::Psv | ValveKind::Fcv => open_valve(m, status, flow, km),
    }
}

/// Loss and gradient of an emitter (`emitterheadloss`).
pub(super) fn emitter(m: &Model, coefficient: f64, q: f64) -> (f64, f64) {
    let n = m.settings.emitter_exponent;
    let ke = coefficient.max(SMALL);
    let mut gradient = n * ke * if n == 2.0 { q.abs() } else { q.abs().powf(n - 1.0) };
    let least = m.settings.resistance_tolerance;
    let mut loss;
    if gradient < least {
        gradient = least / n;
        loss = gradient * q;
    } else {
        loss = gradient * q / n;
    }
    if !m.settings.backflow {
        lower_barrier(q, &mut loss, &mut gradient);
    }
    (loss, gradient)
}

/// Loss and gradient of a leak of flow `q`, `loss = c·q^(1/n)`; nothing when `c` is 0.
pub(super) fn leak(c: f64, n: f64, q: f64) -> Option<(f64, f64)> {
    if c == 0.0 {
        return None;
    }
    let inverse = 1.0 / n;
    let mut gradient = inverse * c * q.abs().powf(inverse - 1.0);
    let mut loss = gradient * q / inverse;
    lower_barrier(q, &mut loss, &mut gradient);
    Some((loss, gradient))
}

/// Loss and gradient of a pressure-driven demand (`demandheadloss`; EPANET 2.2 manual §12.3).
pub(super) fn demand(full: f64, d: f64, range: f64, n: f64) -> (f64, f64) {
    let r = d.abs() / full;
    let raised = if n == 2.0 { r } else { r.powf(n - 1.0) };
    let mut gradient = n * range * raised / full;
    let mut loss = gradient * d / n;
    lower_barrier(d, &mut loss, &mut gradient);
    upper_barrier(d - full, &mut loss, &mut gradient);
    (loss, gradient)
}
