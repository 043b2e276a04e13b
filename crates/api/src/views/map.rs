//! The map under the stations. Positions are `[lon, lat]`, rings do not repeat their first corner.

use super::person::{self, BlockBrief};
use field::place::{Position, Ring};
use serde::Serialize;
use store::Registry;
use store::tables::MapFeature;
use utoipa::ToSchema;

/// `[lon, lat]`.
type LonLat = [f64; 2];

/// A town or street.
#[derive(Serialize, ToSchema)]
pub(crate) struct TownShape {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) name_en: String,
    #[schema(value_type = Vec<Vec<f64>>)]
    pub(crate) ring: Vec<LonLat>,
    #[schema(value_type = Vec<f64>)]
    pub(crate) middle: LonLat,
}

/// A block.
#[derive(Serialize, ToSchema)]
pub(crate) struct BlockShape {
    #[serde(flatten)]
    #[schema(inline)]
    pub(crate) block: BlockBrief,
    #[schema(value_type = Vec<Vec<f64>>)]
    pub(crate) ring: Vec<LonLat>,
    #[schema(value_type = Vec<f64>)]
    pub(crate) middle: LonLat,
}

/// A river or road.
#[derive(Serialize, ToSchema)]
pub(crate) struct LineShape {
    pub(crate) name: String,
    pub(crate) name_en: String,
    #[schema(value_type = Vec<Vec<Vec<f64>>>)]
    pub(crate) lines: Vec<Vec<LonLat>>,
    pub(crate) width_m: f64,
}

/// A reservoir.
#[derive(Serialize, ToSchema)]
pub(crate) struct AreaShape {
    pub(crate) name: String,
    pub(crate) name_en: String,
    #[schema(value_type = Vec<Vec<Vec<f64>>>)]
    pub(crate) rings: Vec<Vec<LonLat>>,
}

/// Everything drawn under the stations.
#[derive(Serialize, ToSchema)]
pub(crate) struct MapView {
    #[schema(value_type = Vec<f64>)]
    pub(crate) centre: LonLat,
    /// West, south, east, north.
    #[schema(value_type = Vec<f64>)]
    pub(crate) bounds: [f64; 4],
    #[schema(value_type = Vec<Vec<Vec<f64>>>)]
    pub(crate) service_area: Vec<Vec<LonLat>>,
    pub(crate) towns: Vec<TownShape>,
    pub(crate) blocks: Vec<BlockShape>,
    pub(crate) rivers: Vec<LineShape>,
    pub(crate) roads: Vec<LineShape>,
    pub(crate) reservoirs: Vec<AreaShape>,
}

fn lon_lat(p: Position) -> LonLat {
    [p.lon, p.lat]
}

fn ring(ring: &Ring) -> Vec<LonLat> {
    ring.0.iter().copied().map(lon_lat).collect()
}

fn lines(feature: &MapFeature) -> Vec<Vec<LonLat>> {
    feature.geometry.iter().map(|line| line.iter().copied().map(lon_lat).collect()).collect()
}

impl MapView {
    /// From what is registered.
    pub(crate) fn of(registry: &Registry, features: &[MapFeature]) -> Self {
        let bounds = bounds(registry, features);
        let [west, south, east, north] = bounds;
        let of_kind = |kind: &'static str| features.iter().filter(move |f| f.kind == kind);
        let line = |f: &MapFeature| LineShape {
            name: f.name.clone(),
            name_en: f.name_en.clone(),
            lines: lines(f),
            width_m: f.width_m,
        };
        let drawn: Vec<_> = of_kind("service_area").flat_map(lines).collect();
        let towns = || registry.towns().values();
        Self {
            centre: [f64::midpoint(west, east), f64::midpoint(south, north)],
            bounds,
            // The towns together are the service area where none was drawn.
            service_area: if drawn.is_empty() { towns().map(|t| ring(&t.ring)).collect() } else { drawn },
            towns: towns()
                .map(|t| TownShape {
                    code: t.code.clone(),
                    name: t.name.clone(),
                    name_en: t.name_en.clone(),
                    ring: ring(&t.ring),
                    middle: lon_lat(t.ring.middle()),
                })
                .collect(),
            blocks: registry
                .blocks()
                .values()
                .map(|b| BlockShape {
                    block: person::block_brief(registry, b.id),
                    ring: ring(&b.ring),
                    middle: lon_lat(b.ring.middle()),
                })
                .collect(),
            rivers: of_kind("river").map(line).collect(),
            roads: of_kind("road").map(line).collect(),
            reservoirs: of_kind("reservoir")
                .map(|f| AreaShape { name: f.name.clone(), name_en: f.name_en.clone(), rings: lines(f) })
                .collect(),
        }
    }
}

/// The box around towns, blocks and stations; Yiwu's city hall while nothing is registered.
fn bounds(registry: &Registry, features: &[MapFeature]) -> [f64; 4] {
    let rings = registry.towns().values().map(|t| &t.ring).chain(registry.blocks().values().map(|b| &b.ring));
    let corners = rings.flat_map(|r| r.0.iter().copied());
    let stations = registry.stations().values().map(|s| s.position);
    let areas = features
        .iter()
        .filter(|f| f.kind == "service_area")
        .flat_map(|f| f.geometry.iter().flatten().copied());
    let nothing = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    let found = corners
        .chain(stations)
        .chain(areas)
        .fold(nothing, |[w, s, e, n], p| [w.min(p.lon), s.min(p.lat), e.max(p.lon), n.max(p.lat)]);
    if found.iter().all(|v| v.is_finite()) { found } else { [119.8, 29.1, 120.3, 29.5] }
}
