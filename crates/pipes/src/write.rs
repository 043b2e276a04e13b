//! Writes a project as `.inp` that EPANET opens (写出). Reading what was written gives the same project.

use crate::project::{
    Action, FlowUnits, Formula, InitialStatus, Link, LinkKind, Mixing, Node, NodeKind, PressureUnits,
    Project, QualityKind, Relation, RuleValue, SourceKind, Statistic, Subject, Trigger, Unbalanced,
    ValveKind, Variable,
};
use crate::report::clock;
use std::fmt::Write as _;

/// A name as the file must have it: quoted when it has blanks.
fn quoted(name: &str) -> String {
    if name.contains([' ', '\t']) || name.is_empty() { format!("\"{name}\"") } else { name.to_owned() }
}

struct Writer<'a> {
    p: &'a Project,
    out: String,
}

/// The project's text.
#[must_use]
pub fn write(project: &Project) -> String {
    let mut w = Writer { p: project, out: String::new() };
    w.section("TITLE");
    for line in &project.title {
        w.line(line);
    }
    w.nodes();
    w.links();
    w.extras();
    w.patterns();
    w.controls();
    w.process();
    w.times();
    w.options();
    w.section("REPORT");
    for line in &project.report {
        w.line(line);
    }
    w.map();
    w.out.push_str("\n[END]\n");
    w.out
}

impl Writer<'_> {
    fn section(&mut self, name: &str) {
        let _ = write!(self.out, "\n[{name}]\n");
    }

    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn node(&self, index: usize) -> String {
        self.p.nodes.get(index).map(|n| quoted(&n.name)).unwrap_or_default()
    }

    fn link(&self, index: usize) -> String {
        self.p.links.get(index).map(|l| quoted(&l.name)).unwrap_or_default()
    }

    fn pattern(&self, index: Option<usize>) -> String {
        index.and_then(|i| self.p.patterns.get(i)).map(|p| quoted(&p.name)).unwrap_or_default()
    }

    fn curve(&self, index: Option<usize>) -> String {
        index.and_then(|i| self.p.curves.get(i)).map(|c| quoted(&c.name)).unwrap_or_default()
    }

    fn nodes(&mut self) {
        self.section("JUNCTIONS");
        self.each_node(|w, n| match &n.kind {
            NodeKind::Junction { .. } => {
                Some(format!("{} {}{}", quoted(&n.name), n.elevation, w.comment(&n.comment)))
            }
            _ => None,
        });
        // Reservoirs and tanks share one order: both stand under [TANKS], as EPANET allows.
        self.section("TANKS");
        self.each_node(|w, n| {
            let name = quoted(&n.name);
            match &n.kind {
                NodeKind::Junction { .. } => None,
                NodeKind::Reservoir { pattern } => {
                    Some(format!("{name} {} {}{}", n.elevation, w.pattern(*pattern), w.comment(&n.comment)))
                }
                NodeKind::Tank(t) => {
                    let curve =
                        if t.volume_curve.is_some() { w.curve(t.volume_curve) } else { "*".to_owned() };
                    Some(format!(
                        "{name} {} {} {} {} {} {} {curve} {}{}",
                        n.elevation,
                        t.initial_level,
                        t.minimum_level,
                        t.maximum_level,
                        t.diameter,
                        t.minimum_volume,
                        if t.overflow { "YES" } else { "NO" },
                        w.comment(&n.comment)
                    ))
                }
            }
        });
    }

    fn comment(&self, comment: &str) -> String {
        if comment.is_empty() { String::new() } else { format!(" ;{comment}") }
    }

    fn each_node(&mut self, text: impl Fn(&Self, &Node) -> Option<String>) {
        for node in &self.p.nodes {
            if let Some(line) = text(self, node) {
                self.line(&line);
            }
        }
    }

    fn each_link(&mut self, text: impl Fn(&Self, &Link) -> Option<String>) {
        for link in &self.p.links {
            if let Some(line) = text(self, link) {
                self.line(&line);
            }
        }
    }

    /// Links in the file's order: a heading whenever the kind changes.
    fn links(&mut self) {
        let mut last = "";
        for link in &self.p.links {
            let head = format!("{} {} {}", quoted(&link.name), self.node(link.from), self.node(link.to));
            let (section, rest) = match &link.kind {
                LinkKind::Pipe(p) => {
                    let status = match (p.check_valve, link.status) {
                        (true, _) => "CV",
                        (_, InitialStatus::Closed) => "CLOSED",
                        _ => "OPEN",
                    };
                    (
                        "PIPES",
                        format!("{} {} {} {} {status}", p.length, p.diameter, p.roughness, p.minor_loss),
                    )
                }
                LinkKind::Pump(p) => {
                    let mut text = String::new();
                    if p.head_curve.is_some() {
                        let _ = write!(text, "HEAD {} ", self.curve(p.head_curve));
                    }
                    if p.power > 0.0 {
                        let _ = write!(text, "POWER {} ", p.power);
                    }
                    if p.speed != 1.0 {
                        let _ = write!(text, "SPEED {} ", p.speed);
                    }
                    if p.pattern.is_some() {
                        let _ = write!(text, "PATTERN {} ", self.pattern(p.pattern));
                    }
                    ("PUMPS", text)
                }
                LinkKind::Valve(v) => {
                    let setting =
                        if v.kind == ValveKind::Gpv { self.curve(v.curve) } else { v.setting.to_string() };
                    let curve = if v.kind == ValveKind::Pcv { self.curve(v.curve) } else { String::new() };
                    ("VALVES", format!("{} {} {setting} {} {curve}", v.diameter, v.kind.word(), v.minor_loss))
                }
            };
            let comment = self.comment(&link.comment);
            if section != last {
                self.section(section);
                last = section;
            }
            self.line(&format!("{head} {rest}{comment}"));
        }
    }

    fn extras(&mut self) {
        self.section("STATUS");
        self.each_link(|_, l| {
            let name = quoted(&l.name);
            match (&l.kind, l.status) {
                (LinkKind::Pump(p), InitialStatus::Closed) if p.speed == 0.0 => {
                    Some(format!("{name} CLOSED"))
                }
                (LinkKind::Valve(v), InitialStatus::Open) if v.kind != ValveKind::Gpv => {
                    Some(format!("{name} OPEN"))
                }
                (LinkKind::Valve(_), InitialStatus::Closed) => Some(format!("{name} CLOSED")),
                _ => None,
            }
        });
        self.section("DEMANDS");
        let mut lines = Vec::new();
        for n in &self.p.nodes {
            if let NodeKind::Junction { demands, .. } = &n.kind {
                for d in demands {
                    let category = self.comment(&d.category);
                    lines.push(format!(
                        "{} {} {}{category}",
                        quoted(&n.name),
                        d.base,
                        self.pattern(d.pattern)
                    ));
                }
            }
        }
        lines.iter().for_each(|l| self.line(l));
        self.section("EMITTERS");
        self.each_node(|_, n| match &n.kind {
            NodeKind::Junction { emitter, .. } if *emitter > 0.0 => {
                Some(format!("{} {emitter}", quoted(&n.name)))
            }
            _ => None,
        });
        self.section("LEAKAGE");
        self.each_link(|_, l| match &l.kind {
            LinkKind::Pipe(p) if p.leak_area > 0.0 || p.leak_expansion > 0.0 => {
                Some(format!("{} {} {}", quoted(&l.name), p.leak_area, p.leak_expansion))
            }
            _ => None,
        });
        self.section("TAGS");
        self.each_node(|_, n| (!n.tag.is_empty()).then(|| format!("NODE {} {}", quoted(&n.name), n.tag)));
        self.each_link(|_, l| (!l.tag.is_empty()).then(|| format!("LINK {} {}", quoted(&l.name), l.tag)));
    }

    fn patterns(&mut self) {
        /// Multipliers on a line.
        const A_LINE: usize = 12;
        self.section("PATTERNS");
        for p in &self.p.patterns {
            for part in p.factors.chunks(A_LINE) {
                let factors: Vec<String> = part.iter().map(ToString::to_string).collect();
                self.line(&format!("{} {}", quoted(&p.name), factors.join(" ")));
            }
        }
        self.section("CURVES");
        for c in &self.p.curves {
            for (x, y) in &c.points {
                self.line(&format!("{} {x} {y}", quoted(&c.name)));
            }
        }
    }

    fn controls(&mut self) {
        self.section("CONTROLS");
        for c in &self.p.controls {
            let effect = match (c.setting, c.status) {
                (Some(s), _) => s.to_string(),
                (None, status) => status_word(status).to_owned(),
            };
            let when = match c.trigger {
                Trigger::Below { node, value } => format!("IF NODE {} BELOW {value}", self.node(node)),
                Trigger::Above { node, value } => format!("IF NODE {} ABOVE {value}", self.node(node)),
                Trigger::Time(t) => format!("AT TIME {}", clock(t)),
                Trigger::ClockTime(t) => format!("AT CLOCKTIME {}", clock(t)),
            };
            let off = if c.enabled { "" } else { " DISABLED" };
            self.line(&format!("LINK {} {effect} {when}{off}", self.link(c.link)));
        }
        self.section("RULES");
        for r in &self.p.rules {
            self.line(&format!("RULE {}", r.name));
            for (i, p) in r.premises.iter().enumerate() {
                let word = if i == 0 {
                    "IF"
                } else if p.or {
                    "OR"
                } else {
                    "AND"
                };
                let subject = match p.subject {
                    Subject::Node(n) => format!("NODE {}", self.node(n)),
                    Subject::Link(l) => format!("LINK {}", self.link(l)),
                    Subject::System => "SYSTEM".to_owned(),
                };
                let value = match (p.value, p.variable) {
                    (RuleValue::Status(s), _) => status_word(s).to_owned(),
                    (RuleValue::Number(v), Variable::Time | Variable::ClockTime) => {
                        #[expect(clippy::cast_possible_truncation, reason = "the reader bounds times")]
                        let t = v.round() as i64;
                        clock(t)
                    }
                    (RuleValue::Number(v), Variable::FillTime | Variable::DrainTime) => {
                        (v / 3600.0).to_string()
                    }
                    (RuleValue::Number(v), _) => v.to_string(),
                };
                self.line(&format!(
                    "{word} {subject} {} {} {value}",
                    variable_word(p.variable),
                    relation_word(p.relation)
                ));
            }
            for (list, first) in [(&r.then, "THEN"), (&r.otherwise, "ELSE")] {
                for (i, a) in list.iter().enumerate() {
                    let line = self.action(if i == 0 { first } else { "AND" }, a);
                    self.line(&line);
                }
            }
            if r.priority != 0.0 {
                self.line(&format!("PRIORITY {}", r.priority));
            }
            if r.disabled {
                self.line("DISABLED");
            }
        }
    }

    fn action(&self, word: &str, a: &Action) -> String {
        let (what, value) = match a.value {
            RuleValue::Status(s) => ("STATUS", status_word(s).to_owned()),
            RuleValue::Number(v) => ("SETTING", v.to_string()),
        };
        format!("{word} LINK {} {what} IS {value}", self.link(a.link))
    }

    fn process(&mut self) {
        let o = &self.p.options;
        self.section("ENERGY");
        let mut lines = vec![
            format!("GLOBAL EFFIC {}", o.pump_efficiency),
            format!("GLOBAL PRICE {}", o.energy_price),
            format!("DEMAND CHARGE {}", o.demand_charge),
        ];
        if o.energy_pattern.is_some() {
            lines.push(format!("GLOBAL PATTERN {}", self.pattern(o.energy_pattern)));
        }
        for l in &self.p.links {
            let LinkKind::Pump(p) = &l.kind else { continue };
            let name = quoted(&l.name);
            if p.efficiency_curve.is_some() {
                lines.push(format!("PUMP {name} EFFIC {}", self.curve(p.efficiency_curve)));
            }
            if p.price > 0.0 {
                lines.push(format!("PUMP {name} PRICE {}", p.price));
            }
            if p.price_pattern.is_some() {
                lines.push(format!("PUMP {name} PATTERN {}", self.pattern(p.price_pattern)));
            }
        }
        lines.iter().for_each(|l| self.line(l));
        self.section("QUALITY");
        self.each_node(|_, n| {
            (n.initial_quality > 0.0).then(|| format!("{} {}", quoted(&n.name), n.initial_quality))
        });
        self.section("SOURCES");
        self.each_node(|w, n| {
            let s = n.source.as_ref()?;
            let kind = match s.kind {
                SourceKind::Concentration => "CONCEN",
                SourceKind::Mass => "MASS",
                SourceKind::Setpoint => "SETPOINT",
                SourceKind::FlowPaced => "FLOWPACED",
            };
            Some(format!("{} {kind} {} {}", quoted(&n.name), s.strength, w.pattern(s.pattern)))
        });
        self.section("REACTIONS");
        let o = &self.p.options;
        let mut lines = vec![
            format!("ORDER BULK {}", o.bulk_order),
            format!("ORDER WALL {}", o.wall_order),
            format!("ORDER TANK {}", o.tank_order),
            format!("GLOBAL BULK {}", o.global_bulk),
            format!("GLOBAL WALL {}", o.global_wall),
            format!("LIMITING POTENTIAL {}", o.limiting_potential),
            format!("ROUGHNESS CORRELATION {}", o.roughness_correlation),
        ];
        for l in &self.p.links {
            if let LinkKind::Pipe(p) = &l.kind {
                lines.extend(p.bulk.map(|k| format!("BULK {} {k}", quoted(&l.name))));
                lines.extend(p.wall.map(|k| format!("WALL {} {k}", quoted(&l.name))));
            }
        }
        for n in &self.p.nodes {
            if let NodeKind::Tank(t) = &n.kind {
                lines.extend(t.bulk.map(|k| format!("TANK {} {k}", quoted(&n.name))));
            }
        }
        lines.iter().for_each(|l| self.line(l));
        self.section("MIXING");
        self.each_node(|_, n| match &n.kind {
            NodeKind::Tank(t) => Some(match t.mixing {
                Mixing::Complete => return None,
                Mixing::TwoCompartments(share) => format!("{} 2COMP {share}", quoted(&n.name)),
                Mixing::Fifo => format!("{} FIFO", quoted(&n.name)),
                Mixing::Lifo => format!("{} LIFO", quoted(&n.name)),
            }),
            _ => None,
        });
    }

    fn times(&mut self) {
        let t = self.p.times.clone();
        self.section("TIMES");
        for (word, seconds) in [
            ("DURATION", t.duration),
            ("HYDRAULIC TIMESTEP", t.hydraulic_step),
            ("QUALITY TIMESTEP", t.quality_step),
            ("RULE TIMESTEP", t.rule_step),
            ("PATTERN TIMESTEP", t.pattern_step),
            ("PATTERN START", t.pattern_start),
            ("REPORT TIMESTEP", t.report_step),
            ("REPORT START", t.report_start),
            ("START CLOCKTIME", t.start_clock),
        ] {
            self.line(&format!("{word} {}", clock(seconds)));
        }
        let word = match t.statistic {
            Statistic::Series => "NONE",
            Statistic::Average => "AVERAGE",
            Statistic::Minimum => "MINIMUM",
            Statistic::Maximum => "MAXIMUM",
            Statistic::Range => "RANGE",
        };
        self.line(&format!("STATISTIC {word}"));
    }

    fn options(&mut self) {
        let o = self.p.options.clone();
        self.section("OPTIONS");
        let mut lines = vec![
            format!("UNITS {}", units_word(o.flow_units)),
            format!(
                "HEADLOSS {}",
                match o.formula {
                    Formula::HazenWilliams => "H-W",
                    Formula::DarcyWeisbach => "D-W",
                    Formula::ChezyManning => "C-M",
                }
            ),
            format!("SPECIFIC GRAVITY {}", o.specific_gravity),
            format!("TRIALS {}", o.trials),
            format!("ACCURACY {}", o.accuracy),
            format!("HEADERROR {}", o.head_error),
            format!("FLOWCHANGE {}", o.flow_change),
            format!("CHECKFREQ {}", o.check_frequency),
            format!("MAXCHECK {}", o.maximum_check),
            format!("DAMPLIMIT {}", o.damp_limit),
            format!("HTOL {}", o.head_tolerance),
            format!("QTOL {}", o.flow_tolerance),
            format!("RQTOL {}", o.resistance_tolerance),
            format!("DEMAND MULTIPLIER {}", o.demand_multiplier),
            format!("EMITTER EXPONENT {}", o.emitter_exponent),
            format!("BACKFLOW ALLOWED {}", if o.emitter_backflow { "YES" } else { "NO" }),
            format!("DEMAND MODEL {}", if o.pressure_driven { "PDA" } else { "DDA" }),
            format!("MINIMUM PRESSURE {}", o.minimum_pressure),
            format!("REQUIRED PRESSURE {}", o.required_pressure),
            format!("PRESSURE EXPONENT {}", o.pressure_exponent),
            match o.unbalanced {
                Unbalanced::Stop => "UNBALANCED STOP".to_owned(),
                Unbalanced::Continue(n) => format!("UNBALANCED CONTINUE {n}"),
            },
            match &o.quality {
                QualityKind::None => "QUALITY NONE".to_owned(),
                QualityKind::Age => "QUALITY AGE".to_owned(),
                QualityKind::Trace { node } => format!("QUALITY TRACE {}", self.node(*node)),
                QualityKind::Chemical { name, unit } => format!("QUALITY {} {unit}", quoted(name)),
            },
        ];
        if !o.default_pattern.is_empty() {
            lines.push(format!("PATTERN {}", quoted(&o.default_pattern)));
        }
        lines.extend(o.viscosity.map(|v| format!("VISCOSITY {v}")));
        lines.extend(o.diffusivity.map(|v| format!("DIFFUSIVITY {v}")));
        lines.extend(o.quality_tolerance.map(|v| format!("TOLERANCE {v}")));
        lines.extend(o.pressure_units.map(|u| {
            let word = match u {
                PressureUnits::Psi => "PSI",
                PressureUnits::Kpa => "KPA",
                PressureUnits::Metres => "METERS",
                PressureUnits::Bar => "BAR",
                PressureUnits::Feet => "FEET",
            };
            format!("PRESSURE {word}")
        }));
        if !o.map.is_empty() {
            lines.push(format!("MAP {}", quoted(&o.map)));
        }
        lines.iter().for_each(|l| self.line(l));
    }

    fn map(&mut self) {
        self.section("COORDINATES");
        self.each_node(|_, n| n.place.map(|(x, y)| format!("{} {x} {y}", quoted(&n.name))));
        self.section("VERTICES");
        let lines: Vec<String> = self
            .p
            .links
            .iter()
            .flat_map(|l| l.vertices.iter().map(|(x, y)| format!("{} {x} {y}", quoted(&l.name))))
            .collect();
        lines.iter().for_each(|l| self.line(l));
        for (name, lines) in &self.p.drawing {
            self.section(name);
            for line in lines {
                self.line(line);
            }
        }
    }
}

const fn status_word(status: InitialStatus) -> &'static str {
    match status {
        InitialStatus::Open => "OPEN",
        InitialStatus::Closed => "CLOSED",
        InitialStatus::Active => "ACTIVE",
    }
}

const fn units_word(units: FlowUnits) -> &'static str {
    match units {
        FlowUnits::Cfs => "CFS",
        FlowUnits::Gpm => "GPM",
        FlowUnits::Mgd => "MGD",
        FlowUnits::Imgd => "IMGD",
        FlowUnits::Afd => "AFD",
        FlowUnits::Lps => "LPS",
        FlowUnits::Lpm => "LPM",
        FlowUnits::Mld => "MLD",
        FlowUnits::Cmh => "CMH",
        FlowUnits::Cmd => "CMD",
        FlowUnits::Cms => "CMS",
    }
}

const fn variable_word(variable: Variable) -> &'static str {
    match variable {
        Variable::Demand => "DEMAND",
        Variable::Head => "HEAD",
        Variable::Grade => "GRADE",
        Variable::Level => "LEVEL",
        Variable::Pressure => "PRESSURE",
        Variable::Flow => "FLOW",
        Variable::Status => "STATUS",
        Variable::Setting => "SETTING",
        Variable::Power => "POWER",
        Variable::Time => "TIME",
        Variable::ClockTime => "CLOCKTIME",
        Variable::FillTime => "FILLTIME",
        Variable::DrainTime => "DRAINTIME",
    }
}

const fn relation_word(relation: Relation) -> &'static str {
    match relation {
        Relation::Equal => "=",
        Relation::NotEqual => "<>",
        Relation::LessOrEqual => "<=",
        Relation::GreaterOrEqual => ">=",
        Relation::Less => "<",
        Relation::Greater => ">",
    }
}
