//! 积雪参数 as `[SNOWPACKS]` gives them (Reference Manual I, ch. 6).

use super::read::{Kind, Row};
use super::{Index, Project};

/// Of one of the three surfaces: plowable, other impervious, pervious.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SnowSurface {
    /// Least and greatest melt coefficient, in/h/°F or mm/h/°C.
    pub melt: [f64; 2],
    /// Base temperature, °F or °C.
    pub base: f64,
    /// Free water the pack holds, as a share of its depth.
    pub free_fraction: f64,
    /// Initial depth, in or mm of water.
    pub depth: f64,
    /// Initial free water, in or mm.
    pub free_water: f64,
    /// Plowable: its share of the impervious area. Others: depth (in or mm) of whole cover.
    pub last: f64,
}

/// 积雪参数组.
#[derive(Debug, Clone, PartialEq)]
pub struct SnowPack {
    /// Name.
    pub name: String,
    /// Line in the file.
    pub line: usize,
    /// Plowable, other impervious, pervious.
    pub surfaces: [SnowSurface; 3],
    /// Depth at which plowing begins, in or mm; `None` never.
    pub plow_depth: Option<f64>,
    /// Shares plowed: out, onto impervious, onto pervious, melted, to another subcatchment.
    pub plowed: [f64; 5],
    /// That other subcatchment.
    pub to: Option<Index>,
}

/// One line of `[SNOWPACKS]`.
pub(super) fn pack(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    let name = row.text(0).to_owned();
    let at = row.known(Kind::SnowPack, &name)?;
    if project.snow_packs.len() <= at {
        let blank = SnowPack {
            name,
            line: row.line.number,
            surfaces: [SnowSurface::default(); 3],
            plow_depth: None,
            plowed: [0.0; 5],
            to: None,
        };
        project.snow_packs.resize(at + 1, blank);
    }
    if !row.has(8) {
        return None;
    }
    let words = [("PLOWABLE", 0_usize), ("IMPERV", 1), ("PERV", 2), ("REMOVAL", 3)];
    let kind = row.word(1, &words)?;
    if kind < 3 && !row.has(9) {
        return None;
    }
    let mut x = [0.0; 7];
    for (i, v) in x.iter_mut().enumerate().take(if kind < 3 { 7 } else { 6 }) {
        *v = row.number(i + 2)?;
    }
    let to = if kind == 3 && row.len() > 8 { Some(row.find(8, Kind::Subcatchment)?) } else { None };
    if !sound(kind, x) {
        row.problem(
            "these parameters make no snow pack",
            "the least melt coefficient is not above the greatest; fractions are 0 to 1 and those plowed \
             come to 1 at most",
        );
        return None;
    }
    let p = project.snow_packs.get_mut(at)?;
    let [a, b, c, d, e, f, g] = x;
    if let Some(s) = p.surfaces.get_mut(kind) {
        *s = SnowSurface { melt: [a, b], base: c, free_fraction: d, depth: e, free_water: f, last: g };
    } else {
        p.plow_depth = Some(a);
        p.plowed = [b, c, d, e, f];
        p.to = to;
    }
    Some(())
}

fn sound(kind: usize, [a, b, c, d, e, f, g]: [f64; 7]) -> bool {
    if kind == 3 {
        return b + c + d + e + f <= 1.01;
    }
    a <= b && (0.0..=1.0).contains(&d) && (kind != 0 || (0.0..=1.0).contains(&g))
}
