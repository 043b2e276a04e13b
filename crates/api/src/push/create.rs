//! Points made for series that were seen for the first time.

use super::making::At;
use super::names::Names;
use super::resolve::target;
use super::source::{Source, Target};
use crate::app::App;
use crate::problem::Problem;
use field::id::{PointId, StationCode};
use field::station::{Point, Quantity};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::PoisonError;
use store::{Actor, Registry};

/// Most points of one station that are made by themselves: a sender that puts a time into a tag makes
/// a new series with every row.
pub(crate) const POINTS_MAX: usize = 200_000;

/// Makes a point for each that has none; durable when it returns. Those beyond [`POINTS_MAX`] are left out.
pub(crate) async fn points(
    app: &App,
    source: &Source,
    wanted: HashSet<At>,
) -> Result<HashMap<At, Target>, Problem> {
    let mut made = HashMap::new();
    let by_station = {
        // Another request may have made some of them meanwhile.
        let registry = app.store.tables.registry();
        let mut names = source.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.follow(&registry);
        drafts(&registry, &names, wanted, &mut made)
    };
    if by_station.is_empty() {
        return Ok(made);
    }
    let there = made.len();
    let mut tx = app.store.tables.begin(Actor::Desk("push"), app.now()).await?;
    for (station, points) in by_station {
        for point in tx.points_add(&station, points).await? {
            for element in &point.elements {
                made.insert((station.clone(), element.clone()), target(&point));
            }
        }
    }
    tx.commit().await?;
    let source = source.config.name.as_str();
    tracing::info!(source, points = made.len() - there, "points were made for new series");
    Ok(made)
}

/// The points to be made, by station, in the order of their names; those that are there go to `made`.
fn drafts(
    registry: &Registry,
    names: &Names,
    wanted: HashSet<At>,
    made: &mut HashMap<At, Target>,
) -> BTreeMap<StationCode, Vec<Point>> {
    let mut by_station: BTreeMap<StationCode, Vec<Point>> = BTreeMap::new();
    let mut seen = HashSet::new();
    let mut wanted: Vec<At> = wanted.into_iter().collect();
    wanted.sort_unstable();
    for (station, element) in wanted {
        if let Some(point) = names.find(registry, &station, &element) {
            made.insert((station, element), target(point));
            continue;
        }
        let list = by_station.entry(station.clone()).or_default();
        let room = POINTS_MAX.saturating_sub(registry.points_of(&station).len() + list.len());
        if room > 0 && seen.insert((station.clone(), element.to_ascii_lowercase())) {
            list.push(draft(&station, &element));
        }
    }
    by_station.retain(|_, points| !points.is_empty());
    by_station
}

fn draft(station: &StationCode, element: &str) -> Point {
    let quantity = quantity(element);
    Point {
        id: PointId(0),
        station: station.clone(),
        quantity,
        elements: vec![element.to_owned()],
        min: -1e15,
        max: 1e15,
        own_unit: String::new(),
    }
}

/// A field that is called like a quantity is one.
fn quantity(element: &str) -> Quantity {
    let field = element.rsplit([' ', '.']).next().unwrap_or_default();
    Quantity::from_code(field).unwrap_or(Quantity::Other)
}
