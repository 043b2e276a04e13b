//! 帧: the two envelopes, MBAP over TCP and RTU with its check value, and how they are cut from a stream.

use super::pdu::{Answer, Request};
use super::{MAX_FRAME, MAX_PDU};
use crate::cut::{Framing, Look};
use crate::sl651::crc16;

/// How a device is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// Modbus TCP: MBAP header, no check value.
    #[default]
    Tcp,
    /// RTU 透传: the serial line's frames through a transparent serial-to-TCP gateway.
    RtuOverTcp,
}

/// A PDU in its envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// 事务标识; `None` in RTU, which has none.
    pub transaction: Option<u16>,
    /// 单元标识 / 从站地址.
    pub unit: u8,
    /// Function and data.
    pub pdu: Vec<u8>,
}

/// Bytes before the PDU in TCP form: transaction, protocol, length, unit.
pub(crate) const HEADER: usize = 7;
/// User-defined function 100 (65–72 and 100–110 are free): our heading of a stored poll.
pub(crate) const NOTE: u8 = 100;

impl Frame {
    /// A frame in TCP form.
    #[must_use]
    pub const fn tcp(transaction: u16, unit: u8, pdu: Vec<u8>) -> Self {
        Self { transaction: Some(transaction), unit, pdu }
    }

    /// A frame in RTU form.
    #[must_use]
    pub const fn rtu(unit: u8, pdu: Vec<u8>) -> Self {
        Self { transaction: None, unit, pdu }
    }

    /// As it goes on the wire.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.pdu.len() + HEADER + 2);
        if let Some(transaction) = self.transaction {
            out.extend(transaction.to_be_bytes());
            out.extend([0, 0]);
            out.extend(u16::try_from(self.pdu.len() + 1).unwrap_or(u16::MAX).to_be_bytes());
        }
        out.push(self.unit);
        out.extend(&self.pdu);
        if self.transaction.is_none() {
            out.extend(crc16(&out).to_le_bytes());
        }
        out
    }

    /// The first frame in TCP form of these bytes, with its length; `None` where there is none.
    #[must_use]
    pub fn first_tcp(bytes: &[u8]) -> Option<(Self, usize)> {
        let Look::Sound(length) = look_mbap(bytes) else { return None };
        let &[t0, t1, _, _, _, _, unit] = bytes.first_chunk::<HEADER>()?;
        let pdu = bytes.get(HEADER..length)?.to_vec();
        Some((Self::tcp(u16::from_be_bytes([t0, t1]), unit, pdu), length))
    }

    /// The first frame in RTU form of these bytes, with its length, whether request or answer.
    #[must_use]
    pub fn first_rtu(bytes: &[u8], answer: bool) -> Option<(Self, usize)> {
        let look = if answer { look_answer } else { look_request };
        let Look::Sound(length) = look(bytes) else { return None };
        let pdu = bytes.get(1..length.checked_sub(2)?)?.to_vec();
        Some((Self::rtu(*bytes.first()?, pdu), length))
    }
}

/// The heading of a stored poll: which map explains it. Formally a Modbus TCP frame of the
/// user-defined function 100, so that the whole stays a row of frames.
#[must_use]
pub fn note(unit: u8, map_key: &str) -> Vec<u8> {
    let mut pdu = vec![NOTE];
    pdu.extend(map_key.bytes().take(MAX_PDU - 1));
    Frame::tcp(0, unit, pdu).to_bytes()
}

/// Frames in TCP form, either way.
pub const MBAP: Framing = Framing { look: look_mbap, idle: never, max_frame: MAX_FRAME };
/// Requests in RTU form: what a device hears.
pub const RTU_REQUESTS: Framing = Framing { look: look_request, idle: never, max_frame: MAX_PDU + 3 };
/// Answers in RTU form: what a client hears.
pub const RTU_ANSWERS: Framing = Framing { look: look_answer, idle: never, max_frame: MAX_PDU + 3 };

fn never(_: u8) -> bool {
    false
}

fn look_mbap(bytes: &[u8]) -> Look {
    match bytes {
        [_, _, p, ..] if *p != 0 => Look::No,
        [_, _, _, p, ..] if *p != 0 => Look::No,
        [_, _, _, _, l0, l1, ..] => {
            let length = usize::from(u16::from_be_bytes([*l0, *l1]));
            match length {
                2..=254 if bytes.len() >= 6 + length => Look::Sound(6 + length),
                2..=254 => Look::Unknown,
                _ => Look::No,
            }
        }
        _ => Look::Unknown,
    }
}

/// Length of a PDU by its first bytes: `Err(false)` where more must be seen, `Err(true)` where the
/// function is none whose length is known.
type Length = Result<usize, bool>;

fn request_length(pdu: &[u8]) -> Length {
    let counted = |at: usize| pdu.get(at).map(|bytes| at + 1 + usize::from(*bytes)).ok_or(false);
    match pdu.first() {
        None => Err(false),
        Some(1..=6) => Ok(5),
        Some(8) => Ok(5),
        Some(7 | 11 | 12 | 17) => Ok(1),
        Some(15 | 16) => counted(5),
        Some(22) => Ok(7),
        Some(23) => counted(9),
        Some(43) => Ok(4),
        Some(_) => Err(true),
    }
}

fn answer_length(pdu: &[u8]) -> Length {
    let counted = |at: usize| pdu.get(at).map(|bytes| at + 1 + usize::from(*bytes)).ok_or(false);
    match pdu.first() {
        None => Err(false),
        Some(1..=4 | 12 | 17 | 23) => counted(1),
        Some(5 | 6 | 8 | 11 | 15 | 16) => Ok(5),
        Some(7) => Ok(2),
        Some(22) => Ok(7),
        Some(43) => identity_length(pdu),
        Some(0x80..) => Ok(2),
        Some(_) => Err(true),
    }
}

fn identity_length(pdu: &[u8]) -> Length {
    let count = *pdu.get(6).ok_or(false)?;
    let mut at = 7;
    for _ in 0..count {
        at += 2 + usize::from(*pdu.get(at + 1).ok_or(false)?);
    }
    Ok(at)
}

fn look_rtu(bytes: &[u8], length: fn(&[u8]) -> Length) -> Look {
    let whole = match length(bytes.get(1..).unwrap_or_default()) {
        Ok(pdu) if pdu <= MAX_PDU => pdu + 3,
        Err(false) if bytes.len() < MAX_PDU => return Look::Unknown,
        _ => return Look::No,
    };
    let Some(frame) = bytes.get(..whole) else { return Look::Unknown };
    let Some((body, stated)) = frame.split_last_chunk::<2>() else { return Look::No };
    if crc16(body) == u16::from_le_bytes(*stated) { Look::Sound(whole) } else { Look::Unsound(whole) }
}

fn look_request(bytes: &[u8]) -> Look {
    look_rtu(bytes, request_length)
}

fn look_answer(bytes: &[u8]) -> Look {
    look_rtu(bytes, answer_length)
}

/// Whether a PDU alone looks more like an answer: function codes are the same both ways.
pub(crate) fn is_answer(pdu: &[u8]) -> bool {
    let fits = |length: Length| length == Ok(pdu.len());
    match pdu.first() {
        Some(0x80..) => true,
        Some(3 | 4) => fits(answer_length(pdu)) && pdu.get(1).is_some_and(|bytes| bytes % 2 == 0),
        Some(1 | 2 | 15 | 16 | 23 | 43) => fits(answer_length(pdu)) && !fits(request_length(pdu)),
        Some(7 | 12 | 17) => pdu.len() > 1,
        _ => false,
    }
}

/// The request's frame for a transport.
impl Request {
    /// In the transport's envelope; the transaction number is not written in RTU.
    #[must_use]
    pub fn frame(&self, transport: Transport, transaction: u16, unit: u8) -> Frame {
        enveloped(self.to_pdu(), transport, transaction, unit)
    }
}

impl Answer {
    /// In the transport's envelope; the transaction number is not written in RTU.
    #[must_use]
    pub fn frame(&self, transport: Transport, transaction: u16, unit: u8) -> Frame {
        enveloped(self.to_pdu(), transport, transaction, unit)
    }
}

const fn enveloped(pdu: Vec<u8>, transport: Transport, transaction: u16, unit: u8) -> Frame {
    match transport {
        Transport::Tcp => Frame::tcp(transaction, unit, pdu),
        Transport::RtuOverTcp => Frame::rtu(unit, pdu),
    }
}
