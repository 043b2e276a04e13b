//! 报告: SWMM 5.2.4's report with its layout and its tables, so that tools which read EPA's `.rpt` read
//! ours. Gives text; writing it is the caller's.

mod books;
mod input;
mod land;
mod links;
mod nodes;
mod page;
mod routing;
mod series;
mod streets;

use crate::date::{show_date, show_time};
use crate::model::Model;
use crate::project::{FileKind, Infiltration, Routing, Surcharge};
use crate::state::State;
use page::{Page, put};

const RAIN_FILES: &str = "
  Station    First        Last         Recording   Periods    Periods    Periods
  ID         Date         Date         Frequency  w/Precip    Missing    Malfunc.
  -------------------------------------------------------------------------------";

/// Title lines that SWMM keeps.
const TITLES_MAX: usize = 3;

/// When a run was made, as the foot of the report says it.
#[derive(Debug, Clone, PartialEq)]
pub struct RunClock {
    /// Wall clock at the start, as C's `ctime` writes it.
    pub begun: String,
    /// Wall clock at the end.
    pub ended: String,
    /// Seconds between them.
    pub seconds: f64,
}

fn word<T: PartialEq>(words: &[(&'static str, T)], value: &T) -> &'static str {
    words.iter().find(|(_, v)| v == value).map_or("", |(w, _)| w)
}

const fn yes(b: bool) -> &'static str {
    if b { "YES" } else { "NO" }
}

impl State {
    /// 报告 of the run so far. `periods` are the bytes that [`crate::Results::after_step`] gave: with
    /// them the series of the objects that `[REPORT]` names are written too (SWMM does so when no file
    /// of binary results is asked for).
    #[must_use]
    pub fn report(&self, model: &Model, clock: &RunClock, periods: Option<&[u8]>) -> String {
        let mut page = Page::default();
        page.text.push_str("\n  EPA STORM WATER MANAGEMENT MODEL - VERSION 5.2 (Build 5.2.4)");
        page.text.push_str("\n  ------------------------------------------------------------\n");
        // What SWMM finds while it reads comes before the title.
        let (reading, later): (Vec<&String>, Vec<&String>) = model
            .warnings
            .iter()
            .filter(|w| w.starts_with("WARNING"))
            .partition(|w| w.starts_with("WARNING 11"));
        reading.iter().for_each(|w| page.line(w));
        for title in model.project.title.iter().filter(|t| !t.trim().is_empty()).take(TITLES_MAX) {
            page.line(&format!("{title} "));
        }
        later.iter().for_each(|w| page.line(w));
        let r = &model.project.report;
        if !r.disabled {
            if r.input {
                page.input(model);
            }
            page.options(model);
            page.rain_files(model);
            if let Some(rdii) = &self.rdii {
                // SWMM makes it for the whole run before it begins.
                let mut whole = rdii.clone();
                while whole.next_record(model).is_some() {}
                page.rdii(model, whole.rain, whole.produced);
            }
            if r.controls {
                page.actions(model, &self.stats.actions);
            }
            self.continuity(model, &mut page);
            if !model.links.kind.is_empty() {
                if r.flow_stats {
                    self.routing_quality(model, &mut page);
                }
                self.land_tables(model, &mut page);
                if !model.options.ignore_routing {
                    self.node_tables(model, &mut page);
                    self.street_table(model, &mut page);
                    self.link_tables(model, &mut page);
                }
            } else {
                self.land_tables(model, &mut page);
            }
            page.write_nan_as_c();
        }
        if let Some(bytes) = periods {
            page.series(model, bytes);
        }
        put!(page, "\n\n  Analysis begun on:  {}\n", clock.begun);
        put!(page, "  Analysis ended on:  {}\n", clock.ended);
        page.text.push_str("  Total elapsed time: ");
        if clock.seconds < 1.0 {
            page.text.push_str("< 1 sec");
        } else {
            let days = (clock.seconds / 86400.0).floor();
            if days >= 1.0 {
                put!(page, "{days}.");
            }
            page.text.push_str(&show_time(clock.seconds / 86400.0 - days));
        }
        page.text
    }
}

impl Page {
    fn options(&mut self, model: &Model) {
        let (o, p) = (&model.options, &model.project);
        let dynamic = o.routing == Routing::Dynamic;
        self.heading("Analysis Options");
        put!(self, "\n  Flow Units ............... {}", model.units.flow_units.word());
        put!(self, "\n  Process Models:");
        put!(self, "\n    Rainfall/Runoff ........ {}", yes(!o.ignore_rainfall && !p.gages.is_empty()));
        put!(self, "\n    RDII ................... {}", yes(!o.ignore_rdii && !p.hydrographs.is_empty()));
        put!(self, "\n    Snowmelt ............... {}", yes(!o.ignore_snowmelt && !p.snow_packs.is_empty()));
        put!(self, "\n    Groundwater ............ {}", yes(!o.ignore_groundwater && !p.aquifers.is_empty()));
        let routing = !o.ignore_routing && !p.links.is_empty();
        put!(self, "\n    Flow Routing ........... {}", yes(routing));
        if routing {
            put!(self, "\n    Ponding Allowed ........ {}", yes(o.allow_ponding));
        }
        put!(self, "\n    Water Quality .......... {}", yes(model.quality.count() > 0));
        if !p.subcatchments.is_empty() {
            let word = word(Infiltration::WORDS, &o.infiltration);
            put!(self, "\n  Infiltration Method ...... {word}");
        }
        if !p.links.is_empty() {
            put!(self, "\n  Flow Routing Method ...... {}", word(Routing::WORDS, &o.routing));
        }
        if dynamic {
            put!(self, "\n  Surcharge Method ......... {}", word(Surcharge::WORDS, &o.surcharge));
        }
        put!(self, "\n  Starting Date ............ {} {}", show_date(o.start), show_time(o.start));
        put!(self, "\n  Ending Date .............. {} {}", show_date(o.end), show_time(o.end));
        put!(self, "\n  Antecedent Dry Days ...... {:.1}", o.dry_days);
        let time = |s: i64| show_time(s as f64 / 86400.0);
        put!(self, "\n  Report Time Step ......... {}", time(o.report_step));
        if !p.subcatchments.is_empty() {
            put!(self, "\n  Wet Time Step ............ {}", time(o.wet_step));
            put!(self, "\n  Dry Time Step ............ {}", time(o.dry_step));
        }
        if !p.links.is_empty() {
            put!(self, "\n  Routing Time Step ........ {:.2} sec", o.routing_step);
            if dynamic {
                put!(self, "\n  Variable Time Step ....... {}", yes(o.variable_step > 0.0));
                put!(self, "\n  Maximum Trials ........... {}", o.max_trials);
                put!(self, "\n  Number of Threads ........ {}", o.threads.max(1));
                let unit = if model.units.flow_units.is_si() { "m" } else { "ft" };
                put!(
                    self,
                    "\n  Head Tolerance ........... {:.6} {unit}",
                    o.head_tolerance * model.units.length
                );
            }
        }
        self.line("");
    }

    /// What the rain files hold, unless a rainfall interface file stands for them.
    fn rain_files(&mut self, model: &Model) {
        let stations = &model.project.rain;
        if stations.is_empty() || model.project.files.used(FileKind::Rainfall).is_some() {
            return;
        }
        self.heading("Rainfall File Summary");
        self.text.push_str(RAIN_FILES);
        self.line("");
        for s in stations {
            let first = s.records.first().map_or_else(|| "***********".to_owned(), |r| show_date(r.0));
            let last = if s.records.is_empty() { first.clone() } else { show_date(s.counted.until) };
            let (minutes, c) = (s.interval / 60, s.counted);
            put!(self, "{:<10} {first:>10}   {last:<10}   {minutes:>5} min    ", s.station);
            put!(self, "{:>6}     {:>6}     {:>6}\n", c.rainy, c.missing, 0);
            self.line("");
        }
    }

    fn actions(&mut self, model: &Model, list: &[crate::stats::ControlAction]) {
        self.heading("Control Actions Taken");
        self.text.push('\n');
        for a in list {
            let (link, rule) = (model.links.name.get(a.link), model.controls.rules.get(a.rule));
            let (Some(link), Some(rule)) = (link, rule) else { continue };
            let (day, time, name) = (show_date(a.date), show_time(a.date), &rule.name);
            put!(
                self,
                "  {day:>11}: {time:>8} Link {link} setting changed to {:>6.2} by Control {name}\n",
                a.setting
            );
        }
    }
}
