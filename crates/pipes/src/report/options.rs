//! What `[REPORT]` asks for (报告选项; EPANET manual, Appendix C `[REPORT]`; `reportdata` in input3.c).

use crate::model::Model;
use crate::project::{FlowUnits, PressureUnits, Project, QualityKind};
use numerics::inp::starts_with;

/// Which elements are reported.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Chosen {
    #[default]
    None,
    All,
    /// Indices.
    Some(Vec<usize>),
}

impl Chosen {
    pub(super) fn has(&self, index: usize) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Some(list) => list.contains(&index),
        }
    }
}

/// How much of the hydraulic status is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Default)]
pub(super) enum Detail {
    #[default]
    No,
    Yes,
    Full,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub name: &'static str,
    pub unit: String,
    pub enabled: bool,
    pub precision: usize,
    /// Rows above this are left out.
    pub below: Option<f64>,
    /// Rows below this are left out.
    pub above: Option<f64>,
}

pub(super) const ELEVATION: usize = 0;
pub(super) const DEMAND: usize = 1;
pub(super) const QUALITY: usize = 4;
pub(super) const LENGTH: usize = 5;
pub(super) const DIAMETER: usize = 6;
const FLOW: usize = 7;
pub(super) const HEAD_LOSS: usize = 9;
pub(super) const FRICTION: usize = 14;
const HEAD: usize = 2;
const REACTION: usize = 13;

const NAMES: [&str; 15] = [
    "Elevation",
    "Demand",
    "Head",
    "Pressure",
    "Quality",
    "Length",
    "Diameter",
    "Flow",
    "Velocity",
    "Headloss",
    "Quality",
    "State",
    "Setting",
    "Reaction",
    "F-Factor",
];

/// The section, read.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub page: usize,
    pub status: Detail,
    pub summary: bool,
    pub messages: bool,
    pub energy: bool,
    pub nodes: Chosen,
    pub links: Chosen,
    pub file: Option<String>,
    pub fields: Vec<Field>,
}

impl Wanted {
    pub(super) fn new(m: &Model) -> Self {
        let p = &m.project;
        let mut wanted = Self {
            page: 0,
            status: Detail::No,
            summary: true,
            messages: true,
            energy: false,
            nodes: Chosen::None,
            links: Chosen::None,
            file: None,
            fields: fields(m),
        };
        for line in &p.report {
            let words: Vec<&str> = line.split_whitespace().collect();
            wanted.take(p, &words);
        }
        if p.options.quality == QualityKind::None
            && let Some(quality) = wanted.fields.get_mut(QUALITY)
        {
            quality.enabled = false;
        }
        wanted
    }

    fn take(&mut self, p: &Project, words: &[&str]) {
        let [first, rest @ ..] = words else { return };
        let Some(last) = rest.last() else {
            self.field(first, rest);
            return;
        };
        let yes = |now: bool| if is(last, "NO") { false } else { now || is(last, "YES") };
        match () {
            () if is(first, "PAGE") => self.page = last.parse().unwrap_or(self.page),
            () if is(first, "STATUS") => {
                self.status = match () {
                    () if is(last, "NO") => Detail::No,
                    () if is(last, "YES") => Detail::Yes,
                    () if is(last, "FULL") => Detail::Full,
                    () => self.status,
                }
            }
            () if is(first, "SUMM") => self.summary = yes(self.summary),
            () if is(first, "MESS") => self.messages = yes(self.messages),
            () if is(first, "ENER") => self.energy = yes(self.energy),
            () if is(first, "NODE") => choose(&mut self.nodes, rest, |name| p.node(name)),
            () if is(first, "LINK") => choose(&mut self.links, rest, |name| p.link(name)),
            () if is(first, "FILE") => self.file = rest.first().map(|&name| name.to_owned()),
            () => self.field(first, rest),
        }
    }

    fn field(&mut self, first: &str, rest: &[&str]) {
        let found = if first.eq_ignore_ascii_case("Headloss") {
            Some(HEAD_LOSS)
        } else {
            NAMES.iter().position(|name| is(first, name))
        };
        let Some(field) = found.and_then(|i| self.fields.get_mut(i)) else { return };
        match *rest {
            [] => field.enabled = true,
            [word, ..] if is(word, "YES") => field.enabled = true,
            [word, ..] if is(word, "NO") => field.enabled = false,
            [word, value, ..] => {
                let Ok(value) = value.parse::<f64>() else { return };
                match () {
                    () if is(word, "BELOW") => field.below = Some(value),
                    () if is(word, "ABOVE") => field.above = Some(value),
                    () if is(word, "PREC") => {
                        field.enabled = true;
                        #[expect(
                            clippy::cast_possible_truncation,
                            clippy::cast_sign_loss,
                            reason = "`as` keeps within what usize holds; 20 digits are beyond any double"
                        )]
                        let digits = value.round() as usize;
                        field.precision = digits.min(20);
                    }
                    () => {}
                }
            }
            [_] => {}
        }
    }
}

/// EPANET's `match`: the word begins with the key.
fn is(word: &str, key: &str) -> bool {
    starts_with(word, key)
}

fn choose(chosen: &mut Chosen, words: &[&str], find: impl Fn(&str) -> Option<usize>) {
    match words.last() {
        Some(last) if is(last, "NONE") => *chosen = Chosen::None,
        Some(last) if is(last, "ALL") => *chosen = Chosen::All,
        _ => {
            let mut list = if let Chosen::Some(list) = &*chosen { list.clone() } else { Vec::new() };
            list.extend(words.iter().filter_map(|name| find(name)));
            *chosen = Chosen::Some(list);
        }
    }
}

/// Columns with their units (`initreport`, `initunits`).
fn fields(m: &Model) -> Vec<Field> {
    let (metric, flow) = (m.factors.metric, flow_unit(m.project.options.flow_units));
    let of = |si: &str, us: &str| if metric { si } else { us }.to_owned();
    let (length, quality) = (of("m", "ft"), quality_unit(m));
    let unit = |i: usize| match i {
        ELEVATION | HEAD | LENGTH => length.clone(),
        DEMAND | FLOW => flow.to_owned(),
        3 => pressure_unit(m.factors.pressure_units).to_owned(),
        QUALITY => quality.clone(),
        DIAMETER => of("mm", "in"),
        8 => of("m/s", "fps"),
        HEAD_LOSS => of("/1000m", "/1000ft"),
        REACTION if matches!(m.project.options.quality, QualityKind::Chemical { .. }) => {
            format!("{quality}/day")
        }
        _ => String::new(),
    };
    let enabled = |i| (DEMAND..=QUALITY).contains(&i) || (FLOW..=HEAD_LOSS).contains(&i);
    let field = |(i, &name): (usize, &&'static str)| Field {
        name,
        unit: unit(i),
        enabled: enabled(i),
        precision: if i == FRICTION { 3 } else { 2 },
        below: None,
        above: None,
    };
    NAMES.iter().enumerate().map(field).collect()
}

fn quality_unit(m: &Model) -> String {
    match &m.project.options.quality {
        QualityKind::None => String::new(),
        QualityKind::Chemical { unit, .. } => unit.clone(),
        QualityKind::Age => "hrs".to_owned(),
        QualityKind::Trace { .. } => "% from".to_owned(),
    }
}

pub(super) const fn flow_unit(units: FlowUnits) -> &'static str {
    match units {
        FlowUnits::Cfs => "cfs",
        FlowUnits::Gpm => "gpm",
        FlowUnits::Mgd => "mgd",
        FlowUnits::Imgd => "Imgd",
        FlowUnits::Afd => "a-f/d",
        FlowUnits::Lps => "L/s",
        FlowUnits::Lpm => "Lpm",
        FlowUnits::Mld => "ML/d",
        FlowUnits::Cmh => "m3/h",
        FlowUnits::Cmd => "m3/d",
        FlowUnits::Cms => "m3/s",
    }
}

const fn pressure_unit(units: PressureUnits) -> &'static str {
    match units {
        PressureUnits::Psi => "PSI",
        PressureUnits::Kpa => "KPA",
        PressureUnits::Metres => "METERS",
        PressureUnits::Bar => "BAR",
        PressureUnits::Feet => "FEET",
    }
}
