//! The 214 blocks: a tessellation whose cells share their corners to the bit.
//!
//! Sites are thrown denser towards the built-up middle and evened out a little (Lloyd); their mirror
//! images beyond the outline close the outer cells. The service area is the union of the cells, so
//! every point of it lies in exactly one block by construction.

use super::delaunay::{Plane, Voronoi, voronoi};
use super::outline::{holds, mirrored, outline};
use crate::dice::Dice;
use std::collections::BTreeMap;

/// Blocks of the city (public fact).
pub(crate) const BLOCKS: usize = 214;
/// Corners nearer than this are one corner, km: keeps sliver sides off the map.
const WELD_KM: f64 = 0.06;
/// Rounds of evening out: enough to avoid slivers, few enough to keep the dense middle dense.
const LLOYD_ROUNDS: usize = 4;
/// Throws before giving up on placing a site; far more than any seed needs.
const MAX_THROWS: usize = 200_000;

/// A plane graph of cells: corners, and each cell's corner indices, anticlockwise.
#[derive(Clone, Debug)]
pub(crate) struct Mesh {
    pub(crate) corners: Vec<Plane>,
    pub(crate) cells: Vec<Vec<usize>>,
    pub(crate) sites: Vec<Plane>,
}

/// A tessellation of the outline into [`BLOCKS`] cells; `None` when this seed makes a bad one.
pub(crate) fn tessellate(seed: u64) -> Option<Mesh> {
    let line = outline();
    let mut dice = Dice::new(seed, "blocks");
    let mut sites = throw_sites(&line, &mut dice)?;
    for _ in 0..LLOYD_ROUNDS {
        let diagram = bounded(&line, &sites, &mut dice);
        sites = diagram.cells.iter().take(sites.len()).map(|cell| centroid(&diagram.corners, cell)).collect();
        if sites.iter().any(|s| !holds(&line, *s)) {
            return None;
        }
    }
    let diagram = bounded(&line, &sites, &mut dice);
    Some(welded(&diagram, sites))
}

/// How wide a block should be at `p`, km: 1.2 in the middle, 3.4 in the hills.
fn wanted_width_km(p: Plane) -> f64 {
    // The built-up middle is drawn out along the river, from north-east to south-west.
    let (along, across) = ((p.x + p.y) * 0.707, (p.x - p.y) * 0.707);
    let away = (along / 13.0).hypot(across / 9.0);
    1.1 + 2.3 * (1.0 - (-away * away / 1.6).exp())
}

fn throw_sites(line: &[Plane], dice: &mut Dice) -> Option<Vec<Plane>> {
    let mut sites: Vec<Plane> = Vec::with_capacity(BLOCKS);
    let mut ease = 1.0;
    for throw in 0..MAX_THROWS {
        if sites.len() == BLOCKS {
            return Some(sites);
        }
        if throw % 500 == 499 {
            ease *= 0.97;
        }
        let p = Plane { x: dice.between(-25.0, 25.0), y: dice.between(-31.0, 31.0) };
        let apart = wanted_width_km(p) * ease;
        if holds(line, p) && sites.iter().all(|s| s.distance(p) > apart) {
            sites.push(p);
        }
    }
    None
}

/// The cells of the sites (first) and of their mirror images beyond the outline (after them).
fn bounded(line: &[Plane], sites: &[Plane], dice: &mut Dice) -> Voronoi {
    let mut all = sites.to_vec();
    for site in sites {
        for image in mirrored(line, *site, 5.0) {
            // A mirror image makes four points of one circle; a nudge brings them off it.
            let nudge = Plane { x: dice.between(-0.02, 0.02), y: dice.between(-0.02, 0.02) };
            all.push(Plane { x: image.x + nudge.x, y: image.y + nudge.y });
        }
    }
    for step in 0..72 {
        let angle = f64::from(step) * std::f64::consts::TAU / 72.0;
        all.push(Plane { x: 60.0 * angle.cos(), y: 60.0 * angle.sin() });
    }
    voronoi(&all)
}

fn centroid(corners: &[Plane], cell: &[usize]) -> Plane {
    let ring: Vec<Plane> = cell.iter().filter_map(|c| corners.get(*c).copied()).collect();
    let (mut twice, mut x, mut y) = (0.0, 0.0, 0.0);
    for (a, b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
        let cross = a.x * b.y - b.x * a.y;
        twice += cross;
        x += (a.x + b.x) * cross;
        y += (a.y + b.y) * cross;
    }
    Plane { x: x / (3.0 * twice), y: y / (3.0 * twice) }
}

/// Joins corners that are almost one, for the cells of `sites` only.
fn welded(diagram: &Voronoi, sites: Vec<Plane>) -> Mesh {
    let mut corners: Vec<Plane> = Vec::new();
    let mut renamed: BTreeMap<usize, usize> = BTreeMap::new();
    let mut cells = Vec::with_capacity(sites.len());
    for cell in diagram.cells.iter().take(sites.len()) {
        let mut ring: Vec<usize> = Vec::new();
        for old in cell {
            let Some(p) = diagram.corners.get(*old) else { continue };
            let new = *renamed.entry(*old).or_insert_with(|| {
                corners.iter().position(|c| c.distance(*p) < WELD_KM).unwrap_or_else(|| {
                    corners.push(*p);
                    corners.len() - 1
                })
            });
            if ring.last() != Some(&new) {
                ring.push(new);
            }
        }
        if ring.len() > 1 && ring.first() == ring.last() {
            ring.pop();
        }
        cells.push(ring);
    }
    Mesh { corners, cells, sites }
}

impl Mesh {
    /// Every side of every cell, from corner to corner, with its cell.
    fn sides(&self) -> impl Iterator<Item = ((usize, usize), usize)> + '_ {
        self.cells.iter().enumerate().flat_map(|(n, cell)| {
            cell.iter().copied().zip(cell.iter().copied().cycle().skip(1)).map(move |side| (side, n))
        })
    }

    /// For each cell the cells beyond its sides.
    pub(crate) fn neighbours(&self) -> Vec<Vec<usize>> {
        let owner: BTreeMap<(usize, usize), usize> = self.sides().collect();
        let mut neighbours = vec![Vec::new(); self.cells.len()];
        for ((a, b), cell) in self.sides() {
            if let (Some(other), Some(list)) = (owner.get(&(b, a)), neighbours.get_mut(cell)) {
                list.push(*other);
            }
        }
        neighbours
    }

    /// The boundary of a set of cells as corner indices; `None` unless it is one simple ring.
    pub(crate) fn boundary(&self, is_in: impl Fn(usize) -> bool) -> Option<Vec<usize>> {
        let inner: BTreeMap<(usize, usize), usize> = self.sides().filter(|(_, n)| is_in(*n)).collect();
        let mut next: BTreeMap<usize, usize> = BTreeMap::new();
        for &(a, b) in inner.keys() {
            // A corner with two outgoing boundary sides pinches the ring.
            if !inner.contains_key(&(b, a)) && next.insert(a, b).is_some() {
                return None;
            }
        }
        let start = *next.keys().next()?;
        let mut ring = vec![start];
        let mut at = *next.get(&start)?;
        while at != start {
            ring.push(at);
            at = *next.get(&at)?;
            if ring.len() > next.len() {
                return None;
            }
        }
        (ring.len() == next.len()).then_some(ring)
    }
}
