//! 河道: a reach as a chain of trapezoidal channels, running at its dry-weather level before the rain.
#![expect(clippy::indexing_slicing, reason = "indices are the reach's own nodes")]

use super::section::Section;
use super::{Ask, Conduit, GaugeObject, Net, Node, NodeKind, River, area};
use crate::ground::At;

/// Greatest length of a channel, m.
const PIECE_M: f64 = 400.0;
/// Side slope of the banks.
const SIDE: f64 = 1.5;
/// Room of the channel above its bank, m: high water stays in the model.
pub(super) const ABOVE_BANK_M: f64 = 4.0;

/// Builds the `n`th river; gives its gauges.
pub(super) fn build(net: &mut Net, ask: &Ask, n: usize, river: &River) -> Vec<GaugeObject> {
    let (Some(first), Some(last)) = (river.gauges.first(), river.gauges.last()) else { return Vec::new() };
    let places = walk(&river.line);
    let along: Vec<f64> = places
        .iter()
        .scan((0.0, places[0]), |(sum, before), at| {
            *sum += before.distance_m(*at);
            *before = *at;
            Some(*sum)
        })
        .collect();
    let nearest = |at: At| {
        (0..places.len())
            .min_by(|a, b| places[*a].distance_m(at).total_cmp(&places[*b].distance_m(at)))
            .unwrap_or(0)
    };
    let (top, end) = (nearest(first.at), nearest(last.at));
    let apart = along[end] - along[top];
    let slope = if apart > 1.0 { (first.level_m - last.level_m) / apart } else { river.slope };
    let bed = |i: usize| first.level_m - river.rest_m - (along[i] - along[top]) * slope;
    let section =
        Section::Trapezoid(first.bank_m - first.level_m + river.rest_m + ABOVE_BANK_M, river.width_m, SIDE);
    let flow_m3s = section.open_m3s(river.rest_m, slope, river.roughness);
    let id = |i: usize| format!("RV{n}-N{:02}", i + 1);
    for (i, at) in places.iter().enumerate() {
        let last = i + 1 == places.len();
        net.nodes.push(Node {
            id: id(i),
            at: *at,
            invert_m: bed(i),
            depth_m: if last { 0.0 } else { section.height_m() },
            start_m: if last { 0.0 } else { river.rest_m },
            kind: if last { NodeKind::Normal } else { NodeKind::Junction },
        });
    }
    for i in 1..places.len() {
        let roughness = net.wear(river.roughness, 0.12);
        net.conduits.push(Conduit {
            id: format!("RV{n}-C{i:02}"),
            from: id(i - 1),
            to: id(i),
            length_m: along[i] - along[i - 1],
            roughness,
            offsets_m: [0.0, 0.0],
            flow_m3s,
            section,
            flap: false,
        });
    }
    net.inflows.push((id(0), flow_m3s));
    for (k, (at, km2)) in river.country.iter().enumerate() {
        // The first half comes from upstream, the rest along the reach.
        let spread = places.len().saturating_sub(2) * k.saturating_sub(river.country.len() / 2);
        let outlet = (spread / river.country.len().max(1)).min(end);
        area::country(net, ask, format!("RV{n}-S{}", k + 1), id(outlet), *at, (*km2, river.lag_min));
    }
    river
        .gauges
        .iter()
        .map(|g| {
            let i = nearest(g.at);
            GaugeObject { code: g.code.clone(), node: id(i), bed_m: bed(i) }
        })
        .collect()
}

/// Places along a line, none farther apart than [`PIECE_M`].
fn walk(line: &[At]) -> Vec<At> {
    let mut places = vec![line.first().copied().unwrap_or_default()];
    for pair in line.windows(2) {
        let pieces = (pair[0].distance_m(pair[1]) / PIECE_M).ceil().max(1.0) as usize;
        places.extend((1..=pieces).map(|p| pair[0].towards(pair[1], p as f64 / pieces as f64)));
    }
    places
}
