//! Evaluating control rules (执行控制规则).
#![expect(clippy::indexing_slicing, reason = "the reader has checked every index")]

use serde::{Deserialize, Serialize};

use crate::date;
use crate::model::{LinkType, Model};
use crate::project::{Action, Clause, ObjectVariable, Operand, Premise, Quantity, Relation, Setting};
use crate::state::State;
use crate::stats::{ACTIONS_MAX, ControlAction};
use crate::units::TINY;

/// What controllers that modulate look at: the premise compared last, be it in a step before.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Watch {
    value: f64,
    set_point: f64,
    /// How many links rules acted on at most at one time.
    acted_on: usize,
}

/// What is to be done to a link: the first action of the highest priority.
struct Chosen {
    link: usize,
    priority: f64,
    value: f64,
    rule: usize,
    /// A value, not a curve, a series or a controller.
    plain: bool,
}

struct Moment {
    date: f64,
    time: f64,
    elapsed: f64,
    /// Days.
    step: f64,
}

impl State {
    /// Sets the targets of links that rules act on; true where one of them changes.
    pub(crate) fn run_rules(&mut self, model: &Model, now: f64, dt: f64) -> bool {
        if model.controls.rules.is_empty() {
            return false;
        }
        let m = Moment {
            date: now.floor(),
            time: now - now.floor(),
            elapsed: now - model.options.start,
            step: dt / 86400.0,
        };
        let mut chosen: Vec<Chosen> = Vec::new();
        let mut watch = self.watch;
        let mut at = 0;
        for (number, rule) in model.controls.rules.iter().enumerate() {
            let mut holds = true;
            for p in &rule.premises {
                match p.clause {
                    Clause::Or if !holds => holds = self.premise(model, &m, p, &mut watch),
                    Clause::Or => {}
                    Clause::And if !holds => break,
                    Clause::And => holds = self.premise(model, &m, p, &mut watch),
                }
            }
            let (actions, first) =
                if holds { (&rule.then, at) } else { (&rule.otherwise, at + rule.then.len()) };
            for (i, a) in actions.iter().enumerate() {
                let value = self.action(model, &m, a, first + i, &watch);
                let plain = matches!(a.setting, Setting::Value(_));
                let new = Chosen { link: a.link, priority: rule.priority, value, rule: number, plain };
                match chosen.iter_mut().find(|c| c.link == a.link) {
                    Some(c) if new.priority > c.priority => *c = new,
                    Some(_) => {}
                    None => chosen.push(new),
                }
            }
            at += rule.then.len() + rule.otherwise.len();
        }
        self.watch = watch;
        let mut changes = false;
        for c in self.in_order(chosen) {
            changes |= self.target[c.link] != c.value;
            if model.project.report.controls
                && c.plain
                && self.target[c.link] != c.value
                && self.stats.actions.len() < ACTIONS_MAX
            {
                let action = ControlAction { date: now, link: c.link, rule: c.rule, setting: c.value };
                self.stats.actions.push(action);
            }
            self.target[c.link] = c.value;
        }
        changes
    }

    /// In the order in which SWMM carries actions out and reports them (`updateActionList`): its list keeps
    /// its places from step to step, and a place it never had before comes to its head.
    fn in_order(&mut self, mut chosen: Vec<Chosen>) -> Vec<Chosen> {
        let new = chosen.split_off(chosen.len().min(self.watch.acted_on));
        self.watch.acted_on += new.len();
        new.into_iter().rev().chain(chosen).collect()
    }

    fn action(&mut self, model: &Model, m: &Moment, a: &Action, slot: usize, w: &Watch) -> f64 {
        match a.setting {
            Setting::Value(v) => v,
            Setting::Curve(c) => model.curves[c].at(w.value),
            Setting::Series(s) => model.series[s].series(m.date + m.time, true),
            Setting::Pid { kp, ki, kd } => {
                const TOLERANCE: f64 = 0.0001;
                let dt = m.step * 1440.0;
                let mut e0 = w.set_point - w.value;
                if e0.abs() > TINY {
                    e0 /= if w.set_point == 0.0 { w.value } else { w.set_point };
                }
                let [mut e1, mut e2] = self.pid[slot];
                if (e0 - e1).abs() < TOLERANCE {
                    (e1, e2) = (0.0, 0.0);
                }
                let i = if ki == 0.0 { 0.0 } else { e0 * dt / ki };
                let d = kd * (e0 - 2.0 * e1 + e2) / dt;
                let mut update = kp * ((e0 - e1) + i + d);
                if update.abs() < TOLERANCE {
                    update = 0.0;
                }
                let mut setting = self.target[a.link] + update;
                self.pid[slot] = [e0, e1];
                if setting < 0.0 {
                    setting = 0.0;
                }
                if model.links.kind[a.link] != LinkType::Pump && setting > 1.0 {
                    setting = 1.0;
                }
                setting
            }
        }
    }

    fn premise(&self, model: &Model, m: &Moment, p: &Premise, w: &mut Watch) -> bool {
        let (Some(left), Some(right)) = (self.operand(model, m, p.left), self.operand(model, m, p.right))
        else {
            return false;
        };
        let quantity = match p.left {
            Operand::Variable(
                ObjectVariable::Node(_, q)
                | ObjectVariable::Link(_, q)
                | ObjectVariable::Gage(_, q)
                | ObjectVariable::Simulation(q),
            ) => Some(q),
            _ => None,
        };
        let half = m.step / 2.0;
        let timed = matches!(
            quantity,
            Some(Quantity::Time | Quantity::ClockTime | Quantity::TimeOpen | Quantity::TimeClosed)
        );
        let holds = match p.relation {
            Relation::Equal if timed => left >= right - half && left < right + half,
            Relation::NotEqual if timed => left < right - half || left >= right + half,
            relation => {
                (w.set_point, w.value) = (right, left);
                match relation {
                    Relation::Equal => left == right,
                    Relation::NotEqual => left != right,
                    Relation::Less => left < right,
                    Relation::LessOrEqual => left <= right,
                    Relation::Greater => left > right,
                    Relation::GreaterOrEqual => left >= right,
                }
            }
        };
        if matches!(quantity, Some(Quantity::TimeOpen | Quantity::TimeClosed)) {
            w.value = left * 24.0;
        }
        holds
    }

    fn operand(&self, model: &Model, m: &Moment, o: Operand) -> Option<f64> {
        match o {
            Operand::Value(v) => Some(v),
            Operand::Variable(v) => self.variable(model, m, v),
            Operand::Expression(e) => {
                let c = &model.controls;
                Some(
                    c.expressions[e]
                        .1
                        .value(&|i| self.variable(model, m, c.variables[i].1).unwrap_or(-1.0e10)),
                )
            }
        }
    }

    fn variable(&self, model: &Model, m: &Moment, v: ObjectVariable) -> Option<f64> {
        let u = &model.units;
        match v {
            ObjectVariable::Simulation(q) => Some(match q {
                Quantity::Time => m.elapsed,
                Quantity::Date => m.date,
                Quantity::ClockTime => m.time,
                Quantity::Day => date::weekday(m.date) as f64 + 1.0,
                Quantity::Month => date::month(m.date) as f64,
                Quantity::DayOfYear => date::day_of_year(m.date) as f64,
                _ => return None,
            }),
            ObjectVariable::Gage(g, q) => match q {
                _ if !model.gages[g].used => Some(0.0),
                Quantity::Rain(0) => Some(self.gages[g].rainfall),
                Quantity::Rain(hours) => Some(self.gages[g].past(hours)),
                _ => None,
            },
            ObjectVariable::Node(i, q) => Some(match q {
                Quantity::Depth => self.depth[i] * u.length,
                Quantity::MaxDepth => model.nodes.full_depth[i] * u.length,
                Quantity::Head => (self.depth[i] + model.nodes.invert[i]) * u.length,
                Quantity::Volume => self.volume[i] * u.volume,
                Quantity::Inflow => self.lateral[i] * u.flow,
                _ => return None,
            }),
            ObjectVariable::Link(j, q) => {
                let l = &model.links;
                let conduit = l.conduit(j);
                Some(match q {
                    Quantity::Status if matches!(l.kind[j], LinkType::Conduit | LinkType::Pump) => {
                        self.setting[j]
                    }
                    Quantity::Setting
                        if matches!(l.kind[j], LinkType::Pump | LinkType::Orifice | LinkType::Weir) =>
                    {
                        self.setting[j]
                    }
                    Quantity::Flow => l.direction[j] * self.water(model, j).flow * u.flow,
                    Quantity::Depth => self.water(model, j).depth * u.length,
                    Quantity::FullFlow => conduit.map(|_| l.q_full[j] * u.flow)?,
                    Quantity::FullDepth => conduit.map(|_| l.section[j].y_full * u.length)?,
                    Quantity::Length => conduit?.length * u.length,
                    Quantity::Slope => conduit?.slope,
                    Quantity::Velocity => {
                        conduit?;
                        let w = self.water(model, j);
                        self.velocity(model, j, w.flow, w.depth) * u.length
                    }
                    Quantity::TimeOpen if self.setting[j] > 0.0 => m.date + m.time - self.last_set[j],
                    Quantity::TimeClosed if self.setting[j] <= 0.0 => m.date + m.time - self.last_set[j],
                    _ => return None,
                })
            }
        }
    }
}
