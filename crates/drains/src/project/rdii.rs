//! 雨水入渗入流 as `[HYDROGRAPHS]` and `[RDII]` give it (Reference Manual I, ch. 7).

use numerics::inp::{number, starts_with};

use super::read::{Kind, Row};
use super::{Index, Project};

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// One triangle of a month: the share of rain that comes, when, and what the soil holds back first.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Response {
    /// Share of the rain (R).
    pub share: f64,
    /// Time to the peak, s.
    pub peak: i64,
    /// Time to the end, s.
    pub base: i64,
    /// Greatest, recovered (a day) and initially used abstraction, in or mm.
    pub abstraction: [f64; 3],
}

/// 单位线组: short, medium and long response of every month.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct UnitHydrograph {
    pub name: String,
    pub line: usize,
    pub gage: Option<Index>,
    pub months: [[Response; 3]; 12],
}

/// One line of `[RDII]`.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct RdiiInflow {
    pub line: usize,
    pub node: Index,
    pub hydrograph: Index,
    /// Sewered area, the model's unit of land.
    pub area: f64,
}

pub(super) fn hydrograph(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    let name = row.text(0).to_owned();
    let at = row.known(Kind::Hydrograph, &name)?;
    if project.hydrographs.len() <= at {
        let blank = UnitHydrograph {
            name,
            line: row.line.number,
            gage: None,
            months: [[Response::default(); 3]; 12],
        };
        project.hydrographs.resize(at + 1, blank);
    }
    if row.len() == 2 {
        let gage = row.find(1, Kind::Gage)?;
        project.hydrographs.get_mut(at)?.gage = Some(gage);
        return Some(());
    }
    if !row.has(6) {
        return None;
    }
    let month = MONTHS.iter().position(|m| starts_with(row.text(1), m));
    if month.is_none() && !starts_with(row.text(1), "ALL") {
        row.problem(format!("`{}` is not a month", row.text(1)), "write ALL or JAN to DEC");
        return None;
    }
    let kinds = [("SHORT", 0_usize), ("MEDIUM", 1), ("LONG", 2)];
    if kinds.iter().any(|(w, _)| starts_with(row.text(2), w)) {
        let kind = row.word(2, &kinds)?;
        let rtk = three(row, 3)?;
        let abstraction = three_or_zero(row, 6)?;
        return set(project, row, at, month, kind, rtk, abstraction);
    }
    if number(row.text(2)).is_none() {
        row.problem(format!("`{}` is not a response", row.text(2)), "write SHORT, MEDIUM or LONG");
        return None;
    }
    // The older layout: nine figures of the three responses in one line.
    if !row.has(11) {
        return None;
    }
    let abstraction = three_or_zero(row, 11)?;
    for kind in 0..3 {
        let rtk = three(row, 2 + 3 * kind)?;
        set(project, row, at, month, kind, rtk, abstraction)?;
    }
    Some(())
}

fn three(row: &mut Row<'_, '_, '_>, from: usize) -> Option<[f64; 3]> {
    Some([row.number(from)?, row.number(from + 1)?, row.number(from + 2)?])
}

fn three_or_zero(row: &mut Row<'_, '_, '_>, from: usize) -> Option<[f64; 3]> {
    Some([row.number_or(from, 0.0)?, row.number_or(from + 1, 0.0)?, row.number_or(from + 2, 0.0)?])
}

fn set(
    project: &mut Project,
    row: &mut Row<'_, '_, '_>,
    at: Index,
    month: Option<usize>,
    kind: usize,
    [share, t, k]: [f64; 3],
    abstraction: [f64; 3],
) -> Option<()> {
    if share < 0.0 || t < 0.0 || k < 0.0 {
        row.problem("a unit hydrograph's R, T or K is below zero", "write zero or more");
        return None;
    }
    let response =
        Response { share, peak: (t * 3600.0) as i64, base: (t * (1.0 + k) * 3600.0) as i64, abstraction };
    let group = project.hydrographs.get_mut(at)?;
    for (m, responses) in group.months.iter_mut().enumerate() {
        if month.is_none_or(|own| own == m)
            && let Some(r) = responses.get_mut(kind)
        {
            *r = response;
        }
    }
    Some(())
}

pub(super) fn inflow(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(3) {
        return None;
    }
    let node = row.find(0, Kind::Node)?;
    let hydrograph = row.find(1, Kind::Hydrograph)?;
    let area = row.at_least_zero(2)?;
    project.rdii.retain(|r| r.node != node);
    project.rdii.push(RdiiInflow { line: row.line.number, node, hydrograph, area });
    Some(())
}

/// What is wrong with the hydrographs as wholes: line, what, remedy.
pub(super) fn check(project: &Project) -> Vec<(usize, String, &'static str)> {
    let mut wrong = Vec::new();
    for h in &project.hydrographs {
        let most = h.months.iter().map(|m| m.iter().filter(|r| r.base > 0).map(|r| r.share).sum::<f64>());
        if most.fold(0.0, f64::max) > 1.01 {
            wrong.push((
                h.line,
                format!("the responses of unit hydrograph `{}` bring more water than the rain", h.name),
                "let the R of a month come to 1 at most",
            ));
        }
    }
    for r in &project.rdii {
        if let Some(h) = project.hydrographs.get(r.hydrograph)
            && h.gage.is_none()
        {
            wrong.push((
                r.line,
                format!("unit hydrograph `{}` has no rain gage", h.name),
                "add a line with its name and its gage's to [HYDROGRAPHS]",
            ));
        }
    }
    wrong
}
