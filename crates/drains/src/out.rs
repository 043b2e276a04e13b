//! EPA's binary results (二进制结果文件): the same elements, order and report periods as SWMM 5.2.4
//! writes, so that existing tools open it. Gives bytes; writing them is the caller's.
#![expect(clippy::indexing_slicing, reason = "one entry a node or link of the model")]

use crate::model::{LinkType, Model, NodeType};
use crate::state::State;

const MAGIC: i32 = 516_114_522;
const VERSION: i32 = 52004;
/// System results of a period.
const SYSTEM: usize = 15;
/// Runoff (ft/s) below which SWMM reports none.
const MIN_RUNOFF: f64 = 2.31481e-8;

/// 结果写手: keeps the place in the file and the next report time.
#[derive(Debug, Clone)]
pub struct Results {
    next_report: f64,
    periods: i32,
    ids_at: i32,
    input_at: i32,
    output_at: i32,
    sums: Option<Sums>,
}

/// When a state's results are asked for next. A state whose results nobody has asked for yet keeps what there was
/// before each step.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    /// Milliseconds of the run.
    pub(crate) from: f64,
}

/// Averages over a report period, where the model asks for them.
#[derive(Debug, Clone, Default)]
struct Sums {
    nodes: Vec<Vec<f32>>,
    links: Vec<Vec<f32>>,
    steps: f32,
}

fn int(bytes: &mut Vec<u8>, v: usize) {
    bytes.extend_from_slice(&i32::try_from(v).unwrap_or(i32::MAX).to_le_bytes());
}

fn real(bytes: &mut Vec<u8>, v: f64) {
    bytes.extend_from_slice(&(v as f32).to_le_bytes());
}

fn put(bytes: &mut Vec<u8>, values: impl Iterator<Item = f32>) {
    values.for_each(|v| bytes.extend_from_slice(&v.to_le_bytes()));
}

fn place(bytes: &[u8]) -> i32 {
    i32::try_from(bytes.len()).unwrap_or(i32::MAX)
}

const fn node_code(kind: NodeType) -> usize {
    match kind {
        NodeType::Junction => 0,
        NodeType::Outfall => 1,
        NodeType::Storage => 2,
        NodeType::Divider => 3,
    }
}

const fn link_code(kind: LinkType) -> usize {
    match kind {
        LinkType::Conduit => 0,
        LinkType::Pump => 1,
        LinkType::Orifice => 2,
        LinkType::Weir => 3,
        LinkType::Outlet => 4,
    }
}

impl Results {
    /// The writer and the file's head.
    #[must_use]
    pub fn open(model: &Model) -> (Self, Vec<u8>) {
        let mut b = Vec::new();
        let r = &model.project.report;
        let (n, l, u) = (&model.nodes, &model.links, &model.units);
        let subs: Vec<usize> = (0..model.subs.len()).filter(|i| r.subcatchments.has(*i)).collect();
        let nodes: Vec<usize> = (0..n.kind.len()).filter(|i| r.nodes.has(*i)).collect();
        let links: Vec<usize> = (0..l.kind.len()).filter(|i| r.links.has(*i)).collect();
        b.extend_from_slice(&MAGIC.to_le_bytes());
        b.extend_from_slice(&VERSION.to_le_bytes());
        for v in [u.flow_units as usize, subs.len(), nodes.len(), links.len(), model.quality.count()] {
            int(&mut b, v);
        }
        let ids_at = place(&b);
        let names = subs
            .iter()
            .map(|i| &model.subs[*i].name)
            .chain(nodes.iter().map(|i| &n.name[*i]))
            .chain(links.iter().map(|i| &l.name[*i]))
            .chain(model.quality.pollutants.iter().map(|p| &p.name));
        for name in names {
            int(&mut b, name.len());
            b.extend_from_slice(name.as_bytes());
        }
        for p in &model.quality.pollutants {
            int(&mut b, p.units as usize);
        }
        let input_at = place(&b);
        for v in [1, 1] {
            int(&mut b, v);
        }
        for &i in &subs {
            real(&mut b, model.subs[i].area * u.land_area);
        }
        for v in [3, 0, 2, 3] {
            int(&mut b, v);
        }
        for &i in &nodes {
            int(&mut b, node_code(n.kind[i]));
            real(&mut b, n.invert[i] * u.length);
            real(&mut b, n.full_depth[i] * u.length);
        }
        for v in [5, 0, 4, 4, 3, 5] {
            int(&mut b, v);
        }
        for &j in &links {
            int(&mut b, link_code(l.kind[j]));
            let mut v = [0.0; 4];
            if l.kind[j] != LinkType::Pump {
                v[0] = l.offset1[j] * u.length;
                v[1] = l.offset2[j] * u.length;
                if l.direction[j] < 0.0 {
                    v.swap(0, 1);
                }
                if l.kind[j] != LinkType::Outlet {
                    v[2] = l.section[j].y_full * u.length;
                }
                v[3] = l.conduit(j).map_or(0.0, |c| c.length * u.length);
            }
            for x in v {
                real(&mut b, x);
            }
        }
        let more = model.quality.count();
        for count in [8 + more, 6 + more, 5 + more, SYSTEM] {
            int(&mut b, count);
            for v in 0..count {
                int(&mut b, v);
            }
        }
        let o = &model.options;
        let step = o.report_step as f64 / 86400.0;
        let start = if o.start + step > model.report_start {
            o.start
        } else {
            o.start + (((model.report_start - o.start) / step).floor() - 1.0) * o.report_step as f64 / 86400.0
        };
        b.extend_from_slice(&start.to_le_bytes());
        int(&mut b, usize::try_from(o.report_step).unwrap_or(0));
        let output_at = place(&b);
        let sums = r.averages.then(Sums::default);
        (
            Self {
                next_report: 1000.0 * o.report_step as f64,
                periods: 0,
                ids_at,
                input_at,
                output_at,
                sums,
            },
            b,
        )
    }

    /// Periods written so far.
    #[must_use]
    pub const fn periods(&self) -> i32 {
        self.periods
    }

    /// To be called after every step: the bytes of a period when one has passed, else nothing.
    pub fn after_step(&mut self, model: &Model, state: &mut State) -> Vec<u8> {
        let bytes = self.of_step(model, state);
        state.reports.from = self.next_report;
        bytes
    }

    fn of_step(&mut self, model: &Model, state: &mut State) -> Vec<u8> {
        let mut bytes = Vec::new();
        if state.new_routing_time < self.next_report {
            self.add(model, state);
            return bytes;
        }
        if state.new_routing_time == self.next_report {
            self.add(model, state);
        }
        self.period(model, state, &mut bytes);
        if state.new_routing_time > self.next_report {
            self.add(model, state);
        }
        self.next_report += 1000.0 * model.options.report_step as f64;
        bytes
    }

    fn add(&mut self, model: &Model, state: &State) {
        let Some(sums) = &mut self.sums else { return };
        let more = model.quality.count();
        sums.nodes.resize(model.nodes.kind.len(), vec![0.0; 6 + more]);
        sums.links.resize(model.links.kind.len(), vec![0.0; 5 + more]);
        for (i, sum) in sums.nodes.iter_mut().enumerate() {
            for (s, v) in sum.iter_mut().zip(state.node_results(model, i, 1.0)) {
                *s += v;
            }
            for (s, v) in sum.iter_mut().skip(6).zip(state.node_concentrations(model, i, 1.0)) {
                *s += v;
            }
        }
        for (j, sum) in sums.links.iter_mut().enumerate() {
            let conduit = model.links.kind[j] == LinkType::Conduit;
            for (k, (s, v)) in sum.iter_mut().zip(state.link_results(model, j, 1.0)).enumerate() {
                if k == 4 && !conduit { *s = v * (sums.steps + 1.0) } else { *s += v }
            }
            for (s, v) in sum.iter_mut().skip(5).zip(state.link_concentrations(model, j, 1.0)) {
                *s += v;
            }
        }
        sums.steps += 1.0;
    }

    fn period(&mut self, model: &Model, state: &mut State, b: &mut Vec<u8>) {
        let date = model.date_at(self.next_report);
        if date < model.report_start {
            return;
        }
        b.extend_from_slice(&date.to_le_bytes());
        let mut system = [0.0_f32; SYSTEM];
        self.subcatchments(model, state, date, b, &mut system);
        let span = state.new_routing_time - state.old_routing_time;
        let f = (self.next_report - state.old_routing_time) / span;
        let r = &model.project.report;
        let u = &model.units;
        for i in 0..model.nodes.kind.len() {
            let v = state.node_results(model, i, f);
            if r.nodes.has(i) {
                match self.sums.as_ref().and_then(|s| Some((s.nodes.get(i)?, s.steps))) {
                    Some((sum, steps)) => put(b, sum.iter().map(|v| v / steps)),
                    None => put(b, v.into_iter().chain(state.node_concentrations(model, i, f))),
                }
            }
            let averaged = self.sums.is_some();
            let reported = if averaged { state.depth[i] * u.length } else { f64::from(v[0]) };
            let s = &mut state.stats.nodes[i].max_reported;
            *s = s.max(reported);
            system[12] += if averaged { (state.volume[i] * u.volume) as f32 } else { v[2] };
        }
        for j in 0..model.links.kind.len() {
            if r.links.has(j) {
                match self.sums.as_ref().and_then(|s| Some((s.links.get(j)?, s.steps))) {
                    Some((sum, steps)) => put(b, sum.iter().map(|v| v / steps)),
                    None => {
                        let v = state.link_results(model, j, f);
                        put(b, v.into_iter().chain(state.link_concentrations(model, j, f)));
                    }
                }
            }
            let f = if self.sums.is_some() { 1.0 } else { f };
            let (before, now) = (state.water_before(model, j).volume, state.water(model, j).volume);
            let z = ((1.0 - f) * before + f * now) * u.volume;
            system[12] += z as f32;
        }
        let t = &state.balance.step;
        for (k, v) in [
            (10, t.flooding),
            (11, t.outflow),
            (5, t.dry_weather),
            (6, t.groundwater),
            (7, t.rdii),
            (8, t.external),
        ] {
            system[k] = (v * u.flow) as f32;
        }
        system[9] = system[4] + system[5] + system[6] + system[7] + system[8];
        system.iter().for_each(|x| b.extend_from_slice(&x.to_le_bytes()));
        self.periods += 1;
        if self.sums.is_some() {
            self.sums = Some(Sums::default());
        }
    }

    fn subcatchments(
        &self,
        model: &Model,
        state: &mut State,
        date: f64,
        b: &mut Vec<u8>,
        system: &mut [f32; SYSTEM],
    ) {
        if model.subs.is_empty() {
            return;
        }
        let u = &model.units;
        for (j, g) in model.gages.iter().enumerate() {
            match state.follows(g, j) {
                Some(k) => state.gages[j].report = state.gages[k].report,
                None => state.gages[j].set_report(date),
            }
        }
        let f = (self.next_report - state.old_runoff_time) / (state.new_runoff_time - state.old_runoff_time);
        let mut total = 0.0_f32;
        for (i, m) in model.subs.iter().enumerate() {
            let v = state.subcatchment_results(model, i, f);
            if model.project.report.subcatchments.has(i) {
                put(b, v.into_iter().chain(state.washoff_results(i, f, v[4] == 0.0)));
            }
            let area = m.area * u.land_area;
            total += area as f32;
            let weigh = |x: f32| (f64::from(x) * area) as f32;
            system[1] += weigh(v[0]);
            system[2] += weigh(v[1]);
            system[13] += weigh(v[2]);
            if let Some(g) = &state.ground[i] {
                system[13] += (g.evaporation * u.evaporation * area) as f32;
            }
            system[3] += weigh(v[3]);
            system[4] += v[4];
        }
        if total > 0.0 {
            for k in [1, 2, 3, 13] {
                system[k] /= total;
            }
        }
        let air = state.climate.weather.temperature;
        let temperature = if u.flow_units.is_si() { 5.0 / 9.0 * (air - 32.0) } else { air };
        system[0] = temperature as f32;
        system[14] = (state.climate.evaporation * u.evaporation) as f32;
    }

    /// The file's tail.
    #[must_use]
    pub fn close(&self) -> Vec<u8> {
        [self.ids_at, self.input_at, self.output_at, self.periods, 0, MAGIC]
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect()
    }
}

fn between<'a>(
    old: &'a [f64],
    new: &'a [f64],
    range: std::ops::Range<usize>,
    f: f64,
) -> impl Iterator<Item = f32> + 'a {
    old[range.clone()].iter().zip(&new[range]).map(move |(a, b)| ((1.0 - f) * a + f * b) as f32)
}

impl State {
    /// SWMM's eight results of a subcatchment between the last two runoff steps.
    pub(crate) fn subcatchment_results(&self, model: &Model, i: usize, f: f64) -> [f32; 8] {
        let (u, m, s) = (&model.units, &model.subs[i], &self.subs[i]);
        let mut runoff = (1.0 - f) * self.old_runoff[i] + f * self.new_runoff[i];
        if m.lid_area > 0.0 {
            runoff += (1.0 - f) * self.lids[i].old_drain + f * self.lids[i].new_drain;
        }
        if runoff < MIN_RUNOFF * m.area {
            runoff = 0.0;
        }
        let ground = self.ground_results(model, i, f);
        let snow = self.snow[i].map_or(0.0, |s| ((1.0 - f) * s.old_depth + f * s.new_depth) * u.rain_depth);
        [
            self.gages[m.gage].report as f32,
            snow as f32,
            (s.evaporation * u.evaporation) as f32,
            (s.infiltration * u.rainfall) as f32,
            (runoff * u.flow) as f32,
            ground[0],
            ground[1],
            ground[2],
        ]
    }

    /// Concentrations in the runoff of a subcatchment between the last two runoff steps.
    pub(crate) fn washoff_results(&self, i: usize, f: f64, dry: bool) -> impl Iterator<Item = f32> {
        let c = self.quality.subs.get(i);
        let pairs = c.into_iter().flat_map(|c| c.old.iter().zip(&c.new));
        pairs.map(move |(old, new)| if dry { 0.0 } else { ((1.0 - f) * old + f * new) as f32 })
    }

    /// Flow from the ground, its water table and its moisture.
    fn ground_results(&self, model: &Model, i: usize, f: f64) -> [f32; 3] {
        let (Some(s), Some(g)) = (&self.ground[i], &model.ground[i]) else { return [0.0; 3] };
        let u = &model.units;
        let q = ((1.0 - f) * s.old_flow + f * s.new_flow) * model.subs[i].area * u.flow;
        [q as f32, ((g.bottom + s.lower) * u.length) as f32, s.theta as f32]
    }

    /// SWMM's six node results between the last two steps.
    pub(crate) fn node_results(&self, model: &Model, i: usize, f: f64) -> [f32; 6] {
        let u = &model.units;
        let f1 = 1.0 - f;
        let depth = ((f1 * self.old_depth[i] + f * self.depth[i]) * u.length) as f32;
        [
            depth,
            depth + (model.nodes.invert[i] * u.length) as f32,
            ((f1 * self.old_volume[i] + f * self.volume[i]) * u.volume) as f32,
            ((f1 * self.old_lateral[i] + f * self.lateral[i]) * u.flow) as f32,
            ((f1 * self.old_inflow[i] + f * self.inflow[i]) * u.flow) as f32,
            (self.overflow[i] * u.flow) as f32,
        ]
    }

    /// Concentrations at a node between the last two steps.
    pub(crate) fn node_concentrations(
        &self,
        model: &Model,
        i: usize,
        f: f64,
    ) -> impl Iterator<Item = f32> + '_ {
        let (q, at) = (&self.quality, i * model.quality.count());
        between(&q.old_node, &q.node, at..at + model.quality.count(), f)
    }

    /// Concentrations in a link between the last two steps.
    pub(crate) fn link_concentrations(
        &self,
        model: &Model,
        j: usize,
        f: f64,
    ) -> impl Iterator<Item = f32> + '_ {
        let (q, at) = (&self.quality, j * model.quality.count());
        between(&q.old_link, &q.link, at..at + model.quality.count(), f)
    }

    /// SWMM's five link results between the last two steps.
    pub(crate) fn link_results(&self, model: &Model, j: usize, f: f64) -> [f32; 5] {
        let (u, l) = (&model.units, &model.links);
        let f1 = 1.0 - f;
        let (before, now) = (self.water_before(model, j), self.water(model, j));
        let y = f1 * before.depth + f * now.depth;
        let mut q = f1 * before.flow + f * now.flow;
        let v = f1 * before.volume + f * now.volume;
        let speed = self.velocity(model, j, q, y);
        let c = match l.kind[j] {
            LinkType::Conduit if l.section[j].shape == crate::section::Shape::Dummy => 0.0,
            LinkType::Conduit => l.section[j].area(y) / l.section[j].a_full,
            _ => self.setting[j],
        };
        if l.kind[j] == LinkType::Pump && before.flow * now.flow == 0.0 {
            q = if f >= f1 { now.flow } else { before.flow };
        }
        let d = l.direction[j];
        [
            (q * (u.flow * d)) as f32,
            (y * u.length) as f32,
            (speed * (u.length * d)) as f32,
            (v * u.volume) as f32,
            c as f32,
        ]
    }
}
