//! Delaunay triangulation (Bowyer–Watson) and its dual, the Voronoi cells.
//!
//! A Voronoi corner is computed once, as the circumcentre of one triangle, and shared by index:
//! neighbouring cells therefore meet in identical corners, to the bit.

/// A point of the plane, kilometres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Plane {
    /// Eastwards.
    pub(crate) x: f64,
    /// Northwards.
    pub(crate) y: f64,
}

impl Plane {
    pub(crate) fn distance(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

#[derive(Clone, Copy, Debug)]
struct Triangle {
    /// Corners, anticlockwise.
    corners: [usize; 3],
    centre: Plane,
    radius_squared: f64,
}

/// The cells of a set of sites: corners, and for each site the indices of its corners, anticlockwise.
#[derive(Clone, Debug)]
pub(crate) struct Voronoi {
    pub(crate) corners: Vec<Plane>,
    pub(crate) cells: Vec<Vec<usize>>,
}

/// The Voronoi cells of `sites`. Cells on the outside reach to far away corners; callers surround
/// the sites they care about.
pub(crate) fn voronoi(sites: &[Plane]) -> Voronoi {
    let triangles = triangulate(sites);
    let corners = triangles.iter().map(|t| t.centre).collect();
    let mut cells: Vec<Vec<usize>> = vec![Vec::new(); sites.len()];
    for (n, triangle) in triangles.iter().enumerate() {
        for site in triangle.corners {
            if let Some(cell) = cells.get_mut(site) {
                cell.push(n);
            }
        }
    }
    for (cell, site) in cells.iter_mut().zip(sites) {
        let angle = |n: &usize| {
            let c = triangles.get(*n).map_or(*site, |t| middle(sites, t));
            (c.y - site.y).atan2(c.x - site.x)
        };
        // The triangles around a site are ordered by their own middles: circumcentres may coincide.
        cell.sort_by(|a, b| angle(a).total_cmp(&angle(b)));
    }
    Voronoi { corners, cells }
}

fn middle(sites: &[Plane], triangle: &Triangle) -> Plane {
    let (mut x, mut y) = (0.0, 0.0);
    for p in triangle.corners.iter().filter_map(|c| sites.get(*c)) {
        x += p.x / 3.0;
        y += p.y / 3.0;
    }
    Plane { x, y }
}

/// Half the side of the triangle that starts the construction, km: far beyond any town.
const FAR_KM: f64 = 1.0e5;

fn triangulate(sites: &[Plane]) -> Vec<Triangle> {
    let n = sites.len();
    let mut points = sites.to_vec();
    points.extend([
        Plane { x: -FAR_KM, y: -FAR_KM },
        Plane { x: FAR_KM, y: -FAR_KM },
        Plane { x: 0.0, y: FAR_KM },
    ]);
    let mut triangles: Vec<Triangle> = triangle(&points, [n, n + 1, n + 2]).into_iter().collect();
    for (site, p) in sites.iter().enumerate() {
        let (hit, mut kept): (Vec<Triangle>, Vec<Triangle>) = triangles
            .into_iter()
            .partition(|t| square(t.centre.x - p.x) + square(t.centre.y - p.y) < t.radius_squared);
        for (a, b) in rim(&hit) {
            kept.extend(triangle(&points, [a, b, site]));
        }
        triangles = kept;
    }
    triangles.retain(|t| t.corners.iter().all(|c| *c < n));
    triangles
}

fn square(x: f64) -> f64 {
    x * x
}

/// The outer edges of a set of triangles: those whose opposite is not in the set.
fn rim(triangles: &[Triangle]) -> Vec<(usize, usize)> {
    let edges: Vec<(usize, usize)> = triangles
        .iter()
        .flat_map(|t| {
            let [a, b, c] = t.corners;
            [(a, b), (b, c), (c, a)]
        })
        .collect();
    edges.iter().copied().filter(|&(a, b)| !edges.contains(&(b, a))).collect()
}

/// A triangle with its circumcircle; `None` when its corners lie on a line.
fn triangle(points: &[Plane], corners: [usize; 3]) -> Option<Triangle> {
    let [a, b, c] = corners;
    let (pa, pb, pc) = (*points.get(a)?, *points.get(b)?, *points.get(c)?);
    let (bx, by, cx, cy) = (pb.x - pa.x, pb.y - pa.y, pc.x - pa.x, pc.y - pa.y);
    let twice = 2.0 * (bx * cy - by * cx);
    if twice == 0.0 {
        return None;
    }
    let (b2, c2) = (square(bx) + square(by), square(cx) + square(cy));
    let (ux, uy) = ((cy * b2 - by * c2) / twice, (bx * c2 - cx * b2) / twice);
    let corners = if twice > 0.0 { [a, b, c] } else { [a, c, b] };
    Some(Triangle {
        corners,
        centre: Plane { x: pa.x + ux, y: pa.y + uy },
        radius_squared: square(ux) + square(uy),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Dice;

    #[test]
    fn every_corner_of_a_cell_is_as_near_to_its_site_as_to_any_other() {
        let mut dice = Dice::new(3, "sites");
        let sites: Vec<Plane> =
            (0..120).map(|_| Plane { x: dice.between(0.0, 10.0), y: dice.between(0.0, 10.0) }).collect();
        let voronoi = voronoi(&sites);
        for (site, cell) in sites.iter().zip(&voronoi.cells) {
            for corner in cell.iter().map(|c| voronoi.corners[*c]) {
                let nearest = sites.iter().map(|s| s.distance(corner)).fold(f64::INFINITY, f64::min);
                assert!(site.distance(corner) <= nearest + 1e-6 * (1.0 + nearest));
            }
        }
    }
}
