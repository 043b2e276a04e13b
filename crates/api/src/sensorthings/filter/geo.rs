//! 地理: places and areas as well-known text, and what may be asked of them.

use super::Value;
use field::place::{Position, Ring};

/// Reads `POINT (120.05 29.25)` and `POLYGON ((…))` (without holes).
pub(super) fn read(text: &str) -> Option<Value> {
    let text = text.trim();
    let text =
        text.split_once(';').filter(|(head, _)| head.starts_with("SRID=")).map_or(text, |(_, wkt)| wkt);
    let (kind, rest) = text.split_once('(')?;
    let rest = rest.trim_end().strip_suffix(')')?;
    match kind.trim().to_ascii_uppercase().as_str() {
        "POINT" => position(rest).map(Value::Place),
        "POLYGON" => {
            let ring = rest.trim().strip_prefix('(')?.strip_suffix(')')?;
            let mut corners: Vec<Position> = ring.split(',').map(position).collect::<Option<_>>()?;
            if corners.first() == corners.last() {
                corners.pop();
            }
            let ring = Ring(corners);
            ring.check().ok().map(|()| Value::Area(ring))
        }
        _ => None,
    }
}

fn position(text: &str) -> Option<Position> {
    let mut parts = text.split_whitespace();
    let at = Position { lon: parts.next()?.parse().ok()?, lat: parts.next()?.parse().ok()? };
    at.is_on_earth().then_some(at)
}

/// Metres from one place to another; `None` where one is no place.
pub(super) fn distance(a: &Value, b: &Value) -> Option<f64> {
    match (a, b) {
        (Value::Place(a), Value::Place(b)) => Some(a.distance_m(*b)),
        _ => None,
    }
}

/// Whether they have a place in common; `None` where that cannot be told.
pub(super) fn meets(a: &Value, b: &Value) -> Option<bool> {
    match (a, b) {
        (Value::Place(a), Value::Place(b)) => Some(a == b),
        (Value::Place(place), Value::Area(ring)) | (Value::Area(ring), Value::Place(place)) => {
            Some(ring.contains(*place))
        }
        _ => None,
    }
}
