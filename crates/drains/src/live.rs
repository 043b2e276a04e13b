//! 现场: what may be seen and set between the steps of a run, in the model's units.
#![expect(clippy::indexing_slicing, reason = "one entry a node or link of the model")]

use crate::curve::Curve;
use crate::hydrology::GageState;
use crate::model::Model;
use crate::project::Index;
use crate::state::{State, Water};
use crate::units::{max, min};

/// What a node shows, in the model's units.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "SWMM's node results")]
pub struct NodeView {
    pub depth: f64,
    pub head: f64,
    pub volume: f64,
    pub lateral_inflow: f64,
    pub inflow: f64,
    pub flooding: f64,
}

/// What a link shows, in the model's units.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "SWMM's link results")]
pub struct LinkView {
    pub flow: f64,
    pub depth: f64,
    pub velocity: f64,
    pub volume: f64,
    pub capacity: f64,
    pub setting: f64,
}

impl State {
    /// 观测: what a node shows now.
    #[must_use]
    pub fn node(&self, model: &Model, i: Index) -> Option<NodeView> {
        let u = model.units;
        let depth = *self.depth.get(i)? * u.length;
        Some(NodeView {
            depth,
            head: depth + model.nodes.invert[i] * u.length,
            volume: self.volume[i] * u.volume,
            lateral_inflow: self.lateral[i] * u.flow,
            inflow: self.inflow[i] * u.flow,
            flooding: self.overflow[i] * u.flow,
        })
    }

    /// 收敛: whether the depth of a node came to rest in the last step of the dynamic wave (no more moved by
    /// the last trial than the head tolerance); never at outfalls, whose depth is given.
    #[must_use]
    pub fn converged(&self, node: Index) -> Option<bool> {
        self.rests.get(node).map(|r| *r > 0.0)
    }

    /// 观测: what a link shows now.
    #[must_use]
    pub fn link(&self, model: &Model, j: Index) -> Option<LinkView> {
        let u = model.units;
        self.link_flow.get(j)?;
        let Water { flow: q, depth: y, volume } = self.water(model, j);
        let sign = model.links.direction[j];
        let x = &model.links.section[j];
        let conduit = model.links.conduit(j).is_some() && x.a_full > 0.0;
        Some(LinkView {
            flow: q * u.flow * sign,
            depth: y * u.length,
            velocity: self.velocity(model, j, q, y) * u.length * sign,
            volume: volume * u.volume,
            capacity: if conduit { x.area(y) / x.a_full } else { self.setting[j] },
            setting: self.setting[j],
        })
    }

    /// Runoff of a subcatchment now, in the model's flow unit.
    #[must_use]
    pub fn runoff(&self, model: &Model, k: Index) -> Option<f64> {
        self.new_runoff.get(k).map(|q| q * model.units.flow)
    }

    /// 现场雨量: the rain of a gage from the next runoff step on, in the model's units an hour; `None`
    /// returns to the model's series.
    pub fn set_rain(&mut self, gage: Index, rain: Option<f64>) {
        if let Some(g) = self.gages.get_mut(gage) {
            g.live = rain;
        }
    }

    /// 雨情景: a series of this state's own for a gage, from the start of the run on; of the form and
    /// interval of the model's series, at dates as [`crate::date`] counts them. To be set before the first
    /// step.
    pub fn set_rain_series(&mut self, model: &Model, gage: Index, series: Curve) {
        if let (Some(g), Some(state)) = (model.gages.get(gage), self.gages.get_mut(gage)) {
            *state = GageState::with(Some(series), g, model, self.climate.rain_factor);
            if let Some(rdii) = &mut self.rdii {
                rdii.set_gage(gage, state);
            }
        }
    }

    /// 现场入流: inflow added at a node from the next step on, in the model's flow unit.
    pub fn set_inflow(&mut self, model: &Model, node: Index, flow: f64) {
        if let Some(q) = self.live_inflow.get_mut(node) {
            *q = flow / model.units.flow;
            self.has_live_inflow |= flow != 0.0;
        }
    }

    /// 外水位: the stage of an outfall (height, not depth), or `None` for the model's own.
    pub fn set_stage(&mut self, model: &Model, node: Index, stage: Option<f64>) {
        if let Some(s) = self.live_stage.get_mut(node) {
            *s = stage.map(|v| v / model.units.length);
        }
    }

    /// 校正: the depth at a node, for corrections by gauges; no more than the node can hold, or what stands
    /// on the ground where it ponds.
    pub fn set_depth(&mut self, model: &Model, node: Index, depth: f64) {
        if node >= self.depth.len() || !depth.is_finite() {
            return;
        }
        let n = &model.nodes;
        let depth = max(depth / model.units.length, 0.0);
        let ponds = model.options.allow_ponding && n.ponded_area[node] > 0.0;
        if ponds && depth > n.full_depth[node] {
            self.depth[node] = depth;
            self.volume[node] = n.full_volume[node] + (depth - n.full_depth[node]) * n.ponded_area[node];
            return;
        }
        let y = min(depth, n.full_depth[node] + n.sur_depth[node]);
        self.depth[node] = y;
        self.volume[node] = model.node_volume(node, y);
    }

    /// 指令: the setting of a link from the next step on (0 shut, 1 open or full speed), above every
    /// rule; `None` gives it back to the rules.
    pub fn set_link(&mut self, link: Index, setting: Option<f64>) {
        if let Some(s) = self.live_setting.get_mut(link) {
            *s = setting.map(|v| v.max(0.0));
            self.has_live_setting |= setting.is_some();
        }
    }
}
