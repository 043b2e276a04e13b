//! 低影响开发设施 as `[LID_CONTROLS]` and `[LID_USAGE]` give them (Reference Manual III, ch. 6).

use numerics::inp::starts_with;

use super::read::{Kind, Row};
use super::{Index, Project};

/// 设施类别.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are SWMM's")]
pub enum LidKind {
    BioRetention,
    RainGarden,
    GreenRoof,
    InfiltrationTrench,
    PermeablePavement,
    RainBarrel,
    Swale,
    RoofDisconnection,
}

const KINDS: [(&str, LidKind); 8] = [
    ("BC", LidKind::BioRetention),
    ("RG", LidKind::RainGarden),
    ("GR", LidKind::GreenRoof),
    ("IT", LidKind::InfiltrationTrench),
    ("PP", LidKind::PermeablePavement),
    ("RB", LidKind::RainBarrel),
    ("VS", LidKind::Swale),
    ("RD", LidKind::RoofDisconnection),
];

/// A control with its layers' figures as the file has them, in the file's order.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's layers")]
pub struct LidControl {
    pub name: String,
    pub line: usize,
    pub kind: Option<LidKind>,
    pub surface: Option<[f64; 5]>,
    pub soil: Option<[f64; 7]>,
    pub storage: Option<[f64; 4]>,
    pub covered: bool,
    pub pavement: Option<[f64; 7]>,
    pub drain: Option<[f64; 6]>,
    pub drain_curve: Option<Index>,
    pub drain_mat: Option<[f64; 3]>,
}

/// One line of `[LID_USAGE]`.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct LidUsage {
    pub line: usize,
    pub subcatchment: Index,
    pub control: Index,
    pub number: f64,
    pub area: f64,
    pub width: f64,
    /// Percent.
    pub saturation: f64,
    /// Percent.
    pub from_impervious: f64,
    pub to_pervious: bool,
    /// File of its detailed report, where one is asked for.
    pub report: Option<String>,
    pub drain_subcatchment: Option<Index>,
    pub drain_node: Option<Index>,
    /// Percent.
    pub from_pervious: f64,
}

#[derive(Clone, Copy)]
enum Layer {
    Surface,
    Soil,
    Storage,
    Pavement,
    DrainMat,
    Drain,
    Removals,
}

const LAYERS: [(&str, Layer); 7] = [
    ("SURFACE", Layer::Surface),
    ("SOIL", Layer::Soil),
    ("STORAGE", Layer::Storage),
    ("PAVEMENT", Layer::Pavement),
    ("DRAINMAT", Layer::DrainMat),
    ("DRAIN", Layer::Drain),
    ("REMOVALS", Layer::Removals),
];

/// `N` figures of zero or more, of which the first `needed` must be there.
fn figures<const N: usize>(row: &mut Row<'_, '_, '_>, needed: usize) -> Option<[f64; N]> {
    if !row.has(needed + 2) {
        return None;
    }
    let mut x = [0.0; N];
    for (i, v) in x.iter_mut().enumerate() {
        if i < needed || row.len() > i + 2 {
            *v = row.at_least_zero(i + 2)?;
        }
    }
    Some(x)
}

/// One line of `[LID_CONTROLS]`.
pub(super) fn control(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    let name = row.text(0).to_owned();
    let at = row.known(Kind::Lid, &name)?;
    if project.lid_controls.len() <= at {
        let blank = LidControl {
            name,
            line: row.line.number,
            kind: None,
            surface: None,
            soil: None,
            storage: None,
            covered: false,
            pavement: None,
            drain: None,
            drain_curve: None,
            drain_mat: None,
        };
        project.lid_controls.resize(at + 1, blank);
    }
    if !row.has(2) {
        return None;
    }
    if let Some((_, kind)) = KINDS.iter().find(|(w, _)| starts_with(row.text(1), w)) {
        project.lid_controls.get_mut(at)?.kind = Some(*kind);
        return Some(());
    }
    layer(project, row, at)
}

fn layer(project: &mut Project, row: &mut Row<'_, '_, '_>, at: Index) -> Option<()> {
    match row.word(1, &LAYERS)? {
        Layer::Surface => {
            let mut x: [f64; 5] = figures(row, 5)?;
            let [deep, plants, ..] = &mut x;
            if *plants >= 1.0 {
                row.problem("plants fill the whole surface layer", "write a share below 1");
                return None;
            }
            if *deep == 0.0 {
                *plants = 0.0;
            }
            project.lid_controls.get_mut(at)?.surface = Some(x);
        }
        Layer::Soil => {
            let x: [f64; 7] = figures(row, 7)?;
            let [deep, porosity, field, wilting, k, ..] = x;
            if deep > 0.0 && (porosity <= 0.0 || field >= porosity || wilting >= field || k <= 0.0) {
                row.problem(
                    "these figures make no soil layer",
                    "wilting point < field capacity < porosity and conductivity above zero",
                );
                return None;
            }
            project.lid_controls.get_mut(at)?.soil = Some(x);
        }
        Layer::Storage => {
            let mut words = figures::<4>(row, 4)?;
            let covered = row.len() > 6 && starts_with(row.text(6), "YES");
            let [deep, void, ..] = &mut words;
            if *deep > 0.0 && *void <= 0.0 {
                row.problem("the storage layer has no voids", "write a void ratio above zero");
                return None;
            }
            let c = project.lid_controls.get_mut(at)?;
            (c.storage, c.covered) = (Some(words), covered);
        }
        Layer::Pavement => {
            let x: [f64; 7] = figures(row, 5)?;
            let [deep, void, impervious, k, _, _, degree] = x;
            if deep <= 0.0 || void <= 0.0 || impervious > 1.0 || k <= 0.0 || degree > 1.0 {
                row.problem(
                    "these figures make no pavement layer",
                    "thickness, void ratio and permeability are above zero, fractions at most 1",
                );
                return None;
            }
            project.lid_controls.get_mut(at)?.pavement = Some(x);
        }
        Layer::Drain => {
            let x: [f64; 6] = figures(row, 4)?;
            let curve = if row.len() > 8 { Some(row.find(8, Kind::Curve)?) } else { None };
            let [.., open, close] = x;
            if open > 0.0 && open <= close {
                row.problem("the drain opens below the level at which it closes", "raise the opening level");
                return None;
            }
            let c = project.lid_controls.get_mut(at)?;
            (c.drain, c.drain_curve) = (Some(x), curve);
        }
        Layer::DrainMat => {
            let x: [f64; 3] = figures(row, 3)?;
            let [deep, void, _] = x;
            if deep > 0.0 && (void <= 0.0 || void > 1.0) {
                row.problem("the drain mat has no voids", "write a fraction above zero and at most 1");
                return None;
            }
            project.lid_controls.get_mut(at)?.drain_mat = Some(x);
        }
        Layer::Removals => {
            if !row.has(4) {
                return None;
            }
            for i in (2..row.len()).step_by(2) {
                let pollutant = row.find(i, Kind::Pollutant)?;
                let percent = if row.has(i + 2) { row.number(i + 1)? } else { return None };
                if !(0.0..=100.0).contains(&percent) {
                    row.problem(format!("{percent} percent are removed"), "write 0 to 100");
                    return None;
                }
                project.quality.removals.push((at, pollutant, percent));
            }
        }
    }
    Some(())
}

/// One line of `[LID_USAGE]`.
pub(super) fn usage(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(8) {
        return None;
    }
    let subcatchment = row.find(0, Kind::Subcatchment)?;
    let control = row.find(1, Kind::Lid)?;
    let number = row.at_least_zero(2)?.trunc();
    if number == 0.0 {
        return Some(());
    }
    let mut x = [0.0; 5];
    for (i, v) in x.iter_mut().enumerate() {
        *v = row.at_least_zero(i + 3)?;
    }
    let [area, width, saturation, from_impervious, to_pervious] = x;
    let from_pervious = if row.len() > 10 { row.at_least_zero(10)? } else { 0.0 };
    if saturation > 100.0 || from_impervious > 100.0 || from_pervious > 100.0 {
        row.problem("a percentage is above 100", "write 0 to 100");
        return None;
    }
    let (mut drain_subcatchment, mut drain_node) = (None, None);
    if row.len() > 9 && row.text(9) != "*" {
        let to = row.text(9).to_owned();
        drain_subcatchment = row.known(Kind::Subcatchment, &to);
        if drain_subcatchment.is_none() {
            drain_node = Some(row.find(9, Kind::Node)?);
        }
    }
    project.lid_usages.push(LidUsage {
        line: row.line.number,
        subcatchment,
        control,
        number,
        area,
        width,
        saturation,
        from_impervious,
        to_pervious: to_pervious > 0.0,
        report: (row.len() > 8 && row.text(8) != "*" && !row.text(8).is_empty())
            .then(|| row.text(8).to_owned()),
        drain_subcatchment,
        drain_node,
        from_pervious,
    });
    Some(())
}

/// What is wrong with the controls as wholes: line, what, remedy.
pub(super) fn check(project: &Project) -> Vec<(usize, String, &'static str)> {
    let mut wrong = Vec::new();
    for c in &project.lid_controls {
        let deep = |x: Option<f64>| x.is_some_and(|d| d > 0.0);
        let (soil, storage) = (deep(c.soil.map(|[d, ..]| d)), deep(c.storage.map(|[d, ..]| d)));
        let whole = match c.kind {
            None => {
                wrong.push((
                    c.line,
                    format!("LID control `{}` has no kind", c.name),
                    "write BC, RG, GR, IT, PP, RB, VS or RD",
                ));
                continue;
            }
            Some(LidKind::BioRetention | LidKind::RainGarden) => soil,
            Some(LidKind::GreenRoof) => soil && deep(c.drain_mat.map(|[d, ..]| d)),
            Some(LidKind::PermeablePavement) => c.pavement.is_some(),
            Some(LidKind::InfiltrationTrench) => storage,
            Some(LidKind::Swale) => {
                c.surface.is_some_and(|[d, _, n, slope, _]| d > 0.0 && n > 0.0 && slope > 0.0)
            }
            Some(LidKind::RainBarrel | LidKind::RoofDisconnection) => true,
        };
        if !whole {
            wrong.push((
                c.line,
                format!("LID control `{}` lacks a layer of its kind", c.name),
                "a cell, garden or roof needs soil, a roof its drain mat, a trench storage, a pavement its \
                 layer, a swale a rough sloping surface",
            ));
        }
    }
    for (i, s) in project.subcatchments.iter().enumerate() {
        let own = || project.lid_usages.iter().filter(|u| u.subcatchment == i);
        let Some(first) = own().next() else { continue };
        let u = crate::units::Units::of(project.options.flow_units);
        let area = own().map(|x| x.area * x.number).sum::<f64>() / (u.length * u.length);
        let from = |share: fn(&LidUsage) -> f64| own().map(share).sum::<f64>();
        if area > 1.001 * s.area / u.land_area {
            wrong.push((
                first.line,
                format!("the LIDs of `{}` are larger than it", s.name),
                "lessen their areas",
            ));
        }
        if from(|x| x.from_impervious) > 100.1 || from(|x| x.from_pervious) > 100.1 {
            wrong.push((
                first.line,
                format!("the LIDs of `{}` treat more than all of its runoff", s.name),
                "lessen their shares",
            ));
        }
        let swale = |x: &LidUsage| {
            project.lid_controls.get(x.control).is_some_and(|c| c.kind == Some(LidKind::Swale))
        };
        if own().any(|x| x.width <= 0.0 && swale(x)) {
            wrong.push((first.line, format!("a swale of `{}` has no width", s.name), "write its top width"));
        }
    }
    wrong
}
