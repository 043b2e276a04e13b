//! 水质演算: pollutants through nodes, links and storage units, each fully mixed (Reference Manual III,
//! ch. 5.3).
#![expect(clippy::indexing_slicing, reason = "one entry a node or link and pollutant")]

use std::ops::Range;

use super::books::QualityTotals;
use super::state::DRY_DEPTH;
use crate::model::{LinkType, Model, Moment, NodeType};
use crate::project::{Index, Routing};
use crate::section::Shape;
use crate::state::State;
use crate::units::{ZERO, max, min};

/// Volume (ft³; 1 L) below which a node or link is dry for pollutants.
const DRY_VOLUME: f64 = 0.0353147;

/// Which inflow a load comes with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source {
    Groundwater,
    Rdii,
    WetWeather,
    External,
}

const fn all(i: usize, count: usize) -> Range<usize> {
    i * count..(i + 1) * count
}

impl State {
    /// Before a routing step: what was new is old.
    pub(crate) fn age_quality(&mut self) {
        let q = &mut self.quality;
        q.old_node.copy_from_slice(&q.node);
        q.node.fill(0.0);
        q.old_link.copy_from_slice(&q.link);
        q.link.fill(0.0);
        q.step.fill(QualityTotals::default());
    }

    /// Adds a mass inflow (a second) to a node.
    pub(crate) fn add_load(&mut self, node: Index, pollutant: usize, w: f64, from: Source) {
        let q = &mut self.quality;
        q.node[node * q.step.len() + pollutant] += w;
        let s = &mut q.step[pollutant];
        match from {
            Source::Groundwater => s.groundwater += w,
            Source::Rdii => s.rdii += w,
            Source::WetWeather => s.wet_weather += w,
            Source::External => s.external += w,
        }
    }

    /// Pollutants of a node's direct inflow of `flow` ft³/s.
    pub(crate) fn add_direct_loads(&mut self, model: &Model, node: Index, flow: f64, at: &Moment) {
        if model.quality.count() == 0 {
            return;
        }
        let mut flow = flow;
        if model.nodes.kind[node] == NodeType::Outfall && self.old_net[node] < 0.0 {
            flow -= self.old_net[node];
        }
        for i in &model.quality.inflow[node] {
            let mut base = i.baseline;
            if let Some(p) = i.pattern {
                base *= model.pattern_factor(p, at);
            }
            let value = i.series.map_or(0.0, |s| model.series[s].series(at.date, false) * i.scale);
            let mut w = i.factor * (value + base);
            if !i.mass {
                w *= flow;
            }
            self.quality.node[node * model.quality.count() + i.pollutant] += w;
            self.quality.step[i.pollutant].external += w;
        }
    }

    /// Pollutants of a node's dry weather inflow of `flow` ft³/s.
    pub(crate) fn add_dry_weather_loads(&mut self, model: &Model, node: Index, flow: f64, at: &Moment) {
        let data = &model.quality;
        if flow <= 0.0 || data.count() == 0 {
            return;
        }
        let q = &mut self.quality;
        let first = node * data.count();
        for (p, pollutant) in data.pollutants.iter().enumerate() {
            if pollutant.dry_weather > 0.0 {
                let w = flow * pollutant.dry_weather;
                q.node[first + p] += w;
                q.step[p].dry_weather += w;
            }
        }
        for d in &data.dry_weather[node] {
            let p = d.pollutant;
            let w = flow * (model.dry_weather_factor(d.patterns, at) * d.average);
            q.node[first + p] += w;
            q.step[p].dry_weather += w;
            let usual = data.pollutants[p].dry_weather;
            if usual > 0.0 {
                let w = flow * usual;
                q.node[first + p] -= w;
                q.step[p].dry_weather += -w;
            }
        }
    }

    /// What the runoff of a subcatchment brings to its node, between the last two runoff steps.
    pub(crate) fn add_runoff_loads(&mut self, model: &Model, sub: usize, node: Index, f: f64) {
        for p in 0..model.quality.count() {
            let (old, new, q) = (self.old_runoff[sub], self.new_runoff[sub], &self.quality.subs[sub]);
            let w = (1.0 - f) * old * q.old[p] + f * new * q.new[p];
            self.add_load(node, p, w, Source::WetWeather);
        }
    }

    /// Routes all pollutants over a step.
    pub(crate) fn route_quality(&mut self, model: &Model, dt: f64) {
        if model.quality.count() == 0 {
            return;
        }
        self.move_inlet_loads(model);
        for j in 0..model.links.kind.len() {
            self.link_mass(model, j, dt);
        }
        for i in 0..model.nodes.kind.len() {
            self.mix_node(model, i, dt);
        }
        for j in 0..model.links.kind.len() {
            self.mix_link(model, j, dt);
        }
    }

    /// Mass a link brings to the node at its downstream end.
    fn link_mass(&mut self, model: &Model, j: usize, dt: f64) {
        let count = model.quality.count();
        let flow = self.water(model, j).flow;
        let node = if flow < 0.0 { model.links.node1[j] } else { model.links.node2[j] };
        let mut reaches = flow.abs();
        if model.options.routing != Routing::Dynamic {
            reaches -= self.captured_flow(model, j);
        }
        let q = &mut self.quality;
        for p in 0..count {
            let w = reaches * q.old_link[j * count + p];
            q.node[node * count + p] += w;
            q.link_load[j * count + p] += w * dt;
        }
    }

    fn mix_node(&mut self, model: &Model, i: usize, dt: f64) {
        let count = model.quality.count();
        let treated = model.quality.treatment[i].is_some();
        let flow = self.inflow[i];
        let mut inflow = Vec::new();
        if treated {
            let w = &self.quality.node[all(i, count)];
            inflow = if flow >= ZERO { w.iter().map(|w| w / flow).collect() } else { vec![0.0; count] };
        }
        if model.nodes.kind[i] == NodeType::Storage || self.old_volume[i] > DRY_VOLUME {
            self.mix_storage(model, i, dt);
        } else {
            let wet = self.depth[i] > DRY_DEPTH;
            let q = &mut self.quality;
            for k in all(i, count) {
                if flow > ZERO {
                    q.node[k] /= flow;
                } else {
                    q.node[k] = if wet { q.old_node[k] } else { 0.0 };
                }
            }
        }
        if treated {
            let flow = if flow < ZERO { 0.0 } else { flow };
            self.treat(model, i, flow, &inflow, dt);
        }
    }

    fn mix_storage(&mut self, model: &Model, i: usize, dt: f64) {
        let data = &model.quality;
        let (flow, v1) = (self.inflow[i], self.old_volume[i]);
        let (mut seepage, mut concentrated) = (0.0, 1.0);
        if model.nodes.kind[i] == NodeType::Storage {
            let age = &mut self.quality.residence[i];
            *age = if v1 < ZERO { 0.0 } else { max((*age + dt) * v1 / (v1 + flow * dt), 0.0) };
            let [evaporation, seep] = self.storage_loss[i];
            seepage = seep / dt;
            if evaporation > 0.0 && v1 > DRY_VOLUME {
                concentrated += evaporation / v1;
            }
        }
        let (v2, wet) = (self.volume[i], self.depth[i] > DRY_DEPTH);
        let q = &mut self.quality;
        for (p, pollutant) in data.pollutants.iter().enumerate() {
            let k = i * data.count() + p;
            let mut c = q.old_node[k];
            q.step[p].seepage += seepage * c;
            c *= concentrated;
            let treated = data.treatment[i].as_ref().is_some_and(|t| t[p].is_some());
            if !treated {
                c = decayed(pollutant.decay, c, v1, dt, &mut q.step[p]);
            }
            c = mixed(c, v1, q.node[k], flow, dt);
            if (v2 <= DRY_VOLUME || !wet) && flow <= ZERO {
                q.step[p].final_storage += c * v2;
                c = 0.0;
            }
            q.node[k] = c;
        }
    }

    fn mix_link(&mut self, model: &Model, j: usize, dt: f64) {
        let count = model.quality.count();
        let l = &model.links;
        let water = self.water(model, j);
        let up = if water.flow < 0.0 { l.node2[j] } else { l.node1[j] };
        let k = model.blocks.slot[j];
        let (Some(c), true) =
            (l.conduit(j), l.kind[j] == LinkType::Conduit && l.section[j].shape != Shape::Dummy)
        else {
            let q = &mut self.quality;
            q.link[all(j, count)].copy_from_slice(&q.node[all(up, count)]);
            return;
        };
        let dynamic = model.options.routing == Routing::Dynamic;
        let (slot, lane) = self.slots.of(k);
        let barrel = match (dynamic, c.barrels == 1.0) {
            (true, true) => slot.flow[lane],
            (true, false) => slot.q[lane],
            (false, _) => self.ends[j][0],
        };
        let seepage = slot.seepage[lane] * c.barrels;
        let evaporation = slot.evaporation[lane] * c.barrels * dt;
        let (v1, v2) = (self.water_before(model, j).volume, water.volume);
        let mut concentrated = 1.0;
        if evaporation > 0.0 && v1 > DRY_VOLUME {
            concentrated += evaporation / v1;
        }
        if model.options.routing == Routing::Steady {
            self.steady_link_quality(model, j, seepage, concentrated, dt);
            return;
        }
        let mut inflow = barrel.abs() * c.barrels;
        if dynamic {
            let losses = seepage * dt + evaporation;
            inflow = max(inflow + (v2 + losses - v1) / dt, 0.0);
        }
        let dry = v2 < DRY_VOLUME || water.depth <= DRY_DEPTH;
        let q = &mut self.quality;
        for (p, pollutant) in model.quality.pollutants.iter().enumerate() {
            let mut c = q.old_link[j * count + p];
            q.step[p].seepage += seepage * c;
            c *= concentrated;
            c = decayed(pollutant.decay, c, v1, dt, &mut q.step[p]);
            c = mixed(c, v1, q.node[up * count + p] * inflow, inflow, dt);
            if dry {
                q.step[p].final_storage += c * v2;
                c = 0.0;
            }
            q.link[j * count + p] = c;
        }
    }

    /// In steady flow a conduit has its upstream node's water, decayed over the step.
    fn steady_link_quality(&mut self, model: &Model, j: usize, seepage: f64, concentrated: f64, dt: f64) {
        let count = model.quality.count();
        let up = model.links.node1[j];
        let q = &mut self.quality;
        for (p, pollutant) in model.quality.pollutants.iter().enumerate() {
            let mut c = q.node[up * count + p];
            q.step[p].seepage += seepage * c;
            c *= concentrated;
            if pollutant.decay > 0.0 {
                let left = max(0.0, c * (-pollutant.decay * dt).exp());
                q.step[p].reacted += (c - left) * self.link_flow[j];
                c = left;
            }
            q.link[j * count + p] = c;
        }
    }

    /// What leaves the system at a node with `flow` ft³/s, and with water taken out there.
    pub(crate) fn remove_loads(&mut self, model: &Model, i: usize, flow: f64, flooded: bool) {
        let taken = self.lateral[i];
        let q = &mut self.quality;
        for p in 0..model.quality.count() {
            let c = q.node[i * model.quality.count() + p];
            if flow > 0.0 {
                q.step[p].leave(flow * c, flooded);
            }
            if taken < 0.0 {
                q.step[p].leave(-taken * c, false);
            }
        }
    }

    /// Takes out of the books what only moved from one node to another with `flow` ft³/s.
    pub(crate) fn uncount_loads(&mut self, model: &Model, i: usize, flow: f64, flooded: bool) {
        let q = &mut self.quality;
        for p in 0..model.quality.count() {
            let w = flow * q.node[i * model.quality.count() + p];
            let step = &mut q.step[p];
            *(if flooded { &mut step.flooding } else { &mut step.outflow }) -= w;
        }
    }

    /// What an outfall sends onto a subcatchment with `volume` ft³.
    pub(crate) fn route_loads_back(&mut self, model: &Model, i: usize, volume: f64) {
        let q = &mut self.quality;
        for k in all(i, model.quality.count()) {
            q.routed[k] += q.node[k] * volume;
        }
    }

    /// Counts what an outfall discharges.
    pub(crate) fn count_outfall_loads(&mut self, model: &Model, i: usize, dt: f64) {
        let flow = self.inflow[i];
        let q = &mut self.quality;
        for k in all(i, model.quality.count()) {
            q.outfall_load[k] += flow * q.node[k] * dt;
        }
    }
}

/// First-order decay in a volume over a step; a negative constant makes it grow.
fn decayed(k: f64, c: f64, volume: f64, dt: f64, books: &mut QualityTotals) -> f64 {
    if k == 0.0 {
        return c;
    }
    let left = max(0.0, c * (1.0 - k * dt));
    books.reacted += (c - left) * volume / dt;
    left
}

/// Concentration of a volume after an inflow of `w` mass/s with `flow` ft³/s was mixed in.
fn mixed(c: f64, volume: f64, w: f64, flow: f64, dt: f64) -> f64 {
    if flow <= ZERO {
        return c;
    }
    let inflow = flow * dt;
    let most = max(c, w * dt / inflow);
    max(min((c * volume + w * dt) / (volume + inflow), most), 0.0)
}
