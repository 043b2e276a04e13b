//! From a project to a model (建模): SWMM's validation in SWMM's order (`project_validate`).
#![expect(clippy::indexing_slicing, reason = "the reader has checked every index")]

use std::collections::HashMap;
use std::sync::Arc;

use numerics::inp::{Problem, Problems};

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

fn subcatchments(project: &Project, units: &Units) -> Vec<SubcatchmentData> {
    project
        .subcatchments
        .iter()
        .enumerate()
        .map(|(i, s)| {
            let area = s.area / units.land_area;
            let lid_area = crate::hydrology::lid_area(project, i, area, units);
            let other = area - lid_area;
            let impervious = s.impervious / 100.0;
            let (width, slope) = (s.width / units.length, s.slope / 100.0);
            let routing =
                if impervious == 0.0 || impervious == 1.0 { InternalRouting::Outlet } else { s.routing };
            let passed = 1.0 - s.routed / 100.0;
            let part = |pervious: bool, n: f64, fraction: f64, storage: f64| {
                let whole = if pervious { (1.0 - impervious) * other } else { impervious * other };
                let alpha =
                    if whole > 0.0 && n > 0.0 { 1.49 * width / whole * slope.sqrt() / n } else { 0.0 };
                let routed = match routing {
                    InternalRouting::Outlet => false,
                    InternalRouting::Impervious => pervious,
                    InternalRouting::Pervious => !pervious,
                };
                SubArea { n, fraction, storage, alpha, to_outlet: if routed { passed } else { 1.0 } }
            };
            let zero = s.zero_storage / 100.0;
            let parts = [
                part(false, s.n_impervious, impervious * s.zero_storage / 100.0, 0.0),
                part(
                    false,
                    s.n_impervious,
                    impervious * (1.0 - zero),
                    s.storage_impervious / units.rain_depth,
                ),
                part(true, s.n_pervious, 1.0 - impervious, s.storage_pervious / units.rain_depth),
            ];
            let (out_node, out_sub) = match s.outlet {
                Outlet::Node(n) => (Some(n), None),
                Outlet::Subcatchment(k) => (None, Some(k)),
            };
            SubcatchmentData {
                name: s.name.clone(),
                gage: s.gage,
                out_node,
                out_sub,
                area,
                impervious,
                lid_area,
                parts,
                routing,
                infiltration: s.infiltration.map(|(m, p)| (m, Soil::new(m, p, units))),
                patterns: [s.n_pervious_pattern, s.storage_pattern, s.infiltration_pattern],
            }
        })
        .collect()
}

fn gages(
    project: &Project,
    series: &[Arc<Curve>],
    units: &Units,
    subs: &[SubcatchmentData],
    options: &mut Options,
    b: &mut Builder,
) -> Vec<GageData> {
    let mut first: HashMap<Index, Index> = HashMap::new();
    let mut list = Vec::new();
    for (i, g) in project.gages.iter().enumerate() {
        let used = subs.iter().any(|s| s.gage == i) || project.hydrographs.iter().any(|h| h.gage == Some(i));
        let from_file = g.series >= FILE_SERIES;
        let curve = if from_file {
            Arc::new(project.file_series[g.series - FILE_SERIES].curve.clone())
        } else {
            Arc::clone(&series[g.series])
        };
        let units_factor = if from_file && units.flow_units.is_si() { 25.40 } else { 1.0 };
        let mut same_as = None;
        if !from_file && used {
            same_as = first.get(&g.series).copied();
            first.entry(g.series).or_insert(i);
            if same_as.is_some_and(|k| project.gages.get(k).is_some_and(|other| other.form != g.form)) {
                b.problems.add(
                    0,
                    "RAINGAGES",
                    format!("gage `{}` takes its series for another form of rain than a gage before", g.name),
                    "give both gages the same form, or a series each",
                );
            }
            if same_as.is_none() {
                let step = (curve.least_step() * 86400.0 + 0.5).floor();
                if step > 0.0 && g.interval > step && curve.points.len() > 1 {
                    b.problems.add(
                        0,
                        "RAINGAGES",
                        format!("gage `{}`: its interval is longer than its series' steps", g.name),
                        "shorten the interval",
                    );
                }
                if g.interval < step && curve.points.len() > 1 {
                    b.warnings.push(format!(
                        "WARNING 09: time series interval greater than recording interval for Rain Gage {}",
                        g.name
                    ));
                }
                if g.interval < options.wet_step as f64 {
                    b.warnings.push(format!(
                        "WARNING 01: wet weather time step reduced to recording interval for Rain Gage {}",
                        g.name
                    ));
                    options.wet_step = g.interval as i64;
                }
            }
        }
        list.push(GageData {
            form: g.form,
            interval: g.interval,
            series: curve,
            units_factor,
            same_as,
            used,
        });
    }
    list
}

impl Builder {
    fn nodes(&mut self, project: &Project, units: &Units) -> Nodes {
        let mut n = Nodes::default();
        let area = units.length * units.length;
        for p in &project.nodes {
            n.name.push(p.name.clone());
            n.invert.push(p.invert / units.length);
            n.full_depth.push(p.max_depth / units.length);
            n.init_depth.push(p.initial_depth / units.length);
            n.sur_depth.push(p.surcharge_depth / units.length);
            n.ponded_area.push(p.ponded_area / area);
            n.full_volume.push(0.0);
            n.degree.push(0);
            let (mut outfall, mut storage, mut divider) = (None, None, None);
            n.kind.push(match &p.kind {
                NodeKind::Junction => NodeType::Junction,
                NodeKind::Outfall { boundary, gated, route_to } => {
                    let boundary = match *boundary {
                        Boundary::Fixed(stage) => Boundary::Fixed(stage / units.length),
                        other => other,
                    };
                    outfall = Some(OutfallData { boundary, gated: *gated, route_to: *route_to });
                    NodeType::Outfall
                }
                NodeKind::Storage { shape, evaporation, seepage } => {
                    let seepage = seepage.map(|s| Seepage::new(s, *shape, project, units));
                    storage = Some(StorageData { shape: *shape, evaporation: *evaporation, seepage });
                    NodeType::Storage
                }
                NodeKind::Divider { link, rule } => {
                    let (mut rule, mut q_max) = (*rule, 0.0);
                    match &mut rule {
                        DividerRule::Cutoff(q) => *q /= units.flow,
                        DividerRule::Weir { q_min, height, coefficient } => {
                            *q_min /= units.flow;
                            if *height <= 0.0 || *coefficient <= 0.0 {
                                self.problems.add(
                                    p.line,
                                    "DIVIDERS",
                                    format!("divider `{}` has no weir", p.name),
                                    "give a height and a coefficient above zero",
                                );
                            }
                            q_max = *coefficient * height.powf(1.5) / units.flow;
                        }
                        _ => {}
                    }
                    if link.is_none_or(|l| {
                        project.links.get(l).is_none_or(|l| l.from != n.kind.len() && l.to != n.kind.len())
                    }) {
                        self.problems.add(
                            p.line,
                            "DIVIDERS",
                            format!("divider `{}` does not touch its diversion link", p.name),
                            "name a link that begins there",
                        );
                    }
                    divider = Some(DividerData { link: *link, rule, q_max });
                    NodeType::Divider
                }
            });
            n.outfall.push(outfall);
            n.storage.push(storage);
            n.divider.push(divider);
        }
        n
    }

    fn profiles(&mut self, project: &Project, units: &Units) -> [Vec<Option<Arc<Profile>>>; 3] {
        let transects = project
            .transects
            .iter()
            .map(|t| {
                let p = transect(t, units.length).map(Arc::new);
                if p.is_none() {
                    self.problems.add(
                        t.line,
                        "TRANSECTS",
                        format!("transect `{}` encloses no water", t.name),
                        "give two stations or more of different height and a roughness above zero",
                    );
                }
                p
            })
            .collect();
        let streets = project.streets.iter().map(|s| Some(Arc::new(street(s, units.length)))).collect();
        let customs = project
            .curves
            .iter()
            .map(|c| {
                if c.kind != CurveKind::Shape {
                    return None;
                }
                let p = Profile::custom(&c.curve.points).map(Arc::new);
                if p.is_none() {
                    self.problems.add(
                        c.line,
                        "CURVES",
                        format!("shape curve `{}` encloses nothing", c.name),
                        "give widths for heights from 0 to 1",
                    );
                }
                p
            })
            .collect();
        [transects, streets, customs]
    }

    fn links(&mut self, project: &Project, units: &Units, curves: &[Curve], nodes: &mut Nodes) -> Links {
        let profiles = self.profiles(project, units);
        let mut links = Links::default();
        let mut shared: HashMap<String, Section> = HashMap::new();
        for l in &project.links {
            let mut ignored = 0;
            let mut offset = |o: Option<f64>, n: usize| -> f64 {
                let pump = matches!(l.kind, LinkKind::Pump { .. });
                match o {
                    None => 0.0,
                    Some(_) if pump => 0.0,
                    Some(v) if project.options.elevation_offsets => {
                        let v = v / units.length - nodes.invert[n];
                        if v < -MIN_DELTA_Z {
                            ignored += 1;
                        }
                        if v >= 0.0 { v } else { 0.0 }
                    }
                    Some(v) => v / units.length,
                }
            };
            let conduit = matches!(l.kind, LinkKind::Conduit { .. });
            let o1 = offset(l.offsets[0], l.from);
            let o2 = if conduit { offset(l.offsets[1], l.to) } else { o1 };
            for _ in 0..ignored {
                self.warnings.push(format!("WARNING 03: negative offset ignored for Link {}", l.name));
            }
            let section = self.section(l, units, &profiles, &mut shared);
            links.name.push(l.name.clone());
            links.node1.push(l.from);
            links.node2.push(l.to);
            links.offset1.push(o1);
            links.offset2.push(o2);
            links.direction.push(1.0);
            links.gated.push(l.gated);
            links.q0.push(0.0);
            links.q_limit.push(0.0);
            links.q_full.push(0.0);
            links.section.push(section);
            let j = links.name.len() - 1;
            let (kind, data) = match &l.kind {
                LinkKind::Conduit { .. } => {
                    (LinkType::Conduit, self.conduit(project, l, units, nodes, &mut links, j))
                }
                LinkKind::Pump { curve, on, startup, shutoff } => {
                    let c = curve.map(|c| (&project.curves[c], &curves[c]));
                    (
                        LinkType::Pump,
                        self.pump(l, (*curve, c), *on, [*startup, *shutoff], units, nodes, &mut links, j),
                    )
                }
                LinkKind::Orifice { bottom, coefficient, close_hours } => {
                    if !matches!(links.section[j].shape, Shape::Circular | Shape::RectClosed) {
                        self.problems.add(
                            l.line,
                            "XSECTIONS",
                            format!("orifice `{}` is neither CIRCULAR nor RECT_CLOSED", l.name),
                            "give it one of these shapes",
                        );
                    }
                    links.offset1[j] = max(links.offset1[j], 0.0);
                    let length =
                        2.0 * project.options.routing_step * (GRAVITY * links.section[j].y_full).sqrt();
                    let data = OrificeData {
                        bottom: *bottom,
                        coefficient: *coefficient,
                        close: *close_hours * 3600.0,
                        length: max(200.0, length),
                    };
                    (LinkType::Orifice, LinkData::Orifice(data))
                }
                LinkKind::Weir {
                    kind,
                    coefficient,
                    contractions,
                    end_coefficient,
                    surcharge,
                    road_width,
                    road_surface,
                    curve,
                } => {
                    let wanted = match kind {
                        WeirKind::VNotch => Shape::Triangular,
                        WeirKind::Trapezoidal => Shape::Trapezoidal,
                        _ => Shape::RectOpen,
                    };
                    if links.section[j].shape != wanted {
                        self.problems.add(
                            l.line,
                            "XSECTIONS",
                            format!("weir `{}` is not {}", l.name, wanted.word()),
                            "give it that shape",
                        );
                    }
                    links.offset1[j] = max(links.offset1[j], 0.0);
                    let slope = if wanted == Shape::RectOpen { 0.0 } else { links.section[j].s_bot };
                    let data = WeirData {
                        kind: *kind,
                        coefficient: *coefficient,
                        contractions: *contractions,
                        end_coefficient: *end_coefficient,
                        surcharge: *surcharge,
                        road_width: *road_width / units.length,
                        road_surface: *road_surface,
                        curve: *curve,
                        slope,
                    };
                    (LinkType::Weir, LinkData::Weir(data))
                }
                LinkKind::Outlet { curve, coefficient, exponent, by_head } => (
                    LinkType::Outlet,
                    LinkData::Outlet(OutletData {
                        curve: *curve,
                        coefficient: *coefficient,
                        exponent: *exponent,
                        by_head: *by_head,
                    }),
                ),
            };
            links.kind.push(kind);
            links.data.push(data);
            self.ends(project, nodes, &mut links, j);
        }
        links.profiles = profiles;
        links
    }

    /// Raises regulators to the downstream invert and nodes to the crown of their links.
    fn ends(&mut self, project: &Project, nodes: &mut Nodes, links: &mut Links, j: usize) {
        let (n1, n2) = (links.node1[j], links.node2[j]);
        let regulator = matches!(links.kind[j], LinkType::Orifice | LinkType::Weir | LinkType::Outlet);
        if regulator
            && nodes.invert[n1] + links.offset1[j] < nodes.invert[n2]
            && project.options.routing == Routing::Dynamic
        {
            links.offset1[j] = nodes.invert[n2] - nodes.invert[n1];
            self.warnings.push(format!(
                "WARNING 10: crest elevation raised to downstream invert for regulator Link {}",
                links.name[j]
            ));
        }
        if links.kind[j] == LinkType::Pump || matches!(&links.data[j], LinkData::Orifice(o) if o.bottom) {
            return;
        }
        let free = |n: usize, nodes: &Nodes| nodes.kind[n] != NodeType::Storage || nodes.sur_depth[n] > 0.0;
        let y = links.section[j].y_full;
        if free(n1, nodes) {
            nodes.full_depth[n1] = max(nodes.full_depth[n1], links.offset1[j] + y);
        }
        if free(n2, nodes) && links.kind[j] == LinkType::Conduit {
            nodes.full_depth[n2] = max(nodes.full_depth[n2], links.offset2[j] + y);
        }
    }

    fn section(
        &mut self,
        l: &crate::project::Link,
        units: &Units,
        [transects, streets, customs]: &[Vec<Option<Arc<Profile>>>; 3],
        shared: &mut HashMap<String, Section>,
    ) -> Section {
        let none = || Section { y_full: 0.0, ..Section::dummy() };
        let Some(x) = &l.section else {
            if !matches!(l.kind, LinkKind::Pump { .. } | LinkKind::Outlet { .. }) {
                self.problems.add(
                    l.line,
                    "XSECTIONS",
                    format!("link `{}` has no cross-section", l.name),
                    "add a line for it",
                );
            }
            return if matches!(l.kind, LinkKind::Outlet { .. }) { Section::dummy() } else { none() };
        };
        if matches!(l.kind, LinkKind::Pump { .. }) {
            return none();
        }
        if matches!(l.kind, LinkKind::Outlet { .. }) {
            return Section::dummy();
        }
        let profile = |list: &[Option<Arc<Profile>>]| x.table.and_then(|t| list.get(t).cloned().flatten());
        let made = match x.shape {
            Shape::Irregular => profile(transects).map(|p| Section::of_profile(Shape::Irregular, p)),
            Shape::Street => profile(streets).map(|p| Section::of_profile(Shape::Street, p)),
            Shape::Custom => profile(customs).map(|p| Section::of_custom(x.dimensions[0] / units.length, p)),
            shape => {
                let key = format!("{shape:?}{:?}", x.dimensions);
                let found =
                    shared.get(&key).cloned().or_else(|| Section::new(shape, x.dimensions, units.length));
                if let Some(s) = &found {
                    shared.insert(key, s.clone());
                }
                found
            }
        };
        made.unwrap_or_else(|| {
            self.problems.add(
                l.line,
                "XSECTIONS",
                format!("the dimensions of link `{}` make no {}", l.name, x.shape.word()),
                "correct them",
            );
            Section::dummy()
        })
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one link")]
    fn pump(
        &mut self,
        l: &crate::project::Link,
        (index, curve): (Option<Index>, Option<(&crate::project::NamedCurve, &Curve)>),
        on: bool,
        [startup, shutoff]: [f64; 2],
        units: &Units,
        nodes: &mut Nodes,
        links: &mut Links,
        j: usize,
    ) -> LinkData {
        let mut p = PumpData {
            curve: index,
            kind: None,
            on,
            y_on: startup / units.length,
            y_off: shutoff / units.length,
            x_min: 0.0,
            x_max: 0.0,
        };
        if let Some((named, c)) = curve {
            let pump = matches!(
                named.kind,
                CurveKind::Pump1 | CurveKind::Pump2 | CurveKind::Pump3 | CurveKind::Pump4 | CurveKind::Pump5
            );
            if !pump {
                self.problems.add(
                    l.line,
                    "PUMPS",
                    format!("curve `{}` is no pump curve", named.name),
                    "give it the type PUMP1 to PUMP5",
                );
            }
            p.kind = Some(named.kind);
            p.x_min = c.points.first().map_or(0.0, |q| q.0);
            p.x_max = c.points.last().map_or(0.0, |q| q.0);
            let most = c.points.iter().map(|q| q.1).fold(f64::NEG_INFINITY, f64::max);
            links.q_full[j] = if most.is_finite() { most / units.flow } else { 0.0 };
        }
        if p.y_on > 0.0 && p.y_on <= p.y_off {
            self.problems.add(
                l.line,
                "PUMPS",
                format!("pump `{}` stops above where it starts", l.name),
                "give a shutoff depth below the startup depth",
            );
        }
        let n1 = links.node1[j];
        if p.kind == Some(CurveKind::Pump1) && nodes.kind[n1] != NodeType::Storage {
            nodes.full_volume[n1] = max(nodes.full_volume[n1], p.x_max / units.volume);
        }
        LinkData::Pump(p)
    }

    fn conduit(
        &mut self,
        project: &Project,
        l: &crate::project::Link,
        units: &Units,
        nodes: &Nodes,
        links: &mut Links,
        j: usize,
    ) -> LinkData {
        let LinkKind::Conduit {
            length,
            roughness,
            initial_flow,
            max_flow,
            barrels,
            culvert,
            losses,
            seepage,
        } = &l.kind
        else {
            return LinkData::Outlet(OutletData {
                curve: None,
                coefficient: 0.0,
                exponent: 0.0,
                by_head: false,
            });
        };
        let o = &project.options;
        let dynamic = o.routing == Routing::Dynamic;
        links.q0[j] = initial_flow / units.flow;
        links.q_limit[j] = max_flow / units.flow;
        let shape = links.section[j].shape;
        let dummy = shape == Shape::Dummy;
        let mut c = ConduitData {
            length: length / units.length,
            mod_length: length / units.length,
            roughness: *roughness,
            barrels: f64::from(*barrels),
            slope: 0.0,
            beta: 0.0,
            q_max: 0.0,
            rough_factor: 0.0,
            losses: *losses,
            seepage: seepage / units.rainfall,
            culvert: *culvert,
        };
        if dummy && dynamic && nodes.kind[links.node1[j]] == NodeType::Storage {
            self.problems.add(
                l.line,
                "CONDUITS",
                format!("storage unit has the dummy outflow link `{}`", l.name),
                "give the link a section",
            );
        }
        if let Some(p) = &links.section[j].profile
            && matches!(shape, Shape::Irregular | Shape::Street)
        {
            c.roughness = p.roughness;
        }
        if shape == Shape::ForceMain {
            if o.darcy_weisbach {
                links.section[j].r_bot /= units.rain_depth;
            }
            if links.section[j].r_bot <= 0.0 {
                self.problems.add(
                    l.line,
                    "XSECTIONS",
                    format!("force main `{}` has no roughness", l.name),
                    "write it in the second column",
                );
            }
        }
        for (bad, what) in [(c.length <= 0.0, "length"), (c.roughness <= 0.0, "roughness")] {
            if bad {
                self.problems.add(
                    l.line,
                    "CONDUITS",
                    format!("conduit `{}` has no {what}", l.name),
                    "write one above zero",
                );
            }
        }
        if c.culvert > crate::wave::CULVERT_CODE_MAX {
            self.problems.add(
                l.line,
                "XSECTIONS",
                format!("`{}` has the culvert code {}, which is not in SWMM's table", l.name, c.culvert),
                "write a code from 1 to 57, or 0 for no culvert",
            );
        }
        if c.length <= 0.0 || c.roughness <= 0.0 {
            return LinkData::Conduit(c);
        }
        for offset in [&mut links.offset1[j], &mut links.offset2[j]] {
            if *offset < 0.0 {
                self.warnings.push(format!("WARNING 03: negative offset ignored for Link {}", l.name));
                *offset = 0.0;
            }
        }
        if shape == Shape::FilledCircular {
            links.offset1[j] += links.section[j].y_bot;
            links.offset2[j] += links.section[j].y_bot;
        }
        let profile_factor = match (&links.section[j].profile, shape) {
            (Some(p), Shape::Irregular) => Some(p.length_factor),
            _ => None,
        };
        let true_length = profile_factor.map_or(c.length, |f| c.length / f);
        let mut slope = self.slope(o, nodes, links, j, true_length);
        c.slope = slope;
        if dynamic && slope < 0.0 && !dummy {
            let (a, b) = (links.node1[j], links.node2[j]);
            (links.node1[j], links.node2[j]) = (b, a);
            let (a, b) = (links.offset1[j], links.offset2[j]);
            (links.offset1[j], links.offset2[j]) = (b, a);
            c.losses.swap(0, 1);
            c.slope = -c.slope;
            links.direction[j] = -1.0;
            links.q0[j] = -links.q0[j];
        }
        let x = &links.section[j];
        let mut roughness = c.roughness;
        if dynamic && shape == Shape::ForceMain {
            roughness = crate::forcemain::equivalent_n(o.darcy_weisbach, x, c.slope);
        }
        if let Some(f) = profile_factor {
            roughness *= f.sqrt();
        }
        let mut factor = 1.0;
        if dynamic && o.lengthening_step > 0.0 && !dummy {
            let y = if shape.is_open() { x.a_full / x.width(x.y_full) } else { x.y_full };
            let v = PHI / roughness * x.s_full * c.slope.abs().sqrt() / x.a_full;
            let ratio = ((GRAVITY * y).sqrt() + v) * min(o.routing_step, o.lengthening_step) / true_length;
            factor = if ratio > 1.0 { ratio } else { 1.0 };
        }
        if factor != 1.0 {
            c.mod_length = factor * true_length;
            slope /= factor;
            roughness /= factor.sqrt();
        }
        if dynamic && shape == Shape::ForceMain {
            let s = crate::forcemain::rough_factor(o.darcy_weisbach, x.r_bot, factor);
            links.section[j].s_bot = s;
        }
        let x = &links.section[j];
        c.rough_factor = GRAVITY * ((roughness / PHI) * (roughness / PHI));
        c.beta = if dummy { 0.0 } else { PHI * slope.abs().sqrt() / roughness };
        links.q_full[j] = x.s_full * c.beta;
        c.q_max = x.s_max * c.beta;
        LinkData::Conduit(c)
    }

    fn slope(&mut self, o: &Options, nodes: &Nodes, links: &Links, j: usize, length: f64) -> f64 {
        let e1 = links.offset1[j] + nodes.invert[links.node1[j]];
        let e2 = links.offset2[j] + nodes.invert[links.node2[j]];
        let mut delta = (e1 - e2).abs();
        if delta < MIN_DELTA_Z {
            self.warnings
                .push(format!("WARNING 04: minimum elevation drop used for Conduit {}", links.name[j]));
            delta = MIN_DELTA_Z;
        }
        if delta >= length {
            self.warnings
                .push(format!("WARNING 08: elevation drop exceeds length for Conduit {}", links.name[j]));
        }
        let mut slope =
            if delta >= length { delta / length } else { delta / (length * length - delta * delta).sqrt() };
        if o.min_slope > 0.0 && slope < o.min_slope {
            self.warnings.push(format!("WARNING 05: minimum slope used for Conduit {}", links.name[j]));
            slope = o.min_slope;
            if o.routing != Routing::Dynamic {
                return slope;
            }
        }
        if e1 < e2 { -slope } else { slope }
    }
}
