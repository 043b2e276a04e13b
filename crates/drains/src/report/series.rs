//! Series of chosen objects (时间序列), read back from the bytes of the periods.
#![expect(clippy::indexing_slicing, reason = "figures are counted before they are read")]

use super::page::{Page, put};
use crate::date::{show_date, show_time};
use crate::model::Model;
use crate::project::Selection;

/// System figures at the end of a period.
const SYSTEM: usize = 15;

/// The periods, cut up.
struct Periods<'a> {
    bytes: &'a [u8],
    size: usize,
}

impl Periods<'_> {
    fn count(&self) -> usize {
        self.bytes.len() / self.size
    }

    fn date(&self, period: usize) -> f64 {
        let at = period * self.size;
        self.bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0.0, f64::from_le_bytes)
    }

    /// The figure at a place (in figures of four bytes after the date).
    fn figure(&self, period: usize, place: usize) -> f64 {
        let at = period * self.size + 8 + 4 * place;
        let read = self.bytes.get(at..at + 4).and_then(|b| b.try_into().ok());
        f64::from(read.map_or(0.0, f32::from_le_bytes))
    }
}

/// Where the objects of a kind begin and how many figures each has.
struct Block {
    first: usize,
    each: usize,
}

fn chosen(selection: &Selection, count: usize) -> Vec<usize> {
    (0..count).filter(|i| selection.has(*i)).collect()
}

impl Page {
    pub(super) fn series(&mut self, model: &Model, bytes: &[u8]) {
        let r = &model.project.report;
        let more = model.quality.count();
        let subs = chosen(&r.subcatchments, model.subs.len());
        let nodes = chosen(&r.nodes, model.nodes.kind.len());
        let links = chosen(&r.links, model.links.kind.len());
        let sub_block = Block { first: 0, each: 8 + more };
        let node_block = Block { first: subs.len() * sub_block.each, each: 6 + more };
        let link_block = Block { first: node_block.first + nodes.len() * node_block.each, each: 5 + more };
        let size = 8 + 4 * (link_block.first + links.len() * link_block.each + SYSTEM);
        let periods = Periods { bytes, size };
        if periods.count() == 0 {
            return;
        }
        let (o, p) = (&model.options, &model.project);
        let snow = !o.ignore_snowmelt && !p.snow_packs.is_empty();
        let ground = !o.ignore_groundwater && !p.aquifers.is_empty();
        let dry = o.ignore_rainfall && !snow && !ground;
        if !subs.is_empty() && !dry {
            self.heading("Subcatchment Time Series Results");
            for (place, i) in subs.into_iter().enumerate() {
                self.subcatchment(model, i, sub_block.first + place * sub_block.each, &periods);
            }
        }
        if o.ignore_routing && o.ignore_quality {
            return;
        }
        if !nodes.is_empty() {
            self.heading("Node Time Series Results");
            for (place, i) in nodes.into_iter().enumerate() {
                self.node(model, i, node_block.first + place * node_block.each, &periods);
            }
        }
        if !links.is_empty() {
            self.heading("Link Time Series Results");
            for (place, j) in links.into_iter().enumerate() {
                self.link(model, j, link_block.first + place * link_block.each, &periods);
            }
        }
    }

    fn moment(&mut self, date: f64) {
        put!(self, "\n  {:>11} {:>8} ", show_date(date), show_time(date));
    }

    fn rule(&mut self, dashes: usize) {
        self.line(&"-".repeat(dashes));
    }

    fn subcatchment(&mut self, model: &Model, i: usize, at: usize, periods: &Periods<'_>) {
        let (p, o, u) = (&model.project, &model.options, &model.units);
        let snow = !p.snow_packs.is_empty() && !o.ignore_snowmelt;
        let ground = !p.aquifers.is_empty() && !o.ignore_groundwater;
        let polluted = &model.quality.pollutants;
        let (si, flow) = (u.flow_units.is_si(), u.flow_units.word());
        let wide = 51 + if snow { 12 } else { 0 } + if ground { 20 } else { 0 } + 10 * polluted.len();
        self.line("");
        put!(self, "\n  <<< Subcatchment {} >>>", model.subs[i].name);
        self.rule(wide);
        put!(self, "\n  Date        Time        Precip.    Losses    Runoff");
        if snow {
            self.text.push_str("  Snow Depth");
        }
        if ground {
            self.text.push_str("  GW Elev.   GW Flow");
        }
        polluted.iter().for_each(|p| put!(self, "{:>10}", p.name));
        let rate = if si { "mm/hr" } else { "in/hr" };
        put!(self, "\n                            {rate}     {rate} {flow:>9}");
        if snow {
            self.text.push_str(if si { "     mmeters" } else { "      inches" });
        }
        if ground {
            put!(self, "{} {flow:>9}", if si { "    meters" } else { "      feet" });
        }
        polluted.iter().for_each(|p| put!(self, "{:>10}", p.units.word()));
        self.rule(wide);
        for k in 0..periods.count() {
            let x = |place: usize| periods.figure(k, at + place);
            self.moment(periods.date(k));
            let losses = x(2) / 24.0 + x(3);
            put!(self, "{:>10.3}{losses:>10.3}{:>10.4}", x(0), x(4));
            if snow {
                put!(self, "  {:>10.3}", x(1));
            }
            if ground {
                put!(self, "{:>10.3}{:>10.4}", x(6), x(5));
            }
            (0..polluted.len()).for_each(|p| put!(self, "{:>10.3}", x(8 + p)));
        }
        self.line("");
    }

    fn node(&mut self, model: &Model, i: usize, at: usize, periods: &Periods<'_>) {
        let u = &model.units;
        let (flow, polluted) = (u.flow_units.word(), &model.quality.pollutants);
        let wide = 64 + 10 * polluted.len();
        // SWMM counts ignored pollutants in the upper line only.
        let upper = 64 + 10 * model.project.quality.pollutants.len();
        let unit = if u.flow_units.is_si() { "meters" } else { "feet" };
        self.line("");
        put!(self, "\n  <<< Node {} >>>", model.nodes.name[i]);
        self.rule(upper);
        put!(self, "\n                           Inflow  Flooding     Depth      Head");
        polluted.iter().for_each(|p| put!(self, "{:>10}", p.name));
        put!(self, "\n  Date        Time      {flow:>9} {flow:>9} {unit:>9} {unit:>9}");
        polluted.iter().for_each(|p| put!(self, "{:>10}", p.units.word()));
        self.rule(wide);
        for k in 0..periods.count() {
            let x = |place: usize| periods.figure(k, at + place);
            self.moment(periods.date(k));
            put!(self, " {:>9.3} {:>9.3} {:>9.3} {:>9.3}", x(4), x(5), x(0), x(1));
            (0..polluted.len()).for_each(|p| put!(self, " {:>9.3}", x(6 + p)));
        }
        self.line("");
    }

    fn link(&mut self, model: &Model, j: usize, at: usize, periods: &Periods<'_>) {
        let u = &model.units;
        let (flow, polluted) = (u.flow_units.word(), &model.quality.pollutants);
        let wide = 64 + 10 * polluted.len();
        // SWMM counts ignored pollutants in the upper line only.
        let upper = 64 + 10 * model.project.quality.pollutants.len();
        let (speed, unit) = if u.flow_units.is_si() { (" m/sec", "meters") } else { ("ft/sec", "  feet") };
        self.line("");
        put!(self, "\n  <<< Link {} >>>", model.links.name[j]);
        self.rule(upper);
        put!(self, "\n                             Flow  Velocity     Depth  Capacity/");
        polluted.iter().for_each(|p| put!(self, "{:>10}", p.name));
        put!(self, "\n  Date        Time     {flow:>10}    {speed}    {unit}   Setting ");
        polluted.iter().for_each(|p| put!(self, " {:>9}", p.units.word()));
        self.rule(wide);
        for k in 0..periods.count() {
            let x = |place: usize| periods.figure(k, at + place);
            self.moment(periods.date(k));
            put!(self, " {:>9.3} {:>9.3} {:>9.3} {:>9.3}", x(0), x(2), x(1), x(4));
            (0..polluted.len()).for_each(|p| put!(self, " {:>9.3}", x(5 + p)));
        }
        self.line("");
    }
}
