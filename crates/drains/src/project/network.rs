//! Nodes, links, their sections and losses (节点与连接).

use numerics::inp::Line;

use super::read::{Kind, Row};
use super::*;
use crate::section::SHAPE_WORDS;
use crate::section::Shape;

/// A line that could not be understood keeps its place, so that later names still resolve.
pub(super) fn keep_position(project: &mut Project, kind: Option<Kind>, line: &Line<'_>) {
    match kind {
        Some(Kind::Node) => project.nodes.push(plain_node(line.token(0), line.number)),
        Some(Kind::Link) => project.links.push(Link {
            name: line.token(0).to_owned(),
            line: line.number,
            from: 0,
            to: 0,
            offsets: [Some(0.0); 2],
            section: None,
            gated: false,
            kind: LinkKind::Outlet { curve: None, coefficient: 0.0, exponent: 0.0, by_head: false },
        }),
        _ => {}
    }
}

fn plain_node(name: &str, line: usize) -> Node {
    Node {
        name: name.to_owned(),
        line,
        invert: 0.0,
        max_depth: 0.0,
        initial_depth: 0.0,
        surcharge_depth: 0.0,
        ponded_area: 0.0,
        kind: NodeKind::Junction,
        position: None,
    }
}

fn node(row: &Row<'_, '_, '_>) -> Node {
    plain_node(row.text(0), row.line.number)
}

pub(super) fn junction(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(2) {
        return None;
    }
    let mut n = node(row);
    n.invert = row.number(1)?;
    for (i, field) in [(2, &mut n.max_depth), (3, &mut n.initial_depth), (4, &mut n.surcharge_depth)] {
        if i < row.len() {
            *field = row.at_least_zero(i)?;
        }
    }
    n.ponded_area = row.number_or(5, 0.0)?;
    project.nodes.push(n);
    Some(())
}

pub(super) fn outfall(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(3) {
        return None;
    }
    let mut n = node(row);
    n.invert = row.number(1)?;
    let kind = row.word(2, &[("FREE", 0), ("NORMAL", 1), ("FIXED", 2), ("TIDAL", 3), ("TIMESERIES", 4)])?;
    let next = if kind >= 2 { 4 } else { 3 };
    if !row.has(next) {
        return None;
    }
    let boundary = match kind {
        0 => Boundary::Free,
        1 => Boundary::Normal,
        2 => Boundary::Fixed(row.number(3)?),
        3 => Boundary::Tidal(row.find(3, Kind::Curve)?),
        _ => Boundary::Series(row.find(3, Kind::Series)?),
    };
    let gated = row.yes_or(next, false)?;
    let route_to = if row.len() > next + 1 { Some(row.find(next + 1, Kind::Subcatchment)?) } else { None };
    n.kind = NodeKind::Outfall { boundary, gated, route_to };
    project.nodes.push(n);
    Some(())
}

pub(super) fn storage(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    const PI: f64 = crate::units::PI;
    if !row.has(6) {
        return None;
    }
    let mut n = node(row);
    (n.invert, n.max_depth, n.initial_depth) = (row.number(1)?, row.number(2)?, row.number(3)?);
    let words = [
        ("TABULAR", 0),
        ("FUNCTIONAL", 1),
        ("CYLINDRICAL", 2),
        ("CONICAL", 3),
        ("PARABOLIC", 4),
        ("PYRAMIDAL", 5),
    ];
    let kind = row.word(4, &words)?;
    let mut next = 8;
    let shape = if kind == 0 {
        next = 6;
        StorageShape::Tabular(row.find(5, Kind::Curve)?)
    } else {
        if !row.has(8) {
            return None;
        }
        let (p, q, r) = (row.number(5)?, row.number(6)?, row.number(7)?);
        let bad =
            if kind == 1 { r < 0.0 } else { p <= 0.0 || q <= 0.0 || r < 0.0 || (kind == 4 && r == 0.0) };
        if bad {
            row.problem("these figures make no storage unit", "lengths are above zero, slopes not below it");
            return None;
        }
        let (a, b, z) = (p / 2.0, q / 2.0, r);
        match kind {
            1 => StorageShape::Functional { a0: r, a1: p, a2: q },
            2 => StorageShape::Solid { a0: PI * a * b, a1: 0.0, a2: 0.0 },
            3 => StorageShape::Solid { a0: PI * a * b, a1: 2.0 * PI * b * z, a2: PI * b / a * z * z },
            4 => StorageShape::Solid { a0: 0.0, a1: PI * a * b / z, a2: 0.0 },
            _ => StorageShape::Solid { a0: p * q, a1: 2.0 * (p + q) * z, a2: 4.0 * z * z },
        }
    };
    n.surcharge_depth = row.number_or(next, 0.0)?;
    let evaporation = row.number_or(next + 1, 0.0)?;
    let first = next + 2;
    let seepage = match row.len().saturating_sub(first) {
        0 => None,
        1 => Some([0.0, row.number(first)?, 0.0]),
        2 => {
            row.problem(
                "seepage needs one figure or three",
                "write Ksat alone, or suction, Ksat and deficit",
            );
            return None;
        }
        _ => Some([row.number(first)?, row.number(first + 1)?, row.number(first + 2)?]),
    };
    let seepage = seepage.filter(|s| s[1] != 0.0);
    n.kind = NodeKind::Storage { shape, evaporation, seepage };
    project.nodes.push(n);
    Some(())
}

pub(super) fn divider(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(4) {
        return None;
    }
    let mut n = node(row);
    n.invert = row.number(1)?;
    let link = if row.text(2) == "*" { None } else { Some(row.find(2, Kind::Link)?) };
    let kind = row.word(3, &[("CUTOFF", 0), ("TABULAR", 1), ("WEIR", 2), ("OVERFLOW", 3)])?;
    let (rule, next) = match kind {
        0 => (DividerRule::Cutoff(row.number(4)?), 5),
        1 => (DividerRule::Tabular(row.find(4, Kind::Curve)?), 5),
        2 => {
            let rule = DividerRule::Weir {
                q_min: row.number(4)?,
                height: row.number(5)?,
                coefficient: row.number(6)?,
            };
            (rule, 7)
        }
        _ => (DividerRule::Overflow, 4),
    };
    n.max_depth = row.number_or(next, 0.0)?;
    n.initial_depth = row.number_or(next + 1, 0.0)?;
    n.surcharge_depth = row.number_or(next + 2, 0.0)?;
    n.ponded_area = row.number_or(next + 3, 0.0)?;
    n.kind = NodeKind::Divider { link, rule };
    project.nodes.push(n);
    Some(())
}

fn link(row: &mut Row<'_, '_, '_>, kind: LinkKind) -> Option<Link> {
    let (from, to) = (row.find(1, Kind::Node)?, row.find(2, Kind::Node)?);
    Some(Link {
        name: row.text(0).to_owned(),
        line: row.line.number,
        from,
        to,
        offsets: [Some(0.0); 2],
        section: None,
        gated: false,
        kind,
    })
}

fn offset(project: &Project, row: &mut Row<'_, '_, '_>, i: usize) -> Option<Option<f64>> {
    if project.options.elevation_offsets && row.text(i).starts_with('*') {
        return Some(None);
    }
    row.number(i).map(Some)
}

pub(super) fn conduit(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(7) {
        return None;
    }
    let kind = LinkKind::Conduit {
        length: row.number(3)?,
        roughness: row.number(4)?,
        initial_flow: row.number_or(7, 0.0)?,
        max_flow: row.number_or(8, 0.0)?,
        barrels: 1,
        culvert: 0,
        losses: [0.0; 3],
        seepage: 0.0,
    };
    let mut l = link(row, kind)?;
    l.offsets = [offset(project, row, 5)?, offset(project, row, 6)?];
    project.links.push(l);
    Some(())
}

pub(super) fn pump(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(3) {
        return None;
    }
    let curve = if row.len() > 3 && row.text(3) != "*" { Some(row.find(3, Kind::Curve)?) } else { None };
    let on = if row.len() > 4 { row.word(4, &[("OFF", false), ("ON", true)])? } else { true };
    let startup = if row.len() > 5 { row.at_least_zero(5)? } else { 0.0 };
    let shutoff = if row.len() > 6 { row.at_least_zero(6)? } else { 0.0 };
    let l = link(row, LinkKind::Pump { curve, on, startup, shutoff })?;
    project.links.push(l);
    Some(())
}

pub(super) fn orifice(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(6) {
        return None;
    }
    let bottom = row.word(3, &[("SIDE", false), ("BOTTOM", true)])?;
    let crest = offset(project, row, 4)?;
    let coefficient = row.at_least_zero(5)?;
    let gated = row.yes_or(6, false)?;
    let close_hours = if row.len() > 7 { row.at_least_zero(7)? } else { 0.0 };
    let mut l = link(row, LinkKind::Orifice { bottom, coefficient, close_hours })?;
    l.offsets = [crest; 2];
    l.gated = gated;
    project.links.push(l);
    Some(())
}

pub(super) fn weir(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(6) {
        return None;
    }
    let kind = row.word(3, WeirKind::WORDS)?;
    let crest = offset(project, row, 4)?;
    let coefficient = row.at_least_zero(5)?;
    let given = |row: &Row<'_, '_, '_>, i: usize| i < row.len() && row.text(i) != "*";
    let gated = row.yes_or(6, false)?;
    let contractions = if given(row, 7) { row.at_least_zero(7)? } else { 0.0 };
    let end_coefficient = if given(row, 8) { row.at_least_zero(8)? } else { 0.0 };
    let surcharge = row.yes_or(9, true)?;
    let roadway = kind == WeirKind::Roadway;
    let road_width = if roadway && row.len() > 10 { row.at_least_zero(10)? } else { 0.0 };
    let road_surface = if !roadway {
        0
    } else if row.text(11).eq_ignore_ascii_case("PAVED") {
        1
    } else {
        u8::from(row.text(11).eq_ignore_ascii_case("GRAVEL")) * 2
    };
    let curve = if given(row, 12) { Some(row.find(12, Kind::Curve)?) } else { None };
    let kind = LinkKind::Weir {
        kind,
        coefficient,
        contractions,
        end_coefficient,
        surcharge,
        road_width,
        road_surface,
        curve,
    };
    let mut l = link(row, kind)?;
    l.offsets = [crest; 2];
    l.gated = gated;
    project.links.push(l);
    Some(())
}

pub(super) fn outlet(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(6) {
        return None;
    }
    let crest =
        offset(project, row, 3)?.map(|v| if project.options.elevation_offsets { v } else { v.max(0.0) });
    let functional = row.word(4, &[("TABULAR", false), ("FUNCTIONAL", true)])?;
    let by_head = row.text(4).split('/').nth(1).is_some_and(|w| w.eq_ignore_ascii_case("HEAD"));
    let (curve, coefficient, exponent, next) = if functional {
        if !row.has(7) {
            return None;
        }
        (None, row.number(5)?, row.number(6)?, 7)
    } else {
        (Some(row.find(5, Kind::Curve)?), 0.0, 0.0, 6)
    };
    let gated = row.yes_or(next, false)?;
    let mut l = link(row, LinkKind::Outlet { curve, coefficient, exponent, by_head })?;
    l.offsets = [crest; 2];
    l.gated = gated;
    project.links.push(l);
    Some(())
}

pub(super) fn section(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(3) {
        return None;
    }
    let at = row.find(0, Kind::Link)?;
    let shape = row.word(1, &SHAPE_WORDS)?;
    let mut dimensions = [0.0; 4];
    let table = match shape {
        Shape::Irregular => Some(row.find(2, Kind::Transect)?),
        Shape::Street => Some(row.find(2, Kind::Street)?),
        _ if !row.has(6) => return None,
        Shape::Custom => {
            dimensions[0] = row.number(2)?;
            if dimensions[0] <= 0.0 {
                row.problem("the height of a custom shape is not above zero", "write its full height");
                return None;
            }
            Some(row.find(3, Kind::Curve)?)
        }
        _ => {
            for (i, d) in dimensions.iter_mut().enumerate() {
                *d = row.number(i + 2)?;
            }
            None
        }
    };
    let whole = |row: &mut Row<'_, '_, '_>, i: usize, least: f64| -> Option<u32> {
        let v = row.number(i)?;
        if v < least {
            row.problem(format!("entry {} is {v}", i + 1), format!("write {least} or more"));
            return None;
        }
        Some(v as u32)
    };
    let many = !matches!(shape, Shape::Irregular | Shape::Street);
    let (n_barrels, n_culvert) = (
        if many && row.len() > 6 { whole(row, 6, 1.0)? } else { 1 },
        if many && row.len() > 7 { whole(row, 7, 0.0)? } else { 0 },
    );
    let l = project.links.get_mut(at)?;
    if let LinkKind::Conduit { barrels, culvert, .. } = &mut l.kind {
        (*barrels, *culvert) = (n_barrels, n_culvert);
    } else if shape == Shape::RectOpen {
        dimensions[2] = 0.0;
        dimensions[3] = 0.0;
    }
    l.section = Some(CrossSection { shape, dimensions, table });
    Some(())
}

pub(super) fn losses(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(4) {
        return None;
    }
    let at = row.find(0, Kind::Link)?;
    let k = [row.at_least_zero(1)?, row.at_least_zero(2)?, row.at_least_zero(3)?];
    let gated = row.yes_or(4, false)?;
    let rate = row.number_or(5, 0.0)?;
    let l = project.links.get_mut(at)?;
    l.gated = gated;
    if let LinkKind::Conduit { losses, seepage, .. } = &mut l.kind {
        *losses = k;
        *seepage = rate;
    }
    Some(())
}

pub(super) fn coordinate(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if let Some(at) = row.known(Kind::Node, row.text(0))
        && let (Some(x), Some(y)) = (numerics::inp::number(row.text(1)), numerics::inp::number(row.text(2)))
        && let Some(n) = project.nodes.get_mut(at)
    {
        n.position = Some((x, y));
    }
    Some(())
}
