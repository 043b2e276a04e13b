//! 雨水孪生: the storm sewers, by `drains`. Live rain, corrections from measured levels, two hours ahead.
//!
//! The state that is kept stands at the end of the last whole five minutes of rain: what fell in a slot is
//! known when it ends. Each minute a copy of it is run on to the minute, with the rain going on as it was;
//! that copy is what is shown as now and what forecasts branch from.

pub(crate) mod forecast;
mod levels;
mod rain;
mod show;
mod street;

use self::forecast::LEADS_MIN;
use self::levels::{Correction, FRESH_MS, Level};
use self::rain::Gage;
use self::street::{STREETS_MAX, Street, Streets};
use super::{Engine, EngineKind, Opened, Pile, Setup, Turn, fingerprint, index_of, point_of, run_id, sift};
use crate::bindings::{Bindings, LEVELS};
use crate::series::Wanted;
use crate::sight::{Sight, Wish};
use crate::trouble::Trouble;
use drains::{Model, Numerics, State};
use field::id::{PointId, StationCode};
use field::station::{Computed, Quantity};
use field::time::{HOUR_MS, MINUTE_MS, SECOND_MS, Time};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Registry;

/// A rain slot.
const SLOT_MS: i64 = 5 * MINUTE_MS;
/// A new run begins so long before now, and catches up on the rain of that time.
const WARM_UP_MS: i64 = 3 * HOUR_MS;
/// A gap longer than this is not caught up: a new run begins. (A playback at 600× leaves gaps of hours.)
const GAP_MS: i64 = 6 * HOUR_MS;
/// Runoff steps, dry and wet, s: the live rain must be seen within a minute.
const RUNOFF_STEP_S: i64 = 60;
/// A run's dates are set this far ahead, days.
const RUN_DAYS: f64 = 3_650.0;
/// An event is over when it was dry for so long: nothing that was foretold in it is then still ahead.
const DRY_MS: i64 = 2 * HOUR_MS;
/// An event is cut after this time, so that an endless drizzle is scored too.
const LONGEST_EVENT_MS: i64 = 48 * HOUR_MS;

pub(super) const KIND: EngineKind = EngineKind { code: "storm", file: "storm.inp", files, wanted, open };

/// Grounds of streets.
fn files(bindings: &Bindings) -> Vec<String> {
    bindings.storm.streets.iter().map(|s| s.ground.clone()).collect()
}

/// Every level is simulated and foretold.
fn wanted(bindings: &Bindings, registry: &Registry) -> Wanted {
    let series = || {
        let leads = LEADS_MIN.iter().map(|lead| Computed::Forecast(*lead));
        std::iter::once(Computed::Simulated).chain(leads).collect()
    };
    let levels = bindings.storm.levels.iter();
    levels.filter_map(|l| Some((point_of(registry, &l.station, LEVELS).ok()?.id, series()))).collect()
}

/// Pumps of one station.
#[derive(Debug)]
struct Pumps {
    links: Vec<usize>,
    point: PointId,
}

/// An outfall in a measured river.
#[derive(Debug)]
struct Stage {
    node: usize,
    point: PointId,
    zero_m: f64,
}

/// What is remembered over a restart.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Memory {
    v: u32,
    model: String,
    /// The run's beginning: second 0 of the state.
    origin: Time,
    /// The kept state stands here.
    slot: Time,
    /// Intensities of the slot before it, and of the one before that, mm/h.
    rates: [Vec<f64>; 2],
    corrections: Vec<Correction>,
    /// The event under way: since when, and when it was last wet.
    event: Option<(Time, Time)>,
    state: State,
}

/// The engine.
struct Storm {
    model: Model,
    project: drains::project::Project,
    hash: String,
    gages: Vec<Gage>,
    levels: Vec<Level>,
    stages: Vec<Stage>,
    pumps: Vec<Pumps>,
    streets: Streets,
    memory: Memory,
    /// Nothing was computed yet, and nothing usable remembered.
    is_new: bool,
    /// Up to here a new run warms up: what it says is not written over what former runs said.
    quiet_until: Time,
    /// The map was shown.
    is_mapped: bool,
}

fn open(setup: Setup) -> Opened {
    let mut troubles = vec![];
    let read = drains::project::read(&setup.text, &|_| None);
    if let Some(first) = read.problems.first() {
        return Err(ill(read.problems.len(), first));
    }
    let hash = fingerprint(&setup.text);
    let remembered = setup.memory.as_deref().map(|bytes| recall(bytes, &hash));
    let remembered = remembered.and_then(|r| r.map_err(|trouble| troubles.push(trouble)).ok());
    let origin = remembered.as_ref().map_or(Time::MIN, |m: &Memory| m.origin);
    let model = build(&read.project, origin)?;
    let bound = bind(&setup, &read.project, &mut troubles);
    let streets = streets(&setup, &model, &mut troubles);
    let is_new = remembered.is_none();
    let mut memory = remembered.unwrap_or_else(|| fresh(&model, &hash, Time::MIN));
    memory.corrections.resize(bound.levels.len(), Correction::default());
    memory.rates.iter_mut().for_each(|rates| rates.resize(bound.gages.len(), 0.0));
    let Bound { gages, levels, stages, pumps } = bound;
    let storm = Storm {
        model,
        project: read.project,
        hash,
        gages,
        levels,
        stages,
        pumps,
        streets,
        memory,
        is_new,
        quiet_until: Time::MIN,
        is_mapped: false,
    };
    Ok((Box::new(storm), troubles))
}

struct Bound {
    gages: Vec<Gage>,
    levels: Vec<Level>,
    stages: Vec<Stage>,
    pumps: Vec<Pumps>,
}

fn bind(setup: &Setup, project: &drains::project::Project, troubles: &mut Vec<Trouble>) -> Bound {
    let (bindings, registry) = (&setup.bindings.storm, &setup.registry);
    let node = |name: &str| index_of(project.nodes.iter().map(|n| &n.name), "node", name);
    let link = |name: &String| index_of(project.links.iter().map(|n| &n.name), "link", name);
    let gages = bindings.gages.iter().map(|b| {
        let index = index_of(project.gages.iter().map(|g| &g.name), "gage", &b.gage)?;
        let point = point_of(registry, &b.station, &[Quantity::Rain])?.id;
        let unknown = || Trouble::NoPoint { station: b.station.to_string(), quantity: "rain".into() };
        let position = registry.station(&b.station).ok_or_else(unknown)?.position;
        Ok(Gage { index, station: b.station.clone(), point, position })
    });
    let gages = sift(gages, troubles);
    let levels = bindings.levels.iter().map(|b| {
        let point = point_of(registry, &b.station, LEVELS)?.id;
        let carrier = |computed| setup.carriers.get(&(point, computed)).copied();
        let leads = LEADS_MIN.iter().filter_map(|l| Some((*l, carrier(Computed::Forecast(*l))?)));
        Ok(Level {
            node: node(&b.node)?,
            station: b.station.clone(),
            point,
            zero_m: b.zero_m,
            floor: b.floor,
            simulated: carrier(Computed::Simulated),
            leads: leads.collect(),
        })
    });
    let levels = sift(levels, troubles);
    let stages = bindings.stages.iter().map(|b| {
        let point = point_of(registry, &b.station, LEVELS)?.id;
        Ok(Stage { node: node(&b.outfall)?, point, zero_m: b.zero_m })
    });
    let stages = sift(stages, troubles);
    let pumps = bindings.pumps.iter().map(|b| {
        let point = point_of(registry, &b.station, &[Quantity::PumpsRunning])?.id;
        Ok(Pumps { links: b.links.iter().map(link).collect::<Result<_, _>>()?, point })
    });
    let pumps = sift(pumps, troubles);
    Bound { gages, levels, stages, pumps }
}

fn streets(setup: &Setup, model: &Model, troubles: &mut Vec<Trouble>) -> Streets {
    let bound = &setup.bindings.storm.streets;
    if bound.len() > STREETS_MAX {
        let why = format!("{} streets; the first {STREETS_MAX} are computed", bound.len());
        troubles.push(Trouble::Bindings { why });
    }
    let all = bound.iter().take(STREETS_MAX).map(|b| {
        let node = index_of(model.node_names().iter(), "node", &b.node)?;
        Street::read(b, (node, model), setup.files.get(&b.ground).map(String::as_str))
    });
    Streets::new(sift(all, troubles))
}

fn ill(problems: usize, first: &dyn std::fmt::Display) -> Trouble {
    Trouble::Model { file: KIND.file.to_owned(), problems, first: first.to_string() }
}

/// A model whose run begins at `origin`.
fn build(project: &drains::project::Project, origin: Time) -> Result<Model, Trouble> {
    let mut project = project.clone();
    let o = &mut project.options;
    o.start = date(origin);
    o.end = o.start + RUN_DAYS;
    o.report_start = None;
    o.wet_step = o.wet_step.min(RUNOFF_STEP_S);
    o.dry_step = RUNOFF_STEP_S;
    project.events.clear();
    Model::new(project).map_err(|why| match why {
        drains::ModelError::Problems(problems) => problems.first().map_or_else(
            || Trouble::Model { file: KIND.file.to_owned(), problems: 0, first: String::new() },
            |first| ill(problems.len(), first),
        ),
    })
}

/// A moment in SWMM's days, in Beijing time: patterns follow people's clocks.
fn date(at: Time) -> f64 {
    let civil = at.beijing();
    let day = drains::date::encode(i64::from(civil.year()), i64::from(civil.month()), i64::from(civil.day()));
    let of_day =
        f64::from(civil.hour()) * 3_600.0 + f64::from(civil.minute()) * 60.0 + f64::from(civil.second());
    day.unwrap_or(0.0) + of_day / 86_400.0
}

fn fresh(model: &Model, hash: &str, origin: Time) -> Memory {
    Memory {
        v: 1,
        model: hash.to_owned(),
        origin,
        slot: origin,
        rates: [vec![], vec![]],
        corrections: vec![],
        event: None,
        state: State::new(model, Numerics::Fast),
    }
}

fn recall(bytes: &[u8], hash: &str) -> Result<Memory, Trouble> {
    let memory: Memory =
        serde_json::from_slice(bytes).map_err(|why| Trouble::Memory { why: why.to_string() })?;
    if memory.v != 1 || memory.model != hash {
        return Err(Trouble::Memory { why: "it is of another model".to_owned() });
    }
    Ok(memory)
}

/// The ends of the steps ahead, minutes.
fn slots_ahead(horizon: usize, step: usize) -> impl Iterator<Item = usize> {
    (1..=horizon / step).map(move |n| n * step)
}

/// The slot a moment lies in has this beginning.
fn slot_of(at: Time) -> Time {
    Time::from_ms(at.ms().div_euclid(SLOT_MS) * SLOT_MS)
}

impl Storm {
    fn run_id(&self) -> String {
        run_id(KIND.code, &self.hash, self.memory.origin)
    }

    /// Whether a new run has to begin to come to `minute`.
    fn begins_anew(&self, minute: Time) -> bool {
        let gap = minute.since_ms(self.memory.slot);
        self.is_new || !(-SLOT_MS..=GAP_MS).contains(&gap) || self.memory.state.is_done(&self.model)
    }

    fn begin(&mut self, minute: Time) -> Result<(), Trouble> {
        let origin = slot_of(minute.plus_ms(-WARM_UP_MS));
        self.model = build(&self.project, origin)?;
        let mut memory = fresh(&self.model, &self.hash, origin);
        memory.corrections = vec![Correction::default(); self.levels.len()];
        memory.rates = [vec![0.0; self.gages.len()], vec![0.0; self.gages.len()]];
        self.memory = memory;
        self.quiet_until = slot_of(minute);
        self.is_new = false;
        Ok(())
    }

    /// Sets the rain (mm/h by bound gage); a gage that hears nobody has the mean of the others.
    fn set_rain(&self, state: &mut State, rates: &[f64]) {
        let unit = if self.model.units().flow_units.is_si() { 1.0 } else { 1.0 / 25.4 };
        let mean = rates.iter().sum::<f64>() / rates.len().max(1) as f64;
        for gage in 0..self.project.gages.len() {
            let own = self.gages.iter().position(|g| g.index == gage).and_then(|i| rates.get(i));
            state.set_rain(gage, Some(own.copied().unwrap_or(mean) * unit));
        }
    }

    fn run(&self, state: &mut State, to: Time) {
        state.run_until(&self.model, to.since_ms(self.memory.origin) as f64 / SECOND_MS as f64);
    }

    /// Sets what the stations say of rivers and pumps at a minute.
    fn set_edges(&self, state: &mut State, minute: Time, sight: &Sight) {
        for stage in &self.stages {
            let level = sight.newest(stage.point, minute, HOUR_MS).map(|(_, v)| v + stage.zero_m);
            state.set_stage(&self.model, stage.node, level.map(|m| m / levels::metres(&self.model)));
        }
        for pumps in &self.pumps {
            let running = sight.newest(pumps.point, minute, FRESH_MS).map(|(_, n)| n);
            for (n, link) in pumps.links.iter().enumerate() {
                let on = running.map(|running| f64::from(u8::from((n as f64) < running - 0.5)));
                state.set_link(*link, on);
            }
        }
    }

    /// Runs a state minute by minute, corrected by what was measured; notes what it said before.
    fn follow(
        &self,
        (state, corrections): (&mut State, &mut [Correction]),
        (from, to): (Time, Time),
        sight: &Sight,
        mut said: impl FnMut(usize, Time, f64),
    ) {
        let minutes = to.since_ms(from) / MINUTE_MS;
        for minute in (1..=minutes).map(|n| from.plus_ms(n * MINUTE_MS)) {
            self.set_edges(state, minute, sight);
            self.run(state, minute);
            for (i, (level, correction)) in self.levels.iter().zip(corrections.iter_mut()).enumerate() {
                said(i, minute, level.reading_m(level.raw_m(&self.model, state)));
                match level.measured(sight, minute) {
                    Some(measured) => level.correct(&self.model, state, correction, measured),
                    None if sight.newest(level.point, minute, FRESH_MS).is_none() => {
                        // Nobody measures any more: what was corrected is forgotten.
                        let keep = levels::left(1.0);
                        correction.inflow *= keep;
                        correction.offset_m *= keep;
                        state.set_inflow(&self.model, level.node, correction.inflow);
                    }
                    None => (),
                }
            }
        }
    }

    /// Takes the kept state over the slots that have ended.
    fn take_slots(&mut self, minute: Time, sight: &Sight, pile: &mut Pile) -> Option<(Time, Time)> {
        let mut over = None;
        while self.memory.slot.plus_ms(SLOT_MS) <= minute {
            let (from, to) = (self.memory.slot, self.memory.slot.plus_ms(SLOT_MS));
            let rates = rain::of_slot(&self.gages, sight, to, &self.memory.rates[0]);
            let mut state = self.memory.state.clone();
            let mut corrections = self.memory.corrections.clone();
            self.set_rain(&mut state, &rates);
            self.follow((&mut state, &mut corrections), (from, to), sight, |i, at, value| {
                if let Some(level) = self.levels.get(i).filter(|_| at > self.quiet_until) {
                    pile.says(level.simulated, at, value);
                }
            });
            over = self.follow_event(to, &rates).or(over);
            let memory = &mut self.memory;
            (memory.state, memory.corrections, memory.slot) = (state, corrections, to);
            memory.rates.swap(0, 1);
            memory.rates[0] = rates;
        }
        over
    }

    /// Keeps account of the event; the one that is over.
    fn follow_event(&mut self, at: Time, rates: &[f64]) -> Option<(Time, Time)> {
        let wet = rain::is_wet(rates);
        let event = &mut self.memory.event;
        match event {
            None => {
                *event = wet.then_some((at.plus_ms(-SLOT_MS), at));
                None
            }
            Some((since, _)) if at.since_ms(*since) >= LONGEST_EVENT_MS => {
                let over = (*since, at);
                *event = None;
                Some(over)
            }
            Some((_, last)) if wet => {
                *last = at;
                None
            }
            Some((since, last)) if at.since_ms(*last) >= DRY_MS => {
                let over = (*since, at);
                *event = None;
                Some(over)
            }
            Some(_) => None,
        }
    }

    fn now_rates(&self) -> Vec<f64> {
        let [last, before] = &self.memory.rates;
        last.iter().zip(before).map(|(a, b)| 0.5 * (a + b)).collect()
    }

    /// The stations whose level said nothing lately.
    fn silent(&self, sight: &Sight, minute: Time) -> Vec<StationCode> {
        let is_silent = |l: &&Level| sight.newest(l.point, minute, FRESH_MS).is_none();
        self.levels.iter().filter(is_silent).map(|l| l.station.clone()).collect()
    }
}

impl Engine for Storm {
    fn wish(&self, minute: Time) -> Wish {
        let from = if self.begins_anew(minute) { minute.plus_ms(-WARM_UP_MS) } else { self.memory.slot };
        let points = self.gages.iter().map(|g| g.point).chain(self.levels.iter().map(|l| l.point));
        let points =
            points.chain(self.stages.iter().map(|s| s.point)).chain(self.pumps.iter().map(|p| p.point));
        Wish { points: points.collect(), from: from.plus_ms(-HOUR_MS) }
    }

    fn turn(&mut self, minute: Time, sight: &Sight) -> Result<Turn, Trouble> {
        if self.begins_anew(minute) {
            self.begin(minute)?;
        }
        let mut pile = Pile::default();
        let event = self.take_slots(minute, sight, &mut pile);
        let mut live = self.memory.state.clone();
        let mut corrections = self.memory.corrections.clone();
        let last = self.memory.rates[0].clone();
        self.set_rain(&mut live, &last);
        self.follow((&mut live, &mut corrections), (self.memory.slot, minute), sight, |_, _, _| ());
        if !(0..self.levels.len()).all(|i| self.reads(i, &live).is_finite()) {
            self.is_new = true;
            let why = "a level is not a number".to_owned();
            return Err(Trouble::Engine { at: minute.to_string(), why });
        }
        let kept = std::mem::replace(&mut self.memory.corrections, corrections);
        let outlook = self.outlook(&live, minute);
        let run_s = minute.since_ms(self.memory.origin) as f64 / SECOND_MS as f64;
        let water = self.streets.water_m3(&self.model, &live);
        self.streets.come_to(run_s, &water);
        for (i, level) in self.levels.iter().enumerate() {
            for (lead, point) in &level.leads {
                if let Some(value) = outlook.at(i, *lead) {
                    pile.says(Some(*point), minute.plus_ms(i64::from(*lead) * MINUTE_MS), value);
                }
            }
        }
        let boards = self.boards(&live, minute, sight, &outlook);
        self.memory.corrections = kept;
        let raw = json!({ "v": 1, "run": self.run_id(), "at": minute });
        let running = self.memory.event.map(|(since, _)| (since, minute));
        Ok(Turn { raw, readings: pile.done(), boards, event, running })
    }

    fn memory(&self) -> Option<Vec<u8>> {
        if self.is_new { None } else { serde_json::to_vec(&self.memory).ok() }
    }
}
