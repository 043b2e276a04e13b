//! 地下水 as `[AQUIFERS]`, `[GROUNDWATER]` and `[GWF]` give it (Reference Manual I, ch. 5).

use numerics::inp::starts_with;

use super::read::{Kind, Row};
use super::{Index, Project};
use crate::expression::Expression;

/// Variables of a groundwater flow expression, in the order of their numbers.
const VARIABLES: [&str; 11] = ["HGW", "HSW", "HCB", "HGS", "KS", "K", "THETA", "PHI", "FI", "FU", "A"];

/// 含水层.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct Aquifer {
    pub name: String,
    pub line: usize,
    pub porosity: f64,
    pub wilting_point: f64,
    pub field_capacity: f64,
    pub conductivity: f64,
    pub conductivity_slope: f64,
    pub tension_slope: f64,
    pub upper_evaporation: f64,
    pub lower_evaporation_depth: f64,
    pub seepage: f64,
    pub bottom: f64,
    pub water_table: f64,
    pub moisture: f64,
    pub pattern: Option<Index>,
}

/// 子汇水区的地下水.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct Groundwater {
    pub line: usize,
    pub subcatchment: Index,
    pub aquifer: Index,
    pub node: Index,
    pub surface: f64,
    pub a1: f64,
    pub b1: f64,
    pub a2: f64,
    pub b2: f64,
    pub a3: f64,
    pub fixed_depth: f64,
    pub threshold: Option<f64>,
    pub bottom: Option<f64>,
    pub water_table: Option<f64>,
    pub moisture: Option<f64>,
}

/// 自定义地下水流量 in place of, or beside, the standard formula.
#[derive(Debug, Clone, PartialEq)]
pub struct GroundFlow {
    /// Of which subcatchment.
    pub subcatchment: Index,
    /// To deep ground; else to the node.
    pub deep: bool,
    /// What it is, in the model's units.
    pub expression: Expression,
}

fn numbers<const N: usize>(row: &mut Row<'_, '_, '_>, from: usize) -> Option<[f64; N]> {
    let mut x = [0.0; N];
    for (i, v) in x.iter_mut().enumerate() {
        *v = row.number(i + from)?;
    }
    Some(x)
}

pub(super) fn aquifer(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(13) {
        return None;
    }
    let x: [f64; 12] = numbers(row, 1)?;
    let pattern = if row.len() > 13 { Some(row.find(13, Kind::Pattern)?) } else { None };
    let [porosity, wilting, field, k, k_slope, tension, upper, lower, seepage, bottom, table, moisture] = x;
    let good = porosity > 0.0
        && field < porosity
        && wilting < field
        && k > 0.0
        && [k_slope, tension, upper, lower].iter().all(|v| *v >= 0.0)
        && table >= bottom
        && (wilting..=porosity).contains(&moisture);
    if !good {
        row.problem(
            "these parameters make no aquifer",
            "wilting point < field capacity < porosity, conductivity above zero, water table above the \
             bottom, moisture between wilting point and porosity",
        );
        return None;
    }
    project.aquifers.push(Aquifer {
        name: row.text(0).to_owned(),
        line: row.line.number,
        porosity,
        wilting_point: wilting,
        field_capacity: field,
        conductivity: k,
        conductivity_slope: k_slope,
        tension_slope: tension,
        upper_evaporation: upper,
        lower_evaporation_depth: lower,
        seepage,
        bottom,
        water_table: table,
        moisture,
        pattern,
    });
    Some(())
}

pub(super) fn groundwater(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    let subcatchment = row.find(0, Kind::Subcatchment)?;
    // SWMM asks for eleven entries though the eleventh is optional; ten are enough here.
    if !row.has(10) {
        return None;
    }
    let aquifer = row.find(1, Kind::Aquifer)?;
    let node = row.find(2, Kind::Node)?;
    let [surface, a1, b1, a2, b2, a3, fixed_depth] = numbers(row, 3)?;
    let mut own = [None; 4];
    for (i, v) in own.iter_mut().enumerate() {
        if row.len() > i + 10 && row.text(i + 10) != "*" {
            *v = Some(row.number(i + 10)?);
        }
    }
    let [threshold, bottom, water_table, moisture] = own;
    let table = water_table.or_else(|| project.aquifers.get(aquifer).map(|a| a.water_table));
    if table.is_some_and(|t| surface < t) {
        row.problem("the ground's surface is below the water table", "raise it, or lower the water table");
        return None;
    }
    project.groundwater.retain(|g| g.subcatchment != subcatchment);
    let line = row.line.number;
    project.groundwater.push(Groundwater {
        line,
        subcatchment,
        aquifer,
        node,
        surface,
        a1,
        b1,
        a2,
        b2,
        a3,
        fixed_depth,
        threshold,
        bottom,
        water_table,
        moisture,
    });
    Some(())
}

pub(super) fn flow(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(3) {
        return None;
    }
    let subcatchment = row.find(0, Kind::Subcatchment)?;
    let deep = row.word(1, &[("LAT", false), ("DEEP", true)])?;
    let text = row.line.tokens.iter().skip(2).map(|t| &**t).collect::<Vec<_>>().join(" ");
    let find = |name: &str| VARIABLES.iter().position(|v| starts_with(name, v));
    let expression = match Expression::read(&text, &find) {
        Ok(e) => e,
        Err(why) => {
            row.problem(
                format!("the groundwater expression cannot be read: {why}"),
                format!("arithmetic of {}", VARIABLES.join(", ")),
            );
            return None;
        }
    };
    project.ground_flows.retain(|g| g.subcatchment != subcatchment || g.deep != deep);
    project.ground_flows.push(GroundFlow { subcatchment, deep, expression });
    Some(())
}
