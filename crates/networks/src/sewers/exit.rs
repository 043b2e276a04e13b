//! 出口: what stands at a district's spot, and the trunk from there to a river or an outfall.

use super::district::{District, TRUNK, design_m3s};
use super::section::{CONCRETE, Section};
use super::{Ask, Conduit, Curve, Net, Node, NodeKind, Opening, Pump, Spot, SpotKind, SpotObject, river};
use crate::dice::Dice;
use crate::ground::{At, Relief};

/// Ground of a district at a river, above its bank, m; elsewhere the ground rolls about a mean.
const ABOVE_BANK_M: f64 = 0.25;
const GROUND_M: f64 = 66.0;
const GROUND_SWING_M: f64 = 10.0;
/// Fall of a trunk.
const TRUNK_FALL: f64 = 0.0025;
/// Orifices: discharge coefficient.
const DISCHARGE: f64 = 0.62;
/// Standard gravity, m/s².
const GRAVITY: f64 = 9.806_65;

/// Height of the ground at a spot, m.
pub(super) fn ground_m(net: &Net, ask: &Ask, spot: &Spot) -> f64 {
    let rolling = || Relief::new(ask.seed, GROUND_M, GROUND_SWING_M).height_m(spot.at);
    river_node(net, spot).map_or_else(rolling, |(node, bank)| node.invert_m + bank + ABOVE_BANK_M)
}

/// The nearest node of the spot's river, and its bank above the bed, m.
fn river_node<'a>(net: &'a Net, spot: &Spot) -> Option<(&'a Node, f64)> {
    let prefix = format!("RV{}-N", spot.river? + 1);
    let far = |n: &&Node| n.at.distance_m(spot.at);
    net.nodes
        .iter()
        .filter(|n| n.id.starts_with(&prefix) && n.kind == NodeKind::Junction)
        .min_by(|a, b| far(a).total_cmp(&far(b)))
        .map(|n| (n, n.depth_m - river::ABOVE_BANK_M))
}

/// Builds the exit; the spot is the last node that stands in the district's lists.
pub(super) fn build(net: &mut Net, dice: &mut Dice, district: &mut District, spot: &Spot) -> SpotObject {
    let id = district.id.clone();
    let node = district.node(district.gate);
    let invert_m = district.invert_m.get(district.gate).copied().unwrap_or_default();
    let ground_m = district.spot_ground_m() - invert_m;
    let mut object = SpotObject {
        code: spot.code.clone(),
        node: node.clone(),
        invert_m,
        ground_m,
        pumps: Vec::new(),
        exit: format!("{id}-TC1"),
        street: None,
    };
    let next = format!("{id}-X");
    let flow = design_m3s(spot.area_ha, 25.0);
    let mut put = Put { net, id: &id, node: &node, next: &next, ground_m, area_ha: spot.area_ha };
    // Where the trunk begins, its flow, and whether it has a node of its own.
    let (top_m, trunk_m3s, apart) = match spot.kind {
        SpotKind::Plain => (invert_m, flow, false),
        SpotKind::Ponding { capacity_mmh, m_per_mm, kerb_m } => {
            put.hollow(capacity_mmh, m_per_mm, kerb_m);
            object.exit = format!("{id}-OR");
            (invert_m - 0.3, 0.7 * flow, true)
        }
        SpotKind::Manhole { capacity_mmh, m_per_mm, sump_m, .. } => {
            put.well(capacity_mmh, m_per_mm, sump_m);
            object.exit = format!("{id}-OR");
            (invert_m - 0.2, 0.7 * flow, true)
        }
        SpotKind::Pump { .. } => {
            object.pumps = put.pumps(spot.kind);
            object.exit = object.pumps.first().cloned().unwrap_or_default();
            (invert_m + ground_m - 2.2, flow, true)
        }
        SpotKind::Detention => {
            put.detention(flow);
            object.exit = format!("{id}-OR");
            (invert_m - 0.2, flow, true)
        }
    };
    trunk(net, dice, district, spot, Trunk { node, next, top_m, flow_m3s: trunk_m3s, apart });
    object
}

/// What is put at a spot.
struct Put<'a> {
    net: &'a mut Net,
    id: &'a str,
    node: &'a str,
    next: &'a str,
    /// Depth from invert to ground, m.
    ground_m: f64,
    area_ha: f64,
}

impl Put<'_> {
    /// Makes the spot's node a storage with areas by depth, m and m².
    fn storage(&mut self, points: Vec<(f64, f64)>, depth_m: f64, start_m: f64) {
        let curve = format!("{}-AREA", self.id);
        if let Some(node) = self.net.nodes.iter_mut().rev().find(|n| n.id == self.node) {
            node.kind = NodeKind::Storage(curve.clone());
            node.depth_m = depth_m;
            node.start_m = start_m;
        }
        self.net.curves.push(Curve { id: curve, kind: "STORAGE", points });
    }

    /// A square orifice that takes a flow under a head over its middle.
    fn orifice(&mut self, flow_m3s: f64, head_m: f64, offset_m: f64, flap: bool) {
        let area = flow_m3s / (DISCHARGE * (2.0 * GRAVITY * head_m.max(0.2)).sqrt());
        let side = self.net.wear(area.sqrt(), 0.06).clamp(0.08, 2.5);
        self.net.orifices.push(Opening {
            id: format!("{}-OR", self.id),
            from: self.node.to_owned(),
            to: self.next.to_owned(),
            offset_m,
            high_m: side,
            wide_m: side,
            flap,
        });
    }

    fn weir(&mut self, offset_m: f64, wide_m: f64) {
        self.net.weirs.push(Opening {
            id: format!("{}-WR", self.id),
            from: self.node.to_owned(),
            to: self.next.to_owned(),
            offset_m,
            high_m: 1.0,
            wide_m,
            flap: true,
        });
    }

    /// What a millimetre over the district fills, m², when it rises by so much.
    fn area_m2(&self, m_per_mm: f64) -> f64 {
        self.area_ha * 10.0 / m_per_mm
    }

    fn hollow(&mut self, capacity_mmh: f64, m_per_mm: f64, kerb_m: f64) {
        let road = self.area_m2(m_per_mm);
        let g = self.ground_m;
        let points = vec![(0.0, 3.0), (g, 3.0), (g + 0.06, road), (g + 3.0, road)];
        self.storage(points, g + 3.0, 0.0);
        self.orifice(capacity_mmh * self.area_ha / 360.0, g - 0.2, 0.0, true);
        self.weir(g + kerb_m, 12.0);
    }

    fn well(&mut self, capacity_mmh: f64, m_per_mm: f64, sump_m: f64) {
        let area = self.area_m2(m_per_mm);
        let g = self.ground_m;
        let points =
            vec![(0.0, 0.2 * area), (0.8, area), (g, area), (g + 0.15, 3.0 * area), (g + 3.0, 3.0 * area)];
        self.storage(points, g + 3.0, sump_m);
        self.orifice(capacity_mmh * self.area_ha / 360.0, g - sump_m - 0.2, sump_m, false);
        self.weir(g + 0.3, 12.0);
    }

    fn detention(&mut self, flow_m3s: f64) {
        let area = self.area_m2(0.10);
        let g = self.ground_m.max(2.0);
        self.storage(vec![(0.0, 0.3 * area), (1.0, area), (g, 1.2 * area)], g, 0.0);
        self.orifice(0.35 * flow_m3s, g - 0.8, 0.0, false);
        self.weir(0.75 * g, (0.5 * flow_m3s).max(1.0));
    }

    fn pumps(&mut self, kind: SpotKind) -> Vec<String> {
        let SpotKind::Pump { each_m3s, rest_m, start_m, hysteresis_m, m_per_mm, full_m } = kind else {
            return Vec::new();
        };
        let area = self.area_m2(m_per_mm);
        let depth = full_m.max(self.ground_m) + 2.0;
        self.storage(vec![(0.0, 0.6 * area), (1.0, area), (depth, area)], depth, rest_m);
        self.weir(full_m, 12.0);
        let curve = format!("{}-LIFT", self.id);
        // Head over flow: near its duty point a low-lift pump loses little.
        let points = vec![(0.0, 1.12 * each_m3s), (6.0, 0.96 * each_m3s), (12.0, 0.5 * each_m3s)];
        self.net.curves.push(Curve { id: curve.clone(), kind: "PUMP3", points });
        let ids: Vec<String> = (1..=start_m.len()).map(|p| format!("{}-PUMP{p}", self.id)).collect();
        for (id, start_m) in ids.iter().zip(start_m) {
            self.net.pumps.push(Pump {
                id: id.clone(),
                from: self.node.to_owned(),
                to: self.next.to_owned(),
                curve: curve.clone(),
                start_m,
                stop_m: start_m - hysteresis_m,
            });
        }
        ids
    }
}

/// A trunk that is to be laid.
struct Trunk {
    node: String,
    next: String,
    top_m: f64,
    flow_m3s: f64,
    /// Whether it begins at a node of its own.
    apart: bool,
}

/// Lays the trunk from the spot to the river or to an outfall of its own.
fn trunk(net: &mut Net, dice: &mut Dice, district: &District, spot: &Spot, trunk: Trunk) {
    let start = district.spot();
    let river = river_node(net, spot).map(|(n, bank)| (n.id.clone(), n.at, n.invert_m, bank));
    let goal = river.as_ref().map_or_else(|| start.shifted(20.0, -55.0 * TRUNK as f64), |(_, at, ..)| *at);
    let length_m = (start.distance_m(goal) / TRUNK as f64).clamp(40.0, 160.0);
    let fall = match &river {
        // It may not end below the river's bed.
        Some((_, _, bed, _)) => {
            ((trunk.top_m - bed - 0.05) / (TRUNK as f64 * length_m)).clamp(0.000_3, TRUNK_FALL)
        }
        None => TRUNK_FALL,
    };
    let section = Section::carrying(1.15 * trunk.flow_m3s, fall, dice.chance(0.3));
    let ground = district.spot_ground_m();
    let cover = (ground - trunk.top_m).max(section.height_m() + 0.5);
    let backflow = matches!(spot.kind, SpotKind::Manhole { backflow: true, .. });
    let mut last = trunk.node.clone();
    if trunk.apart {
        net.nodes.push(manhole(&trunk.next, start.towards(goal, 0.02), trunk.top_m, cover));
        last = trunk.next;
    }
    for n in 1..=TRUNK {
        let end_m = trunk.top_m - fall * length_m * n as f64;
        let at = start.towards(goal, n as f64 / TRUNK as f64);
        let (next, offset) = match &river {
            Some((node, _, bed, _)) if n == TRUNK => (node.clone(), (end_m - bed).max(0.0)),
            _ => (format!("{}-T{n}", district.id), 0.0),
        };
        if n < TRUNK {
            net.nodes.push(manhole(&next, at, end_m, cover));
        } else if river.is_none() {
            net.nodes.push(Node { kind: NodeKind::Free, depth_m: 0.0, ..manhole(&next, at, end_m, cover) });
        }
        let roughness = net.wear(CONCRETE, 0.2);
        net.conduits.push(Conduit {
            id: format!("{}-TC{n}", district.id),
            from: std::mem::replace(&mut last, next.clone()),
            to: next,
            length_m,
            roughness,
            offsets_m: [0.0, offset],
            flow_m3s: 0.0,
            section,
            flap: n == TRUNK && river.is_some() && !backflow,
        });
    }
}

fn manhole(id: &str, at: At, invert_m: f64, depth_m: f64) -> Node {
    Node { id: id.to_owned(), at, invert_m, depth_m, start_m: 0.0, kind: NodeKind::Junction }
}
