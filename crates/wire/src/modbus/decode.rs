//! 解码: a row of frames, requests and their answers in turn, as a stored poll holds them.

use super::frame::{Frame, HEADER, NOTE, Transport, is_answer};
use super::map::Map;
use super::maps::installed;
use super::pdu::{Answer, Request, Table};
use super::plan::Image;
use crate::fault::Fault;
use crate::hex::hex;
use crate::{Field, Report, ReportReading};
use field::sample::Quality;
use field::time::Time;
use std::sync::Arc;

/// Most frames of one row: a poll of the largest map, one register a request.
const MAX_PARTS: usize = 4_096;

/// What a frame says.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// It asks.
    Request(Request),
    /// It answers.
    Answer(Answer),
    /// The heading of a stored poll: the map's key.
    Note(String),
    /// It contradicts itself.
    Unread,
}

/// One frame of the row.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Its first byte.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// 事务标识, in TCP form.
    pub transaction: Option<u16>,
    /// 单元标识.
    pub unit: u8,
    /// What it says.
    pub body: Body,
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// The element's id in its map; `holding:12` without one.
    pub id: String,
    /// Its title in the map.
    pub title: String,
    /// `None` for 缺测.
    pub value: Option<f64>,
    /// Unit of the value.
    pub unit: String,
    /// Why there is none: an exception's name, `no_answer`.
    pub why: Option<&'static str>,
}

/// What a row of frames says.
#[derive(Clone, Debug, Default)]
pub struct Decoded {
    /// TCP or RTU form.
    pub transport: Option<Transport>,
    /// The frames, in their order.
    pub parts: Vec<Part>,
    /// Key of the map it was read with, where a heading names one.
    pub map_key: Option<String>,
    /// That map, where it is known.
    pub map: Option<Arc<Map>>,
    /// The device's own time of its values.
    pub observed_at: Option<Time>,
    /// The values.
    pub readings: Vec<Read>,
    /// What is wrong, in the order it was found.
    pub problems: Vec<Fault>,
    pub(crate) fields: Vec<Field>,
}

/// Reads a row of frames, in TCP or in RTU form. Never fails: what cannot be read is named in the
/// problems, and no value is given from a frame that contradicts itself.
#[must_use]
pub fn decode(bytes: &[u8]) -> Decoded {
    let mut out = Decoded::default();
    if bytes.is_empty() {
        out.problems.push(Fault::fatal("empty", "the line holds no bytes"));
        return out;
    }
    let start = out.heading(bytes);
    let rest = bytes.get(start..).unwrap_or_default();
    out.transport = Some(match (Frame::first_tcp(rest), looks_rtu(rest)) {
        // Two registers from address 0 asked for in RTU form pass for a TCP frame with a bare function code:
        // there the check value, which only RTU has, decides.
        (Some((frame, _)), true) if frame.pdu.len() == 1 => Transport::RtuOverTcp,
        (None, true) => Transport::RtuOverTcp,
        _ => Transport::Tcp,
    });
    out.walk(bytes, start);
    out.read_values();
    out
}

fn looks_rtu(bytes: &[u8]) -> bool {
    Frame::first_rtu(bytes, false).is_some() || Frame::first_rtu(bytes, true).is_some()
}

impl Decoded {
    /// Whether every frame could be read.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        crate::fault::trusted(&self.problems)
    }

    /// The values as the intake takes them; `now` stands in where the device has no time of its own.
    #[must_use]
    pub fn report(&self, now: Time) -> Report {
        let at = self.observed_at.unwrap_or(now);
        let reading = |read: &Read| ReportReading {
            element: read.id.clone(),
            value: read.value,
            observed_at: at,
            quality: if read.value.is_some() { Quality::Good } else { Quality::Missing },
        };
        Report {
            station: None,
            sent_at: self.observed_at,
            readings: self.readings.iter().map(reading).collect(),
            files: Vec::new(),
        }
    }

    fn mark(&mut self, start: usize, end: usize, name: impl Into<String>) {
        if start < end {
            self.fields.push(Field { start, end, name: name.into() });
        }
    }

    /// Takes the heading of a stored poll, if there is one; gives where the frames begin.
    fn heading(&mut self, bytes: &[u8]) -> usize {
        let Some((frame, length)) = Frame::first_tcp(bytes) else { return 0 };
        let Some((&NOTE, key)) = frame.pdu.split_first() else { return 0 };
        let key = String::from_utf8_lossy(key).into_owned();
        self.map = installed(&key);
        self.mark(0, length, format!("map:{key}"));
        if self.map.is_none() {
            let message = format!("register map `{key}` is not known here; registers are shown without it");
            self.problems.push(Fault::minor("unknown_map", message));
        }
        self.map_key = Some(key.clone());
        self.parts.push(Part {
            start: 0,
            end: length,
            transaction: Some(0),
            unit: frame.unit,
            body: Body::Note(key),
        });
        length
    }

    fn walk(&mut self, bytes: &[u8], mut at: usize) {
        let mut waiting: Option<(u8, Option<u16>, u8)> = None;
        while at < bytes.len() {
            if self.parts.len() >= MAX_PARTS {
                self.problems
                    .push(Fault::minor("too_many_frames", format!("only {MAX_PARTS} frames are read")));
                return;
            }
            let rest = bytes.get(at..).unwrap_or_default();
            let Some((frame, length)) = self.frame(rest, waiting) else {
                self.problems.push(refusal(rest, at, self.transport));
                return;
            };
            let key = (frame.unit, frame.transaction, frame.pdu.first().copied().unwrap_or_default() & 0x7F);
            let answers = waiting == Some(key) || (waiting.is_none() && is_answer(&frame.pdu));
            let body = self.body(&frame, answers, at);
            waiting = matches!(body, Body::Request(_)).then_some(key);
            let (start, end) = (at, at + length);
            self.mark_envelope(start, end, &frame);
            self.parts.push(Part { start, end, transaction: frame.transaction, unit: frame.unit, body });
            at = end;
        }
    }

    /// The next frame: in RTU form its length depends on whether it asks or answers.
    fn frame(&self, rest: &[u8], waiting: Option<(u8, Option<u16>, u8)>) -> Option<(Frame, usize)> {
        if self.transport == Some(Transport::Tcp) {
            return Frame::first_tcp(rest);
        }
        let answer = waiting.is_some();
        Frame::first_rtu(rest, answer).or_else(|| Frame::first_rtu(rest, !answer))
    }

    fn body(&mut self, frame: &Frame, answers: bool, at: usize) -> Body {
        let mut problems = Vec::new();
        let body = if answers {
            Answer::decode(&frame.pdu, &mut problems).map(Body::Answer)
        } else {
            Request::decode(&frame.pdu, &mut problems).map(Body::Request)
        };
        let body = body.unwrap_or_else(|fault| {
            problems.push(fault);
            Body::Unread
        });
        self.problems.extend(
            problems
                .into_iter()
                .map(|fault| Fault { message: format!("frame at byte {at}: {}", fault.message), ..fault }),
        );
        body
    }

    fn mark_envelope(&mut self, start: usize, end: usize, frame: &Frame) {
        let pdu = if frame.transaction.is_some() {
            self.mark(start, start + 2, "transaction");
            self.mark(start + 2, start + 4, "protocol");
            self.mark(start + 4, start + 6, "length");
            start + HEADER
        } else {
            self.mark(end - 2, end, "crc");
            start + 1
        };
        self.mark(pdu - 1, pdu, "unit");
        self.mark(pdu, pdu + 1, "function");
    }

    /// Values from the pairs of requests and answers.
    fn read_values(&mut self) {
        let mut image = Image::default();
        let parts = std::mem::take(&mut self.parts);
        let mut asked: Option<&Request> = None;
        for part in &parts {
            match (&part.body, asked) {
                (Body::Request(request), before) => {
                    if let Some(before) = before {
                        image.unanswered(before);
                    }
                    asked = Some(request);
                }
                (Body::Answer(answer), Some(request)) => {
                    image.answered(request, answer);
                    self.mark_data(part, Some(request), answer);
                    asked = None;
                }
                (Body::Answer(answer), None) => {
                    self.mark_data(part, None, answer);
                    self.loose_values(answer);
                }
                (Body::Note(_) | Body::Unread, _) => {}
            }
        }
        if parts.len() > 1
            && let Some(request) = asked
        {
            image.unanswered(request);
        }
        self.parts = parts;
        self.values_of(&image);
    }

    fn values_of(&mut self, image: &Image) {
        let Some(map) = self.map.clone() else {
            let plain = image.each().map(|(table, address, word)| Read {
                id: format!("{}:{address}", table.code()),
                title: String::new(),
                value: word.ok().map(f64::from),
                unit: String::new(),
                why: word.err(),
            });
            self.readings.extend(plain);
            return;
        };
        self.observed_at = map.time_in(image);
        self.readings.extend(map.elements.iter().filter_map(|element| {
            let (value, why) = match map.value_in(element, image) {
                Ok(value) => (value, None),
                Err("not_read") => return None,
                Err(why) => (None, Some(why)),
            };
            let (id, title, unit) = (element.id.clone(), element.title.clone(), element.unit.clone());
            Some(Read { id, title, value, unit, why })
        }));
    }

    /// An answer whose question is not shown: values by their place.
    fn loose_values(&mut self, answer: &Answer) {
        let values: Vec<f64> = match answer {
            Answer::Registers { values, .. } | Answer::ReadWrote { values } => {
                values.iter().map(|word| f64::from(*word)).collect()
            }
            Answer::Bits { bits, .. } => bits.iter().map(|bit| f64::from(u8::from(*bit))).collect(),
            _ => return,
        };
        let plain = values.into_iter().enumerate().map(|(n, value)| Read {
            id: format!("+{n}"),
            title: String::new(),
            value: Some(value),
            unit: String::new(),
            why: None,
        });
        self.readings.extend(plain);
    }

    fn mark_data(&mut self, part: &Part, request: Option<&Request>, answer: &Answer) {
        let pdu = part.start + if part.transaction.is_some() { HEADER } else { 1 };
        let end = part.end - if part.transaction.is_some() { 0 } else { 2 };
        match answer {
            Answer::Exception { exception, .. } => {
                self.mark(pdu + 1, pdu + 2, format!("exception:{}", exception.code()));
            }
            Answer::Registers { .. } | Answer::Bits { .. } | Answer::ReadWrote { .. } => {
                self.mark(pdu + 1, pdu + 2, "byte_count");
                match (self.map.clone(), span(request)) {
                    (Some(map), Some((table, first, count))) => {
                        self.mark_elements(&map, (table, first, count), pdu + 2, end);
                    }
                    _ => self.mark(pdu + 2, end, "data"),
                }
            }
            _ => self.mark(pdu + 1, end, "data"),
        }
    }

    fn mark_elements(&mut self, map: &Map, span: (Table, u16, u16), data: usize, end: usize) {
        let (table, first, count) = span;
        let wanted =
            map.elements.iter().map(|e| (e.table, e.address, e.kind.words(), format!("element:{}", e.id)));
        let time = map.time.iter().map(|t| (t.table, t.address, t.kind.words(), "observed_at".to_owned()));
        for (of, address, words, name) in time.chain(wanted) {
            let Some(offset) = address.checked_sub(first).filter(|at| of == table && at + words <= count)
            else {
                continue;
            };
            let (from, to) = if table.is_bits() {
                (usize::from(offset / 8), usize::from(offset / 8) + 1)
            } else {
                (2 * usize::from(offset), 2 * usize::from(offset + words))
            };
            self.mark(data + from, (data + to).min(end), name);
        }
    }
}

fn span(request: Option<&Request>) -> Option<(Table, u16, u16)> {
    match request? {
        Request::Read { table, address, count } => Some((*table, *address, *count)),
        Request::ReadWrite { address, count, .. } => Some((Table::Holding, *address, *count)),
        _ => None,
    }
}

/// Why no frame starts here.
fn refusal(rest: &[u8], at: usize, transport: Option<Transport>) -> Fault {
    let shown = hex(rest.iter().take(8));
    match (transport, rest) {
        (Some(Transport::RtuOverTcp), _) => {
            Fault::fatal("bad_crc", format!("byte {at}: {shown}… is no RTU frame with a right check value"))
        }
        (_, [_, _, p0, p1, ..]) if (*p0, *p1) != (0, 0) => Fault::fatal(
            "not_modbus",
            format!(
                "byte {at}: {shown}… is neither Modbus TCP (protocol 0000) nor RTU with a right check value"
            ),
        ),
        (_, [_, _, _, _, l0, l1, ..]) => {
            let (declared, have) = (u16::from_be_bytes([*l0, *l1]), rest.len() - 6);
            Fault::fatal(
                "bad_length",
                format!("byte {at}: {declared} bytes are declared, {have} follow; 2 to 254 are a frame"),
            )
        }
        _ => Fault::fatal("too_short", format!("byte {at}: {} bytes are no frame", rest.len())),
    }
}
