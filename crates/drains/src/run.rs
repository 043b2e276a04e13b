//! Running a model (运行): one step at a time, in SWMM's order.
#![expect(clippy::indexing_slicing, reason = "one entry a node or link of the model")]

use numerics::lanes::{Arch, WIDEST};

use crate::crew::Hands;
use crate::hydrology::Ground;
use crate::model::{LinkData, LinkType, Model, Moment, NodeType};
use crate::project::{Index, Routing};
use crate::quality::Source;
use crate::state::State;
use crate::units::{FLOW_TOL, FUDGE, TINY, max, min};
use crate::wave::Spills;

/// What the network has to do in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The model routes nothing.
    NoRouting,
    BetweenEvents,
    Steady,
    NoLinks,
    Waves,
    Tree,
}

/// A step begun, of `dt` s.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begun {
    pub(crate) dt: f64,
    pub(crate) phase: Phase,
}

impl State {
    /// One routing step, as long as the options say and no longer than `until_s` seconds of the run;
    /// returns the step in seconds, 0 when there is nothing left to do.
    pub fn step(&mut self, model: &Model, until_s: f64) -> f64 {
        self.step_with(model, until_s, Hands::ONE)
    }

    pub(crate) fn step_with(&mut self, model: &Model, until_s: f64, hands: Hands) -> f64 {
        let Some(begun) = self.begin_step(model, until_s, hands) else { return 0.0 };
        let trials = match begun.phase {
            Phase::Waves => self.dynamic_step(model, begun.dt, hands),
            Phase::Tree => self.tree_step(model, begun.dt),
            _ => 1,
        };
        self.end_step(model, begun, trials, hands);
        begun.dt
    }

    /// Everything before the water moves through the network; `None` when there is nothing left to do.
    pub(crate) fn begin_step(&mut self, model: &Model, until_s: f64, hands: Hands) -> Option<Begun> {
        let until = min(until_s * 1000.0, model.duration);
        if self.new_routing_time >= until {
            return None;
        }
        let o = &model.options;
        let routing = !model.nodes.kind.is_empty() && !o.ignore_routing;
        let mut dt =
            if routing { self.routing_step(model, hands) } else { o.wet_step.min(o.report_step) as f64 };
        let mut next = self.new_routing_time + 1000.0 * dt;
        if next > until {
            dt = max((until - self.new_routing_time) / 1000.0, 1.0 / 1000.0);
            next = until;
        }
        if model.subs.is_empty() {
            let now = model.date_at(self.new_routing_time);
            self.climate.go(model, now);
        } else {
            while self.new_runoff_time < next {
                self.run_runoff(model, hands);
            }
        }
        self.steps += 1;
        if routing {
            return Some(Begun { dt, phase: self.begin_routing(model, dt, hands) });
        }
        self.old_routing_time = self.new_routing_time;
        self.new_routing_time = next;
        Some(Begun { dt, phase: Phase::NoRouting })
    }

    /// Runs to a moment, seconds from the start.
    pub fn run_until(&mut self, model: &Model, seconds: f64) {
        while self.step(model, seconds) > 0.0 {}
    }

    fn routing_step(&mut self, model: &Model, hands: Hands) -> f64 {
        let o = &model.options;
        if model.links.kind.is_empty() {
            return o.routing_step;
        }
        let mut step = 0.0;
        if self.between_events {
            // After the last event the next one never comes.
            let start = model.project.events.get(self.event).map_or(f64::INFINITY, |e| e.0);
            let at = |ms: f64| model.date_at(ms);
            let report = 1000.0 * o.report_step as f64;
            let report_time = ((self.new_routing_time / report).floor() + 1.0) * report;
            let next = min(self.new_runoff_time, report_time);
            if at(next) > at(self.new_routing_time) && at(next) < start {
                step = (next - self.new_routing_time) / 1000.0;
            } else if at(self.new_routing_time + 1000.0 * o.routing_step) < start {
                return o.routing_step;
            }
        }
        if step == 0.0 {
            step =
                if o.routing == Routing::Dynamic { self.variable_step(model, hands) } else { o.routing_step };
        }
        if o.rule_step > 0 {
            let rule = 1000.0 * o.rule_step as f64;
            let mut next_rule = self.rule_time + rule;
            if next_rule <= self.new_routing_time {
                // A step between events went past it; here SWMM stops for want of a time step (error 107).
                self.rule_time = (self.new_routing_time / rule).floor() * rule;
                next_rule = self.rule_time + rule;
            }
            if self.new_routing_time + 1000.0 * step >= next_rule {
                step = (next_rule - self.new_routing_time) / 1000.0;
            }
        }
        step
    }

    fn begin_routing(&mut self, model: &Model, dt: f64, hands: Hands) -> Phase {
        self.update_totals(dt / 2.0);
        self.count(model, dt, None, dt / 2.0, hands);
        let now = model.date_at(self.new_routing_time);
        let actions = self.apply_controls(model, now, dt);
        let step_error = self.balance.step.step_error();
        self.balance.step = crate::balance::FlowTotals::default();
        self.age_quality();
        std::mem::swap(&mut self.old_lateral, &mut self.lateral);
        self.lateral.fill(0.0);
        self.between_events = self.is_between(model, now);
        if self.between_events {
            return Phase::BetweenEvents;
        }
        self.add_inflows(model, now, dt);
        self.capture(model, dt);
        if self.is_steady(model, actions, step_error) {
            return Phase::Steady;
        }
        self.keep_old(model, dt);
        match model.options.routing {
            _ if model.links.kind.is_empty() => Phase::NoLinks,
            Routing::Dynamic => Phase::Waves,
            _ => Phase::Tree,
        }
    }

    /// Everything after it, with the trials it took.
    pub(crate) fn end_step(&mut self, model: &Model, begun: Begun, trials: usize, hands: Hands) {
        let Begun { dt, phase } = begun;
        if phase == Phase::NoRouting {
            return;
        }
        if phase != Phase::BetweenEvents {
            self.route_quality(model, dt);
            self.remove_outflows(model, dt);
            self.uncount_backflow(model);
        }
        let routed = phase != Phase::BetweenEvents && !model.links.kind.is_empty();
        let date = model.date_at(self.new_routing_time);
        let counted = (routed && date >= model.report_start).then_some(date);
        self.count(model, dt, counted, dt / 2.0, hands);
        if routed {
            self.update_stats(model, dt, trials, phase == Phase::Steady, counted);
        }
        self.update_totals(dt / 2.0);
    }

    /// A pump, an outlet or a conduit is set to what it is meant to be.
    pub(crate) fn set_as_meant(&mut self, model: &Model, j: usize) {
        self.setting[j] = self.target[j];
        if let Some(k) = model.slot_of(j) {
            let (slots, lane) = self.slots.at(k);
            slots.setting[lane] = self.setting[j];
            self.shuts |= self.setting[j] != 1.0;
        }
    }

    fn apply_controls(&mut self, model: &Model, now: f64, dt: f64) -> usize {
        let l = &model.links;
        for &j in &model.blocks.others {
            if let LinkData::Pump(p) = &l.data[j] {
                self.target[j] = self.pump_target(p, l.node1[j], self.setting[j]);
            }
        }
        // Conduits are set in the step that means them to be something else; the others may take longer.
        let mut any = false;
        if model.options.rule_step == 0 || (self.new_routing_time - self.rule_time).abs() < 1.0 {
            any = self.run_rules(model, now, dt);
        }
        if self.has_live_setting {
            any = true;
            for (target, live) in self.target.iter_mut().zip(&self.live_setting) {
                *target = live.unwrap_or(*target);
            }
        }
        let (all, others) = if any { (l.kind.len(), &[][..]) } else { (0, &model.blocks.others[..]) };
        let actions =
            others.iter().copied().chain(0..all).filter(|j| self.follow_target(model, *j, now, dt)).count();
        self.old_routing_time = self.new_routing_time;
        self.new_routing_time += 1000.0 * dt;
        let next_rule = self.rule_time + 1000.0 * model.options.rule_step as f64;
        if (self.new_routing_time - next_rule).abs() < 1.0 {
            self.rule_time = next_rule;
        }
        actions
    }

    /// Brings a link towards what it is meant to be; true where it was not.
    fn follow_target(&mut self, model: &Model, j: usize, now: f64, dt: f64) -> bool {
        if self.target[j] == self.setting[j] {
            return false;
        }
        if self.target[j] * self.setting[j] == 0.0 {
            self.last_set[j] = now;
        }
        match model.links.kind[j] {
            LinkType::Orifice => self.set_orifice(model, j, dt),
            LinkType::Weir => self.set_weir(model, j),
            _ => self.set_as_meant(model, j),
        }
        true
    }

    /// What a pump's own depths to start and stop make of its setting.
    pub(crate) fn pump_target(&self, p: &crate::model::PumpData, node: Index, setting: f64) -> f64 {
        let y = self.depth[node];
        if p.y_on > 0.0 && setting == 0.0 && y > p.y_on {
            1.0
        } else if p.y_off > 0.0 && setting > 0.0 && y < p.y_off {
            0.0
        } else {
            setting
        }
    }

    fn is_between(&mut self, model: &Model, now: f64) -> bool {
        let events = &model.project.events;
        if events.is_empty() {
            return false;
        }
        match events.get(self.event) {
            Some((_, end)) if now > *end => {
                self.event += 1;
                true
            }
            Some((start, _)) => now < *start,
            None => true,
        }
    }

    fn is_steady(&self, model: &Model, actions: usize, step_error: f64) -> bool {
        let o = &model.options;
        if !o.skip_steady_state
            || self.old_routing_time == 0.0
            || actions > 0
            || step_error.abs() > o.system_flow_tolerance
        {
            return false;
        }
        let changed = |old: f64, new: f64| {
            let diff = if old.abs() > TINY {
                new / old - 1.0
            } else if new.abs() > TINY {
                1.0
            } else {
                0.0
            };
            diff.abs() > o.lateral_flow_tolerance
        };
        let n = &model.nodes;
        !(0..n.kind.len()).any(|i| {
            changed(self.old_lateral[i], self.lateral[i])
                || ((n.kind[i] == NodeType::Outfall || n.degree[i] == 0)
                    && changed(self.old_inflow[i], self.inflow[i]))
        })
    }

    fn add_inflows(&mut self, model: &Model, now: f64, dt: f64) {
        let layout = &model.blocks.nodes;
        for &i in &layout.storage {
            self.losses[i] = self.storage_losses(model, i, dt);
        }
        let at = Moment::of(now);
        if self.has_live_inflow {
            for i in 0..self.lateral.len() {
                self.add_direct(model, i, now, &at);
            }
        } else {
            for &i in &layout.inflow {
                self.add_direct(model, i, now, &at);
            }
        }
        for &i in &layout.dry_weather {
            let Some((average, patterns)) = model.dry_weather[i] else { continue };
            let mut q = model.dry_weather_factor(patterns, &at) * average;
            if q.abs() < FLOW_TOL {
                q = 0.0;
            }
            self.lateral[i] += q;
            self.balance.step.dry_weather += q;
            self.add_dry_weather_loads(model, i, q, &at);
        }
        self.add_ground_and_wet_inflows(model);
        self.add_rdii(model, now);
        self.add_interface_inflows(model, now);
    }

    /// Inflow set live and the model's direct inflow, with its pollutants.
    fn add_direct(&mut self, model: &Model, i: usize, now: f64, at: &Moment) {
        let mut q = self.live_inflow[i];
        if let Some(f) = &model.inflow[i] {
            let base = f.pattern.map_or(f.baseline, |p| f.baseline * model.pattern_factor(p, at));
            let series = f.series.map_or(0.0, |s| model.series[s].series(now, false) * f.scale);
            q += 1.0 / model.units.flow * (series + base);
        }
        if q.abs() < FLOW_TOL {
            q = 0.0;
        }
        self.lateral[i] += q;
        if q >= 0.0 {
            self.balance.step.external += q;
            self.add_direct_loads(model, i, q, at);
        } else {
            self.balance.step.outflow += -q;
        }
    }

    fn add_ground_and_wet_inflows(&mut self, model: &Model) {
        if model.subs.is_empty() {
            return;
        }
        let span = self.new_runoff_time - self.old_runoff_time;
        let f = min(max((self.old_routing_time - self.old_runoff_time) / span, 0.0), 1.0);
        self.add_runoff(model, f);
        let grounds = if model.ways.any_ground { model.subs.len() } else { 0 };
        for (j, m) in model.subs.iter().enumerate().take(grounds) {
            let (Some(s), Some(g)) = (&self.ground[j], &model.ground[j]) else { continue };
            let q = ((1.0 - f) * s.old_flow + f * s.new_flow) * m.area;
            if q.abs() >= FLOW_TOL {
                self.lateral[g.node] += q;
                self.balance.step.groundwater += q;
                for (p, data) in model.quality.pollutants.iter().enumerate().filter(|_| q > 0.0) {
                    self.add_load(g.node, p, q * data.groundwater, Source::Groundwater);
                }
            }
        }
        if model.ways.any_lids {
            self.add_lid_drains(model, f);
        }
    }

    /// Evaporation and seepage of a storage unit, ft³/s.
    fn storage_losses(&mut self, model: &Model, i: usize, dt: f64) -> f64 {
        let Some(s) = &model.nodes.storage[i] else { return 0.0 };
        let mut evaporation = self.climate.evaporation * s.evaporation;
        let mut seep = 0.0;
        if evaporation > 0.0 || s.seepage.is_some() {
            let depth = self.depth[i];
            let area = model.node_area(i, depth);
            if self.volume[i] > FUDGE {
                evaporation *= area;
            }
            if let (Some(soil), Some(state)) = (&s.seepage, &mut self.seepage[i]) {
                let g =
                    Ground { step: dt, factor: self.climate.conductivity, recovery: self.climate.recovery };
                seep = soil.rate(state, g, depth, area);
            }
            let total = (evaporation + seep) * dt;
            if total > self.volume[i] {
                let ratio = self.volume[i] / total;
                evaporation *= ratio;
                seep *= ratio;
            }
        }
        self.storage_loss[i] = [evaporation * dt, seep * dt];
        evaporation + seep
    }

    /// What the step before left, and what there is before the links bring anything.
    fn keep_old(&mut self, model: &Model, dt: f64) {
        // The waves' first trial does it on its way.
        if model.options.routing != Routing::Dynamic || model.links.kind.is_empty() {
            self.keep_nodes(model);
        }
        if model.options.routing == Routing::Dynamic {
            self.stop_losses(model);
            // Sums and overflows come anew with the first trial, but for what links without length take in it; and
            // no other nodes have a volume.
            for &j in &model.blocks.others {
                let takes_all = match &model.links.data[j] {
                    LinkData::Pump(p) => p.kind.is_none(),
                    LinkData::Conduit(_) => true,
                    _ => false,
                };
                if takes_all {
                    self.overflow[model.links.node1[j]] = 0.0;
                }
            }
            model.blocks.nodes.special.iter().for_each(|i| self.keep_volume(model, *i, dt));
            model.blocks.others.iter().for_each(|j| self.keep_link(*j));
            return;
        }
        self.inflow.copy_from_slice(&self.lateral);
        self.outflow.copy_from_slice(&self.losses);
        self.updated.fill(false);
        self.overflow.fill(0.0);
        (0..model.nodes.kind.len()).for_each(|i| self.keep_volume(model, i, dt));
        (0..model.links.kind.len()).for_each(|j| self.keep_link(j));
    }

    /// Conduits may lose water on their way.
    pub(crate) fn loses(&self, model: &Model) -> bool {
        model.blocks.any_seepage || self.climate.evaporation > 0.0
    }

    /// Conduits ask for their losses only while there can be any: when evaporation ends, what they lost last is not
    /// to stay where the balance and quality look for it.
    fn stop_losses(&mut self, model: &Model) {
        let loses = self.loses(model);
        if self.conduits_lose && !loses {
            for s in &mut self.slots.blocks {
                s.evaporation.fill(0.0);
                s.seepage.fill(0.0);
            }
        }
        self.conduits_lose = loses;
    }

    fn keep_volume(&mut self, model: &Model, i: usize, dt: f64) {
        let n = &model.nodes;
        self.old_volume[i] = self.volume[i];
        if self.volume[i] > n.full_volume[i] && n.kind[i] != NodeType::Storage {
            self.overflow[i] = (self.volume[i] - n.full_volume[i]) / dt;
        }
    }

    fn keep_link(&mut self, j: usize) {
        self.link_old_flow[j] = self.link_flow[j];
        self.link_old_depth[j] = self.link_depth[j];
        self.link_old_volume[j] = self.link_volume[j];
    }

    fn remove_outflows(&mut self, model: &Model, dt: f64) {
        let n = &model.nodes;
        let (mut evaporation, mut seepage) = (0.0, 0.0);
        for &i in &model.blocks.nodes.storage {
            evaporation += self.storage_loss[i][0];
            seepage += self.storage_loss[i][1];
        }
        self.balance.step.evaporation += evaporation / dt;
        self.balance.step.seepage += seepage / dt;
        let b = &model.blocks;
        if b.any_seepage || self.climate.evaporation > 0.0 {
            let (mut evaporation, mut seepage) = (0.0, 0.0);
            for &k in b.slot.iter().filter(|k| **k != usize::MAX) {
                let (s, i) = self.slots.of(k);
                evaporation += s.evaporation[i] * b.barrels(k);
                seepage += s.seepage[i] * b.barrels(k);
            }
            self.balance.step.evaporation += evaporation;
            self.balance.step.seepage += seepage;
        }
        for &i in &model.blocks.nodes.outfalls {
            if n.outfall[i].as_ref().is_some_and(|o| o.route_to.is_some()) && self.inflow[i] > 0.0 {
                self.routed[i] += self.inflow[i] * dt;
                self.route_loads_back(model, i, self.inflow[i] * dt);
            }
        }
        if model.options.routing != Routing::Dynamic {
            (0..n.kind.len()).for_each(|i| self.leave_at(model, i));
            return;
        }
        // Nothing leaves the dynamic wave at a node within, but what spills.
        let (overflow, lateral) = (&self.overflow, &self.lateral);
        let spills = Arch::new().dispatch(Spills { layout: &model.blocks.nodes, overflow, lateral });
        for from in spills {
            (from..(from + WIDEST).min(n.kind.len())).for_each(|i| self.leave_at(model, i));
        }
    }

    /// What leaves the system at a node, into the books.
    fn leave_at(&mut self, model: &Model, i: usize) {
        let within = model.options.routing == Routing::Dynamic && model.nodes.kind[i] != NodeType::Outfall;
        if within && self.overflow[i] == 0.0 && self.lateral[i] >= 0.0 {
            return;
        }
        let (q, flooded) = self.system_outflow(model, i);
        self.remove_loads(model, i, q, flooded);
        if q > 0.0 {
            if flooded {
                self.balance.step.flooding += q;
            } else {
                self.balance.step.outflow += q;
            }
        } else {
            self.balance.step.external += -q;
        }
    }

    /// Flow that leaves the system at a node, and whether it is flooding.
    fn system_outflow(&mut self, model: &Model, i: usize) -> (f64, bool) {
        let n = &model.nodes;
        if n.kind[i] == NodeType::Outfall {
            let mut q = 0.0;
            if self.outflow[i] == 0.0 {
                q = self.inflow[i];
            } else if self.inflow[i] == 0.0 {
                q = -self.outflow[i];
                self.inflow[i] = q.abs();
            }
            self.overflow[i] = 0.0;
            self.volume[i] = 0.0;
            return (q, false);
        }
        if model.options.routing != Routing::Dynamic && n.degree[i] == 0 && n.kind[i] != NodeType::Storage {
            let q = if self.outflow[i] == 0.0 { self.inflow[i] } else { 0.0 };
            self.overflow[i] = 0.0;
            self.volume[i] = 0.0;
            return (q, false);
        }
        let q = if self.volume[i] <= n.full_volume[i] { self.overflow[i] } else { 0.0 };
        (q, q > 0.0)
    }
}
