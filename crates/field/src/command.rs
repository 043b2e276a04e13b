//! 指令: what a station is asked or told, and the life of asking: 申请 → 批准|拒绝 → 下发 → 应答|超时 → 回读.
//!
//! Pure. A command that switches something is allowed by another person than the one who asked; a
//! harmless one (a question, the clock) by a standing order. Nothing is ever sent twice: whoever
//! wants it again asks again.

use crate::id::{CommandId, PersonId, StationCode};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// 指令内容: what a station is asked or told, in no protocol's words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// 校时: the station's clock is set to the centre's at the moment of sending.
    SetClock,
    /// 查询时钟.
    QueryClock,
    /// 查询实时数据.
    QueryCurrent,
    /// 查询时段数据, from one moment to another, of one element.
    QueryPeriod {
        /// First moment.
        from: Time,
        /// Last moment.
        to: Time,
        /// Minutes between two values.
        step_min: u16,
        /// Protocol element id, such as `39`.
        element: String,
    },
    /// 查询人工置数.
    QueryManual,
    /// 查询指定要素.
    QueryElements {
        /// Protocol element ids.
        elements: Vec<String>,
    },
    /// 查询图片.
    QueryPicture,
    /// 查询状态和报警.
    QueryStatus,
    /// 查询水泵电机工作数据.
    QueryMotors,
    /// 查询软件版本.
    QueryVersion,
    /// 查询事件记录.
    QueryEvents,
    /// 读取参数.
    ReadParameters {
        /// Which table.
        table: ParameterTable,
        /// Parameter ids, such as `20`; empty is not allowed.
        ids: Vec<String>,
    },
    /// 修改参数.
    SetParameters {
        /// Which table.
        table: ParameterTable,
        /// Values by parameter id, as a person writes them.
        values: BTreeMap<String, String>,
    },
    /// 初始化固态存储: erases what the station remembers.
    ClearMemory,
    /// 恢复出厂设置.
    FactoryReset,
    /// 修改密码.
    SetPassword {
        /// The new one; blotted out wherever it is shown or written down.
        password: String,
    },
    /// 设置 IC 卡状态.
    SetIcCard {
        /// Whether cards work.
        enabled: bool,
    },
    /// 水泵开关.
    SwitchPump {
        /// Which pump, from 1.
        pump: u8,
        /// Start or stop.
        on: bool,
    },
    /// 阀门开关.
    SwitchValve {
        /// Which valve, from 1.
        valve: u8,
        /// Open or close.
        open: bool,
    },
    /// 闸门控制.
    SetGate {
        /// Which gate, from 1.
        gate: u8,
        /// 开启高度, m; 0 closes.
        opening_m: f64,
    },
    /// 水量定值控制.
    SetQuota {
        /// Whether the constant value is in force.
        enabled: bool,
    },
    /// 写点: a value for a named target (a register, a topic, a node) of the station's map.
    Write {
        /// Its name in the station's map.
        target: String,
        /// The value, in the target's unit.
        value: f64,
    },
}

/// 参数表.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterTable {
    /// 基本配置表 (SL 651 40H, 41H).
    Basic,
    /// 运行参数配置表 (SL 651 42H, 43H).
    Running,
}

/// What stands where a secret was.
const BLOT: &str = "••••";

impl Ask {
    /// Most elements, parameters or values in one command.
    pub const MAX_ITEMS: usize = 64;
    /// Longest text in a command, characters.
    pub const MAX_TEXT: usize = 200;

    /// The name used in the API and in stored records.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SetClock => "set_clock",
            Self::QueryClock => "query_clock",
            Self::QueryCurrent => "query_current",
            Self::QueryPeriod { .. } => "query_period",
            Self::QueryManual => "query_manual",
            Self::QueryElements { .. } => "query_elements",
            Self::QueryPicture => "query_picture",
            Self::QueryStatus => "query_status",
            Self::QueryMotors => "query_motors",
            Self::QueryVersion => "query_version",
            Self::QueryEvents => "query_events",
            Self::ReadParameters { .. } => "read_parameters",
            Self::SetParameters { .. } => "set_parameters",
            Self::ClearMemory => "clear_memory",
            Self::FactoryReset => "factory_reset",
            Self::SetPassword { .. } => "set_password",
            Self::SetIcCard { .. } => "set_ic_card",
            Self::SwitchPump { .. } => "switch_pump",
            Self::SwitchValve { .. } => "switch_valve",
            Self::SetGate { .. } => "set_gate",
            Self::SetQuota { .. } => "set_quota",
            Self::Write { .. } => "write",
        }
    }

    /// Changes nothing but what is known (or a clock): a standing order allows it at once.
    #[must_use]
    pub const fn is_harmless(&self) -> bool {
        matches!(
            self,
            Self::SetClock
                | Self::QueryClock
                | Self::QueryCurrent
                | Self::QueryPeriod { .. }
                | Self::QueryManual
                | Self::QueryElements { .. }
                | Self::QueryPicture
                | Self::QueryStatus
                | Self::QueryMotors
                | Self::QueryVersion
                | Self::QueryEvents
                | Self::ReadParameters { .. }
        )
    }

    /// Moves something in the field: interlocks are looked at.
    #[must_use]
    pub const fn moves_something(&self) -> bool {
        matches!(
            self,
            Self::SwitchPump { .. } | Self::SwitchValve { .. } | Self::SetGate { .. } | Self::Write { .. }
        )
    }

    /// Changes how the station works: only an administrator allows it.
    #[must_use]
    pub const fn changes_the_station(&self) -> bool {
        matches!(
            self,
            Self::SetParameters { .. }
                | Self::ClearMemory
                | Self::FactoryReset
                | Self::SetPassword { .. }
                | Self::SetIcCard { .. }
                | Self::SetQuota { .. }
        )
    }

    /// The same without its secrets, to be shown and written down.
    #[must_use]
    pub fn blotted(&self) -> Self {
        match self {
            Self::SetPassword { .. } => Self::SetPassword { password: BLOT.to_owned() },
            Self::SetParameters { table, values } => {
                // Basic parameter 03 is the station's password (table D.1).
                let blot = |id: &String, value: &String| {
                    let secret = *table == ParameterTable::Basic && id.trim_start_matches('0') == "3";
                    (id.clone(), if secret { BLOT.to_owned() } else { value.clone() })
                };
                let values = values.iter().map(|(id, value)| blot(id, value)).collect();
                Self::SetParameters { table: *table, values }
            }
            other => other.clone(),
        }
    }

    /// Whether its lists and texts are within bounds and its numbers are numbers.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let short = |text: &String| !text.is_empty() && text.chars().count() <= Self::MAX_TEXT;
        let some = |count: usize| (1..=Self::MAX_ITEMS).contains(&count);
        match self {
            Self::QueryPeriod { from, to, step_min, element } => {
                from <= to && *step_min > 0 && short(element)
            }
            Self::QueryElements { elements: list } | Self::ReadParameters { ids: list, .. } => {
                some(list.len()) && list.iter().all(short)
            }
            Self::SetParameters { values, .. } => {
                some(values.len()) && values.iter().all(|(id, value)| short(id) && short(value))
            }
            Self::SetPassword { password } => short(password),
            Self::SwitchPump { pump: which, .. } | Self::SwitchValve { valve: which, .. } => *which > 0,
            Self::SetGate { gate, opening_m } => *gate > 0 && (0.0..=100.0).contains(opening_m),
            Self::Write { target, value } => short(target) && value.is_finite(),
            _ => true,
        }
    }
}

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

/// 联锁条件 of a station, as an administrator set them; what is not set is not checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Interlocks {
    /// 停泵水位, in the unit and datum of the station's level or depth point: below it no pump is
    /// started, and without a fresh level neither.
    pub pump_stop_level_m: Option<f64>,
    /// 闸门最大开度, m.
    pub gate_opening_max_m: Option<f64>,
}

/// What an interlock looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Facts {
    /// The station is under maintenance: somebody may have hands in the machine.
    pub maintenance: bool,
    /// The newest usable level or depth, m, if it is fresh.
    pub level_m: Option<f64>,
}

/// 联锁: why a command may not move anything now.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum Interlocked {
    /// Somebody works there.
    #[error("the station is under maintenance: end the maintenance first")]
    Maintenance,
    /// 水位低于停泵水位.
    #[error("the level is {level_m} m, below the pump's stop level of {stop_m} m")]
    LevelBelowStop {
        /// The level now.
        level_m: f64,
        /// The stop level.
        stop_m: f64,
    },
    /// There is no fresh level to judge by.
    #[error("no fresh level is known, so the pump's stop level of {stop_m} m cannot be checked")]
    LevelUnknown {
        /// The stop level.
        stop_m: f64,
    },
    /// 开度超限.
    #[error("an opening of {asked_m} m is more than the gate's greatest, {max_m} m")]
    OpeningTooLarge {
        /// What was asked for.
        asked_m: f64,
        /// The greatest allowed.
        max_m: f64,
    },
}

impl Interlocked {
    /// The stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Maintenance => "station_in_maintenance",
            Self::LevelBelowStop { .. } => "level_below_stop",
            Self::LevelUnknown { .. } => "level_unknown",
            Self::OpeningTooLarge { .. } => "opening_too_large",
        }
    }
}

impl Interlocks {
    /// Whether the command may move what it moves. Stopping a pump is never held back by a level.
    ///
    /// # Errors
    /// The first interlock that forbids it.
    pub fn check(&self, ask: &Ask, facts: Facts) -> Result<(), Interlocked> {
        if !ask.moves_something() {
            return Ok(());
        }
        if facts.maintenance {
            return Err(Interlocked::Maintenance);
        }
        match (ask, self) {
            (Ask::SwitchPump { on: true, .. }, Self { pump_stop_level_m: Some(stop_m), .. }) => {
                match facts.level_m {
                    None => Err(Interlocked::LevelUnknown { stop_m: *stop_m }),
                    Some(level_m) if level_m < *stop_m => {
                        Err(Interlocked::LevelBelowStop { level_m, stop_m: *stop_m })
                    }
                    Some(_) => Ok(()),
                }
            }
            (Ask::SetGate { opening_m, .. }, Self { gate_opening_max_m: Some(max_m), .. })
                if opening_m > max_m =>
            {
                Err(Interlocked::OpeningTooLarge { asked_m: *opening_m, max_m: *max_m })
            }
            _ => Ok(()),
        }
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
        Command {
            id: CommandId(1),
            station: StationCode::new("3307820001").unwrap(),
            ask,
            reason: "test".into(),
            state: CommandState::Asked,
            asked_by: ASKER,
            asked_at: at(0),
            expires_at: at(10),
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
            changed_at: at(0),
        }
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

    #[test]
    fn a_pump_is_not_started_below_its_stop_level_nor_blindly_but_always_stopped() {
        let locks = Interlocks { pump_stop_level_m: Some(2.0), gate_opening_max_m: Some(1.5) };
        let facts = |level_m| Facts { level_m, maintenance: false };
        let code = |ask: &Ask, facts| locks.check(ask, facts).map_err(Interlocked::code);
        assert_eq!(code(&START, facts(Some(1.9))), Err("level_below_stop"));
        assert_eq!(code(&START, facts(None)), Err("level_unknown"));
        assert_eq!(code(&START, facts(Some(2.0))), Ok(()));
        assert_eq!(code(&Ask::SwitchPump { pump: 1, on: false }, facts(None)), Ok(()));
        let hands = Facts { maintenance: true, level_m: Some(3.0) };
        assert_eq!(code(&START, hands), Err("station_in_maintenance"));
        assert_eq!(code(&Ask::SetClock, hands), Ok(()));
        let wide = Ask::SetGate { gate: 1, opening_m: 1.6 };
        assert_eq!(code(&wide, facts(None)), Err("opening_too_large"));
    }
}
