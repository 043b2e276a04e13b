//! From project to model (建模): judgement, conversion, renumbering.

use super::{
    Clocks, Demand, DemandModel, Leak, LinkType, Model, PumpModel, Settings, TankModel, control, interpolate,
};
use crate::project::{Formula, LinkKind, NodeKind, Project, Unbalanced, ValveKind};
use crate::state::Status;
use crate::units::{Factors, METRES_PER_FOOT};
use numerics::inp::{Problem, Problems};
use numerics::ordering::Pattern;
use std::collections::HashMap;
use std::f64::consts::PI;

const SECONDS_PER_DAY: f64 = 86_400.0;
/// Kinematic viscosity of water, ft²/s, and diffusivity of chlorine (EPANET `types.h`).
const VISCOSITY: f64 = 1.1e-5;
const DIFFUSIVITY: f64 = 1.3e-8;
/// Resistance of a closed link and of an open one without losses.
pub(crate) const BIG: f64 = 1e8;
pub(crate) const SMALL: f64 = 1e-6;

struct Numbering {
    node_at: Vec<u32>,
    node_of: Vec<u32>,
    link_at: Vec<u32>,
    link_of: Vec<u32>,
    junctions: usize,
    pipes: usize,
    pattern: Pattern,
}

#[expect(clippy::cast_possible_truncation, reason = "networks have fewer than 2^32 elements")]
const fn small(n: usize) -> u32 {
    n as u32
}

pub(super) fn build(project: Project) -> Result<Model, Vec<Problem>> {
    let mut problems = Problems::default();
    judge(&project, &mut problems);
    let factors = Factors::new(&project.options);
    let pumps: Vec<(usize, Result<PumpModel, String>)> = project
        .links
        .iter()
        .enumerate()
        .filter_map(|(i, l)| match &l.kind {
            LinkKind::Pump(p) => Some((i, PumpModel::new(p, 0, &project, &factors))),
            _ => None,
        })
        .collect();
    for (i, pump) in &pumps {
        if let (Err(why), Some(link)) = (pump, project.links.get(*i)) {
            problems.add(
                link.line,
                "PUMPS",
                format!("pump `{}`: {why}", link.name),
                "give a curve whose head falls as flow grows",
            );
        }
    }
    if !problems.is_empty() {
        return Err(problems.into_sorted());
    }
    Ok(lay_out(project, factors, pumps))
}

fn judge(project: &Project, problems: &mut Problems) {
    if project.nodes.len() < 2 {
        problems.add(0, "", "the network has fewer than two nodes", "add junctions");
    }
    if project.nodes.iter().all(|n| matches!(n.kind, NodeKind::Junction { .. })) {
        problems.add(0, "", "the network has no reservoir and no tank", "add one: heads need a base");
    }
    let mut met = vec![false; project.nodes.len()];
    for link in &project.links {
        for end in [link.from, link.to] {
            if let Some(flag) = met.get_mut(end) {
                *flag = true;
            } else {
                problems.add(
                    link.line,
                    "",
                    format!("link `{}` ends at a node that does not exist", link.name),
                    "correct its ends",
                );
            }
        }
    }
    for (node, met) in project.nodes.iter().zip(&met) {
        if !met {
            problems.add(
                node.line,
                section_of(&node.kind),
                format!("node `{}` is connected to no link", node.name),
                "connect it or remove it",
            );
        }
        if let NodeKind::Tank(tank) = &node.kind
            && let Some(curve) = tank.volume_curve.and_then(|c| project.curves.get(c))
        {
            let ends = curve.points.first().zip(curve.points.last());
            if ends.is_none_or(|(a, b)| tank.minimum_level < a.0 - 1e-6 || tank.maximum_level > b.0 + 1e-6) {
                problems.add(
                    node.line,
                    "TANKS",
                    format!("tank `{}`: its levels leave its volume curve `{}`", node.name, curve.name),
                    "extend the curve or narrow the levels",
                );
            }
        }
    }
    judge_valves(project, problems);
}

const fn section_of(kind: &NodeKind) -> &'static str {
    match kind {
        NodeKind::Junction { .. } => "JUNCTIONS",
        NodeKind::Reservoir { .. } => "RESERVOIRS",
        NodeKind::Tank(_) => "TANKS",
    }
}

/// Illegal connections of control valves (EPANET manual §3.1.7; `valvecheck` in project.c).
fn judge_valves(project: &Project, problems: &mut Problems) {
    use ValveKind::{Fcv, Prv, Psv};
    let mut seen: Vec<(ValveKind, usize, usize, &str)> = Vec::new();
    for link in &project.links {
        let LinkKind::Valve(valve) = &link.kind else { continue };
        if !matches!(valve.kind, Prv | Psv | Fcv) {
            continue;
        }
        for end in [link.from, link.to] {
            if let Some(node) = project.nodes.get(end)
                && !matches!(node.kind, NodeKind::Junction { .. })
            {
                problems.add(
                    link.line,
                    "VALVES",
                    format!(
                        "{} `{}` is connected to `{}`, a reservoir or tank",
                        valve.kind.word(),
                        link.name,
                        node.name
                    ),
                    "put a junction and a short pipe between them",
                );
            }
        }
        let (from, to) = (link.from, link.to);
        for &(kind, a, b, other) in &seen {
            let clash = match (kind, valve.kind) {
                (Prv, Prv) => b == to || b == from || a == to,
                (Psv, Psv) => a == from || a == to || b == from,
                (Psv | Fcv, Prv) | (Psv, Fcv) => a == to,
                (Prv | Fcv, Psv) | (Prv, Fcv) => b == from,
                _ => false,
            };
            if clash {
                problems.add(
                    link.line,
                    "VALVES",
                    format!(
                        "{} `{}` and {} `{other}` fix the same node's head",
                        valve.kind.word(),
                        link.name,
                        kind.word()
                    ),
                    "separate them by a pipe",
                );
            }
        }
        seen.push((valve.kind, from, to, &link.name));
    }
}

/// Numbers nodes in the order of elimination and links by their first node.
#[expect(clippy::indexing_slicing, reason = "judge() has checked every index")]
fn number(project: &Project) -> Numbering {
    let fixed = |i: usize| !matches!(project.nodes[i].kind, NodeKind::Junction { .. });
    let junction_nodes: Vec<usize> = (0..project.nodes.len()).filter(|&i| !fixed(i)).collect();
    let mut dense = vec![u32::MAX; project.nodes.len()];
    for (d, &i) in junction_nodes.iter().enumerate() {
        dense[i] = small(d);
    }
    let edges: Vec<(u32, u32)> = project
        .links
        .iter()
        .filter(|l| !fixed(l.from) && !fixed(l.to))
        .map(|l| (dense[l.from], dense[l.to]))
        .collect();
    let pattern = Pattern::new(junction_nodes.len(), &edges);
    let mut node_of: Vec<u32> =
        pattern.nodes_of_rows().iter().map(|&d| small(junction_nodes[d as usize])).collect();
    node_of.extend((0..project.nodes.len()).filter(|&i| fixed(i)).map(small));
    let mut node_at = vec![0u32; project.nodes.len()];
    for (at, &i) in node_of.iter().enumerate() {
        node_at[i as usize] = small(at);
    }
    let of_kind = |wanted: fn(&LinkKind) -> bool| {
        (0..project.links.len()).filter(move |&i| wanted(&project.links[i].kind)).map(small)
    };
    let mut link_of: Vec<u32> = of_kind(|k| matches!(k, LinkKind::Pipe(_))).collect();
    let pipes = link_of.len();
    link_of.sort_by_key(|&i| {
        let l = &project.links[i as usize];
        let (a, b) = (node_at[l.from], node_at[l.to]);
        (a.min(b), a.max(b), i)
    });
    link_of.extend(of_kind(|k| matches!(k, LinkKind::Pump(_))));
    link_of.extend(of_kind(|k| matches!(k, LinkKind::Valve(_))));
    let mut link_at = vec![0u32; project.links.len()];
    for (at, &i) in link_of.iter().enumerate() {
        link_at[i as usize] = small(at);
    }
    Numbering { node_at, node_of, link_at, link_of, junctions: junction_nodes.len(), pipes, pattern }
}

#[expect(clippy::indexing_slicing, reason = "judge() has checked every index")]
fn lay_out(project: Project, factors: Factors, pumps: Vec<(usize, Result<PumpModel, String>)>) -> Model {
    let n = number(&project);
    let settings = settings(&project, &factors);
    let links = project.links.len();
    let mut pump_index = HashMap::new();
    let pumps: Vec<PumpModel> = pumps
        .into_iter()
        .filter_map(|(i, p)| p.ok().map(|p| (i, p)))
        .enumerate()
        .map(|(at, (i, p))| {
            pump_index.insert(i, small(at));
            PumpModel { link: n.link_at[i], ..p }
        })
        .collect();
    let mut m = Model {
        settings,
        clocks: clocks(&project),
        node_names: project.nodes.iter().enumerate().map(|(i, x)| (x.name.clone(), i)).collect(),
        link_names: project.links.iter().enumerate().map(|(i, x)| (x.name.clone(), i)).collect(),
        junctions: n.junctions,
        pipes: n.pipes,
        ends: Vec::with_capacity(links),
        slots: Vec::with_capacity(links),
        types: Vec::with_capacity(links),
        resistance: vec![0.0; links],
        minor: vec![0.0; links],
        diameter: vec![0.0; links],
        length: vec![0.0; links],
        setting: vec![0.0; links],
        status: vec![Status::Open; links],
        valve_curve: vec![None; links],
        bulk: vec![0.0; links],
        wall: vec![0.0; links],
        elevation: n.node_of.iter().map(|&i| project.nodes[i as usize].elevation / factors.head).collect(),
        fixed_links: Vec::new(),
        switching: Vec::new(),
        near_starts: Vec::new(),
        near: Vec::new(),
        pumps,
        valves: Vec::new(),
        tanks: Vec::new(),
        demands: DemandModel::default(),
        emitters: Vec::new(),
        leaks: Vec::new(),
        rings: Vec::new(),
        controls: Vec::new(),
        rules: Vec::new(),
        node_at: n.node_at,
        node_of: n.node_of,
        link_at: n.link_at,
        link_of: n.link_of,
        pattern: n.pattern,
        factors,
        project,
    };
    let mut leaks: HashMap<u32, (f64, f64)> = HashMap::new();
    for at in 0..links {
        add_link(&mut m, at, &pump_index, &mut leaks);
    }
    m.leaks = gather_leaks(leaks);
    let checked: Vec<u32> =
        (0..).zip(&m.types).filter(|(_, t)| **t == LinkType::CheckValve).map(|(k, _)| k).collect();
    let ends: Vec<[u32; 2]> = checked.iter().map(|&k| m.ends[k as usize]).collect();
    let rings = super::rings::rings(&ends).into_iter();
    m.rings = rings.map(|ring| ring.into_iter().map(|i| checked[i]).collect()).collect();
    connect(&mut m);
    add_nodes(&mut m);
    m.controls = control::controls(&m.project, &m.factors, &m.types, &m.link_at, &m.node_at, m.junctions);
    m.rules = control::rules(&m.project, &m.factors, &m.types, &m.link_at, &m.node_at);
    m
}

#[expect(clippy::indexing_slicing, reason = "judge() has checked every index")]
fn add_link(
    m: &mut Model,
    at: usize,
    pump_index: &HashMap<usize, u32>,
    leaks: &mut HashMap<u32, (f64, f64)>,
) {
    let index = m.link_of[at] as usize;
    let link = &m.project.links[index];
    let ends = [m.node_at[link.from], m.node_at[link.to]];
    m.ends.push(ends);
    let free = ends.iter().all(|&e| (e as usize) < m.junctions);
    let spare = small(m.pattern.entries());
    m.slots.push(if free { m.pattern.entry(ends[0], ends[1]).unwrap_or(spare) } else { spare });
    if !free {
        m.fixed_links.push(small(at));
    }
    if !free || !matches!(&link.kind, LinkKind::Pipe(pipe) if !pipe.check_valve) {
        m.switching.push(small(at));
    }
    m.status[at] = Status::from(link.status);
    let loss = |k: f64, d: f64| 0.025_17 * k / (d * d) / (d * d);
    match &link.kind {
        LinkKind::Pipe(pipe) => {
            m.types.push(if pipe.check_valve { LinkType::CheckValve } else { LinkType::Pipe });
            let (d, length) = (pipe.diameter / m.factors.diameter, pipe.length / m.factors.head);
            let mut k = pipe.roughness;
            m.resistance[at] = match m.settings.formula {
                Formula::HazenWilliams => 4.727 * length / k.powf(1.852) / d.powf(4.871),
                Formula::DarcyWeisbach => {
                    k /= 1000.0 * m.factors.head;
                    let area = PI * d * d / 4.0;
                    length / 2.0 / 32.2 / d / (area * area)
                }
                Formula::ChezyManning => {
                    let v = 4.0 * k / (1.49 * PI * d * d);
                    v * v * (d / 4.0).powf(-1.333) * length
                }
            };
            m.setting[at] = k;
            m.minor[at] = loss(pipe.minor_loss, d);
            m.diameter[at] = d;
            m.length[at] = length;
            let o = &m.project.options;
            m.bulk[at] = pipe.bulk.unwrap_or(o.global_bulk) / SECONDS_PER_DAY;
            m.wall[at] = pipe.wall.unwrap_or_else(|| correlated_wall(o, pipe)) / SECONDS_PER_DAY;
            add_leaks(
                pipe.leak_area * m.factors.head,
                pipe.leak_expansion * m.factors.head,
                length,
                ends,
                m.junctions,
                leaks,
            );
        }
        LinkKind::Pump(pump) => {
            m.types.push(LinkType::Pump(pump_index.get(&index).copied().unwrap_or(0)));
            m.setting[at] = pump.speed;
            m.resistance[at] = BIG;
        }
        LinkKind::Valve(valve) => {
            let kind = LinkType::Valve(valve.kind);
            m.types.push(kind);
            let d = valve.diameter / m.factors.diameter;
            m.diameter[at] = d;
            m.minor[at] = loss(valve.minor_loss, d);
            m.setting[at] = control::inner_setting(kind, valve.setting, &m.factors);
            m.valve_curve[at] = valve.curve;
            m.resistance[at] = SMALL;
            m.valves.push(small(at));
        }
    }
}

/// Wall coefficient from roughness (EPANET manual §3.4; `adjustdata`).
fn correlated_wall(o: &crate::project::Options, pipe: &crate::project::Pipe) -> f64 {
    if o.roughness_correlation == 0.0 {
        return o.global_wall;
    }
    match o.formula {
        Formula::HazenWilliams => o.roughness_correlation / pipe.roughness,
        Formula::DarcyWeisbach => o.roughness_correlation / (pipe.roughness / pipe.diameter).ln().abs(),
        Formula::ChezyManning => o.roughness_correlation * pipe.roughness,
    }
}

fn add_leaks(
    area: f64,
    expansion: f64,
    length: f64,
    ends: [u32; 2],
    junctions: usize,
    leaks: &mut HashMap<u32, (f64, f64)>,
) {
    /// Orifice coefficient 0.6·√(2g) with mm² turned into m² (EPANET `leakage.c`).
    const ORIFICE: f64 = 4.814_976_6e-6;
    if area == 0.0 && expansion == 0.0 {
        return;
    }
    let free: Vec<u32> = ends.into_iter().filter(|&e| (e as usize) < junctions).collect();
    let share = if free.len() == 2 { 0.5 } else { 1.0 };
    for node in free {
        let sum = leaks.entry(node).or_default();
        sum.0 += ORIFICE * area / (METRES_PER_FOOT * METRES_PER_FOOT) * (length / 100.0) * share;
        sum.1 += ORIFICE * expansion / METRES_PER_FOOT * (length / 100.0) * share;
    }
}

fn gather_leaks(leaks: HashMap<u32, (f64, f64)>) -> Vec<Leak> {
    let mut list: Vec<Leak> = leaks
        .into_iter()
        .map(|(node, (a, e))| Leak {
            node,
            fixed: if a > 0.0 { 1.0 / (a * a) } else { 0.0 },
            expanding: if e > 0.0 { 1.0 / e.powf(2.0 / 3.0) } else { 0.0 },
        })
        .collect();
    list.sort_by_key(|l| l.node);
    list
}

#[expect(clippy::indexing_slicing, reason = "ends are inner node numbers")]
fn connect(m: &mut Model) {
    let nodes = m.node_of.len();
    let mut starts = vec![0u32; nodes + 1];
    for ends in &m.ends {
        starts[ends[0] as usize + 1] += 1;
        starts[ends[1] as usize + 1] += 1;
    }
    for i in 0..nodes {
        starts[i + 1] += starts[i];
    }
    let mut next = starts.clone();
    let mut near = vec![0u32; 2 * m.ends.len()];
    for (link, ends) in m.ends.iter().enumerate() {
        for &end in ends {
            near[next[end as usize] as usize] = small(link);
            next[end as usize] += 1;
        }
    }
    m.near_starts = starts;
    m.near = near;
}

#[expect(clippy::indexing_slicing, reason = "node_of holds project indices")]
fn add_nodes(m: &mut Model) {
    let o = &m.project.options;
    let default = m.project.patterns.iter().position(|p| p.name == o.default_pattern);
    let q = o.emitter_exponent.recip();
    // Emitter coefficients are per psi in US files and per metre in metric ones.
    let per =
        if m.factors.metric { METRES_PER_FOOT } else { crate::units::PSI_PER_FOOT * o.specific_gravity };
    let scale = m.factors.flow.powf(q) / per;
    let mut all = Vec::new();
    for (at, &i) in m.node_of.iter().enumerate() {
        let node = &m.project.nodes[i as usize];
        match &node.kind {
            NodeKind::Junction { demands, emitter } => {
                let constant = m.project.patterns.len();
                all.extend(demands.iter().map(|d| Demand {
                    node: small(at),
                    pattern: small(d.pattern.or(default).unwrap_or(constant)),
                    base: d.base / m.factors.flow,
                }));
                if *emitter > 0.0 {
                    m.emitters.push((small(at), scale / emitter.powf(q)));
                }
            }
            NodeKind::Reservoir { pattern } => m.tanks.push(TankModel {
                node: small(at),
                area: 0.0,
                head_start: node.elevation / m.factors.head,
                head_min: 0.0,
                head_max: 0.0,
                volume_start: 0.0,
                volume_min: 0.0,
                volume_max: 0.0,
                curve: None,
                overflow: false,
                pattern: *pattern,
                mixing: crate::project::Mixing::Complete,
                bulk: 0.0,
            }),
            NodeKind::Tank(tank) => m.tanks.push(tank_model(m, small(at), node.elevation, tank)),
        }
    }
    m.demands = DemandModel::new(&all, m.junctions, m.project.patterns.len());
}

fn tank_model(m: &Model, at: u32, elevation: f64, tank: &crate::project::Tank) -> TankModel {
    let f = &m.factors;
    let mut area = PI * tank.diameter * tank.diameter / 4.0;
    let mut low = area * tank.minimum_level;
    if tank.minimum_volume > 0.0 {
        low = tank.minimum_volume;
    }
    let mut volumes = [tank.initial_level, tank.minimum_level, tank.maximum_level]
        .map(|l| low + area * (l - tank.minimum_level));
    if let Some(curve) = tank.volume_curve.and_then(|c| m.project.curves.get(c)) {
        volumes = [tank.initial_level, tank.minimum_level, tank.maximum_level]
            .map(|l| interpolate(curve.points.iter().copied(), l));
        if let (Some(a), Some(b)) = (curve.points.first(), curve.points.last()) {
            area = (b.1 - a.1) / (b.0 - a.0);
        }
    }
    let head = |level: f64| (elevation + level) / f.head;
    TankModel {
        node: at,
        area: area / (f.head * f.head),
        head_start: head(tank.initial_level),
        head_min: head(tank.minimum_level),
        head_max: head(tank.maximum_level),
        volume_start: volumes[0] / f.volume,
        volume_min: volumes[1] / f.volume,
        volume_max: volumes[2] / f.volume,
        curve: tank.volume_curve,
        overflow: tank.overflow,
        pattern: None,
        mixing: tank.mixing,
        bulk: tank.bulk.unwrap_or(m.project.options.global_bulk) / SECONDS_PER_DAY,
    }
}

fn settings(project: &Project, f: &Factors) -> Settings {
    let o = &project.options;
    let area = if f.metric { METRES_PER_FOOT * METRES_PER_FOOT } else { 1.0 };
    let scaled = |given: Option<f64>, water: f64, multiplier_above: f64| match given {
        None => water,
        Some(v) if v > multiplier_above => v * water,
        Some(v) => v / area,
    };
    Settings {
        formula: o.formula,
        trials: o.trials,
        extra: match o.unbalanced {
            Unbalanced::Stop => None,
            Unbalanced::Continue(n) => Some(n),
        },
        accuracy: o.accuracy,
        head_error: o.head_error / f.head,
        flow_change: o.flow_change / f.flow,
        check_frequency: o.check_frequency.max(1),
        maximum_check: o.maximum_check,
        damp_limit: o.damp_limit,
        head_tolerance: o.head_tolerance,
        flow_tolerance: o.flow_tolerance,
        resistance_tolerance: o.resistance_tolerance,
        viscosity: scaled(o.viscosity, VISCOSITY, 1e-3),
        diffusivity: scaled(o.diffusivity, DIFFUSIVITY, 1e-4),
        emitter_exponent: o.emitter_exponent.recip(),
        backflow: o.emitter_backflow,
        pressure_driven: o.pressure_driven,
        pressure_min: o.minimum_pressure / f.pressure,
        pressure_required: o.required_pressure / f.pressure,
        pressure_exponent: o.pressure_exponent,
        demand_multiplier: o.demand_multiplier,
    }
}

/// Defaults and limits of times (`adjustdata` in input1.c).
fn clocks(project: &Project) -> Clocks {
    let t = &project.times;
    let pattern = if t.pattern_step <= 0 { 3600 } else { t.pattern_step };
    let report = if t.report_step <= 0 { pattern } else { t.report_step };
    let wanted = if t.hydraulic_step <= 0 { 3600 } else { t.hydraulic_step };
    let hydraulic = wanted.min(pattern).min(report).max(1);
    let tenth = |given: i64| if given <= 0 { (hydraulic / 10).max(1) } else { given.min(hydraulic) };
    Clocks {
        duration: t.duration,
        hydraulic,
        quality: tenth(t.quality_step),
        rule: tenth(t.rule_step),
        pattern,
        pattern_start: t.pattern_start,
        report,
        report_start: if t.report_start > t.duration { 0 } else { t.report_start },
        start_clock: t.start_clock,
    }
}
