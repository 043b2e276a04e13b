//! Demands of a pattern period (时段用水量): what every junction asks for, and the whole system with them.

#![expect(clippy::indexing_slicing, reason = "indices are the model's own node and pattern numbers")]

use crate::model::Model;
use crate::state::State;

/// Sums kept apart, so that one addition need not wait for the one before.
const SUMS: usize = 8;

/// Fills a state's demands for the pattern period it stands in.
pub(super) fn fill(m: &Model, state: &mut State, period: i64) {
    if state.demand_period == Some(period) {
        return;
    }
    state.demand_period = Some(period);
    // The last factor is that of demands without a pattern.
    let patterns = 0..m.project.patterns.len();
    let multiplier = m.settings.demand_multiplier;
    let factors: Vec<f64> =
        patterns.map(|p| m.factor_at(Some(p), period)).chain([1.0]).map(|f| f * multiplier).collect();
    let full = &mut state.full_demand;
    full.fill(0.0);
    for column in &m.demands.columns {
        let factor = factors[column.pattern as usize];
        for (full, base) in full.iter_mut().zip(&column.base) {
            *full += factor * base;
        }
    }
    for d in &m.demands.others {
        full[d.node as usize] += factors[d.pattern as usize] * d.base;
    }
    for (full, scale) in full.iter_mut().zip(&state.scale) {
        *full *= scale;
    }
    let feeds = m.demands.feeds || factors.iter().chain(&state.scale).any(|f| *f < 0.0);
    state.system_demand = if feeds { drawn(m, &factors, &state.scale) } else { sum(full) };
    for (&node, &demand) in &state.set_demand {
        state.system_demand += demand.max(0.0) - state.full_demand[node as usize].max(0.0);
        state.full_demand[node as usize] = demand;
    }
}

fn sum(values: &[f64]) -> f64 {
    let (groups, rest) = values.as_chunks::<SUMS>();
    let mut sums = [0.0; SUMS];
    for group in groups {
        for (sum, value) in sums.iter_mut().zip(group) {
            *sum += value;
        }
    }
    sums.iter().chain(rest).sum()
}

/// What is drawn in all where some categories feed water in: those are not counted.
fn drawn(m: &Model, factors: &[f64], scale: &[f64]) -> f64 {
    let scale = |node: usize| scale.get(node).copied().unwrap_or(1.0);
    let of_columns = m.demands.columns.iter().flat_map(|column| {
        let factor = factors[column.pattern as usize];
        column.base.iter().enumerate().map(move |(node, base)| factor * base * scale(node))
    });
    let others =
        m.demands.others.iter().map(|d| factors[d.pattern as usize] * d.base * scale(d.node as usize));
    of_columns.chain(others).filter(|demand| *demand > 0.0).sum()
}
