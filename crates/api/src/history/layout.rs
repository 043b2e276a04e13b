//! What the heading says: where station, element, time and value stand.

use field::id::{PointId, StationCode};
use field::station::Point;
use std::sync::Arc;
use store::Registry;

/// Where things stand.
#[derive(Debug)]
pub(crate) enum Layout {
    /// A row a value.
    Long { name: Name, time: usize, value: usize, unit: Option<usize>, quality: Option<usize> },
    /// A row a moment, a column a point with the unit its heading names.
    Wide { time: usize, points: Vec<(usize, Arc<Point>, String)> },
}

/// How a row names its point.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Name {
    Point(usize),
    Element { station: usize, element: usize },
}

/// What is wrong with a heading: column, code.
pub(crate) type Fault = (String, &'static str);

const POINT: &[&str] = &["point", "测点", "测点编号"];
const STATION: &[&str] = &["station", "station_code", "测站", "测站编码", "站码", "站号", "stcd"];
const ELEMENT: &[&str] = &["element", "quantity", "要素", "监测项", "指标", "field"];
const TIME: &[&str] = &["time", "observed_at", "timestamp", "datetime", "时间", "观测时间", "监测时间", "tm"];
const VALUE: &[&str] = &["value", "值", "数值", "监测值"];
const UNIT: &[&str] = &["unit", "单位"];
const QUALITY: &[&str] = &["quality", "质量", "数据质量"];

pub(crate) fn layout(heading: &[String], registry: &Registry) -> Result<Layout, Vec<Fault>> {
    let find = |names: &[&str]| heading.iter().position(|cell| names.contains(&cell.to_lowercase().as_str()));
    let missing = |name: &str| vec![(name.to_owned(), "missing_column")];
    let time = find(TIME).ok_or_else(|| missing("time"))?;
    let Some(value) = find(VALUE) else { return wide(heading, time, registry) };
    let name = match (find(POINT), find(STATION), find(ELEMENT)) {
        (Some(point), ..) => Name::Point(point),
        (None, Some(station), Some(element)) => Name::Element { station, element },
        (None, None, _) => return Err(missing("station")),
        (None, Some(_), None) => return Err(missing("element")),
    };
    Ok(Layout::Long { name, time, value, unit: find(UNIT), quality: find(QUALITY) })
}

fn wide(heading: &[String], time: usize, registry: &Registry) -> Result<Layout, Vec<Fault>> {
    let mut points = vec![];
    let mut faults = vec![];
    for (n, cell) in heading.iter().enumerate().filter(|(n, cell)| *n != time && !cell.is_empty()) {
        let cell = cell.replace('（', "(").replace('）', ")");
        let (name, unit) = match cell.split_once('(') {
            Some((name, unit)) => (name.trim(), unit.trim_end_matches(')').trim()),
            None => (cell.trim(), ""),
        };
        match of_name(name, registry) {
            Some(point) => points.push((n, point, unit.to_owned())),
            None => faults.push((cell.clone(), "unknown_point")),
        }
    }
    match (faults.is_empty(), points.is_empty()) {
        (false, _) => Err(faults),
        (_, true) => Err(vec![("value".to_owned(), "missing_column")]),
        _ => Ok(Layout::Wide { time, points }),
    }
}

/// `3307820001.39`, or a point's number.
fn of_name(name: &str, registry: &Registry) -> Option<Arc<Point>> {
    if let Some((station, element)) = name.split_once(['.', ' ', '_']) {
        return point(station, element.trim(), registry);
    }
    name.parse::<PointId>().ok().and_then(|id| registry.point(id)).cloned()
}

/// The point of a station that lists the element, or measures the quantity of that name.
pub(crate) fn point(station: &str, element: &str, registry: &Registry) -> Option<Arc<Point>> {
    let code = StationCode::new(station).ok()?;
    let by_quantity = || registry.points_of(&code).iter().find(|p| p.quantity.code() == element);
    registry.point_for_element(&code, element).or_else(by_quantity).cloned()
}
