//! `[OPTIONS]`, `[REPORT]` and `[EVENTS]` (选项).

use numerics::inp::{Document, starts_with};

use super::read::{Kind, Reader, Row};
use super::*;
use crate::date::{day_of_year, encode, read_date, read_time};
use crate::units::{FlowUnits, SECONDS_A_DAY};

/// 选项 as `[OPTIONS]` gives them (times in seconds, dates in days).
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's option keywords")]
pub struct Options {
    pub flow_units: FlowUnits,
    pub infiltration: Infiltration,
    pub routing: Routing,
    pub start: f64,
    pub end: f64,
    /// Of the whole run, s.
    pub duration: f64,
    pub report_start: Option<f64>,
    pub sweep: (i64, i64),
    pub dry_days: f64,
    pub wet_step: i64,
    pub dry_step: i64,
    pub routing_step: f64,
    pub rule_step: i64,
    pub report_step: i64,
    pub allow_ponding: bool,
    pub damping: Damping,
    pub normal_flow: NormalFlow,
    pub surcharge: Surcharge,
    pub darcy_weisbach: bool,
    pub elevation_offsets: bool,
    pub variable_step: f64,
    pub minimum_step: f64,
    pub lengthening_step: f64,
    pub min_surface_area: f64,
    /// A ratio (the file says percent).
    pub min_slope: f64,
    pub max_trials: usize,
    pub head_tolerance: f64,
    /// A ratio (the file says percent).
    pub system_flow_tolerance: f64,
    /// A ratio (the file says percent).
    pub lateral_flow_tolerance: f64,
    pub skip_steady_state: bool,
    pub ignore_rainfall: bool,
    pub ignore_snowmelt: bool,
    pub ignore_groundwater: bool,
    pub ignore_rdii: bool,
    pub ignore_routing: bool,
    pub ignore_quality: bool,
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        let start = encode(2004, 1, 1).unwrap_or(0.0);
        Self {
            flow_units: FlowUnits::Cfs,
            infiltration: Infiltration::Horton,
            routing: Routing::Dynamic,
            start,
            end: start,
            duration: 0.0,
            report_start: None,
            sweep: (1, 365),
            dry_days: 0.0,
            wet_step: 300,
            dry_step: 3600,
            routing_step: 20.0,
            rule_step: 0,
            report_step: 900,
            allow_ponding: false,
            damping: Damping::Partial,
            normal_flow: NormalFlow::Both,
            surcharge: Surcharge::Extran,
            darcy_weisbach: false,
            elevation_offsets: false,
            variable_step: 0.75,
            minimum_step: 0.5,
            lengthening_step: 0.0,
            min_surface_area: 0.0,
            min_slope: 0.0,
            max_trials: 0,
            head_tolerance: 0.0,
            system_flow_tolerance: 0.05,
            lateral_flow_tolerance: 0.05,
            skip_steady_state: false,
            ignore_rainfall: false,
            ignore_snowmelt: false,
            ignore_groundwater: false,
            ignore_rdii: false,
            ignore_routing: false,
            ignore_quality: false,
            threads: 1,
        }
    }
}

#[derive(Default)]
struct Dates {
    start: Option<f64>,
    start_time: f64,
    end: Option<f64>,
    end_time: f64,
    report: Option<f64>,
    report_time: f64,
}

pub(super) fn read(project: &mut Project, document: &Document<'_>, reader: &mut Reader<'_>) {
    let mut dates = Dates::default();
    for section in document.sections.iter().filter(|s| s.is("OPTION")) {
        for line in &section.lines {
            let mut row = Row { line, section: section.name, reader };
            let _done = option(&mut project.options, &mut dates, &mut row);
        }
    }
    let o = &mut project.options;
    let start = dates.start.unwrap_or(o.start);
    o.start = start + dates.start_time;
    o.end = dates.end.unwrap_or(start) + dates.end_time;
    // Days and times of day apart, as the toolkit's build adds them: it decides about the last second.
    let days = (dates.end.unwrap_or(start) - start) + (dates.end_time - dates.start_time);
    o.duration = (days * SECONDS_A_DAY).floor();
    o.report_start = dates.report.map(|d| d + dates.report_time);
    if o.end <= o.start {
        reader.problems.add(
            0,
            "OPTIONS",
            "the run ends before it starts",
            "set END_DATE and END_TIME after START_DATE and START_TIME",
        );
    }
    if (o.report_step as f64) < o.routing_step {
        reader.problems.add(
            0,
            "OPTIONS",
            "REPORT_STEP is shorter than ROUTING_STEP",
            "make it at least as long",
        );
    }
}

fn date(row: &mut Row<'_, '_, '_>) -> Option<f64> {
    let word = row.text(1).to_owned();
    let found = read_date(&word);
    if found.is_none() {
        row.problem(format!("`{word}` is not a date"), "write month/day/year");
    }
    found
}

fn time(row: &mut Row<'_, '_, '_>) -> Option<f64> {
    let word = row.text(1).to_owned();
    let found = read_time(&word);
    if found.is_none() {
        row.problem(format!("`{word}` is not a time"), "write hours:minutes:seconds or decimal hours");
    }
    found
}

fn seconds(row: &mut Row<'_, '_, '_>, zero: bool) -> Option<i64> {
    let t = time(row)?;
    let s = (t * 86400.0 + 0.5).floor() as i64;
    if s < 0 || (s == 0 && !zero) {
        row.problem("the step is not above zero", "write a longer one");
        return None;
    }
    Some(s)
}

/// A step in seconds, or in hours:minutes:seconds.
fn step(row: &mut Row<'_, '_, '_>) -> Option<f64> {
    if let Some(s) = numerics::inp::number(row.text(1)) {
        return Some(s);
    }
    time(row).map(|t| (t * 86400.0 + 0.5).floor())
}

#[expect(clippy::too_many_lines, reason = "one arm an option")]
fn option(o: &mut Options, dates: &mut Dates, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(2) {
        return None;
    }
    const FLOW: &[(&str, FlowUnits)] = &[
        ("CFS", FlowUnits::Cfs),
        ("GPM", FlowUnits::Gpm),
        ("MGD", FlowUnits::Mgd),
        ("CMS", FlowUnits::Cms),
        ("LPS", FlowUnits::Lps),
        ("MLD", FlowUnits::Mld),
    ];
    let key = row.text(0).to_ascii_uppercase();
    let is = |w: &str| starts_with(&key, w);
    // Longer keywords before those they begin with.
    if is("FLOW_UNITS") {
        o.flow_units = row.word(1, FLOW)?;
    } else if is("INFILTRATION") {
        o.infiltration = row.word(1, Infiltration::WORDS)?;
    } else if is("FLOW_ROUTING") {
        const OLD: &[(&str, Routing)] = &[
            ("NF", Routing::Steady),
            ("KW", Routing::Kinematic),
            ("EKW", Routing::Kinematic),
            ("DW", Routing::Dynamic),
        ];
        let old = OLD.iter().find(|(w, _)| starts_with(row.text(1), w)).map(|(_, r)| *r);
        let routing = match old {
            Some(routing) => routing,
            None => row.word(1, Routing::WORDS)?,
        };
        match routing {
            Routing::None => o.ignore_routing = true,
            Routing::Extended => o.routing = Routing::Kinematic,
            routing => o.routing = routing,
        }
    } else if is("START_DATE") {
        dates.start = Some(date(row)?);
    } else if is("START_TIME") {
        dates.start_time = time(row)?;
    } else if is("END_DATE") {
        dates.end = Some(date(row)?);
    } else if is("END_TIME") {
        dates.end_time = time(row)?;
    } else if is("REPORT_START_DATE") {
        dates.report = Some(date(row)?);
    } else if is("REPORT_START_TIME") {
        dates.report_time = time(row)?;
    } else if is("SWEEP_START") || is("SWEEP_END") {
        let word = format!("{}/1947", row.text(1));
        let Some(day) = read_date(&word) else {
            row.problem("the sweeping date is no date", "write month/day");
            return None;
        };
        if is("SWEEP_START") { o.sweep.0 = day_of_year(day) } else { o.sweep.1 = day_of_year(day) }
    } else if is("DRY_DAYS") {
        o.dry_days = row.at_least_zero(1)?;
    } else if is("WET_STEP") {
        o.wet_step = seconds(row, false)?;
    } else if is("DRY_STEP") {
        o.dry_step = seconds(row, false)?;
    } else if is("REPORT_STEP") {
        o.report_step = seconds(row, false)?;
    } else if is("RULE_STEP") {
        o.rule_step = seconds(row, true)?;
    } else if is("ROUTING_STEP") {
        let s = step(row)?;
        if s <= 0.0 {
            row.problem("the routing step is not above zero", "write seconds");
            return None;
        }
        o.routing_step = s;
    } else if is("LENGTHENING_STEP") {
        o.lengthening_step = step(row)?.max(0.0);
    } else if is("MINIMUM_STEP") {
        o.minimum_step = row.at_least_zero(1)?;
    } else if is("VARIABLE_STEP") {
        let f = row.at_least_zero(1)?;
        if f > 2.0 {
            row.problem(format!("VARIABLE_STEP is {f}"), "write a factor from 0 to 2");
            return None;
        }
        o.variable_step = f;
    } else if is("ALLOW_PONDING") {
        o.allow_ponding = row.yes(1)?;
    } else if is("INERTIAL_DAMPING") {
        o.damping = row.word(1, Damping::WORDS)?;
    } else if is("SLOPE_WEIGHTING") || is("SKIP_STEADY_STATE") || is("IGNORE_") {
        let yes = row.yes(1)?;
        match key.as_str() {
            "SKIP_STEADY_STATE" => o.skip_steady_state = yes,
            "IGNORE_RAINFALL" => o.ignore_rainfall = yes,
            "IGNORE_SNOWMELT" => o.ignore_snowmelt = yes,
            "IGNORE_GROUNDWATER" => o.ignore_groundwater = yes,
            "IGNORE_RDII" => o.ignore_rdii = yes,
            "IGNORE_ROUTING" => o.ignore_routing = yes,
            "IGNORE_QUALITY" => o.ignore_quality = yes,
            "SLOPE_WEIGHTING" => {}
            _ => {
                row.problem(format!("`{key}` is not an option"), "correct its name");
                return None;
            }
        }
    } else if is("NORMAL_FLOW_LIMITED") {
        const OLD: &[(&str, NormalFlow)] = &[("NO", NormalFlow::Slope), ("YES", NormalFlow::Both)];
        let old = OLD.iter().find(|(w, _)| row.text(1).eq_ignore_ascii_case(w)).map(|(_, n)| *n);
        o.normal_flow = match old {
            Some(n) => n,
            None => row.word(1, NormalFlow::WORDS)?,
        };
    } else if is("FORCE_MAIN_EQUATION") {
        o.darcy_weisbach = row.word(1, &[("H-W", false), ("D-W", true)])?;
    } else if is("LINK_OFFSETS") {
        o.elevation_offsets = row.word(1, &[("DEPTH", false), ("ELEVATION", true)])?;
    } else if is("MIN_SURFAREA") {
        o.min_surface_area = row.at_least_zero(1)?;
    } else if is("MIN_SLOPE") {
        o.min_slope = row.at_least_zero(1)? / 100.0;
    } else if is("MAX_TRIALS") {
        o.max_trials = row.at_least_zero(1)? as usize;
    } else if is("HEAD_TOLERANCE") {
        o.head_tolerance = row.number(1)?;
    } else if is("SYS_FLOW_TOL") {
        o.system_flow_tolerance = row.number(1)? / 100.0;
    } else if is("LAT_FLOW_TOL") {
        o.lateral_flow_tolerance = row.number(1)? / 100.0;
    } else if is("SURCHARGE_METHOD") {
        o.surcharge = row.word(1, Surcharge::WORDS)?;
    } else if is("THREADS") {
        o.threads = row.at_least_zero(1)? as usize;
    } else if !is("TEMPDIR") && !is("COMPATIBILITY") {
        row.problem(format!("`{key}` is not an option"), "correct its name");
        return None;
    }
    Some(())
}

pub(super) fn report(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(2) {
        return None;
    }
    let key = row.text(0).to_ascii_uppercase();
    let kind = if starts_with(&key, "SUBCATCH") {
        Kind::Subcatchment
    } else if starts_with(&key, "NODESTATS") {
        return Some(());
    } else if starts_with(&key, "NODE") {
        Kind::Node
    } else if starts_with(&key, "LINK") {
        Kind::Link
    } else {
        let yes = row.yes(1)?;
        match key.as_str() {
            k if starts_with(k, "AVERAGES") => project.report.averages = yes,
            k if starts_with(k, "CONTROL") => project.report.controls = yes,
            k if starts_with(k, "DISABLED") => project.report.disabled = yes,
            k if starts_with(k, "INPUT") => project.report.input = yes,
            k if starts_with(k, "CONTINUITY") => project.report.continuity = yes,
            k if starts_with(k, "FLOWSTATS") => project.report.flow_stats = yes,
            _ => {
                row.problem(format!("`{key}` is not a report option"), "correct its name");
                return None;
            }
        }
        return Some(());
    };
    let selection = match row.text(1).to_ascii_uppercase().as_str() {
        "NONE" => Selection::None,
        "ALL" => Selection::All,
        _ => {
            let mut list = Vec::new();
            for i in 1..row.len() {
                list.push(row.find(i, kind)?);
            }
            Selection::Some(list)
        }
    };
    let field = match kind {
        Kind::Subcatchment => &mut project.report.subcatchments,
        Kind::Node => &mut project.report.nodes,
        _ => &mut project.report.links,
    };
    match (field, selection) {
        (Selection::Some(old), Selection::Some(more)) => old.extend(more),
        (field, selection) => *field = selection,
    }
    Some(())
}

pub(super) fn event(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(4) {
        return None;
    }
    let at =
        |d: usize, t: usize, row: &Row<'_, '_, '_>| Some(read_date(row.text(d))? + read_time(row.text(t))?);
    let (Some(start), Some(end)) = (at(0, 1, row), at(2, 3, row)) else {
        row.problem("the event's dates are no dates", "write date time date time");
        return None;
    };
    if end <= start {
        row.problem("the event ends before it starts", "swap its dates");
        return None;
    }
    project.events.push((start, end));
    Some(())
}

/// Events in the order of their time; one that would reach into the next ends where that begins.
pub(super) fn sort_events(events: &mut [(f64, f64)]) {
    events.sort_by(|a, b| a.0.total_cmp(&b.0));
    let starts: Vec<f64> = events.iter().skip(1).map(|e| e.0).collect();
    for ((_, end), next) in events.iter_mut().zip(starts) {
        *end = end.min(next);
    }
}
