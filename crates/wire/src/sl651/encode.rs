//! Writing frames: a station's reports (for the simulated stations and for tests) and the
//! centre's confirmations.

use super::crc::crc16;
use super::down::{Form, Known, frame};
use super::elements::{
    FIVE_MINUTE_LEVEL_1, FIVE_MINUTE_LEVEL_8, FIVE_MINUTE_RAIN, STATUS, TIME_STEP, element,
};
use super::value::{hex, write_bcd, write_minutes, write_seconds};
use super::{Decoded, MAX_BODY, Packet, control, function};
use field::id::StationCode;
use field::time::Time;

/// Why a frame cannot be written.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EncodeError {
    /// The station's code is not ten hexadecimal digits.
    #[error("station `{0}`: SL 651 addresses are ten hexadecimal digits, such as 3307820001")]
    BadAddress(String),
    /// The number has more digits than the element.
    #[error("element {id:02X}: {value} does not fit {bytes} BCD bytes with {decimals} decimals")]
    DoesNotFit {
        /// 标识符引导符.
        id: u8,
        /// The number.
        value: f64,
        /// Bytes it should fit.
        bytes: usize,
        /// Digits after the point.
        decimals: u8,
    },
    /// Not in the standard's table, so its size is unknown.
    #[error("element {0:02X} is not in table C.1 of SL 651-2014: give its bytes and decimals")]
    UnknownElement(u8),
    /// The body is longer than the 12-bit length can say.
    #[error("the body has {0} bytes, the most one frame can carry is {MAX_BODY}: send fewer elements")]
    TooLong(usize),
}

/// 遥测站地址: five bytes, shown as ten hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address(pub [u8; 5]);

impl Address {
    /// The address a station code writes.
    ///
    /// # Errors
    /// [`EncodeError::BadAddress`] when it is not ten hexadecimal digits.
    pub fn of(code: &StationCode) -> Result<Self, EncodeError> {
        let bad = || EncodeError::BadAddress(code.to_string());
        let bytes = super::json::bytes_of_hex(code.as_str()).map_err(|_| bad())?;
        <[u8; 5]>::try_from(bytes).map(Self).map_err(|_| bad())
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// One element with its data, ready to stand in a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element(Vec<u8>);

impl Element {
    /// A number as `bytes` BCD bytes with `decimals` digits after the point; `None` is 缺测.
    ///
    /// # Errors
    /// [`EncodeError::DoesNotFit`].
    pub fn bcd(id: u8, bytes: usize, decimals: u8, value: Option<f64>) -> Result<Self, EncodeError> {
        let data = bcd_data(id, bytes, decimals, value)?;
        let mut out = vec![id, definition(data.len(), decimals)];
        out.extend(data);
        Ok(Self(out))
    }

    /// A number in the size table C.1 gives the element (`0x39` is N(7,3): four bytes, 3 decimals).
    ///
    /// # Errors
    /// [`EncodeError::UnknownElement`] outside the table, [`EncodeError::DoesNotFit`].
    pub fn of(id: u8, value: Option<f64>) -> Result<Self, EncodeError> {
        let kind = element(id).filter(|kind| kind.digits > 0).ok_or(EncodeError::UnknownElement(id))?;
        Self::bcd(id, kind.bytes(), kind.decimals, value)
    }

    /// F4: the rain of twelve five-minute periods, mm to 0.1 mm. What a byte cannot hold
    /// (more than 25.4 mm) is carried into the next period, as note e of table C.1 asks.
    #[must_use]
    pub fn five_minute_rain(values: [Option<f64>; 12]) -> Self {
        const MOST: u32 = 254;
        let mut out = vec![FIVE_MINUTE_RAIN, definition(12, 0)];
        let mut carried = 0;
        for value in values {
            let tenths = value.map(|mm| carried + whole(mm * 10.0, u32::MAX / 2));
            carried = tenths.map_or(carried, |tenths| tenths.saturating_sub(MOST));
            out.push(tenths.map_or(0xFF, |tenths| u8::try_from(tenths.min(MOST)).unwrap_or(0xFE)));
        }
        Self(out)
    }

    /// F5: twelve levels five minutes apart above the station's base, m to 0.01 m; what lies
    /// outside 0–655.34 m is written as missing.
    #[must_use]
    pub fn five_minute_level(values: [Option<f64>; 12]) -> Self {
        Self::five_minute_level_of(FIVE_MINUTE_LEVEL_1, values)
    }

    /// The same for one of the eight level elements F5 to FC (others are taken as F5).
    #[must_use]
    pub fn five_minute_level_of(id: u8, values: [Option<f64>; 12]) -> Self {
        let id =
            if (FIVE_MINUTE_LEVEL_1..=FIVE_MINUTE_LEVEL_8).contains(&id) { id } else { FIVE_MINUTE_LEVEL_1 };
        let mut out = vec![id, definition(24, 0)];
        for value in values {
            let centimetres = value
                .filter(|m| (0.0..=655.344).contains(m))
                .map_or(u16::MAX, |m| u16::try_from(whole(m * 100.0, 0xFFFE)).unwrap_or(u16::MAX));
            out.extend(centimetres.to_be_bytes());
        }
        Self(out)
    }

    /// 45: the status word (table 58).
    #[must_use]
    pub fn status(bits: u32) -> Self {
        let mut out = vec![STATUS, definition(4, 0)];
        out.extend(bits.to_be_bytes());
        Self(out)
    }

    /// 04 and a series of values `step_minutes` apart (function 31); it must be the last element
    /// of its frame. Steps of whole days or hours are written as such.
    ///
    /// # Errors
    /// [`EncodeError::DoesNotFit`], also for a negative value: a series has one size.
    pub fn series(
        id: u8,
        bytes: usize,
        decimals: u8,
        step_minutes: u16,
        values: &[Option<f64>],
    ) -> Result<Self, EncodeError> {
        let (d, h, m) = match step_minutes {
            m if m.is_multiple_of(24 * 60) => (m / (24 * 60), 0, 0),
            m if m.is_multiple_of(60) => (0, m / 60, 0),
            m => (0, 0, m),
        };
        let step = f64::from(d) * 1e4 + f64::from(h) * 1e2 + f64::from(m);
        let mut out = vec![TIME_STEP, definition(3, 0)];
        out.extend(bcd_data(TIME_STEP, 3, 0, Some(step))?);
        out.extend([id, definition(bytes, decimals)]);
        for value in values {
            let data = bcd_data(id, bytes, decimals, *value)?;
            if data.len() != bytes {
                return Err(EncodeError::DoesNotFit {
                    id,
                    value: value.unwrap_or(f64::NAN),
                    bytes,
                    decimals,
                });
            }
            out.extend(data);
        }
        Ok(Self(out))
    }

    /// Bytes as they are: for elements of a vendor and for tests of bad ones.
    #[must_use]
    pub fn raw(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

fn bcd_data(id: u8, bytes: usize, decimals: u8, value: Option<f64>) -> Result<Vec<u8>, EncodeError> {
    let Some(value) = value else { return Ok(vec![0xFF; bytes]) };
    write_bcd(value, bytes, decimals).filter(|data| data.len() <= 31).ok_or(EncodeError::DoesNotFit {
        id,
        value,
        bytes,
        decimals,
    })
}

/// 数据定义: high five bits the count of bytes, low three the decimals (table 26).
fn definition(bytes: usize, decimals: u8) -> u8 {
    let [low, ..] = bytes.to_le_bytes();
    low << 3 | decimals & 0x07
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is clamped into 0..=most before the cast"
)]
fn whole(value: f64, most: u32) -> u32 {
    if value.is_nan() { 0 } else { value.round().clamp(0.0, f64::from(most)) as u32 }
}

/// Elements with the moment they were observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// 观测时间, written to the minute; of twelve five-minute values, the first one's.
    pub observed_at: Time,
    /// What was observed.
    pub elements: Vec<Element>,
}

/// An up frame of a station (functions 2F and 30 to 35; 46 without a group's time).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// 中心站地址, 1 to 255.
    pub centre: u8,
    /// 遥测站地址.
    pub station: Address,
    /// 密码.
    pub password: u16,
    /// 功能码, such as `0x32`.
    pub function: u8,
    /// 流水号, 1 to 65535; a re-sent frame keeps it.
    pub serial: u16,
    /// 发报时间, written to the second.
    pub sent_at: Time,
    /// 遥测站分类码, such as `0x50` (P, rain): see [`super::station_kind`].
    pub kind: u8,
    /// Groups in the order they are written. A keep-alive (2F) writes none.
    pub groups: Vec<Group>,
    /// Whether another frame follows at once: the frame then ends in ETB, not ETX.
    pub more_follows: bool,
}

impl Report {
    /// The frame's bytes.
    ///
    /// # Errors
    /// [`EncodeError::TooLong`] when the body does not fit one frame.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EncodeError> {
        let mut body = Vec::with_capacity(64);
        body.extend(self.serial.to_be_bytes());
        body.extend(write_seconds(self.sent_at));
        if self.function != function::KEEP_ALIVE {
            body.extend([0xF1, 0xF1]);
            body.extend(self.station.0);
            if super::has_station_kind(self.function) {
                body.push(self.kind);
            }
            for group in &self.groups {
                if self.function != function::STATUS {
                    body.extend([0xF0, 0xF0]);
                    body.extend(write_minutes(group.observed_at));
                }
                body.extend(group.elements.iter().flat_map(|element| &element.0));
            }
        }
        let mut out = vec![0x7E, 0x7E, self.centre];
        out.extend(self.station.0);
        let end = if self.more_follows { control::ETB } else { control::ETX };
        finish(out, self.password, self.function, 0, &body, end)
    }
}

/// An M2 confirmation: the centre says that a frame is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// 中心站地址 of the frame confirmed.
    pub centre: u8,
    /// 遥测站地址.
    pub station: Address,
    /// 密码 of the frame confirmed.
    pub password: u16,
    /// 功能码 of the frame confirmed.
    pub function: u8,
    /// 流水号 of the frame confirmed.
    pub serial: u16,
    /// The centre's time.
    pub sent_at: Time,
    /// ESC: the station shall stay on line; else EOT: it may sleep (6.3.2.4).
    pub stay: bool,
    /// The form the station speaks.
    pub form: Form,
    /// Of a report in parts (M3): all of them, answered once.
    pub packet: Option<Packet>,
}

impl Confirmation {
    /// The answer to a decoded up frame; `None` when the frame has no serial to confirm.
    #[must_use]
    pub fn to(frame: &Decoded, sent_at: Time, stay: bool) -> Option<Self> {
        Some(Self {
            centre: frame.centre?,
            station: Address(frame.address?),
            password: frame.password?,
            function: frame.function?,
            serial: frame.serial?,
            sent_at,
            stay,
            form: frame.form,
            packet: frame.packet.map(|packet| Packet { total: packet.total, number: packet.total }),
        })
    }

    /// The frame's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let end = if self.stay { control::ESC } else { control::EOT };
        self.ending(self.packet, end)
    }

    /// 否定应答: asks for one part of a report once more (NAK, one packet a frame).
    #[must_use]
    pub fn missing(&self, number: u16) -> Vec<u8> {
        let total = self.packet.map_or(number, |packet| packet.total);
        self.ending(Some(Packet { total, number }), control::NAK)
    }

    fn ending(&self, packet: Option<Packet>, end: u8) -> Vec<u8> {
        let known =
            Known { centre: self.centre, password: self.password, form: self.form, ..Known::default() };
        frame(&known, self.station, self.function, self.serial, self.sent_at, packet, &[], end)
    }
}

/// A picture (36H) cut into frames of at most `part` bytes of body each, as a station sends it (M3).
#[must_use]
pub fn picture_parts(report: &Report, jpg: &[u8], part: usize) -> Vec<Vec<u8>> {
    let mut body = report.serial.to_be_bytes().to_vec();
    body.extend(write_seconds(report.sent_at));
    body.extend([0xF1, 0xF1]);
    body.extend(report.station.0);
    body.push(report.kind);
    let observed = report.groups.first().map_or(report.sent_at, |group| group.observed_at);
    body.extend([0xF0, 0xF0]);
    body.extend(write_minutes(observed));
    body.extend([0xF3, 0xF3]);
    body.extend(jpg);
    let part = part.clamp(32, MAX_BODY - 3);
    let total = u16::try_from(body.len().div_ceil(part)).unwrap_or(0x0FFF).min(0x0FFF);
    let one = |(n, piece): (usize, &[u8])| {
        let number = u16::try_from(n + 1).unwrap_or(0x0FFF);
        let [_, b0, b1, b2] = (u32::from(total) << 12 | u32::from(number)).to_be_bytes();
        let length = u16::try_from(piece.len() + 3).unwrap_or_default();
        let mut out = vec![0x7E, 0x7E, report.centre];
        out.extend(report.station.0);
        out.extend(report.password.to_be_bytes());
        out.push(report.function);
        out.extend(length.to_be_bytes());
        out.extend([control::SYN, b0, b1, b2]);
        out.extend(piece);
        out.push(if number == total { control::ETX } else { control::ETB });
        out.extend(crc16(&out).to_be_bytes());
        out
    };
    body.chunks(part).take(0x0FFF).enumerate().map(one).collect()
}

fn finish(
    mut out: Vec<u8>,
    password: u16,
    function: u8,
    direction: u16,
    body: &[u8],
    end: u8,
) -> Result<Vec<u8>, EncodeError> {
    let length = u16::try_from(body.len())
        .ok()
        .filter(|length| usize::from(*length) <= MAX_BODY)
        .ok_or(EncodeError::TooLong(body.len()))?;
    out.extend(password.to_be_bytes());
    out.push(function);
    out.extend((direction | length).to_be_bytes());
    out.push(control::STX);
    out.extend(body);
    out.push(end);
    out.extend(crc16(&out).to_be_bytes());
    Ok(out)
}
