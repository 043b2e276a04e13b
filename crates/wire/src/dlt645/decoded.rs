//! What was read from a DL/T 645 frame.

use crate::fault::Remarks;
use crate::report::{FrameReading, Report};
use field::time::Time;

/// What was read from a frame. Readings are there only when it can be trusted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decoded {
    /// 表号, twelve digits, most significant first.
    pub address: Option<String>,
    /// 控制码 C.
    pub control: Option<u8>,
    /// 数据标识.
    pub di: Option<u32>,
    /// The values; the names that points list: the data identifier in eight digits, `00010000`.
    pub readings: Vec<FrameReading>,
    /// Why the meter refused, in words of the standard.
    pub refusal: Option<String>,
    /// Data (without the offset) that is not read.
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

    /// What the house keeps of it, observed when it was read.
    #[must_use]
    pub fn to_report(&self, read_at: Time) -> Report {
        Report::of_frame(self.address.as_ref(), None, &self.readings, read_at)
    }
}
