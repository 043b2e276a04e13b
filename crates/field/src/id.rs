//! Ids: one newtype per kind of thing, so that an order's number is never taken for an alarm's.

use serde::{Deserialize, Serialize};

/// Makes an id: a newtype over a positive `i64` (the integer both databases share).
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}", self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map($name)
            }
        }
    };
}

id!(/// 测点: one measured quantity of one station.
    PointId);
id!(/// 区块: an area with an owner chain.
    BlockId);
id!(/// 人员.
    PersonId);
id!(/// 规则: one rule's settings for one point or station.
    RuleId);
id!(/// 报警: one alarm, from raised to closed.
    AlarmId);
id!(/// 工单: one order, from sent to closed.
    OrderId);
id!(/// 消息: one notification to one person.
    MessageId);
id!(/// 指令: one command to a station, from asked to read back.
    CommandId);
id!(/// 流水: a line of the journal; lines are numbered from 1 without gaps.
    JournalSeq);
id!(/// 包: a packet in the samples log; packets are numbered from 1 in the order they became durable.
    PacketSeq);

/// 测站编码: a station's code as its protocol writes it (SL 651: ten hexadecimal digits).
///
/// At most 32 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StationCode(String);

/// Why a text is not a station code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("station code `{0}`: 1 to 32 letters, digits, `-`, `_` or `.` are allowed")]
pub struct BadStationCode(String);

impl StationCode {
    /// Longest code, in characters.
    pub const MAX_LEN: usize = 32;

    /// Checks and wraps a code.
    ///
    /// # Errors
    /// [`BadStationCode`] when it is empty, too long or holds other characters.
    pub fn new(code: impl Into<String>) -> Result<Self, BadStationCode> {
        let code = code.into();
        let fits = (1..=Self::MAX_LEN).contains(&code.len());
        let plain = code.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if fits && plain { Ok(Self(code)) } else { Err(BadStationCode(code.chars().take(64).collect())) }
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for StationCode {
    type Error = BadStationCode;
    fn try_from(code: String) -> Result<Self, Self::Error> {
        Self::new(code)
    }
}

impl From<StationCode> for String {
    fn from(code: StationCode) -> Self {
        code.0
    }
}

impl std::fmt::Display for StationCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
