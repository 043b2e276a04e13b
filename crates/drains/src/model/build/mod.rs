//! From a project to a model (建模): SWMM's validation in SWMM's order (`project_validate`).
#![expect(clippy::indexing_slicing, reason = "the reader has checked every index")]

mod conduit;
mod land;
mod links;
mod nodes;
mod sections;

use std::collections::HashMap;
use std::sync::Arc;

use numerics::inp::{Problem, Problems};

use land::{gages, subcatchments};

use super::*;
use crate::hydrology::{Seepage, Soil};
use crate::project::{FILE_SERIES, InternalRouting, LinkKind, NodeKind, Outlet, Routing, Surcharge};
use crate::section::{Profile, Shape, street, transect};
use crate::units::{GRAVITY, PHI, max, min};

/// Least drop of a conduit, ft.
const MIN_DELTA_Z: f64 = 0.001;

struct Builder {
    problems: Problems,
    warnings: Vec<String>,
}

pub(super) fn build(project: Project) -> Result<Model, Vec<Problem>> {
    let units = Units::of(project.options.flow_units);
    let mut b = Builder { problems: Problems::default(), warnings: Vec::new() };
    let mismatched = project.controls.mismatched();
    b.warnings
        .extend(mismatched.map(|name| format!("WARNING 11: non-matching attributes in Control Rule {name}")));
    let mut options = project.options.clone();
    // Without packs nothing is snow, in SWMM too.
    options.ignore_snowmelt |= project.snow_packs.is_empty();
    let dynamic = options.routing == Routing::Dynamic;
    for c in &project.curves {
        if c.curve.first_backward().is_some() {
            b.problems.add(
                c.line,
                "CURVES",
                format!("the x values of curve `{}` do not grow", c.name),
                "sort its points",
            );
        }
    }
    for s in &project.series {
        if s.curve.first_backward().is_some() {
            b.problems.add(
                s.line,
                "TIMESERIES",
                format!("the times of series `{}` do not grow", s.name),
                "sort its lines and give dates where a day passes",
            );
        }
    }
    let series: Vec<Arc<Curve>> = project.series.iter().map(|s| Arc::new(s.curve.clone())).collect();
    let curves: Vec<Curve> = project.curves.iter().map(|c| c.curve.clone()).collect();
    let subs = subcatchments(&project, &units);
    let gages = gages(&project, &series, &units, &subs, &mut options, &mut b);
    let mut nodes = b.nodes(&project, &units);
    let links = b.links(&project, &units, &curves, &mut nodes);
    for (i, n) in project.nodes.iter().enumerate() {
        let given = n.max_depth / units.length;
        if given > 0.0 && nodes.full_depth[i] > given {
            b.warnings.push(format!("WARNING 02: maximum depth increased for Node {}", n.name));
        }
        if nodes.init_depth[i] > nodes.full_depth[i] + nodes.sur_depth[i] {
            b.problems.add(
                n.line,
                "",
                format!("node `{}`: the initial depth is above the greatest", n.name),
                "lower it",
            );
        }
    }
    if options.dry_step < options.wet_step {
        b.warnings
            .push("WARNING 06: dry weather time step increased to the wet weather time step ".to_owned());
        options.dry_step = options.wet_step;
    }
    if options.routing_step > options.wet_step as f64 {
        b.warnings.push("WARNING 07: routing time step reduced to the wet weather time step ".to_owned());
        options.routing_step = options.wet_step as f64;
    }
    let duration = options.duration;
    if options.report_step as f64 > duration {
        options.report_step = duration as i64;
    }
    let rdii =
        crate::hydrology::RdiiData::of(&project, &units, &gages, options.wet_step).unwrap_or_else(|why| {
            b.problems.add(0, "HYDROGRAPHS", why, "shorten it, or lengthen WET_STEP");
            None
        });
    wave_options(&mut options, &units);
    let order = if dynamic {
        order::general(&mut nodes, &links, &mut b.problems);
        (0..links.kind.len()).collect()
    } else {
        order::tree(&mut nodes, &links, &mut b.problems)
    };
    crowns(&mut nodes, &links);
    if !b.problems.is_empty() {
        return Err(b.problems.into_sorted());
    }
    let report_start = max(options.report_start.unwrap_or(options.start), options.start);
    let mut inflow = vec![None; nodes.kind.len()];
    for i in &project.inflows {
        inflow[i.node] = Some(i.clone());
    }
    let mut dry_weather = vec![None; nodes.kind.len()];
    for d in &project.dry_weather {
        let mut by_kind = [None; 4];
        for p in &d.patterns {
            by_kind[project.patterns[*p].kind as usize] = Some(*p);
        }
        dry_weather[d.node] = Some((d.average / units.flow, by_kind));
    }
    let crown_cutoff = if options.surcharge == Surcharge::Slot { 0.985257 } else { 0.96 };
    let mut model = Model {
        units,
        rdii,
        lids: crate::hydrology::LidGroup::of(&project, &subs, &units),
        snow: crate::hydrology::SnowData::of(&project, &subs, &units),
        subs,
        ground: crate::hydrology::GroundData::of(&project, &units),
        gages,
        curves,
        series,
        patterns: project.patterns.clone(),
        controls: project.controls.clone(),
        inflow,
        dry_weather,
        quality: crate::quality::QualityData::of(&project, &units),
        order,
        duration: duration * 1000.0,
        report_start,
        warnings: b.warnings,
        crown_cutoff,
        blocks: crate::wave::Blocks::default(),
        interface: crate::files::Interface::default(),
        inlets: crate::inlets::Inlets::default(),
        ways: super::Ways::default(),
        nodes,
        links,
        options,
        project: Arc::new(project),
    };
    for j in 0..model.nodes.kind.len() {
        let full = model.nodes.full_depth[j];
        let v = model.node_volume(j, full);
        if v < 0.0 {
            let name = model.nodes.name[j].clone();
            let mut p = Problems::default();
            p.add(
                0,
                "STORAGE",
                format!("storage unit `{name}` has a negative volume when full"),
                "correct its curve",
            );
            return Err(p.into_sorted());
        }
        model.nodes.full_volume[j] = v;
    }
    model.blocks = crate::wave::Blocks::of(&model);
    model.ways = super::Ways::of(&model);
    let (inlets, unfit) = crate::inlets::Inlets::of(&model);
    model.inlets = inlets;
    let unfit = unfit
        .iter()
        .map(|name| format!("WARNING 12: inlet removed due to unsupported shape for Conduit {name}"));
    model.warnings.extend(unfit);
    model.interface = crate::files::Interface::of(&model).map_err(|faults| {
        let mut p = Problems::default();
        for (line, what) in faults {
            p.add(line, "FILES", what, "save it anew from a run of this model");
        }
        p.into_sorted()
    })?;
    if let Some(file) = &model.interface.inflows {
        let names = file.unknown().map(|n| format!("the inflow file's node {n} is not in the model"));
        model.warnings.extend(names);
    }
    Ok(model)
}

fn wave_options(o: &mut Options, units: &Units) {
    o.minimum_step = max(min(o.minimum_step, o.routing_step), 0.001);
    o.min_surface_area =
        if o.min_surface_area == 0.0 { 12.566 } else { o.min_surface_area / (units.length * units.length) };
    o.head_tolerance = if o.head_tolerance == 0.0 { 0.005 } else { o.head_tolerance / units.length };
    if o.max_trials == 0 {
        o.max_trials = 8;
    }
}

fn crowns(nodes: &mut Nodes, links: &Links) {
    nodes.crown = nodes.invert.clone();
    for j in 0..links.kind.len() {
        for (n, offset) in [(links.node1[j], links.offset1[j]), (links.node2[j], links.offset2[j])] {
            let z = nodes.invert[n] + offset + links.section[j].y_full;
            nodes.crown[n] = max(nodes.crown[n], z);
        }
    }
}
