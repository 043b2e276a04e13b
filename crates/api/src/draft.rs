//! 测站登记: what a station must be like to be registered; the same for the file import and the
//! editor on the screen. Pure.

use field::id::{BlockId, PointId, StationCode};
use field::place::Position;
use field::station::{Point, Quantity, Station, StationKind};
use field::unit::{Conversion, conversion};
use serde::Serialize;
use serde_json::{Value, json};
use store::Registry;
use utoipa::ToSchema;

/// Longest name, characters: what fits on a map label and a card.
const NAME_MAX: usize = 60;
/// Points of one station: a plant says five figures of each of its factors, a SCADA some hundreds.
const POINTS_MAX: usize = 1_000;
/// Protocol elements of one point.
const ELEMENTS_MAX: usize = 8;
/// Longest name of a protocol's element, characters: a pushed series with its tags.
const ELEMENT_MAX: usize = 200;
/// Report intervals, seconds: keep-alives are shorter, daily reports are the rarest.
const INTERVAL_S: (f64, f64) = (10.0, 86_400.0);
/// Longitudes and latitudes of China, degrees: outside, the columns were swapped or the unit is not
/// degrees.
const LON: (f64, f64) = (73.0, 136.0);
const LAT: (f64, f64) = (3.0, 54.0);
/// Heights, m: the Turpan depression and the highest river gauge.
const HEIGHT_M: (f64, f64) = (-200.0, 6_000.0);
/// Limits of what a point may measure, in any unit: counters of a city's water and energy are far below.
const MEASURE: (f64, f64) = (-1.0e12, 1.0e12);

/// What is wrong with one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultCode {
    /// The file is no UTF-8 text.
    NotUtf8,
    /// The line is no CSV.
    BadCsv,
    /// The file has more lines than are taken at once: `max`.
    TooManyLines,
    /// The heading lacks this column.
    MissingColumn,
    /// The heading has a column nobody knows.
    UnknownColumn,
    /// A value is needed.
    Empty,
    /// Longer than `max` characters.
    TooLong,
    /// No station code.
    BadCode,
    /// The code is in the file twice: `first_line`.
    CodeTwice,
    /// Not one of `allowed`.
    NotOneOf,
    /// No number.
    NotANumber,
    /// Outside `min` to `max`.
    OutOfRange,
    /// No block has that code.
    UnknownBlock,
    /// The position lies in no block.
    OutsideAllBlocks,
    /// No point as `quantity:element+element:min:max`.
    BadPoint,
    /// More points or elements than `max`.
    TooMany,
    /// No name of an element: empty, too long, with control characters or a `;`.
    BadElement,
    /// Two points take the same element.
    ElementTwice,
    /// The least value is not below the greatest.
    MinNotBelowMax,
}

/// One wrong value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    /// The column, or the field of the same name.
    pub(crate) column: &'static str,
    pub(crate) code: FaultCode,
    /// What was given.
    pub(crate) value: String,
    /// What the sentence needs besides.
    pub(crate) params: Value,
}

/// A station as somebody wants it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Draft {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) name_en: String,
    pub(crate) kind: StationKind,
    pub(crate) position: Position,
    /// `None`: the block that holds the position.
    pub(crate) block: Option<BlockId>,
    pub(crate) report_interval_s: f64,
    pub(crate) ground_m: Option<f64>,
    pub(crate) crown_m: Option<f64>,
    /// `None`: as they are, or the kind's usual ones for a new station.
    pub(crate) points: Option<Vec<PointDraft>>,
}

/// A point as somebody wants it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PointDraft {
    /// `None`: the known point of that quantity, or a new one.
    pub(crate) id: Option<PointId>,
    pub(crate) quantity: Quantity,
    pub(crate) elements: Vec<String>,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

/// A station ready to be written, with its points (`id` 0: new).
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    /// The station.
    pub station: Station,
    /// All its points.
    pub points: Vec<Point>,
    /// Points it had and will have no longer.
    pub gone: Vec<PointId>,
}

/// Checks a draft against the registry.
///
/// # Errors
/// Every fault found, not only the first.
pub(crate) fn checked(draft: &Draft, registry: &Registry) -> Result<Registered, Vec<Fault>> {
    let mut faults = Vec::new();
    let code = StationCode::new(draft.code.as_str());
    if code.is_err() {
        faults.push(fault("code", FaultCode::BadCode, &draft.code, json!({ "max": StationCode::MAX_LEN })));
    }
    for (column, text) in [("name", &draft.name), ("name_en", &draft.name_en)] {
        faults.extend(text_fault(column, text));
    }
    faults.extend(range_fault("lon", draft.position.lon, LON));
    faults.extend(range_fault("lat", draft.position.lat, LAT));
    faults.extend(range_fault("report_interval_s", draft.report_interval_s, INTERVAL_S));
    faults.extend(draft.ground_m.and_then(|m| range_fault("ground_m", m, HEIGHT_M)));
    faults.extend(draft.crown_m.and_then(|m| range_fault("crown_m", m, HEIGHT_M)));
    faults.extend(draft.points.iter().flat_map(|points| point_faults(points)));
    let block = block_of(draft, registry).map_err(|f| faults.push(f)).ok();
    match (code, block) {
        (Ok(code), Some(block)) if faults.is_empty() => Ok(registered(draft, registry, code, block)),
        _ => Err(faults),
    }
}

pub(crate) fn fault(column: &'static str, code: FaultCode, value: impl ToString, params: Value) -> Fault {
    Fault { column, code, value: value.to_string().chars().take(100).collect(), params }
}

fn text_fault(column: &'static str, text: &str) -> Option<Fault> {
    if text.trim().is_empty() {
        return Some(fault(column, FaultCode::Empty, text, json!({})));
    }
    let long = text.chars().count() > NAME_MAX;
    long.then(|| fault(column, FaultCode::TooLong, text, json!({ "max": NAME_MAX })))
}

fn range_fault(column: &'static str, value: f64, (min, max): (f64, f64)) -> Option<Fault> {
    // NaN is in no range.
    let outside = !(min..=max).contains(&value);
    outside.then(|| fault(column, FaultCode::OutOfRange, value, json!({ "min": min, "max": max })))
}

fn block_of(draft: &Draft, registry: &Registry) -> Result<BlockId, Fault> {
    match draft.block {
        Some(id) => registry
            .block(id)
            .map(|b| b.id)
            .ok_or_else(|| fault("block", FaultCode::UnknownBlock, id, json!({}))),
        None => registry.block_at(draft.position).map(|b| b.id).ok_or_else(|| {
            let Position { lon, lat } = draft.position;
            fault("lon", FaultCode::OutsideAllBlocks, format!("{lon}, {lat}"), json!({}))
        }),
    }
}

fn point_faults(points: &[PointDraft]) -> Vec<Fault> {
    let mut faults = Vec::new();
    if points.is_empty() {
        faults.push(fault("points", FaultCode::Empty, "", json!({})));
    }
    if points.len() > POINTS_MAX {
        faults.push(fault("points", FaultCode::TooMany, points.len(), json!({ "max": POINTS_MAX })));
    }
    let mut taken = std::collections::HashSet::new();
    for point in points {
        let name = point.quantity.code();
        if point.elements.len() > ELEMENTS_MAX {
            faults.push(fault("points", FaultCode::TooMany, name, json!({ "max": ELEMENTS_MAX })));
        }
        for element in &point.elements {
            if !is_element(element) {
                faults.push(fault("points", FaultCode::BadElement, element, json!({ "point": name })));
            } else if !taken.insert(element.to_ascii_uppercase()) {
                faults.push(fault("points", FaultCode::ElementTwice, element, json!({ "point": name })));
            }
        }
        faults.extend([point.min, point.max].into_iter().find_map(|v| range_fault("points", v, MEASURE)));
        if point.min >= point.max {
            let value = format!("{}:{}", point.min, point.max);
            faults.push(fault("points", FaultCode::MinNotBelowMax, value, json!({ "point": name })));
        }
    }
    faults
}

/// Whether a protocol may call something so: `39`, `w01018-Rtd`, `holding:5`, `07W`, `液位`, `cpu,host=a load`.
fn is_element(text: &str) -> bool {
    let length = text.chars().count();
    let plain = text.chars().all(|c| !c.is_control() && c != ';');
    (1..=ELEMENT_MAX).contains(&length) && plain && text.trim() == text
}

/// As it is kept: SL 651's numbers in capitals, every other name as its sender writes it.
fn kept_element(text: &str) -> String {
    let is_number = text.len() <= 6 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if is_number { text.to_ascii_uppercase() } else { text.to_owned() }
}

fn registered(draft: &Draft, registry: &Registry, code: StationCode, block: BlockId) -> Registered {
    let known = registry.station(&code);
    let known_points = registry.points_of(&code);
    let station = Station {
        name: draft.name.trim().to_owned(),
        name_en: draft.name_en.trim().to_owned(),
        kind: draft.kind,
        position: draft.position,
        block,
        report_interval_s: draft.report_interval_s.round() as u32,
        ground_m: draft.ground_m,
        crown_m: draft.crown_m,
        maintenance: known.and_then(|s| s.maintenance.clone()),
        synthetic: known.is_some_and(|s| s.synthetic),
        code: code.clone(),
    };
    let points = match &draft.points {
        Some(wanted) => matched(&code, wanted, known_points),
        None if known.is_some() => known_points.iter().map(|p| (**p).clone()).collect(),
        None => matched(&code, &usual_points(draft.kind), &[]),
    };
    let gone = known_points.iter().map(|p| p.id).filter(|id| points.iter().all(|p| p.id != *id)).collect();
    Registered { station, points, gone }
}

/// Gives each wanted point the id of the known one it stands for: the id asked for, else the first
/// of its quantity that nobody has taken. A point whose unit would change is another point: values of
/// two units never stand in one series. (A series nobody has classified yet, and whose sender never named a
/// unit, may become anything.)
fn matched(code: &StationCode, wanted: &[PointDraft], known: &[std::sync::Arc<Point>]) -> Vec<Point> {
    let mut free: Vec<_> = known.iter().collect();
    let mut take = |fits: &dyn Fn(&Point) -> bool| {
        let place = free.iter().position(|p| fits(p))?;
        Some(free.remove(place).id)
    };
    let unclassified = |p: &Point| p.quantity == Quantity::Other && p.own_unit.is_empty();
    let same_unit = |p: &Point, w: &PointDraft| {
        let (from, to) = (p.unit(), w.quantity.unit());
        let alike = || !from.is_empty() && !to.is_empty() && conversion(from, to) == Ok(Conversion::NONE);
        unclassified(p) || w.quantity == p.quantity || from == to || alike()
    };
    let asked = |w: &PointDraft| w.id.and_then(|id| take(&|p| p.id == id && same_unit(p, w)));
    let asked: Vec<_> = wanted.iter().map(asked).collect();
    let point = |(w, asked): (&PointDraft, Option<PointId>)| {
        let id = asked.or_else(|| take(&|p| p.quantity == w.quantity)).unwrap_or(PointId(0));
        let was = known.iter().find(|p| p.id == id && w.quantity == Quantity::Other);
        Point {
            id,
            station: code.clone(),
            quantity: w.quantity,
            elements: w.elements.iter().map(|e| kept_element(e)).collect(),
            min: w.min,
            max: w.max,
            own_unit: was.map(|p| p.own_unit.clone()).unwrap_or_default(),
        }
    };
    wanted.iter().zip(asked).map(point).collect()
}

/// The points a station of a kind usually has, with their SL 651 elements.
fn usual_points(kind: StationKind) -> Vec<PointDraft> {
    let point = |quantity, elements: &[&str], min, max| PointDraft {
        id: None,
        quantity,
        elements: elements.iter().map(|e| (*e).to_owned()).collect(),
        min,
        max,
    };
    let voltage = point(Quantity::Voltage, &["38"], 0.0, 30.0);
    match kind {
        StationKind::Rain => vec![
            point(Quantity::Rain, &["22", "F4"], 0.0, 60.0),
            point(Quantity::RainTotal, &["26"], 0.0, 100_000.0),
            voltage,
        ],
        StationKind::Ponding => vec![point(Quantity::Depth, &["39", "F5"], 0.0, 3.0), voltage],
        StationKind::Manhole => vec![point(Quantity::Depth, &["39", "F5"], 0.0, 15.0), voltage],
        StationKind::River | StationKind::Reservoir => {
            vec![point(Quantity::Level, &["39", "F5"], -10.0, 500.0), voltage]
        }
        StationKind::Pump => vec![
            point(Quantity::Level, &["39", "F5"], -10.0, 500.0),
            point(Quantity::PumpsRunning, &["19"], 0.0, 20.0),
            voltage,
        ],
        // HJ 212, by the codes of its factors.
        StationKind::Plant => vec![
            point(Quantity::Flow, &["w00000-Rtd"], 0.0, 20.0),
            point(Quantity::Cod, &["w01018-Rtd"], 0.0, 1_000.0),
            point(Quantity::AmmoniaNitrogen, &["w21003-Rtd"], 0.0, 300.0),
            point(Quantity::TotalPhosphorus, &["w21011-Rtd"], 0.0, 100.0),
            point(Quantity::TotalNitrogen, &["w21001-Rtd"], 0.0, 300.0),
            point(Quantity::Ph, &["w01001-Rtd"], 0.0, 14.0),
        ],
        // Modbus, by the elements of the register map `supply-point`.
        StationKind::Supply => vec![
            point(Quantity::Flow, &["flow"], 0.0, 20.0),
            point(Quantity::Pressure, &["pressure"], 0.0, 2.5),
        ],
        // CJ/T 188.
        StationKind::Meter => vec![
            point(Quantity::WaterTotal, &["901F"], 0.0, 1_000_000.0),
            point(Quantity::Status, &["901F-status"], 0.0, 65_535.0),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn draft(id: i64, quantity: Quantity) -> PointDraft {
        PointDraft { id: Some(PointId(id)), quantity, elements: vec![], min: 0.0, max: 1.0 }
    }

    #[test]
    fn a_point_whose_unit_would_change_becomes_another_point() {
        let code = StationCode::new("3307820001").unwrap();
        let known: Vec<Arc<Point>> = [(7, Quantity::Level), (8, Quantity::Other)]
            .into_iter()
            .map(|(id, quantity)| (id, matched(&code, &[draft(id, quantity)], &[]).remove(0)))
            .map(|(id, point)| Arc::new(Point { id: PointId(id), ..point }))
            .collect();
        let wanted = [draft(7, Quantity::Depth), draft(8, Quantity::Cod)];
        let ids =
            |wanted: &[PointDraft]| matched(&code, wanted, &known).iter().map(|p| p.id.0).collect::<Vec<_>>();
        // Both are metres; nobody had said what 8 is.
        assert_eq!(ids(&wanted), [7, 8]);
        assert_eq!(ids(&[draft(7, Quantity::Flow)]), [0]);
    }
}
