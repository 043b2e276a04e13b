//! Reactions (反应; EPANET manual §12.2.4, `qualreact.c`).

#![expect(clippy::indexing_slicing, reason = "indices are the model's own node, link, tank and lane numbers")]

use super::{Kind, QualityState};
use crate::model::{LinkType, Model};
use crate::state::State;
use crate::units::LITRES_PER_FT3;

const SECONDS_PER_DAY: f64 = 86_400.0;
const TINY: f64 = 1e-6;
const BIG: f64 = 1e10;

/// Apparent wall coefficient of a pipe from its mass transfer (`piperate`).
pub(super) fn wall_coefficient(m: &Model, state: &State, k: usize) -> f64 {
    let s = &m.settings;
    let d = m.diameter[k];
    let order_zero = m.project.options.wall_order == 0.0;
    if s.diffusivity <= 0.0 {
        return if order_zero { BIG } else { m.wall[k] * (4.0 / d) / m.factors.head };
    }
    let schmidt = s.viscosity / s.diffusivity;
    let velocity = super::flow(state, k).abs() / (std::f64::consts::PI * d * d / 4.0);
    let reynolds = velocity * d / s.viscosity;
    let sherwood = if reynolds < 1.0 {
        2.0
    } else if reynolds >= 2300.0 {
        0.0149 * reynolds.powf(0.88) * schmidt.powf(0.333) // Notter-Sleicher
    } else {
        let y = d / m.length[k] * reynolds * schmidt; // Graetz
        3.65 + 0.0668 * y / (1.0 + 0.04 * y.powf(0.667))
    };
    let transfer = sherwood * s.diffusivity / d;
    if order_zero {
        return transfer;
    }
    let wall = m.wall[k] / m.factors.head;
    (4.0 / d) * wall * transfer / (transfer + wall.abs())
}

/// Factor of a bulk coefficient from litres to cubic feet.
fn order_factor(order: f64) -> f64 {
    let order = order.max(0.0);
    if order == 1.0 { 1.0 } else { 1.0 / LITRES_PER_FT3.powf(order - 1.0) }
}

/// Bulk reaction rate, mass/ft³/s.
fn bulk(m: &Model, c: f64, k: f64, order: f64) -> f64 {
    let limit = m.project.options.limiting_potential / m.factors.quality;
    let sign = if k < 0.0 { -1.0 } else { 1.0 };
    let potential = if order == 0.0 {
        1.0
    } else if order < 0.0 {
        let mut base = limit + sign * c; // Michaelis-Menten
        if base.abs() < TINY {
            base = if base < 0.0 { -TINY } else { TINY };
        }
        c / base
    } else {
        let first = if limit == 0.0 { c } else { (sign * (limit - c)).max(0.0) };
        if order == 1.0 {
            first
        } else if order == 2.0 {
            first * c
        } else {
            first * c.max(0.0).powf(order - 1.0)
        }
    };
    k * potential.max(0.0)
}

fn wall(m: &Model, c: f64, d: f64, kw: f64, apparent: f64) -> f64 {
    if kw == 0.0 || d == 0.0 {
        return 0.0;
    }
    if m.project.options.wall_order != 0.0 {
        return c * apparent;
    }
    let transfer = if kw < 0.0 { -c * apparent } else { c * apparent };
    let reaction = kw * m.factors.head * m.factors.head;
    let rate = if transfer.abs() < reaction.abs() { transfer } else { reaction };
    rate * 4.0 / d
}

impl QualityState {
    /// All water reacts for `dt` seconds.
    pub(super) fn react(&mut self, m: &Model, kind: &Kind, dt: f64, counted: bool) {
        let o = &m.project.options;
        let hours = dt / 3600.0;
        let factor = order_factor(o.bulk_order);
        for k in 0..m.pipes {
            if m.types[k] != LinkType::Pipe {
                continue;
            }
            let (mut rates, mut volumes) = (0.0, 0.0);
            for s in &mut self.pipes[k] {
                let before = s.c;
                if kind.age {
                    s.c += hours;
                } else {
                    let in_bulk = bulk(m, s.c, m.bulk[k], o.bulk_order) * factor * dt;
                    let at_wall = wall(m, s.c, m.diameter[k], m.wall[k], self.wall[k]) * dt;
                    if counted {
                        self.reacted.bulk += in_bulk.abs() * s.volume;
                        self.reacted.wall += at_wall.abs() * s.volume;
                    }
                    s.c = (s.c + in_bulk + at_wall).max(0.0);
                    rates += (s.c - before).abs() * s.volume;
                    volumes += s.volume;
                }
                self.balance.reacted += (before - s.c) * s.volume;
            }
            self.rate[k] = if volumes > 0.0 { rates / volumes / dt * SECONDS_PER_DAY } else { 0.0 };
        }
        let factor = order_factor(o.tank_order);
        for (tank, segments) in m.tanks.iter().zip(&mut self.tanks) {
            for s in segments {
                let before = s.c;
                let change =
                    if kind.age { hours } else { bulk(m, s.c, tank.bulk, o.tank_order) * factor * dt };
                if counted && !kind.age {
                    self.reacted.tank += change.abs() * s.volume;
                }
                s.c = (s.c + change).max(0.0);
                self.balance.reacted += (before - s.c) * s.volume;
            }
        }
    }
}
