//! How well routing went (演算质量): the worst elements and the time steps.
#![expect(clippy::indexing_slicing, reason = "one entry a node or link, five of the worst")]

use super::page::{Page, put};
use crate::model::Model;
use crate::project::Routing;
use crate::state::State;
use crate::stats::LEVELS;
use crate::units::min;

/// The worst elements a list holds.
const WORST: usize = 5;
/// Inflow (ft³) below which a node's error does not count.
const LEAST_INFLOW: f64 = 0.1;

#[derive(Clone, Copy)]
enum Element {
    Nothing,
    Node(usize),
    Link(usize),
}

/// The greatest of a list, in SWMM's order.
struct Worst([(Element, f64); WORST]);

impl Worst {
    const fn new(floor: f64) -> Self {
        Self([(Element::Nothing, floor); WORST])
    }

    fn add(&mut self, element: Element, value: f64) {
        let mut one = (element, value);
        for place in &mut self.0 {
            if one.1.abs() > place.1.abs() {
                std::mem::swap(place, &mut one);
            }
        }
    }
}

impl State {
    pub(super) fn routing_quality(&self, model: &Model, page: &mut Page) {
        let dynamic = model.options.routing == Routing::Dynamic;
        if dynamic {
            self.mass_errors(model, page);
            if model.options.variable_step != 0.0 {
                self.critical_elements(model, page);
            }
        }
        self.flow_turns(model, page);
        if dynamic && !model.nodes.kind.is_empty() {
            self.not_converging(model, page);
        }
        self.time_steps(model, page);
    }

    fn mass_errors(&self, model: &Model, page: &mut Page) {
        let mut worst = Worst::new(-1.0);
        for i in 0..model.nodes.kind.len() {
            let inflow = self.balance.node_inflow[i];
            if model.nodes.degree[i] > 0 && inflow > LEAST_INFLOW {
                let x = 1.0 - self.node_outflow_volume(i) / inflow;
                worst.add(Element::Node(i), 100.0 * x);
            }
        }
        if matches!(worst.0[0].0, Element::Nothing) {
            return;
        }
        page.heading("Highest Continuity Errors");
        for (element, value) in worst.0 {
            if let Element::Node(i) = element {
                put!(page, "\n  Node {} ({value:.2}%)", model.nodes.name[i]);
            }
        }
        page.line("");
    }

    fn critical_elements(&self, model: &Model, page: &mut Page) {
        let steps = self.stats.steps as f64;
        let mut worst = Worst::new(-1.0);
        if steps > 0.0 {
            for i in 0..model.nodes.kind.len() {
                worst.add(Element::Node(i), 100.0 * (self.node_stats(i).critical as f64 / steps));
            }
            for j in 0..model.links.kind.len() {
                worst.add(Element::Link(j), 100.0 * (self.link_stats(model, j).critical as f64 / steps));
            }
        }
        page.heading("Time-Step Critical Elements");
        let mut any = false;
        for (element, value) in worst.0 {
            let (kind, name) = match element {
                Element::Nothing => continue,
                Element::Node(i) => ("Node", &model.nodes.name[i]),
                Element::Link(j) => ("Link", &model.links.name[j]),
            };
            any = true;
            put!(page, "\n  {kind} {name} ({value:.2}%)");
        }
        if !any {
            put!(page, "\n  None");
        }
        page.line("");
    }

    fn flow_turns(&self, model: &Model, page: &mut Page) {
        let mut worst = Worst::new(-1.0);
        let steps = self.stats.reported_steps as f64;
        if steps > 2.0 {
            let z = 100.0 / (2.0 / 3.0 * (steps - 2.0));
            for j in 0..model.links.kind.len() {
                worst.add(Element::Link(j), self.link_stats(model, j).turns as f64 * z);
            }
        }
        page.heading("Highest Flow Instability Indexes");
        // SWMM takes the first link for none, too.
        if matches!(worst.0[0].0, Element::Nothing | Element::Link(0)) {
            put!(page, "\n  All links are stable.");
        } else {
            for (element, value) in worst.0 {
                if let Element::Link(j) = element {
                    put!(page, "\n  Link {} ({value:.0})", model.links.name[j]);
                }
            }
        }
        page.line("");
    }

    fn not_converging(&self, model: &Model, page: &mut Page) {
        let mut worst = Worst::new(0.0);
        let steps = self.stats.steps as f64;
        for i in 0..model.nodes.kind.len() {
            worst.add(Element::Node(i), self.node_stats(i).not_converged as f64 / steps);
        }
        page.heading("Most Frequent Nonconverging Nodes");
        let (first, most) = worst.0[0];
        if matches!(first, Element::Nothing | Element::Node(0)) || most < 0.00005 {
            put!(page, "\n  Convergence obtained at all time steps.");
        } else {
            for (element, value) in worst.0 {
                if let (Element::Node(i), true) = (element, value > 0.0) {
                    put!(page, "\n  Node {} ({:.2}%)", model.nodes.name[i], 100.0 * value);
                }
            }
        }
        page.line("");
    }

    fn time_steps(&self, model: &Model, page: &mut Page) {
        let s = &self.stats;
        if s.steps == 0 {
            return;
        }
        let steps = s.steps as f64;
        let whole = s.steady_time + s.routing_time;
        let steady = if whole > 0.0 { 100.0 * s.steady_time / whole } else { 0.0 };
        page.heading("Routing Time Step Summary");
        put!(page, "\n  Minimum Time Step           :  {:>7.2} sec", s.min_step);
        put!(page, "\n  Average Time Step           :  {:>7.2} sec", s.routing_time / steps);
        put!(page, "\n  Maximum Time Step           :  {:>7.2} sec", s.max_step);
        put!(page, "\n  % of Time in Steady State   :  {:>7.2}", min(steady, 100.0));
        put!(page, "\n  Average Iterations per Step :  {:>7.2}", s.trials / steps);
        put!(page, "\n  % of Steps Not Converging   :  {:>7.2}", 100.0 * s.not_converged as f64 / steps);
        if model.options.routing == Routing::Dynamic && model.options.variable_step > 0.0 {
            let total: u64 = s.counts[1..].iter().sum();
            if total > 0 {
                put!(page, "\n  Time Step Frequencies       :");
                for i in 1..LEVELS {
                    let share = 100.0 * s.counts[i] as f64 / total as f64;
                    put!(
                        page,
                        "\n     {:>6.3} - {:>6.3} sec      :  {share:>7.2} %",
                        s.levels[i - 1],
                        s.levels[i]
                    );
                }
            }
        }
        page.line("");
    }

    /// What left a node, and what is in it now, ft³.
    pub(super) fn node_outflow_volume(&self, i: usize) -> f64 {
        self.balance.node_outflow[i] + self.volume[i]
    }
}
