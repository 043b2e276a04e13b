//! 指令的一生: 申请 → 批准|拒绝 → 下发 → 应答|超时 → 回读.

use super::Ask;
use crate::id::{CommandId, PersonId, StationCode};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a command is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandState {
    /// 已申请: waits for somebody to allow it.
    Asked,
    /// 已批准: waits for the station to be reached.
    Allowed,
    /// 已拒绝: by a person or by an interlock.
    Refused,
    /// 已下发: on its way; what the station did is not known yet.
    Sent,
    /// 已应答: the station answered, with yes or no.
    Answered,
    /// 超时: the station was not reached, or did not answer.
    TimedOut,
    /// 已回读: what the station shows afterwards was compared with what was asked.
    ReadBack,
}

impl CommandState {
    /// The name used in the API and in stored records.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Sent => "sent",
            Self::Answered => "answered",
            Self::TimedOut => "timed_out",
            Self::ReadBack => "read_back",
        }
    }

    /// Somebody or something still has to act before the station has had its say.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Asked | Self::Allowed | Self::Sent)
    }
}

/// Who decided about a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "person")]
pub enum Decider {
    /// A person.
    Person(PersonId),
    /// 常规授权: harmless commands are allowed without asking anybody.
    StandingOrder,
    /// 联锁: the server's own check.
    Interlock,
}

/// Why nothing came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Silence {
    /// The station did not come on line in time: nothing was sent.
    NotReached,
    /// It was sent and no answer came: the station may have done it.
    NoAnswer,
    /// The connection ended before an answer: the station may have done it.
    LineLost,
    /// The server ended between sending and answer: the station may have done it.
    Restarted,
}

/// 申请: a command to be asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCommand {
    /// 测站.
    pub station: StationCode,
    /// What it shall be asked or told.
    pub ask: Ask,
    /// Why, in the asker's words; may be empty for a harmless one.
    pub reason: String,
    /// Who asks.
    pub by: PersonId,
    /// If the station is not reached until then, it is not sent any more.
    pub expires_at: Time,
}

/// 指令.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// Its number.
    pub id: CommandId,
    /// 测站.
    pub station: StationCode,
    /// What it is asked or told.
    pub ask: Ask,
    /// Why, in the asker's words.
    pub reason: String,
    /// Where it is in its life.
    pub state: CommandState,
    /// Who asked.
    pub asked_by: PersonId,
    /// When.
    pub asked_at: Time,
    /// If the station is not reached until then, it is not sent any more.
    pub expires_at: Time,
    /// Who allowed or refused it.
    pub decided_by: Option<Decider>,
    /// When.
    pub decided_at: Option<Time>,
    /// Why it was refused: a code for machines and a sentence.
    pub refusal: Option<(String, String)>,
    /// The protocol it was sent in.
    pub protocol: Option<String>,
    /// When it was sent; the note is durable before the first byte leaves.
    pub sent_at: Option<Time>,
    /// Whether the station did as told; `None` until it answered.
    pub done: Option<bool>,
    /// What the station answered.
    pub answer: Option<Value>,
    /// When.
    pub answered_at: Option<Time>,
    /// Why there is no answer.
    pub silence: Option<Silence>,
    /// What was seen afterwards, and whether it is what was asked for.
    pub read_back: Option<ReadBack>,
    /// Last change.
    pub changed_at: Time,
}

/// 回读.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadBack {
    /// When.
    pub at: Time,
    /// Whether the station shows what it was told.
    pub matches: bool,
    /// What it shows.
    pub seen: Value,
}

/// What can happen to a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum CommandAct {
    /// It may be sent.
    Allow {
        /// Who says so.
        by: Decider,
    },
    /// It is not sent.
    Refuse {
        /// Who says so.
        by: Decider,
        /// For machines: `person`, or the interlock's code.
        code: String,
        /// For people.
        reason: String,
    },
    /// It is about to leave.
    Send {
        /// In which protocol.
        protocol: String,
    },
    /// The station answered.
    Answer {
        /// Whether it did as told.
        done: bool,
        /// What it said.
        answer: Value,
    },
    /// No answer.
    TimeOut {
        /// Why.
        silence: Silence,
    },
    /// It was looked at what the station shows afterwards.
    ReadBack {
        /// Whether that is what was asked for.
        matches: bool,
        /// What it shows.
        seen: Value,
    },
}

impl CommandAct {
    /// The name used in journal lines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Allow { .. } => "allow",
            Self::Refuse { .. } => "refuse",
            Self::Send { .. } => "send",
            Self::Answer { .. } => "answer",
            Self::TimeOut { .. } => "time_out",
            Self::ReadBack { .. } => "read_back",
        }
    }
}

/// Why something cannot happen to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum CommandRefusal {
    /// Not in this state.
    #[error("the command is past that: see its state")]
    OutOfTurn,
    /// 四眼原则: who asks does not allow.
    #[error("somebody else must allow it than the one who asked")]
    OwnCommand,
    /// A person who refuses says why.
    #[error("say why it is refused")]
    ReasonNeeded,
    /// Its time is over.
    #[error("its time is over: ask again")]
    Expired,
}

impl Command {
    /// A command that somebody asks for at `at`.
    #[must_use]
    pub fn asked(id: CommandId, new: NewCommand, at: Time) -> Self {
        Self {
            id,
            station: new.station,
            ask: new.ask,
            reason: new.reason,
            state: CommandState::Asked,
            asked_by: new.by,
            asked_at: at,
            expires_at: new.expires_at,
            decided_by: None,
            decided_at: None,
            refusal: None,
            protocol: None,
            sent_at: None,
            done: None,
            answer: None,
            answered_at: None,
            silence: None,
            read_back: None,
            changed_at: at,
        }
    }

    /// The command after `act` at `at`.
    ///
    /// # Errors
    /// [`CommandRefusal`] when its life does not allow that now; the command is unchanged then.
    pub fn step(&self, act: &CommandAct, at: Time) -> Result<Self, CommandRefusal> {
        use CommandState as S;
        let mut next = self.clone();
        next.changed_at = at;
        match act {
            CommandAct::Allow { by } => {
                self.must_be(&[S::Asked])?;
                match by {
                    Decider::Person(person) if *person == self.asked_by => {
                        return Err(CommandRefusal::OwnCommand);
                    }
                    Decider::Person(_) => {}
                    Decider::StandingOrder if self.ask.is_harmless() => {}
                    Decider::StandingOrder | Decider::Interlock => return Err(CommandRefusal::OutOfTurn),
                }
                if at >= self.expires_at {
                    return Err(CommandRefusal::Expired);
                }
                (next.state, next.decided_by, next.decided_at) = (S::Allowed, Some(*by), Some(at));
            }
            CommandAct::Refuse { by, code, reason } => {
                self.must_be(&[S::Asked, S::Allowed])?;
                if reason.trim().is_empty() {
                    return Err(CommandRefusal::ReasonNeeded);
                }
                (next.state, next.decided_by, next.decided_at) = (S::Refused, Some(*by), Some(at));
                next.refusal = Some((code.clone(), reason.trim().to_owned()));
            }
            CommandAct::Send { protocol } => {
                self.must_be(&[S::Allowed])?;
                if at >= self.expires_at {
                    return Err(CommandRefusal::Expired);
                }
                (next.state, next.sent_at, next.protocol) = (S::Sent, Some(at), Some(protocol.clone()));
            }
            CommandAct::Answer { done, answer } => {
                self.must_be(&[S::Sent])?;
                (next.state, next.answered_at) = (S::Answered, Some(at));
                (next.done, next.answer) = (Some(*done), Some(answer.clone()));
            }
            CommandAct::TimeOut { silence } => {
                let from =
                    if *silence == Silence::NotReached { [S::Asked, S::Allowed] } else { [S::Sent; 2] };
                self.must_be(&from)?;
                (next.state, next.silence) = (S::TimedOut, Some(*silence));
            }
            CommandAct::ReadBack { matches, seen } => {
                self.must_be(&[S::Answered, S::TimedOut])?;
                next.state = S::ReadBack;
                next.read_back = Some(ReadBack { at, matches: *matches, seen: seen.clone() });
            }
        }
        if !next.state.is_open() {
            // What a secret was for is over.
            next.ask = next.ask.blotted();
        }
        Ok(next)
    }

    fn must_be(&self, states: &[CommandState]) -> Result<(), CommandRefusal> {
        if states.contains(&self.state) { Ok(()) } else { Err(CommandRefusal::OutOfTurn) }
    }

    /// The same without its secrets, to be shown and written down.
    #[must_use]
    pub fn blotted(&self) -> Self {
        Self { ask: self.ask.blotted(), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKER: PersonId = PersonId(1);
    const OTHER: Decider = Decider::Person(PersonId(2));

    fn at(minute: i64) -> Time {
        Time::from_ms(1_625_000_000_000 + minute * 60_000)
    }

    fn asked(ask: Ask) -> Command {
        let new = NewCommand {
            station: StationCode::new("3307820001").unwrap(),
            ask,
            reason: "test".into(),
            by: ASKER,
            expires_at: at(10),
        };
        Command::asked(CommandId(1), new, at(0))
    }

    const START: Ask = Ask::SwitchPump { pump: 1, on: true };

    fn send() -> CommandAct {
        CommandAct::Send { protocol: "sl651".into() }
    }

    #[test]
    fn a_switch_is_allowed_only_by_somebody_else() {
        let own = CommandAct::Allow { by: Decider::Person(ASKER) };
        assert_eq!(asked(START).step(&own, at(1)), Err(CommandRefusal::OwnCommand));
        let standing = CommandAct::Allow { by: Decider::StandingOrder };
        assert_eq!(asked(START).step(&standing, at(1)), Err(CommandRefusal::OutOfTurn));
        let allowed = asked(START).step(&CommandAct::Allow { by: OTHER }, at(1)).unwrap();
        assert_eq!(allowed.state, CommandState::Allowed);
        assert_eq!(
            asked(Ask::SetClock).step(&standing, at(1)).unwrap().decided_by,
            Some(Decider::StandingOrder)
        );
    }

    #[test]
    fn a_command_is_sent_once_and_never_after_its_time() {
        let allowed = asked(START).step(&CommandAct::Allow { by: OTHER }, at(1)).unwrap();
        assert_eq!(allowed.step(&send(), at(10)), Err(CommandRefusal::Expired));
        let sent = allowed.step(&send(), at(2)).unwrap();
        assert_eq!(sent.step(&send(), at(3)), Err(CommandRefusal::OutOfTurn));
        let lost = sent.step(&CommandAct::TimeOut { silence: Silence::Restarted }, at(3)).unwrap();
        assert_eq!(lost.step(&send(), at(4)), Err(CommandRefusal::OutOfTurn));
        let seen = CommandAct::ReadBack { matches: true, seen: Value::from(1) };
        assert_eq!(lost.step(&seen, at(5)).unwrap().state, CommandState::ReadBack);
    }

    #[test]
    fn a_secret_is_gone_once_the_command_is_over() {
        let command = asked(Ask::SetPassword { password: "1234".into() });
        let refuse = CommandAct::Refuse { by: OTHER, code: "person".into(), reason: "no".into() };
        let refused = command.step(&refuse, at(1)).unwrap();
        assert!(!serde_json::to_string(&refused).unwrap().contains("1234"));
        assert!(!serde_json::to_string(&command.blotted()).unwrap().contains("1234"));
    }
}
