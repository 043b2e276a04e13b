//! What a run came to (汇总): SWMM's summary tables as values, in the model's units.
#![expect(clippy::indexing_slicing, reason = "one entry a node, link or subcatchment of the model")]

use serde::{Deserialize, Serialize};

use crate::balance::{FlowTotals, RunoffTotals};
use crate::date::{show_date, show_time};
use crate::model::{LinkType, Model, NodeType};
use crate::state::State;

/// Of a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "columns of SWMM's tables; times in hours, dates as text")]
pub struct NodeSummary {
    pub name: String,
    pub kind: String,
    pub mean_depth: f64,
    pub max_depth: f64,
    pub max_depth_at: String,
    pub max_head: f64,
    pub max_lateral_inflow: f64,
    pub max_inflow: f64,
    pub max_inflow_at: String,
    pub lateral_volume: f64,
    pub inflow_volume: f64,
    pub surcharged_h: f64,
    pub flooded_h: f64,
    pub max_flooding: f64,
    pub flooded_volume: f64,
}

/// Of a link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "columns of SWMM's tables; times in hours, dates as text")]
pub struct LinkSummary {
    pub name: String,
    pub kind: String,
    pub max_flow: f64,
    pub max_flow_at: String,
    pub max_velocity: f64,
    pub max_flow_ratio: f64,
    pub max_depth_ratio: f64,
    pub full_both_h: f64,
    pub full_upstream_h: f64,
    pub full_downstream_h: f64,
    pub capacity_limited_h: f64,
    /// Of each pollutant, lb or kg, or logarithms of counts.
    pub loads: Vec<f64>,
}

/// Of an outfall.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "columns of SWMM's table")]
pub struct OutfallSummary {
    pub name: String,
    pub mean_flow: f64,
    pub max_flow: f64,
    pub volume: f64,
    /// Of each pollutant, lb or kg, or logarithms of counts.
    pub loads: Vec<f64>,
}

/// Of a subcatchment: depths of water over it, and flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "columns of SWMM's table")]
pub struct SubcatchmentSummary {
    pub name: String,
    pub precipitation: f64,
    pub runon: f64,
    pub evaporation: f64,
    pub infiltration: f64,
    pub runoff: f64,
    pub runoff_volume: f64,
    pub peak_runoff: f64,
    pub coefficient: f64,
    /// Washed off of each pollutant, lb or kg, or logarithms of counts.
    pub washoff: Vec<f64>,
}

/// Of a run. Volumes in ft³ or m³.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the tables")]
pub struct Summary {
    pub flow_units: String,
    pub steps: u64,
    pub mean_step_s: f64,
    pub min_step_s: f64,
    pub max_step_s: f64,
    pub mean_trials: f64,
    pub not_converged_percent: f64,
    pub runoff_error_percent: f64,
    pub flow_error_percent: f64,
    pub runoff: RunoffTotals,
    pub hydrology: crate::hydrology::HydrologySummary,
    pub flow: FlowTotals,
    pub quality: crate::quality::QualitySummary,
    pub subcatchments: Vec<SubcatchmentSummary>,
    pub nodes: Vec<NodeSummary>,
    pub links: Vec<LinkSummary>,
    pub outfalls: Vec<OutfallSummary>,
    pub warnings: Vec<String>,
}

const fn node_kind(kind: NodeType) -> &'static str {
    match kind {
        NodeType::Junction => "JUNCTION",
        NodeType::Outfall => "OUTFALL",
        NodeType::Storage => "STORAGE",
        NodeType::Divider => "DIVIDER",
    }
}

const fn link_kind(kind: LinkType) -> &'static str {
    match kind {
        LinkType::Conduit => "CONDUIT",
        LinkType::Pump => "PUMP",
        LinkType::Orifice => "ORIFICE",
        LinkType::Weir => "WEIR",
        LinkType::Outlet => "OUTLET",
    }
}

fn ratio(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}

impl State {
    /// 汇总 of the run so far.
    #[must_use]
    pub fn summary(&self, model: &Model) -> Summary {
        let s = &self.stats;
        let (flow, runoff) = (self.flow_totals(model), self.runoff_totals(model));
        let v = model.units.volume;
        let steps = s.steps as f64;
        Summary {
            flow_units: model.units.flow_units.word().to_owned(),
            steps: s.steps,
            mean_step_s: ratio(s.routing_time, steps),
            min_step_s: s.min_step,
            max_step_s: s.max_step,
            mean_trials: ratio(s.trials, steps),
            not_converged_percent: 100.0 * ratio(s.not_converged as f64, steps),
            runoff_error_percent: runoff.error(),
            flow_error_percent: flow.error(),
            runoff: runoff.scaled(v),
            hydrology: self.hydrology_summary(model),
            flow: flow.scaled(v),
            quality: self.quality_summary(model),
            subcatchments: (0..model.subs.len()).map(|i| self.subcatchment_summary(model, i)).collect(),
            nodes: (0..model.nodes.kind.len()).map(|i| self.node_summary(model, i)).collect(),
            links: (0..model.links.kind.len()).map(|j| self.link_summary(model, j)).collect(),
            outfalls: (0..model.nodes.kind.len()).filter_map(|i| self.outfall_summary(model, i)).collect(),
            warnings: model.warnings.clone(),
        }
    }

    fn subcatchment_summary(&self, model: &Model, i: usize) -> SubcatchmentSummary {
        let (m, t, u) = (&model.subs[i], &self.stats.subs[i], &model.units);
        let deep = |v: f64| ratio(v, m.area) * u.rain_depth;
        SubcatchmentSummary {
            name: m.name.clone(),
            precipitation: deep(t.precipitation),
            runon: deep(t.runon),
            evaporation: deep(t.evaporation),
            infiltration: deep(t.infiltration),
            runoff: deep(t.runoff),
            runoff_volume: t.runoff * u.volume,
            peak_runoff: t.max_flow * u.flow,
            coefficient: ratio(t.runoff, t.precipitation + t.runon),
            washoff: self.washoff_loads_of(model, i),
        }
    }

    fn node_summary(&self, model: &Model, i: usize) -> NodeSummary {
        let (n, t, u) = (&model.nodes, self.node_stats(i), &model.units);
        NodeSummary {
            name: n.name[i].clone(),
            kind: node_kind(n.kind[i]).to_owned(),
            mean_depth: ratio(t.sum_depth, self.stats.reported_steps as f64) * u.length,
            max_depth: t.max_depth * u.length,
            max_depth_at: when(t.max_depth_at),
            max_head: (t.max_depth + n.invert[i]) * u.length,
            max_lateral_inflow: t.max_lateral * u.flow,
            max_inflow: t.max_inflow * u.flow,
            max_inflow_at: when(t.max_inflow_at),
            lateral_volume: t.lateral_volume * u.volume,
            inflow_volume: self.balance.node_inflow[i] * u.volume,
            surcharged_h: t.surcharged_time / 3600.0,
            flooded_h: t.flooded_time / 3600.0,
            max_flooding: t.max_overflow * u.flow,
            flooded_volume: t.flooded_volume * u.volume,
        }
    }

    fn link_summary(&self, model: &Model, j: usize) -> LinkSummary {
        let (l, t, u) = (&model.links, self.link_stats(model, j), &model.units);
        let barrels = l.conduit(j).map_or(1.0, |c| c.barrels);
        LinkSummary {
            name: l.name[j].clone(),
            kind: link_kind(l.kind[j]).to_owned(),
            max_flow: t.max_flow * u.flow,
            max_flow_at: when(t.max_flow_at),
            max_velocity: t.max_velocity * u.length,
            max_flow_ratio: ratio(t.max_flow, l.q_full[j] * barrels),
            max_depth_ratio: ratio(t.max_depth, l.section[j].y_full),
            full_both_h: t.full_both / 3600.0,
            full_upstream_h: t.full_up / 3600.0,
            full_downstream_h: t.full_down / 3600.0,
            capacity_limited_h: t.capacity / 3600.0,
            loads: self.link_loads_of(model, j),
        }
    }

    fn outfall_summary(&self, model: &Model, i: usize) -> Option<OutfallSummary> {
        if model.nodes.kind[i] != NodeType::Outfall {
            return None;
        }
        let (t, u) = (&self.stats.nodes[i], &model.units);
        Some(OutfallSummary {
            name: model.nodes.name[i].clone(),
            mean_flow: ratio(t.outfall[0], t.outfall[2]) * u.flow,
            max_flow: t.outfall[1] * u.flow,
            volume: self.balance.node_inflow[i] * u.volume,
            loads: self.outfall_loads_of(model, i),
        })
    }
}

fn when(date: f64) -> String {
    format!("{} {}", show_date(date), show_time(date))
}

impl FlowTotals {
    fn scaled(self, k: f64) -> Self {
        Self {
            dry_weather: self.dry_weather * k,
            wet_weather: self.wet_weather * k,
            groundwater: self.groundwater * k,
            rdii: self.rdii * k,
            external: self.external * k,
            flooding: self.flooding * k,
            outflow: self.outflow * k,
            evaporation: self.evaporation * k,
            seepage: self.seepage * k,
            initial_storage: self.initial_storage * k,
            final_storage: self.final_storage * k,
        }
    }
}

impl RunoffTotals {
    fn scaled(self, k: f64) -> Self {
        Self {
            rainfall: self.rainfall * k,
            runon: self.runon * k,
            evaporation: self.evaporation * k,
            infiltration: self.infiltration * k,
            runoff: self.runoff * k,
            drains: self.drains * k,
            snow_removed: self.snow_removed * k,
            initial_snow: self.initial_snow * k,
            final_snow: self.final_snow * k,
            initial_storage: self.initial_storage * k,
            final_storage: self.final_storage * k,
        }
    }
}
