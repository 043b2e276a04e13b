//! What a file would do, and doing it.

use super::cells::Sheet;
use super::layout::{Layout, Name, layout, point};
use super::moment::{moment, zone};
use super::{PROBLEMS_MAX, ROWS_MAX};
use crate::push::{Batch, keep};
use crate::query::columns;
use field::id::{PointId, StationCode};
use field::sample::Quality;
use field::station::Point;
use field::time::{BEIJING_MS, Time};
use field::unit::conversion;
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use store::{Actor, Registry, Store, StoreError};
use utoipa::ToSchema;

/// The source imported samples name.
const SOURCE: &str = "import";
/// Rows kept at once.
const ROWS_AT_ONCE: usize = 50_000;

/// How a file is to be read.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// What zone times without an offset are in; Beijing where it is empty.
    pub zone: String,
}

/// One problem of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = HistoryProblem)]
pub struct Problem {
    /// The file's line, from 1; the heading is line 1.
    pub line: usize,
    /// The column's name.
    pub column: String,
    /// `missing_column`, `unknown_point`, `bad_time`, `bad_number`, `bad_unit`, `bad_quality`,
    /// `bad_csv`, `bad_encoding`, `bad_parquet`, `twice`, `too_many_rows`, `bad_zone`, `empty`.
    pub code: String,
    /// What was given.
    pub value: String,
}

/// What a file would do.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Plan {
    /// `utf-8`, `gb18030`, `utf-16` or `parquet`.
    pub encoding: String,
    /// Rows of the file.
    pub rows: usize,
    /// Values that would be new.
    pub would_add: usize,
    /// Values that replace another value of the same point and time; the old one stays readable.
    pub would_correct: usize,
    /// Values that are there already.
    pub unchanged: usize,
    /// Cells without a value.
    pub empty: usize,
    /// Values that stand in the file twice, alike.
    pub repeated: usize,
    /// Values outside their point's range: they are kept as suspect.
    pub suspect: usize,
    /// Points that are touched.
    pub points: usize,
    /// First moment.
    #[schema(value_type = Option<String>)]
    pub from: Option<Time>,
    /// Last moment.
    #[schema(value_type = Option<String>)]
    pub to: Option<Time>,
    /// What is wrong, at most 1,000.
    pub problems: Vec<Problem>,
    /// How many problems there are in all.
    pub problem_count: usize,
    /// The first unit named for a point nobody has classified: it becomes the point's.
    #[serde(skip)]
    units: BTreeMap<PointId, String>,
    #[serde(skip)]
    wanted: BTreeMap<(PointId, Time), (f64, Quality)>,
}

/// What became of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Outcome {
    /// Rows that are durable.
    pub written: usize,
    /// Rows that were to be written.
    pub of: usize,
}

/// Reads a sheet and compares it with what is stored. Writes nothing.
///
/// # Errors
/// What the store says when it is read.
pub async fn plan(store: &Store, sheet: &Sheet, import: &Import) -> Result<Plan, StoreError> {
    let registry = store.tables.registry();
    let mut plan = Plan { encoding: sheet.encoding.to_owned(), rows: sheet.rows.len(), ..Plan::default() };
    for (line, column, code, value) in &sheet.broken {
        plan.problem(*line, column, code, value);
    }
    let zone_ms = if import.zone.is_empty() { Some(BEIJING_MS) } else { zone(&import.zone) };
    let Some(zone_ms) = zone_ms else {
        plan.problem(0, "zone", "bad_zone", &import.zone);
        return Ok(plan);
    };
    if sheet.heading.is_empty() {
        plan.problem(1, "", "empty", "");
        return Ok(plan);
    }
    match layout(&sheet.heading, &registry) {
        Err(faults) => {
            for (column, code) in faults {
                plan.problem(1, &column, code, &column);
            }
        }
        Ok(layout) => plan.read(sheet, &layout, zone_ms, &registry),
    }
    plan.compare(store).await?;
    Ok(plan)
}

/// Writes a plan, in pieces; when it is broken off, [`Outcome`] says how many rows are durable, and
/// the same file may be given again.
///
/// # Errors
/// The rows that are durable, and what the store says.
pub async fn apply(store: &Store, plan: &Plan, now: Time) -> Result<Outcome, (Outcome, StoreError)> {
    let of = plan.wanted.len();
    let broken = |written, error| (Outcome { written, of }, error);
    let source = StationCode::new(SOURCE)
        .map_err(|e| broken(0, StoreError::Invalid { what: "importing", why: e.to_string() }))?;
    let units = plan.units.iter().map(|(point, unit)| (*point, unit.as_str()));
    let adopted = store.tables.adopt_units(units, Actor::Desk("import"), now).await;
    adopted.map_err(|error| broken(0, error))?;
    let mut written = 0;
    let mut rows = plan.wanted.iter().peekable();
    while rows.peek().is_some() {
        let mut batch = Batch::with_room(ROWS_AT_ONCE);
        for ((point, at), (value, quality)) in rows.by_ref().take(ROWS_AT_ONCE) {
            batch.push(*point, *at, *value, *quality);
        }
        match keep(store, &source, "csv", now, batch).await {
            Ok(kept) => written += kept,
            Err((kept, error)) => return Err(broken(written + kept, error)),
        }
    }
    Ok(Outcome { written, of })
}

impl Plan {
    fn problem(&mut self, line: usize, column: &str, code: &str, value: &str) {
        self.problem_count += 1;
        if self.problems.len() < PROBLEMS_MAX {
            let value = value.chars().take(80).collect();
            self.problems.push(Problem { line, column: column.to_owned(), code: code.to_owned(), value });
        }
    }

    fn read(&mut self, sheet: &Sheet, layout: &Layout, zone_ms: i64, registry: &Registry) {
        let name = |n: usize| sheet.heading.get(n).map(String::as_str).unwrap_or_default();
        for (count, (line, cells)) in sheet.rows.iter().enumerate() {
            if count >= ROWS_MAX {
                return self.problem(*line, "", "too_many_rows", &ROWS_MAX.to_string());
            }
            let cell = |n: usize| cells.get(n).map(String::as_str).unwrap_or_default();
            let (Layout::Long { time, .. } | Layout::Wide { time, .. }) = layout;
            let Some(at) = moment(cell(*time), zone_ms) else {
                self.problem(*line, name(*time), "bad_time", cell(*time));
                continue;
            };
            match layout {
                Layout::Wide { points, .. } => {
                    for (n, point, unit) in points {
                        self.value((*line, name(*n)), point, at, cell(*n), unit, "");
                    }
                }
                Layout::Long { name: of, value, unit, quality, .. } => {
                    let (column, found) = match of {
                        Name::Point(n) => {
                            (*n, cell(*n).parse().ok().and_then(|id| registry.point(id)).cloned())
                        }
                        Name::Element { station, element } => {
                            (*station, point(cell(*station), cell(*element), registry))
                        }
                    };
                    let Some(point) = found else {
                        self.problem(*line, name(column), "unknown_point", &cells.join(","));
                        continue;
                    };
                    let (unit, quality) =
                        (unit.map(cell).unwrap_or_default(), quality.map(cell).unwrap_or_default());
                    self.value((*line, name(*value)), &point, at, cell(*value), unit, quality);
                }
            }
        }
    }

    fn value(
        &mut self,
        at: (usize, &str),
        point: &Arc<Point>,
        time: Time,
        text: &str,
        unit: &str,
        quality: &str,
    ) {
        let (line, column) = at;
        let Some(quality) = quality_of(quality) else {
            return self.problem(line, column, "bad_quality", quality);
        };
        if matches!(text, "" | "-" | "--" | "NA" | "N/A" | "null" | "NULL" | "NaN" | "nan") {
            self.empty += 1;
            if quality == Some(Quality::Missing) {
                self.want(at, (point.id, time), (f64::NAN, Quality::Missing), text);
            }
            return;
        }
        let Some(value) = text.parse::<f64>().ok().filter(|value| value.is_finite()) else {
            return self.problem(line, column, "bad_number", text);
        };
        if point.takes_unit(unit) {
            self.units.entry(point.id).or_insert_with(|| unit.to_owned());
        }
        let kept_in = self.units.get(&point.id).map_or(point.unit(), String::as_str);
        let Ok(conversion) = conversion(unit, kept_in) else {
            return self.problem(line, column, "bad_unit", unit);
        };
        let value = conversion.apply(value);
        let measured =
            if (point.min..=point.max).contains(&value) { Quality::Good } else { Quality::Suspect };
        let quality = quality.filter(|q| *q != Quality::Good && *q != Quality::Missing).unwrap_or(measured);
        self.suspect += usize::from(quality == Quality::Suspect);
        self.want(at, (point.id, time), (value, quality), text);
    }

    fn want(&mut self, (line, column): (usize, &str), key: (PointId, Time), row: (f64, Quality), text: &str) {
        match self.wanted.entry(key) {
            Entry::Vacant(place) => {
                place.insert(row);
            }
            Entry::Occupied(there) if same(there.get().0, row.0) => self.repeated += 1,
            // Which of two values is right nobody can know.
            Entry::Occupied(_) => self.problem(line, column, "twice", text),
        }
    }

    async fn compare(&mut self, store: &Store) -> Result<(), StoreError> {
        let mut stretches: BTreeMap<PointId, (Time, Time)> = BTreeMap::new();
        for (point, at) in self.wanted.keys() {
            let stretch = stretches.entry(*point).or_insert((*at, *at));
            *stretch = (stretch.0.min(*at), stretch.1.max(*at));
        }
        self.points = stretches.len();
        self.from = stretches.values().map(|s| s.0).min();
        self.to = stretches.values().map(|s| s.1).max();
        for (point, (from, to)) in stretches {
            let there = columns(store, &[point], from, to.plus_ms(1)).await?.pop().unwrap_or_default();
            let there: BTreeMap<i64, f64> = there.rows().map(|(at, value, _)| (at, value)).collect();
            for ((_, at), (value, _)) in self.wanted.range((point, from)..=(point, to)) {
                match there.get(&at.ms()) {
                    None => self.would_add += 1,
                    Some(old) if same(*old, *value) => self.unchanged += 1,
                    Some(_) => self.would_correct += 1,
                }
            }
        }
        Ok(())
    }
}

fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || a == b || (a.is_nan() && b.is_nan())
}

/// `Some(None)`: the file does not say.
fn quality_of(word: &str) -> Option<Option<Quality>> {
    Some(Some(match word.to_lowercase().as_str() {
        "" => return Some(None),
        "good" | "0" | "正常" => Quality::Good,
        "suspect" | "1" | "存疑" => Quality::Suspect,
        "missing" | "2" | "缺测" => Quality::Missing,
        "manual" | "3" | "人工" => Quality::Manual,
        "estimated" | "4" | "估计" => Quality::Estimated,
        _ => return None,
    }))
}
