//! An entity's own properties (OGC 18-088, clause 8.2), and where its links lead.

use super::kind::{Key, Kind};
use super::quantities::named;
use super::world::World;
use field::id::PointId;
use field::sample::Quality;
use field::station::{Point, Quantity, Station};
use field::time::{MINUTE_MS, Time};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// GeoJSON.
const GEO: &str = "application/geo+json";
/// 时段雨量 is what fell in the five minutes before its time.
const PERIOD_MS: i64 = 5 * MINUTE_MS;

/// One sample on its way into an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) point: PointId,
    pub(super) at: Time,
    /// NaN: missing.
    pub(super) value: f64,
    pub(super) quality: Quality,
    /// How long the period is that ends at `at`, ms; 0: a moment.
    pub(super) period_ms: i64,
}

/// How long the periods are whose ends label a quantity's samples, ms; 0: moments.
pub(super) const fn period_ms(quantity: Quantity) -> i64 {
    if matches!(quantity, Quantity::Rain) { PERIOD_MS } else { 0 }
}

impl Row {
    /// When it was, from and to.
    pub(super) fn span(&self) -> (i64, i64) {
        (self.at.ms() - self.period_ms, self.at.ms())
    }

    /// The Observation.
    pub(super) fn entity(&self) -> Map<String, Value> {
        let (from, to) = self.span();
        let phenomenon = match self.period_ms {
            0 => self.at.to_string(),
            _ => format!("{}/{}", Time::from_ms(from), Time::from_ms(to)),
        };
        map(json!({
            "@iot.id": Key::Sample(self.point, self.at).id(),
            "phenomenonTime": phenomenon,
            "resultTime": self.at,
            // A value that is no number stands as null.
            "result": self.value,
            "resultQuality": self.quality,
        }))
    }
}

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

impl World {
    /// The entity's own properties; `None` where there is none.
    pub(super) fn entity(&self, kind: Kind, key: &Key) -> Option<Map<String, Value>> {
        let mut entity = match (kind, key) {
            (Kind::Thing, Key::Station(code)) => thing(self.registry.station(code)?),
            (Kind::Location, Key::Station(code)) => place(self.registry.station(code)?, "location"),
            (Kind::FeatureOfInterest, Key::Station(code)) => place(self.registry.station(code)?, "feature"),
            (Kind::Datastream, Key::Point(id)) => datastream(self.point(*id)?, self.station_of(*id)?),
            (Kind::Sensor, Key::Point(id)) => sensor(self.point(*id)?, self.station_of(*id)?, &self.base),
            (Kind::ObservedProperty, Key::Quantity(quantity)) => property(*quantity),
            (Kind::Observation, Key::Sample(..)) => return self.row(key).map(|row| row.entity()),
            _ => return None,
        };
        entity.insert("@iot.id".to_owned(), key.id());
        Some(entity)
    }

    /// The sample of an Observation's key.
    pub(super) fn row(&self, key: &Key) -> Option<Row> {
        let Key::Sample(id, at) = key else { return None };
        let point = self.point(*id)?;
        let found = self.samples.columns_blocking(&[*id], *at, at.plus_ms(1)).ok()?;
        let columns = found.first()?;
        let value = *columns.values.first()?;
        let quality = columns.qualities.first().copied().unwrap_or_default();
        Some(Row { point: *id, at: *at, value, quality, period_ms: period_ms(point.quantity) })
    }

    fn station_of(&self, point: PointId) -> Option<&Arc<Station>> {
        self.registry.station(&self.point(point)?.station)
    }

    /// Where a link to one leads.
    pub(super) fn one(&self, key: &Key, to: Kind) -> Option<Key> {
        match (key, to) {
            (Key::Point(id), Kind::Thing) => self.point(*id).map(|p| Key::Station(p.station.clone())),
            (Key::Point(id), Kind::Sensor) => Some(Key::Point(*id)),
            (Key::Point(id), Kind::ObservedProperty) => self.point(*id).map(|p| Key::Quantity(p.quantity)),
            (Key::Sample(id, _), Kind::Datastream) => Some(Key::Point(*id)),
            (Key::Sample(id, _), Kind::FeatureOfInterest) => {
                self.point(*id).map(|p| Key::Station(p.station.clone()))
            }
            _ => None,
        }
    }

    /// Where a link to many leads; Observations are told by their points, in [`World::points_of`].
    pub(super) fn many(&self, key: &Key, to: Kind) -> Vec<Key> {
        match (key, to) {
            (Key::Station(code), Kind::Location | Kind::Thing) => vec![Key::Station(code.clone())],
            (Key::Station(_), Kind::Datastream) => self.points_of(key).into_iter().map(Key::Point).collect(),
            (Key::Point(id), Kind::Datastream) => vec![Key::Point(*id)],
            (Key::Quantity(quantity), Kind::Datastream) => {
                let points = self.registry.points().values().filter(|p| p.quantity == *quantity);
                points.map(|p| Key::Point(p.id)).collect()
            }
            _ => vec![],
        }
    }

    /// Every entity of a kind.
    pub(super) fn all(&self, kind: Kind) -> Vec<Key> {
        match kind {
            Kind::Thing | Kind::Location | Kind::FeatureOfInterest => {
                self.registry.stations().keys().cloned().map(Key::Station).collect()
            }
            Kind::Datastream | Kind::Sensor => {
                self.registry.points().keys().copied().map(Key::Point).collect()
            }
            Kind::ObservedProperty => Quantity::ALL.into_iter().map(Key::Quantity).collect(),
            Kind::HistoricalLocation | Kind::Observation => vec![],
        }
    }

    /// The points whose samples an entity's Observations are, by number.
    pub(super) fn points_of(&self, key: &Key) -> Vec<PointId> {
        match key {
            Key::Point(id) => vec![*id],
            Key::Station(code) => {
                let mut ids: Vec<PointId> = self.registry.points_of(code).iter().map(|p| p.id).collect();
                ids.sort_unstable();
                ids
            }
            Key::Quantity(_) | Key::Sample(..) => vec![],
        }
    }
}

fn thing(station: &Station) -> Map<String, Value> {
    map(json!({
        "name": station.name,
        "description": station.name_en,
        "properties": {
            "code": station.code,
            "kind": station.kind,
            "block": station.block,
            "reportIntervalSeconds": station.report_interval_s,
            "groundMetres": station.ground_m,
            "crownMetres": station.crown_m,
            "synthetic": station.synthetic,
        },
    }))
}

fn place(station: &Station, name: &str) -> Map<String, Value> {
    let at = [station.position.lon, station.position.lat];
    let mut entity = map(json!({
        "name": station.name,
        "description": station.name_en,
        "encodingType": GEO,
        "properties": { "datum": "CGCS2000 (EPSG:4490)" },
    }));
    entity.insert(name.to_owned(), json!({ "type": "Point", "coordinates": at }));
    entity
}

fn datastream(point: &Point, station: &Station) -> Map<String, Value> {
    let named = named(point.quantity);
    let text = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
    let kind = if named.counts { "OM_CountObservation" } else { "OM_Measurement" };
    let code = point.quantity.code();
    map(json!({
        "name": format!("{} {}", station.name, named.zh),
        "description": format!("{} {code}", station.name_en),
        "observationType": format!("http://www.opengis.net/def/observationType/OGC-OM/2.0/{kind}"),
        "unitOfMeasurement": {
            "name": text(named.unit),
            "symbol": text(point.unit()),
            "definition": if named.ucum.is_empty() { Value::Null } else { format!("ucum:{}", named.ucum).into() },
        },
        "observedArea": { "type": "Point", "coordinates": [station.position.lon, station.position.lat] },
        "properties": {
            "elements": point.elements,
            "min": point.min,
            "max": point.max,
            "periodSeconds": period_ms(point.quantity) / 1_000,
        },
    }))
}

/// What stands behind a point is described by the station's page.
fn sensor(point: &Point, station: &Station, base: &str) -> Map<String, Value> {
    let host = base.strip_suffix(super::ROOT).unwrap_or(base);
    map(json!({
        "name": format!("{} {}", station.code, point.elements.join(" ")),
        "description": format!("{} {}", station.name_en, point.quantity.code()),
        "encodingType": "text/html",
        "metadata": format!("{host}/stations/{}", station.code),
        "properties": { "elements": point.elements },
    }))
}

fn property(quantity: Quantity) -> Map<String, Value> {
    let named = named(quantity);
    map(json!({
        "name": quantity.code(),
        "definition": format!("http://qudt.org/vocab/quantitykind/{}", named.qudt),
        "description": named.zh,
        "properties": { "unit": quantity.unit() },
    }))
}
