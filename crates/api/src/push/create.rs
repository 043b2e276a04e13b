//! Points made for series that were seen for the first time.

use super::resolve::target;
use super::source::Target;
use crate::app::App;
use crate::problem::Problem;
use field::id::{PointId, StationCode};
use field::station::{Point, Quantity};
use std::collections::{BTreeMap, HashMap};
use store::Actor;

/// Most points of one station that are made by themselves: a sender that puts a time into a tag makes
/// a new series with every row.
pub(crate) const POINTS_MAX: usize = 200_000;

/// Makes a point for each; durable when it returns. Those beyond [`POINTS_MAX`] are left out.
pub(crate) async fn points(
    app: &App,
    source: &StationCode,
    wanted: impl Iterator<Item = &(StationCode, String)>,
) -> Result<HashMap<(StationCode, String), Target>, Problem> {
    let registry = app.store.tables.registry();
    let mut by_station: BTreeMap<StationCode, Vec<Point>> = BTreeMap::new();
    let mut seen = std::collections::HashSet::new();
    for (station, element) in wanted {
        let list = by_station.entry(station.clone()).or_default();
        let room = POINTS_MAX.saturating_sub(registry.points_of(station).len() + list.len());
        if room > 0 && seen.insert((station.clone(), element.to_ascii_lowercase())) {
            list.push(draft(station, element));
        }
    }
    let mut made = HashMap::new();
    let mut tx = app.store.tables.begin(Actor::Desk("push"), app.now()).await?;
    for (station, points) in by_station {
        for point in tx.points_add(&station, points).await? {
            for element in &point.elements {
                made.insert((station.clone(), element.clone()), target(&point));
            }
        }
    }
    tx.commit().await?;
    tracing::info!(source = source.as_str(), points = made.len(), "points were made for new series");
    Ok(made)
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
