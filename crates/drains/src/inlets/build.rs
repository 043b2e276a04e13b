//! Inlets made ready to compute: their streets, their shares of a sewer's overflow.
#![expect(clippy::indexing_slicing, reason = "the reader has checked every index")]

use super::sag::opening;
use super::{Design, Gutter, Inlet, NO_LIMIT};
use crate::model::{Model, SidesOfStreet};
use crate::project::{CurveKind, Grate, Index, InletDesign, InletKind, InletUsage, Placement, Throat};
use crate::section::Shape;

/// All inlets of a model, the last mentioned first as SWMM lists them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Inlets {
    pub(crate) list: Vec<Inlet>,
    /// Nodes whose overflow goes to streets.
    pub(crate) capturing: Vec<Index>,
    /// Place in the list by link; empty without inlets.
    of_link: Vec<Option<usize>>,
}

impl Inlets {
    /// The inlets of a model, and the links whose inlets do not fit them.
    pub(crate) fn of(model: &Model) -> (Self, Vec<String>) {
        let mut all = Self::default();
        let mut unfit = Vec::new();
        for usage in model.project.inlet_usages.iter().rev() {
            let design = &model.project.inlets[usage.design];
            if fits(model, usage, design) {
                all.list.push(inlet(model, usage, design));
            } else {
                unfit.push(model.links.name[usage.link].clone());
            }
        }
        let mut captures = vec![false; model.nodes.kind.len()];
        for i in &all.list {
            captures[i.bypass] = false;
            captures[i.node] = true;
        }
        all.capturing = (0..captures.len()).filter(|i| captures[*i]).collect();
        if !all.list.is_empty() {
            all.of_link = vec![None; model.links.kind.len()];
        }
        for (k, i) in all.list.iter().enumerate() {
            all.of_link[i.link] = Some(k);
        }
        all.share_backflow();
        (all, unfit)
    }

    /// Place in the list of a link's inlets.
    pub(crate) fn of_link(&self, link: Index) -> Option<usize> {
        self.of_link.get(link).copied().flatten()
    }

    /// A node's overflow goes back by the open area of its inlets; those with curves share by their number.
    fn share_backflow(&mut self) {
        let list: Vec<(Index, f64, f64)> =
            self.list.iter().map(|i| (i.node, area(i), f64::from(i.count))).collect();
        for (inlet, (node, own, count)) in self.list.iter_mut().zip(&list) {
            let same = || list.iter().filter(|(n, _, _)| n == node);
            let links = same().count() as f64;
            let standard = same().filter(|(_, a, _)| *a > 0.0).count() as f64;
            let whole = same().filter(|(_, a, _)| *a > 0.0).fold(0.0, |t, (_, a, _)| t + a);
            let customs = same().filter(|(_, a, _)| *a <= 0.0).fold(0.0, |t, (_, _, n)| t + n);
            let f = standard / links;
            inlet.backflow_ratio = if *own == 0.0 { count / customs * (1.0 - f) } else { own / whole * f };
        }
    }
}

fn fits(model: &Model, usage: &InletUsage, design: &InletDesign) -> bool {
    if model.links.conduit(usage.link).is_none() {
        return false;
    }
    let drop = matches!(design.kind, InletKind::DropGrate | InletKind::DropCurb);
    match model.links.section[usage.link].shape {
        _ if design.kind == InletKind::Custom => design.curve.is_some_and(|c| {
            matches!(model.project.curves[c].kind, CurveKind::Diversion | CurveKind::Rating)
        }),
        Shape::Trapezoidal | Shape::RectOpen => drop,
        Shape::Street => !drop,
        _ => false,
    }
}

fn inlet(model: &Model, usage: &InletUsage, design: &InletDesign) -> Inlet {
    let (l, u) = (&model.links, &model.units);
    let bypass = l.node2[usage.link];
    let placement = usage.placement.unwrap_or(if model.nodes.degree[bypass] > 0 {
        Placement::OnGrade
    } else {
        Placement::OnSag
    });
    Inlet {
        link: usage.link,
        bypass,
        node: usage.node,
        design: in_feet(design, u.length),
        design_name: design.name.clone(),
        street: model.project.links[usage.link]
            .section
            .filter(|s| s.shape == Shape::Street)
            .and_then(|s| s.table),
        count: usage.count,
        placement,
        open: 1.0 - usage.clogged / 100.0,
        most: if usage.most > 0.0 { usage.most / u.flow } else { NO_LIMIT },
        gutter: gutter(model, usage),
        backflow_ratio: 0.0,
    }
}

fn in_feet(d: &InletDesign, ucf: f64) -> Design {
    let (grate_length, grate_width, mut grate) = d.grate.unwrap_or((0.0, 0.0, Grate::PBar50));
    if let Grate::Generic { splash, .. } = &mut grate {
        *splash /= ucf;
    }
    let (curb_length, curb_height, throat) = d.curb.unwrap_or((0.0, 0.0, Throat::Horizontal));
    let (slot_length, slot_width) = d.slotted.unwrap_or((0.0, 0.0));
    Design {
        kind: d.kind,
        grate_length: grate_length / ucf,
        grate_width: grate_width / ucf,
        grate,
        curb_length: curb_length / ucf,
        curb_height: curb_height / ucf,
        throat,
        slot_length: slot_length / ucf,
        slot_width: slot_width / ucf,
        curve: d.curve,
    }
}

fn gutter(model: &Model, usage: &InletUsage) -> Gutter {
    let ucf = model.units.length;
    let (slope, beta, roughness) =
        model.links.conduit(usage.link).map_or((0.0, 0.0, 1.0), |c| (c.slope, c.beta, c.roughness));
    let mut g = Gutter {
        sx: 0.01,
        sl: slope,
        sw: 0.01,
        a: 0.0,
        w: 0.0,
        n: roughness,
        sides: 1.0,
        crown: 0.0,
        beta,
        factor: 0.0,
    };
    if let Some(SidesOfStreet { street, sides }) = model.street_of(usage.link) {
        g.sx = street.slope / 100.0;
        g.a = street.gutter_depression / ucf;
        g.w = street.gutter_width / ucf;
        g.n = street.roughness;
        g.sides = sides;
        g.crown = street.width / ucf;
        let (depression, width) = (usage.depression.0 / ucf, usage.depression.1 / ucf);
        if depression * width > 0.0 {
            g.a += depression;
            g.w = width;
        }
        g.sw = if g.w * g.a > 0.0 { g.sx + g.a / g.w } else { g.sx };
    }
    g.factor = (0.56 / g.n) * g.sl.powf(0.5) * g.sx.powf(1.67);
    g
}

/// Open area of all inlets of a conduit, ft²; 0 for those with curves.
fn area(i: &Inlet) -> f64 {
    let d = &i.design;
    let mut area = 0.0;
    if d.grate_length > 0.0 {
        area = d.grate_length * d.grate_width;
        area *= opening(d.grate);
    }
    let curb = d.curb_length - d.grate_length;
    if curb > 0.0 {
        area += curb * d.curb_height;
    }
    if d.slot_length > 0.0 {
        area = d.slot_length * d.slot_width;
    }
    area * f64::from(i.count) * i.open
}
