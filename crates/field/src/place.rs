//! Place: positions, polygons, and which of them holds a point.

use serde::{Deserialize, Serialize};

/// A position in CGCS2000 geographic degrees (EPSG:4490), the reference the platform stores.
///
/// GCJ-02 and WGS-84 are other types on purpose and are converted at the rim only.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// 经度, degrees east.
    pub lon: f64,
    /// 纬度, degrees north.
    pub lat: f64,
}

/// Mean radius of the earth, metres (IUGG).
const EARTH_RADIUS_M: f64 = 6_371_008.8;
/// Metres of a degree of latitude on that earth.
pub const DEGREE_M: f64 = 111_195.08;

impl Position {
    /// Great-circle distance in metres (haversine).
    #[must_use]
    pub fn distance_m(self, other: Self) -> f64 {
        let (lat1, lat2) = (self.lat.to_radians(), other.lat.to_radians());
        let half_lat = ((lat2 - lat1) / 2.0).sin();
        let half_lon = ((other.lon - self.lon).to_radians() / 2.0).sin();
        let h = half_lat * half_lat + lat1.cos() * lat2.cos() * half_lon * half_lon;
        2.0 * EARTH_RADIUS_M * h.sqrt().min(1.0).asin()
    }

    /// Whether both coordinates are finite and on the globe.
    #[must_use]
    pub fn is_on_earth(self) -> bool {
        self.lon.is_finite() && self.lat.is_finite() && self.lon.abs() <= 180.0 && self.lat.abs() <= 90.0
    }
}

/// 多边形: one outer ring, not repeated at its end, either orientation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ring(pub Vec<Position>);

/// What is wrong with a ring.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BadRing {
    /// Fewer than three corners.
    #[error("a polygon needs at least 3 corners, this one has {0}")]
    TooFew(usize),
    /// More corners than [`Ring::MAX_CORNERS`].
    #[error("a polygon may have at most {max} corners, this one has {0}", max = Ring::MAX_CORNERS)]
    TooMany(usize),
    /// A corner that is not a place.
    #[error("corner {0} is not a position on earth")]
    NotOnEarth(usize),
    /// Two sides cross.
    #[error("side {0} crosses side {1}")]
    SelfCrossing(usize, usize),
    /// Two corners in a row are the same.
    #[error("corner {0} is repeated")]
    Repeated(usize),
}

impl Ring {
    /// Most corners a ring may have.
    pub const MAX_CORNERS: usize = 10_000;

    /// The sides, each as (from, to), closing the ring.
    pub fn sides(&self) -> impl Iterator<Item = (Position, Position)> + '_ {
        self.0.iter().copied().zip(self.0.iter().copied().cycle().skip(1))
    }

    /// Whether the ring holds `p`.
    ///
    /// Even-odd rule, half-open in latitude and with each side computed from its lower to its upper
    /// end, so that of two rings sharing a side exactly one holds a point on or near that side.
    #[must_use]
    pub fn contains(&self, p: Position) -> bool {
        self.sides().filter(|&(a, b)| is_crossed_by_ray_east(a, b, p)).count() % 2 == 1
    }

    /// Smallest box around the ring: south-west and north-east corners.
    #[must_use]
    pub fn bounds(&self) -> (Position, Position) {
        let mut low = Position { lon: f64::INFINITY, lat: f64::INFINITY };
        let mut high = Position { lon: f64::NEG_INFINITY, lat: f64::NEG_INFINITY };
        for p in &self.0 {
            low = Position { lon: low.lon.min(p.lon), lat: low.lat.min(p.lat) };
            high = Position { lon: high.lon.max(p.lon), lat: high.lat.max(p.lat) };
        }
        (low, high)
    }

    /// Area in square metres on a sphere flattened at the ring's mean latitude; always positive.
    #[must_use]
    pub fn area_m2(&self) -> f64 {
        let (low, high) = self.bounds();
        let scale = ((low.lat + high.lat) / 2.0).to_radians().cos();
        // Relative to a corner, to keep the products small.
        let twice: f64 = self
            .sides()
            .map(|(a, b)| {
                let (ax, ay) = ((a.lon - low.lon) * scale, a.lat - low.lat);
                let (bx, by) = ((b.lon - low.lon) * scale, b.lat - low.lat);
                ax * by - bx * ay
            })
            .sum();
        (twice / 2.0).abs() * DEGREE_M * DEGREE_M
    }

    /// The mean of the corners: a label's place, inside for convex rings.
    #[must_use]
    pub fn middle(&self) -> Position {
        let n = self.0.len().max(1) as f64;
        let (lon, lat) = self.0.iter().fold((0.0, 0.0), |(x, y), p| (x + p.lon, y + p.lat));
        Position { lon: lon / n, lat: lat / n }
    }

    /// Checks that the ring is a simple polygon.
    ///
    /// # Errors
    /// The first [`BadRing`] found.
    pub fn check(&self) -> Result<(), BadRing> {
        let n = self.0.len();
        if n < 3 {
            return Err(BadRing::TooFew(n));
        }
        if n > Self::MAX_CORNERS {
            return Err(BadRing::TooMany(n));
        }
        if let Some(i) = self.0.iter().position(|p| !p.is_on_earth()) {
            return Err(BadRing::NotOnEarth(i));
        }
        if let Some(i) = self.sides().position(|(a, b)| a == b) {
            return Err(BadRing::Repeated(i));
        }
        let sides: Vec<_> = self.sides().collect();
        for (i, &(a, b)) in sides.iter().enumerate() {
            for (j, &(c, d)) in sides.iter().enumerate().skip(i + 2) {
                let neighbours = i == 0 && j + 1 == n;
                if !neighbours && segments_cross(a, b, c, d) {
                    return Err(BadRing::SelfCrossing(i, j));
                }
            }
        }
        Ok(())
    }
}

fn is_crossed_by_ray_east(a: Position, b: Position, p: Position) -> bool {
    let (low, high) = if a.lat <= b.lat { (a, b) } else { (b, a) };
    if !(low.lat <= p.lat && p.lat < high.lat) {
        return false;
    }
    let lon_at = low.lon + (p.lat - low.lat) / (high.lat - low.lat) * (high.lon - low.lon);
    p.lon < lon_at
}

fn turn(a: Position, b: Position, c: Position) -> f64 {
    (b.lon - a.lon) * (c.lat - a.lat) - (b.lat - a.lat) * (c.lon - a.lon)
}

fn segments_cross(a: Position, b: Position, c: Position, d: Position) -> bool {
    turn(a, b, c) * turn(a, b, d) < 0.0 && turn(c, d, a) * turn(c, d, b) < 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ring(corners: &[(f64, f64)]) -> Ring {
        Ring(corners.iter().map(|&(lon, lat)| Position { lon, lat }).collect())
    }

    #[test]
    fn a_bow_tie_is_refused_with_the_two_sides() {
        let bow = ring(&[(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)]);
        assert_eq!(bow.check(), Err(BadRing::SelfCrossing(0, 2)));
    }

    #[test]
    fn a_degree_at_the_equator_is_111_km() {
        let d = Position { lon: 0.0, lat: 0.0 }.distance_m(Position { lon: 1.0, lat: 0.0 });
        assert!((d - 111_195.0).abs() < 1.0, "{d}");
    }

    proptest! {
        #[test]
        fn a_point_near_a_shared_side_lies_in_exactly_one_of_the_two(
            t in 0.0..1.0f64, nudge in -2i32..=2, slope in -1.0..1.0f64
        ) {
            let left = ring(&[(0.0, 0.0), (1.0, 0.0), (1.0 + slope, 1.0), (0.0 - 1.0, 1.0)]);
            let right = ring(&[(1.0, 0.0), (3.0, 0.0), (3.0, 1.0), (1.0 + slope, 1.0)]);
            let lon = 1.0 + t * slope + f64::from(nudge) * f64::EPSILON;
            let p = Position { lon, lat: t };
            prop_assert_eq!(u8::from(left.contains(p)) + u8::from(right.contains(p)), 1);
        }
    }
}
