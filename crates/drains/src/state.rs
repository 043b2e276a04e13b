//! 状态: everything that changes while a model runs. Small, cloneable, serialisable: cloning it
//! branches a forecast.
#![expect(clippy::indexing_slicing, reason = "one entry a node, link or subcatchment of the model")]
#![expect(clippy::needless_range_loop, reason = "several lists are walked together")]

use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};

use crate::balance::Balance;
use crate::hydrology::{Climate, GageState, GroundState, SeepageState, SubState};
use crate::model::{LinkData, LinkType, Model, NodeType};
use crate::project::Routing;
use crate::stats::Stats;
use crate::units::{FUDGE, max, min};
use crate::wave::{Class, Slots, normal_depth};

/// 数值方法.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Numerics {
    /// SWMM's operations in SWMM's order: its bits, on one lane.
    Exact,
    /// Vectors and fast powers: within 1e-4 ft of exact wherever the iterations converge.
    #[default]
    Fast,
}

/// What is in a link.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Water {
    /// Of all barrels, ft³/s.
    pub(crate) flow: f64,
    /// ft.
    pub(crate) depth: f64,
    /// Of all barrels, ft³.
    pub(crate) volume: f64,
}

/// 状态 of one run of a model. Times in ms from the start, everything else in ft and s.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    pub(crate) numerics: Numerics,
    pub(crate) old_runoff_time: f64,
    pub(crate) new_runoff_time: f64,
    pub(crate) old_routing_time: f64,
    pub(crate) new_routing_time: f64,
    pub(crate) rule_time: f64,
    pub(crate) step_now: f64,
    pub(crate) event: usize,
    /// In the last step conduits could lose water by evaporation or seepage.
    #[serde(default)]
    pub(crate) conduits_lose: bool,
    pub(crate) between_events: bool,
    pub(crate) steps: u64,
    pub(crate) climate: Climate,
    pub(crate) has_runoff: bool,
    pub(crate) gages: Vec<GageState>,
    pub(crate) subs: Vec<SubState>,
    /// Runoff of the subcatchments before and after the last runoff step, ft³/s.
    pub(crate) old_runoff: Vec<f64>,
    pub(crate) new_runoff: Vec<f64>,
    pub(crate) ground: Vec<Option<GroundState>>,
    pub(crate) snow: Vec<Option<crate::hydrology::SnowState>>,
    pub(crate) lids: Vec<crate::hydrology::LidState>,
    /// Some unit was not dry in the last runoff step.
    pub(crate) wet_lids: bool,
    /// Snow plowed out of the model, ft³ of water.
    pub(crate) snow_removed: f64,
    pub(crate) rdii: Option<crate::hydrology::RdiiState>,
    /// Unsaturated conductivity last computed, ft/s: an expression may ask for it where none is.
    pub(crate) ground_conductivity: f64,
    // Nodes.
    pub(crate) depth: Vec<f64>,
    pub(crate) old_depth: Vec<f64>,
    pub(crate) volume: Vec<f64>,
    pub(crate) old_volume: Vec<f64>,
    pub(crate) inflow: Vec<f64>,
    pub(crate) outflow: Vec<f64>,
    pub(crate) overflow: Vec<f64>,
    pub(crate) losses: Vec<f64>,
    pub(crate) lateral: Vec<f64>,
    pub(crate) old_lateral: Vec<f64>,
    pub(crate) old_net: Vec<f64>,
    pub(crate) old_inflow: Vec<f64>,
    pub(crate) live_inflow: Vec<f64>,
    /// Some inflow has been set live.
    pub(crate) has_live_inflow: bool,
    pub(crate) live_stage: Vec<Option<f64>>,
    pub(crate) area: Vec<f64>,
    pub(crate) old_area: Vec<f64>,
    pub(crate) sum_dqdh: Vec<f64>,
    pub(crate) dydt: Vec<f64>,
    /// 1 where the depth rests between two trials.
    pub(crate) rests: Vec<f64>,
    #[serde(skip)]
    pub(crate) restless: Fleeting<crate::wave::Restless>,
    #[serde(skip)]
    pub(crate) brought: Fleeting<crate::wave::Brought>,
    pub(crate) updated: Vec<bool>,
    pub(crate) seepage: Vec<Option<SeepageState>>,
    pub(crate) storage_loss: Vec<[f64; 2]>,
    /// Water an outfall sent to a subcatchment since the last runoff step, ft³.
    pub(crate) routed: Vec<f64>,
    // Links.
    /// Flow, depth and volume, but of conduits in slots: see [`State::water`].
    pub(crate) link_flow: Vec<f64>,
    pub(crate) link_old_flow: Vec<f64>,
    pub(crate) link_depth: Vec<f64>,
    pub(crate) link_old_depth: Vec<f64>,
    pub(crate) link_volume: Vec<f64>,
    pub(crate) link_old_volume: Vec<f64>,
    pub(crate) setting: Vec<f64>,
    pub(crate) target: Vec<f64>,
    pub(crate) live_setting: Vec<Option<f64>>,
    /// Some link has been set live.
    pub(crate) has_live_setting: bool,
    /// Some conduit may have been set to something else than open.
    #[serde(default = "may_be")]
    pub(crate) shuts: bool,
    pub(crate) last_set: Vec<f64>,
    pub(crate) link_class: Vec<f64>,
    pub(crate) dqdh: Vec<f64>,
    pub(crate) surf1: Vec<f64>,
    pub(crate) surf2: Vec<f64>,
    pub(crate) capacity_limited: Vec<bool>,
    /// Orifice: flow and weir coefficient, critical height. Weir: surcharge coefficient first.
    pub(crate) coefficients: Vec<[f64; 3]>,
    pub(crate) orifice_area: Vec<f64>,
    /// Conduits of the tree routings: flow and area at both ends.
    pub(crate) ends: Vec<[f64; 4]>,
    pub(crate) slots: Slots,
    #[serde(skip)]
    pub(crate) reports: Fleeting<crate::out::Reports>,
    /// Errors of PID actions, two each, in the order of the rules.
    pub(crate) pid: Vec<[f64; 2]>,
    #[serde(default)]
    pub(crate) watch: crate::control::Watch,
    pub(crate) quality: crate::quality::QualityState,
    pub(crate) balance: Balance,
    pub(crate) stats: Stats,
    pub(crate) files: crate::files::FileState,
    pub(crate) inlets: crate::inlets::InletState,
}

/// 过后即忘: what a state holds that says nothing of the water. A copy begins with none of it, and two states are
/// the same whatever they hold.
#[derive(Debug, Default)]
pub(crate) struct Fleeting<T>(T);

impl<T: Default> Clone for Fleeting<T> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<T> PartialEq for Fleeting<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Deref for Fleeting<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Fleeting<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

/// What was kept by an engine that did not tell.
const fn may_be() -> bool {
    true
}

impl State {
    /// The state at the start of a model's run.
    #[must_use]
    pub fn new(model: &Model, numerics: Numerics) -> Self {
        Self::begin(model, numerics, model.interface.hot_start.as_ref())
    }

    /// The state at the start, or where a hot start file says.
    pub(crate) fn begin(
        model: &Model,
        numerics: Numerics,
        hot_start: Option<&crate::files::HotStart>,
    ) -> Self {
        let n = model.nodes.kind.len();
        let l = model.links.kind.len();
        let depth = model.nodes.init_depth.clone();
        let volume: Vec<f64> = (0..n).map(|i| model.node_volume(i, depth[i])).collect();
        let climate = Climate::new(model);
        let first_factor =
            crate::hydrology::RdiiState::first_rain_factor(model).unwrap_or(climate.rain_factor);
        let mut state = Self {
            numerics,
            old_runoff_time: 0.0,
            new_runoff_time: 0.0,
            old_routing_time: 0.0,
            new_routing_time: 0.0,
            rule_time: 0.0,
            step_now: 0.0,
            event: 0,
            conduits_lose: false,
            between_events: !model.project.events.is_empty(),
            steps: 0,
            gages: model.gages.iter().map(|g| GageState::new(g, model, first_factor)).collect(),
            climate,
            has_runoff: false,
            subs: model.subs.iter().map(SubState::new).collect(),
            old_runoff: vec![0.0; model.subs.len()],
            new_runoff: vec![0.0; model.subs.len()],
            ground: model
                .ground
                .iter()
                .zip(model.subs.iter().zip(&model.lids))
                .map(|(g, (s, l))| g.as_ref().map(|g| GroundState::new(g, l.pervious(s))))
                .collect(),
            ground_conductivity: 0.0,
            snow: model.snow.iter().map(|p| p.as_ref().map(crate::hydrology::SnowState::new)).collect(),
            snow_removed: 0.0,
            lids: model
                .lids
                .iter()
                .map(|g| crate::hydrology::LidState::new(g, model.options.dry_days))
                .collect(),
            wet_lids: model.lids.iter().any(crate::hydrology::LidGroup::starts_wet),
            rdii: crate::hydrology::RdiiState::new(model),
            old_depth: depth.clone(),
            depth,
            old_volume: volume.clone(),
            volume,
            inflow: vec![0.0; n],
            outflow: vec![0.0; n],
            overflow: vec![0.0; n],
            losses: vec![0.0; n],
            lateral: vec![0.0; n],
            old_lateral: vec![0.0; n],
            old_net: vec![0.0; n],
            old_inflow: vec![0.0; n],
            live_inflow: vec![0.0; n],
            has_live_inflow: false,
            live_stage: vec![None; n],
            area: vec![0.0; n],
            old_area: vec![0.0; n],
            sum_dqdh: vec![0.0; n],
            dydt: vec![0.0; n],
            rests: vec![0.0; n],
            restless: Fleeting::default(),
            brought: Fleeting::default(),
            updated: vec![false; n],
            seepage: (0..n)
                .map(|i| {
                    model.nodes.storage[i]
                        .as_ref()
                        .and_then(|s| s.seepage.as_ref())
                        .map(crate::hydrology::Seepage::initial)
                })
                .collect(),
            storage_loss: vec![[0.0; 2]; n],
            routed: vec![0.0; n],
            link_flow: model.links.q0.clone(),
            link_old_flow: model.links.q0.clone(),
            link_depth: vec![0.0; l],
            link_old_depth: vec![0.0; l],
            link_volume: vec![0.0; l],
            link_old_volume: vec![0.0; l],
            setting: vec![1.0; l],
            target: vec![1.0; l],
            live_setting: vec![None; l],
            has_live_setting: false,
            shuts: false,
            reports: Fleeting::default(),
            last_set: vec![model.options.start.floor(); l],
            link_class: vec![Class::DRY; l],
            dqdh: vec![0.0; l],
            surf1: vec![0.0; l],
            surf2: vec![0.0; l],
            capacity_limited: vec![false; l],
            coefficients: vec![[0.0; 3]; l],
            orifice_area: vec![0.0; l],
            ends: vec![[0.0; 4]; l],
            slots: Slots::new(model.blocks.link.len()),
            pid: vec![[0.0; 2]; model.controls.rules.iter().map(|r| r.then.len() + r.otherwise.len()).sum()],
            watch: crate::control::Watch::default(),
            quality: crate::quality::QualityState::new(model),
            balance: Balance::default(),
            stats: Stats::new(model),
            files: crate::files::FileState::default(),
            inlets: crate::inlets::InletState::new(model),
        };
        state.initial_links(model);
        if let Some(file) = hot_start {
            state.apply_hot_start(model, file);
        }
        state.initial_network(model, hot_start.is_some());
        state.open_balance(model);
        state.open_quality(model, hot_start.is_some());
        state
    }

    fn initial_links(&mut self, model: &Model) {
        for j in 0..model.links.kind.len() {
            match &model.links.data[j] {
                LinkData::Conduit(c) => {
                    let x = &model.links.section[j];
                    if x.shape != crate::section::Shape::Dummy {
                        self.link_depth[j] = normal_depth(x, c.beta, c.q_max, model.links.q0[j] / c.barrels);
                    }
                    self.link_old_depth[j] = self.link_depth[j];
                }
                LinkData::Pump(p) => {
                    self.setting[j] = f64::from(u8::from(p.on));
                    self.target[j] = self.setting[j];
                }
                LinkData::Orifice(_) => self.set_orifice(model, j, 0.0),
                LinkData::Weir(_) => self.first_weir(model, j),
                LinkData::Outlet(_) => {}
            }
        }
    }

    /// Depths of nodes and links that follow from the initial ones (dynamic wave), flows and volumes.
    fn initial_network(&mut self, model: &Model, hot: bool) {
        let (n, l) = (&model.nodes, &model.links);
        let dynamic = model.options.routing == Routing::Dynamic;
        if dynamic && !model.options.ignore_routing && !hot {
            let mut sums = vec![(0.0, 0.0); n.kind.len()];
            for j in 0..l.kind.len() {
                let y = if self.link_depth[j] > FUDGE { self.link_depth[j] + l.offset1[j] } else { 0.0 };
                for end in [l.node1[j], l.node2[j]] {
                    sums[end].0 += y;
                    sums[end].1 += 1.0;
                }
            }
            for i in 0..n.kind.len() {
                if matches!(n.kind[i], NodeType::Outfall | NodeType::Storage) || n.init_depth[i] > 0.0 {
                    continue;
                }
                if sums[i].1 > 0.0 {
                    self.depth[i] = sums[i].0 / sums[i].1;
                }
            }
            for j in 0..l.kind.len() {
                self.set_outfall_depth(model, j, self.link_flow[j]);
            }
            for j in 0..l.kind.len() {
                if l.kind[j] != LinkType::Conduit || l.q0[j] != 0.0 {
                    continue;
                }
                let full = l.section[j].y_full;
                let y1 = min(max(self.depth[l.node1[j]] - l.offset1[j], 0.0), full);
                let y2 = min(max(self.depth[l.node2[j]] - l.offset2[j], 0.0), full);
                self.link_depth[j] = max(0.5 * (y1 + y2), FUDGE);
            }
        }
        for i in 0..n.kind.len() {
            self.inflow[i] = self.lateral[i];
            self.volume[i] =
                if model.options.allow_ponding && n.ponded_area[i] > 0.0 && self.depth[i] > n.full_depth[i] {
                    n.full_volume[i] + (self.depth[i] - n.full_depth[i]) * n.ponded_area[i]
                } else {
                    model.node_volume(i, self.depth[i])
                };
        }
        for j in 0..l.kind.len() {
            let q = self.link_flow[j];
            let (a, b) = (l.node1[j], l.node2[j]);
            if q >= 0.0 {
                self.outflow[a] += q;
                self.inflow[b] += q;
            } else {
                self.inflow[a] -= q;
                self.outflow[b] -= q;
            }
        }
        for j in 0..l.kind.len() {
            if model.options.routing == Routing::Steady {
                self.link_flow[j] = 0.0;
                continue;
            }
            let Some(c) = l.conduit(j) else { continue };
            let q = self.link_flow[j] / c.barrels;
            let a = l.section[j].area(self.link_depth[j]);
            self.ends[j] = [q, q, a, a];
            self.link_volume[j] = a * model.length(j) * c.barrels;
            self.link_old_volume[j] = self.link_volume[j];
            let k = model.blocks.slot[j];
            if k != usize::MAX {
                let (s, i) = self.slots.at(k);
                (s.q[i], s.a1[i], s.a2[i]) = (q, a, a);
                (s.flow[i], s.depth[i], s.volume[i]) =
                    (self.link_flow[j], self.link_depth[j], self.link_volume[j]);
                (s.old_flow[i], s.old_depth[i], s.old_volume[i]) =
                    (self.link_old_flow[j], self.link_old_depth[j], self.link_old_volume[j]);
            }
        }
    }

    /// A link's flow, depth and volume now.
    #[inline]
    pub(crate) fn water(&self, model: &Model, j: usize) -> Water {
        match model.slot_of(j) {
            Some(k) => {
                let (s, i) = self.slots.of(k);
                Water { flow: s.flow[i], depth: s.depth[i], volume: s.volume[i] }
            }
            None => Water { flow: self.link_flow[j], depth: self.link_depth[j], volume: self.link_volume[j] },
        }
    }

    /// And before the last step.
    #[inline]
    pub(crate) fn water_before(&self, model: &Model, j: usize) -> Water {
        match model.slot_of(j) {
            Some(k) => {
                let (s, i) = self.slots.of(k);
                Water { flow: s.old_flow[i], depth: s.old_depth[i], volume: s.old_volume[i] }
            }
            None => Water {
                flow: self.link_old_flow[j],
                depth: self.link_old_depth[j],
                volume: self.link_old_volume[j],
            },
        }
    }

    /// Water in all links, ft³, above `more`.
    pub(crate) fn links_volume(&self, model: &Model, more: f64) -> f64 {
        (0..self.link_volume.len()).fold(more, |t, j| t + self.water(model, j).volume)
    }

    /// Seconds since the start of the run.
    #[must_use]
    pub fn elapsed_s(&self) -> f64 {
        self.new_routing_time / 1000.0
    }

    /// True once the whole run is done.
    #[must_use]
    pub fn is_done(&self, model: &Model) -> bool {
        self.new_routing_time >= model.duration
    }
}
