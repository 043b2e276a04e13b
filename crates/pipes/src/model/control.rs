//! Controls and rules in inner numbers and units (控制规则).

use super::LinkType;
use crate::project::{Premise, Project, RuleValue, Subject, Trigger, ValveKind};
use crate::state::Status;
use crate::units::Factors;

/// What a simple control waits for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wake {
    Below { node: u32, head: f64 },
    Above { node: u32, head: f64 },
    Time(i64),
    ClockTime(i64),
}

/// A simple control.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ControlRule {
    pub link: u32,
    pub status: Status,
    pub setting: Option<f64>,
    pub wake: Wake,
}

/// An action of a rule.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Act {
    pub link: u32,
    pub open: Option<bool>,
    pub setting: Option<f64>,
}

/// A rule; premises keep file units, as EPANET tests them so (`checkvalue` in rules.c).
#[derive(Debug, Clone)]
pub(crate) struct RuleSet {
    pub premises: Vec<Premise>,
    pub then: Vec<Act>,
    pub otherwise: Vec<Act>,
    pub priority: f64,
}

/// Inner value of a link's setting.
pub(crate) fn inner_setting(kind: LinkType, value: f64, factors: &Factors) -> f64 {
    match kind {
        LinkType::Valve(ValveKind::Prv | ValveKind::Psv | ValveKind::Pbv) => value / factors.pressure,
        LinkType::Valve(ValveKind::Fcv) => value / factors.flow,
        _ => value,
    }
}

/// All simple controls in force.
#[expect(clippy::indexing_slicing, reason = "the reader made every index")]
pub(super) fn controls(
    project: &Project,
    factors: &Factors,
    types: &[LinkType],
    link_at: &[u32],
    node_at: &[u32],
    junctions: usize,
) -> Vec<ControlRule> {
    let head = |node: usize, value: f64| {
        let at = node_at[node];
        let scale = if at as usize >= junctions { factors.head } else { factors.pressure };
        (at, project.nodes[node].elevation / factors.head + value / scale)
    };
    project
        .controls
        .iter()
        .filter(|c| c.enabled)
        .map(|c| {
            let link = link_at[c.link];
            let wake = match c.trigger {
                Trigger::Below { node, value } => {
                    let (node, head) = head(node, value);
                    Wake::Below { node, head }
                }
                Trigger::Above { node, value } => {
                    let (node, head) = head(node, value);
                    Wake::Above { node, head }
                }
                Trigger::Time(t) => Wake::Time(t),
                Trigger::ClockTime(t) => Wake::ClockTime(t),
            };
            let kind = types[link as usize];
            ControlRule {
                link,
                status: Status::from(c.status),
                setting: c.setting.map(|s| inner_setting(kind, s, factors)),
                wake,
            }
        })
        .collect()
}

/// All rules in force, their premises' indices made inner.
#[expect(clippy::indexing_slicing, reason = "the reader made every index")]
pub(super) fn rules(
    project: &Project,
    factors: &Factors,
    types: &[LinkType],
    link_at: &[u32],
    node_at: &[u32],
) -> Vec<RuleSet> {
    let act = |a: &crate::project::Action| {
        let link = link_at[a.link];
        match a.value {
            RuleValue::Number(v) => {
                Act { link, open: None, setting: Some(inner_setting(types[link as usize], v, factors)) }
            }
            RuleValue::Status(s) => Act {
                link,
                open: match s {
                    crate::project::InitialStatus::Open => Some(true),
                    crate::project::InitialStatus::Closed => Some(false),
                    crate::project::InitialStatus::Active => None,
                },
                setting: None,
            },
        }
    };
    project
        .rules
        .iter()
        .filter(|r| !r.disabled)
        .map(|r| RuleSet {
            premises: r
                .premises
                .iter()
                .map(|p| Premise {
                    subject: match p.subject {
                        Subject::Node(n) => Subject::Node(node_at[n] as usize),
                        Subject::Link(l) => Subject::Link(link_at[l] as usize),
                        Subject::System => Subject::System,
                    },
                    ..p.clone()
                })
                .collect(),
            then: r.then.iter().map(act).collect(),
            otherwise: r.otherwise.iter().map(act).collect(),
            priority: r.priority,
        })
        .collect()
}
