//! What the map draws besides blocks: rivers, roads, reservoirs and the service area.

use super::delaunay::Plane;
use super::outline::{to_plane, to_position};
use super::places::{DrawnLine, RESERVOIRS, RIVERS, ROADS};
use crate::dice::Dice;
use field::place::{Position, Ring};
use serde::{Deserialize, Serialize};

/// What a feature is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeatureKind {
    /// 河流: lines.
    River,
    /// 道路: lines.
    Road,
    /// 水库: rings.
    Reservoir,
    /// 服务范围: rings.
    ServiceArea,
}

impl FeatureKind {
    /// The name used in stored records.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::River => "river",
            Self::Road => "road",
            Self::Reservoir => "reservoir",
            Self::ServiceArea => "service_area",
        }
    }
}

/// 地图要素.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// What it is.
    pub kind: FeatureKind,
    /// 名称.
    pub name: String,
    /// Name in English.
    pub name_en: String,
    /// Lines, or rings not closed at their ends.
    pub geometry: Vec<Vec<Position>>,
    /// How wide a line is, metres; 0 for rings.
    pub width_m: f64,
}

/// Points between two bends of a smoothed line.
const STEPS: usize = 8;
/// Corners of a reservoir's shore.
const SHORE_CORNERS: u32 = 36;

/// All features; the seed bends the rivers and shores a little.
pub(crate) fn features(seed: u64, area: &Ring) -> Vec<Feature> {
    let mut dice = Dice::new(seed, "features");
    let mut features = vec![Feature {
        kind: FeatureKind::ServiceArea,
        name: "服务范围".to_owned(),
        name_en: "Service area".to_owned(),
        geometry: vec![area.0.clone()],
        width_m: 0.0,
    }];
    features.extend(RIVERS.iter().map(|line| drawn(FeatureKind::River, line, 0.12, &mut dice)));
    features.extend(ROADS.iter().map(|line| drawn(FeatureKind::Road, line, 0.02, &mut dice)));
    features.extend(RESERVOIRS.iter().map(|(name, name_en, middle, radius_m)| Feature {
        kind: FeatureKind::Reservoir,
        name: (*name).to_owned(),
        name_en: (*name_en).to_owned(),
        geometry: vec![shore(*middle, *radius_m / 1_000.0, &mut dice)],
        width_m: 0.0,
    }));
    features
}

fn drawn(kind: FeatureKind, line: &DrawnLine, wander_km: f64, dice: &mut Dice) -> Feature {
    let (name, name_en, width_m, bends) = line;
    let bends: Vec<Plane> = bends
        .iter()
        .map(|p| {
            let p = to_plane(*p);
            let nudge = (dice.between(-wander_km, wander_km), dice.between(-wander_km, wander_km));
            Plane { x: p.x + nudge.0, y: p.y + nudge.1 }
        })
        .collect();
    Feature {
        kind,
        name: (*name).to_owned(),
        name_en: (*name_en).to_owned(),
        geometry: vec![smooth(&bends).into_iter().map(to_position).collect()],
        width_m: *width_m,
    }
}

/// A Catmull–Rom curve through the bends.
fn smooth(bends: &[Plane]) -> Vec<Plane> {
    let at = |n: isize| bends.get(n.clamp(0, bends.len() as isize - 1).unsigned_abs()).copied();
    let mut line = Vec::with_capacity(bends.len() * STEPS);
    for n in 0..bends.len().saturating_sub(1) as isize {
        let (Some(a), Some(b), Some(c), Some(d)) = (at(n - 1), at(n), at(n + 1), at(n + 2)) else { continue };
        for step in 0..STEPS {
            let t = step as f64 / STEPS as f64;
            let mix = |a: f64, b: f64, c: f64, d: f64| {
                0.5 * (2.0 * b
                    + (c - a) * t
                    + (2.0 * a - 5.0 * b + 4.0 * c - d) * t * t
                    + (3.0 * b - a - 3.0 * c + d) * t * t * t)
            };
            line.push(Plane { x: mix(a.x, b.x, c.x, d.x), y: mix(a.y, b.y, c.y, d.y) });
        }
    }
    line.extend(bends.last().copied());
    line
}

/// A shore line: a circle with three seeded waves.
fn shore(middle: Position, radius_km: f64, dice: &mut Dice) -> Vec<Position> {
    let middle = to_plane(middle);
    let phases = [
        dice.between(0.0, std::f64::consts::TAU),
        dice.between(0.0, std::f64::consts::TAU),
        dice.between(0.0, std::f64::consts::TAU),
    ];
    (0..SHORE_CORNERS)
        .map(|n| {
            let angle = f64::from(n) * std::f64::consts::TAU / f64::from(SHORE_CORNERS);
            let waves = [(2.0, 0.28), (3.0, 0.18), (5.0, 0.10)];
            let wave: f64 = waves.iter().zip(phases).map(|((k, a), p)| a * (k * angle + p).sin()).sum();
            let r = radius_km * (1.0 + wave);
            to_position(Plane { x: middle.x + r * angle.cos(), y: middle.y + r * angle.sin() })
        })
        .collect()
}
