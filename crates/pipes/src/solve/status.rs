//! Changes of status (状态切换; EPANET manual §12.1.3, `hydstatus.c`): one lane at a time.

use crate::journal::Event;
use crate::model::{LinkType, Model, PumpCurve, Wake};
use crate::project::ValveKind;
use crate::state::{State, Status};

/// Heads and flows of one lane while it is being solved.
pub(super) struct View<'a, const N: usize> {
    pub flow: &'a [[f64; N]],
    pub head: &'a [[f64; N]],
    pub lane: usize,
}

#[expect(clippy::indexing_slicing, reason = "links and nodes are the model's own numbers")]
impl<const N: usize> View<'_, N> {
    fn flow(&self, link: usize) -> f64 {
        self.flow[link][self.lane]
    }

    fn head(&self, node: u32) -> f64 {
        self.head[node as usize][self.lane]
    }
}

/// PRVs and PSVs; true when one changed.
#[expect(clippy::indexing_slicing, reason = "links are the model's own numbers")]
pub(super) fn valves<const N: usize>(m: &Model, state: &mut State, v: &View<'_, N>) -> bool {
    let mut changed = false;
    for &link in &m.valves {
        let k = link as usize;
        let Some(setting) = state.setting[k] else { continue };
        let [n1, n2] = m.ends[k];
        let (h1, h2, q) = (v.head(n1), v.head(n2), v.flow(k));
        let was = state.status[k];
        let now = match m.types[k] {
            LinkType::Valve(ValveKind::Prv) => {
                reducing(m, was, m.elevation[n2 as usize] + setting, h1, h2, q, m.minor[k] * q * q)
            }
            LinkType::Valve(ValveKind::Psv) => {
                sustaining(m, was, m.elevation[n1 as usize] + setting, h1, h2, q, m.minor[k] * q * q)
            }
            _ => continue,
        };
        if now != was {
            state.status[k] = now;
            state.note_inside(|| Event::Status { link, was, now });
            changed = true;
        }
    }
    changed
}

fn reducing(m: &Model, was: Status, set: f64, h1: f64, h2: f64, q: f64, loss: f64) -> Status {
    let (ht, qt) = (m.settings.head_tolerance, m.settings.flow_tolerance);
    match was {
        Status::Active if q < -qt => Status::Closed,
        Status::Active if h1 - loss < set - ht => Status::Open,
        Status::Open if q < -qt => Status::Closed,
        Status::Open if h2 >= set + ht => Status::Active,
        Status::Closed if h1 >= set + ht && h2 < set - ht => Status::Active,
        Status::Closed if h1 < set - ht && h1 > h2 + ht => Status::Open,
        Status::CannotDeliverPressure if q < -qt => Status::Closed,
        other => other,
    }
}

fn sustaining(m: &Model, was: Status, set: f64, h1: f64, h2: f64, q: f64, loss: f64) -> Status {
    let (ht, qt) = (m.settings.head_tolerance, m.settings.flow_tolerance);
    match was {
        Status::Active if q < -qt => Status::Closed,
        Status::Active if h2 + loss > set + ht => Status::Open,
        Status::Open if q < -qt => Status::Closed,
        Status::Open if h1 < set - ht => Status::Active,
        Status::Closed if h2 > set + ht && h1 > h2 + ht => Status::Open,
        Status::Closed if h1 >= set + ht && h1 > h2 + ht => Status::Active,
        Status::CannotDeliverPressure if q < -qt => Status::Closed,
        other => other,
    }
}

/// Check valves, pumps, FCVs and links at tanks; true when one changed.
#[expect(clippy::indexing_slicing, reason = "links are the model's own numbers")]
pub(super) fn links<const N: usize>(m: &Model, state: &mut State, v: &View<'_, N>) -> bool {
    let (ht, qt) = (m.settings.head_tolerance, m.settings.flow_tolerance);
    let mut changed = false;
    for &link in &m.switching {
        let k = link as usize;
        let was = state.status[k];
        let [n1, n2] = m.ends[k];
        let fixed = n1 as usize >= m.junctions || n2 as usize >= m.junctions;
        let (h1, h2, q) = (v.head(n1), v.head(n2), v.flow(k));
        let dh = h1 - h2;
        let mut now = was;
        if matches!(was, Status::CannotDeliverHead | Status::TemporarilyClosed) {
            now = Status::Open;
        }
        match m.types[k] {
            LinkType::CheckValve => {
                now = if dh.abs() > ht {
                    if dh < -ht || q < -qt { Status::Closed } else { Status::Open }
                } else if q < -qt {
                    Status::Closed
                } else {
                    now
                };
            }
            LinkType::Pump(p) => {
                let speed = state.setting[k].unwrap_or(0.0);
                if now >= Status::Open && speed > 0.0 {
                    let pump = &m.pumps[p as usize];
                    let constant = matches!(pump.curve, PumpCurve::Constant { .. });
                    let most = if constant { pump.head_max } else { speed * speed * pump.head_max };
                    now = if constant && q < 1e-6 {
                        Status::TemporarilyClosed
                    } else if -dh > most + ht {
                        Status::CannotDeliverHead
                    } else {
                        Status::Open
                    };
                }
            }
            LinkType::Valve(ValveKind::Fcv) => {
                if let Some(setting) = state.setting[k] {
                    now = flow_control(m, was, dh, q, setting, m.minor[k]);
                }
            }
            _ => {}
        }
        if fixed {
            now = at_tank(m, n1, now, v.head(n1), q);
            now = at_tank(m, n2, now, v.head(n2), -q);
        }
        if now != was {
            state.status[k] = now;
            state.note_inside(|| Event::Status { link, was, now });
            changed = true;
        }
    }
    changed
}

fn flow_control(m: &Model, was: Status, dh: f64, q: f64, setting: f64, km: f64) -> Status {
    if dh < -m.settings.head_tolerance || q < -m.settings.flow_tolerance {
        Status::CannotDeliverFlow
    } else if was == Status::CannotDeliverFlow && q >= setting {
        Status::Active
    } else if was == Status::Active && dh / (q * q) < km {
        Status::CannotDeliverFlow
    } else {
        was
    }
}

/// Closes a link that would fill a full tank or drain an empty one; `q` is out of the tank.
fn at_tank(m: &Model, node: u32, status: Status, head: f64, q: f64) -> Status {
    let Some(tank) = (node as usize).checked_sub(m.junctions).and_then(|i| m.tanks.get(i)) else {
        return status;
    };
    if status.is_closed() || tank.area == 0.0 {
        return status;
    }
    let full = head >= tank.head_max && !tank.overflow && q < 0.0;
    let empty = head <= tank.head_min && q > 0.0;
    if full || empty { Status::TemporarilyClosed } else { status }
}

/// Controls that wait for a junction's pressure; true when one acted (`pswitch`).
#[expect(clippy::indexing_slicing, reason = "links are the model's own numbers")]
pub(super) fn pressure_switches<const N: usize>(m: &Model, state: &mut State, v: &View<'_, N>) -> bool {
    let ht = m.settings.head_tolerance;
    let mut acted = false;
    for control in &m.controls {
        let reached = match control.wake {
            Wake::Below { node, head } if (node as usize) < m.junctions => v.head(node) <= head + ht,
            Wake::Above { node, head } if (node as usize) < m.junctions => v.head(node) >= head - ht,
            _ => false,
        };
        let k = control.link as usize;
        if !reached || state.held.contains_key(&control.link) {
            continue;
        }
        let change = match m.types[k] {
            LinkType::Pipe => state.status[k] != control.status,
            LinkType::Pump(_) => state.setting[k] != control.setting,
            LinkType::Valve(_) => {
                state.setting[k] != control.setting
                    || (state.setting[k].is_none() && state.status[k] != control.status)
            }
            LinkType::CheckValve => false,
        };
        if change {
            let (link, was, now) = (control.link, state.status[k], control.status);
            state.status[k] = now;
            if m.types[k] != LinkType::Pipe {
                state.setting[k] = control.setting;
            }
            let setting = state.setting[k].unwrap_or(0.0);
            state.note_inside(|| {
                if was == now { Event::Setting { link, setting } } else { Event::Status { link, was, now } }
            });
            acted = true;
        }
    }
    acted
}
