//! 计算系列: the points that carry what models say, registered beside the measured ones.

use field::clock::Clock;
use field::id::PointId;
use field::station::{Computed, Point};
use std::collections::HashMap;
use store::{Actor, Store, StoreError};

/// Which series of which measured points an engine writes.
pub(crate) type Wanted = Vec<(PointId, Vec<Computed>)>;
/// The points that carry them.
pub(crate) type Carriers = HashMap<(PointId, Computed), PointId>;

/// Registers what is not registered yet, in one transaction; when it returns, every series has its
/// point.
///
/// # Errors
/// What the store says.
pub(crate) async fn ensure(
    store: &Store,
    clock: &dyn Clock,
    desk: &'static str,
    wanted: &Wanted,
) -> Result<Carriers, StoreError> {
    let registry = store.tables.registry();
    let mut carriers: Carriers =
        registry.points().values().filter_map(|p| p.computed().map(|(c, of)| ((of, c), p.id))).collect();
    let missing = wanted.iter().flat_map(|(of, series)| series.iter().map(|c| (*of, *c)));
    let missing: Vec<_> = missing.filter(|key| !carriers.contains_key(key)).collect();
    if missing.is_empty() {
        return Ok(carriers);
    }
    let mut tx = store.tables.begin(Actor::Desk(desk), clock.now()).await?;
    for (of, computed) in missing {
        let Some(measured) = registry.point(of) else { continue };
        let id = tx.point_put(&carrier(measured, computed)).await?;
        carriers.insert((of, computed), id);
    }
    tx.commit().await?;
    Ok(carriers)
}

fn carrier(measured: &Point, computed: Computed) -> Point {
    let span = measured.max - measured.min;
    let (min, max) =
        if computed == Computed::Residual { (-span, span) } else { (measured.min, measured.max) };
    Point { id: PointId(0), elements: computed.elements(measured.id), min, max, ..measured.clone() }
}
