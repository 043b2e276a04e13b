//! Writing packets: of a centre (answers, commands) and of a simulated station (reports).

use super::command::{QnRtn, cn};
use super::decoded::Decoded;
use super::{MAX_CP, STANDARD_SEGMENT, crc16};
use field::time::Time;

/// ST of every interaction (系统交互).
pub const INTERACTION: &str = "91";

/// What cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The segment would be longer than the standard allows.
    #[error("a segment of {have} bytes is longer than the {STANDARD_SEGMENT} of HJ 212; split it")]
    TooLong {
        /// Its bytes.
        have: usize,
    },
    /// A text that would break the packet.
    #[error("`{0}` holds one of `; , = & #` or a line end, which no value may")]
    BadText(String),
}

/// A packet to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// QN.
    pub qn: String,
    /// ST.
    pub st: String,
    /// CN.
    pub cn: u16,
    /// PW.
    pub pw: String,
    /// MN.
    pub mn: String,
    /// Flag: 4 (2017, no answer), 5 (answer wanted), with bit 1 for a split report, 8 for 2025.
    pub flag: u8,
    /// PNUM, PNO.
    pub packet: Option<(u16, u16)>,
    /// The data area without its `&&`.
    pub cp: String,
}

impl Request {
    /// The data segment.
    #[must_use]
    pub fn segment(&self) -> String {
        let Self { qn, st, cn, pw, mn, flag, packet, cp } = self;
        let parts = packet.map_or_else(String::new, |(total, number)| format!("PNUM={total};PNO={number};"));
        format!("QN={qn};ST={st};CN={cn};PW={pw};MN={mn};Flag={flag};{parts}CP=&&{cp}&&")
    }

    /// The packet's bytes.
    ///
    /// # Errors
    /// When a field would break the packet or the segment is too long.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EncodeError> {
        for text in [&self.qn, &self.st, &self.pw, &self.mn] {
            if text.bytes().any(|b| matches!(b, b';' | b',' | b'=' | b'&' | b'#' | b'\r' | b'\n')) {
                return Err(EncodeError::BadText(text.clone()));
            }
        }
        if self.cp.contains("&&") || self.cp.contains(['\r', '\n']) {
            return Err(EncodeError::BadText(self.cp.chars().take(40).collect()));
        }
        packet_of(&self.segment())
    }
}

/// `##`, length, segment, check value, CR LF.
///
/// # Errors
/// When the segment is too long.
pub fn packet_of(segment: &str) -> Result<Vec<u8>, EncodeError> {
    let have = segment.len();
    if have > STANDARD_SEGMENT {
        return Err(EncodeError::TooLong { have });
    }
    Ok(format!("##{have:04}{segment}{:04X}\r\n", crc16(segment.as_bytes())).into_bytes())
}

/// QN of a moment: 17 digits of Beijing wall clock.
#[must_use]
pub fn qn(at: Time) -> String {
    format!("{}{:03}", digits(at), at.ms().rem_euclid(1_000))
}

/// `YYYYMMDDhhmmss` of Beijing wall clock, as DataTime and SystemTime are written.
#[must_use]
pub fn digits(at: Time) -> String {
    let w = at.beijing();
    let (y, mo, d, h, mi, s) = (w.year(), w.month(), w.day(), w.hour(), w.minute(), w.second());
    format!("{y:04}{mo:02}{d:02}{h:02}{mi:02}{s:02}")
}

fn reply(to: &Decoded, cn: u16, cp: String, now: Time) -> Option<Request> {
    // An answer speaks the edition of its question, and is not answered itself.
    let version = to.flag.map_or(0, |flag| flag & 0b1111_1100);
    Some(Request {
        qn: to.qn.clone().unwrap_or_else(|| qn(now)),
        st: INTERACTION.to_owned(),
        cn,
        pw: to.pw.clone().unwrap_or_default(),
        mn: to.mn.clone()?,
        flag: version,
        packet: None,
        cp,
    })
}

/// 数据应答 (9014): the report is durable.
#[must_use]
pub fn data_answer(to: &Decoded, now: Time) -> Option<Request> {
    reply(to, cn::DATA_ANSWER, String::new(), now)
}

/// 通知应答 (9013).
#[must_use]
pub fn notice_answer(to: &Decoded, now: Time) -> Option<Request> {
    reply(to, cn::NOTICE_ANSWER, String::new(), now)
}

/// 请求应答 (9011): what will be done about a request.
#[must_use]
pub fn request_answer(to: &Decoded, code: QnRtn, now: Time) -> Option<Request> {
    reply(to, cn::REQUEST_ANSWER, format!("QnRtn={}", code as u8), now)
}

/// 执行结果 (9012); `code` 1 is success.
#[must_use]
pub fn result_answer(to: &Decoded, code: u8, now: Time) -> Option<Request> {
    reply(to, cn::RESULT, format!("ExeRtn={code}"), now)
}

/// 心跳 answered with its own code (2025).
#[must_use]
pub fn heartbeat_answer(to: &Decoded, now: Time) -> Option<Request> {
    reply(to, cn::HEARTBEAT, String::new(), now)
}

/// Splits items into data areas of at most [`MAX_CP`] bytes, each beginning with `head`
/// (`DataTime=…`), as 2017 6.5 asks. An item is never cut.
#[must_use]
pub fn split(head: &str, items: &[String]) -> Vec<String> {
    let mut areas = Vec::new();
    let mut area = head.to_owned();
    for item in items {
        if area.len() > head.len() && area.len() + 1 + item.len() > MAX_CP {
            areas.push(std::mem::replace(&mut area, head.to_owned()));
        }
        if !area.is_empty() {
            area.push(';');
        }
        area.push_str(item);
    }
    areas.push(area);
    areas
}
