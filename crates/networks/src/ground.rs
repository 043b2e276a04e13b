//! 地面: places in local metres, their degrees, and heights of a gently rolling ground.

use crate::dice::Dice;
use serde::{Deserialize, Serialize};

/// A place in local metres, east and north of the [`Origin`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct At {
    /// East, m.
    pub x_m: f64,
    /// North, m.
    pub y_m: f64,
}

impl At {
    /// A place.
    #[must_use]
    pub const fn new(x_m: f64, y_m: f64) -> Self {
        Self { x_m, y_m }
    }

    /// Distance to another place, m.
    #[must_use]
    pub fn distance_m(self, other: Self) -> f64 {
        (self.x_m - other.x_m).hypot(self.y_m - other.y_m)
    }

    /// The place a share of the way to another one.
    pub(crate) fn towards(self, other: Self, share: f64) -> Self {
        Self::new(self.x_m + share * (other.x_m - self.x_m), self.y_m + share * (other.y_m - self.y_m))
    }

    /// The place so far away.
    pub(crate) fn shifted(self, east_m: f64, north_m: f64) -> Self {
        Self::new(self.x_m + east_m, self.y_m + north_m)
    }
}

/// Where the local metres begin: WGS-84 degrees. `[COORDINATES]` of the files are in degrees, longitude
/// first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// East, degrees.
    pub lon: f64,
    /// North, degrees.
    pub lat: f64,
}

impl Default for Origin {
    fn default() -> Self {
        Self { lon: 120.074, lat: 29.307 }
    }
}

/// Metres of a degree of latitude (mean earth, 6,371,008.8 m).
const DEGREE_M: f64 = 111_195.08;

impl Origin {
    /// Local metres of a place on the earth; good within some fifty kilometres.
    #[must_use]
    pub fn at(self, lon: f64, lat: f64) -> At {
        At::new((lon - self.lon) * DEGREE_M * self.lat.to_radians().cos(), (lat - self.lat) * DEGREE_M)
    }

    /// Longitude and latitude of a place.
    #[must_use]
    pub fn degrees(self, at: At) -> (f64, f64) {
        (self.lon + at.x_m / (DEGREE_M * self.lat.to_radians().cos()), self.lat + at.y_m / DEGREE_M)
    }
}

/// Heights of the ground: a few waves over a mean.
#[derive(Clone, Debug)]
pub(crate) struct Relief {
    mean_m: f64,
    /// Height, length of the wave in both directions, phases.
    waves: [[f64; 5]; 3],
}

impl Relief {
    /// A rolling ground about a mean height.
    pub(crate) fn new(seed: u64, mean_m: f64, swing_m: f64) -> Self {
        let mut dice = Dice::new(seed, "relief");
        let mut wave = |height: f64, length: f64| {
            let [a, b] = [0; 2].map(|_| length * dice.between(0.8, 1.25));
            let [p, q] = [0; 2].map(|_| dice.between(0.0, std::f64::consts::TAU));
            [height, a, b, p, q]
        };
        Self {
            mean_m,
            waves: [wave(0.65 * swing_m, 2_600.0), wave(0.25 * swing_m, 700.0), wave(0.1 * swing_m, 210.0)],
        }
    }

    /// Height at a place, m.
    pub(crate) fn height_m(&self, at: At) -> f64 {
        let wave =
            |[height, a, b, p, q]: [f64; 5]| height * 0.5 * ((at.x_m / a + p).sin() + (at.y_m / b + q).sin());
        self.mean_m + self.waves.into_iter().map(wave).sum::<f64>()
    }
}
