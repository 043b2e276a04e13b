//! `[RULES]`: clauses that grow into rules (EPANET manual, Appendix C).

use super::controls::named;
use super::elements::is_number;
use super::options::hours;
use super::{Outcome, Reader, fault, figure, follow};
use crate::project::{
    Action, InitialStatus, LinkKind, NodeKind, Premise, Relation, Rule, RuleValue, Subject, ValveKind,
    Variable,
};
use numerics::inp::{Line, starts_with};

/// The rule being read.
#[derive(Default)]
pub(crate) struct Growing {
    rule: Option<Rule>,
    part: Part,
    /// One of its clauses was wrong: the rest is read for its own mistakes but the rule is left out.
    spoiled: bool,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Part {
    #[default]
    Name,
    If,
    Then,
    Else,
    Priority,
}

const VARIABLES: &[(&str, Variable)] = &[
    ("DEMAND", Variable::Demand),
    ("HEAD", Variable::Head),
    ("GRADE", Variable::Grade),
    ("LEVEL", Variable::Level),
    ("PRESSURE", Variable::Pressure),
    ("FLOW", Variable::Flow),
    ("STATUS", Variable::Status),
    ("SETTING", Variable::Setting),
    ("POWER", Variable::Power),
    ("TIME", Variable::Time),
    ("CLOCKTIME", Variable::ClockTime),
    ("FILLTIME", Variable::FillTime),
    ("DRAINTIME", Variable::DrainTime),
];

const RELATIONS: &[(&str, Relation)] = &[
    ("=", Relation::Equal),
    ("<>", Relation::NotEqual),
    ("<=", Relation::LessOrEqual),
    (">=", Relation::GreaterOrEqual),
    ("<", Relation::Less),
    (">", Relation::Greater),
    ("IS", Relation::Equal),
    ("NOT", Relation::NotEqual),
    ("BELOW", Relation::Less),
    ("ABOVE", Relation::Greater),
];

fn status_word(word: &str) -> Option<InitialStatus> {
    match word {
        w if starts_with(w, "OPEN") => Some(InitialStatus::Open),
        w if starts_with(w, "CLOSED") => Some(InitialStatus::Closed),
        w if starts_with(w, "ACTIVE") => Some(InitialStatus::Active),
        _ => None,
    }
}

impl Reader {
    pub(super) fn rule_line(&mut self, line: &Line<'_>) -> Outcome {
        let outcome = self.clause(line);
        if outcome.is_err() {
            self.rule.spoiled = true;
        }
        outcome
    }

    pub(super) fn finish_rule(&mut self) {
        if let Some(rule) = self.rule.rule.take()
            && !self.rule.spoiled
        {
            self.project.rules.push(rule);
        }
        self.rule.spoiled = false;
    }

    fn clause(&mut self, line: &Line<'_>) -> Outcome {
        let word = line.token(0);
        let misplaced = || {
            fault(
                format!("rule clause `{word}` is out of place"),
                "order a rule as RULE, IF, THEN, ELSE, PRIORITY",
            )
        };
        let part = self.rule.part;
        let started = self.rule.rule.is_some();
        if starts_with(word, "RULE") {
            self.finish_rule();
            let name = line.token(1).to_owned();
            self.rule =
                Growing { rule: Some(Rule { name, ..Rule::default() }), part: Part::Name, spoiled: false };
            if line.tokens.len() != 2 {
                return Err(fault("a rule has no name of one word", "write RULE and a name"));
            }
            return Ok(());
        }
        if !started {
            return Err(misplaced());
        }
        match () {
            () if starts_with(word, "IF") && part == Part::Name => {
                self.rule.part = Part::If;
                self.premise(line, false)
            }
            () if starts_with(word, "AND") && part == Part::If => self.premise(line, false),
            () if starts_with(word, "OR") && part == Part::If => self.premise(line, true),
            () if starts_with(word, "AND") && matches!(part, Part::Then | Part::Else) => self.action(line),
            () if starts_with(word, "THEN") && part == Part::If => {
                self.rule.part = Part::Then;
                self.action(line)
            }
            () if starts_with(word, "ELSE") && part == Part::Then => {
                self.rule.part = Part::Else;
                self.action(line)
            }
            () if starts_with(word, "PRIO") && matches!(part, Part::Then | Part::Else) => {
                self.rule.part = Part::Priority;
                let value = figure(line, 1, "priority")?;
                if let Some(rule) = &mut self.rule.rule {
                    rule.priority = value;
                }
                Ok(())
            }
            () if starts_with(word, "DISABLED") && !matches!(part, Part::Name | Part::If) => {
                if let Some(rule) = &mut self.rule.rule {
                    rule.disabled = true;
                }
                Ok(())
            }
            () => Err(misplaced()),
        }
    }

    fn premise(&mut self, line: &Line<'_>, or: bool) -> Outcome {
        let count = line.tokens.len();
        let unreadable = || {
            fault(
                format!("premise `{}` cannot be read", line.text.trim()),
                "write object, name, quantity, relation and value (SYSTEM has no name)",
            )
        };
        if count != 5 && count != 6 {
            return Err(unreadable());
        }
        let object = line.token(1);
        let system = starts_with(object, "SYSTEM");
        let at = if system { 2 } else { 3 };
        let variable = VARIABLES
            .iter()
            .find(|(w, _)| starts_with(line.token(at), w))
            .map(|(_, v)| *v)
            .ok_or_else(unreadable)?;
        let relation = RELATIONS
            .iter()
            .find(|(w, _)| starts_with(line.token(at + 1), w))
            .map(|(_, r)| *r)
            .ok_or_else(unreadable)?;
        let subject = if system {
            Subject::System
        } else if ["JUNC", "RESER", "TANK", "NODE"].iter().any(|k| starts_with(object, k)) {
            Subject::Node(follow!(self.find_node(line.token(2)).map_err(named("rule"))))
        } else if ["PIPE", "PUMP", "VALVE", "LINK"].iter().any(|k| starts_with(object, k)) {
            Subject::Link(follow!(self.find_link(line.token(2)).map_err(named("rule"))))
        } else {
            return Err(unreadable());
        };
        if !self.fits(subject, variable) {
            return Err(fault(
                format!("premise `{}`: this object has no such quantity", line.text.trim()),
                "choose a quantity of the object",
            ));
        }
        let value = premise_value(line, at + 2, variable)?;
        if let Some(rule) = &mut self.rule.rule {
            rule.premises.push(Premise { or, subject, variable, relation, value });
        }
        Ok(())
    }

    fn fits(&self, subject: Subject, variable: Variable) -> bool {
        use Variable::{
            ClockTime, Demand, DrainTime, FillTime, Flow, Grade, Head, Level, Pressure, Setting, Status, Time,
        };
        match subject {
            Subject::System => matches!(variable, Demand | Time | ClockTime),
            Subject::Link(_) => matches!(variable, Flow | Status | Setting),
            Subject::Node(node) => match variable {
                Demand | Head | Grade | Level | Pressure => true,
                FillTime | DrainTime => {
                    self.project.nodes.get(node).is_some_and(|n| !matches!(n.kind, NodeKind::Junction { .. }))
                }
                _ => false,
            },
        }
    }

    fn action(&mut self, line: &Line<'_>) -> Outcome {
        if line.tokens.len() != 6 {
            return Err(fault(
                format!("action `{}` cannot be read", line.text.trim()),
                "write LINK, its name, STATUS or SETTING, IS and a value",
            ));
        }
        let link = follow!(self.find_link(line.token(2)).map_err(named("rule")));
        let Some(target) = self.project.links.get(link) else { return Ok(()) };
        if matches!(&target.kind, LinkKind::Pipe(p) if p.check_valve) {
            return Err(fault(
                format!("rule: pipe `{}` has a check valve", target.name),
                "act on another link",
            ));
        }
        let word = line.token(5);
        let value = match status_word(word) {
            Some(status) => RuleValue::Status(status),
            None if is_number(word) => {
                let value = super::not_below_zero(line, "setting", figure(line, 5, "setting")?)?;
                match &target.kind {
                    LinkKind::Valve(v) if v.kind == ValveKind::Gpv => {
                        return Err(fault(
                            format!("rule: valve `{}` is a GPV and has no setting", target.name),
                            "write OPEN or CLOSED",
                        ));
                    }
                    LinkKind::Pipe(_) if value == 0.0 => RuleValue::Status(InitialStatus::Closed),
                    LinkKind::Pipe(_) => RuleValue::Status(InitialStatus::Open),
                    _ => RuleValue::Number(value),
                }
            }
            None => {
                return Err(fault(
                    format!("rule: `{word}` is neither a status nor a number"),
                    "write OPEN, CLOSED or a setting",
                ));
            }
        };
        let otherwise = self.rule.part == Part::Else;
        if let Some(rule) = &mut self.rule.rule {
            (if otherwise { &mut rule.otherwise } else { &mut rule.then }).push(Action { link, value });
        }
        Ok(())
    }
}

fn premise_value(line: &Line<'_>, at: usize, variable: Variable) -> Outcome<RuleValue> {
    let last = line.tokens.len() - 1;
    if matches!(variable, Variable::Time | Variable::ClockTime) {
        let unit = if last > at { line.token(last) } else { "" };
        let hours = hours(line.token(at), unit).ok_or_else(|| {
            fault(
                format!("rule: `{}` is not a time", line.token(at)),
                "write hours or h:mm, with AM or PM if wanted",
            )
        })?;
        return Ok(RuleValue::Number(hours * 3600.0));
    }
    if let Some(status) = status_word(line.token(last)) {
        return Ok(RuleValue::Status(status));
    }
    let value = figure(line, last, "value")?;
    let seconds = matches!(variable, Variable::FillTime | Variable::DrainTime);
    Ok(RuleValue::Number(if seconds { value * 3600.0 } else { value }))
}
