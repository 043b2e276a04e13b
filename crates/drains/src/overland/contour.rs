//! 等深面: the areas where a field is at least so high, as closed rings for the map (marching squares
//! between the centres of cells).

use std::collections::BTreeMap;

use super::ground::Ground;

/// 环: a closed line in the ground's plane coordinates, m; the first point is not repeated.
#[derive(Debug, Clone, PartialEq)]
pub struct Ring {
    /// Corners, m.
    pub points_m: Vec<[f64; 2]>,
    /// Area inside, m².
    pub area_m2: f64,
    /// Whether the ring is a hole in the one around it.
    pub hole: bool,
}

/// A place where the line crosses between two cells' centres: the lower-left of the two, and whether
/// the other lies north of it (else east).
type Crossing = (usize, usize, bool);

/// Rings around where `field` is at least `threshold`. Outside the raster and on walls the field is
/// taken as zero, so that every ring closes.
#[must_use]
pub fn contours(ground: &Ground, threshold: f64, field: impl Fn(usize, usize) -> f64) -> Vec<Ring> {
    let (columns, rows) = ground.size();
    // Centre (0, 0) lies outside, one cell south-west of the raster's first.
    let value = |c: usize, r: usize| match (c.checked_sub(1), r.checked_sub(1)) {
        (Some(c), Some(r)) if ground.height_m(c, r).is_some() => field(c, r),
        _ => 0.0,
    };
    let mut next: BTreeMap<Crossing, Crossing> = BTreeMap::new();
    for r in 0..=rows {
        for c in 0..=columns {
            let corners = [value(c, r), value(c + 1, r), value(c + 1, r + 1), value(c, r + 1)];
            let inside = corners.map(|v| v >= threshold);
            let sides: [Crossing; 4] = [(c, r, false), (c + 1, r, true), (c, r + 1, false), (c, r, true)];
            for (from, to) in segments(inside, corners.iter().sum::<f64>() / 4.0 >= threshold) {
                if let (Some(from), Some(to)) = (sides.get(from), sides.get(to)) {
                    next.insert(*from, *to);
                }
            }
        }
    }
    let place = |(c, r, north): Crossing| {
        let (a, b) = (value(c, r), if north { value(c, r + 1) } else { value(c + 1, r) });
        let open = |c: usize, r: usize| c > 0 && r > 0 && ground.height_m(c - 1, r - 1).is_some();
        // At a wall the line keeps to the wall.
        let walled = !open(c, r) || !if north { open(c, r + 1) } else { open(c + 1, r) };
        let part = if walled || a == b { 0.5 } else { ((threshold - a) / (b - a)).clamp(0.0, 1.0) };
        let [x0, y0] = ground.origin_m;
        let (dx, dy) = if north { (0.0, part) } else { (part, 0.0) };
        let at = |origin: f64, i: usize, d: f64| origin + (i as f64 - 0.5 + d) * ground.cell_m;
        [at(x0, c, dx), at(y0, r, dy)]
    };
    let mut rings = Vec::new();
    while let Some((start, mut at)) = next.pop_first() {
        let mut points_m = vec![place(start)];
        while at != start {
            points_m.push(place(at));
            match next.remove(&at) {
                Some(to) => at = to,
                None => break,
            }
        }
        let twice = twice_area(&points_m);
        rings.push(Ring { points_m, area_m2: 0.5 * twice.abs(), hole: twice < 0.0 });
    }
    rings
}

/// 面: rings put together, each outer ring followed by the holes in it, as maps and GeoJSON want them.
#[must_use]
pub fn polygons(rings: Vec<Ring>) -> Vec<Vec<Ring>> {
    let (holes, outer): (Vec<Ring>, Vec<Ring>) = rings.into_iter().partition(|ring| ring.hole);
    let mut polygons: Vec<Vec<Ring>> = outer.into_iter().map(|ring| vec![ring]).collect();
    for hole in holes {
        let Some(corner) = hole.points_m.first() else { continue };
        let around = polygons
            .iter_mut()
            .filter(|p| p.first().is_some_and(|outer| is_inside(&outer.points_m, *corner)))
            .min_by(|a, b| area_of(a).total_cmp(&area_of(b)));
        if let Some(polygon) = around {
            polygon.push(hole);
        }
    }
    polygons
}

fn area_of(polygon: &[Ring]) -> f64 {
    polygon.first().map_or(0.0, |outer| outer.area_m2)
}

/// Whether a ray from the point crosses the ring an odd number of times.
fn is_inside(ring: &[[f64; 2]], [x, y]: [f64; 2]) -> bool {
    let next = ring.iter().skip(1).chain(ring.first());
    let crosses = |([x1, y1], [x2, y2]): &(&[f64; 2], &[f64; 2])| {
        (*y1 > y) != (*y2 > y) && x < x1 + (y - y1) / (y2 - y1) * (x2 - x1)
    };
    ring.iter().zip(next).filter(crosses).count() % 2 == 1
}

/// Pieces of line in one square of centres (corners counter-clockwise from the south-west), from side
/// to side (south 0, east 1, north 2, west 3), the inside on the left. `middle`: whether the middle of
/// a saddle is inside, so that its two inner corners are joined.
fn segments(inside: [bool; 4], middle: bool) -> Vec<(usize, usize)> {
    let [sw, se, ne, nw] = inside;
    let sides = [(sw, se), (se, ne), (ne, nw), (nw, sw)];
    // Round the square, a piece starts where inside turns to outside and ends where it turns back.
    let starts = sides.iter().enumerate().filter(|(_, (a, b))| *a && !*b).map(|(i, _)| i);
    let ends: Vec<usize> = sides.iter().enumerate().filter(|(_, (a, b))| !*a && *b).map(|(i, _)| i).collect();
    let near = if middle { 1 } else { 3 };
    starts
        .filter_map(|start| {
            let end = ends.iter().find(|e| **e == (start + near) % 4).or(ends.first())?;
            Some((start, *end))
        })
        .collect()
}

/// Twice the signed area of a ring (shoelace formula), counter-clockwise positive.
fn twice_area(points: &[[f64; 2]]) -> f64 {
    let next = points.iter().skip(1).chain(points.first());
    points.iter().zip(next).map(|([x1, y1], [x2, y2])| x1 * y2 - x2 * y1).sum()
}
