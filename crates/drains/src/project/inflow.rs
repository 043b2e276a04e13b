//! Direct and dry weather inflows (直接入流与旱季流量).

use numerics::inp::starts_with;

use super::read::{Kind, Row};
use super::*;

fn flow_only(row: &mut Row<'_, '_, '_>) -> bool {
    if starts_with(row.text(1), "FLOW") {
        return true;
    }
    let name = row.text(1).to_owned();
    row.problem(
        format!("inflow of the constituent `{name}` is known but not computed yet"),
        "take the line out",
    );
    false
}

pub(super) fn direct(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(3) {
        return None;
    }
    let node = row.find(0, Kind::Node)?;
    if !flow_only(row) {
        return None;
    }
    let series =
        if row.text(2).is_empty() || row.text(2) == "*" { None } else { Some(row.find(2, Kind::Series)?) };
    let scale = row.number_or(5, 1.0)?;
    let baseline = row.number_or(6, 0.0)?;
    let pattern = if row.len() > 7 { Some(row.find(7, Kind::Pattern)?) } else { None };
    let inflow = Inflow { node, series, scale, baseline, pattern };
    // The last line of a node counts, in SWMM too.
    project.inflows.retain(|i| i.node != node);
    project.inflows.push(inflow);
    Some(())
}

pub(super) fn dry_weather(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(3) {
        return None;
    }
    let node = row.find(0, Kind::Node)?;
    if !flow_only(row) {
        return None;
    }
    let average = row.number(2)?;
    let mut patterns = Vec::new();
    for i in 3..row.len().min(7) {
        if !row.text(i).is_empty() {
            patterns.push(row.find(i, Kind::Pattern)?);
        }
    }
    project.dry_weather.retain(|d| d.node != node);
    project.dry_weather.push(DryWeather { node, average, patterns });
    Some(())
}
