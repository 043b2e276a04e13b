//! The hydraulic status (水力状态; `writehydstat` and its like in report.c): what controls, rules and the solver
//! did, and what has changed since the moment before.

use super::clock;
use super::page::Page;
use crate::journal::Event;
use crate::model::{LinkType, Model, TankModel, Wake};
use crate::project::ValveKind;
use crate::state::{State, Status};

/// Flows of tanks below this are none, ft³/s; levels within it of the top are at the top, ft.
const STILL: f64 = 0.001;

/// What a tank was last told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    /// Not told yet.
    Unknown,
    Closed,
    Filling,
    Emptying,
    Overflowing,
}

/// Statuses as they were last told.
#[derive(Debug, Clone)]
pub(super) struct Told {
    links: Vec<Status>,
    tanks: Vec<Doing>,
}

impl Told {
    pub(super) fn new(m: &Model) -> Self {
        Self { links: m.start().status, tanks: vec![Doing::Unknown; m.tanks.len()] }
    }

    /// The status of the moment just solved; `trials` is false where it could not be solved.
    pub(super) fn moment(&mut self, page: &mut Page, m: &Model, state: &State, trials: bool) {
        let at = clock(state.time);
        if trials {
            balance(page, m, state, &at);
        }
        for (tank, told) in m.tanks.iter().zip(&mut self.tanks) {
            let now = doing(tank, state).unwrap_or(*told);
            if now != *told {
                page.line(&tank_line(m, state, tank, now, &at));
                *told = now;
            }
        }
        for (i, &k) in m.link_at.iter().enumerate() {
            let k = k as usize;
            let (Some(&now), Some(told)) = (state.status.get(k), self.links.get_mut(k)) else { continue };
            if now == *told {
                continue;
            }
            let name = link_name(m, i, k);
            page.line(&if state.time == 0 {
                format!("{at:>10}: {name} {}", words(now))
            } else {
                format!("{at:>10}: {name} changed from {} to {}", words(*told), words(now))
            });
            *told = now;
        }
        page.line(" ");
    }
}

/// How the moment came out.
fn balance(page: &mut Page, m: &Model, state: &State, at: &str) {
    let trials = state.iterations;
    page.line(&if state.relative_error <= m.settings.accuracy {
        format!("{at:>10}: Balanced after {trials} trials")
    } else {
        format!("{at:>10}: Unbalanced after {trials} trials (flow change = {:.6})", state.relative_error)
    });
    if let Some((nodes, percent)) = deficit(m, state) {
        page.line(&if nodes == 1 {
            format!("            1 node had its demand reduced by a total of {percent:.2}%")
        } else {
            format!("            {nodes} nodes had demands reduced by a total of {percent:.2}%")
        });
    }
}

/// How many nodes get less than they ask for under pressure-driven analysis, and how much less in all, %.
fn deficit(m: &Model, state: &State) -> Option<(usize, f64)> {
    const LEAST: f64 = 1e-4; // ft³/s
    let asked = state.full_demand.iter().zip(&state.demand_flow);
    let short = asked.filter(|(full, flow)| **full > 0.0 && **flow + LEAST < **full);
    let (nodes, full, less) =
        short.fold((0, 0.0, 0.0), |(n, full, less), (f, q)| (n + 1, full + f, less + f - q));
    (m.settings.pressure_driven && nodes > 0).then_some((nodes, less / full * 100.0))
}

fn doing(tank: &TankModel, state: &State) -> Option<Doing> {
    let at = tank.node as usize;
    let (inflow, head) = (*state.outflow.get(at)?, *state.head.get(at)?);
    Some(if inflow.abs() < STILL {
        Doing::Closed
    } else if inflow < 0.0 {
        Doing::Emptying
    } else if tank.area > 0.0 && (head - tank.head_max).abs() < STILL {
        Doing::Overflowing
    } else {
        Doing::Filling
    })
}

fn tank_line(m: &Model, state: &State, tank: &TankModel, now: Doing, at: &str) -> String {
    let node = tank.node as usize;
    let name = m.node_of.get(node).and_then(|&n| m.project.nodes.get(n as usize)).map_or("", |n| &n.name);
    let now = match now {
        Doing::Unknown | Doing::Closed => "closed",
        Doing::Filling => "filling",
        Doing::Emptying => "emptying",
        Doing::Overflowing => "overflowing",
    };
    if tank.area == 0.0 {
        return format!("{at:>10}: Reservoir {name} is {now}");
    }
    let depth = state.head.get(node).zip(m.elevation.get(node)).map_or(0.0, |(h, z)| h - z);
    let unit = if m.factors.metric { "m" } else { "ft" };
    format!("{at:>10}: Tank {name} is {now} at {:.2} {unit}", depth * m.factors.head)
}

/// What happened before and while the moment was solved.
pub(super) fn events(page: &mut Page, m: &Model, state: &State, events: &mut [Event]) {
    // Changes between two trials come in the order of the file, as EPANET goes through the links.
    let order = |e: &Event| match e {
        Event::Status { link, .. } => m.link_of.get(*link as usize).copied().unwrap_or(0),
        _ => 0,
    };
    for group in events.chunk_by_mut(|a, b| [a, b].iter().all(|e| matches!(e, Event::Status { .. }))) {
        group.sort_by_key(order);
    }
    for event in events {
        event_lines(page, m, state, event);
    }
}

fn event_lines(page: &mut Page, m: &Model, state: &State, event: &Event) {
    let at = clock(state.time);
    let link = |k: u32| name_of(m, k);
    match *event {
        Event::Control { control } => {
            let Some(control) = m.controls.get(control) else { return };
            let name = link(control.link);
            page.line(&match control.wake {
                Wake::Below { node, .. } | Wake::Above { node, .. } => {
                    format!("{at:>10}: {name} changed by {} control", node_name(m, node as usize))
                }
                Wake::Time(_) | Wake::ClockTime(_) => format!("{at:>10}: {name} changed by timer control"),
            });
        }
        Event::Rule { rule, link: k, time } => {
            let in_force = m.project.rules.iter().filter(|r| !r.disabled).nth(rule);
            let rule = in_force.map_or("", |r| r.name.as_str());
            page.line(&format!("{:>10}: {} changed by rule {rule}", clock(time), link(k)));
        }
        Event::Begin => page.line(&format!("{at:>10}: Balancing the network:\n")),
        Event::Trial { number, error } => {
            page.line(&format!("            Trial {number:2}: relative flow change = {error:.6}"));
        }
        Event::Balance { flow, head } => {
            let (change, error) = (flow.1 * m.factors.flow, head.1 * m.factors.head);
            let pad = " ".repeat(22);
            page.line(&format!("{pad}maximum  flow change = {change:.4} for Link {}", bare(m, flow.0)));
            page.line(&format!("{pad}maximum  head error  = {error:.4} for Link {}\n", bare(m, head.0)));
        }
        Event::Status { link: k, was, now } => {
            let (was, now) = (plain(was), plain(now));
            if was != now {
                page.line(&format!("            {} switched from {was} to {now}", link(k)));
            }
        }
        Event::Setting { link: k, setting } => {
            let factor = match m.types.get(k as usize) {
                Some(LinkType::Valve(ValveKind::Prv | ValveKind::Psv | ValveKind::Pbv)) => m.factors.pressure,
                Some(LinkType::Valve(ValveKind::Fcv)) => m.factors.flow,
                _ => 1.0,
            };
            page.line(&format!("            {} setting changed to {:.2}", link(k), setting * factor));
        }
        Event::Released { link: k } => {
            page.line(&format!("{at:>10}: Valve {} caused ill-conditioning", bare(m, k)));
        }
    }
}

/// EPANET's word for the kind of a link.
pub(super) const fn kind_name(kind: Option<LinkType>) -> &'static str {
    match kind {
        Some(LinkType::CheckValve) => "CV",
        Some(LinkType::Pump(_)) => "Pump",
        Some(LinkType::Valve(kind)) => match kind {
            ValveKind::Prv => "PRV",
            ValveKind::Psv => "PSV",
            ValveKind::Pbv => "PBV",
            ValveKind::Fcv => "FCV",
            ValveKind::Tcv => "TCV",
            ValveKind::Gpv => "GPV",
            ValveKind::Pcv => "PCV",
        },
        _ => "Pipe",
    }
}

pub(super) fn link_name(m: &Model, index: usize, k: usize) -> String {
    let name = m.project.links.get(index).map_or("", |l| l.name.as_str());
    format!("{} {name}", kind_name(m.types.get(k).copied()))
}

fn name_of(m: &Model, k: u32) -> String {
    link_name(m, m.link_of.get(k as usize).map_or(0, |&i| i as usize), k as usize)
}

fn bare(m: &Model, k: u32) -> &str {
    m.link_of.get(k as usize).and_then(|&i| m.project.links.get(i as usize)).map_or("", |l| &l.name)
}

fn node_name(m: &Model, at: usize) -> String {
    let kind = match at.checked_sub(m.junctions).and_then(|i| m.tanks.get(i)) {
        None => "Junction",
        Some(tank) if tank.area == 0.0 => "Reservoir",
        Some(_) => "Tank",
    };
    let name = m.node_of.get(at).and_then(|&n| m.project.nodes.get(n as usize)).map_or("", |n| &n.name);
    format!("{kind} {name}")
}

/// A status in full.
pub(super) const fn words(status: Status) -> &'static str {
    match status {
        Status::CannotDeliverHead => "closed because cannot deliver head",
        Status::TemporarilyClosed => "temporarily closed",
        Status::Closed => "closed",
        Status::Open => "open",
        Status::Active => "active",
        Status::ExceedsFlow => "open but exceeds maximum flow",
        Status::CannotDeliverFlow => "open but cannot deliver flow",
        Status::CannotDeliverPressure => "open but cannot deliver pressure",
    }
}

/// A status in one word.
fn plain(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        status if status.is_closed() => "closed",
        _ => "open",
    }
}
