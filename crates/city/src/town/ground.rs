//! 镇街与区块: which cells make up which town, and what the blocks are called.

use super::outline::{to_plane, to_position};
use super::places::TOWNS;
use super::tessellate::Mesh;
use field::place::{Position, Ring};
use std::collections::BTreeMap;

/// The mesh with each cell's town; towns are in one piece without holes.
#[derive(Debug)]
pub(crate) struct Ground {
    mesh: Mesh,
    /// The mesh's corners as stored positions.
    corners: Vec<Position>,
    /// Index into [`TOWNS`] of each cell.
    pub(crate) town_of: Vec<usize>,
}

impl Ground {
    /// Shares out the cells; `None` where a town comes out in pieces or with a hole.
    pub(crate) fn share_out(mesh: Mesh) -> Option<Self> {
        let neighbours = mesh.neighbours();
        let mut town_of: Vec<usize> = mesh.sites.iter().map(|s| nearest_town(*s)).collect();
        for _ in 0..4 {
            join_pieces(&mut town_of, &neighbours);
        }
        let corners: Vec<Position> = mesh.corners.iter().map(|c| to_position(*c)).collect();
        let ground = Self { mesh, corners, town_of };
        let sound = ground.area()?.check().is_ok()
            && (0..ground.cells()).all(|n| ground.cell(n).check().is_ok())
            && (0..TOWNS.len()).all(|t| ground.town(t).is_some_and(|ring| ring.check().is_ok()));
        sound.then_some(ground)
    }

    pub(crate) fn cells(&self) -> usize {
        self.mesh.cells.len()
    }

    /// One cell's ring.
    pub(crate) fn cell(&self, n: usize) -> Ring {
        self.ring(self.mesh.cells.get(n).map_or(&[], Vec::as_slice))
    }

    /// One town's ring: the union of its cells.
    pub(crate) fn town(&self, town: usize) -> Option<Ring> {
        let boundary = self.mesh.boundary(|n| self.town_of.get(n) == Some(&town))?;
        Some(self.ring(&boundary))
    }

    /// The service area: the union of all cells.
    pub(crate) fn area(&self) -> Option<Ring> {
        Some(self.ring(&self.mesh.boundary(|_| true)?))
    }

    /// The cells town by town, each town's from north-west to south-east: the order of block codes.
    pub(crate) fn in_order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.cells()).collect();
        order.sort_by(|a, b| self.order_key(*a).partial_cmp(&self.order_key(*b)).unwrap_or(a.cmp(b)));
        order
    }

    /// Town first, then strips 3 km high walked to and fro, so that consecutive blocks are neighbours.
    fn order_key(&self, n: usize) -> (usize, i64, f64) {
        let town = self.town_of.get(n).copied().unwrap_or_default();
        let Some(site) = self.mesh.sites.get(n) else { return (town, 0, 0.0) };
        let strip = (-site.y / 3.0).floor() as i64;
        (town, strip, if strip % 2 == 0 { site.x } else { -site.x })
    }

    fn ring(&self, corners: &[usize]) -> Ring {
        Ring(corners.iter().filter_map(|c| self.corners.get(*c).copied()).collect())
    }
}

fn nearest_town(site: super::delaunay::Plane) -> usize {
    let power = |(_, town): &(usize, &super::places::TownPlace)| {
        let middle = to_plane(Position { lon: town.lon, lat: town.lat });
        site.distance(middle).powi(2) - town.reach_km.powi(2)
    };
    TOWNS.iter().enumerate().min_by(|a, b| power(a).total_cmp(&power(b))).map_or(0, |(n, _)| n)
}

/// Gives every piece of a town that hangs apart from its largest piece to the neighbour it touches most.
fn join_pieces(town_of: &mut [usize], neighbours: &[Vec<usize>]) {
    let pieces = pieces(town_of, neighbours);
    let mut size: BTreeMap<usize, usize> = BTreeMap::new();
    for piece in &pieces {
        *size.entry(*piece).or_default() += 1;
    }
    let mut largest: BTreeMap<usize, usize> = BTreeMap::new();
    for (cell, piece) in pieces.iter().enumerate() {
        let Some(town) = town_of.get(cell) else { continue };
        let best = largest.entry(*town).or_insert(*piece);
        if size.get(piece) > size.get(best) {
            *best = *piece;
        }
    }
    for cell in 0..town_of.len() {
        let (Some(town), Some(piece)) = (town_of.get(cell).copied(), pieces.get(cell)) else { continue };
        if largest.get(&town) == Some(piece) {
            continue;
        }
        let mut touched: BTreeMap<usize, usize> = BTreeMap::new();
        for other in neighbours.get(cell).into_iter().flatten() {
            if let Some(other_town) = town_of.get(*other).filter(|t| **t != town) {
                *touched.entry(*other_town).or_default() += 1;
            }
        }
        if let (Some((new, _)), Some(slot)) = (touched.iter().max_by_key(|(_, n)| **n), town_of.get_mut(cell))
        {
            *slot = *new;
        }
    }
}

/// The connected piece of each cell, named by its smallest cell.
fn pieces(town_of: &[usize], neighbours: &[Vec<usize>]) -> Vec<usize> {
    let mut piece: Vec<Option<usize>> = vec![None; town_of.len()];
    for start in 0..town_of.len() {
        let mut open = vec![start];
        while let Some(cell) = open.pop() {
            let Some(slot) = piece.get_mut(cell).filter(|p| p.is_none()) else { continue };
            *slot = Some(start);
            let same = neighbours.get(cell).into_iter().flatten();
            open.extend(same.copied().filter(|n| town_of.get(*n) == town_of.get(cell)));
        }
    }
    piece.into_iter().map(Option::unwrap_or_default).collect()
}
