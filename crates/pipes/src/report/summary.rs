//! The report's head and the summary of what is computed (`writelogo`, `writesummary` in report.c).

use super::options::{Chosen, DEMAND, DIAMETER, HEAD_LOSS, QUALITY, Wanted};
use super::page::Page;
use crate::model::Model;
use crate::project::{Formula, QualityKind};

const LOGO: [&str; 6] = [
    "******************************************************************",
    "*                           E P A N E T                          *",
    "*                   Hydraulic and Water Quality                  *",
    "*                   Analysis for Pipe Networks                   *",
    "*                          Version 2.3.05                        *",
    "******************************************************************",
];

/// Half an hour: shorter hydraulic steps are told in minutes.
const MINUTES_BELOW: i64 = 1800;

/// Water's kinematic viscosity (ft²/s) and chlorine's diffusivity, which figures below these bounds replace.
const VISCOSITY_BOUND: f64 = 1e-3;
const DIFFUSIVITY_BOUND: f64 = 1e-4;
const VISCOSITY: f64 = 1.1e-5;
const DIFFUSIVITY: f64 = 1.3e-8;

pub(super) fn head(page: &mut Page, at: &str) {
    page.raw(&format!("  Page 1                                    {at}\n"));
    LOGO.iter().for_each(|line| page.line(line));
    page.line("");
}

pub(super) fn summary(page: &mut Page, m: &Model, wanted: &Wanted, input: &str) {
    let p = &m.project;
    for title in p.title.iter().take(3).filter(|title| !title.is_empty()) {
        page.line(&title.chars().take(70).collect::<String>());
    }
    page.line(" ");
    let mut row = |what: &str, value: String| page.line(&format!("    {what:.<35} {value}"));
    let reservoirs = m.tanks.iter().filter(|t| t.area == 0.0).count();
    row("Input Data File ", input.to_owned());
    row("Number of Junctions", m.junctions.to_string());
    row("Number of Reservoirs", reservoirs.to_string());
    row("Number of Tanks ", (m.tanks.len() - reservoirs).to_string());
    row("Number of Pipes ", m.pipes.to_string());
    row("Number of Pumps ", m.pumps.len().to_string());
    row("Number of Valves ", m.valves.len().to_string());
    solver(&mut row, m);
    quality(&mut row, m);
    fluid(&mut row, m);
    page.line("    Reporting Criteria:");
    criteria(page, wanted, &wanted.nodes, "Nodes", DEMAND..=QUALITY);
    criteria(page, wanted, &wanted.links, "Links", DIAMETER..=HEAD_LOSS);
    page.line(" ");
}

fn solver(row: &mut impl FnMut(&str, String), m: &Model) {
    let o = &m.project.options;
    let formula = match o.formula {
        Formula::HazenWilliams => "Hazen-Williams",
        Formula::DarcyWeisbach => "Darcy-Weisbach",
        Formula::ChezyManning => "Chezy-Manning",
    };
    row("Headloss Formula ", formula.to_owned());
    row("Nodal Demand Model ", if o.pressure_driven { "PDA" } else { "DDA" }.to_owned());
    row("Hydraulic Timestep ", duration(m, m.clocks.hydraulic));
    row("Hydraulic Accuracy ", format!("{:.6}", m.settings.accuracy));
    let unit = |i: usize| wanted_unit(m, i);
    if o.head_error > 0.0 {
        row("Headloss Error Limit ", format!("{:.6} {}", o.head_error, unit(2)));
    }
    if o.flow_change > 0.0 {
        row("Flow Change Limit ", format!("{:.6} {}", o.flow_change, unit(7)));
    }
    row("Status Check Frequency ", o.check_frequency.to_string());
    row("Maximum Trials Checked ", o.maximum_check.to_string());
    row("Damping Limit Threshold ", format!("{:.6}", o.damp_limit));
    row("Maximum Trials ", o.trials.to_string());
}

fn wanted_unit(m: &Model, field: usize) -> String {
    Wanted::new(m).fields.get(field).map(|f| f.unit.clone()).unwrap_or_default()
}

fn quality(row: &mut impl FnMut(&str, String), m: &Model) {
    let o = &m.project.options;
    let name = match &o.quality {
        _ if m.clocks.duration <= 0 => "None".to_owned(),
        QualityKind::None => "None".to_owned(),
        QualityKind::Chemical { name, .. } => name.clone(),
        QualityKind::Age => "Age".to_owned(),
        QualityKind::Trace { node } => {
            format!("Trace From Node {}", m.project.nodes.get(*node).map_or("", |n| n.name.as_str()))
        }
    };
    row("Quality Analysis ", name);
    if o.quality != QualityKind::None && m.clocks.duration > 0 {
        #[expect(clippy::cast_precision_loss, reason = "a step is far below 2^52 s")]
        let minutes = m.clocks.quality as f64 / 60.0;
        // AGETOL and CHEMTOL of EPANET's input1.c are both 0.01.
        let tolerance = o.quality_tolerance.unwrap_or(0.01);
        row("Water Quality Time Step ", format!("{minutes:.2} min"));
        row("Water Quality Tolerance ", format!("{tolerance:.2} {}", wanted_unit(m, QUALITY)));
    }
}

fn fluid(row: &mut impl FnMut(&str, String), m: &Model) {
    let o = &m.project.options;
    let square = if m.factors.metric { m.factors.head * m.factors.head } else { 1.0 };
    let relative = |given: Option<f64>, bound: f64, of_water: f64| match given {
        None => 1.0,
        Some(multiplier) if multiplier > bound => multiplier,
        Some(figure) => figure / square / of_water,
    };
    row("Specific Gravity ", format!("{:.2}", o.specific_gravity));
    let viscosity = relative(o.viscosity, VISCOSITY_BOUND, VISCOSITY);
    row("Relative Kinematic Viscosity ", format!("{viscosity:.2}"));
    let diffusivity = relative(o.diffusivity, DIFFUSIVITY_BOUND, DIFFUSIVITY);
    row("Relative Chemical Diffusivity ", format!("{diffusivity:.2}"));
    row("Demand Multiplier ", format!("{:.2}", o.demand_multiplier));
    row("Total Duration ", duration(m, m.clocks.duration));
}

fn duration(m: &Model, seconds: i64) -> String {
    let (unit, per) = if m.clocks.hydraulic < MINUTES_BELOW { ("min", 60.0) } else { ("hrs", 3600.0) };
    #[expect(clippy::cast_precision_loss, reason = "a duration is far below 2^52 s")]
    let value = seconds as f64 / per;
    format!("{value:.2} {unit}")
}

fn criteria(
    page: &mut Page,
    wanted: &Wanted,
    chosen: &Chosen,
    what: &str,
    fields: std::ops::RangeInclusive<usize>,
) {
    let some = match chosen {
        Chosen::None => "No",
        Chosen::All => "All",
        Chosen::Some(_) => "Selected",
    };
    page.line(&format!("       {some} {what}"));
    for field in wanted.fields.get(fields).unwrap_or_default() {
        let limits = [("below", field.below), ("above", field.above)];
        for (word, limit) in limits.into_iter().filter_map(|(word, limit)| limit.map(|limit| (word, limit))) {
            page.line(&format!("       with {} {word} {limit:.2} {}", field.name, field.unit));
        }
    }
}
