//! Tables of the nodes (节点汇总): depth, inflow, surcharge, flooding, storage, outfalls.
#![expect(clippy::indexing_slicing, reason = "one entry a node")]

use super::page::{Page, Words, general, put};
use crate::model::{Model, NodeType};
use crate::project::Routing;
use crate::quality::LITRES_IN_FT3;
use crate::state::State;
use crate::stats::NodeStats;
use crate::units::max;

const DEPTH: &str = "
  ---------------------------------------------------------------------------------
                                 Average  Maximum  Maximum  Time of Max    Reported
                                   Depth    Depth      HGL   Occurrence   Max Depth
  Node                 Type       ¦   ¦   ¦  days hr:min      ¦
  ---------------------------------------------------------------------------------";

const INFLOW: &str = "
  -------------------------------------------------------------------------------------------------
                                  Maximum  Maximum                  Lateral       Total        Flow
                                  Lateral    Total  Time of Max      Inflow      Inflow     Balance
                                   Inflow   Inflow   Occurrence      Volume      Volume       Error
  Node                 Type           ¦      ¦  days hr:min    ¦    ¦     Percent
  -------------------------------------------------------------------------------------------------";

const SURCHARGE: &str = "
  ---------------------------------------------------------------------
                                               Max. Height   Min. Depth
                                   Hours       Above Crown    Below Rim
  Node                 Type      Surcharged         ¦       ¦
  ---------------------------------------------------------------------";

const FLOODING: &str = "
  --------------------------------------------------------------------------
                                                             Total   Maximum
                                 Maximum   Time of Max       Flood    Ponded
                        Hours       Rate    Occurrence      Volume¦
  Node                 Flooded       ¦   days hr:min    ¦¦
  --------------------------------------------------------------------------";

const STORAGE: &str = "
  ------------------------------------------------------------------------------------------------
                         Average    Avg   Evap  Exfil     Maximum    Max    Time of Max    Maximum
                          Volume   Pcnt   Pcnt   Pcnt      Volume   Pcnt     Occurrence    Outflow
  Storage Unit          ¦   Full   Loss   Loss    ¦   Full    days hr:min        ¦
  ------------------------------------------------------------------------------------------------";

pub(super) const fn kind_word(kind: NodeType) -> &'static str {
    match kind {
        NodeType::Junction => "JUNCTION",
        NodeType::Outfall => "OUTFALL",
        NodeType::Storage => "STORAGE",
        NodeType::Divider => "DIVIDER",
    }
}

impl State {
    pub(super) fn node_tables(&self, model: &Model, page: &mut Page) {
        self.depth_table(model, page);
        self.inflow_table(model, page);
        if model.options.routing == Routing::Dynamic {
            self.surcharge_table(model, page);
        }
        self.flooding_table(model, page);
        if model.nodes.kind.contains(&NodeType::Storage) {
            self.storage_table(model, page);
        }
        if model.nodes.kind.contains(&NodeType::Outfall) {
            self.outfall_table(model, page);
        }
    }

    fn each_node<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = (usize, NodeStats)> + 'a {
        (0..model.nodes.kind.len()).map(|i| (i, self.node_stats(i)))
    }

    fn depth_table(&self, model: &Model, page: &mut Page) {
        let (n, u) = (&model.nodes, &model.units);
        let unit = if u.flow_units.is_si() { "Meters" } else { "  Feet" };
        page.table("Node Depth Summary");
        page.head(DEPTH, &[unit, unit, unit, unit]);
        for (i, t) in self.each_node(model) {
            put!(page, "\n  {:<20} {:<9} ", n.name[i], kind_word(n.kind[i]));
            let mean = t.sum_depth / self.stats.reported_steps as f64 * u.length;
            let (most, head) = (t.max_depth * u.length, (t.max_depth + n.invert[i]) * u.length);
            put!(page, "{mean:>7.2}  {most:>7.2}  {head:>7.2}  ");
            page.elapsed(model, t.max_depth_at);
            put!(page, "  {:>10.2}", t.max_reported);
        }
        page.line("");
    }

    fn inflow_table(&self, model: &Model, page: &mut Page) {
        let (n, w) = (&model.nodes, Words::of(model));
        page.table("Node Inflow Summary");
        page.head(INFLOW, &[w.flow, w.flow, w.volume, w.volume]);
        for (i, t) in self.each_node(model) {
            put!(page, "\n  {:<20} {:<9}", n.name[i], kind_word(n.kind[i]));
            page.flow(model, t.max_lateral * model.units.flow);
            page.flow(model, t.max_inflow * model.units.flow);
            page.text.push_str("  ");
            page.elapsed(model, t.max_inflow_at);
            let (inflow, outflow) = (self.balance.node_inflow[i], self.node_outflow_volume(i));
            put!(page, "{:>12}", general(t.lateral_volume * w.to_volume, 3));
            put!(page, "{:>12}", general(inflow * w.to_volume, 3));
            if outflow.abs() < 1.0 {
                put!(page, "{:>12.3} {}", (inflow - outflow) * w.to_volume * 1.0e6, w.small_volume);
            } else {
                put!(page, "{:>12.3}", (inflow - outflow) / outflow * 100.0);
            }
        }
        page.line("");
    }

    fn surcharge_table(&self, model: &Model, page: &mut Page) {
        let (n, u) = (&model.nodes, &model.units);
        page.table("Node Surcharge Summary");
        let mut any = false;
        for (i, t) in self.each_node(model) {
            if n.kind[i] == NodeType::Outfall || t.surcharged_time == 0.0 {
                continue;
            }
            if !any {
                page.line("Surcharging occurs when water rises above the top of the highest conduit.");
                let unit = if u.flow_units.is_si() { "Meters" } else { "  Feet" };
                page.head(SURCHARGE, &[unit, unit]);
                any = true;
            }
            put!(page, "\n  {:<20} {:<9}", n.name[i], kind_word(n.kind[i]));
            let above = max(0.0, t.max_depth + n.invert[i] - n.crown[i]);
            let below = max(0.0, n.full_depth[i] - t.max_depth);
            put!(
                page,
                "  {:>9.2}      {:>9.3}    {:>9.3}",
                max(0.01, t.surcharged_time / 3600.0),
                above * u.length,
                below * u.length
            );
        }
        if !any {
            page.line("No nodes were surcharged.");
        }
        page.line("");
    }

    fn flooding_table(&self, model: &Model, page: &mut Page) {
        let (n, u, w) = (&model.nodes, &model.units, Words::of(model));
        let dynamic = model.options.routing == Routing::Dynamic;
        page.table("Node Flooding Summary");
        let mut any = false;
        for (i, t) in self.each_node(model) {
            if n.kind[i] == NodeType::Outfall || t.flooded_time == 0.0 {
                continue;
            }
            if !any {
                page.line("Flooding refers to all water that overflows a node, whether it ponds or not.");
                let (what, unit) = match (dynamic, u.flow_units.is_si()) {
                    (true, false) => ("     Depth", "      Feet"),
                    (true, true) => ("     Depth", "    Meters"),
                    (false, false) => ("    Volume", "  1000 ft³"),
                    (false, true) => ("    Volume", "   1000 m³"),
                };
                page.head(FLOODING, &[what, w.flow, w.volume, unit]);
                any = true;
            }
            put!(page, "\n  {:<20} {:>7.2} ", n.name[i], max(0.01, t.flooded_time / 3600.0));
            page.flow(model, t.max_overflow * u.flow);
            page.text.push_str("   ");
            page.elapsed(model, t.max_overflow_at);
            put!(page, "{:>12.3}", t.flooded_volume * w.to_volume);
            let ponded = if dynamic {
                (t.max_depth - n.full_depth[i]) * u.length
            } else {
                t.max_ponded / 1000.0 * u.volume
            };
            put!(page, " {ponded:>9.3}");
        }
        if !any {
            page.line("No nodes were flooded.");
        }
        page.line("");
    }

    fn storage_table(&self, model: &Model, page: &mut Page) {
        let (n, u) = (&model.nodes, &model.units);
        let unit = if u.flow_units.is_si() { " 1000 m³" } else { "1000 ft³" };
        page.table("Storage Volume Summary");
        page.head(STORAGE, &[unit, unit, u.flow_units.word()]);
        for (i, t) in self.each_node(model).filter(|(i, _)| n.kind[*i] == NodeType::Storage) {
            let [sum, most, most_at, most_flow, evaporation, seepage, _] = t.storage;
            let mean = sum / self.stats.reported_steps as f64;
            let share = |v: f64, of: f64| if of > 0.0 { v / of * 100.0 } else { 0.0 };
            let (full, inflow) = (n.full_volume[i], self.balance.node_inflow[i]);
            put!(
                page,
                "\n  {:<20}{:>10.3}  {:>5.1}  {:>5.1}  {:>5.1}  {:>10.3}  {:>5.1}    ",
                n.name[i],
                mean * u.volume / 1000.0,
                share(mean, full),
                share(evaporation, inflow),
                share(seepage, inflow),
                most * u.volume / 1000.0,
                share(most, full)
            );
            page.elapsed(model, if most_at == 0.0 { model.options.start } else { most_at });
            page.text.push_str("  ");
            page.flow(model, most_flow * u.flow);
        }
        page.line("");
    }

    /// Load of a pollutant at an outfall, lb or kg or a count; 0 where it is not computed.
    fn outfall_load(&self, model: &Model, i: usize, p: usize) -> f64 {
        let data = model.quality.pollutants.get(p);
        let load = self.quality.outfall_load.get(i * model.quality.count() + p);
        data.zip(load).map_or(0.0, |(d, w)| w * LITRES_IN_FT3 * d.mass)
    }

    fn outfall_table(&self, model: &Model, page: &mut Page) {
        let (n, u, w) = (&model.nodes, &model.units, Words::of(model));
        // Ignored pollutants have their columns too, without loads.
        let polluted = &model.project.quality.pollutants;
        let rule = format!("\n  {}{}", "-".repeat(59), "--------------".repeat(polluted.len()));
        page.table("Outfall Loading Summary");
        page.text.push_str(&rule);
        put!(page, "\n                         Flow       Avg       Max       Total");
        polluted.iter().for_each(|_| page.text.push_str("         Total"));
        put!(page, "\n                         Freq      Flow      Flow      Volume");
        polluted.iter().for_each(|p| put!(page, "{:>14}", p.name));
        put!(
            page,
            "\n  Outfall Node           Pcnt       {:>3}       {:>3}    {:>8}",
            w.flow,
            w.flow,
            w.volume
        );
        polluted.iter().for_each(|p| put!(page, "{:>14}", model.mass_word(p.units)));
        page.text.push_str(&rule);
        let (mut flows, mut shares, mut volume, mut count) = (0.0, 0.0, 0.0, 0.0);
        let mut loads = vec![0.0; polluted.len()];
        for (i, t) in self.each_node(model).filter(|(i, _)| n.kind[*i] == NodeType::Outfall) {
            let [sum, most, periods] = t.outfall;
            let share = 100.0 * periods / self.stats.reported_steps as f64;
            let mean = if periods > 0.0 { sum * u.flow / periods } else { 0.0 };
            count += 1.0;
            shares += share;
            flows += mean;
            volume += self.balance.node_inflow[i];
            put!(page, "\n  {:<20}{share:>7.2} ", n.name[i]);
            page.flow(model, mean);
            page.text.push(' ');
            page.flow(model, most * u.flow);
            put!(page, "{:>12.3}", self.balance.node_inflow[i] * w.to_volume);
            for (p, load) in loads.iter_mut().enumerate() {
                let x = self.outfall_load(model, i, p);
                *load += x;
                page.load(polluted[p].units, x);
            }
        }
        page.text.push_str(&rule);
        put!(page, "\n  System              {:>7.2} ", shares / count);
        page.flow(model, flows);
        page.text.push(' ');
        page.flow(model, self.stats.max_outfall * u.flow);
        put!(page, "{:>12.3}", volume * w.to_volume);
        for (p, load) in loads.into_iter().enumerate() {
            page.load(polluted[p].units, load);
        }
        page.line("");
    }
}
