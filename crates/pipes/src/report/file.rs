//! EPANET's report file (报告文件), in the order in which EPANET writes it: head, summary, hydraulic status and
//! warnings, the books, energy, and the tables of every report period.

use super::options::{Chosen, Detail, Wanted};
use super::page::Page;
use super::status::{self, Told};
use super::{books, summary, tables, warned};
use crate::journal::Journal;
use crate::model::Model;
use crate::state::State;

/// A report being written: every call gives the text that follows.
#[derive(Debug, Clone)]
pub struct Report {
    wanted: Wanted,
    page: Page,
    told: Told,
    water: books::Water,
    input: String,
    next: i64,
}

impl Report {
    /// A report as the model's `[REPORT]` asks for, on the input file of this name.
    #[must_use]
    pub fn new(m: &Model, input: &str) -> Self {
        let wanted = Wanted::new(m);
        let title = m.project.title.first().map_or("", |t| t.as_str());
        Self {
            page: Page::new(wanted.page, title),
            told: Told::new(m),
            water: books::Water::default(),
            input: input.to_owned(),
            next: m.clocks.report_start,
            wanted,
        }
    }

    /// The second file the tables go to, where `[REPORT]` names one.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.wanted.file.as_deref()
    }

    /// Whether results of report periods are needed: [`Self::period`] would write something.
    #[must_use]
    pub fn has_tables(&self) -> bool {
        self.wanted.nodes != Chosen::None || self.wanted.links != Chosen::None
    }

    /// Makes a state keep what the status report tells.
    pub fn attach(&self, state: &mut State) {
        if self.wanted.status > Detail::No {
            let full = self.wanted.status == Detail::Full;
            state.journal = Some(Journal { full, events: Vec::new() });
        }
    }

    /// Head and summary. `at` is the time of day, as in `Sun Nov 29 12:00:00 2026`.
    #[must_use]
    pub fn open(&mut self, m: &Model, at: &str) -> String {
        summary::head(&mut self.page, at);
        if self.wanted.summary {
            summary::summary(&mut self.page, m, &self.wanted, &self.input);
        }
        self.page.line(&format!("Analysis begun {at}\n"));
        if self.wanted.status > Detail::No {
            self.page.make_room();
            self.page.line("Hydraulic Status:");
            self.page.rule(70);
        }
        self.page.take()
    }

    /// Status and warnings of the moment just solved.
    #[must_use]
    pub fn moment(&mut self, m: &Model, state: &mut State) -> String {
        self.events(m, state);
        if self.wanted.status > Detail::No {
            self.told.moment(&mut self.page, m, state, true);
        }
        if self.wanted.messages {
            warned::warnings(&mut self.page, m, state);
        }
        self.water.take(m, state);
        self.page.take()
    }

    /// What follows when the moment the state stands at has no solution.
    #[must_use]
    pub fn unsolved(&mut self, m: &Model, state: &mut State, node: &str) -> String {
        self.events(m, state);
        if self.wanted.messages {
            let at = super::clock(state.time);
            self.page.line(&format!("{at:>10}: System ill-conditioned at node {node}"));
        }
        self.told.moment(&mut self.page, m, state, false);
        if self.wanted.messages {
            warned::disconnected(&mut self.page, m, state);
            self.page.line("Error 110: cannot solve network hydraulic equations");
        }
        self.page.take()
    }

    fn events(&mut self, m: &Model, state: &mut State) {
        let Some(journal) = &mut state.journal else { return };
        let mut events = std::mem::take(&mut journal.events);
        status::events(&mut self.page, m, state, &mut events);
    }

    /// The books and the end of the analysis.
    #[must_use]
    pub fn close(&mut self, m: &Model, state: &State, at: &str) -> String {
        if self.wanted.status > Detail::No {
            self.water.write(&mut self.page, m);
            books::quality(&mut self.page, m, state);
        }
        self.page.line(&format!("Analysis ended {at}\n"));
        self.page.take()
    }

    /// What comes before the tables of periods; in a second file with head and summary.
    #[must_use]
    pub fn tables(&mut self, m: &Model, state: &State, at: &str) -> String {
        if self.wanted.file.is_some() {
            summary::head(&mut self.page, at);
            if self.wanted.summary {
                summary::summary(&mut self.page, m, &self.wanted, &self.input);
            }
        }
        if self.wanted.energy {
            tables::energy(&mut self.page, m, state);
        }
        self.page.take()
    }

    /// Tables of the next report period, from the values of [`crate::BinaryResults`].
    #[must_use]
    pub fn period(&mut self, m: &Model, values: &[f32]) -> String {
        let period = tables::Period { time: self.next, values };
        self.next += m.clocks.report;
        tables::period(&mut self.page, m, &self.wanted, &period);
        self.page.take()
    }
}
