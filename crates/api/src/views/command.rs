//! Commands as people see them. Secrets never come this far.

use super::line::LineView;
use super::person::PersonBrief;
use super::words::Stamp;
use field::command::{Command, Decider, Silence};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Registry;
use utoipa::{IntoParams, ToSchema};

/// A command.
#[derive(Serialize, ToSchema)]
pub(crate) struct CommandView {
    pub(crate) id: i64,
    /// 测站.
    pub(crate) station: String,
    /// Such as `switch_pump`.
    pub(crate) kind: String,
    /// What it is asked or told, with its `kind`.
    #[schema(value_type = Object)]
    pub(crate) command: Value,
    pub(crate) reason: String,
    /// `asked`, `allowed`, `refused`, `sent`, `answered`, `timed_out` or `read_back`.
    pub(crate) state: String,
    /// Whether a standing order allows it.
    pub(crate) harmless: bool,
    #[schema(required)]
    pub(crate) asked_by: Option<PersonBrief>,
    pub(crate) asked_at: Stamp,
    pub(crate) expires_at: Stamp,
    /// `person`, `standing_order` or `interlock`.
    #[schema(required)]
    pub(crate) decided_by: Option<String>,
    /// The person, where it was one.
    #[schema(required)]
    pub(crate) decided_person: Option<PersonBrief>,
    #[schema(required)]
    pub(crate) decided_at: Option<Stamp>,
    #[schema(required)]
    pub(crate) refusal: Option<CommandRefusalView>,
    #[schema(required)]
    pub(crate) protocol: Option<String>,
    #[schema(required)]
    pub(crate) sent_at: Option<Stamp>,
    /// Whether the station did as told.
    #[schema(required)]
    pub(crate) done: Option<bool>,
    /// What it said.
    #[schema(value_type = Option<Object>, required)]
    pub(crate) answer: Option<Value>,
    #[schema(required)]
    pub(crate) answered_at: Option<Stamp>,
    /// `not_reached`, `no_answer`, `line_lost` or `restarted`: in the last three the station may have
    /// done it.
    #[schema(required)]
    pub(crate) silence: Option<String>,
    #[schema(required)]
    pub(crate) read_back: Option<ReadBackView>,
    pub(crate) changed_at: Stamp,
}

/// Why a command was refused.
#[derive(Serialize, ToSchema)]
pub(crate) struct CommandRefusalView {
    /// `person`, or the interlock: `station_in_maintenance`, `level_below_stop`, `level_unknown`,
    /// `opening_too_large`; or why a protocol could not send it.
    pub(crate) code: String,
    pub(crate) reason: String,
}

/// What was seen after a command.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReadBackView {
    pub(crate) at: Stamp,
    /// Whether the station shows what it was told.
    pub(crate) matches: bool,
    #[schema(value_type = Object)]
    pub(crate) seen: Value,
}

impl CommandView {
    /// With the names of those who asked and decided.
    pub(crate) fn of(registry: &Registry, command: Command) -> Self {
        let command = command.blotted();
        let brief = |id| registry.person(id).map(|person| PersonBrief::from(person.as_ref()));
        let (decided_by, decided_person) = match command.decided_by {
            None => (None, None),
            Some(Decider::Person(id)) => (Some("person"), brief(id)),
            Some(Decider::StandingOrder) => (Some("standing_order"), None),
            Some(Decider::Interlock) => (Some("interlock"), None),
        };
        Self {
            id: command.id.0,
            station: command.station.to_string(),
            kind: command.ask.code().to_owned(),
            // A command of strings and numbers always serialises.
            command: serde_json::to_value(&command.ask).unwrap_or_default(),
            reason: command.reason,
            state: command.state.code().to_owned(),
            harmless: command.ask.is_harmless(),
            asked_by: brief(command.asked_by),
            asked_at: command.asked_at.into(),
            expires_at: command.expires_at.into(),
            decided_by: decided_by.map(str::to_owned),
            decided_person,
            decided_at: command.decided_at.map(Stamp::from),
            refusal: command.refusal.map(|(code, reason)| CommandRefusalView { code, reason }),
            protocol: command.protocol,
            sent_at: command.sent_at.map(Stamp::from),
            done: command.done,
            answer: command.answer,
            answered_at: command.answered_at.map(Stamp::from),
            silence: command.silence.map(|silence| silence_code(silence).to_owned()),
            read_back: command.read_back.map(|b| ReadBackView {
                at: b.at.into(),
                matches: b.matches,
                seen: b.seen,
            }),
            changed_at: command.changed_at.into(),
        }
    }
}

const fn silence_code(silence: Silence) -> &'static str {
    match silence {
        Silence::NotReached => "not_reached",
        Silence::NoAnswer => "no_answer",
        Silence::LineLost => "line_lost",
        Silence::Restarted => "restarted",
    }
}

/// What came of an act on a command.
#[derive(Serialize, ToSchema)]
pub(crate) struct CommandActed {
    pub(crate) line: LineView,
    pub(crate) command: CommandView,
}

/// A command with its timeline.
#[derive(Serialize, ToSchema)]
pub(crate) struct CommandCard {
    #[serde(flatten)]
    pub(crate) command: CommandView,
    pub(crate) timeline: Vec<LineView>,
}

/// Asks for a command.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommandEdit {
    /// 测站.
    pub(crate) station: String,
    /// Such as `{"kind":"switch_pump","pump":1,"on":true}`; docs/commands.md lists them.
    #[schema(value_type = Object)]
    pub(crate) command: Value,
    /// Why; needed unless it is harmless.
    #[serde(default)]
    pub(crate) reason: String,
    /// How long to wait for the station to come on line, seconds: 10 to 3600, 600 when left out.
    pub(crate) wait_s: Option<u32>,
}

/// Refuses a command.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefuseEdit {
    /// Why.
    pub(crate) reason: String,
}

/// Which commands.
#[derive(Deserialize, IntoParams)]
pub(crate) struct CommandAsk {
    /// Only those not over (`true`) or those that are.
    pub(crate) open: Option<bool>,
    /// Only of this station.
    pub(crate) station: Option<String>,
    /// From the answer before.
    pub(crate) cursor: Option<i64>,
    /// At most so many.
    pub(crate) limit: Option<usize>,
}

/// 联锁条件 of a station; what is null is not checked.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InterlocksView {
    /// 停泵水位, m: below it no pump is started, and without a fresh level neither.
    #[schema(required)]
    pub(crate) pump_stop_level_m: Option<f64>,
    /// 闸门最大开度, m.
    #[schema(required)]
    pub(crate) gate_opening_max_m: Option<f64>,
}
