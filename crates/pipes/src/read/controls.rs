//! `[CONTROLS]`: one statement a line.

use super::options::hours;
use super::{Outcome, Reader, fault, figure, follow};
use crate::project::{Control, InitialStatus, LinkKind, Trigger, ValveKind};
use numerics::inp::{Line, number, starts_with};

impl Reader {
    pub(super) fn control(&mut self, line: &Line<'_>) -> Outcome {
        let mut count = line.tokens.len();
        let enabled = !starts_with(line.token(count - 1), "DISABLED");
        if !enabled {
            count -= 1;
        }
        if !starts_with(line.token(0), "LINK")
            && !["PIPE", "PUMP", "VALVE"].iter().any(|k| starts_with(line.token(0), k))
            || count < 6
        {
            return Err(fault(
                format!("control `{}` cannot be read", line.text.trim()),
                "write LINK x status IF NODE y ABOVE/BELOW z, or AT TIME/CLOCKTIME t",
            ));
        }
        let link = follow!(self.find_link(line.token(1)).map_err(named("control")));
        let (status, setting) = self.control_effect(line, link)?;
        let trigger = match line.token(4) {
            w if starts_with(w, "TIME") || starts_with(w, "CLOCKTIME") => {
                let unit = if count > 6 { line.token(6) } else { "" };
                let hours = hours(line.token(5), unit).ok_or_else(|| {
                    fault(
                        format!("control: `{} {unit}` is not a time", line.token(5)),
                        "write hours or h:mm, with AM or PM if wanted",
                    )
                })?;
                #[expect(clippy::cast_possible_truncation, reason = "hours() is bounded")]
                let seconds = (hours * 3600.0) as i64;
                if starts_with(w, "TIME") {
                    Trigger::Time(seconds)
                } else {
                    Trigger::ClockTime(seconds % 86_400)
                }
            }
            _ => {
                let node = follow!(self.find_node(line.token(5)).map_err(named("control")));
                let value = figure(line, 7, "level")?;
                match line.token(6) {
                    w if starts_with(w, "BELOW") => Trigger::Below { node, value },
                    w if starts_with(w, "ABOVE") => Trigger::Above { node, value },
                    w => {
                        return Err(fault(
                            format!("control: `{w}` is neither ABOVE nor BELOW"),
                            "write one of them",
                        ));
                    }
                }
            }
        };
        self.project.controls.push(Control { link, status, setting, trigger, enabled });
        Ok(())
    }

    fn control_effect(&self, line: &Line<'_>, link: usize) -> Outcome<(InitialStatus, Option<f64>)> {
        let Some(link) = self.project.links.get(link) else { return Ok((InitialStatus::Open, None)) };
        let word = line.token(2);
        if matches!(&link.kind, LinkKind::Pipe(p) if p.check_valve) {
            return Err(fault(
                format!("control: pipe `{}` has a check valve", link.name),
                "remove the control",
            ));
        }
        let gpv = matches!(&link.kind, LinkKind::Valve(v) if v.kind == ValveKind::Gpv);
        let pump = matches!(&link.kind, LinkKind::Pump(_));
        let pipe = matches!(&link.kind, LinkKind::Pipe(_));
        if starts_with(word, "OPEN") {
            return Ok((InitialStatus::Open, pump.then_some(1.0)));
        }
        if starts_with(word, "CLOSED") {
            return Ok((InitialStatus::Closed, pump.then_some(0.0)));
        }
        if gpv {
            return Err(fault(
                format!("control: valve `{}` is a GPV and has no setting", link.name),
                "write OPEN or CLOSED",
            ));
        }
        let Some(value) = number(word) else {
            return Err(fault(
                format!("control of link `{}`: `{word}` is neither a status nor a number", link.name),
                "write OPEN, CLOSED or a setting",
            ));
        };
        if pump || pipe {
            if value < 0.0 {
                return Err(fault(
                    format!("control of link `{}`: setting {value} is below zero", link.name),
                    "give zero or more",
                ));
            }
            let status = if value == 0.0 { InitialStatus::Closed } else { InitialStatus::Open };
            return Ok((status, pump.then_some(value)));
        }
        Ok((InitialStatus::Active, Some(value)))
    }
}

/// Says of which kind of line a missing name was met in.
pub(super) fn named(kind: &'static str) -> impl Fn(super::Missing) -> super::Missing {
    move |missing| match missing {
        super::Missing::Unknown(f) => {
            super::Missing::Unknown(fault(format!("{kind}: {}", f.message), f.remedy))
        }
        super::Missing::Known => super::Missing::Known,
    }
}
