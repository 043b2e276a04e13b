//! 干管: trunk mains from the works past every zone's meter to the balancing tanks.
#![expect(clippy::indexing_slicing, reason = "indices are the mains' own sites and edges")]

use super::size::{diameter_mm, roughness, slope};
use super::zone::Built;
use super::{Ask, Net, PEAK, Pipe, Tank};
use crate::dice::Dice;
use crate::ground::{At, Relief};
use crate::streets::{spanning_tree, ways};

/// The mains, with what works and writer need.
#[derive(Debug)]
pub(super) struct Mains {
    pub tanks: Vec<PlacedTank>,
    /// Head of the trunk that zones may count on, m.
    pub design_head_m: f64,
    /// For each works: its outlet, mean flow, the head lost to its tank at [`WORKS_PEAK`] times that.
    pub outlets: Vec<Outlet>,
    /// Mean demand of everything, L/s.
    pub demand_lps: f64,
}

/// A balancing tank and its place.
#[derive(Debug)]
pub(super) struct PlacedTank {
    pub tank: Tank,
    pub at: At,
    pub bottom_m: f64,
    pub diameter_m: f64,
}

/// A works' end of the mains.
#[derive(Debug)]
pub(super) struct Outlet {
    pub id: String,
    pub at: At,
    pub height_m: f64,
    pub flow_lps: f64,
    pub loss_m: f64,
    /// Index of the tank whose level starts its pumps.
    pub tank: usize,
}

/// Fewest and most balancing tanks and zones for each, m of water in them at most, and the share of a day's demand that swings in them.
const TANKS: [usize; 2] = [3, 8];
const ZONES_A_TANK: usize = 8;
pub(super) const TANK_DEPTH_M: f64 = 6.0;
const TANK_SHARE: f64 = 0.14;
/// Trunk mains lose no more than this on a metre at the peak, and no more than that to the last zone, m.
const TRUNK_SLOPE: f64 = 0.000_8;
const TRUNK_LOSS_M: f64 = 11.0;
/// Greatest length of one trunk pipe, m.
const PIECE_M: f64 = 600.0;
/// Works are sized for this many times their mean.
pub(super) const WORKS_PEAK: f64 = 1.25;
/// Head above the zone that needs most, for what the trunk itself loses, m.
const TRUNK_SPARE_M: f64 = 4.0;

/// Lays the mains.
pub(super) fn build(net: &mut Net, ask: &Ask, zones: &[Built], relief: &Relief) -> Mains {
    let mut dice = Dice::new(ask.seed, "mains");
    let first_works = zones.len();
    let mut sites: Vec<(String, At, f64)> =
        zones.iter().map(|z| (z.hub_id(), z.hub, z.hub_height_m)).collect();
    for (n, at) in ask.works.iter().enumerate() {
        sites.push((format!("W{}-OUT", n + 1), *at, relief.height_m(*at)));
    }
    for (id, at, height_m) in &sites {
        net.junction(id, *at, *height_m, "trunk");
    }
    let (edges, in_tree) = web(&sites);
    let lengths: Vec<f64> = edges.iter().map(|[a, b]| sites[*a].1.distance_m(sites[*b].1) * 1.1).collect();
    let works: Vec<usize> = (first_works..sites.len()).collect();
    let ways = ways(sites.len(), &edges, &lengths, &works);
    let demand_lps: f64 = zones.iter().map(|z| z.demand_lps).sum();
    let chosen = tank_sites(zones.len(), &ways.distance);
    let mut flow: Vec<f64> = zones.iter().map(|z| z.demand_lps).collect();
    flow.resize(sites.len(), 0.0);
    let mut carried = vec![0.0; edges.len()];
    for node in ways.order.iter().rev() {
        let Some((edge, parent)) = ways.parent[*node] else { continue };
        carried[edge] = flow[*node];
        flow[parent] += flow[*node];
    }
    // A main that carries nothing by the shortest ways closes a loop, or joins the works: a fifth.
    let farthest = ways.distance.iter().copied().fold(1.0, f64::max);
    let slope_max = TRUNK_SLOPE.min(TRUNK_LOSS_M / farthest);
    let least = 0.2 * demand_lps / zones.len().max(1) as f64;
    let diameters: Vec<f64> = carried
        .iter()
        .zip(&in_tree)
        .map(|(q, tree)| diameter_mm(PEAK * q.max(if *tree { 2.0 * least } else { least }), slope_max))
        .collect();
    for (e, [a, b]) in edges.iter().enumerate() {
        let (from, to) = (&sites[*a], &sites[*b]);
        main(net, &mut dice, e + 1, (from, to), lengths[e], diameters[e], relief);
    }
    let need = zones.iter().filter(|z| !z.boosted).map(|z| z.head_m).fold(f64::MIN, f64::max);
    let design_head_m = need + TRUNK_SPARE_M;
    let tanks = chosen
        .iter()
        .enumerate()
        .map(|(n, site)| {
            let share_m3 = TANK_SHARE * demand_lps * 86.4 / chosen.len() as f64;
            tank(net, n + 1, &sites[*site], (share_m3, demand_lps / chosen.len() as f64), design_head_m)
        })
        .collect();
    let outlets = works
        .iter()
        .map(|w| {
            let (root, loss) = tank_of(
                *w,
                &chosen,
                &ways,
                &Sized { carried: &carried, diameters: &diameters, lengths: &lengths },
            );
            Outlet {
                id: sites[*w].0.clone(),
                at: sites[*w].1,
                height_m: sites[*w].2,
                flow_lps: flow[*w],
                loss_m: loss,
                tank: root,
            }
        })
        .collect();
    Mains { tanks, design_head_m, outlets, demand_lps }
}

/// The edges of the mains: a shortest tree over all sites, and every site's nearest further neighbour.
fn web(sites: &[(String, At, f64)]) -> (Vec<[usize; 2]>, Vec<bool>) {
    let mut edges = Vec::new();
    for a in 0..sites.len() {
        for b in a + 1..sites.len() {
            edges.push([a, b]);
        }
    }
    let length = |[a, b]: &[usize; 2]| sites[*a].1.distance_m(sites[*b].1);
    let lengths: Vec<f64> = edges.iter().map(length).collect();
    let mut kept = vec![false; edges.len()];
    spanning_tree(sites.len(), &edges, &lengths).into_iter().for_each(|e| kept[e] = true);
    let tree = kept.clone();
    for site in 0..sites.len() {
        let touches = |e: &usize| edges[*e].contains(&site);
        let next = (0..edges.len())
            .filter(|e| touches(e) && !kept[*e])
            .min_by(|a, b| lengths[*a].total_cmp(&lengths[*b]));
        let longest =
            (0..edges.len()).filter(|e| touches(e) && tree[*e]).map(|e| lengths[e]).fold(0.0, f64::max);
        if let Some(e) = next.filter(|e| site % 2 == 0 && lengths[*e] < 1.5 * longest) {
            kept[e] = true;
        }
    }
    let chosen: Vec<usize> = (0..edges.len()).filter(|e| kept[*e]).collect();
    (chosen.iter().map(|e| edges[*e]).collect(), chosen.iter().map(|e| tree[*e]).collect())
}

/// The zones farthest from the works get a tank, no two beside each other in rank.
fn tank_sites(zones: usize, distance: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..zones).collect();
    order.sort_by(|a, b| distance[*b].total_cmp(&distance[*a]));
    let [fewest, most] = TANKS;
    order.into_iter().step_by(2).take((zones / ZONES_A_TANK).clamp(fewest, most)).collect()
}

/// Flows, diameters and lengths by edge.
struct Sized<'a> {
    carried: &'a [f64],
    diameters: &'a [f64],
    lengths: &'a [f64],
}

/// The tank that a works reaches at the greatest loss, and that loss; the first tank where it reaches
/// none.
fn tank_of(works: usize, tanks: &[usize], ways: &crate::streets::Ways, sized: &Sized<'_>) -> (usize, f64) {
    let mut best = (0, 0.0);
    for (n, site) in tanks.iter().enumerate() {
        let (mut node, mut loss) = (*site, 0.0);
        while let Some((edge, parent)) = ways.parent[node] {
            loss += slope(sized.carried[edge], sized.diameters[edge], 115.0) * sized.lengths[edge];
            node = parent;
        }
        if node == works && loss > best.1 {
            best = (n, loss);
        }
    }
    best
}

/// One trunk main in pieces.
fn main(
    net: &mut Net,
    dice: &mut Dice,
    n: usize,
    (from, to): (&(String, At, f64), &(String, At, f64)),
    length_m: f64,
    diameter_mm: f64,
    relief: &Relief,
) {
    let pieces = (length_m / PIECE_M).ceil().max(1.0) as usize;
    let mut last = from.0.clone();
    for piece in 1..=pieces {
        let at = from.1.towards(to.1, piece as f64 / pieces as f64);
        let next = if piece == pieces { to.0.clone() } else { format!("M{n:02}-{piece:02}") };
        if piece < pieces {
            net.junction(&next, at, relief.height_m(at) - 1.0, "trunk");
        }
        net.pipes.push(Pipe {
            id: format!("M{n:02}-P{piece:02}"),
            from: std::mem::replace(&mut last, next.clone()),
            to: next,
            length_m: length_m / pieces as f64,
            diameter_mm,
            roughness: roughness(diameter_mm, dice.unit()),
            valve: piece % 2 == 1,
            closed: false,
        });
    }
}

/// A tank beside a hub, its middle level at the design head.
fn tank(
    net: &mut Net,
    n: usize,
    hub: &(String, At, f64),
    (share_m3, fill_lps): (f64, f64),
    design_head_m: f64,
) -> PlacedTank {
    let id = format!("T{n}");
    let pipe = format!("{id}-P");
    let swing_m = 0.6 * TANK_DEPTH_M;
    net.pipes.push(Pipe {
        id: pipe.clone(),
        from: hub.0.clone(),
        to: id.clone(),
        length_m: 320.0,
        diameter_mm: diameter_mm(0.6 * fill_lps, 0.002),
        roughness: 125.0,
        valve: true,
        closed: false,
    });
    PlacedTank {
        tank: Tank { id, pipe, zone: hub.0.trim_end_matches("-HUB").to_owned() },
        at: hub.1.shifted(-230.0, -230.0),
        bottom_m: design_head_m - 0.5 * TANK_DEPTH_M,
        diameter_m: (share_m3 / swing_m * 4.0 / std::f64::consts::PI).sqrt(),
    }
}
