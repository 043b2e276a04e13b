//! One trial (一次试算): the equations of every lane assembled, solved, and the flows that follow from them.

#![expect(clippy::indexing_slicing, reason = "indices are the model's own node, link, tank and lane numbers")]

use super::assemble::is_control;
use super::status::View;
use super::{Sums, Workspace, stages};
use crate::journal::Event;
use crate::model::{LinkType, Model};
use crate::project::ValveKind;
use crate::state::{State, Status};
use numerics::ordering::Singular;

impl<const N: usize> Workspace<N> {
    /// One trial of every lane; those that end are stored in their states.
    pub(crate) fn trial(&mut self, m: &Model, states: &mut [&mut State; N]) {
        self.assemble(m, states);
        let singular = self.linear(m);
        let mut again = [false; N];
        if let Err(Singular(rows)) = singular {
            for l in 0..N {
                let (Some(row), true) = (rows[l], self.lanes[l].running) else { continue };
                if release_valve(m, states[l], row) {
                    again[l] = true;
                } else {
                    self.lanes[l].failed = Some(row);
                    self.lanes[l].running = false;
                    self.store(m, l, states[l]);
                }
            }
        }
        // A lane whose valve was released keeps its flows for another try.
        let kept: Vec<(usize, Vec<f64>)> =
            (0..N).filter(|&l| again[l]).map(|l| (l, self.flow.iter().map(|q| q[l]).collect())).collect();
        let relax = self.lanes.map(|l| l.relax);
        let asked = (0..N).find(|&l| states[l].journal.as_ref().is_some_and(|journal| journal.full));
        let before: Option<Vec<f64>> = asked.map(|l| self.flow.iter().map(|q| q[l]).collect());
        let mut sums = self.update_flows(m, &relax);
        if let (Some(l), Some(before)) = (asked, before) {
            self.moved = most_moved(&before, &self.flow, l);
        }
        for (l, flows) in kept {
            for (to, from) in self.flow.iter_mut().zip(flows) {
                to[l] = from;
            }
        }
        for l in 0..N {
            let mut changed = again[l];
            if self.lanes[l].running && !again[l] {
                self.update_others(m, l, relax[l], states[l], &mut sums);
                changed = self.judge(m, l, states[l], &sums);
            }
            if changed && self.lanes[l].running {
                self.list_closed(m, l, states[l]);
            }
        }
    }

    pub(super) fn view(&self, lane: usize) -> View<'_, N> {
        View { flow: &self.flow, head: &self.head, lane }
    }

    /// New heads.
    fn linear(&mut self, m: &Model) -> Result<(), Singular<N>> {
        let result = stages::run(stages::Linear {
            pattern: &m.pattern,
            ground: &mut self.ground,
            lower: &mut self.lower,
            x: &mut self.right,
        });
        std::mem::swap(&mut self.head, &mut self.right);
        let n = m.junctions;
        self.head[n..].copy_from_slice(&self.right[n..]);
        result
    }

    fn update_flows(&mut self, m: &Model, relax: &[f64; N]) -> Sums<N> {
        let mut sums = stages::run(stages::Update {
            ends: &m.ends[..m.pipes],
            relax,
            head: &self.head,
            p: &self.p[..m.pipes],
            y: &self.y[..m.pipes],
            flow: &mut self.flow[..m.pipes],
        });
        for k in m.pipes..m.types.len() {
            let [a, b] = m.ends[k].map(|n| n as usize);
            let constant = match m.types[k] {
                LinkType::Pump(p) => m.pumps[p as usize].is_constant(),
                _ => false,
            };
            for (l, relax) in relax.iter().enumerate() {
                let q = self.flow[k][l];
                let mut dq = (self.y[k][l] - self.p[k][l] * (self.head[a][l] - self.head[b][l])) * relax;
                if constant && dq > q {
                    dq = q / 2.0; // a pump of constant power never runs backwards
                }
                self.flow[k][l] = q - dq;
                sums.flow[k & 3][l] += (q - dq).abs();
                sums.change[k & 3][l] += dq.abs();
                sums.largest[l] = sums.largest[l].max(dq.abs());
            }
        }
        sums
    }
}

/// A control valve whose setting makes the equations singular is fixed open (`badvalve`).
fn release_valve(m: &Model, state: &mut State, row: u32) -> bool {
    for &link in &m.valves {
        let k = link as usize;
        if !m.ends[k].contains(&row) {
            continue;
        }
        if is_control(m.types[k]) && state.status[k] == Status::Active {
            state.status[k] = if m.types[k] == LinkType::Valve(ValveKind::Fcv) {
                Status::CannotDeliverFlow
            } else {
                Status::CannotDeliverPressure
            };
            state.note_inside(|| Event::Released { link });
            return true;
        }
        return false;
    }
    false
}

/// The link whose flow changed most and by how much.
fn most_moved<const N: usize>(before: &[f64], after: &[[f64; N]], lane: usize) -> (u32, f64) {
    let moves = before.iter().zip(after).map(|(was, is)| (is[lane] - was).abs());
    (0u32..).zip(moves).fold((0, 0.0), |most, one| if one.1 > most.1 { one } else { most })
}
