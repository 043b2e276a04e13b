//! The service area's outline: a synthetic shape inside the city's public bounds.
//!
//! Bounds 119°49′–120°17′E, 29°02′13″–29°33′40″N and area 1105 km² are public facts
//! (`facts/yiwu.json`); the line between them is drawn, not surveyed.

use super::delaunay::Plane;
use field::place::{DEGREE_M, Position};

/// The city's middle, degrees: where the plane has its origin.
const CENTRE: Position = Position { lon: 120.074_911, lat: 29.306_863 };

/// Kilometres in a degree of latitude.
const KM_PER_DEGREE: f64 = DEGREE_M / 1_000.0;

/// The plane's point for a position: equirectangular around the city's middle.
pub(crate) fn to_plane(p: Position) -> Plane {
    Plane {
        x: (p.lon - CENTRE.lon) * KM_PER_DEGREE * CENTRE.lat.to_radians().cos(),
        y: (p.lat - CENTRE.lat) * KM_PER_DEGREE,
    }
}

/// The position of a point of the plane, rounded to a tenth of a metre so that it prints short.
pub(crate) fn to_position(p: Plane) -> Position {
    let round = |x: f64| (x * 1e6).round() / 1e6;
    Position {
        lon: round(CENTRE.lon + p.x / (KM_PER_DEGREE * CENTRE.lat.to_radians().cos())),
        lat: round(CENTRE.lat + p.y / KM_PER_DEGREE),
    }
}

/// The drawn outline, clockwise from the northern tip, degrees.
const OUTLINE: [(f64, f64); 46] = [
    (120.122, 29.543),
    (120.154, 29.535),
    (120.175, 29.513),
    (120.192, 29.492),
    (120.199, 29.461),
    (120.192, 29.434),
    (120.209, 29.410),
    (120.212, 29.386),
    (120.233, 29.365),
    (120.263, 29.343),
    (120.260, 29.314),
    (120.242, 29.292),
    (120.218, 29.273),
    (120.185, 29.264),
    (120.154, 29.247),
    (120.127, 29.225),
    (120.108, 29.196),
    (120.101, 29.166),
    (120.106, 29.135),
    (120.096, 29.103),
    (120.081, 29.074),
    (120.060, 29.057),
    (120.036, 29.060),
    (120.014, 29.074),
    (119.997, 29.094),
    (119.988, 29.119),
    (119.975, 29.148),
    (119.956, 29.173),
    (119.930, 29.194),
    (119.911, 29.221),
    (119.901, 29.247),
    (119.879, 29.269),
    (119.858, 29.298),
    (119.837, 29.324),
    (119.836, 29.350),
    (119.854, 29.375),
    (119.887, 29.384),
    (119.925, 29.388),
    (119.959, 29.396),
    (119.988, 29.410),
    (120.014, 29.427),
    (120.036, 29.449),
    (120.052, 29.478),
    (120.071, 29.506),
    (120.089, 29.528),
    (120.103, 29.540),
];

/// The outline in the plane.
pub(crate) fn outline() -> Vec<Plane> {
    OUTLINE.iter().map(|&(lon, lat)| to_plane(Position { lon, lat })).collect()
}

/// Whether a closed line of the plane holds a point (even-odd).
pub(crate) fn holds(line: &[Plane], p: Plane) -> bool {
    let next = line.iter().cycle().skip(1);
    let crossed = line
        .iter()
        .zip(next)
        .filter(|(a, b)| (a.y > p.y) != (b.y > p.y) && p.x < a.x + (p.y - a.y) / (b.y - a.y) * (b.x - a.x));
    crossed.count() % 2 == 1
}

/// The mirror images of `p` in the sides of a closed line it stands before, within `reach_km`.
pub(crate) fn mirrored(line: &[Plane], p: Plane, reach_km: f64) -> Vec<Plane> {
    let next = line.iter().cycle().skip(1);
    line.iter()
        .zip(next)
        .filter_map(|(a, b)| {
            let (dx, dy) = (b.x - a.x, b.y - a.y);
            let along = ((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy);
            let foot = Plane { x: a.x + along * dx, y: a.y + along * dy };
            let near = (-0.05..=1.05).contains(&along) && p.distance(foot) < reach_km;
            near.then_some(Plane { x: 2.0 * foot.x - p.x, y: 2.0 * foot.y - p.y })
        })
        .filter(|image| !holds(line, *image))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outline_lies_inside_the_public_bounds_and_has_the_public_area_within_two_percent() {
        let ring = field::place::Ring(OUTLINE.iter().map(|&(lon, lat)| Position { lon, lat }).collect());
        ring.check().unwrap();
        let (low, high) = ring.bounds();
        assert!(low.lon >= 119.8167 && high.lon <= 120.2834, "{low:?} {high:?}");
        assert!(low.lat >= 29.0369 && high.lat <= 29.5612, "{low:?} {high:?}");
        let area_km2 = ring.area_m2() / 1e6;
        assert!((area_km2 / 1105.46 - 1.0).abs() < 0.02, "{area_km2}");
    }
}
