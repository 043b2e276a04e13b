//! What happens inside a step (求解日志), for those who ask: controls and rules that act, trials, changes of
//! status. EPANET's status report is made of it; a state keeps none unless told to.

use crate::state::Status;

/// Events kept until they are taken; a moment of a failing network has a few hundred.
const EVENTS_MAX: usize = 100_000;

/// One thing that happened. Links are inner numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Event {
    /// A simple control acted.
    Control { control: usize },
    /// A rule acted, at this second of the run.
    Rule { rule: usize, link: u32, time: i64 },
    /// The trials of a moment begin.
    Begin,
    /// A trial ended with this relative change of flow.
    Trial { number: u32, error: f64 },
    /// Flows are within the accuracy: the link whose flow changed most (ft³/s) and the one whose heads are
    /// furthest from its loss (ft).
    Balance { flow: (u32, f64), head: (u32, f64) },
    /// A link's status changed.
    Status { link: u32, was: Status, now: Status },
    /// A pressure control gave a link a setting (inner units).
    Setting { link: u32, setting: f64 },
    /// A valve made the equations ill-conditioned and was set open.
    Released { link: u32 },
}

/// The events since they were last taken.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Journal {
    /// Whether trials and changes inside a moment are kept too.
    pub full: bool,
    pub events: Vec<Event>,
}

impl Journal {
    pub(crate) fn note(&mut self, event: Event) {
        if self.events.len() < EVENTS_MAX {
            self.events.push(event);
        }
    }
}
