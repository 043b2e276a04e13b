//! 雨水口 as `[INLETS]` and `[INLET_USAGE]` give them (User's Manual appendix D).

use super::read::{Kind, Row};
use super::{Index, Project};

/// 箅子型式 (HEC-22, chart 5).
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the names are SWMM's keywords")]
pub enum Grate {
    PBar50,
    PBar50x100,
    PBar30,
    CurvedVane,
    TiltBar45,
    TiltBar30,
    Reticuline,
    /// Share that is open, and splash-over velocity (ft/s or m/s).
    Generic {
        open: f64,
        splash: f64,
    },
}

/// 路缘喉口.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are SWMM's keywords")]
pub enum Throat {
    Horizontal,
    Inclined,
    Vertical,
}

/// 雨水口类别.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are SWMM's keywords")]
pub enum InletKind {
    Grate,
    Curb,
    /// A grate in front of a curb opening.
    Combination,
    Slotted,
    DropGrate,
    DropCurb,
    Custom,
}

/// 雨水口, in the model's unit of length.
#[derive(Debug, Clone, PartialEq)]
pub struct InletDesign {
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: InletKind,
    /// Grate: length along the flow, width, type.
    pub grate: Option<(f64, f64, Grate)>,
    /// Curb opening: length, height, throat.
    pub curb: Option<(f64, f64, Throat)>,
    /// Slotted drain: length, width.
    pub slotted: Option<(f64, f64)>,
    /// Curve of what is captured, by flow (diversion) or depth (rating).
    pub curve: Option<Index>,
}

/// 布置.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// Water runs past.
    OnGrade,
    /// Water stands.
    OnSag,
}

/// 雨水口的使用: inlets along a conduit that send what they capture to a node.
#[derive(Debug, Clone, PartialEq)]
pub struct InletUsage {
    /// Line of the file.
    pub line: usize,
    /// The street or channel.
    pub link: Index,
    /// Which inlet.
    pub design: Index,
    /// Who gets what is captured.
    pub node: Index,
    /// On each side.
    pub count: u32,
    /// Percent.
    pub clogged: f64,
    /// Most one inlet captures; 0 for no limit.
    pub most: f64,
    /// Local depression and its width.
    pub depression: (f64, f64),
    /// `None`: on grade where the street goes on.
    pub placement: Option<Placement>,
}

const KINDS: [(&str, InletKind); 6] = [
    ("GRATE", InletKind::Grate),
    ("CURB", InletKind::Curb),
    ("SLOTTED", InletKind::Slotted),
    ("DROP_GRATE", InletKind::DropGrate),
    ("DROP_CURB", InletKind::DropCurb),
    ("CUSTOM", InletKind::Custom),
];

/// In SWMM's order, where the first that begins the word is meant: `P_BAR-50x100` is a `P_BAR-50` there.
const GRATES: [(&str, Grate); 8] = [
    ("P_BAR-50", Grate::PBar50),
    ("P_BAR-50x100", Grate::PBar50x100),
    ("P_BAR-30", Grate::PBar30),
    ("CURVED_VANE", Grate::CurvedVane),
    ("TILT_BAR-45", Grate::TiltBar45),
    ("TILT_BAR-30", Grate::TiltBar30),
    ("RETICULINE", Grate::Reticuline),
    ("GENERIC", Grate::Generic { open: 0.0, splash: 0.0 }),
];

const THROATS: [(&str, Throat); 3] =
    [("HORIZONTAL", Throat::Horizontal), ("INCLINED", Throat::Inclined), ("VERTICAL", Throat::Vertical)];

fn above_zero(row: &mut Row<'_, '_, '_>, i: usize) -> Option<f64> {
    let v = row.number(i)?;
    if v <= 0.0 {
        row.problem(format!("entry {} is {v}", i + 1), "write a length above zero");
        return None;
    }
    Some(v)
}

pub(super) fn design(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    let at = row.find(0, Kind::Inlet)?;
    let blank = InletDesign {
        name: row.text(0).to_owned(),
        kind: InletKind::Custom,
        grate: None,
        curb: None,
        slotted: None,
        curve: None,
    };
    if project.inlets.len() <= at {
        project.inlets.resize(at + 1, blank);
    }
    if !row.has(3) {
        return None;
    }
    let kind = row.word(1, &KINDS)?;
    let read = match kind {
        InletKind::Custom => InletDesign { curve: Some(row.find(2, Kind::Curve)?), ..empty() },
        _ if !row.has(4) => return None,
        InletKind::Grate | InletKind::DropGrate => InletDesign { grate: Some(grate(row)?), ..empty() },
        InletKind::Slotted => {
            InletDesign { slotted: Some((above_zero(row, 2)?, above_zero(row, 3)?)), ..empty() }
        }
        _ => {
            let (length, height) = (above_zero(row, 2)?, above_zero(row, 3)?);
            let throat = if kind == InletKind::Curb && row.len() > 4 {
                row.word(4, &THROATS)?
            } else {
                Throat::Vertical
            };
            InletDesign { curb: Some((length, height, throat)), ..empty() }
        }
    };
    let d = project.inlets.get_mut(at)?;
    d.grate = read.grate.or(d.grate);
    d.curb = read.curb.or(d.curb);
    d.slotted = read.slotted.or(d.slotted);
    d.curve = read.curve.or(d.curve);
    let both = d.grate.is_some() && d.curb.is_some();
    let combined = both && matches!(kind, InletKind::Grate | InletKind::Curb);
    d.kind = if combined { InletKind::Combination } else { kind };
    Some(())
}

const fn empty() -> InletDesign {
    InletDesign {
        name: String::new(),
        kind: InletKind::Custom,
        grate: None,
        curb: None,
        slotted: None,
        curve: None,
    }
}

fn grate(row: &mut Row<'_, '_, '_>) -> Option<(f64, f64, Grate)> {
    if !row.has(5) {
        return None;
    }
    let (length, width) = (above_zero(row, 2)?, above_zero(row, 3)?);
    let mut kind = row.word(4, &GRATES)?;
    if let Grate::Generic { open, splash } = &mut kind {
        if !row.has(6) {
            return None;
        }
        *open = row.number(5)?;
        if *open <= 0.0 || *open > 1.0 {
            row.problem("the open share of the grate is not between 0 and 1", "write a share");
            return None;
        }
        if row.len() > 6 {
            *splash = row.at_least_zero(6)?;
        }
    }
    Some((length, width, kind))
}

pub(super) fn usage(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(3) {
        return None;
    }
    let mut u = InletUsage {
        line: row.line.number,
        link: row.find(0, Kind::Link)?,
        design: row.find(1, Kind::Inlet)?,
        node: row.find(2, Kind::Node)?,
        count: 1,
        clogged: 0.0,
        most: 0.0,
        depression: (0.0, 0.0),
        placement: None,
    };
    if row.len() > 3 {
        let n = row.number(3)?;
        if !(1.0..=1.0e6).contains(&n) || n.fract() != 0.0 {
            row.problem(format!("there are {n} inlets"), "write a whole number from 1 up");
            return None;
        }
        u.count = n as u32;
    }
    let or_zero =
        |row: &mut Row<'_, '_, '_>, i: usize| if i < row.len() { row.at_least_zero(i) } else { Some(0.0) };
    u.clogged = or_zero(row, 4)?;
    if u.clogged > 99.0 {
        row.problem(format!("the inlets are clogged by {} percent", u.clogged), "write 99 at most");
        return None;
    }
    u.most = or_zero(row, 5)?;
    u.depression = (or_zero(row, 6)?, or_zero(row, 7)?);
    if row.len() > 8 {
        let words =
            [("AUTO", None), ("ON_GRADE", Some(Placement::OnGrade)), ("ON_SAG", Some(Placement::OnSag))];
        u.placement = row.word(8, &words)?;
    }
    match project.inlet_usages.iter_mut().find(|x| x.link == u.link) {
        Some(before) => *before = u,
        None => project.inlet_usages.push(u),
    }
    Some(())
}
