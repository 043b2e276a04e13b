//! Tables of pumps, nodes and links (`writeenergy`, `writenodetable`, `writelinktable` in report.c).

use super::clock;
use super::options::{Chosen, DIAMETER, ELEVATION, FRICTION, Field, LENGTH, QUALITY, Wanted};
use super::page::Page;
use crate::model::{LinkType, Model};
use crate::out::quality_names;
use crate::project::{QualityKind, Statistic};
use crate::state::State;

/// Values beyond this are told in powers of ten.
const LARGE: f64 = 1e6;
const CONTINUED: &str = " (continued)";

/// Energy of the pumps.
pub(super) fn energy(page: &mut Page, m: &Model, state: &State) {
    if m.pumps.is_empty() {
        return;
    }
    let head = |page: &mut Page, more: &str| {
        page.make_room();
        page.line(&format!("Energy Usage:{more}"));
        page.rule(63);
        page.line("           Usage   Avg.     Kw-hr      Avg.      Peak      Cost");
        let per = if m.factors.metric { "  /m3" } else { "/Mgal" };
        page.line(&format!("Pump      Factor Effic.     {per}        Kw        Kw      /day"));
        page.rule(63);
    };
    page.line(" ");
    head(page, "");
    let mut cost = 0.0;
    for e in super::energy(m, state) {
        cost += e.cost_per_day;
        if page.is_full() {
            head(page, CONTINUED);
        }
        let name = m.project.links.get(e.link).map_or("", |l| l.name.as_str());
        page.line(&format!(
            "{}  {:6.2} {:6.2} {:9.2} {:9.2} {:9.2} {:9.2}",
            padded(name, 8),
            e.utilisation,
            e.efficiency,
            e.kwh_per_volume,
            e.kw_mean,
            e.kw_max,
            e.cost_per_day
        ));
    }
    page.rule(63);
    let charge = state.power_peak * m.project.options.demand_charge;
    page.line(&format!("{:38} Demand Charge: {charge:9.2}", ""));
    page.line(&format!("{:38} Total Cost:    {:9.2}", "", cost + charge));
    page.line(" ");
}

/// Results of one period, in the order of the binary results, and the second they belong to.
pub(super) struct Period<'a> {
    pub time: i64,
    pub values: &'a [f32],
}

impl Period<'_> {
    /// Value of element `i` of `count` in column `column`, the columns beginning at `base`.
    fn value(&self, base: usize, column: usize, count: usize, i: usize) -> f64 {
        self.values.get(base + column * count + i).map_or(0.0, |v| f64::from(*v))
    }
}

/// Both tables of a period.
pub(super) fn period(page: &mut Page, m: &Model, wanted: &Wanted, period: &Period<'_>) {
    let node = wanted.fields.get(ELEVATION..=QUALITY).unwrap_or_default();
    let link = wanted.fields.get(LENGTH..=FRICTION).unwrap_or_default();
    if !node.iter().chain(link).any(|f| f.enabled) {
        return;
    }
    if wanted.nodes != Chosen::None && node.iter().any(|f| f.enabled) {
        nodes(page, m, wanted, period);
    }
    if wanted.links != Chosen::None && link.iter().any(|f| f.enabled) {
        links(page, m, wanted, period);
    }
}

fn nodes(page: &mut Page, m: &Model, wanted: &Wanted, period: &Period<'_>) {
    let fields = wanted.fields.get(ELEVATION..=QUALITY).unwrap_or_default();
    let head = |page: &mut Page, more: &str| heading(page, m, period.time, "Node", fields, more);
    head(page, "");
    let count = m.project.nodes.len();
    for (i, node) in m.project.nodes.iter().enumerate() {
        let mut values = vec![node.elevation];
        values.extend((0..4).map(|column| period.value(0, column, count, i)));
        if !wanted.nodes.has(i) || !within(fields, &values) {
            continue;
        }
        if page.is_full() {
            head(page, CONTINUED);
        }
        let mut line = padded(&node.name, 15);
        cells(&mut line, fields, &values);
        line.push_str(match node.kind {
            crate::project::NodeKind::Junction { .. } => "",
            crate::project::NodeKind::Reservoir { .. } => "  Reservoir",
            crate::project::NodeKind::Tank(_) => "  Tank",
        });
        page.line(&line);
    }
    page.line(" ");
}

fn links(page: &mut Page, m: &Model, wanted: &Wanted, period: &Period<'_>) {
    let fields = wanted.fields.get(LENGTH..=FRICTION).unwrap_or_default();
    let head = |page: &mut Page, more: &str| heading(page, m, period.time, "Link", fields, more);
    head(page, "");
    let (base, count) = (4 * m.project.nodes.len(), m.project.links.len());
    for (i, link) in m.project.links.iter().enumerate() {
        let Some(k) = m.link_at.get(i).map(|&k| k as usize) else { continue };
        let kind = m.types.get(k).copied();
        let pump = matches!(kind, Some(LinkType::Pump(_)));
        let of = |all: &[f64], factor: f64| all.get(k).map_or(0.0, |v| v * factor);
        let diameter = if pump { 0.0 } else { of(&m.diameter, m.factors.diameter) };
        let mut values = vec![of(&m.length, m.factors.head), diameter];
        values.extend((0..8).map(|column| period.value(base, column, count, i)));
        // A link's length does not choose it, as in EPANET.
        let judged = DIAMETER - LENGTH;
        if !wanted.links.has(i)
            || !within(fields.get(judged..).unwrap_or_default(), values.get(judged..).unwrap_or_default())
        {
            continue;
        }
        if page.is_full() {
            head(page, CONTINUED);
        }
        let mut line = padded(&link.name, 15);
        cells(&mut line, fields, &values);
        if !matches!(kind, Some(LinkType::Pipe | LinkType::CheckValve)) {
            line.push_str("  ");
            line.push_str(super::status::kind_name(kind));
        }
        page.line(&line);
    }
    page.line(" ");
}

fn within(fields: &[Field], values: &[f64]) -> bool {
    fields.iter().zip(values).all(|(f, v)| f.below.is_none_or(|b| *v <= b) && f.above.is_none_or(|a| *v >= a))
}

fn cells(line: &mut String, fields: &[Field], values: &[f64]) {
    for (field, &value) in fields.iter().zip(values).filter(|(f, _)| f.enabled) {
        let cell = if field.name == STATE {
            match value {
                v if v <= 2.0 => "closed",
                4.0 => "active",
                _ => "open",
            }
            .to_owned()
        } else if value.abs() > LARGE {
            power_of_ten(value, 2)
        } else {
            format!("{value:.*}", field.precision)
        };
        line.push_str(&format!("{cell:>10}"));
    }
}

/// A name filled up to a column's width; signs of East Asian scripts take two columns (EPANET counts bytes).
fn padded(name: &str, width: usize) -> String {
    let wide = |c: char| matches!(u32::from(c), 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x20000..=0x3fffd);
    let taken: usize = name.chars().map(|c| if wide(c) { 2 } else { 1 }).sum();
    format!("{name}{}", " ".repeat(width.saturating_sub(taken)))
}

/// The name of the status column.
const STATE: &str = "State";

/// C's `%.*e`.
pub(super) fn power_of_ten(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    format!("{digits}e{}{:02}", if power < 0 { '-' } else { '+' }, power.abs())
}

fn heading(page: &mut Page, m: &Model, time: i64, what: &str, fields: &[Field], more: &str) {
    page.make_room();
    let statistic = match m.project.times.statistic {
        Statistic::Series => "",
        Statistic::Average => "AVERAGE ",
        Statistic::Minimum => "MINIMUM ",
        Statistic::Maximum => "MAXIMUM ",
        Statistic::Range => "DIFFERENTIAL ",
    };
    let at = if statistic.is_empty() && m.clocks.duration > 0 {
        format!(" at {} hrs", clock(time))
    } else {
        String::new()
    };
    page.line(&format!("{statistic}{what} Results{at}:{more}"));
    let (mut names, mut units) = (format!("{:15}", ""), format!("{what:<15}"));
    let mut width = 15;
    let chemical = quality_names(m);
    for (i, field) in fields.iter().enumerate().filter(|(_, f)| f.enabled) {
        width += 10;
        // The last column of nodes is named after the constituent.
        let (name, unit) = if what == "Node" && i == QUALITY {
            (chemical.0.as_str(), constituent_unit(m, &chemical.1))
        } else {
            (field.name, field.unit.clone())
        };
        names.push_str(&format!("{name:>10}"));
        units.push_str(&format!("{unit:>10}"));
    }
    page.rule(width);
    page.line(&names);
    page.line(&units);
    page.rule(width);
}

/// The unit of the constituent; of a trace, the node it comes from.
fn constituent_unit(m: &Model, unit: &str) -> String {
    match m.project.options.quality {
        QualityKind::Trace { node } => m.project.nodes.get(node).map_or_else(String::new, |n| n.name.clone()),
        _ => unit.to_owned(),
    }
}
