//! What was read from a CJ/T 188 frame.

use crate::fault::Remarks;
use crate::report::{FrameReading, Report};
use field::time::Time;

/// 阀门状态.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Valve {
    /// 开.
    Open,
    /// 关.
    Closed,
    /// 异常.
    Fault,
}

impl Valve {
    /// `open`, `closed` or `fault`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Fault => "fault",
        }
    }
}

/// 状态 ST: two bytes, the first with the standard's bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub [u8; 2]);

impl Status {
    /// Bits 0 and 1; `None` for the combination the standard does not know.
    #[must_use]
    pub const fn valve(self) -> Option<Valve> {
        match self.0[0] & 3 {
            0 => Some(Valve::Open),
            1 => Some(Valve::Closed),
            3 => Some(Valve::Fault),
            _ => None,
        }
    }

    /// Bit 2: 电池欠压.
    #[must_use]
    pub const fn battery_low(self) -> bool {
        self.0[0] & 4 != 0
    }
}

/// What was read from a frame. Readings are there only when it can be trusted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decoded {
    /// 表类型 T.
    pub kind: Option<u8>,
    /// 表地址, fourteen digits, most significant first.
    pub address: Option<String>,
    /// 控制码 C.
    pub control: Option<u8>,
    /// 数据标识 DI, with a vendor's turned order put right.
    pub di: Option<u16>,
    /// 序号 SER.
    pub serial: Option<u8>,
    /// The values; the names that points list: `901F` the current total, `901F-settled`, `901F-status`, `D120`….
    pub readings: Vec<FrameReading>,
    /// The meter's clock.
    pub clock: Option<Time>,
    /// 状态.
    pub status: Option<Status>,
    /// Data behind DI and SER that is not read.
    pub unread: Vec<u8>,
    /// What was wrong or odd, and which bytes mean what.
    pub remarks: Remarks,
}

impl Decoded {
    /// Whether a meter sent it.
    #[must_use]
    pub fn is_answer(&self) -> bool {
        self.control.is_some_and(|c| c & super::control::ANSWER != 0)
    }

    /// Whether the meter says that it could not.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.control.is_some_and(|c| c & 0xC0 == 0xC0)
    }

    /// What the house keeps of it, observed when it was read: meters' clocks are seldom right.
    #[must_use]
    pub fn to_report(&self, read_at: Time) -> Report {
        Report::of_frame(self.address.as_ref(), self.clock, &self.readings, read_at)
    }
}
