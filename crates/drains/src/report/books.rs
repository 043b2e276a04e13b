//! Continuity tables (连续性误差): runoff, loads, groundwater, flow, quality and RDII.
#![expect(clippy::indexing_slicing, reason = "one entry a pollutant")]

use super::page::{Page, put};
use crate::balance::{FlowTotals, GroundTotals, RunoffTotals};
use crate::model::Model;
use crate::project::QualityUnits;
use crate::quality::QualitySummary;
use crate::state::State;

/// Error (percent) above which a table is written though nobody asked.
const ERROR_MAX: f64 = 10.0;
/// Pollutants side by side.
const ABREAST: usize = 5;

/// Factors to acre-feet or hectare-metres, and to millions of gallons or litres.
fn factors(model: &Model) -> (f64, f64) {
    let u = &model.units;
    let per_day = if u.flow_units.is_si() { 2.4466 } else { 0.64632 };
    (u.length * u.land_area, per_day / 86400.0)
}

impl State {
    pub(super) fn continuity(&self, model: &Model, page: &mut Page) {
        let asked = model.project.report.continuity;
        let quality = self.quality_summary(model);
        let area = model.subs.iter().fold(0.0, |a, s| a + s.area);
        if !model.subs.is_empty() {
            let totals = self.runoff_totals(model);
            if let Some(file) = model.project.files.used(crate::project::FileKind::Runoff) {
                page.heading("Runoff Quantity Continuity");
                page.line(&format!("Runoff supplied by interface file {}", file.name));
                page.line("");
            } else if area > 0.0 && (asked || totals.error() > ERROR_MAX) {
                page.runoff_books(model, &totals, area);
            }
            let worst = quality.pollutants.iter().fold(0.0_f64, |m, p| m.max(p.loading_error_percent));
            if asked || worst > ERROR_MAX {
                page.loading_books(model, &quality);
            }
        }
        if !model.project.aquifers.is_empty() && !model.options.ignore_groundwater {
            let totals = self.ground_totals(model);
            let over = model.subs.iter().zip(&model.ground).filter(|(_, g)| g.is_some());
            let area = over.fold(0.0, |a, (s, _)| a + s.area);
            if area > 0.0 && (asked || totals.error() > ERROR_MAX) {
                page.ground_books(model, &totals, area);
            }
        }
        if !model.nodes.kind.is_empty() && !model.options.ignore_routing {
            let totals = self.flow_totals(model);
            if asked || totals.error() > ERROR_MAX {
                page.flow_books(model, &totals);
            }
            if asked || quality.error_percent > ERROR_MAX {
                page.quality_books(model, &quality);
            }
        }
    }
}

impl Page {
    fn two(&mut self, name: &str, a: f64, b: f64) {
        put!(self, "\n  {name:.<26}{a:>14.3}{b:>14.3}");
    }

    fn depth_head(&mut self, model: &Model, title: &str) {
        let (a, b) =
            if model.units.flow_units.is_si() { ("hectare-m", "mm") } else { ("acre-feet", "inches") };
        self.line("");
        put!(self, "\n  **************************        Volume         Depth");
        put!(self, "\n  {title:<26}{a:>14}{b:>14}");
        put!(self, "\n  **************************     ---------       -------");
    }

    fn error(&mut self, error: f64) {
        put!(self, "\n  Continuity Error (%) .....{error:>14.3}");
        self.line("");
    }

    fn runoff_books(&mut self, model: &Model, t: &RunoffTotals, area: f64) {
        let snow = !model.project.snow_packs.is_empty();
        self.depth_head(model, "Runoff Quantity Continuity");
        for (shown, name, v) in [
            (t.initial_storage > 0.0, "Initial LID Storage ", t.initial_storage),
            (snow, "Initial Snow Cover ", t.initial_snow),
            (true, "Total Precipitation ", t.rainfall),
            (t.runon > 0.0, "Outfall Runon ", t.runon),
            (true, "Evaporation Loss ", t.evaporation),
            (true, "Infiltration Loss ", t.infiltration),
            (true, "Surface Runoff ", t.runoff),
            (t.drains > 0.0, "LID Drainage ", t.drains),
            (snow, "Snow Removed ", t.snow_removed),
            (snow, "Final Snow Cover ", t.final_snow),
            (true, "Final Storage ", t.final_storage),
        ] {
            if shown {
                self.two(name, v * factors(model).0, v / area * model.units.rain_depth);
            }
        }
        self.error(t.error());
    }

    fn ground_books(&mut self, model: &Model, t: &GroundTotals, area: f64) {
        self.depth_head(model, "Groundwater Continuity");
        for (name, v) in [
            ("Initial Storage ", t.initial_storage),
            ("Infiltration ", t.infiltration),
            ("Upper Zone ET ", t.upper_evaporation),
            ("Lower Zone ET ", t.lower_evaporation),
            ("Deep Percolation ", t.deep),
            ("Groundwater Flow ", t.lateral),
            ("Final Storage ", t.final_storage),
        ] {
            self.two(name, v * factors(model).0, v / area * model.units.rain_depth);
        }
        self.error(t.error());
    }

    fn flow_books(&mut self, model: &Model, t: &FlowTotals) {
        let (a, b) = if model.units.flow_units.is_si() {
            ("hectare-m", "10^6 ltr")
        } else {
            ("acre-feet", "10^6 gal")
        };
        let (large, small) = factors(model);
        self.line("");
        put!(self, "\n  **************************        Volume        Volume");
        put!(self, "\n  Flow Routing Continuity   {a:>14}{b:>14}");
        put!(self, "\n  **************************     ---------     ---------");
        for (name, v) in [
            ("Dry Weather Inflow ", t.dry_weather),
            ("Wet Weather Inflow ", t.wet_weather),
            ("Groundwater Inflow ", t.groundwater),
            ("RDII Inflow ", t.rdii),
            ("External Inflow ", t.external),
            ("External Outflow ", t.outflow),
            ("Flooding Loss ", t.flooding),
            ("Evaporation Loss ", t.evaporation),
            ("Exfiltration Loss ", t.seepage),
            ("Initial Stored Volume ", t.initial_storage),
            ("Final Stored Volume ", t.final_storage),
        ] {
            self.two(name, v * large, v * small);
        }
        self.error(t.error());
    }

    pub(super) fn rdii(&mut self, model: &Model, rain: f64, produced: f64) {
        let (a, b) = if model.units.flow_units.is_si() {
            ("hectare-m", "10^6 ltr")
        } else {
            ("acre-feet", "10^6 gal")
        };
        let (large, small) = factors(model);
        self.line("");
        put!(self, "\n  **********************           Volume        Volume");
        put!(self, "\n  Rainfall Dependent I/I        {a}      {b}");
        put!(self, "\n  **********************        ---------     ---------");
        for (name, v) in [("Sewershed Rainfall ", rain), ("RDII Produced ", produced)] {
            put!(self, "\n  {name:.<25}{:>14.3}{:>14.3}", v * large, v * small);
        }
        let ratio = if rain == 0.0 { 0.0 } else { produced / rain };
        put!(self, "\n  RDII Ratio ..............{ratio:>14.3}");
        self.line("");
    }

    /// The head of a table of pollutants: a column each, from one on.
    fn pollutant_head(&mut self, model: &Model, title: &str, range: std::ops::Range<usize>) {
        let list = &model.quality.pollutants[range];
        self.line("");
        put!(self, "\n  **************************");
        list.iter().for_each(|p| put!(self, "{:>14}", p.name));
        put!(self, "\n  {title:<26}");
        list.iter().for_each(|p| put!(self, "{:>14}", model.mass_word(p.units)));
        put!(self, "\n  **************************");
        list.iter().for_each(|_| self.text.push_str("    ----------"));
    }

    fn columns(&mut self, name: &str, values: impl Iterator<Item = f64>) {
        put!(self, "\n  {name:.<26}");
        values.for_each(|v| put!(self, "{v:>14.3}"));
    }

    fn loading_books(&mut self, model: &Model, q: &QualitySummary) {
        let count = q.pollutants.len();
        for first in (0..count).step_by(ABREAST) {
            let range = first..count.min(first + ABREAST);
            self.pollutant_head(model, "Runoff Quality Continuity", range.clone());
            let t: Vec<_> =
                q.pollutants[range].iter().map(|p| (p.loading, p.loading_error_percent)).collect();
            self.columns("Initial Buildup ", t.iter().map(|(t, _)| t.initial));
            self.columns("Surface Buildup ", t.iter().map(|(t, _)| t.build_up));
            self.columns("Wet Deposition ", t.iter().map(|(t, _)| t.deposition));
            self.columns("Sweeping Removal ", t.iter().map(|(t, _)| t.sweeping));
            self.columns("Infiltration Loss ", t.iter().map(|(t, _)| t.infiltration));
            self.columns("BMP Removal ", t.iter().map(|(t, _)| t.practice));
            self.columns("Surface Runoff ", t.iter().map(|(t, _)| t.runoff));
            self.columns("Remaining Buildup ", t.iter().map(|(t, _)| t.remaining));
            self.columns("Continuity Error (%) ", t.iter().map(|(_, e)| *e));
            self.line("");
        }
    }

    fn quality_books(&mut self, model: &Model, q: &QualitySummary) {
        let count = q.pollutants.len();
        for first in (0..count).step_by(ABREAST) {
            let range = first..count.min(first + ABREAST);
            self.pollutant_head(model, "Quality Routing Continuity", range.clone());
            let t: Vec<_> =
                q.pollutants[range].iter().map(|p| (p.routing, p.routing_error_percent)).collect();
            self.columns("Dry Weather Inflow ", t.iter().map(|(t, _)| t.dry_weather));
            self.columns("Wet Weather Inflow ", t.iter().map(|(t, _)| t.wet_weather));
            self.columns("Groundwater Inflow ", t.iter().map(|(t, _)| t.groundwater));
            self.columns("RDII Inflow ", t.iter().map(|(t, _)| t.rdii));
            self.columns("External Inflow ", t.iter().map(|(t, _)| t.external));
            self.columns("External Outflow ", t.iter().map(|(t, _)| t.outflow));
            self.columns("Flooding Loss ", t.iter().map(|(t, _)| t.flooding));
            self.columns("Exfiltration Loss ", t.iter().map(|(t, _)| t.seepage));
            self.columns("Mass Reacted ", t.iter().map(|(t, _)| t.reacted));
            self.columns("Initial Stored Mass ", t.iter().map(|(t, _)| t.initial_storage));
            self.columns("Final Stored Mass ", t.iter().map(|(t, _)| t.final_storage));
            self.columns("Continuity Error (%) ", t.iter().map(|(_, e)| *e));
            self.line("");
        }
    }
}

impl Model {
    /// The unit loads of a pollutant are shown in.
    pub(super) const fn mass_word(&self, units: QualityUnits) -> &'static str {
        match units {
            QualityUnits::Count => "LogN",
            _ if self.units.flow_units.is_si() => "kg",
            _ => "lbs",
        }
    }
}
