//! 分区: a street grid with its taps and hydrants behind one meter.
#![expect(clippy::indexing_slicing, reason = "indices are the streets' own crossings and edges")]

use super::size::{diameter_mm, roughness};
use super::{Booster, DEMAND_LPS, Net, PEAK, Pipe, Pump, SPACING_M, Valve, Zone, ZonePlace};
use crate::dice::Dice;
use crate::ground::{At, Relief};
use crate::streets::{Streets, spanning_tree, ways};

/// A zone with what the mains need to know of it.
#[derive(Debug)]
pub(super) struct Built {
    pub zone: Zone,
    /// Where its meter stands, beside the trunk main.
    pub hub: At,
    pub hub_height_m: f64,
    /// Mean demand, L/s.
    pub demand_lps: f64,
    /// Head that its highest tap needs behind the inlet valve, m.
    pub head_m: f64,
    /// Whether a booster lifts its water.
    pub boosted: bool,
    gate_height_m: f64,
}

impl Built {
    /// Name of the junction on the trunk main.
    pub(super) fn hub_id(&self) -> String {
        format!("{}-HUB", self.zone.id)
    }
}

/// Pressure kept at the highest tap at the inlet's head, and what a zone's pipes may lose at its peak, m.
const TAP_M: f64 = 24.0;
const LOSS_M: f64 = 6.0;
/// Share of the streets that close loops, of junctions that are hydrants, of pipes with a gate valve.
const LOOPS: f64 = 0.32;
const HYDRANTS: f64 = 0.09;
const GATES: f64 = 0.35;
/// Where the trunk has no more than this above what the zone needs, no reducing valve stands, m.
const SPARE_M: f64 = 6.0;

/// Lays a zone's streets.
pub(super) fn build(
    net: &mut Net,
    seed: u64,
    n: usize,
    place: &ZonePlace,
    count: usize,
    relief: &Relief,
) -> Built {
    let id = format!("Z{n:02}");
    let mut dice = Dice::new(seed, &id);
    let streets = Streets::lay(&mut dice, count, SPACING_M, place.at);
    let gate = streets.gate();
    let heights: Vec<f64> = streets.at.iter().map(|at| relief.height_m(*at)).collect();
    let hydrant: Vec<bool> = (0..count).map(|i| i != gate && dice.chance(HYDRANTS)).collect();
    let name = |i: usize| {
        let letter = if hydrant[i] { 'H' } else { 'J' };
        format!("{id}-{letter}{:04}", i + 1)
    };
    let mut demands = vec![0.0; count];
    // Some zones have more trade than others.
    let trade = dice.between(0.1, 0.45);
    for (i, at) in streets.at.iter().enumerate() {
        net.junction(&name(i), *at, heights[i], &id);
        let Some(junction) = net.junctions.last_mut().filter(|_| !hydrant[i]) else { continue };
        let mean = DEMAND_LPS * dice.between(0.3, 1.7);
        let leak = 0.13 * mean;
        let shops = (mean - leak) * trade * dice.between(0.3, 1.7);
        junction.demand_lps = [mean - leak - shops, shops, leak];
        demands[i] = mean;
    }
    let laid = lay_pipes(net, &mut dice, &streets, &demands, &name, &id);
    let taps: Vec<usize> = (0..count).filter(|i| !hydrant[*i]).collect();
    let highest = taps.iter().copied().max_by(|a, b| heights[*a].total_cmp(&heights[*b])).unwrap_or(gate);
    let farthest = taps.iter().copied().max_by(|a, b| laid[*a].total_cmp(&laid[*b])).unwrap_or(gate);
    let mut loggers = vec![name(gate), name(highest), name(farthest)];
    loggers.dedup();
    let zone = Zone {
        meter: format!("{id}-METER"),
        inlet: name(gate),
        prv: None,
        booster: None,
        taps: taps.iter().map(|i| name(*i)).collect(),
        loggers,
        hydrants: (0..count).filter(|i| hydrant[*i]).map(name).collect(),
        name: place.name.clone(),
        id,
    };
    let hub = streets.at[gate].shifted(0.0, -90.0);
    Built {
        hub,
        hub_height_m: relief.height_m(hub),
        demand_lps: demands.iter().sum(),
        head_m: heights[highest] + TAP_M + LOSS_M,
        boosted: false,
        gate_height_m: heights[gate],
        zone,
    }
}

/// Lays the pipes of a zone; gives the distance of every crossing from the gate.
fn lay_pipes(
    net: &mut Net,
    dice: &mut Dice,
    streets: &Streets,
    demands: &[f64],
    name: &dyn Fn(usize) -> String,
    id: &str,
) -> Vec<f64> {
    let count = streets.at.len();
    let wish: Vec<f64> =
        streets.avenue.iter().map(|avenue| dice.unit() + if *avenue { 0.0 } else { 1.0 }).collect();
    let mut kept = vec![false; streets.edges.len()];
    spanning_tree(count, &streets.edges, &wish).into_iter().for_each(|e| kept[e] = true);
    kept.iter_mut().for_each(|kept| *kept |= dice.chance(LOOPS));
    let edges: Vec<usize> = (0..kept.len()).filter(|e| kept[*e]).collect();
    let ends: Vec<[usize; 2]> = edges.iter().map(|e| streets.edges[*e]).collect();
    let lengths: Vec<f64> = edges.iter().map(|e| streets.length_m(*e)).collect();
    // Water is meant to come along the avenues.
    let weights: Vec<f64> =
        edges.iter().zip(&lengths).map(|(e, l)| if streets.avenue[*e] { 0.6 * l } else { *l }).collect();
    let ways = ways(count, &ends, &weights, &[streets.gate()]);
    let mut flow = demands.to_vec();
    let mut carried = vec![0.0; edges.len()];
    let mut distance = vec![0.0; count];
    for node in ways.order.iter().rev() {
        let Some((edge, parent)) = ways.parent[*node] else { continue };
        carried[edge] = flow[*node];
        flow[parent] += flow[*node];
    }
    for node in &ways.order {
        if let Some((edge, parent)) = ways.parent[*node] {
            distance[*node] = distance[parent] + lengths[edge];
        }
    }
    let farthest = distance.iter().copied().fold(1.0, f64::max);
    let slope_max = LOSS_M / farthest;
    for (e, [a, b]) in ends.iter().enumerate() {
        let diameter_mm = diameter_mm(PEAK * carried[e], slope_max);
        net.pipes.push(Pipe {
            id: format!("{id}-P{:04}", e + 1),
            from: name(*a),
            to: name(*b),
            length_m: lengths[e],
            diameter_mm,
            roughness: roughness(diameter_mm, dice.unit()),
            valve: dice.chance(GATES),
            closed: false,
        });
    }
    distance
}

/// Ties a zone to the trunk main: the meter, and a reducing valve where the trunk has too much.
pub(super) fn connect(net: &mut Net, built: &mut Built, trunk_head_m: f64) {
    let id = &built.zone.id;
    let diameter = diameter_mm(PEAK * built.demand_lps, 0.003).max(150.0);
    let reduced = built.boosted || trunk_head_m - built.head_m > SPARE_M;
    let behind = if reduced { format!("{id}-IN") } else { built.zone.inlet.clone() };
    if reduced {
        let at = built.hub.shifted(0.0, 45.0);
        net.junction(&behind, at, built.gate_height_m, id);
        let before = if built.boosted { boost(net, built, &behind, trunk_head_m) } else { behind.clone() };
        let id = &built.zone.id;
        let valve = format!("{id}-PRV");
        net.valves.push(Valve {
            id: valve.clone(),
            from: before,
            to: built.zone.inlet.clone(),
            diameter_mm: diameter,
            kind: "PRV",
            setting: (built.head_m - built.gate_height_m).max(TAP_M),
        });
        built.zone.prv = Some(valve);
    }
    net.pipes.push(Pipe {
        id: built.zone.meter.clone(),
        from: built.hub_id(),
        to: behind,
        length_m: 45.0,
        diameter_mm: diameter,
        roughness: 125.0,
        valve: true,
        closed: false,
    });
}

/// Least lift of a booster, and what it lifts above what the zone needs when the trunk is low, m.
const LIFT_MIN_M: f64 = 10.0;
const LIFT_SPARE_M: f64 = 6.0;
/// Share of the peak that one of its two pumps is made for.
const BOOST_SHARE: f64 = 0.6;

/// A booster before the zone's reducing valve; gives the junction behind its pumps.
fn boost(net: &mut Net, built: &mut Built, from: &str, trunk_head_m: f64) -> String {
    let id = &built.zone.id;
    let (outlet, curve) = (format!("{id}-BOOSTED"), format!("{id}-CURVE"));
    net.junction(&outlet, built.hub.shifted(0.0, 70.0), built.gate_height_m, id);
    let lift = (built.head_m - trunk_head_m + LIFT_SPARE_M).max(LIFT_MIN_M);
    let each = BOOST_SHARE * PEAK * built.demand_lps;
    net.curves.push((curve.clone(), [(0.0, 1.25 * lift), (each, lift), (1.8 * each, 0.55 * lift)]));
    let pumps: Vec<String> = (1..=2).map(|n| format!("{id}-BOOST{n}")).collect();
    for pump in &pumps {
        net.pumps.push(Pump {
            id: pump.clone(),
            from: from.to_owned(),
            to: outlet.clone(),
            curve: curve.clone(),
            runs: pumps.first() == Some(pump),
        });
    }
    if let [_, by_day] = pumps.as_slice() {
        net.controls.push(format!("LINK {by_day} OPEN AT CLOCKTIME 5 AM"));
        net.controls.push(format!("LINK {by_day} CLOSED AT CLOCKTIME 11 PM"));
    }
    built.zone.booster = Some(Booster { pumps, outlet: outlet.clone() });
    outlet
}
