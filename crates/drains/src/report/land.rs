//! Tables of the land (产流汇总): runoff, LIDs, groundwater, washed-off loads.
#![expect(clippy::indexing_slicing, reason = "one entry a subcatchment")]

use super::page::{Page, Words, put};
use crate::model::Model;
use crate::project::QualityUnits;
use crate::state::State;

const RUNOFF: &str = "
  ------------------------------------------------------------------------------------------------------------------------------
                            Total      Total      Total      Total     Imperv       Perv      Total       Total     Peak  Runoff
                           Precip      Runon       Evap      Infil     Runoff     Runoff     Runoff      Runoff   Runoff   Coeff
  Subcatchment                 ¦         ¦         ¦         ¦         ¦         ¦         ¦    ¦      ¦
  ------------------------------------------------------------------------------------------------------------------------------";

const LID: &str = "
  --------------------------------------------------------------------------------------------------------------------
                                         Total      Evap     Infil   Surface    Drain    Initial     Final  Continuity
                                        Inflow      Loss      Loss   Outflow   Outflow   Storage   Storage       Error
  Subcatchment      LID Control             ¦        ¦        ¦        ¦        ¦        ¦        ¦           %
  --------------------------------------------------------------------------------------------------------------------";

const GROUND: &str = "
  -----------------------------------------------------------------------------------------------------
                                            Total    Total  Maximum  Average  Average    Final    Final
                          Total    Total    Lower  Lateral  Lateral    Upper    Water    Upper    Water
                          Infil     Evap  Seepage  Outflow  Outflow   Moist.    Table   Moist.    Table
  Subcatchment               ¦       ¦       ¦       ¦      ¦                ¦                ¦
  -----------------------------------------------------------------------------------------------------";

const DASHES: &str = "--------------";

pub(super) fn log10(x: f64) -> f64 {
    if x > 0.0 { x.log10() } else { x }
}

impl State {
    pub(super) fn land_tables(&self, model: &Model, page: &mut Page) {
        let (o, p) = (&model.options, &model.project);
        let snow = !p.snow_packs.is_empty() && !o.ignore_snowmelt;
        let ground = !p.aquifers.is_empty() && !o.ignore_groundwater;
        if model.subs.is_empty() || (o.ignore_rainfall && !snow && !ground) {
            return;
        }
        self.runoff_table(model, page);
        self.lid_table(model, page);
        if ground {
            self.ground_table(model, page);
        }
        if model.quality.count() > 0 {
            self.washoff_table(model, page);
        }
    }

    fn runoff_table(&self, model: &Model, page: &mut Page) {
        let w = Words::of(model);
        let deep = if model.units.flow_units.is_si() { "mm" } else { "in" };
        page.table("Subcatchment Runoff Summary");
        page.head(RUNOFF, &[deep, deep, deep, deep, deep, deep, deep, w.volume, w.flow]);
        for (m, t) in model.subs.iter().zip(&self.stats.subs).filter(|(m, _)| m.area != 0.0) {
            put!(page, "\n  {:<20}", m.name);
            for v in
                [t.precipitation, t.runon, t.evaporation, t.infiltration, t.impervious, t.pervious, t.runoff]
            {
                put!(page, " {:>10.2}", v * model.units.rain_depth / m.area);
            }
            put!(page, "{:>12.2}", t.runoff * w.to_volume);
            put!(page, " {:>8.2}", t.max_flow * model.units.flow);
            let came = t.precipitation + t.runon;
            put!(page, "{:>8.3}", if came > 0.0 { t.runoff / came } else { came });
        }
        page.line("");
    }

    fn lid_table(&self, model: &Model, page: &mut Page) {
        let list = self.hydrology_summary(model).lids;
        if list.is_empty() {
            return;
        }
        let deep = if model.units.flow_units.is_si() { "mm" } else { "in" };
        put!(page, "\n\n  ***********************\n  LID Performance Summary\n  ***********************\n");
        page.head(LID, &[deep; 7]);
        for l in &list {
            put!(page, "\n  {:<16}  {:<16}", l.subcatchment, l.control);
            for v in [
                l.inflow,
                l.evaporation,
                l.infiltration,
                l.surface_outflow,
                l.drain_outflow,
                l.initial_storage,
                l.final_storage,
            ] {
                put!(page, "{v:>10.2}");
            }
            put!(page, "  {:>10.2}", l.error_percent);
        }
    }

    fn ground_table(&self, model: &Model, page: &mut Page) {
        let list = self.hydrology_summary(model).groundwater;
        if list.is_empty() {
            return;
        }
        let (deep, far) = if model.units.flow_units.is_si() { ("mm", " m") } else { ("in", "ft") };
        page.table("Groundwater Summary");
        page.head(GROUND, &[deep, deep, deep, deep, model.units.flow_units.word(), far, far]);
        for g in &list {
            put!(page, "\n  {:<20}", g.name);
            for v in [
                g.infiltration,
                g.evaporation,
                g.deep,
                g.lateral,
                g.max_lateral,
                g.mean_moisture,
                g.mean_water_table,
                g.final_moisture,
                g.final_water_table,
            ] {
                put!(page, " {v:>8.2}");
            }
        }
        page.line("");
    }

    fn washoff_table(&self, model: &Model, page: &mut Page) {
        page.table("Subcatchment Washoff Summary");
        page.load_head(model, "Subcatchment");
        let mut totals = vec![0.0; model.quality.count()];
        for (j, m) in model.subs.iter().enumerate() {
            put!(page, "\n  {:<20}", m.name);
            for (p, total) in totals.iter_mut().enumerate() {
                let x = self.quality.subs[j].total[p];
                *total += x;
                page.load(model.quality.pollutants[p].units, x);
            }
        }
        page.load_line(model);
        put!(page, "\n  {:<20}", "System");
        for (p, total) in totals.into_iter().enumerate() {
            page.load(model.quality.pollutants[p].units, total);
        }
        page.line("");
    }
}

impl Page {
    /// The head of a table of loads, a column a pollutant.
    pub(super) fn load_head(&mut self, model: &Model, what: &str) {
        self.load_line(model);
        put!(self, "\n  {:<20}", "");
        for p in &model.quality.pollutants {
            put!(self, "{:>14}", p.name);
        }
        put!(self, "\n  {what:<20}");
        for p in &model.quality.pollutants {
            put!(self, "{:>14}", model.mass_word(p.units));
        }
        self.load_line(model);
    }

    fn load_line(&mut self, model: &Model) {
        put!(self, "\n  --------------------{}", DASHES.repeat(model.quality.count()));
    }

    /// A load, counts as their logarithm.
    pub(super) fn load(&mut self, units: QualityUnits, x: f64) {
        let counts = units == QualityUnits::Count;
        put!(self, "{:>14.3}", if counts { log10(x) } else { x });
    }
}
