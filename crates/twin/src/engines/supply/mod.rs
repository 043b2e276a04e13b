//! 供水孪生: the supply network, by `pipes`. Each minute the measured levels, pumps and zone inflows are
//! put on the model and it is solved; between two minutes its tanks run on by themselves.
//!
//! A run lasts a day of the town (Beijing time): at midnight the model begins anew with the measured
//! levels, so that weeks of warnings and energy do not pile up in its state.

mod show;
mod trials;

pub use trials::{Isolated, LowTap, Trial, TrialAct, TrialError, TrialResult, Trials};

use super::{Engine, EngineKind, Opened, Pile, Setup, Turn, fingerprint, index_of, point_of, run_id, sift};
use crate::bindings::{Bindings, LEVELS};
use crate::series::Wanted;
use crate::sight::{Sight, Wish};
use crate::trouble::Trouble;
use field::id::{PointId, StationCode};
use field::station::{Computed, Quantity};
use field::time::{DAY_MS, MINUTE_MS, SECOND_MS, Time};
use pipes::project::{NodeKind, Project, QualityKind};
use pipes::{Model, Runner, State};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use store::Registry;

/// A reading older than this says nothing about now.
const FRESH_MS: i64 = 20 * MINUTE_MS;
/// Between two minutes no step of the model is longer, s.
const STEP_S: i64 = 3_600;
/// A day and an hour, s: the longest a run can last.
const RUN_S: i64 = 90_000;
/// Demands are scaled within these bounds: a meter that says more is wrong, or the zone is.
const SCALES: std::ops::RangeInclusive<f64> = 0.1..=10.0;
/// The simulated series is written at these minutes at least.
const EVERY_MIN: i64 = 5;
/// m³ in a ft³.
const M3_PER_FT3: f64 = 0.028_316_846_592;
/// MPa of a metre of water.
const MPA_PER_M: f64 = 0.009_806_65;

pub(super) const KIND: EngineKind =
    EngineKind { code: "supply", file: "supply.inp", files: |_| vec![], wanted, open };

/// Every pressure is simulated, and what is left of the measured one is judged.
fn wanted(bindings: &Bindings, registry: &Registry) -> Wanted {
    let pressures = bindings.supply.pressures.iter();
    pressures
        .filter_map(|p| {
            let point = point_of(registry, &p.station, &[Quantity::Pressure]).ok()?;
            Some((point.id, vec![Computed::Simulated, Computed::Residual]))
        })
        .collect()
}

/// A tank or reservoir whose level is measured.
#[derive(Debug)]
struct Head {
    node: usize,
    station: StationCode,
    point: PointId,
    offset_m: f64,
    /// A tank's limits, file units.
    limits: Option<(f64, f64)>,
}

/// Pumps of one station.
#[derive(Debug)]
struct Pumps {
    links: Vec<usize>,
    station: StationCode,
    point: PointId,
}

/// Valves whose state a station reports.
#[derive(Debug)]
struct Valves {
    links: Vec<usize>,
    point: PointId,
}

/// 分区.
#[derive(Debug)]
struct Zone {
    name: String,
    nodes: Vec<usize>,
    /// Station, its flow, 1 in or −1 out.
    inflows: Vec<(StationCode, PointId, f64)>,
}

/// A node whose pressure is measured.
#[derive(Debug)]
struct Pressure {
    node: usize,
    station: StationCode,
    point: PointId,
    simulated: Option<PointId>,
    residual: Option<PointId>,
}

/// What is remembered over a restart.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Memory {
    v: u32,
    model: String,
    /// Midnight: second 0 of the state.
    origin: Time,
    /// What each zone's demands are multiplied by, by name.
    scales: Vec<(String, f64)>,
    state: State,
}

struct Bound {
    heads: Vec<Head>,
    pumps: Vec<Pumps>,
    valves: Vec<Valves>,
    zones: Vec<Zone>,
    pressures: Vec<Pressure>,
}

/// The engine.
struct Supply {
    project: Project,
    model: Arc<Model>,
    hash: String,
    bound: Bound,
    memory: Option<Memory>,
    trials: Trials,
    is_mapped: bool,
}

fn open(setup: Setup) -> Opened {
    let mut troubles = vec![];
    let (project, problems) = pipes::read(&setup.text);
    if let Some(first) = problems.first() {
        return Err(ill(&problems, first));
    }
    let hash = fingerprint(&setup.text);
    let remembered = setup.memory.as_deref().map(|bytes| recall(bytes, &hash));
    let memory = remembered.and_then(|r| r.map_err(|trouble| troubles.push(trouble)).ok());
    let model = Arc::new(build(&project, memory.as_ref().map_or(Time::MIN, |m| m.origin))?);
    let bound = bind(&setup, &project, &mut troubles);
    let trials = setup.trials;
    let supply = Supply { project, model, hash, bound, memory, trials, is_mapped: false };
    Ok((Box::new(supply), troubles))
}

fn ill(problems: &[pipes::Problem], first: &pipes::Problem) -> Trouble {
    Trouble::Model { file: KIND.file.to_owned(), problems: problems.len(), first: first.to_string() }
}

fn recall(bytes: &[u8], hash: &str) -> Result<Memory, Trouble> {
    let memory: Memory =
        serde_json::from_slice(bytes).map_err(|why| Trouble::Memory { why: why.to_string() })?;
    if memory.v != 1 || memory.model != hash {
        return Err(Trouble::Memory { why: "it is of another model".to_owned() });
    }
    Ok(memory)
}

/// A model whose second 0 is `midnight`; its patterns begin on Mondays.
fn build(project: &Project, midnight: Time) -> Result<Model, Trouble> {
    let mut project = project.clone();
    let t = &mut project.times;
    (t.duration, t.hydraulic_step, t.report_step, t.start_clock) = (RUN_S, STEP_S, STEP_S, 0);
    // 1970-01-01 was a Thursday.
    let monday_days = (midnight.plus_ms(field::time::BEIJING_MS).ms().div_euclid(DAY_MS) + 3).rem_euclid(7);
    t.pattern_start = monday_days * DAY_MS / SECOND_MS;
    project.options.quality = QualityKind::None;
    Model::new(project).map_err(|problems| match problems.first() {
        Some(first) => ill(&problems, first),
        None => Trouble::Model { file: KIND.file.to_owned(), problems: 0, first: String::new() },
    })
}

fn bind(setup: &Setup, project: &Project, troubles: &mut Vec<Trouble>) -> Bound {
    let (bindings, registry) = (&setup.bindings.supply, &setup.registry);
    let node = |name: &String| index_of(project.nodes.iter().map(|n| &n.name), "node", name);
    let link = |name: &String| index_of(project.links.iter().map(|n| &n.name), "link", name);
    let heads = bindings.heads.iter().map(|b| {
        let (node, point) = (node(&b.node)?, point_of(registry, &b.station, LEVELS)?.id);
        let limits = match project.nodes.get(node).map(|n| &n.kind) {
            Some(NodeKind::Tank(tank)) => Some((tank.minimum_level, tank.maximum_level)),
            _ => None,
        };
        Ok(Head { node, station: b.station.clone(), point, offset_m: b.offset_m, limits })
    });
    let heads = sift(heads, troubles);
    let pumps = bindings.pumps.iter().map(|b| {
        let point = point_of(registry, &b.station, &[Quantity::PumpsRunning])?.id;
        let links = b.links.iter().map(link).collect::<Result<_, _>>()?;
        Ok(Pumps { links, station: b.station.clone(), point })
    });
    let pumps = sift(pumps, troubles);
    let valves = bindings.valves.iter().map(|b| {
        let point = point_of(registry, &b.station, &[Quantity::Status])?.id;
        let links = b.links.iter().map(link).collect::<Result<_, _>>()?;
        Ok(Valves { links, point })
    });
    let valves = sift(valves, troubles);
    let zones = bindings.zones.iter().map(|b| {
        let inflow = |f: &crate::bindings::ZoneInflow| {
            Ok((f.station.clone(), point_of(registry, &f.station, &[Quantity::Flow])?.id, f.sign))
        };
        let tagged = || project.nodes.iter().enumerate().filter(|(_, n)| n.tag == b.zone).map(|(i, _)| i);
        let nodes = if b.nodes.is_empty() {
            tagged().collect()
        } else {
            b.nodes.iter().map(node).collect::<Result<_, _>>()?
        };
        let inflows = b.inflows.iter().map(inflow).collect::<Result<_, _>>()?;
        Ok(Zone { name: b.zone.clone(), nodes, inflows })
    });
    let mut zones = sift(zones, troubles);
    if bindings.zones.is_empty() {
        zones = tagged_zones(project);
    }
    let pressures = bindings.pressures.iter().map(|b| {
        let point = point_of(registry, &b.station, &[Quantity::Pressure])?.id;
        let carrier = |computed| setup.carriers.get(&(point, computed)).copied();
        let (simulated, residual) = (carrier(Computed::Simulated), carrier(Computed::Residual));
        Ok(Pressure { node: node(&b.node)?, station: b.station.clone(), point, simulated, residual })
    });
    let pressures = sift(pressures, troubles);
    Bound { heads, pumps, valves, zones, pressures }
}

/// Zones by the tags of the junctions, where none is bound: nothing scales them, but they can be looked at.
fn tagged_zones(project: &Project) -> Vec<Zone> {
    let mut zones: std::collections::BTreeMap<&str, Vec<usize>> = std::collections::BTreeMap::new();
    for (node, found) in project.nodes.iter().enumerate() {
        if !found.tag.is_empty() && matches!(found.kind, NodeKind::Junction { .. }) {
            zones.entry(&found.tag).or_default().push(node);
        }
    }
    let zone = |(name, nodes): (&str, Vec<usize>)| Zone { name: name.to_owned(), nodes, inflows: vec![] };
    zones.into_iter().map(zone).collect()
}

impl Supply {
    /// The state at `minute`, and what the zones' demands were multiplied by; a new day's or a new one
    /// where nothing fitting is remembered.
    fn come_to(&mut self, minute: Time) -> Result<Memory, Trouble> {
        let midnight = minute.civil_day();
        let second = minute.since_ms(midnight) / SECOND_MS;
        let fits = |m: &Memory| m.origin == midnight && m.state.time() <= second;
        let mut memory = match self.memory.take() {
            Some(memory) if fits(&memory) => memory,
            other => {
                self.model = Arc::new(build(&self.project, midnight)?);
                let scales = other.map_or_else(Vec::new, |m| m.scales);
                Memory { v: 1, model: self.hash.clone(), origin: midnight, scales, state: self.model.start() }
            }
        };
        let mut runner = Runner::new(&self.model);
        runner.run_until(&mut memory.state, second).map_err(|why| failed(minute, &why))?;
        Ok(memory)
    }

    /// Puts on the model what was measured.
    fn set(&self, memory: &mut Memory, minute: Time, sight: &Sight) -> Result<(), Trouble> {
        let (model, unit_m) = (&self.model, metres(&self.model));
        let odd = |why: pipes::SetError| failed(minute, &why);
        for head in &self.bound.heads {
            let Some((_, level)) = sight.newest(head.point, minute, FRESH_MS) else { continue };
            let level = (level + head.offset_m) / unit_m;
            let level = head.limits.map_or(level, |(least, most)| level.clamp(least, most));
            model.set_level(&mut memory.state, head.node, level).map_err(odd)?;
        }
        for pumps in &self.bound.pumps {
            let running = sight.newest(pumps.point, minute, FRESH_MS).map(|(_, n)| n);
            for (n, link) in pumps.links.iter().enumerate() {
                match running {
                    Some(running) => {
                        model
                            .set_status(&mut memory.state, *link, (n as f64) < running - 0.5)
                            .map_err(odd)?;
                    }
                    None => model.release(&mut memory.state, *link).map_err(odd)?,
                }
            }
        }
        self.set_valves(memory, minute, sight)?;
        for zone in &self.bound.zones {
            let before = scale_of(&memory.scales, &zone.name);
            let demand = self.demand_m3s(&memory.state, zone);
            let scale = match inflow_m3s(zone, sight, minute) {
                Some(inflow) if demand > 0.0 => {
                    (inflow / (demand / before)).clamp(*SCALES.start(), *SCALES.end())
                }
                _ => before,
            };
            memory.scales.retain(|(name, _)| *name != zone.name);
            memory.scales.push((zone.name.clone(), scale));
            for node in &zone.nodes {
                if matches!(self.project.nodes.get(*node).map(|n| &n.kind), Some(NodeKind::Junction { .. })) {
                    model.scale_demand(&mut memory.state, *node, scale).map_err(odd)?;
                }
            }
        }
        Runner::new(model).solve(&mut memory.state).map_err(|why| failed(minute, &why))
    }

    /// Opens and closes what stations report open and closed by hand; what falls silent stays as it was told last
    /// and obeys the model's controls again.
    fn set_valves(&self, memory: &mut Memory, minute: Time, sight: &Sight) -> Result<(), Trouble> {
        for valves in &self.bound.valves {
            let word = sight.newest(valves.point, minute, FRESH_MS).map(|(_, word)| word);
            for (n, link) in (0..32).zip(&valves.links) {
                let done = match word {
                    Some(word) => self.model.set_status(&mut memory.state, *link, bit(word, n)),
                    None => self.model.release(&mut memory.state, *link),
                };
                done.map_err(|why| failed(minute, &why))?;
            }
        }
        Ok(())
    }

    /// Demand that is modelled in a zone, scaled as it is, m³/s.
    fn demand_m3s(&self, state: &State, zone: &Zone) -> f64 {
        let of = |node: &usize| self.model.node_view(state, *node).map_or(0.0, |v| v.full_demand.max(0.0));
        zone.nodes.iter().map(of).sum::<f64>() * self.m3s()
    }

    /// m³/s of the model's flow unit.
    fn m3s(&self) -> f64 {
        M3_PER_FT3 / self.model.factors().flow
    }

    fn pressure_mpa(&self, state: &State, node: usize) -> f64 {
        pressure_mpa(&self.model, state, node)
    }

    /// What was measured at a minute.
    fn measured(point: PointId, minute: Time, sight: &Sight) -> Option<f64> {
        let (from, to) = (minute.plus_ms(-MINUTE_MS / 2 - 1), minute.plus_ms(MINUTE_MS / 2 - 1));
        sight.between(point, from, to, false).next_back().map(|(_, value)| value)
    }
}

/// Pressure at a node, MPa.
fn pressure_mpa(model: &Model, state: &State, node: usize) -> f64 {
    let elevation = model.project().nodes.get(node).map_or(0.0, |n| n.elevation);
    let head = model.node_view(state, node).map_or(f64::NAN, |view| view.head);
    (head - elevation) * metres(model) * MPA_PER_M * model.project().options.specific_gravity
}

/// Metres of the model's length unit.
fn metres(model: &Model) -> f64 {
    if model.factors().metric { 1.0 } else { 0.3048 }
}

/// Bit `n` of a status word.
fn bit(word: f64, n: i32) -> bool {
    (word / 2f64.powi(n)).floor().rem_euclid(2.0) >= 1.0
}

fn failed(minute: Time, why: &dyn std::fmt::Display) -> Trouble {
    Trouble::Engine { at: minute.to_string(), why: why.to_string() }
}

fn scale_of(scales: &[(String, f64)], zone: &str) -> f64 {
    scales.iter().find(|(name, _)| name == zone).map_or(1.0, |(_, scale)| *scale)
}

/// What flows into a zone, m³/s; `None` where one of its meters is silent.
fn inflow_m3s(zone: &Zone, sight: &Sight, minute: Time) -> Option<f64> {
    if zone.inflows.is_empty() {
        return None;
    }
    let flow = |(_, point, sign): &(StationCode, PointId, f64)| {
        sight.newest(*point, minute, FRESH_MS).map(|(_, q)| sign * q)
    };
    zone.inflows.iter().map(flow).sum()
}

impl Engine for Supply {
    fn wish(&self, minute: Time) -> Wish {
        let b = &self.bound;
        let points = b.heads.iter().map(|h| h.point).chain(b.pumps.iter().map(|p| p.point));
        let points = points.chain(b.valves.iter().map(|v| v.point));
        let points = points.chain(b.zones.iter().flat_map(|z| z.inflows.iter().map(|(_, p, _)| *p)));
        let points = points.chain(b.pressures.iter().map(|p| p.point));
        Wish { points: points.collect(), from: minute.plus_ms(-FRESH_MS - MINUTE_MS) }
    }

    fn turn(&mut self, minute: Time, sight: &Sight) -> Result<Turn, Trouble> {
        let mut memory = self.come_to(minute)?;
        self.set(&mut memory, minute, sight)?;
        let mut pile = Pile::default();
        for p in &self.bound.pressures {
            let said = self.pressure_mpa(&memory.state, p.node);
            let measured = Self::measured(p.point, minute, sight);
            if measured.is_some() || (minute.ms() / MINUTE_MS) % EVERY_MIN == 0 {
                pile.says(p.simulated, minute, said);
            }
            if let Some(measured) = measured {
                pile.judged(p.residual, minute, measured - said);
            }
        }
        let run = run_id(KIND.code, &self.hash, memory.origin);
        let boards = self.boards(&memory, &run, minute, sight);
        self.trials.show(&self.model, &memory.state, minute);
        self.memory = Some(memory);
        let raw = json!({ "v": 1, "run": run, "at": minute });
        Ok(Turn { raw, readings: pile.done(), boards, ..Turn::default() })
    }

    fn memory(&self) -> Option<Vec<u8>> {
        self.memory.as_ref().and_then(|memory| serde_json::to_vec(memory).ok())
    }
}
