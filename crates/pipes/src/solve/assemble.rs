//! The equations of a trial (组装方程): coefficients of every link, emitter, leak and demand, and the matrix
//! with its right-hand side (EPANET `hydcoeffs.c`).

#![expect(clippy::indexing_slicing, reason = "indices are the model's own node, link, tank and lane numbers")]

use super::losses::PipeLoss;
use super::{Arithmetic, Workspace, devices, stages};
use crate::model::{LinkType, Model};
use crate::project::ValveKind;
use crate::state::{State, Status};

impl<const N: usize> Workspace<N> {
    /// Coefficients of every link and the matrix with its right-hand side.
    pub(super) fn assemble(&mut self, m: &Model, states: &[&mut State; N]) {
        self.pipe_coefficients(m);
        for (l, closed) in self.closed.iter().enumerate() {
            for &k in closed {
                let k = k as usize;
                (self.p[k][l], self.y[k][l]) = devices::closed(self.flow[k][l]);
            }
        }
        for k in m.pipes..m.types.len() {
            for (l, state) in states.iter().enumerate() {
                (self.p[k][l], self.y[k][l]) = device_line(m, k, state, self.flow[k][l]);
            }
        }
        self.scatter(m);
        for &k in &m.fixed_links {
            let k = k as usize;
            let [a, b] = m.ends[k].map(|n| n as usize);
            for l in 0..N {
                if a >= m.junctions {
                    self.ground[b][l] += self.p[k][l];
                    self.right[b][l] += self.p[k][l] * self.head[a][l];
                }
                if b >= m.junctions {
                    self.ground[a][l] += self.p[k][l];
                    self.right[a][l] += self.p[k][l] * self.head[b][l];
                }
            }
        }
        for (l, state) in states.iter().enumerate() {
            self.add_outflows(m, l, state);
            self.add_control_valves(m, l, state);
        }
    }

    fn add_outflows(&mut self, m: &Model, l: usize, state: &State) {
        let s = &m.settings;
        let mut add = |i: usize, loss: f64, gradient: f64, base: f64| {
            self.ground[i][l] += 1.0 / gradient;
            self.right[i][l] += (loss + base) / gradient;
        };
        for e in &state.emitters {
            let i = e.node as usize;
            let (loss, gradient) = devices::emitter(m, e.coefficient, e.flow);
            add(i, loss, gradient, m.elevation[i]);
        }
        if s.pressure_driven {
            let (range, n) = (s.pressure_required - s.pressure_min, 1.0 / s.pressure_exponent);
            for (i, &full) in state.full_demand.iter().enumerate() {
                if full > 0.0 {
                    let (loss, gradient) = devices::demand(full, self.demand[i][l], range, n);
                    if gradient > 0.0 {
                        add(i, loss, gradient, m.elevation[i] + s.pressure_min);
                    }
                }
            }
        }
        for (leak, q) in m.leaks.iter().zip(&state.leak_flow) {
            let i = leak.node as usize;
            for (c, n, q) in [(leak.fixed, 0.5, q[0]), (leak.expanding, 1.5, q[1])] {
                if let Some((loss, gradient)) = devices::leak(c, n, q) {
                    add(i, loss, gradient, m.elevation[i]);
                }
            }
        }
        for e in &state.emitters {
            self.right[e.node as usize][l] -= e.flow;
        }
        for (leak, q) in m.leaks.iter().zip(&state.leak_flow) {
            self.right[leak.node as usize][l] -= q[0] + q[1];
        }
    }

    /// Net inflow of a node without its control valves at work (`Xflow`).
    fn excess(&self, m: &Model, l: usize, state: &State, node: usize, extra: &[(u32, f64)]) -> f64 {
        let mut sum = -self.demand[node][l];
        for &k in m.near(node) {
            let k = k as usize;
            if is_control(m.types[k]) && state.setting[k].is_some() {
                continue;
            }
            sum += if m.ends[k][1] as usize == node { self.flow[k][l] } else { -self.flow[k][l] };
        }
        for e in state.emitters.iter().filter(|e| e.node as usize == node) {
            sum -= e.flow;
        }
        for (_, q) in m.leaks.iter().zip(&state.leak_flow).filter(|(leak, _)| leak.node as usize == node) {
            sum -= q[0] + q[1];
        }
        sum + extra.iter().filter(|(n, _)| *n as usize == node).map(|(_, q)| q).sum::<f64>()
    }

    /// PRVs, PSVs and FCVs whose status is not fixed (`prvcoeff`, `psvcoeff`, `fcvcoeff`).
    fn add_control_valves(&mut self, m: &Model, l: usize, state: &State) {
        // What the flow control valves so far take from a node and give to another.
        let mut extra: Vec<(u32, f64)> = Vec::new();
        for &link in &m.valves {
            let k = link as usize;
            let (LinkType::Valve(kind), Some(setting)) = (m.types[k], state.setting[k]) else { continue };
            if !is_control(m.types[k]) {
                continue;
            }
            let ([n1, n2], slot) = (m.ends[k], m.slots[k] as usize);
            let (i, j) = (n1 as usize, n2 as usize);
            let q = self.flow[k][l];
            if state.status[k] != Status::Active {
                let (p, y) = devices::open_valve(m, state.status[k], q, m.minor[k]);
                (self.p[k][l], self.y[k][l]) = (p, y);
                self.lower[slot][l] -= p;
                self.right[i][l] += y - q;
                self.right[j][l] -= y - q;
                continue;
            }
            match kind {
                ValveKind::Prv => {
                    let x = self.excess(m, l, state, j, &extra);
                    (self.p[k][l], self.y[k][l]) = (0.0, q + x);
                    self.right[j][l] += (m.elevation[j] + setting) * devices::BIG;
                    self.ground[j][l] += devices::BIG;
                    if x < 0.0 {
                        self.right[i][l] += x;
                    }
                }
                ValveKind::Psv => {
                    let x = self.excess(m, l, state, i, &extra);
                    (self.p[k][l], self.y[k][l]) = (0.0, q - x);
                    self.right[i][l] += (m.elevation[i] + setting) * devices::BIG;
                    self.ground[i][l] += devices::BIG;
                    if x > 0.0 {
                        self.right[j][l] += x;
                    }
                    self.lower[slot][l] -= 1.0 / devices::BIG;
                }
                _ => {
                    extra.push((n1, -setting));
                    extra.push((n2, setting));
                    let p = 1.0 / devices::BIG;
                    (self.p[k][l], self.y[k][l]) = (p, q - setting);
                    self.right[i][l] -= setting;
                    self.right[j][l] += setting;
                    self.lower[slot][l] -= p;
                }
            }
        }
    }

    fn pipe_coefficients(&mut self, m: &Model) {
        let loss = PipeLoss {
            formula: m.settings.formula,
            tolerance: m.settings.resistance_tolerance,
            exact: self.arithmetic == Arithmetic::Exact,
            viscosity: m.settings.viscosity,
            resistance: self.resistance.as_flattened(),
            minor: self.minor.as_flattened(),
            roughness: &m.setting,
            diameter: &m.diameter,
        };
        stages::run(stages::Losses {
            loss,
            lanes: N,
            flow: self.flow[..m.pipes].as_flattened(),
            p: self.p[..m.pipes].as_flattened_mut(),
            y: self.y[..m.pipes].as_flattened_mut(),
        });
    }

    fn scatter(&mut self, m: &Model) {
        stages::run(stages::Scatter {
            m,
            flow: &self.flow,
            p: &self.p,
            y: &self.y,
            demand: &self.demand,
            ground: &mut self.ground,
            right: &mut self.right,
            lower: &mut self.lower,
        });
    }
}

pub(super) const fn is_control(kind: LinkType) -> bool {
    matches!(kind, LinkType::Valve(ValveKind::Prv | ValveKind::Psv | ValveKind::Fcv))
}

/// The line of a pump or valve; (0, 0) for a control valve whose setting is in force.
pub(super) fn device_line(m: &Model, k: usize, state: &State, flow: f64) -> devices::Line {
    let (status, setting) = (state.status[k], state.setting[k]);
    match m.types[k] {
        LinkType::Pump(p) => devices::pump(m, &m.pumps[p as usize], status, setting.unwrap_or(0.0), flow),
        LinkType::Valve(_) if is_control(m.types[k]) && setting.is_some() => (0.0, 0.0),
        LinkType::Valve(kind) => devices::valve(m, kind, k, status, setting, flow),
        LinkType::CheckValve | LinkType::Pipe => devices::closed(flow),
    }
}
