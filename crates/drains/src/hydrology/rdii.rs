//! 雨水入渗入流 (RDII): rain that reaches sewers through the ground, by three unit hydrographs a group
//! after what the soil holds back (Reference Manual I, ch. 7). SWMM computes it for the whole run
//! beforehand; here it goes along with the run, so that rain set live counts too.
#![expect(clippy::indexing_slicing, reason = "three responses a group, twelve months")]

use serde::{Deserialize, Serialize};

use super::gage::GageState;
use crate::date::{NO_DATE, add_seconds, month};
use crate::model::{GageData, Model};
use crate::project::{Index, Project, UnitHydrograph};
use crate::quality::Source;
use crate::state::State;
use crate::units::{FLOW_TOL, SECONDS_A_DAY, Units, max};

/// Flow (ft³/s) below which none comes.
const LEAST_FLOW: f64 = 0.0001;
/// Periods of rain kept for one response at most: over a year of five minutes.
const PERIODS_MAX: usize = 120_000;

/// A group as it is computed.
#[derive(Debug, Clone)]
struct Group {
    responses: UnitHydrograph,
    /// Its gage, and the one with the same series before it.
    gage: Index,
    same_as: Option<Index>,
    /// Seconds of a period of rain.
    interval: i64,
    periods: [usize; 3],
    /// Sewered area, ft².
    area: f64,
    used: bool,
}

/// 入渗入流 of a model.
#[derive(Debug, Clone, Default)]
pub(crate) struct RdiiData {
    groups: Vec<Group>,
    /// Node, group, area (ft²), in the nodes' order.
    inflows: Vec<(Index, Index, f64)>,
}

impl RdiiData {
    /// `None` without any; an error when a response lasts too long for its step.
    pub(crate) fn of(
        project: &Project,
        units: &Units,
        gages: &[GageData],
        wet_step: i64,
    ) -> Result<Option<Self>, String> {
        let given = project.files.used(crate::project::FileKind::Rdii).is_some();
        if given || project.rdii.is_empty() || project.options.ignore_rdii || project.options.ignore_rainfall
        {
            return Ok(None);
        }
        let mut inflows: Vec<_> =
            project.rdii.iter().map(|r| (r.node, r.hydrograph, r.area / units.land_area)).collect();
        inflows.sort_by_key(|(node, _, _)| *node);
        let mut groups = Vec::new();
        for (j, h) in project.hydrographs.iter().enumerate() {
            let mut interval = wet_step;
            for r in h.months.iter().flatten().filter(|r| r.peak > 0) {
                interval = interval.min(r.peak);
                if r.base > r.peak {
                    interval = interval.min(r.base - r.peak);
                }
            }
            let interval = interval.max(1);
            let periods = [0, 1, 2].map(|k| {
                let n = h.months.iter().map(|m| (m[k].base / interval).saturating_add(1)).max().unwrap_or(1);
                usize::try_from(n).unwrap_or(1)
            });
            if periods.iter().any(|n| *n > PERIODS_MAX) {
                return Err(format!("unit hydrograph `{}` lasts over {PERIODS_MAX} steps", h.name));
            }
            let own = || inflows.iter().filter(|(_, group, _)| *group == j);
            let gage = h.gage.unwrap_or(0);
            groups.push(Group {
                responses: h.clone(),
                gage,
                same_as: gages.get(gage).and_then(|g| g.same_as),
                interval,
                periods,
                area: own().fold(0.0, |t, (_, _, a)| t + a),
                used: own().next().is_some(),
            });
        }
        Ok(Some(Self { groups, inflows }))
    }
}

impl RdiiData {
    /// Nodes that receive, in order.
    pub(crate) fn nodes(&self) -> Vec<Index> {
        self.inflows.iter().map(|(node, _, _)| *node).collect()
    }
}

/// Rain excess of the past for one response.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Past {
    rain: Vec<f64>,
    month: Vec<u8>,
    period: usize,
    has_rain: bool,
    dry_seconds: i64,
    /// Abstraction used, in or mm.
    held: f64,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct GroupState {
    past: [Past; 3],
    date: f64,
    last: f64,
    /// in/h or mm/h.
    rate: f64,
}

/// State of all RDII.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RdiiState {
    /// Seconds of the run the next figures stand for.
    elapsed: f64,
    start: f64,
    end: f64,
    flow: Vec<f32>,
    gages: Vec<GageState>,
    groups: Vec<GroupState>,
    /// Rain on the sewered areas and what came of it, ft³.
    pub(crate) rain: f64,
    pub(crate) produced: f64,
}

impl RdiiState {
    pub(crate) fn new(model: &Model) -> Option<Self> {
        let data = model.rdii.as_ref()?;
        let start = model.options.start;
        let first = month(start) - 1;
        let groups = data.groups.iter().map(|g| GroupState {
            past: [0, 1, 2].map(|k| Past {
                rain: vec![0.0; g.periods[k]],
                month: vec![0; g.periods[k]],
                period: g.periods[k] + 1,
                has_rain: false,
                dry_seconds: g.periods[k] as i64 * g.interval + 1,
                held: g.responses.months[first][k].abstraction[2],
            }),
            date: start,
            last: start,
            rate: 0.0,
        });
        Some(Self {
            elapsed: 0.0,
            start: NO_DATE,
            end: NO_DATE,
            flow: vec![0.0; data.inflows.len()],
            gages: model.gages.iter().map(|g| GageState::new(g, model, 1.0)).collect(),
            groups: groups.collect(),
            rain: 0.0,
            produced: 0.0,
        })
    }

    /// The month's rain factor that SWMM has for a gage's first rain after it went through all RDII.
    pub(crate) fn first_rain_factor(model: &Model) -> Option<f64> {
        let group = model.rdii.as_ref()?.groups.last()?;
        let step = model.options.wet_step as f64;
        let last = (model.duration / 1000.0 / step).floor() * step - group.interval as f64;
        let date = model.options.start + last / SECONDS_A_DAY;
        (last >= 0.0).then(|| model.project.adjustments.rain[month(date) - 1])
    }

    /// The flows of a moment, or none; goes on as far as needed.
    fn at(&mut self, model: &Model, data: &RdiiData, live: &[Option<f64>], now: f64) -> Option<&[f32]> {
        loop {
            if self.start != NO_DATE {
                if now < self.start {
                    return None;
                }
                if now < self.end {
                    return Some(&self.flow);
                }
            }
            let date = model.options.start + self.elapsed / SECONDS_A_DAY;
            if date > now || self.elapsed > model.duration / 1000.0 {
                return None;
            }
            if self.advance(model, data, live, date) {
                self.start = date;
                self.end = add_seconds(date, model.options.wet_step as f64);
            }
        }
    }

    /// Date and flows (ft³/s) of the next step of the run that brings any, on the model's own rain.
    pub(crate) fn next_record(&mut self, model: &Model) -> Option<(f64, &[f32])> {
        let data = model.rdii.as_ref()?;
        let live = vec![None; self.gages.len()];
        while self.elapsed <= model.duration / 1000.0 {
            let date = model.options.start + self.elapsed / SECONDS_A_DAY;
            if self.advance(model, data, &live, date) {
                return Some((date, &self.flow));
            }
        }
        None
    }

    /// A gage with a scenario's own rain.
    pub(crate) fn set_gage(&mut self, i: Index, gage: &GageState) {
        if let Some(own) = self.gages.get_mut(i) {
            own.clone_from(gage);
        }
    }

    /// One step on; true when it brings flow.
    fn advance(&mut self, model: &Model, data: &RdiiData, live: &[Option<f64>], date: f64) -> bool {
        self.rainfall(model, data, live, date);
        self.respond(data, date);
        let step = model.options.wet_step as f64;
        self.elapsed += step;
        self.flows(model, data, step)
    }

    fn rainfall(&mut self, model: &Model, data: &RdiiData, live: &[Option<f64>], date: f64) {
        let now = month(date) - 1;
        let mut known = vec![false; self.gages.len()];
        for (g, s) in data.groups.iter().zip(&mut self.groups) {
            // Gages with a common series have the same rain unless it is set live at either.
            let is_set = |i: usize| live[i].is_some() || self.gages[i].is_set();
            let source = g.same_as.filter(|k| !is_set(*k) && !is_set(g.gage)).unwrap_or(g.gage);
            while s.date < date {
                let at = s.date;
                if !known[source] {
                    let factor = model.project.adjustments.rain[month(at) - 1];
                    let gage = &mut self.gages[source];
                    gage.live = live[source];
                    if model.options.ignore_rainfall {
                        gage.rainfall = 0.0;
                    } else {
                        gage.go(&model.gages[source], at, factor);
                    }
                    known[source] = true;
                }
                let depth = self.gages[source].rainfall * g.interval as f64 / 3600.0;
                self.rain += depth / model.units.rain_depth * g.area;
                for (k, past) in s.past.iter_mut().enumerate() {
                    let [most, recovered, _] = g.responses.months[month(at) - 1][k].abstraction;
                    let excess = past.hold_back(depth, most, recovered, g.interval);
                    past.count_dry(excess, g.interval, g.periods[k]);
                    let i = if past.period >= g.periods[k] { 0 } else { past.period };
                    past.rain[i] = excess;
                    past.month[i] = now as u8;
                    past.period = i + 1;
                }
                s.date = add_seconds(at, g.interval as f64);
            }
        }
    }

    fn respond(&mut self, data: &RdiiData, date: f64) {
        for (g, s) in data.groups.iter().zip(&mut self.groups) {
            if !g.used || date < s.last {
                continue;
            }
            s.last = s.date;
            s.rate = 0.0;
            for (k, past) in s.past.iter().enumerate() {
                if past.has_rain {
                    s.rate += past.convolution(g, k);
                }
            }
        }
    }

    fn flows(&mut self, model: &Model, data: &RdiiData, step: f64) -> bool {
        let mut any = false;
        for ((_, group, area), flow) in data.inflows.iter().zip(&mut self.flow) {
            let mut q = self.groups[*group].rate * area / model.units.rainfall;
            if q < LEAST_FLOW {
                q = 0.0;
            } else {
                any = true;
            }
            *flow = q as f32;
            if q > 0.0 {
                self.produced += q * step;
            }
        }
        any
    }
}

impl Past {
    /// What is left of a period's rain after the soil took its part.
    fn hold_back(&mut self, depth: f64, most: f64, recovered: f64, interval: i64) -> f64 {
        let free = max(most - self.held, 0.0);
        if depth > 0.0 {
            let net = max(depth - free, 0.0);
            self.held += depth - net;
            net
        } else {
            self.held -= interval as f64 / 86400.0 * recovered;
            self.held = max(self.held, 0.0);
            0.0
        }
    }

    /// A dry time longer than the response begins a new event.
    fn count_dry(&mut self, excess: f64, interval: i64, periods: usize) {
        let whole = interval * periods as i64;
        if excess > 0.0 {
            if self.dry_seconds >= whole {
                self.rain.fill(0.0);
                self.period = 0;
            }
            self.dry_seconds = 0;
            self.has_rain = true;
        } else {
            self.dry_seconds += interval;
            self.has_rain = self.dry_seconds < whole;
        }
    }

    fn convolution(&self, g: &Group, k: usize) -> f64 {
        let periods = g.periods[k];
        let mut rate = 0.0;
        let mut i = if self.period == 0 { periods - 1 } else { self.period - 1 };
        for p in 1..periods {
            let v = self.rain[i];
            if v > 0.0 {
                let t = (p as f64 - 0.5) * g.interval as f64;
                let r = &g.responses.months[usize::from(self.month[i])][k];
                rate += ordinate(r.peak as f64, r.base as f64, t) * r.share * v;
            }
            i = if i == 0 { periods - 1 } else { i - 1 };
        }
        rate
    }
}

/// A triangular unit hydrograph at a moment, 1/h.
fn ordinate(peak: f64, base: f64, t: f64) -> f64 {
    if t >= base {
        return 0.0;
    }
    let most = 2.0 / base * 3600.0;
    let f = if t <= peak { t / peak } else { 1.0 - (t - peak) / (base - peak) };
    max(f, 0.0) * most
}

impl State {
    /// Adds what comes through the ground to the nodes.
    pub(crate) fn add_rdii(&mut self, model: &Model, now: f64) {
        if let Some(file) = &model.interface.rdii {
            if let Some(flows) = file.at(now) {
                self.add_rdii_flows(model, file.nodes.iter().copied().zip(flows.iter().copied()));
            }
            return;
        }
        let (Some(data), Some(rdii)) = (&model.rdii, &mut self.rdii) else { return };
        let live: Vec<Option<f64>> = self.gages.iter().map(|g| g.live).collect();
        let Some(flows) = rdii.at(model, data, &live, now) else { return };
        let flows: Vec<(Index, f32)> =
            data.inflows.iter().zip(flows).map(|((node, _, _), q)| (*node, *q)).collect();
        self.add_rdii_flows(model, flows.into_iter());
    }

    fn add_rdii_flows(&mut self, model: &Model, flows: impl Iterator<Item = (Index, f32)>) {
        for (node, q) in flows {
            let q = f64::from(q);
            if q.abs() >= FLOW_TOL {
                self.lateral[node] += q;
                self.balance.step.rdii += q;
                for (p, pollutant) in model.quality.pollutants.iter().enumerate().filter(|_| q > 0.0) {
                    self.add_load(node, p, q * pollutant.rdii, Source::Rdii);
                }
            }
        }
    }
}
