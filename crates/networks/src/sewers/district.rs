//! 排水分区: streets whose sewers meet at one spot.
#![expect(clippy::indexing_slicing, reason = "indices are the streets' own crossings and edges")]

use super::section::{CONCRETE, Section};
use super::{Ask, Conduit, Net, Node, NodeKind, Spot, SpotKind, SpotObject, area, exit, street};
use crate::dice::Dice;
use crate::ground::{At, Relief};
use crate::streets::{Streets, Ways, ways};

/// Fewest conduits of a district, its trunk included.
pub(super) const LEAST: usize = 12;
/// Distance between two manholes, m.
const SPACING_M: f64 = 46.0;
/// Conduits of a trunk behind the spot.
pub(super) const TRUNK: usize = 5;
/// Cover over a pipe's crown, m; fall of the ground towards the spot.
const COVER_M: f64 = 1.0;
pub(super) const FALL: f64 = 0.003;
/// Share of crossings whose streets drain there, of streets that close a loop, of old districts.
const DRAINED: f64 = 0.65;
const LOOPS: f64 = 0.06;
const OLD: f64 = 0.25;
/// A forebay's water of dry weather stands so much below the sewer that comes in, m.
const FOREBAY_M: f64 = 0.4;
/// Runoff coefficient of the sizing.
const RUNOFF: f64 = 0.7;

/// A district in the making.
pub(super) struct District {
    pub id: String,
    pub streets: Streets,
    ways: Ways,
    ground_m: Vec<f64>,
    pub invert_m: Vec<f64>,
    /// Section of the conduit that leaves each crossing, its slope and the height of its lower end.
    section: Vec<Section>,
    end_m: Vec<f64>,
    pub gate: usize,
    old: bool,
}

/// Intensity of the sizing after a flow time, mm/h: two years' return (assumed, of the region's size).
fn design_mmh(minutes: f64) -> f64 {
    90.0 * (15.0 / (15.0 + minutes)).powf(0.55)
}

/// Flow of the sizing over an area, m³/s.
pub(super) fn design_m3s(area_ha: f64, minutes: f64) -> f64 {
    RUNOFF * design_mmh(minutes) * area_ha / 360.0
}

/// How far a spot lies below the streets around it, m: water stands there before it stands elsewhere.
pub(super) const fn hollow_m(kind: SpotKind) -> f64 {
    match kind {
        SpotKind::Ponding { .. } => 1.3,
        SpotKind::Manhole { .. } => 0.7,
        _ => 0.0,
    }
}

/// Builds the `n`th district and what stands at its spot.
pub(super) fn build(net: &mut Net, ask: &Ask, n: usize, spot: &Spot, conduits: usize) -> SpotObject {
    let id = format!("D{n:03}");
    let mut dice = Dice::new(ask.seed, &id);
    let count = conduits.max(LEAST).saturating_sub(TRUNK).max(4);
    let half = SPACING_M * ((count as f64).sqrt().ceil() - 1.0) / 2.0;
    let streets = Streets::lay(&mut dice, count, SPACING_M, spot.at.shifted(0.0, half));
    let gate = streets.gate();
    let mut lengths: Vec<f64> = (0..streets.edges.len()).map(|e| streets.length_m(e)).collect();
    for (length, avenue) in lengths.iter_mut().zip(&streets.avenue) {
        *length *= if *avenue { 0.7 } else { dice.between(0.9, 1.3) };
    }
    let ways = ways(count, &streets.edges, &lengths, &[gate]);
    let low_m = exit::ground_m(net, ask, spot);
    let relief = Relief::new(ask.seed ^ n as u64, 0.0, 0.6);
    let floor = relief.height_m(streets.at[gate]);
    let ground_m: Vec<f64> = (0..count)
        .map(|i| {
            let above = if i == gate { 0.0 } else { hollow_m(spot.kind) };
            low_m + above + FALL * ways.distance[i] + (relief.height_m(streets.at[i]) - floor).max(0.0)
        })
        .collect();
    let mut district = District {
        old: dice.chance(OLD),
        id,
        streets,
        ways,
        ground_m,
        invert_m: vec![f64::MAX; count],
        section: vec![Section::Circular(0.3); count],
        end_m: vec![0.0; count],
        gate,
    };
    let areas = drain_areas(net, ask, &mut dice, &district, spot.area_ha);
    district.size(&areas);
    district.lay(net, &mut dice, spot);
    let street = street::ground(&district, spot, ask.seed);
    SpotObject { street, ..exit::build(net, &mut dice, &mut district, spot) }
}

/// Gives every drained crossing its subcatchment; returns the areas, ha.
fn drain_areas(net: &mut Net, ask: &Ask, dice: &mut Dice, district: &District, total_ha: f64) -> Vec<f64> {
    let count = district.streets.at.len();
    let shares: Vec<f64> =
        (0..count).map(|_| if dice.chance(DRAINED) { dice.between(0.5, 1.5) } else { 0.0 }).collect();
    let sum = shares.iter().sum::<f64>().max(1.0e-9);
    let areas: Vec<f64> = shares.iter().map(|s| total_ha * s / sum).collect();
    for (i, area_ha) in areas.iter().enumerate().filter(|(_, a)| **a > 0.0) {
        let at = district.streets.at[i].shifted(14.0, 14.0);
        area::street(
            net,
            ask,
            dice,
            format!("{}-S{:03}", district.id, i + 1),
            district.node(i),
            at,
            *area_ha,
        );
    }
    areas
}

impl District {
    /// Name of a crossing's manhole.
    pub(super) fn node(&self, i: usize) -> String {
        format!("{}-N{:03}", self.id, i + 1)
    }

    /// Place of the spot.
    pub(super) fn spot(&self) -> At {
        self.streets.at[self.gate]
    }

    /// Ground at the spot, m.
    pub(super) fn spot_ground_m(&self) -> f64 {
        self.ground_m[self.gate]
    }

    /// Sections and inverts, from the far ends to the spot.
    fn size(&mut self, areas: &[f64]) {
        let mut area = areas.to_vec();
        for i in self.ways.order.iter().rev() {
            let Some((edge, parent)) = self.ways.parent[*i] else { continue };
            area[parent] += area[*i];
            let length = self.streets.length_m(edge);
            let fall = ((self.ground_m[*i] - self.ground_m[parent]) / length).max(0.0008);
            // Water flows at about 1.2 m/s, after five minutes on the ground.
            let farthest = self.ways.distance[self.ways.order[self.ways.order.len() - 1]];
            let minutes = 5.0 + (farthest - self.ways.distance[*i]).max(0.0) / 72.0;
            let flow = design_m3s(area[*i], minutes);
            let first = Section::carrying(flow, fall, self.old);
            let slope = fall.max(first.least_slope());
            let section = Section::carrying(flow, slope, self.old);
            self.section[*i] = section;
            let invert = self.invert_m[*i].min(self.ground_m[*i] - COVER_M - section.height_m());
            self.invert_m[*i] = invert;
            self.end_m[*i] = invert - slope * length;
            self.invert_m[parent] = self.invert_m[parent].min(self.end_m[*i]);
        }
    }

    /// Writes manholes and conduits down.
    fn lay(&mut self, net: &mut Net, dice: &mut Dice, spot: &Spot) {
        // A measured well has the depth its gauge was given.
        if let SpotKind::Manhole { well_m, .. } = spot.kind {
            self.invert_m[self.gate] = self.invert_m[self.gate].min(self.ground_m[self.gate] - well_m);
        }
        // A forebay lies deeper than the sewer that comes in.
        if let SpotKind::Pump { rest_m, .. } = spot.kind {
            self.invert_m[self.gate] -= rest_m + FOREBAY_M;
        }
        for i in 0..self.streets.at.len() {
            net.nodes.push(Node {
                id: self.node(i),
                at: self.streets.at[i],
                invert_m: self.invert_m[i],
                depth_m: self.ground_m[i] - self.invert_m[i],
                start_m: 0.0,
                kind: NodeKind::Junction,
            });
            let Some((edge, parent)) = self.ways.parent[i] else { continue };
            let ends = (i, parent, self.end_m[i] - self.invert_m[parent]);
            self.conduit(net, ends, (edge, 0.0), self.section[i]);
        }
        for edge in 0..self.streets.edges.len() {
            let [a, b] = self.streets.edges[edge];
            let in_tree = |i: usize| self.ways.parent[i].is_some_and(|(e, _)| e == edge);
            if in_tree(a) || in_tree(b) || a == self.gate || b == self.gate || !dice.chance(LOOPS) {
                continue;
            }
            let (a, b) = if self.invert_m[a] >= self.invert_m[b] { (a, b) } else { (b, a) };
            let above = 0.25;
            let end = self.invert_m[a] + above - 0.002 * self.streets.length_m(edge) - self.invert_m[b];
            self.conduit(net, (a, b, end.max(0.0)), (edge, above), Section::Circular(0.4));
        }
    }

    fn conduit(
        &self,
        net: &mut Net,
        (from, to, end_m): (usize, usize, f64),
        (edge, start_m): (usize, f64),
        section: Section,
    ) {
        let roughness = net.wear(CONCRETE, 0.2);
        net.conduits.push(Conduit {
            id: format!("{}-C{:03}", self.id, edge + 1),
            from: self.node(from),
            to: self.node(to),
            length_m: self.streets.length_m(edge).max(15.0),
            roughness,
            offsets_m: [start_m, end_m.max(0.0)],
            flow_m3s: 0.0,
            section,
            flap: false,
        });
    }
}
