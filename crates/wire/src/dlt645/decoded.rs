//! What was read from a DL/T 645 frame.

use crate::Field;
use crate::fault::{self, Fault};
use crate::report::{Report, ReportReading};
use field::time::Time;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The name a point lists: the data identifier in eight digits, `00010000`.
    pub id: String,
    /// What it is, such as `energy_import`; empty outside the table.
    pub element: &'static str,
    /// In `unit`; `None` where the meter has none.
    pub value: Option<f64>,
    /// Unit.
    pub unit: &'static str,
}

/// What was read from a frame. Readings are there only when it can be trusted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decoded {
    /// 表号, twelve digits, most significant first.
    pub address: Option<String>,
    /// 控制码 C.
    pub control: Option<u8>,
    /// 数据标识.
    pub di: Option<u32>,
    /// The values.
    pub readings: Vec<Reading>,
    /// Why the meter refused, in words of the standard.
    pub refusal: Option<String>,
    /// Data (without the offset) that is not read.
    pub unread: Vec<u8>,
    /// What is wrong.
    pub problems: Vec<Fault>,
    /// What was odd and tolerated.
    pub notes: Vec<Fault>,
    /// Which bytes mean what.
    pub fields: Vec<Field>,
}

impl Decoded {
    /// Whether the frame is whole and its sum right.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        fault::trusted(&self.problems)
    }

    /// The most serious problem.
    #[must_use]
    pub fn worst(&self) -> Option<&Fault> {
        fault::worst(&self.problems)
    }

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
        let reading = |r: &Reading| ReportReading::measured(r.id.clone(), r.value, read_at);
        Report {
            station: self.address.clone(),
            sent_at: None,
            readings: self.readings.iter().map(reading).collect(),
            files: Vec::new(),
        }
    }

    pub(crate) fn mark(&mut self, start: usize, end: usize, name: impl Into<String>) {
        if end > start {
            self.fields.push(Field { start, end, name: name.into() });
        }
    }
}
