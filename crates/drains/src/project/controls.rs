//! Control rules (控制规则): premises, actions, named variables and expressions.

use numerics::inp::{Document, number, starts_with};
use serde::{Deserialize, Serialize};

use super::read::{Kind, Reader, Row};
use super::{Index, LinkKind, Project};
use crate::date::{day_of_year, read_date, read_time};
use crate::expression::Expression;

/// What a premise looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are SWMM's keywords")]
pub enum Quantity {
    Depth,
    MaxDepth,
    Head,
    Volume,
    Inflow,
    Flow,
    FullFlow,
    FullDepth,
    Status,
    Setting,
    Length,
    Slope,
    Velocity,
    TimeOpen,
    TimeClosed,
    Time,
    Date,
    ClockTime,
    Day,
    DayOfYear,
    Month,
    /// Rain now (0) or summed over so many past hours.
    Rain(usize),
}

/// The object it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are SWMM's keywords")]
pub enum ObjectVariable {
    Node(Index, Quantity),
    Link(Index, Quantity),
    Gage(Index, Quantity),
    Simulation(Quantity),
}

/// One side of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Operand {
    /// A variable of an object.
    Variable(ObjectVariable),
    /// A named expression.
    Expression(Index),
    /// A figure.
    Value(f64),
}

/// Comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "comparisons")]
pub enum Relation {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// How a premise joins those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are SWMM's keywords")]
pub enum Clause {
    And,
    Or,
}

/// 前提.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "parts of a comparison")]
pub struct Premise {
    pub clause: Clause,
    pub left: Operand,
    pub relation: Relation,
    pub right: Operand,
}

/// What an action sets.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are SWMM's keywords")]
pub enum Setting {
    Value(f64),
    Curve(Index),
    Series(Index),
    Pid { kp: f64, ki: f64, kd: f64 },
}

/// 动作.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "parts of an action")]
pub struct Action {
    pub link: Index,
    pub setting: Setting,
}

/// 规则.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "parts of a rule")]
pub struct Rule {
    pub name: String,
    pub priority: f64,
    pub premises: Vec<Premise>,
    pub then: Vec<Action>,
    pub otherwise: Vec<Action>,
}

/// `[CONTROLS]`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "parts of the section")]
pub struct Controls {
    pub variables: Vec<(String, ObjectVariable)>,
    pub expressions: Vec<(String, Expression)>,
    pub rules: Vec<Rule>,
    /// Rules (positions) that compare different quantities of objects, as often as they do.
    pub mismatched: Vec<Index>,
}

const QUANTITIES: &[(&str, Quantity)] = &[
    ("DEPTH", Quantity::Depth),
    ("MAXDEPTH", Quantity::MaxDepth),
    ("HEAD", Quantity::Head),
    ("VOLUME", Quantity::Volume),
    ("INFLOW", Quantity::Inflow),
    ("FLOW", Quantity::Flow),
    ("FULLFLOW", Quantity::FullFlow),
    ("FULLDEPTH", Quantity::FullDepth),
    ("STATUS", Quantity::Status),
    ("SETTING", Quantity::Setting),
    ("LENGTH", Quantity::Length),
    ("SLOPE", Quantity::Slope),
    ("VELOCITY", Quantity::Velocity),
    ("TIMEOPEN", Quantity::TimeOpen),
    ("TIMECLOSED", Quantity::TimeClosed),
    ("TIME", Quantity::Time),
    ("DATE", Quantity::Date),
    ("CLOCKTIME", Quantity::ClockTime),
    ("DAYOFYEAR", Quantity::DayOfYear),
    ("DAY", Quantity::Day),
    ("MONTH", Quantity::Month),
];
/// Hours of past rain that are kept.
pub(crate) const PAST_RAIN: usize = 48;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    None,
    Rule,
    If,
    Then,
    Else,
    Priority,
}

pub(super) fn read(project: &mut Project, document: &Document<'_>, reader: &mut Reader<'_>) {
    let sections = || document.sections.iter().filter(|s| s.is("CONTROL"));
    for section in sections() {
        let mut part = Part::None;
        for line in &section.lines {
            let mut row = Row { line, section: section.name, reader };
            let _done = clause(project, &mut row, &mut part);
        }
    }
}

fn clause(project: &mut Project, row: &mut Row<'_, '_, '_>, part: &mut Part) -> Option<()> {
    let key = row.text(0).to_ascii_uppercase();
    let misplaced = |row: &mut Row<'_, '_, '_>| {
        row.problem(
            format!("`{key}` stands where it does not belong"),
            "the order is RULE, IF, AND/OR, THEN, AND, ELSE, AND, PRIORITY",
        );
    };
    if starts_with(&key, "VARIABLE") {
        return variable(project, row);
    }
    if starts_with(&key, "EXPRESSION") {
        return expression(project, row);
    }
    if starts_with(&key, "RULE") {
        *part = Part::Rule;
        project.controls.rules.push(Rule { name: row.text(1).to_owned(), ..Rule::default() });
        return Some(());
    }
    if project.controls.rules.is_empty() {
        misplaced(row);
        return None;
    }
    let next = match (key.as_str(), *part) {
        ("IF", Part::Rule) => Part::If,
        ("AND", now @ (Part::If | Part::Then | Part::Else)) => now,
        ("OR", Part::If) => Part::If,
        ("THEN", Part::If) => Part::Then,
        ("ELSE", Part::Then) => Part::Else,
        ("PRIORITY", Part::Then | Part::Else) => Part::Priority,
        _ => {
            misplaced(row);
            return None;
        }
    };
    *part = next;
    match next {
        Part::If => {
            let clause = if key == "OR" { Clause::Or } else { Clause::And };
            let premise = premise(project, row, clause)?;
            project.controls.rules.last_mut()?.premises.push(premise);
        }
        Part::Then | Part::Else => {
            let action = action(project, row)?;
            let rule = project.controls.rules.last_mut()?;
            if next == Part::Then { rule.then.insert(0, action) } else { rule.otherwise.insert(0, action) }
        }
        _ => project.controls.rules.last_mut()?.priority = row.number(1)?,
    }
    Some(())
}

fn variable(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(5) {
        return None;
    }
    let (v, _) = object(row, 3)?;
    project.controls.variables.push((row.text(1).to_owned(), v));
    Some(())
}

fn expression(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(4) {
        return None;
    }
    let text = row.line.tokens.get(3..).unwrap_or(&[]).join(" ");
    let names = &project.controls.variables;
    let find = |name: &str| names.iter().position(|(n, _)| starts_with(name, n));
    match Expression::read(&text, &find) {
        Ok(e) => project.controls.expressions.push((row.text(1).to_owned(), e)),
        Err(why) => {
            row.problem(
                format!("the expression cannot be read: {why}"),
                "correct it; variables are defined before",
            );
            return None;
        }
    }
    Some(())
}

const OF_NODE: [Quantity; 5] =
    [Quantity::Depth, Quantity::MaxDepth, Quantity::Head, Quantity::Volume, Quantity::Inflow];
const OF_CONDUIT: [Quantity; 10] = [
    Quantity::Status,
    Quantity::Depth,
    Quantity::FullFlow,
    Quantity::FullDepth,
    Quantity::Flow,
    Quantity::Length,
    Quantity::Slope,
    Quantity::Velocity,
    Quantity::TimeOpen,
    Quantity::TimeClosed,
];
const OF_PUMP: [Quantity; 5] =
    [Quantity::Flow, Quantity::Setting, Quantity::Status, Quantity::TimeOpen, Quantity::TimeClosed];
const OF_REGULATOR: [Quantity; 4] =
    [Quantity::Flow, Quantity::Setting, Quantity::TimeOpen, Quantity::TimeClosed];
const OF_SIMULATION: [Quantity; 6] = [
    Quantity::Time,
    Quantity::Date,
    Quantity::ClockTime,
    Quantity::Day,
    Quantity::Month,
    Quantity::DayOfYear,
];

/// The quantity in word `i`, one of those its object has.
fn quantity_of(row: &mut Row<'_, '_, '_>, i: usize, allowed: &[Quantity]) -> Option<Quantity> {
    let q = row.word(i, QUANTITIES)?;
    if allowed.contains(&q) {
        return Some(q);
    }
    let words: Vec<&str> = QUANTITIES.iter().filter(|(_, q)| allowed.contains(q)).map(|(w, _)| *w).collect();
    let word = row.text(i).to_owned();
    row.problem(format!("this object has no `{word}`"), format!("one of {}", words.join(", ")));
    None
}

/// An object and its quantity from word `i`; also the position of the last word used.
fn object(row: &mut Row<'_, '_, '_>, i: usize) -> Option<(ObjectVariable, usize)> {
    let word = row.text(i).to_ascii_uppercase();
    let is = |w: &str| starts_with(&word, w);
    if is("SIMULATION") {
        let q = quantity_of(row, i + 1, &OF_SIMULATION)?;
        return Some((ObjectVariable::Simulation(q), i + 1));
    }
    if is("GAGE") {
        let gage = row.find(i + 1, Kind::Gage)?;
        let hours = if starts_with(row.text(i + 2), "INTENSITY") {
            0
        } else {
            let digits: String = row.text(i + 2).chars().take_while(char::is_ascii_digit).collect();
            match digits.parse::<usize>() {
                Ok(n) if (1..=PAST_RAIN).contains(&n) => n,
                _ => {
                    row.problem(
                        "the gage's rain is neither INTENSITY nor 1 to 48 hours",
                        "write one of them",
                    );
                    return None;
                }
            }
        };
        return Some((ObjectVariable::Gage(gage, Quantity::Rain(hours)), i + 2));
    }
    if is("NODE") {
        let node = row.find(i + 1, Kind::Node)?;
        return Some((ObjectVariable::Node(node, quantity_of(row, i + 2, &OF_NODE)?), i + 2));
    }
    let of_link: Option<&[Quantity]> = if is("LINK") || is("CONDUIT") {
        Some(&OF_CONDUIT)
    } else if is("PUMP") {
        Some(&OF_PUMP)
    } else if ["ORIFICE", "WEIR", "OUTLET"].iter().any(|w| is(w)) {
        Some(&OF_REGULATOR)
    } else {
        None
    };
    if let Some(allowed) = of_link {
        let link = row.find(i + 1, Kind::Link)?;
        return Some((ObjectVariable::Link(link, quantity_of(row, i + 2, allowed)?), i + 2));
    }
    row.problem(
        format!("`{word}` is not an object a rule can look at"),
        "NODE, LINK, PUMP, ORIFICE, WEIR, OUTLET, GAGE or SIMULATION",
    );
    None
}

impl Controls {
    /// Names of rules that compare different quantities, as often as they do.
    pub(crate) fn mismatched(&self) -> impl Iterator<Item = &str> {
        self.mismatched.iter().filter_map(|i| self.rules.get(*i)).map(|rule| rule.name.as_str())
    }
}

const fn quantity(v: ObjectVariable) -> Quantity {
    match v {
        ObjectVariable::Node(_, q)
        | ObjectVariable::Link(_, q)
        | ObjectVariable::Gage(_, q)
        | ObjectVariable::Simulation(q) => q,
    }
}

fn premise(project: &mut Project, row: &mut Row<'_, '_, '_>, clause: Clause) -> Option<Premise> {
    const RELATIONS: [(&str, Relation); 6] = [
        ("=", Relation::Equal),
        ("<>", Relation::NotEqual),
        ("<", Relation::Less),
        ("<=", Relation::LessOrEqual),
        (">", Relation::Greater),
        (">=", Relation::GreaterOrEqual),
    ];
    if !row.has(4) {
        return None;
    }
    let names = &project.controls;
    let named = |word: &str| names.variables.iter().find(|(n, _)| starts_with(word, n)).map(|(_, v)| *v);
    let mut i = 1;
    let left = if let Some(e) = names.expressions.iter().position(|(n, _)| starts_with(row.text(1), n)) {
        Operand::Expression(e)
    } else if let Some(v) = named(row.text(1)) {
        Operand::Variable(v)
    } else {
        let (v, last) = object(row, 1)?;
        i = last;
        Operand::Variable(v)
    };
    i += 1;
    let word = row.text(i).to_owned();
    let Some(relation) = RELATIONS.iter().find(|(w, _)| *w == word).map(|(_, r)| *r) else {
        row.problem(format!("`{word}` is not a comparison"), "write =, <>, <, <=, > or >=");
        return None;
    };
    i += 1;
    let mut unlike = false;
    let right = if let Some(v) = named(row.text(i)) {
        Operand::Variable(v)
    } else if ["NODE", "LINK", "CONDUIT", "PUMP", "ORIFICE", "WEIR", "OUTLET", "GAGE", "SIMULATION"]
        .iter()
        .any(|w| starts_with(row.text(i), w))
    {
        let (v, _) = object(row, i)?;
        // Against a variable by name SWMM does not ask.
        unlike = matches!(left, Operand::Variable(l) if quantity(l) != quantity(v));
        Operand::Variable(v)
    } else {
        let q = if let Operand::Variable(v) = left { Some(quantity(v)) } else { None };
        Operand::Value(value(row, i, q)?)
    };
    if unlike {
        let rule = names.rules.len().saturating_sub(1);
        project.controls.mismatched.push(rule);
    }
    Some(Premise { clause, left, relation, right })
}

fn value(row: &mut Row<'_, '_, '_>, i: usize, q: Option<Quantity>) -> Option<f64> {
    let word = row.text(i).to_owned();
    let found = match q {
        Some(Quantity::Status) => status(&word),
        Some(Quantity::Time | Quantity::ClockTime | Quantity::TimeOpen | Quantity::TimeClosed) => {
            read_time(&word)
        }
        Some(Quantity::Date) => read_date(&word),
        Some(Quantity::Day) => number(&word).filter(|d| (1.0..=7.0).contains(d)),
        Some(Quantity::Month) => number(&word).filter(|m| (1.0..=12.0).contains(m)),
        Some(Quantity::DayOfYear) => read_date(&format!("{word}/1947"))
            .map(|d| day_of_year(d) as f64)
            .or_else(|| number(&word).filter(|d| (1.0..=365.0).contains(d))),
        _ => number(&word),
    };
    if found.is_none() {
        row.problem(
            format!("`{word}` cannot be compared with"),
            "write a figure, a time, a date or a status",
        );
    }
    found
}

fn status(word: &str) -> Option<f64> {
    [("OFF", 0.0), ("ON", 1.0), ("CLOSED", 0.0), ("OPEN", 1.0)]
        .iter()
        .find(|(w, _)| starts_with(word, w))
        .map(|(_, v)| *v)
}

fn action(project: &Project, row: &mut Row<'_, '_, '_>) -> Option<Action> {
    if !row.has(6) {
        return None;
    }
    let link = row.find(2, Kind::Link)?;
    let kind = row.text(1).to_ascii_uppercase();
    let fits = project.links.get(link).is_some_and(|l| match l.kind {
        LinkKind::Conduit { .. } => starts_with(&kind, "CONDUIT"),
        LinkKind::Pump { .. } => starts_with(&kind, "PUMP"),
        LinkKind::Orifice { .. } => starts_with(&kind, "ORIFICE"),
        LinkKind::Weir { .. } => starts_with(&kind, "WEIR"),
        LinkKind::Outlet { .. } => starts_with(&kind, "OUTLET"),
    });
    if !fits {
        row.problem(format!("the link is not a {kind}"), "write the kind it has");
        return None;
    }
    let by_status = starts_with(row.text(3), "STATUS");
    let conduit_or_pump = starts_with(&kind, "CONDUIT") || starts_with(&kind, "PUMP");
    if (by_status && !conduit_or_pump)
        || (!by_status && (!starts_with(row.text(3), "SETTING") || starts_with(&kind, "CONDUIT")))
    {
        row.problem(
            "this kind of link cannot be set so",
            "STATUS for conduits and pumps, SETTING for pumps, orifices, weirs and outlets",
        );
        return None;
    }
    let word = row.text(5).to_ascii_uppercase();
    let setting = if by_status {
        let words: [(&str, f64); 2] = if starts_with(&kind, "CONDUIT") {
            [("CLOSED", 0.0), ("OPEN", 1.0)]
        } else {
            [("OFF", 0.0), ("ON", 1.0)]
        };
        Setting::Value(row.word(5, &words)?)
    } else if starts_with(&word, "CURVE") {
        Setting::Curve(row.find(6, Kind::Curve)?)
    } else if starts_with(&word, "TIMESERIES") {
        Setting::Series(row.find(6, Kind::Series)?)
    } else if starts_with(&word, "PID") {
        if !row.has(9) {
            return None;
        }
        Setting::Pid { kp: row.number(6)?, ki: row.number(7)?, kd: row.number(8)? }
    } else {
        let v = row.number(5)?;
        if !starts_with(&kind, "PUMP") && !(0.0..=1.0).contains(&v) {
            row.problem(format!("a setting of {v}"), "write 0 to 1");
            return None;
        }
        Setting::Value(v)
    };
    Some(Action { link, setting })
}
