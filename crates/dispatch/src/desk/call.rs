//! What a journal line asks of the desk. Pure.

use crate::error::DispatchError;
use field::alarm::{Alarm, AlarmState};
use field::id::{AlarmId, JournalSeq, MessageId};
use field::message::Message;
use field::order::Order;
use serde::de::DeserializeOwned;
use store::{Line, Subject};

/// What a line asks for.
#[derive(Debug)]
pub(super) enum Effect {
    /// An alarm may have to call somebody.
    Alarm { id: AlarmId, then: Box<Alarm>, act: AlarmCall, seq: JournalSeq },
    /// An alarm may have to be closed.
    Close { id: AlarmId },
    /// The order is somebody else's now.
    Reassigned { order: Box<Order>, reason: String, seq: JournalSeq },
    /// Somebody else asked for a message.
    Asked { message: Box<Message> },
    /// A message's person cannot be reached.
    Unreachable { message: MessageId },
}

/// Why an alarm may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AlarmCall {
    /// It was raised.
    Raise,
    /// It was judged anew: worse, milder, or back again.
    Judge,
    /// It came off the shelf, or its station out of maintenance.
    Back,
}

/// Reads a line.
pub(super) fn effect_of(line: &Line) -> Result<Option<Effect>, DispatchError> {
    Ok(match (line.subject(), line.act.as_str()) {
        (Some(Subject::Alarm(id)), act) => alarm_effect(line, id, act)?,
        (Some(Subject::Order(_)), "reassign") => {
            let reason = line.body.pointer("/act/reason").and_then(|r| r.as_str()).unwrap_or_default();
            let order = part(line, "order")?;
            Some(Effect::Reassigned { order: Box::new(order), reason: reason.to_owned(), seq: line.seq })
        }
        (Some(Subject::Message(_)), "message") if line.actor != crate::ACTOR => {
            Some(Effect::Asked { message: Box::new(part(line, "message")?) })
        }
        (Some(Subject::Message(message)), crate::UNREACHABLE) => Some(Effect::Unreachable { message }),
        _ => None,
    })
}

fn alarm_effect(line: &Line, id: AlarmId, act: &str) -> Result<Option<Effect>, DispatchError> {
    let call = match act {
        "raise" => AlarmCall::Raise,
        "judge" => AlarmCall::Judge,
        "unshelve" | "unsuppress" => AlarmCall::Back,
        "return" | "acknowledge" => {
            let alarm: Alarm = part(line, "alarm")?;
            return Ok((alarm.state == AlarmState::Returned).then_some(Effect::Close { id }));
        }
        _ => return Ok(None),
    };
    let then: Alarm = part(line, "alarm")?;
    let calls = then.is_calling() && then.state == AlarmState::Raised;
    Ok(calls.then(|| Effect::Alarm { id, then: Box::new(then), act: call, seq: line.seq }))
}

/// A part of a line's body.
pub(super) fn part<T: DeserializeOwned>(line: &Line, name: &str) -> Result<T, DispatchError> {
    let value = line.body.get(name).cloned().unwrap_or_default();
    serde_json::from_value(value).map_err(|e| DispatchError::BadLine {
        seq: line.seq.0,
        act: line.act.clone(),
        detail: format!("`{name}`: {e}"),
    })
}

/// What people are told of an alarm that calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Raised,
    Worse,
    Again,
}

impl Told {
    /// The template's name.
    pub(super) const fn template(self) -> &'static str {
        match self {
            Self::Raised => "alarm_raised",
            Self::Worse => "alarm_worse",
            Self::Again => "alarm_again",
        }
    }
}

/// What to tell, given the alarm before the line. `None`: nothing new for anybody.
pub(super) fn told(call: AlarmCall, then: &Alarm, before: Option<&Alarm>) -> Option<Told> {
    match (call, before) {
        (AlarmCall::Raise, _) => Some(Told::Raised),
        (AlarmCall::Back, _) => Some(Told::Again),
        (AlarmCall::Judge, None) => Some(Told::Raised),
        (AlarmCall::Judge, Some(before)) if !before.state.is_active() => Some(Told::Again),
        (AlarmCall::Judge, Some(before)) => (then.severity > before.severity).then_some(Told::Worse),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use field::alarm::Evidence;
    use field::id::{BlockId, PointId, RuleId, StationCode};
    use field::severity::Severity;
    use field::time::Time;

    fn alarm(state: AlarmState, severity: Severity) -> Alarm {
        Alarm {
            id: AlarmId(1),
            rule: RuleId(1),
            kind: "level_high".into(),
            point: PointId(1),
            station: StationCode::new("3307820001").unwrap(),
            block: BlockId(1),
            state,
            severity,
            peak: Severity::Red,
            evidence: Evidence { value: 1.0, threshold: 1.0, samples: vec![] },
            raised_at: Time::MIN,
            changed_at: Time::MIN,
            acknowledged: None,
            returned_at: None,
            closed_at: None,
            shelf: None,
            suppressed: false,
        }
    }

    #[test]
    fn worse_and_again_are_told_and_milder_is_not() {
        let now = alarm(AlarmState::Raised, Severity::Orange);
        let before = |state, severity| told(AlarmCall::Judge, &now, Some(&alarm(state, severity)));
        assert_eq!(before(AlarmState::Acknowledged, Severity::Yellow), Some(Told::Worse));
        assert_eq!(before(AlarmState::Raised, Severity::Red), None);
        assert_eq!(before(AlarmState::Returned, Severity::Orange), Some(Told::Again));
        assert_eq!(told(AlarmCall::Raise, &now, None), Some(Told::Raised));
        assert_eq!(told(AlarmCall::Back, &now, Some(&now)), Some(Told::Again));
    }
}
