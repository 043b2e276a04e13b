//! The series of a run as JSON: one array a quantity and element, one entry a report period.

use pipes::project::{LinkKind, NodeKind};
use pipes::{MassBalance, Model, State, Status};
use serde::Serialize;

/// What `--json` writes; figures in the file's units, single precision as in EPANET's binary results.
#[derive(Debug, Serialize)]
pub(super) struct Series {
    title: Vec<String>,
    flow_units: String,
    pressure_units: String,
    /// Seconds since the start.
    times: Vec<i64>,
    nodes: Vec<NodeSeries>,
    links: Vec<LinkSeries>,
    energy: Vec<PumpLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quality_balance: Option<MassBalance>,
    warnings: Vec<WarningLine>,
}

#[derive(Debug, Serialize)]
struct NodeSeries {
    name: String,
    kind: &'static str,
    demand: Vec<f32>,
    head: Vec<f32>,
    pressure: Vec<f32>,
    quality: Vec<f32>,
}

#[derive(Debug, Serialize)]
struct LinkSeries {
    name: String,
    kind: &'static str,
    flow: Vec<f32>,
    velocity: Vec<f32>,
    head_loss: Vec<f32>,
    quality: Vec<f32>,
    setting: Vec<f32>,
    status: Vec<Status>,
}

#[derive(Debug, Serialize)]
struct PumpLine {
    name: String,
    #[serde(flatten)]
    energy: pipes::report::EnergyLine,
}

#[derive(Debug, Serialize)]
struct WarningLine {
    time: i64,
    message: String,
}

impl Series {
    pub(super) fn new(model: &Model) -> Self {
        let project = model.project();
        let node = |node: &pipes::project::Node| NodeSeries {
            name: node.name.clone(),
            kind: match node.kind {
                NodeKind::Junction { .. } => "junction",
                NodeKind::Reservoir { .. } => "reservoir",
                NodeKind::Tank(_) => "tank",
            },
            demand: Vec::new(),
            head: Vec::new(),
            pressure: Vec::new(),
            quality: Vec::new(),
        };
        let link = |link: &pipes::project::Link| LinkSeries {
            name: link.name.clone(),
            kind: match link.kind {
                LinkKind::Pipe(_) => "pipe",
                LinkKind::Pump(_) => "pump",
                LinkKind::Valve(_) => "valve",
            },
            flow: Vec::new(),
            velocity: Vec::new(),
            head_loss: Vec::new(),
            quality: Vec::new(),
            setting: Vec::new(),
            status: Vec::new(),
        };
        Self {
            title: project.title.clone(),
            flow_units: format!("{:?}", project.options.flow_units).to_uppercase(),
            pressure_units: format!("{:?}", model.pressure_units()).to_lowercase(),
            times: Vec::new(),
            nodes: project.nodes.iter().map(node).collect(),
            links: project.links.iter().map(link).collect(),
            energy: Vec::new(),
            quality_balance: None,
            warnings: Vec::new(),
        }
    }

    /// Takes the moment a state stands at.
    #[expect(clippy::cast_possible_truncation, reason = "single precision as in the binary results")]
    pub(super) fn take(&mut self, model: &Model, state: &State) {
        self.times.push(state.time());
        for (index, node) in self.nodes.iter_mut().enumerate() {
            let Some(view) = model.node_view(state, index) else { continue };
            node.demand.push(view.demand as f32);
            node.head.push(view.head as f32);
            node.pressure.push(view.pressure as f32);
            node.quality.push(view.quality as f32);
        }
        for (index, link) in self.links.iter_mut().enumerate() {
            let Some(view) = model.link_view(state, index) else { continue };
            link.flow.push(view.flow as f32);
            link.velocity.push(view.velocity as f32);
            link.head_loss.push(view.head_loss as f32);
            link.quality.push(view.quality as f32);
            link.setting.push(view.setting as f32);
            link.status.push(view.status);
        }
    }

    /// Adds what is known at the end.
    pub(super) fn close(mut self, model: &Model, state: &State) -> Self {
        let name = |link: usize| model.project().links.get(link).map(|l| l.name.clone()).unwrap_or_default();
        let lines = pipes::report::energy(model, state).into_iter();
        self.energy = lines.map(|energy| PumpLine { name: name(energy.link), energy }).collect();
        self.quality_balance = state.quality().map(pipes::QualityState::balance);
        let warnings = state.warnings().iter();
        self.warnings = warnings
            .map(|warning| WarningLine { time: warning.time, message: pipes::report::sentence(warning) })
            .collect();
        self
    }
}
