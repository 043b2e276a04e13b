//! What a solved moment gives reason to say (警告; `writehydwarn`, `disconnected` in report.c).

#![expect(clippy::indexing_slicing, reason = "indices are the model's own node, link, tank and lane numbers")]

use super::Arithmetic;
use super::balance::head_error;
use crate::model::{LinkType, Model};
use crate::project::ValveKind;
use crate::state::{State, Status, WarningKind};
use crate::units::METRES_PER_FOOT;

/// Adds the warnings of the moment just solved.
pub(crate) fn warnings(m: &Model, state: &mut State) {
    let s = &m.settings;
    if state.iterations > s.trials {
        state.warn(if state.relative_error <= s.accuracy {
            WarningKind::Unstable
        } else {
            unbalanced(m, state)
        });
    }
    rings(m, state);
    for k in m.pipes..m.types.len() {
        let status = state.status[k];
        let bad = match m.types[k] {
            LinkType::Pump(p) => {
                let pump = &m.pumps[p as usize];
                let speed = state.setting[k].unwrap_or(1.0);
                let beyond = status >= Status::Open && state.flow[k] > speed * pump.flow_max;
                if beyond {
                    Some(Status::ExceedsFlow)
                } else {
                    (status == Status::CannotDeliverHead).then_some(status)
                }
            }
            LinkType::Valve(ValveKind::Prv | ValveKind::Psv | ValveKind::Fcv) => {
                (status >= Status::CannotDeliverFlow).then_some(status)
            }
            _ => None,
        };
        let Some(status) = bad else { continue };
        let link = m.project.links[m.link_of[k] as usize].name.clone();
        state.warn(match m.types[k] {
            LinkType::Pump(_) => WarningKind::Pump { link, status },
            _ => WarningKind::Valve { link, status },
        });
    }
    let Some((worst, count)) = negative(m, state) else { return };
    let node = node_name(m, worst);
    state.warn(WarningKind::NegativePressure { node, count });
    disconnected(m, state);
}

/// The junction with demand that lies highest above its head, and how many do.
fn negative(m: &Model, state: &State) -> Option<(usize, usize)> {
    let n = m.junctions;
    let nodes = || state.head[..n].iter().zip(&m.elevation[..n]).zip(&state.outflow[..n]);
    let is_low = |((head, elevation), outflow): ((&f64, &f64), &f64)| (head < elevation) & (*outflow > 0.0);
    // Nearly always none: counted without a branch, so that it becomes vectors.
    let count: usize = nodes().map(|node| usize::from(is_low(node))).sum();
    let pressure = |&i: &usize| state.head[i] - m.elevation[i];
    let low = nodes().enumerate().filter(|(_, node)| is_low(*node)).map(|(i, _)| i);
    let worst = if count == 0 { None } else { low.min_by(|a, b| pressure(a).total_cmp(&pressure(b))) };
    worst.map(|worst| (worst, count))
}

/// Where a moment without balance is furthest from it.
fn unbalanced(m: &Model, state: &State) -> WarningKind {
    let (link, error) = head_error(m, Arithmetic::Exact, state, &state.flow, &state.head);
    let link = m.project.links[m.link_of[link] as usize].name.clone();
    WarningKind::Unbalanced { link, head_error_mm: millimetres(error * METRES_PER_FOOT) }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` keeps within what u64 holds"
)]
fn millimetres(metres: f64) -> u64 {
    (1000.0 * metres).round() as u64
}

/// Rings of check valves, each said once: at the run's first moment.
fn rings(m: &Model, state: &mut State) {
    if m.rings.is_empty() {
        return;
    }
    if !state.warnings.iter().any(|w| matches!(w.kind, WarningKind::CheckValveRing { .. })) {
        for ring in &m.rings {
            let name = |&k: &u32| m.project.links[m.link_of[k as usize] as usize].name.clone();
            state.warn(WarningKind::CheckValveRing { links: ring.iter().map(name).collect() });
        }
    }
}

fn node_name(m: &Model, i: usize) -> String {
    m.project.nodes[m.node_of[i] as usize].name.clone()
}

/// Junctions with demand that no open way joins to a source.
fn disconnected(m: &Model, state: &mut State) {
    let reached = reach(m, state, true);
    let cut: Vec<usize> = (0..m.junctions).filter(|&i| !reached[i] && state.full_demand[i] > 0.0).collect();
    let Some(&first) = cut.first() else { return };
    let link = (0..m.types.len())
        .find(|&k| {
            let [a, b] = m.ends[k].map(|n| reached[n as usize]);
            state.status[k].is_closed() && a != b
        })
        .map(|k| m.project.links[m.link_of[k] as usize].name.clone());
    let node = node_name(m, first);
    state.warn(WarningKind::Disconnected { node, count: cut.len(), link });
}

/// Nodes that open links join to a reservoir or a tank. A flow control valve at work lets water through but
/// fixes no head beyond it: `water` says which is asked.
pub(crate) fn reach(m: &Model, state: &State, water: bool) -> Vec<bool> {
    let mut reached = vec![false; m.node_of.len()];
    let mut stack: Vec<u32> = m.tanks.iter().map(|t| t.node).collect();
    for &n in &stack {
        reached[n as usize] = true;
    }
    while let Some(n) = stack.pop() {
        for &k in m.near(n as usize) {
            let k = k as usize;
            let metered = m.types[k] == LinkType::Valve(ValveKind::Fcv) && state.status[k] == Status::Active;
            if state.status[k].is_closed() || (metered && !water) {
                continue;
            }
            let [a, b] = m.ends[k];
            let one_way = matches!(m.types[k], LinkType::Pump(_) | LinkType::CheckValve)
                || matches!(m.types[k], LinkType::Valve(ValveKind::Prv | ValveKind::Psv));
            if one_way && b == n {
                continue;
            }
            let other = if a == n { b } else { a };
            if !std::mem::replace(&mut reached[other as usize], true) {
                stack.push(other);
            }
        }
    }
    reached
}
