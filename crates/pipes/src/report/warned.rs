//! EPANET's warnings of a moment, in its words and order (`writehydwarn`, `disconnected` in report.c).

use super::clock;
use super::page::Page;
use super::status::{link_name, words};
use crate::model::{LinkType, Model};
use crate::project::ValveKind;
use crate::state::{State, Status};

/// Disconnected nodes told one by one.
const NODES_MAX: usize = 10;

/// Writes the warnings of the moment just solved.
pub(super) fn warnings(page: &mut Page, m: &Model, state: &State) {
    let at = clock(state.time);
    let mut said: Vec<String> = Vec::new();
    let (beyond, balanced) =
        (state.iterations > m.settings.trials, state.relative_error <= m.settings.accuracy);
    if beyond && balanced {
        said.push(format!("WARNING: Maximum trials exceeded at {at} hrs. System may be unstable."));
    }
    let low = |i: usize| {
        let (head, elevation) = (state.head.get(i), m.elevation.get(i));
        head < elevation && state.outflow.get(i).is_some_and(|q| *q > 0.0)
    };
    if !m.settings.pressure_driven && (0..m.junctions).any(low) {
        said.push(format!("WARNING: Negative pressures at {at} hrs."));
    }
    let devices = || m.link_at.iter().enumerate().map(|(i, &k)| (i, k as usize));
    for (i, k) in devices().filter(|(_, k)| matches!(m.types.get(*k), Some(LinkType::Valve(_)))) {
        let Some(&status) = state.status.get(k) else { continue };
        if status >= Status::CannotDeliverFlow {
            said.push(format!("WARNING: {} {} at {at} hrs.", link_name(m, i, k), words(status)));
        }
    }
    for (i, k) in devices() {
        if let Some(status) = failing_pump(m, state, k) {
            said.push(format!("WARNING: {} {} at {at} hrs.", link_name(m, i, k), words(status)));
        }
    }
    if beyond && !balanced {
        let halted = if m.settings.extra.is_none() { " EXECUTION HALTED." } else { "" };
        said.push(format!("WARNING: System unbalanced at {at} hrs.{halted}"));
    }
    if !said.is_empty() {
        said.iter().for_each(|line| page.line(line));
        disconnected(page, m, state);
        page.line(" ");
    }
}

fn failing_pump(m: &Model, state: &State, k: usize) -> Option<Status> {
    let Some(LinkType::Pump(p)) = m.types.get(k) else { return None };
    let (pump, flow) = (m.pumps.get(*p as usize)?, *state.flow.get(k)?);
    let mut status = *state.status.get(k)?;
    if status >= Status::Open {
        if flow > state.setting.get(k)?.unwrap_or(1.0) * pump.flow_max {
            status = Status::ExceedsFlow;
        }
        if flow < 0.0 {
            status = Status::CannotDeliverHead;
        }
    }
    matches!(status, Status::CannotDeliverHead | Status::ExceedsFlow).then_some(status)
}

/// Junctions that no open way joins to a tank or to a junction that feeds in.
pub(super) fn disconnected(page: &mut Page, m: &Model, state: &State) {
    let at = clock(state.time);
    let outflow = |n: usize| state.outflow.get(n).copied().unwrap_or(0.0);
    let mut marked = vec![0u8; m.node_of.len()];
    let mut list: Vec<usize> = (m.junctions..m.node_of.len()).collect();
    list.extend((0..m.junctions).filter(|&n| outflow(n) < 0.0));
    mark(m, state, &mut marked, list);
    let is_cut = |n: &usize| marked.get(*n) == Some(&0) && outflow(*n) != 0.0;
    let of_file = m.node_at.iter().map(|&n| n as usize).filter(|n| *n < m.junctions);
    let cut: Vec<usize> = of_file.filter(is_cut).collect();
    for &n in cut.iter().take(NODES_MAX) {
        let name = m.node_of.get(n).and_then(|&i| m.project.nodes.get(i as usize)).map_or("", |n| &n.name);
        page.line(&format!("WARNING: Node {name} disconnected at {at} hrs"));
    }
    if cut.len() > NODES_MAX {
        let more = cut.len() - NODES_MAX;
        page.line(&format!("WARNING: {more} additional nodes disconnected at {at} hrs"));
    }
    if let Some(&last) = cut.last()
        && let Some(link) = closed_link(m, &mut marked, last)
    {
        let name = m.project.links.get(link).map_or("", |l| l.name.as_str());
        page.line(&format!("WARNING: System disconnected because of Link {name}"));
    }
}

fn mark(m: &Model, state: &State, marked: &mut [u8], mut list: Vec<usize>) {
    for &n in &list {
        set(marked, n, 1);
    }
    while let Some(n) = list.pop() {
        for &k in m.near(n) {
            let k = k as usize;
            let (Some(&[a, b]), Some(status)) = (m.ends.get(k), state.status.get(k)) else { continue };
            let other = if a as usize == n { b } else { a } as usize;
            let one_way = matches!(
                m.types.get(k),
                Some(LinkType::CheckValve | LinkType::Valve(ValveKind::Prv | ValveKind::Psv))
            );
            let barred = one_way && other == a as usize;
            if marked.get(other) == Some(&0) && !barred && !status.is_closed() {
                set(marked, other, 1);
                list.push(other);
            }
        }
    }
}

/// The first link between what is cut off and what is not, in the order EPANET looks for it.
fn closed_link(m: &Model, marked: &mut [u8], from: usize) -> Option<usize> {
    set(marked, from, 2);
    let mut stack = vec![from];
    while let Some(n) = stack.pop() {
        // EPANET's lists of neighbours begin with the link that was read last.
        let mut near: Vec<(usize, usize)> = m
            .near(n)
            .iter()
            .filter_map(|&k| {
                let [a, b] = *m.ends.get(k as usize)?;
                let other = if a as usize == n { b } else { a } as usize;
                Some((*m.link_of.get(k as usize)? as usize, other))
            })
            .collect();
        near.sort_unstable_by(|a, b| b.cmp(a));
        for (link, other) in near {
            match marked.get(other) {
                Some(1) => return Some(link),
                Some(0) => {
                    set(marked, other, 2);
                    stack.push(other);
                }
                _ => {}
            }
        }
    }
    None
}

fn set(marked: &mut [u8], n: usize, mark: u8) {
    if let Some(slot) = marked.get_mut(n) {
        *slot = mark;
    }
}
