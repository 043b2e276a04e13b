//! 演算接口文件: a table of flows at nodes by time, as text. Outflows of one model are inflows of the
//! next (User's Manual 11.7.2).
#![expect(clippy::indexing_slicing, reason = "rows are counted when read")]

use std::fmt::Write;

use super::{FileError, wrong};
use crate::date::{civil, clock, encode};
use crate::model::{Model, NodeType};
use crate::project::{Index, Routing};
use crate::quality::Source;
use crate::state::State;
use crate::units::{FLOW_TOL, FlowUnits, Units};

/// Nodes and constituents a file may list at most.
const LIST_MAX: usize = 100_000;

/// A table as its file has it.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// Seconds.
    pub(super) step: f64,
    pub(super) units: Units,
    /// Constituents after the flow.
    pub(super) constituents: Vec<(String, String)>,
    pub(super) names: Vec<String>,
    /// The model's node of each name, if it has one.
    pub(super) nodes: Vec<Option<Index>>,
    pub(super) dates: Vec<f64>,
    /// By date, node and constituent, the flow first.
    pub(super) values: Vec<f64>,
}

struct Lines<'a> {
    lines: std::iter::Enumerate<std::str::Lines<'a>>,
}

impl<'a> Lines<'a> {
    fn next(&mut self, what: &str) -> Result<(usize, &'a str), FileError> {
        match self.lines.next() {
            Some((n, line)) => Ok((n + 1, line)),
            None => wrong(format!("the file ends before {what}")),
        }
    }

    /// The whole number a line begins with.
    fn count(&mut self, what: &str) -> Result<usize, FileError> {
        let (n, line) = self.next(what)?;
        match line.split_whitespace().next().and_then(|w| w.parse::<usize>().ok()) {
            Some(v) if (1..=LIST_MAX).contains(&v) => Ok(v),
            _ => wrong(format!("line {n} does not begin with {what}")),
        }
    }
}

impl Table {
    pub(super) fn read(model: &Model, text: &str) -> Result<Self, FileError> {
        let mut l = Lines { lines: text.lines().enumerate() };
        let (_, stamp) = l.next("its heading")?;
        if !stamp.split_whitespace().next().is_some_and(|w| w.eq_ignore_ascii_case("SWMM5")) {
            return wrong("this is not an interface file of SWMM 5: its first word is not SWMM5");
        }
        l.next("its title")?;
        let step = l.count("the time step")? as f64;
        let constituents = l.count("the number of constituents")?;
        let (n, flow) = l.next("the flow unit")?;
        let mut words = flow.split_whitespace();
        let is_flow = words.next().is_some_and(|w| w.eq_ignore_ascii_case("FLOW"));
        let Some(units) = words.next().filter(|_| is_flow).and_then(unit) else {
            return wrong(format!("line {n} is not FLOW and a flow unit"));
        };
        let mut table = Self {
            step,
            units: Units::of(units),
            constituents: Vec::new(),
            names: Vec::new(),
            nodes: Vec::new(),
            dates: Vec::new(),
            values: Vec::new(),
        };
        for _ in 1..constituents {
            let (_, line) = l.next("all constituents")?;
            let mut words = line.split_whitespace().map(str::to_owned);
            table.constituents.push((words.next().unwrap_or_default(), words.next().unwrap_or_default()));
        }
        let nodes = l.count("the number of nodes")?;
        for _ in 0..nodes {
            let (_, line) = l.next("all nodes")?;
            let name = line.split_whitespace().next().unwrap_or("").to_owned();
            table.nodes.push(model.nodes.name.iter().position(|m| m.eq_ignore_ascii_case(&name)));
            table.names.push(name);
        }
        l.next("the headings")?;
        table.rows(&mut l)?;
        Ok(table)
    }

    /// Rows of all nodes at each date, until the end or an empty line.
    fn rows(&mut self, l: &mut Lines<'_>) -> Result<(), FileError> {
        let columns = self.constituents.len() + 1;
        for (k, (n, line)) in l.lines.by_ref().enumerate() {
            let w: Vec<&str> = line.split_whitespace().collect();
            if w.is_empty() {
                break;
            }
            if w.len() < 7 + columns {
                return wrong(format!("line {} has {} entries, not {}", n + 1, w.len(), 7 + columns));
            }
            for word in &w[7..7 + columns] {
                match word.parse::<f64>() {
                    Ok(v) if v.is_finite() => self.values.push(v),
                    _ => return wrong(format!("line {}: `{word}` is not a number", n + 1)),
                }
            }
            let when: Vec<i64> = w[1..7].iter().filter_map(|x| x.parse().ok()).collect();
            let [y, mo, d, h, mi, s] = when[..] else {
                return wrong(format!("line {} has no year, month, day, hour, minute, second", n + 1));
            };
            let Some(day) = encode(y, mo, d) else {
                return wrong(format!("line {} has no date", n + 1));
            };
            let date = day + (h * 3600 + mi * 60 + s) as f64 / 86400.0;
            if (k + 1).is_multiple_of(self.names.len()) {
                self.dates.push(date);
            }
        }
        self.values.truncate(self.dates.len() * self.names.len() * columns);
        Ok(())
    }
}

fn unit(word: &str) -> Option<FlowUnits> {
    use FlowUnits::{Cfs, Cms, Gpm, Lps, Mgd, Mld};
    [Cfs, Gpm, Mgd, Cms, Lps, Mld].into_iter().find(|u| numerics::inp::starts_with(word, u.word()))
}

/// 入流接口文件, read.
#[derive(Debug, Clone)]
pub(crate) struct InflowsFile {
    table: Table,
    /// Constituent of each pollutant of the model, if the file has it.
    pollutants: Vec<Option<usize>>,
}

impl InflowsFile {
    pub(super) fn read(model: &Model, file: &[u8]) -> Result<Self, FileError> {
        let table = Table::read(model, numerics::inp::decode(file).as_str())?;
        if table.dates.windows(2).any(|d| d[1] <= d[0]) {
            return wrong("its dates do not grow");
        }
        let own = &model.project.quality.pollutants;
        let mut pollutants = Vec::new();
        for p in own.iter().take(model.quality.count()) {
            let at = table.constituents.iter().position(|(name, _)| name.eq_ignore_ascii_case(&p.name));
            if let Some((name, unit)) = at.and_then(|k| table.constituents.get(k))
                && !unit.eq_ignore_ascii_case(p.units.word())
            {
                return wrong(format!("it has `{name}` in {unit}, this model in {}", p.units.word()));
            }
            pollutants.push(at.map(|k| k + 1));
        }
        Ok(Self { table, pollutants })
    }

    /// Names in it that the model does not have.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = &str> {
        let t = &self.table;
        t.nodes.iter().zip(&t.names).filter(|(node, _)| node.is_none()).map(|(_, name)| name.as_str())
    }

    /// Rows before and after a date and how far it is between them; nothing outside them.
    fn rows(&self, date: f64) -> Option<(usize, usize, f64)> {
        let t = &self.table;
        let k = t.dates.partition_point(|d| *d < date);
        if k == t.dates.len() || t.dates[0] > date {
            return None;
        }
        let old = k.saturating_sub(1);
        let f =
            if k > old { ((date - t.dates[old]) / (t.dates[k] - t.dates[old])).clamp(0.0, 1.0) } else { 1.0 };
        Some((old, k, f))
    }

    /// A column (0 the flow) of a node between two rows.
    fn value(&self, (old, new, f): (usize, usize, f64), node: usize, column: usize) -> f64 {
        let t = &self.table;
        let factor = if column == 0 { t.units.flow } else { 1.0 };
        let columns = t.constituents.len() + 1;
        let of = |row: usize| t.values[(row * t.names.len() + node) * columns + column] / factor;
        (1.0 - f) * of(old) + f * of(new)
    }
}

impl State {
    /// Adds the inflows of the interface file.
    pub(crate) fn add_interface_inflows(&mut self, model: &Model, now: f64) {
        let Some(file) = &model.interface.inflows else { return };
        let Some(rows) = file.rows(now) else { return };
        for (i, node) in file.table.nodes.iter().enumerate() {
            let Some(node) = *node else { continue };
            let q = file.value(rows, i, 0);
            if q.abs() < FLOW_TOL {
                continue;
            }
            for (p, column) in file.pollutants.iter().enumerate().filter(|_| q > 0.0) {
                if let Some(column) = *column {
                    self.add_load(node, p, q * file.value(rows, i, column), Source::External);
                }
            }
            self.lateral[node] += q;
            if q >= 0.0 {
                self.balance.step.external += q;
            } else {
                self.balance.step.outflow += -q;
            }
        }
    }
}

/// Nodes whose flow leaves the model, in order.
fn outlets(model: &Model) -> impl Iterator<Item = usize> {
    let dynamic = model.options.routing == Routing::Dynamic;
    let n = &model.nodes;
    (0..n.kind.len())
        .filter(move |i| if dynamic { n.kind[*i] == NodeType::Outfall } else { n.degree[*i] == 0 })
}

/// The head of an outflow file, with the first row where the report begins with the run.
pub(super) fn outflow_head(model: &Model) -> String {
    let title = model.project.title.iter().find(|t| !t.trim().is_empty() && !t.trim_start().starts_with(';'));
    let mut text = String::from("SWMM5 Interface File\n");
    // SWMM puts a blank where the title's line ended.
    let _ = match title {
        Some(title) => writeln!(text, "{title} "),
        None => writeln!(text),
    };
    let _ = writeln!(text, "{:<4} - reporting time step in sec", model.options.report_step);
    let pollutants = &model.project.quality.pollutants;
    let _ = writeln!(text, "{:<4} - number of constituents as listed below:", pollutants.len() + 1);
    let _ = writeln!(text, "FLOW {}", model.units.flow_units.word());
    for p in pollutants {
        let _ = writeln!(text, "{} {}", p.name, p.units.word());
    }
    let _ = write!(text, "{:<4} - number of nodes as listed below:", outlets(model).count());
    for i in outlets(model) {
        let _ = write!(text, "\n{}", model.nodes.name[i]);
    }
    text.push_str("\nNode             Year Mon Day Hr  Min Sec FLOW      ");
    for p in pollutants {
        let _ = write!(text, " {:<10}", p.name);
    }
    if model.report_start == model.options.start {
        for i in outlets(model) {
            row(&mut text, &model.nodes.name[i], model.report_start, 0.0);
            pollutants.iter().for_each(|_| concentration(&mut text, 0.0));
        }
    }
    text
}

/// The rows of a report period.
pub(super) fn outflow_rows(model: &Model, state: &State, date: f64, text: &mut String) {
    for i in outlets(model) {
        row(text, &model.nodes.name[i], date, state.inflow[i] * model.units.flow);
        for p in 0..model.project.quality.pollutants.len() {
            concentration(text, state.node_quality(model, i, p).unwrap_or(0.0));
        }
    }
}

fn concentration(text: &mut String, c: f64) {
    let _ = write!(text, " {c:<10.6}");
}

fn row(text: &mut String, name: &str, date: f64, flow: f64) {
    let ((y, mo, d), (h, mi, s)) = (civil(date), clock(date));
    let _ = write!(text, "\n{name:<16} {y:04} {mo:02}  {d:02}  {h:02}  {mi:02}  {s:02}  {flow:<10.6}");
}
