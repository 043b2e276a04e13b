//! 流水: who did what to which thing; append-only, numbered without gaps, each line sealed by the
//! hash of all before it.

use crate::StoreError;
use field::id::{AlarmId, BlockId, JournalSeq, MessageId, OrderId, PersonId, RuleId, StationCode};
use field::time::Time;
use serde_json::Value;

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A person.
    Person(PersonId),
    /// One of the program's desks: `alarm`, `dispatch`, `gateway`, `import`, `api`.
    Desk(&'static str),
    /// Nobody known.
    Nobody,
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Desk(name) => write!(f, "desk:{name}"),
            Self::Nobody => f.write_str("nobody"),
        }
    }
}

/// What it was done to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// 报警.
    Alarm(AlarmId),
    /// 工单.
    Order(OrderId),
    /// 消息.
    Message(MessageId),
    /// 测站, its points included.
    Station(StationCode),
    /// 规则.
    Rule(RuleId),
    /// 区块, its roster included.
    Block(BlockId),
    /// 人员.
    Person(PersonId),
    /// The platform itself: settings, towns, map.
    System,
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Alarm(id) => write!(f, "alarm:{id}"),
            Self::Order(id) => write!(f, "order:{id}"),
            Self::Message(id) => write!(f, "message:{id}"),
            Self::Station(code) => write!(f, "station:{code}"),
            Self::Rule(id) => write!(f, "rule:{id}"),
            Self::Block(id) => write!(f, "block:{id}"),
            Self::Person(id) => write!(f, "person:{id}"),
            Self::System => f.write_str("system"),
        }
    }
}

impl std::str::FromStr for Subject {
    type Err = StoreError;

    /// Reads what `Display` writes, such as `alarm:12`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || StoreError::invalid("reading a journal subject", "write it as `alarm:12` or `system`");
        if text == "system" {
            return Ok(Self::System);
        }
        let (kind, id) = text.split_once(':').ok_or_else(bad)?;
        let number = || id.parse::<i64>().map_err(|_| bad());
        Ok(match kind {
            "alarm" => Self::Alarm(AlarmId(number()?)),
            "order" => Self::Order(OrderId(number()?)),
            "message" => Self::Message(MessageId(number()?)),
            "station" => Self::Station(StationCode::new(id).map_err(|_| bad())?),
            "rule" => Self::Rule(RuleId(number()?)),
            "block" => Self::Block(BlockId(number()?)),
            "person" => Self::Person(PersonId(number()?)),
            _ => return Err(bad()),
        })
    }
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Line {
    /// Its number, from 1, without gaps.
    pub seq: JournalSeq,
    /// When (the clock of whoever wrote it).
    pub at: Time,
    /// Who: `person:7`, `desk:alarm`, `nobody`.
    pub actor: String,
    /// What it was done to: `alarm:12`, `system`.
    pub subject: String,
    /// What was done.
    pub act: String,
    /// The particulars, an object with its version `"v"`.
    pub body: Value,
    /// The hash of the line before, hexadecimal SHA-256.
    pub prev: String,
    /// The hash of this line.
    pub hash: String,
}

impl Line {
    /// The person who did it, when it was one.
    #[must_use]
    pub fn person(&self) -> Option<PersonId> {
        self.actor.strip_prefix("person:")?.parse().ok()
    }

    /// What it was done to; `None` for a kind of a newer program.
    #[must_use]
    pub fn subject(&self) -> Option<Subject> {
        self.subject.parse().ok()
    }
}
