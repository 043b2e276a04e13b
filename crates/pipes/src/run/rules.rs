//! Rule-based controls (规则控制; `rules.c`, `ruletimestep`).

use super::clock::{fill_tanks, set_setting, set_status};
use crate::journal::Event;
use crate::model::{Act, LinkType, Model, RuleSet};
use crate::project::{InitialStatus, Premise, Relation, RuleValue, Subject, ValveKind, Variable};
use crate::state::{State, Status};

const TOLERANCE: f64 = 1e-3;

/// Walks through the step, filling tanks, until a rule acts; shortens the step to there.
pub(super) fn run(m: &Model, state: &mut State, step: &mut i64) {
    let start = state.time;
    let end = start + *step;
    let rule = m.clocks.rule;
    let mut dt = rule.min(*step);
    let mut first = (rule - start % rule).min(*step);
    if first == 0 {
        first = dt;
    }
    loop {
        state.time += first;
        fill_tanks(m, state, first);
        if check(m, state, first) {
            break;
        }
        dt = dt.min(end - state.time);
        first = dt;
        if dt <= 0 {
            break;
        }
    }
    *step = state.time - start;
    state.time = start;
}

fn check(m: &Model, state: &mut State, dt: i64) -> bool {
    let from = state.time - dt + 1;
    let mut list: Vec<(Act, f64, usize)> = Vec::new();
    for (i, rule) in m.rules.iter().enumerate() {
        let acts = if holds(m, state, rule, from) { &rule.then } else { &rule.otherwise };
        for act in acts {
            match list.iter_mut().find(|(a, ..)| a.link == act.link) {
                Some(entry) => {
                    if rule.priority > entry.1 {
                        *entry = (*act, rule.priority, i);
                    }
                }
                None => list.push((*act, rule.priority, i)),
            }
        }
    }
    // EPANET keeps its list last in, first out.
    let mut acted = false;
    for (act, _, rule) in list.iter().rev() {
        if take(m, state, act) {
            state.note(Event::Rule { rule: *rule, link: act.link, time: state.time });
            acted = true;
        }
    }
    acted
}

fn take(m: &Model, state: &mut State, act: &Act) -> bool {
    let k = act.link as usize;
    if state.held.contains_key(&act.link) {
        return false;
    }
    let closed = state.status[k].is_closed();
    match (act.open, act.setting) {
        (Some(true), _) if closed => set_status(m, state, k, true),
        (Some(false), _) if !closed => set_status(m, state, k, false),
        (_, Some(x)) if state.setting[k].is_none_or(|v| (x - v).abs() > TOLERANCE) => {
            set_setting(m, state, k, x)
        }
        _ => return false,
    }
    true
}

fn holds(m: &Model, state: &State, rule: &RuleSet, from: i64) -> bool {
    let mut result = true;
    for premise in &rule.premises {
        if premise.or {
            if !result {
                result = premise_holds(m, state, premise, from);
            }
        } else {
            if !result {
                return false;
            }
            result = premise_holds(m, state, premise, from);
        }
    }
    result
}

fn premise_holds(m: &Model, state: &State, p: &Premise, from: i64) -> bool {
    match (p.variable, p.value) {
        (Variable::Time, RuleValue::Number(x)) => time_holds(p.relation, x, from, state.time),
        (Variable::ClockTime, RuleValue::Number(x)) => {
            let day = |t: i64| (t + m.clocks.start_clock) % 86_400;
            time_holds(p.relation, x, day(from), day(state.time))
        }
        (_, RuleValue::Status(wanted)) => {
            let Subject::Link(k) = p.subject else { return false };
            let now = match state.status.get(k) {
                Some(s) if s.is_closed() => InitialStatus::Closed,
                Some(Status::Active) => InitialStatus::Active,
                _ => InitialStatus::Open,
            };
            match p.relation {
                Relation::Equal => now == wanted,
                Relation::NotEqual => now != wanted,
                _ => false,
            }
        }
        (_, RuleValue::Number(wanted)) => value(m, state, p).is_some_and(|x| match p.relation {
            Relation::Equal => (x - wanted).abs() <= TOLERANCE,
            Relation::NotEqual => (x - wanted).abs() >= TOLERANCE,
            Relation::Less => x <= wanted + TOLERANCE,
            Relation::LessOrEqual => x <= wanted - TOLERANCE,
            Relation::Greater => x >= wanted - TOLERANCE,
            Relation::GreaterOrEqual => x >= wanted + TOLERANCE,
        }),
    }
}

fn time_holds(relation: Relation, x: f64, t1: i64, t2: i64) -> bool {
    #[expect(clippy::cast_possible_truncation, reason = "the reader bounds times")]
    let x = x as i64;
    let within = if t2 < t1 { x >= t1 || x <= t2 } else { x >= t1 && x <= t2 };
    match relation {
        Relation::Less => t2 < x,
        Relation::LessOrEqual => t2 <= x,
        Relation::Greater => t2 > x,
        Relation::GreaterOrEqual => t2 >= x,
        Relation::Equal => within,
        Relation::NotEqual => !within,
    }
}

/// A premise's quantity in the file's units.
fn value(m: &Model, state: &State, p: &Premise) -> Option<f64> {
    let f = &m.factors;
    match (p.subject, p.variable) {
        (Subject::System, Variable::Demand) => Some(state.system_demand * f.flow),
        (Subject::Node(n), variable) => {
            let (head, base, q) = (*state.head.get(n)?, *m.elevation.get(n)?, *state.outflow.get(n)?);
            match variable {
                Variable::Demand => Some(q * f.flow),
                Variable::Head | Variable::Grade => Some(head * f.head),
                Variable::Pressure => Some((head - base) * f.pressure),
                Variable::Level => Some((head - base) * f.head),
                Variable::FillTime | Variable::DrainTime => {
                    let i = n.checked_sub(m.junctions)?;
                    let (tank, volume) = (m.tanks.get(i).filter(|t| t.area > 0.0)?, *state.volume.get(i)?);
                    if variable == Variable::FillTime {
                        (q > 1e-6).then(|| (tank.volume_max - volume) / q)
                    } else {
                        (q < -1e-6).then(|| (tank.volume_min - volume) / q)
                    }
                }
                _ => None,
            }
        }
        (Subject::Link(k), Variable::Flow) => Some(state.flow.get(k)?.abs() * f.flow),
        (Subject::Link(k), Variable::Setting) => {
            let setting = (*state.setting.get(k)?)?;
            Some(match m.types.get(k)? {
                LinkType::Valve(ValveKind::Prv | ValveKind::Psv | ValveKind::Pbv) => setting * f.pressure,
                LinkType::Valve(ValveKind::Fcv) => setting * f.flow,
                _ => setting,
            })
        }
        _ => None,
    }
}
