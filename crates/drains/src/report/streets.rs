//! Table of the streets and their inlets (街道汇总).

use super::page::{Page, put};
use crate::inlets::{InletSummary, StreetSummary};
use crate::model::Model;
use crate::state::State;

const RULE: usize = 135;

/// SWMM writes no heading over the count of inlets in metric units.
const HEAD: &str = "
                                                                                        Peak     Avg.   Bypass     Back     Peak     Peak
                        Peak   Maximum   Maximum                                        Flow     Flow     Flow     Flow  Capture   Bypass
                        Flow    Spread     Depth  Inlet             Inlet     Inlet  Capture  Capture     Freq     Freq  / Inlet     Flow
  Street Conduit         ¦        ¦        ¦  Design            Location  ¦     Pcnt     Pcnt     Pcnt     Pcnt      ¦      ¦";

impl State {
    pub(super) fn street_table(&self, model: &Model, page: &mut Page) {
        if model.project.streets.is_empty() {
            return;
        }
        let streets = self.streets(model);
        if !streets.is_empty() {
            page.table("Street Flow Summary");
            let rule = "-".repeat(RULE);
            page.line(&rule);
            let flow = model.units.flow_units.word();
            let (length, count) =
                if model.units.flow_units.is_si() { (" m", "     ") } else { ("ft", "Count") };
            page.head(HEAD, &[flow, length, length, count, flow, flow]);
            page.line(&rule);
            streets.iter().for_each(|s| page.street(s));
        }
        page.line("");
    }
}

impl Page {
    fn street(&mut self, s: &StreetSummary) {
        put!(self, "\n  {:<16} {:>9.3} {:>9.3} {:>9.3}", s.name, s.peak_flow, s.max_spread, s.max_depth);
        if let Some(inlet) = &s.inlet {
            self.inlet(inlet);
        }
    }

    fn inlet(&mut self, i: &InletSummary) {
        let place = if i.on_sag { "ON-SAG  " } else { "ON-GRADE" };
        put!(self, "  {:<16}  {place}  {:>5}", i.design, i.count);
        if i.had_flow {
            let columns = [
                i.peak_capture,
                i.mean_capture,
                i.bypass_frequency,
                i.backflow_frequency,
                i.peak_capture_per_inlet,
                i.peak_bypass,
            ];
            columns.iter().for_each(|v| put!(self, "  {v:>7.2}"));
        }
    }
}
