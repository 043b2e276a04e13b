//! 读数: measured values and what a packet carries.

use crate::id::{PacketSeq, PointId, StationCode};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// How far a value can be trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Quality {
    /// 正常: measured, in range.
    #[default]
    Good = 0,
    /// 存疑: outside the point's range; kept, shown, never judged by a level rule.
    Suspect = 1,
    /// 缺测: the station itself said it has no value.
    Missing = 2,
    /// 人工: set by hand (SL 651 function 35).
    Manual = 3,
    /// 估算: computed from neighbours or from before and after, never measured; shown as such, never
    /// judged by a rule, and never in the place of a measured value.
    Estimated = 4,
}

impl Quality {
    /// The quality stored as `code`, or `Suspect` for a code of a newer version.
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Good,
            2 => Self::Missing,
            3 => Self::Manual,
            4 => Self::Estimated,
            _ => Self::Suspect,
        }
    }
}

/// One value of one point at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// 观测时间. Period values carry the period's end.
    pub at: Time,
    /// In the point's unit; `None` when the station reported a missing value.
    pub value: Option<f64>,
    /// How far to trust it.
    pub quality: Quality,
}

impl Sample {
    /// The value where it may be used to judge: good or set by hand.
    #[must_use]
    pub fn usable(&self) -> Option<f64> {
        match self.quality {
            Quality::Good | Quality::Manual => self.value,
            Quality::Suspect | Quality::Missing | Quality::Estimated => None,
        }
    }
}

/// A sample with the point it belongs to and the packet it came in.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// 测点.
    pub point: PointId,
    /// The value.
    #[serde(flatten)]
    pub sample: Sample,
}

/// What the gateway hands to the store: one frame as it arrived and what was read from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Packet {
    /// 测站.
    pub station: StationCode,
    /// When the last byte arrived (receiver's clock).
    pub received_at: Time,
    /// When the station says it sent it.
    pub sent_at: Option<Time>,
    /// Protocol name, such as `sl651`.
    pub protocol: String,
    /// The frame's bytes as they came, at most [`Packet::MAX_RAW`].
    pub raw: Vec<u8>,
    /// What was read from it, at most [`Packet::MAX_READINGS`].
    pub readings: Vec<Reading>,
}

impl Packet {
    /// Most raw bytes kept for one frame.
    pub const MAX_RAW: usize = 64 * 1024;
    /// Most readings of one frame.
    pub const MAX_READINGS: usize = 4_096;
    /// 质量控制: the protocol name of what the quality desk finds.
    pub const QUALITY: &str = "qc";
    /// 孪生: the protocol name of what the models compute.
    pub const TWIN: &str = "twin";

    /// Whether the house itself computed it: then nobody has heard the station by it.
    #[must_use]
    pub fn is_computed(&self) -> bool {
        self.protocol == Self::QUALITY || self.protocol == Self::TWIN
    }
}

/// A packet that is durable, with its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredPacket {
    /// Its number.
    pub seq: PacketSeq,
    /// The packet. `readings` holds only what was new or corrected: duplicates are left out.
    pub packet: Packet,
}
