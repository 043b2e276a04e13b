//! When a moment is solved (收敛判断): convergence, statuses, and what emitters, demands and leaks take
//! (EPANET `hydsolver.c`).

#![expect(clippy::indexing_slicing, reason = "indices are the model's own node, link, tank and lane numbers")]

use super::assemble::device_line;
use super::losses::PipeLoss;
use super::{Arithmetic, DEMAND_TOLERANCE, Lane, Sums, Workspace, devices, status};
use crate::journal::Event;
use crate::model::Model;
use crate::state::State;

impl<const N: usize> Workspace<N> {
    /// Convergence, statuses and the end of a lane; true when a status may have changed.
    pub(super) fn judge(&mut self, m: &Model, l: usize, state: &mut State, sums: &Sums<N>) -> bool {
        let s = &m.settings;
        let sum = |parts: &[[f64; N]; 4]| (parts[0][l] + parts[1][l]) + (parts[2][l] + parts[3][l]);
        let (total, change) = (sum(&sums.flow), sum(&sums.change));
        let mut lane = self.lanes[l];
        lane.error = if total > s.accuracy { change / total } else { change };
        lane.largest = sums.largest[l];
        state.note_inside(|| Event::Trial { number: lane.trial, error: lane.error });
        lane.relax = 1.0;
        let mut valve_changed = false;
        let mut touched = false;
        if s.damp_limit > 0.0 {
            if lane.error <= s.damp_limit {
                lane.relax = 0.6;
                valve_changed = status::valves(m, state, &self.view(l));
            }
        } else {
            valve_changed = status::valves(m, state, &self.view(l));
        }
        let mut done = false;
        if self.converged(m, l, &lane, state) {
            if lane.trial > s.trials {
                done = true;
            } else {
                let mut changed = valve_changed;
                changed |= status::links(m, state, &self.view(l));
                changed |= status::pressure_switches(m, state, &self.view(l));
                done = !changed;
                touched = true;
                lane.next_check = lane.trial + s.check_frequency;
            }
        } else if lane.trial <= s.maximum_check && lane.trial == lane.next_check {
            touched = true;
            status::links(m, state, &self.view(l));
            lane.next_check += s.check_frequency;
        }
        if !done {
            lane.trial += 1;
            done = lane.trial > s.trials + s.extra.unwrap_or(0);
        }
        lane.running = !done;
        self.lanes[l] = lane;
        if done {
            self.store(m, l, state);
        }
        touched
    }

    fn converged(&self, m: &Model, l: usize, lane: &Lane, state: &mut State) -> bool {
        let s = &m.settings;
        if lane.error.is_nan() || lane.error > s.accuracy {
            return false;
        }
        if state.journal.as_ref().is_some_and(|journal| journal.full) {
            let head = self.head_error(m, l, state);
            state.note_inside(|| Event::Balance { flow: self.moved, head: (small(head.0), head.1) });
        }
        if s.head_error > 0.0 && self.head_error(m, l, state).1 > s.head_error {
            return false;
        }
        if s.flow_change > 0.0 && lane.largest > s.flow_change {
            return false;
        }
        self.leaks_converged(m, l, state) && (!s.pressure_driven || self.demands_converged(m, l, state))
    }

    fn leaks_converged(&self, m: &Model, l: usize, state: &State) -> bool {
        m.leaks.iter().zip(&state.leak_flow).all(|(leak, q)| {
            let h = self.head[leak.node as usize][l] - m.elevation[leak.node as usize];
            let mut wanted = 0.0;
            if h > 0.0 {
                if leak.fixed > 0.0 {
                    wanted = (h / leak.fixed).sqrt();
                }
                if leak.expanding > 0.0 {
                    wanted += (h / leak.expanding).powf(1.5);
                }
            }
            (wanted - q[0] - q[1]).abs() <= DEMAND_TOLERANCE
        })
    }

    fn demands_converged(&self, m: &Model, l: usize, state: &State) -> bool {
        let s = &m.settings;
        let range = s.pressure_required - s.pressure_min;
        state.full_demand.iter().enumerate().filter(|(_, full)| **full > 0.0).all(|(i, &full)| {
            let p = self.head[i][l] - m.elevation[i];
            let q = if p <= s.pressure_min {
                0.0
            } else if p >= s.pressure_required {
                full
            } else {
                full * ((p - s.pressure_min) / range).powf(s.pressure_exponent)
            };
            (q - self.demand[i][l]).abs() <= DEMAND_TOLERANCE
        })
    }

    fn head_error(&self, m: &Model, l: usize, state: &State) -> (usize, f64) {
        let flow: Vec<f64> = self.flow.iter().map(|q| q[l]).collect();
        let head: Vec<f64> = self.head.iter().map(|h| h[l]).collect();
        head_error(m, self.arithmetic, state, &flow, &head)
    }

    /// New flows of emitters, demands and leaks (`newemitterflows` and its like).
    pub(super) fn update_others(
        &mut self,
        m: &Model,
        l: usize,
        relax: f64,
        state: &mut State,
        sums: &mut Sums<N>,
    ) {
        let s = &m.settings;
        let mut note = |q: f64, dq: f64| {
            sums.flow[0][l] += q.abs();
            sums.change[0][l] += dq.abs();
            sums.largest[l] = sums.largest[l].max(dq.abs());
        };
        for e in &mut state.emitters {
            let i = e.node as usize;
            let (loss, gradient) = devices::emitter(m, e.coefficient, e.flow);
            let dq = (loss - (self.head[i][l] - m.elevation[i])) / gradient * relax;
            e.flow -= dq;
            note(e.flow, dq);
        }
        if s.pressure_driven {
            let range = (s.pressure_required - s.pressure_min).max(0.1);
            let n = 1.0 / s.pressure_exponent;
            for (i, &full) in state.full_demand.iter().enumerate() {
                if full <= 0.0 {
                    continue;
                }
                let (loss, gradient) = devices::demand(full, self.demand[i][l], range, n);
                let dh = self.head[i][l] - m.elevation[i] - s.pressure_min;
                let dq = ((loss - dh) / gradient * relax).clamp(-0.4 * full, 0.4 * full);
                self.demand[i][l] -= dq;
                note(self.demand[i][l], dq);
            }
        }
        for (leak, flow) in m.leaks.iter().zip(&mut state.leak_flow) {
            let h = self.head[leak.node as usize][l] - m.elevation[leak.node as usize];
            let mut total = 0.0;
            for ((c, n), q) in [(leak.fixed, 0.5), (leak.expanding, 1.5)].into_iter().zip(flow.iter_mut()) {
                if let Some((loss, gradient)) = devices::leak(c, n, *q) {
                    let dq = (loss - h) / gradient * relax;
                    *q -= dq;
                    total += dq;
                }
            }
            note(flow[0] + flow[1], total);
        }
    }
}

/// The link whose head loss and whose ends' heads differ most, and by how much (`checkhydbalance`).
pub(super) fn head_error(
    m: &Model,
    arithmetic: Arithmetic,
    state: &State,
    flow: &[f64],
    head: &[f64],
) -> (usize, f64) {
    let (mut p, mut y) = (vec![0.0; flow.len()], vec![0.0; flow.len()]);
    let loss = PipeLoss {
        formula: m.settings.formula,
        tolerance: m.settings.resistance_tolerance,
        exact: arithmetic == Arithmetic::Exact,
        viscosity: m.settings.viscosity,
        resistance: &m.resistance,
        minor: &m.minor,
        roughness: &m.setting,
        diameter: &m.diameter,
    };
    loss.fill(1, &flow[..m.pipes], &mut p[..m.pipes], &mut y[..m.pipes]);
    let mut worst = (0, 0.0);
    for k in 0..flow.len() {
        if k >= m.pipes {
            (p[k], y[k]) = device_line(m, k, state, flow[k]);
        }
        if state.status[k].is_closed() || p[k] == 0.0 {
            continue;
        }
        let [n1, n2] = m.ends[k].map(|n| n as usize);
        let error = (head[n1] - head[n2] - y[k] / p[k]).abs();
        if error > worst.1 {
            worst = (k, error);
        }
    }
    worst
}

fn small(link: usize) -> u32 {
    u32::try_from(link).unwrap_or(u32::MAX)
}
