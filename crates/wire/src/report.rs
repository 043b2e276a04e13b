//! 报文要义: what every protocol's message comes down to, so that one intake keeps them all.
//!
//! Pure: a value between a protocol's own decoded shape and the gateway. Never judges ranges: that
//! needs the registry.

use field::sample::Quality;
use field::time::Time;

/// One message of one station, in the words the registry knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// 测站: the code as the protocol writes it (SL 651 address, HJ 212 MN, a meter's number).
    pub station: Option<String>,
    /// When the station says it sent it.
    pub sent_at: Option<Time>,
    /// The values, in the order they stand in the message.
    pub readings: Vec<ReportReading>,
    /// 附件: what came besides numbers, such as pictures.
    pub files: Vec<ReportFile>,
}

/// One value of one element at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportReading {
    /// The name that `Point::elements` lists: `26`, `w01018-Avg`, `40001`.
    pub element: String,
    /// In the element's unit; `None` when the station says that it has none (缺测).
    pub value: Option<f64>,
    /// 观测时间; a period value's is the period's end, whatever the protocol writes.
    pub observed_at: Time,
    /// What the message itself says about the value. `Missing` goes with `None`; whether the value
    /// lies in its point's range is judged later.
    pub quality: Quality,
}

impl ReportReading {
    /// A measured value as it stands in the message: good, or missing where there is none.
    #[must_use]
    pub fn measured(element: impl Into<String>, value: Option<f64>, observed_at: Time) -> Self {
        let quality = if value.is_some() { Quality::Good } else { Quality::Missing };
        Self { element: element.into(), value, observed_at, quality }
    }
}

/// 附件: a file that a station sent, such as a picture of its staff gauge.
#[derive(Clone, PartialEq, Eq)]
pub struct ReportFile {
    /// The element it came as, such as `F3`.
    pub element: String,
    /// Media type, such as `image/jpeg`.
    pub media: &'static str,
    /// When it was taken.
    pub observed_at: Time,
    /// The file.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for ReportFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { element, media, observed_at, bytes } = self;
        write!(f, "ReportFile({element}, {media}, {observed_at}, {} bytes)", bytes.len())
    }
}

/// One value as a frame of a meter or station says it.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameReading {
    /// The name a point lists; each protocol says which.
    pub id: String,
    /// What it is, such as `total` or `energy_import`; empty outside the protocol's table.
    pub element: &'static str,
    /// In `unit`; `None` where the frame says that there is none.
    pub value: Option<f64>,
    /// Unit as the frame has it.
    pub unit: &'static str,
    /// What makes it the house's unit.
    pub to_si: f64,
}

impl Report {
    /// What a frame's values come down to, all observed at one moment.
    pub(crate) fn of_frame(
        station: Option<&String>,
        sent_at: Option<Time>,
        readings: &[FrameReading],
        at: Time,
    ) -> Self {
        let reading =
            |r: &FrameReading| ReportReading::measured(r.id.clone(), r.value.map(|v| v * r.to_si), at);
        Self {
            station: station.cloned(),
            sent_at,
            readings: readings.iter().map(reading).collect(),
            files: Vec::new(),
        }
    }
}
