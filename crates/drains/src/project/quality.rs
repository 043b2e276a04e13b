//! 水质 as `[POLLUTANTS]`, `[LANDUSES]`, `[COVERAGES]`, `[LOADINGS]`, `[BUILDUP]`, `[WASHOFF]` and
//! `[TREATMENT]` give it (Reference Manual III, ch. 3–5).

use numerics::inp::starts_with;

use super::read::{Kind, Row};
use super::{Index, Project};
use crate::expression::Expression;

/// 浓度单位.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QualityUnits {
    /// mg/L
    Mg,
    /// µg/L
    Ug,
    /// Counts a litre
    Count,
}

impl QualityUnits {
    /// As the file writes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mg => "MG/L",
            Self::Ug => "UG/L",
            Self::Count => "#/L",
        }
    }
}

/// 污染物: concentrations in its own unit.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct Pollutant {
    pub name: String,
    pub line: usize,
    pub units: QualityUnits,
    pub rain: f64,
    pub groundwater: f64,
    pub rdii: f64,
    /// 1/day; below zero it grows.
    pub decay: f64,
    pub snow_only: bool,
    pub co_pollutant: Option<(Index, f64)>,
    pub dry_weather: f64,
    pub initial: f64,
}

/// 用地类型 and its street cleaning.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct LandUse {
    pub name: String,
    /// Days; 0 never.
    pub sweep_interval: f64,
    /// Share of the build-up that sweeping can reach.
    pub sweep_removal: f64,
    /// Days since the last sweeping when the run starts.
    pub sweep_days: f64,
}

/// 累积函数 (Reference Manual III, ch. 3.3).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BuildUp {
    /// min(c0, c1·t^c2)
    Power,
    /// c0·(1 − e^(−c1·t))
    Exponential,
    /// c0·t / (c2 + t)
    Saturation,
    /// A series of rates: greatest c0, factor c1.
    External(Index),
}

/// What build-up is counted per.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Normalizer {
    /// Acre or hectare
    Area,
    /// Length of curb
    Curb,
}

/// One line of `[BUILDUP]`.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct BuildUpLine {
    pub land_use: Index,
    pub pollutant: Index,
    /// `None`: nothing builds up.
    pub function: Option<BuildUp>,
    pub coefficients: [f64; 3],
    pub per: Normalizer,
}

/// 冲刷函数 (Reference Manual III, ch. 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WashOff {
    /// c1·q^c2·B
    Exponential,
    /// c1·Q^c2
    Rating,
    /// Event mean concentration
    Mean,
}

/// One line of `[WASHOFF]`.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct WashOffLine {
    pub land_use: Index,
    pub pollutant: Index,
    /// `None`: nothing is washed off.
    pub function: Option<WashOff>,
    pub coefficient: f64,
    pub exponent: f64,
    /// Percent of the build-up that sweeping removes.
    pub sweeping: f64,
    /// Percent that best management practice removes.
    pub practice: f64,
}

/// One line of `[TREATMENT]`.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct Treatment {
    pub line: usize,
    pub node: Index,
    pub pollutant: Index,
    /// The expression gives a share removed, not a concentration.
    pub removal: bool,
    /// Over HRT, DT, FLOW, DEPTH, AREA, then each pollutant, then the removal of each.
    pub expression: Expression,
}

/// Process variables an expression may name before the pollutants.
pub(crate) const PROCESS: [&str; 5] = ["HRT", "DT", "FLOW", "DEPTH", "AREA"];

/// Everything of water quality in a project; pairs are (subcatchment, what, how much).
#[derive(Debug, Clone, PartialEq, Default)]
#[expect(missing_docs, reason = "fields are SWMM's sections")]
pub struct QualityProject {
    pub pollutants: Vec<Pollutant>,
    pub land_uses: Vec<LandUse>,
    pub build_up: Vec<BuildUpLine>,
    pub wash_off: Vec<WashOffLine>,
    /// Percent of a subcatchment under a land use.
    pub coverages: Vec<(Index, Index, f64)>,
    /// Mass of a pollutant an acre or hectare at the start.
    pub loadings: Vec<(Index, Index, f64)>,
    pub treatments: Vec<Treatment>,
    pub inflows: Vec<super::PollutantInflow>,
    pub dry_weather: Vec<super::PollutantDryWeather>,
    /// LID control, pollutant, percent its drain removes.
    pub removals: Vec<(Index, Index, f64)>,
}

pub(super) fn pollutant(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    const UNITS: [(&str, QualityUnits); 3] =
        [("MG/L", QualityUnits::Mg), ("UG/L", QualityUnits::Ug), ("#/L", QualityUnits::Count)];
    if !row.has(6) {
        return None;
    }
    let units = row.word(1, &UNITS)?;
    let rain = row.at_least_zero(2)?;
    let groundwater = row.at_least_zero(3)?;
    let rdii = row.at_least_zero(4)?;
    let decay = row.number(5)?;
    let snow_only = if row.len() > 6 { row.yes(6)? } else { false };
    let co_pollutant = if row.len() > 8 && row.text(7) != "*" {
        Some((row.find(7, Kind::Pollutant)?, row.at_least_zero(8)?))
    } else {
        None
    };
    let dry_weather = if row.len() > 9 { row.at_least_zero(9)? } else { 0.0 };
    let initial = if row.len() > 10 { row.at_least_zero(10)? } else { 0.0 };
    project.quality.pollutants.push(Pollutant {
        name: row.text(0).to_owned(),
        line: row.line.number,
        units,
        rain,
        groundwater,
        rdii,
        decay,
        snow_only,
        co_pollutant,
        dry_weather,
        initial,
    });
    Some(())
}

pub(super) fn land_use(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    let (mut sweep_interval, mut sweep_removal, mut sweep_days) = (0.0, 0.0, 0.0);
    if row.len() > 1 {
        if !row.has(4) {
            return None;
        }
        (sweep_interval, sweep_removal, sweep_days) = (row.number(1)?, row.number(2)?, row.number(3)?);
        if !(0.0..=1.0).contains(&sweep_removal) {
            row.problem(format!("sweeping can reach the share {sweep_removal}"), "write 0 to 1");
            return None;
        }
    }
    let name = row.text(0).to_owned();
    project.quality.land_uses.push(LandUse { name, sweep_interval, sweep_removal, sweep_days });
    Some(())
}

pub(super) fn build_up(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    const WORDS: [(&str, Option<u8>); 5] =
        [("NONE", None), ("POW", Some(0)), ("EXP", Some(1)), ("SAT", Some(2)), ("EXT", Some(3))];
    if row.len() < 3 {
        return Some(());
    }
    let land_use = row.find(0, Kind::LandUse)?;
    let pollutant = row.find(1, Kind::Pollutant)?;
    let word = row.word(2, &WORDS)?;
    let mut line =
        BuildUpLine { land_use, pollutant, function: None, coefficients: [0.0; 3], per: Normalizer::Area };
    if let Some(word) = word {
        if !row.has(7) {
            return None;
        }
        let figures = if word == 3 { 2 } else { 3 };
        for (i, c) in line.coefficients.iter_mut().take(figures).enumerate() {
            *c = row.at_least_zero(i + 3)?;
        }
        line.per = row.word(6, &[("AREA", Normalizer::Area), ("CURB", Normalizer::Curb)])?;
        line.function = Some(match word {
            0 => BuildUp::Power,
            1 => BuildUp::Exponential,
            2 => BuildUp::Saturation,
            _ => BuildUp::External(row.find(5, Kind::Series)?),
        });
        let [.., exponent] = line.coefficients;
        if word == 0 && exponent > 0.0 && !(0.01..=10.0).contains(&exponent) {
            row.problem(format!("the exponent {exponent} is not from 0.01 to 10"), "correct it");
            return None;
        }
    }
    project.quality.build_up.push(line);
    Some(())
}

pub(super) fn wash_off(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    const WORDS: [(&str, Option<WashOff>); 4] = [
        ("NONE", None),
        ("EXP", Some(WashOff::Exponential)),
        ("RC", Some(WashOff::Rating)),
        ("EMC", Some(WashOff::Mean)),
    ];
    if row.len() < 3 {
        return Some(());
    }
    let land_use = row.find(0, Kind::LandUse)?;
    let pollutant = row.find(1, Kind::Pollutant)?;
    let function = row.word(2, &WORDS)?;
    let mut x = [0.0; 4];
    if function.is_some() {
        if !row.has(5) {
            return None;
        }
        for (i, v) in x.iter_mut().enumerate() {
            *v = row.number_or(i + 3, 0.0)?;
        }
    }
    let [coefficient, exponent, sweeping, practice] = x;
    let percent = 0.0..=100.0;
    if coefficient < 0.0
        || !(-10.0..=10.0).contains(&exponent)
        || !percent.contains(&sweeping)
        || !percent.contains(&practice)
    {
        row.problem(
            "these figures make no wash-off",
            "coefficient from 0, exponent −10 to 10, efficiencies 0 to 100 percent",
        );
        return None;
    }
    project.quality.wash_off.push(WashOffLine {
        land_use,
        pollutant,
        function,
        coefficient,
        exponent,
        sweeping,
        practice,
    });
    Some(())
}

/// Pairs of a name and a figure after a subcatchment's name.
fn pairs(row: &mut Row<'_, '_, '_>, kind: Kind) -> Option<Vec<(Index, Index, f64)>> {
    if !row.has(3) {
        return None;
    }
    let sub = row.find(0, Kind::Subcatchment)?;
    let mut list = Vec::new();
    for i in (1..row.len()).step_by(2) {
        let what = row.find(i, kind)?;
        if !row.has(i + 2) {
            return None;
        }
        list.push((sub, what, row.number(i + 1)?));
    }
    Some(list)
}

pub(super) fn coverage(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    project.quality.coverages.extend(pairs(row, Kind::LandUse)?);
    Some(())
}

pub(super) fn loading(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    project.quality.loadings.extend(pairs(row, Kind::Pollutant)?);
    Some(())
}

pub(super) fn treatment(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(3) {
        return None;
    }
    let node = row.find(0, Kind::Node)?;
    let pollutant = row.find(1, Kind::Pollutant)?;
    let words: Vec<&str> = (2..row.len()).map(|i| row.text(i)).collect();
    let text = words.join(" ");
    let removal = match text.chars().next().map(|c| c.to_ascii_uppercase()) {
        Some('R') => true,
        Some('C') => false,
        _ => {
            row.problem(format!("`{text}` is no treatment"), "write R = … or C = …");
            return None;
        }
    };
    let Some((_, formula)) = text.split_once('=') else {
        row.problem(format!("`{text}` has no ="), "write R = … or C = …");
        return None;
    };
    let count = project.quality.pollutants.len();
    let find = |name: &str| variable(row, name, count);
    match Expression::read(formula, &find) {
        Ok(expression) => {
            let line = row.line.number;
            project.quality.treatments.retain(|t| t.node != node || t.pollutant != pollutant);
            project.quality.treatments.push(Treatment { line, node, pollutant, removal, expression });
            Some(())
        }
        Err(why) => {
            row.problem(format!("the treatment `{formula}` is not understood: {why}"), "correct it");
            None
        }
    }
}

fn variable(row: &Row<'_, '_, '_>, name: &str, count: usize) -> Option<usize> {
    if let Some(i) = PROCESS.iter().position(|w| starts_with(name, w)) {
        return Some(i);
    }
    if let Some(p) = row.known(Kind::Pollutant, name) {
        return Some(PROCESS.len() + p);
    }
    let rest = name.strip_prefix(['R', 'r'])?.strip_prefix('_')?;
    row.known(Kind::Pollutant, rest).map(|p| PROCESS.len() + count + p)
}

/// Treatments whose removals ask for each other: line, what, remedy.
pub(super) fn check(project: &Project) -> Vec<(usize, String, &'static str)> {
    let q = &project.quality;
    let first = PROCESS.len() + q.pollutants.len();
    let asks = |t: &Treatment| -> Vec<Index> {
        t.expression.variables().filter_map(|v| v.checked_sub(first)).collect()
    };
    let mut wrong = Vec::new();
    for t in &q.treatments {
        let mut seen = vec![false; q.pollutants.len()];
        let mut next = asks(t);
        while let Some(p) = next.pop() {
            let Some(s) = seen.get_mut(p).filter(|s| !**s) else { continue };
            *s = true;
            let other = q.treatments.iter().find(|o| o.node == t.node && o.pollutant == p);
            next.extend(other.map(asks).unwrap_or_default());
        }
        if seen.get(t.pollutant).copied().unwrap_or(false) {
            let node = project.nodes.get(t.node).map_or("", |n| n.name.as_str());
            wrong.push((
                t.line,
                format!("a treatment at node `{node}` asks for its own removal"),
                "break the circle of R_ names",
            ));
        }
    }
    wrong
}
