//! What was read from a frame.

use super::down::Form;
use super::parameters::Parameter;
use super::problem::{Note, Problem};
use crate::{Field, Report, ReportFile, ReportReading};
use field::sample::Quality;
use field::time::Time;

/// 上行 or 下行.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// 上行: from a station.
    Up,
    /// 下行: from a centre.
    Down,
}

impl Direction {
    /// `up` or `down`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// 分包: which part of a multi-packet report (mode M3) a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// 包总数, at most 4095.
    pub total: u16,
    /// 包序号, from 1.
    pub number: u16,
}

/// One value of one element at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// 标识符引导符 in hexadecimal: `26`, `F4`, and `FF09` for an extension of a vendor.
    pub id: String,
    /// Mnemonic of the standard's table, such as `PT`; empty outside it.
    pub element: &'static str,
    /// In `unit`; `None` when the station says that it has none (缺测).
    pub value: Option<f64>,
    /// Unit, such as `mm`; empty where it has none or none is known.
    pub unit: &'static str,
    /// 观测时间. A period value's is the period's end (6.6.2.8 c).
    pub observed_at: Time,
    /// The value stands in a series whose labels run past the moment the frame was sent, so its
    /// own label cannot be right (see [`Note::SeriesAhead`]).
    pub doubtful: bool,
}

/// What was read from a frame: as much as could be read, and what was wrong.
///
/// Readings are there only when the frame can be trusted ([`Decoded::is_trusted`]).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decoded {
    /// 上行 or 下行.
    pub direction: Option<Direction>,
    /// 中心站地址.
    pub centre: Option<u8>,
    /// 遥测站地址 as bytes.
    pub address: Option<[u8; 5]>,
    /// 遥测站地址 as ten hexadecimal digits.
    pub station: Option<String>,
    /// 密码.
    pub password: Option<u16>,
    /// 功能码.
    pub function: Option<u8>,
    /// The character the frame ends in: see [`super::control`].
    pub end: Option<u8>,
    /// Present in mode M3.
    pub packet: Option<Packet>,
    /// 流水号.
    pub serial: Option<u16>,
    /// 发报时间.
    pub sent_at: Option<Time>,
    /// 遥测站分类码.
    pub station_kind: Option<u8>,
    /// The values, in the order they stand in the frame.
    pub readings: Vec<Reading>,
    /// Elements a query asks for (down, function 3A).
    pub asked: Vec<String>,
    /// 人工置数: the text of an F2 group.
    pub manual: Option<String>,
    /// 遥测终端软件版本 (function 45).
    pub version: Option<String>,
    /// 事件记录: counts of ERC1 to ERC32 (function 50).
    pub events: Vec<u16>,
    /// The form it is written in.
    pub form: Form,
    /// 参数: what functions 40H to 43H and 49H carry.
    pub parameters: Vec<Parameter>,
    /// 水泵, 阀门, 闸门 (functions 4CH to 4EH).
    pub switches: Option<Switches>,
    /// 水量定值控制 in force (function 4FH).
    pub quota: Option<bool>,
    /// `unread` is a whole picture, taken then.
    pub picture_at: Option<Time>,
    /// Bytes of a body that are kept as they are, such as configuration parameters and pictures.
    pub unread: Vec<u8>,
    /// What makes it wrong.
    pub problems: Vec<Problem>,
    /// What was odd and tolerated.
    pub notes: Vec<Note>,
    /// Which bytes mean what.
    pub fields: Vec<Field>,
}

impl Decoded {
    /// Whether the frame is whole and its check value right, so that what it says may be kept.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        !self.problems.iter().any(Problem::is_fatal)
    }

    /// The most serious problem.
    #[must_use]
    pub fn worst(&self) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.is_fatal()).or_else(|| self.problems.first())
    }

    /// 报文结束符 is ETB: the station has more frames to send.
    #[must_use]
    pub fn more_follows(&self) -> bool {
        self.end == Some(super::control::ETB)
    }

    /// How far a reading can be trusted: a value in doubt stays doubtful, one keyed in (35H) is marked
    /// as such.
    #[must_use]
    pub fn quality(&self, reading: &Reading) -> Quality {
        match reading.value {
            None => Quality::Missing,
            Some(_) if reading.doubtful => Quality::Suspect,
            Some(_) if self.function == Some(super::function::MANUAL) => Quality::Manual,
            Some(_) => Quality::Good,
        }
    }

    /// What the frame comes down to, for the intake.
    #[must_use]
    pub fn report(&self) -> Report {
        let readings = self.readings.iter().map(|reading| ReportReading {
            element: reading.id.clone(),
            value: reading.value,
            observed_at: reading.observed_at,
            quality: self.quality(reading),
        });
        let mut readings: Vec<ReportReading> = readings.collect();
        self.bits(&mut readings);
        let files = self.picture_at.map(|observed_at| ReportFile {
            element: "F3".to_owned(),
            media: "image/jpeg",
            observed_at,
            bytes: self.unread.clone(),
        });
        Report {
            station: self.station.clone(),
            sent_at: self.sent_at,
            readings,
            files: files.into_iter().collect(),
        }
    }

    /// Each bit of the status word as a reading of its own (`45.0` to `45.11`, table 58), and each
    /// switch (`4C.1` for the first pump): 1 is on or, for an alarm, raised.
    fn bits(&self, readings: &mut Vec<ReportReading>) {
        let words = self.readings.iter().filter(|reading| reading.id == "45");
        for (value, at) in words.filter_map(|r| Some((r.value?, r.observed_at))) {
            let bits = status_word(value);
            for bit in 0..STATUS_BITS {
                let on = f64::from(bits >> bit & 1);
                readings.push(ReportReading::measured(format!("45.{bit}"), Some(on), at));
            }
        }
        if let (Some(switches), Some(function), Some(at)) = (&self.switches, self.function, self.sent_at) {
            for (n, on) in switches.on.iter().enumerate() {
                let on = f64::from(u8::from(*on));
                readings.push(ReportReading::measured(format!("{function:02X}.{}", n + 1), Some(on), at));
            }
        }
    }

    pub(crate) fn mark(&mut self, start: usize, end: usize, name: impl Into<String>) {
        if end > start {
            self.fields.push(Field { start, end, name: name.into() });
        }
    }

    pub(crate) fn note(&mut self, note: Note) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// Bits of the status word that mean something (table 58).
const STATUS_BITS: u32 = 12;

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the word was read from four bytes, so it is a whole number below 2^32"
)]
fn status_word(value: f64) -> u32 {
    value as u32
}

/// 开关状态 (tables 71, 74, 77).
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Switches {
    /// Whether each is on or open, the first first; as many as the word has room for.
    pub on: Vec<bool>,
    /// 闸门开度, m, one a gate.
    pub openings_m: Vec<f64>,
}

impl Switches {
    /// Reads a switch word: a count of bytes (of gates: a count of gates and their openings behind)
    /// and eight switches a byte, the first in the lowest bit.
    pub(crate) fn read(bytes: &[u8], gates: bool) -> Option<Self> {
        let (count, rest) = bytes.split_first()?;
        let words = if gates { usize::from(*count).div_ceil(8) } else { usize::from(*count) };
        let (words, openings) = rest.split_at_checked(words)?;
        let bits = words.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
        let mut on: Vec<bool> = bits.collect();
        let mut openings_m = Vec::new();
        if gates {
            on.truncate(usize::from(*count));
            for opening in openings.chunks_exact(2) {
                match super::value::read_bcd(opening, 2) {
                    super::value::Bcd::Number(m) => openings_m.push(m),
                    _ => return None,
                }
            }
        }
        Some(Self { on, openings_m })
    }
}
