//! Direct and dry weather inflows (直接入流与旱季流量), of water and of pollutants.

use numerics::inp::starts_with;

use super::read::{Kind, Row};
use super::*;

/// 直接入流 of a pollutant.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct PollutantInflow {
    pub node: Index,
    pub pollutant: Index,
    /// A mass rate, not a concentration.
    pub mass: bool,
    /// Of mass units.
    pub factor: f64,
    pub series: Option<Index>,
    pub scale: f64,
    pub baseline: f64,
    pub pattern: Option<Index>,
}

/// 旱季污染物浓度.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct PollutantDryWeather {
    pub node: Index,
    pub pollutant: Index,
    pub average: f64,
    pub patterns: Vec<Index>,
}

/// What flows in: a pollutant, or water (`Some(None)`).
fn constituent(row: &mut Row<'_, '_, '_>) -> Option<Option<Index>> {
    if let Some(p) = row.known(Kind::Pollutant, row.text(1)) {
        return Some(Some(p));
    }
    if starts_with(row.text(1), "FLOW") {
        return Some(None);
    }
    let name = row.text(1).to_owned();
    row.problem(format!("there is no pollutant `{name}`"), "define it, or write FLOW");
    None
}

pub(super) fn direct(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(3) {
        return None;
    }
    let node = row.find(0, Kind::Node)?;
    let pollutant = constituent(row)?;
    let series =
        if row.text(2).is_empty() || row.text(2) == "*" { None } else { Some(row.find(2, Kind::Series)?) };
    let (mut mass, mut factor) = (false, 1.0);
    if pollutant.is_some() && row.len() > 3 {
        mass = row.word(3, &[("CONCEN", false), ("MASS", true)])?;
        if mass && row.len() > 4 {
            factor = row.number(4)?;
            if factor <= 0.0 {
                row.problem(format!("the mass factor is {factor}"), "write one above zero");
                return None;
            }
        }
    }
    let scale = row.number_or(5, 1.0)?;
    let baseline = row.number_or(6, 0.0)?;
    let pattern = if row.len() > 7 { Some(row.find(7, Kind::Pattern)?) } else { None };
    // The last line of a node and constituent counts, in SWMM too.
    if let Some(pollutant) = pollutant {
        let list = &mut project.quality.inflows;
        list.retain(|i| i.node != node || i.pollutant != pollutant);
        list.push(PollutantInflow { node, pollutant, mass, factor, series, scale, baseline, pattern });
    } else {
        project.inflows.retain(|i| i.node != node);
        project.inflows.push(Inflow { node, series, scale, baseline, pattern });
    }
    Some(())
}

pub(super) fn dry_weather(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(3) {
        return None;
    }
    let node = row.find(0, Kind::Node)?;
    let pollutant = constituent(row)?;
    let average = row.number(2)?;
    let mut patterns = Vec::new();
    for i in 3..row.len().min(7) {
        if !row.text(i).is_empty() {
            patterns.push(row.find(i, Kind::Pattern)?);
        }
    }
    if let Some(pollutant) = pollutant {
        let list = &mut project.quality.dry_weather;
        list.retain(|d| d.node != node || d.pollutant != pollutant);
        list.push(PollutantDryWeather { node, pollutant, average, patterns });
    } else {
        project.dry_weather.retain(|d| d.node != node);
        project.dry_weather.push(DryWeather { node, average, patterns });
    }
    Some(())
}
