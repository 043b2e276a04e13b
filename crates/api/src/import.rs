//! 台账导入: a file of stations into the registry; the same for the command line and the screen.
//!
//! Promises: [`plan`] is pure and names *every* problem with line, column, value and remedy;
//! [`apply`] writes a plan in one transaction, whole or not at all. Running the same file twice
//! changes nothing the second time.
//!
//! Columns (a heading line, UTF-8, any order): `code`, `name`, `name_en`, `kind`, `lon`, `lat`,
//! `report_interval_s` are needed (an empty `name_en` repeats `name`); `block` (a block's code; by position when empty), `ground_m`,
//! `crown_m`, `points` may be empty or left out. `points` is a list
//! `quantity:element+element:min:max;…`, such as `rain:22+F4:0:60;voltage:38:0:30` or
//! `cod:w01018-Rtd:0:500`; empty for the kind's usual ones.

use crate::draft::{self, Draft, Fault, FaultCode, PointDraft, Registered, fault};
use field::id::{BlockId, StationCode};
use field::place::Position;
use field::station::{Point, Quantity, StationKind};
use field::time::Time;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use store::{Actor, Registry, StoreError, Tables};
use utoipa::ToSchema;

/// Lines of one file: a province has fewer stations.
pub const LINES_MAX: usize = 20_000;
/// Problems named; whoever has a thousand needs no more to begin with.
const PROBLEMS_MAX: usize = 1_000;

/// The columns, those that are needed first.
const COLUMNS: [&str; 11] = [
    "code",
    "name",
    "name_en",
    "kind",
    "lon",
    "lat",
    "report_interval_s",
    "block",
    "ground_m",
    "crown_m",
    "points",
];
/// How many of them are needed.
const NEEDED: usize = 7;

/// One problem of a file.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ImportProblem {
    /// The file's line, from 1; the heading is line 1.
    pub line: usize,
    /// The column's name.
    pub column: String,
    /// What is wrong.
    pub code: FaultCode,
    /// What was given.
    pub value: String,
    /// What the sentence needs besides.
    #[schema(value_type = Object)]
    pub params: Value,
}

/// What a file would do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportPlan {
    /// Stations that are new.
    pub add: Vec<Registered>,
    /// Stations that would change.
    pub change: Vec<Registered>,
    /// Stations that are as the file says.
    pub unchanged: Vec<StationCode>,
    /// Everything that is wrong; a plan with problems is not applied.
    pub problems: Vec<ImportProblem>,
}

/// Reads a file and compares it with the registry. Never fails: problems are part of the plan.
#[must_use]
pub fn plan(csv: &[u8], registry: &Registry) -> ImportPlan {
    let mut plan = ImportPlan::default();
    let Ok(text) = std::str::from_utf8(csv) else {
        plan.problem(1, fault("", FaultCode::NotUtf8, "", json!({})));
        return plan;
    };
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let Some(heading) = heading(&mut reader, &mut plan) else { return plan };
    let blocks: HashMap<&str, BlockId> =
        registry.blocks().values().map(|b| (b.code.as_str(), b.id)).collect();
    let mut lines: HashMap<String, usize> = HashMap::new();
    for (count, record) in reader.records().enumerate() {
        if count >= LINES_MAX {
            plan.problem(count + 2, fault("", FaultCode::TooManyLines, count, json!({ "max": LINES_MAX })));
            break;
        }
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(count + 2, |p| usize::try_from(p.line()).unwrap_or(0));
                plan.problem(line, fault("", FaultCode::BadCsv, error, json!({})));
                continue;
            }
        };
        let line = record.position().map_or(count + 2, |p| usize::try_from(p.line()).unwrap_or(0));
        let row = Row { heading: &heading, record: &record, blocks: &blocks };
        plan.take(line, &row, registry, &mut lines);
    }
    plan
}

/// Which column stands where; `None` when the heading cannot be used.
fn heading(reader: &mut csv::Reader<&[u8]>, plan: &mut ImportPlan) -> Option<HashMap<&'static str, usize>> {
    let headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(error) => {
            plan.problem(1, fault("", FaultCode::BadCsv, error, json!({})));
            return None;
        }
    };
    let mut found = HashMap::new();
    for (place, name) in headers.iter().enumerate() {
        match COLUMNS.iter().find(|c| c.eq_ignore_ascii_case(name)) {
            Some(column) => drop(found.insert(*column, place)),
            None => plan.problem(1, fault("", FaultCode::UnknownColumn, name, json!({ "allowed": COLUMNS }))),
        }
    }
    for column in COLUMNS.iter().take(NEEDED).filter(|c| !found.contains_key(*c)) {
        plan.problem(1, fault(column, FaultCode::MissingColumn, "", json!({})));
    }
    plan.problems.is_empty().then_some(found)
}

impl ImportPlan {
    /// Whether it can be applied.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.problems.is_empty()
    }

    fn problem(&mut self, line: usize, f: Fault) {
        if self.problems.len() < PROBLEMS_MAX {
            let Fault { column, code, value, params } = f;
            self.problems.push(ImportProblem { line, column: column.to_owned(), code, value, params });
        }
    }

    fn take(&mut self, line: usize, row: &Row<'_>, registry: &Registry, lines: &mut HashMap<String, usize>) {
        let code = row.text("code").to_owned();
        if let Some(first) = lines.get(&code) {
            self.problem(line, fault("code", FaultCode::CodeTwice, code, json!({ "first_line": first })));
            return;
        }
        lines.insert(code, line);
        let registered = row.draft().and_then(|draft| draft::checked(&draft, registry));
        match registered {
            Ok(registered) => self.sort_in(registered, registry),
            Err(faults) => faults.into_iter().for_each(|f| self.problem(line, f)),
        }
    }

    fn sort_in(&mut self, wanted: Registered, registry: &Registry) {
        let Some(known) = registry.station(&wanted.station.code) else {
            self.add.push(wanted);
            return;
        };
        let known_points = registry.points_of(&wanted.station.code).iter().map(|p| &**p);
        let mut points: Vec<&Point> = wanted.points.iter().collect();
        points.sort_by_key(|p| p.id);
        if **known == wanted.station && points.into_iter().eq(known_points) {
            self.unchanged.push(wanted.station.code);
        } else {
            self.change.push(wanted);
        }
    }
}

/// One line of the file.
struct Row<'a> {
    heading: &'a HashMap<&'static str, usize>,
    record: &'a csv::StringRecord,
    blocks: &'a HashMap<&'a str, BlockId>,
}

impl Row<'_> {
    fn text(&self, column: &str) -> &str {
        self.heading.get(column).and_then(|place| self.record.get(*place)).unwrap_or_default()
    }

    fn draft(&self) -> Result<Draft, Vec<Fault>> {
        let mut faults = Vec::new();
        let kind = StationKind::from_code(self.text("kind"));
        if kind.is_none() {
            let allowed = StationKind::ALL.map(StationKind::code);
            faults.push(fault("kind", FaultCode::NotOneOf, self.text("kind"), json!({ "allowed": allowed })));
        }
        let mut needed = |column| self.number(column, &mut faults).unwrap_or_default();
        let (lon, lat, interval) = (needed("lon"), needed("lat"), needed("report_interval_s"));
        let mut maybe =
            |column| if self.text(column).is_empty() { None } else { self.number(column, &mut faults) };
        let (ground_m, crown_m) = (maybe("ground_m"), maybe("crown_m"));
        let block = match self.text("block") {
            "" => None,
            code => {
                let found = self.blocks.get(code).copied();
                if found.is_none() {
                    faults.push(fault("block", FaultCode::UnknownBlock, code, json!({})));
                }
                found
            }
        };
        let points = match self.text("points") {
            "" => None,
            text => points_in(text).map_err(|f| faults.push(f)).ok(),
        };
        let (Some(kind), true) = (kind, faults.is_empty()) else { return Err(faults) };
        Ok(Draft {
            code: self.text("code").to_owned(),
            name: self.text("name").to_owned(),
            name_en: match self.text("name_en") {
                "" => self.text("name").to_owned(),
                text => text.to_owned(),
            },
            kind,
            position: Position { lon, lat },
            block,
            report_interval_s: interval,
            ground_m,
            crown_m,
            points,
        })
    }

    fn number(&self, column: &'static str, faults: &mut Vec<Fault>) -> Option<f64> {
        let text = self.text(column);
        let number = text.parse::<f64>().ok().filter(|n| n.is_finite());
        if number.is_none() {
            let code = if text.is_empty() { FaultCode::Empty } else { FaultCode::NotANumber };
            faults.push(fault(column, code, text, json!({})));
        }
        number
    }
}

/// `rain:22+F4:0:60;voltage:38:0:30`.
fn points_in(text: &str) -> Result<Vec<PointDraft>, Fault> {
    text.split(';').map(str::trim).filter(|p| !p.is_empty()).map(point_in).collect()
}

fn point_in(text: &str) -> Result<PointDraft, Fault> {
    let bad = || fault("points", FaultCode::BadPoint, text, json!({}));
    // Names of elements may hold colons (`holding:5`): the first and the last two part the rest.
    let (quantity, rest) = text.split_once(':').ok_or_else(bad)?;
    let (rest, max) = rest.rsplit_once(':').ok_or_else(bad)?;
    let (elements, min) = rest.rsplit_once(':').ok_or_else(bad)?;
    let (quantity, min, max) = (quantity.trim(), min.trim(), max.trim());
    let allowed = || json!({ "allowed": Quantity::ALL.map(Quantity::code) });
    let quantity = Quantity::from_code(quantity)
        .ok_or_else(|| fault("points", FaultCode::NotOneOf, quantity, allowed()))?;
    let elements = elements.split('+').map(str::trim).filter(|e| !e.is_empty()).map(str::to_owned).collect();
    let number = |text: &str| text.parse::<f64>().map_err(|_| bad());
    Ok(PointDraft { id: None, quantity, elements, min: number(min)?, max: number(max)? })
}

/// Writes a plan: all its stations and points become true together (the alarm desk gives new points their first rules). When it
/// returns, they are on disk. Answers how many stations were written.
///
/// # Errors
/// [`StoreError::Invalid`] for a plan with problems; what the store says.
pub async fn apply(tables: &Tables, plan: ImportPlan, actor: Actor, at: Time) -> Result<usize, StoreError> {
    if let Some(problem) = plan.problems.first() {
        return Err(StoreError::Invalid { what: "importing stations", why: problem.to_string() });
    }
    let written = plan.add.len() + plan.change.len();
    if written == 0 {
        return Ok(0);
    }
    let mut tx = tables.begin(actor, at).await?;
    for registered in plan.add.into_iter().chain(plan.change) {
        write(&mut tx, registered).await?;
    }
    tx.commit().await?;
    Ok(written)
}

/// Writes one station with its points.
pub(crate) async fn write(tx: &mut store::Tx, registered: Registered) -> Result<(), StoreError> {
    let Registered { station, points, gone } = registered;
    tx.station_put(&station).await?;
    for id in gone {
        tx.point_delete(id).await?;
    }
    for mut point in points {
        point.id = tx.point_put(&point).await?;
    }
    Ok(())
}

impl std::fmt::Display for ImportProblem {
    /// For the command line: what, where, and what to do.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { line, column, value, params, .. } = self;
        let param = |name: &str| match params.get(name).unwrap_or(&Value::Null) {
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
            other => other.to_string(),
        };
        write!(f, "line {line}")?;
        if !column.is_empty() {
            write!(f, ", column `{column}`")?;
        }
        f.write_str(": ")?;
        match self.code {
            FaultCode::NotUtf8 => f.write_str("the file is not UTF-8 text; save it as \"CSV UTF-8\""),
            FaultCode::BadCsv => write!(f, "this is no CSV ({value}); check quotes and commas"),
            FaultCode::TooManyLines => write!(f, "more than {} lines; cut the file in parts", param("max")),
            FaultCode::MissingColumn => f.write_str("the column is missing; add it to the heading"),
            FaultCode::UnknownColumn => {
                write!(f, "column `{value}` is not known; known are {}", param("allowed"))
            }
            FaultCode::Empty => f.write_str("it is empty; write a value"),
            FaultCode::TooLong => {
                write!(f, "`{value}` is longer than {} characters; shorten it", param("max"))
            }
            FaultCode::BadCode => {
                write!(f, "`{value}` is no station code; write 1 to {} letters and digits", param("max"))
            }
            FaultCode::CodeTwice => {
                write!(
                    f,
                    "station `{value}` stands already in line {}; remove one of them",
                    param("first_line")
                )
            }
            FaultCode::NotOneOf => write!(f, "`{value}` is not known; write one of {}", param("allowed")),
            FaultCode::NotANumber => write!(f, "`{value}` is no number; write it with a decimal point"),
            FaultCode::OutOfRange => {
                write!(
                    f,
                    "{value} is outside {} to {}; check the value and its unit",
                    param("min"),
                    param("max")
                )
            }
            FaultCode::UnknownBlock => {
                write!(f, "there is no block `{value}`; write a block's code or leave it empty")
            }
            FaultCode::OutsideAllBlocks => {
                write!(f, "position {value} lies in no block; check `lon` and `lat`, or name the block")
            }
            FaultCode::BadPoint => {
                write!(
                    f,
                    "`{value}` is no point; write quantity:element+element:min:max, such as rain:22+F4:0:60"
                )
            }
            FaultCode::TooMany => write!(f, "`{value}`: more than {}; remove some", param("max")),
            FaultCode::BadElement => {
                write!(f, "`{value}` is no name of a protocol element; write one such as F4 or w01018-Rtd")
            }
            FaultCode::ElementTwice => {
                write!(f, "element `{value}` feeds two points; leave it to one of them")
            }
            FaultCode::MinNotBelowMax => {
                write!(f, "in `{value}` the least value is not below the greatest; swap them")
            }
        }
    }
}
