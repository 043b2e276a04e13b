//! Tables of the links (管渠汇总): flow, flow classes, surcharge, pumps, loads.
#![expect(clippy::indexing_slicing, reason = "one entry a link")]

use super::land::log10;
use super::page::{Page, Words, put, scientific};
use crate::model::{LinkData, LinkType, Model};
use crate::project::{QualityUnits, Routing};
use crate::quality::LITRES_IN_FT3;
use crate::section::Shape;
use crate::state::State;
use crate::units::max;

const FLOW: &str = "
  -----------------------------------------------------------------------------
                                 Maximum  Time of Max   Maximum    Max/    Max/
                                  |Flow|   Occurrence   |Veloc|    Full    Full
  Link                 Type          ¦  days hr:min    ¦    Flow   Depth
  -----------------------------------------------------------------------------";

const CLASSES: &str = "
  -------------------------------------------------------------------------------------
                      Adjusted    ---------- Fraction of Time in Flow Class ----------\u{20}
                       /Actual         Up    Down  Sub   Sup   Up    Down  Norm  Inlet\u{20}
  Conduit               Length    Dry  Dry   Dry   Crit  Crit  Crit  Crit  Ltd   Ctrl \u{20}
  -------------------------------------------------------------------------------------";

const SURCHARGE: &str = "
  ----------------------------------------------------------------------------
                                                           Hours        Hours\u{20}
                         --------- Hours Full --------   Above Full   Capacity
  Conduit                Both Ends  Upstream  Dnstream   Normal Flow   Limited
  ----------------------------------------------------------------------------";

const PUMPS: &str = "
  ---------------------------------------------------------------------------------------------------------
                                                  Min       Avg       Max     Total     Power    % Time Off
                        Percent   Number of      Flow      Flow      Flow    Volume     Usage    Pump Curve
  Pump                 Utilized   Start-Ups       ¦       ¦       ¦  ¦     Kw-hr    Low   High
  ---------------------------------------------------------------------------------------------------------";

pub(super) const fn kind_word(kind: LinkType) -> &'static str {
    match kind {
        LinkType::Conduit => "CONDUIT",
        LinkType::Pump => "PUMP",
        LinkType::Orifice => "ORIFICE",
        LinkType::Weir => "WEIR",
        LinkType::Outlet => "OUTLET",
    }
}

/// True conduits of a model, those without a section left out.
fn conduits(model: &Model) -> impl Iterator<Item = (usize, &crate::model::ConduitData)> {
    let l = &model.links;
    let real = (0..l.kind.len()).filter(|j| l.section[*j].shape != Shape::Dummy);
    real.filter_map(|j| l.conduit(j).map(|c| (j, c)))
}

impl State {
    pub(super) fn link_tables(&self, model: &Model, page: &mut Page) {
        self.flow_table(model, page);
        if model.options.routing == Routing::Dynamic {
            self.class_table(model, page);
        }
        self.conduit_surcharge_table(model, page);
        if model.links.kind.contains(&LinkType::Pump) {
            self.pump_table(model, page);
        }
        if model.quality.count() > 0 {
            self.load_table(model, page);
        }
    }

    fn flow_table(&self, model: &Model, page: &mut Page) {
        let u = &model.units;
        let speed = if u.flow_units.is_si() { " m/sec" } else { "ft/sec" };
        page.starred("Link Flow Summary", 20);
        page.line("");
        page.head(FLOW, &[u.flow_units.word(), speed]);
        for j in 0..model.links.kind.len() {
            self.flow_row(model, page, j);
        }
        page.line("");
    }

    fn flow_row(&self, model: &Model, page: &mut Page, j: usize) {
        let (l, u, t) = (&model.links, &model.units, self.link_stats(model, j));
        let (kind, x) = (l.kind[j], &l.section[j]);
        let dummy = kind == LinkType::Outlet || (kind == LinkType::Conduit && x.shape == Shape::Dummy);
        let word = match x.shape {
            _ if dummy => "DUMMY",
            Shape::Irregular => "CHANNEL",
            _ => kind_word(kind),
        };
        put!(page, "\n  {:<20} {word:<7} ", l.name[j]);
        page.flow(model, t.max_flow * u.flow);
        page.text.push_str("  ");
        page.elapsed(model, t.max_flow_at);
        if kind == LinkType::Pump && l.q_full[j] > 0.0 {
            put!(page, "            {:>6.2}", t.max_flow / l.q_full[j]);
            return;
        }
        if dummy {
            return;
        }
        if let (LinkType::Conduit, Some(c)) = (kind, l.conduit(j)) {
            let v = t.max_velocity * u.length;
            if v > 50.0 {
                page.text.push_str("    >50.00");
            } else {
                put!(page, "   {v:>7.2}");
            }
            put!(page, "  {:>6.2}", t.max_flow / l.q_full[j] / c.barrels);
        } else {
            page.text.push_str("                  ");
        }
        let bottom = matches!(&l.data[j], LinkData::Orifice(o) if o.bottom);
        if x.y_full > 0.0 && !bottom {
            put!(page, "  {:>6.2}", t.max_depth / x.y_full);
        } else {
            page.text.push_str("        ");
        }
    }

    fn class_table(&self, model: &Model, page: &mut Page) {
        let whole = self.stats.time_span;
        page.table("Flow Classification Summary");
        page.head(CLASSES, &[]);
        for (j, c) in conduits(model) {
            let t = self.link_stats(model, j);
            put!(page, "\n  {:<20}  {:>6.2} ", model.links.name[j], c.mod_length / c.length);
            for v in t.time_in_class.iter().chain([&t.normal_limited, &t.inlet_controlled]) {
                put!(page, "  {:>4.2}", v / whole);
            }
        }
        page.line("");
    }

    fn conduit_surcharge_table(&self, model: &Model, page: &mut Page) {
        page.table("Conduit Surcharge Summary");
        let mut any = false;
        for (j, _) in conduits(model) {
            let t = self.link_stats(model, j);
            let full = [t.full_both, t.full_up, t.full_down, t.full_flow];
            if full.iter().sum::<f64>() == 0.0 {
                continue;
            }
            if !any {
                page.head(SURCHARGE, &[]);
                any = true;
            }
            let [both, up, down, flow] = full.map(|s| max(0.01, s / 3600.0));
            let limited = max(0.01, t.capacity / 3600.0);
            put!(
                page,
                "\n  {:<20}    {both:>8.2}  {up:>8.2}  {down:>8.2}  {flow:>8.2}     {limited:>8.2}",
                model.links.name[j]
            );
        }
        if !any {
            page.line("No conduits were surcharged.");
        }
        page.line("");
    }

    fn pump_table(&self, model: &Model, page: &mut Page) {
        let (l, u, w) = (&model.links, &model.units, Words::of(model));
        page.table("Pumping Summary");
        page.head(PUMPS, &[w.flow, w.flow, w.flow, w.volume]);
        for j in (0..l.kind.len()).filter(|j| l.kind[*j] == LinkType::Pump) {
            let t = self.link_stats(model, j);
            let [on, least, sum, most, volume, energy, starts, below, above] = t.pump;
            let mean = if t.pump_periods > 0.0 { sum / t.pump_periods } else { sum };
            let share = |v: f64| if on > 0.0 { v / on * 100.0 } else { v };
            put!(
                page,
                "\n  {:<20} {:>8.2}  {starts:>10.0} {:>9.2} {:>9.2} {:>9.2} {:>9.3} {energy:>9.2} {:>6.1} {:>6.1}",
                l.name[j],
                on / self.stats.time_span * 100.0,
                least * u.flow,
                mean * u.flow,
                most * u.flow,
                volume * w.to_volume,
                share(below),
                share(above)
            );
        }
        page.line("");
    }

    fn load_table(&self, model: &Model, page: &mut Page) {
        page.table("Link Pollutant Load Summary");
        page.load_head(model, "Link");
        for (j, name) in model.links.name.iter().enumerate() {
            put!(page, "\n  {name:<20}");
            for (p, data) in model.quality.pollutants.iter().enumerate() {
                let x = self.quality.link_load[j * model.quality.count() + p] * LITRES_IN_FT3 * data.mass;
                let x = if data.units == QualityUnits::Count { log10(x) } else { x };
                if x < 10000.0 {
                    put!(page, "{x:>14.3}");
                } else {
                    put!(page, "{:>14}", scientific(x, 3));
                }
            }
        }
        page.line("");
    }
}
