//! ASCII 编码 (SL 651-2014 6.4, 6.6.2): the same frame with its header as hexadecimal text and its body as
//! words with a blank behind each.
//!
//! Byte offsets in problems and fields are the frame's. Pictures and keyed-in text stay as they are.

use super::body::{picture, series};
use super::decoded::{Decoded, Direction, Packet, Switches};
use super::down::Form;
use super::elements::{
    FIVE_MINUTE_LEVEL_1, FIVE_MINUTE_LEVEL_8, FIVE_MINUTE_RAIN, STATUS, by_mnemonic, element,
};
use super::frame::header_fields;
use super::json::bytes_of_hex;
use super::parameters::Parameter;
use super::problem::{Note, Problem};
use super::value::{hex, read_time};
use super::{control, crc16, function, has_station_kind, manual};
use field::time::{DAY_MS, HOUR_MS, MINUTE_MS, Time};

/// Where the start character stands: SOH and 22 digits before it.
const START_AT: usize = 23;
/// Bytes around the body: SOH, digits, start character, end character, check value.
const AROUND: usize = START_AT + 1 + 5;

/// Reads a frame's envelope; its body goes to [`body`].
pub(crate) fn envelope(bytes: &[u8], out: &mut Decoded) -> Result<(), Problem> {
    out.form = Form::Ascii;
    let have = bytes.len();
    let header = digits(bytes, 1, START_AT).and_then(|header| <[u8; 11]>::try_from(header).ok());
    let Some(header) = header else { return Err(Problem::TooShort { have, need: AROUND + 1 }) };
    header_fields(header, out)?;
    out.mark(0, 1, "start");
    out.mark(1, START_AT, "header");
    let [.., l0, l1] = header;
    let declared = usize::from(u16::from_be_bytes([l0 & 0x0F, l1]));
    let need = declared + AROUND;
    if have != need || declared == 0 {
        return Err(Problem::BadLength { declared, need, have });
    }
    let start = bytes.get(START_AT).copied().unwrap_or_default();
    if !matches!(start, control::STX | control::SYN) {
        return Err(Problem::BadStartCharacter { byte: start });
    }
    let end_at = START_AT + 1 + declared;
    let end = bytes.get(end_at).copied().unwrap_or_default();
    out.end = Some(end);
    out.mark(end_at, end_at + 1, "end_character");
    out.mark(end_at + 1, have, "crc");
    if !control::ends_a_frame(end) {
        out.problems.push(Problem::BadEndCharacter { byte: end });
    }
    let computed = crc16(bytes.get(..=end_at).unwrap_or_default());
    let stated = digits(bytes, end_at + 1, have).and_then(|crc| <[u8; 2]>::try_from(crc).ok());
    match stated.map(u16::from_be_bytes) {
        Some(stated) if stated == computed => {}
        stated => out.problems.push(Problem::BadCrc { stated: stated.unwrap_or_default(), computed }),
    }
    let text = bytes.get(..end_at).unwrap_or_default();
    let mut at = START_AT + 1;
    if start == control::SYN {
        let packed = digits(text, at, at + 6).and_then(|p| <[u8; 3]>::try_from(p).ok());
        let have = text.len() - at;
        let Some([b0, b1, b2]) = packed else {
            return Err(Problem::BodyCut { field: "packet".to_owned(), at, need: 6, have });
        };
        let total = u16::from(b0) << 4 | u16::from(b1 >> 4);
        let number = u16::from(b1 & 0x0F) << 8 | u16::from(b2);
        out.packet = Some(Packet { total, number });
        out.mark(at, at + 6, "packet");
        at += 6;
        if number != 1 && out.direction == Some(Direction::Up) {
            out.note(Note::MultiPacket);
            out.unread = text.get(at..).unwrap_or_default().to_vec();
            out.mark(at, text.len(), "body");
            return Ok(());
        }
    }
    body(text, at, out)
}

/// The bytes that hexadecimal digits from `from` to `to` write; upper case only, as the standard has.
fn digits(bytes: &[u8], from: usize, to: usize) -> Option<Vec<u8>> {
    let text = bytes.get(from..to)?;
    let plain = text.iter().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'));
    let text = std::str::from_utf8(text).ok().filter(|_| plain)?;
    bytes_of_hex(text).ok()
}

struct Words<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Words<'a> {
    /// The next word and where it begins.
    fn next(&mut self) -> Option<(usize, &'a str)> {
        while self.text.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        let from = self.at;
        let length = self.text.get(from..)?.iter().take_while(|b| **b != b' ').count();
        self.at = from + length;
        let word = std::str::from_utf8(self.text.get(from..self.at)?).unwrap_or("\u{FFFD}");
        (length > 0).then_some((from, word))
    }

    fn take_rest(&mut self) -> &'a [u8] {
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.at = self.text.len();
        rest
    }
}

/// Most words a body is read for: what fits 4095 bytes, and a few frames of parts.
const MAX_WORDS: usize = 8_192;

/// Reads the body that starts at `at` and ends where `text` does.
pub(crate) fn body(text: &[u8], at: usize, out: &mut Decoded) -> Result<(), Problem> {
    let cut = |field: &str, at: usize, need: usize| Problem::BodyCut {
        field: field.to_owned(),
        at,
        need,
        have: text.len().saturating_sub(at),
    };
    let serial = digits(text, at, at + 4).ok_or_else(|| cut("serial", at, 4))?;
    out.serial = serial.first_chunk().map(|bytes| u16::from_be_bytes(*bytes));
    out.mark(at, at + 4, "serial");
    let at = at + 4;
    let stamp = text.get(at..at + 12).ok_or_else(|| cut("sent_at", at, 12))?;
    let sent = digits(text, at, at + 12).and_then(|digits| read_time(&digits));
    let shown = || String::from_utf8_lossy(stamp).into_owned();
    out.sent_at = Some(sent.ok_or_else(|| Problem::BadTime { field: "sent_at", digits: shown(), at })?);
    out.mark(at, at + 12, "sent_at");
    let mut words = Words { text, at: at + 12 };
    match (out.direction, out.function) {
        (_, Some(function::KEEP_ALIVE)) => {}
        (Some(Direction::Down), Some(function::QUERY_ELEMENTS)) => {
            while let Some((from, word)) = words.next() {
                out.mark(from, words.at, format!("element:{word}"));
                out.asked.push(by_mnemonic(word).map_or_else(|| word.to_owned(), |kind| hex(&[kind.id])));
            }
        }
        (Some(Direction::Down), _) => {
            out.unread = words.take_rest().to_vec();
            if !out.unread.is_empty() {
                out.note(Note::BodyNotRead);
            }
        }
        (_, of) => up(&mut words, of.unwrap_or_default(), out)?,
    }
    Ok(())
}

fn up(words: &mut Words<'_>, of: u8, out: &mut Decoded) -> Result<(), Problem> {
    let parts = out.packet.is_some_and(|packet| packet.total > 1);
    let mut observed: Option<Time> = None;
    let mut step_ms: Option<i64> = None;
    let mut count = 0;
    loop {
        let from = words.at;
        let Some((at, word)) = words.next() else { return Ok(()) };
        count += 1;
        if count > MAX_WORDS {
            return Err(Problem::TooManyReadings { most: MAX_WORDS });
        }
        match word {
            "ST" => station(words, of, out)?,
            "TT" => {
                let (at, digits) = words.next().unwrap_or((at, ""));
                let time = bytes_of_hex(digits).ok().and_then(|digits| read_time(&digits));
                let bad = || Problem::BadTime { field: "observed_at", digits: digits.to_owned(), at };
                observed = Some(time.ok_or_else(bad)?);
                step_ms = None;
                out.mark(at, words.at, "observed_at");
            }
            // Parts are put together before they are read.
            _ if parts && word != "RGZS" => {
                words.at = from;
                out.unread = words.take_rest().to_vec();
                out.note(Note::MultiPacket);
                return Ok(());
            }
            "RGZS" => {
                let text = String::from_utf8_lossy(words.take_rest()).trim().to_owned();
                out.readings.extend(manual::read(&text, observed.or(out.sent_at).unwrap_or(Time::MIN)));
                out.manual = Some(text);
                return Ok(());
            }
            "PIC" => {
                let rest = words.take_rest();
                out.unread = rest.strip_prefix(b" ").unwrap_or(rest).to_vec();
                out.mark(at, words.at, "picture");
                picture(observed, out);
                return Ok(());
            }
            _ if word.starts_with("DR") && word.len() == 5 => step_ms = Some(step(word, at)?),
            _ => other(words, (at, word), of, (observed, step_ms), out)?,
        }
    }
}

fn station(words: &mut Words<'_>, of: u8, out: &mut Decoded) -> Result<(), Problem> {
    let (at, code) = words.next().unwrap_or_default();
    out.mark(at, words.at, "station_group");
    if out.station.as_deref().is_some_and(|of_header| of_header != code) {
        return Err(Problem::OtherStation { station: code.to_owned() });
    }
    let before = words.at;
    if has_station_kind(of) {
        match words.next() {
            Some((at, kind)) if kind.len() == 1 => {
                out.station_kind = kind.bytes().next();
                out.mark(at, words.at, "station_kind");
            }
            // Left out: what came is the next word.
            _ => words.at = before,
        }
    }
    Ok(())
}

/// `DRD01`, `DRH06`, `DRN05`.
fn step(word: &str, at: usize) -> Result<i64, Problem> {
    let bad = || Problem::BadTimeStep { digits: word.to_owned(), at };
    let number: i64 = word.get(3..).and_then(|n| n.parse().ok()).ok_or_else(bad)?;
    match word.get(2..3) {
        Some("D") => Ok(number * DAY_MS),
        Some("H") => Ok(number * HOUR_MS),
        Some("N") => Ok(number * MINUTE_MS),
        _ => Err(bad()),
    }
}

/// An element with its value or values, a parameter, a switch word, a version.
fn other(
    words: &mut Words<'_>,
    (at, word): (usize, &str),
    of: u8,
    (observed, step_ms): (Option<Time>, Option<i64>),
    out: &mut Decoded,
) -> Result<(), Problem> {
    match of {
        function::SET_BASIC..=function::READ_RUNNING | function::PASSWORD => {
            let (_, value) = words.next().unwrap_or_default();
            out.parameters.push(Parameter { id: word.to_owned(), value: value.to_owned() });
            out.mark(at, words.at, format!("parameter:{word}"));
            return Ok(());
        }
        function::VERSION => {
            let rest = String::from_utf8_lossy(words.take_rest()).trim().to_owned();
            out.version = Some(format!("{word} {rest}").trim().to_owned());
            return Ok(());
        }
        function::PUMPS..=function::GATES => {
            out.switches =
                bytes_of_hex(word).ok().and_then(|bytes| Switches::read(&bytes, of == function::GATES));
            out.mark(at, words.at, "switches");
            return Ok(());
        }
        function::QUOTA => {
            out.quota = Some(word == "FF");
            out.mark(at, words.at, "quota");
            return Ok(());
        }
        function::EVENTS => {
            out.events.extend(u16::from_str_radix(word, 16));
            return Ok(());
        }
        _ => {}
    }
    let known = by_mnemonic(word).map(|kind| kind.id);
    let id = known.map_or_else(|| word.to_owned(), |id| hex(&[id]));
    let first = observed.or(out.sent_at).unwrap_or(Time::MIN);
    let Some((value_at, value)) = words.next() else {
        return Err(Problem::BodyCut { field: id, at, need: 1, have: 0 });
    };
    let mut values = match known {
        Some(FIVE_MINUTE_RAIN) => five_minutes(value, 1, 1),
        Some(FIVE_MINUTE_LEVEL_1..=FIVE_MINUTE_LEVEL_8) => five_minutes(value, 2, 2),
        Some(STATUS) => u32::from_str_radix(value, 16).ok().map(|bits| vec![Some(f64::from(bits))]),
        _ => number(value).map(|value| vec![value]),
    };
    // Behind a time step as many values as come.
    let twelve = matches!(known, Some(FIVE_MINUTE_RAIN..=FIVE_MINUTE_LEVEL_8));
    if let (Some(values), Some(_), false) = (&mut values, step_ms, twelve) {
        loop {
            let before = words.at;
            match words.next().and_then(|(_, word)| number(word)) {
                Some(value) => values.push(value),
                None => {
                    words.at = before;
                    break;
                }
            }
        }
    }
    out.mark(at, words.at, format!("element:{id}"));
    match values {
        Some(values) => {
            let step = if twelve { 5 * MINUTE_MS } else { step_ms.unwrap_or_default() };
            series(&id, known.and_then(element), &values, first, step, out);
        }
        None => {
            out.problems.push(Problem::BadDigits {
                id,
                digits: value.chars().take(40).collect(),
                at: value_at,
            });
        }
    }
    Ok(())
}

fn number(word: &str) -> Option<Option<f64>> {
    if word == "M" {
        return Some(None);
    }
    let plain = word.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+'));
    word.parse().ok().filter(|number: &f64| plain && number.is_finite()).map(Some)
}

/// Twelve values as hexadecimal text, `width` bytes each.
fn five_minutes(text: &str, width: usize, decimals: i32) -> Option<Vec<Option<f64>>> {
    let bytes = bytes_of_hex(text).ok().filter(|bytes| bytes.len() == 12 * width)?;
    let value = |bytes: &[u8]| {
        let number = bytes.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        let missing = bytes.iter().all(|b| *b == 0xFF);
        (!missing).then(|| f64::from(number) / 10_f64.powi(decimals))
    };
    Some(bytes.chunks(width).map(value).collect())
}

/// The same report in ASCII form: for stations that speak it. `None` for bytes that are no sound up
/// frame of a report (30H to 3AH, 2FH).
#[must_use]
pub fn to_ascii(frame: &[u8]) -> Option<Vec<u8>> {
    let read = super::decode(frame);
    let of = read.function.filter(|of| has_station_kind(*of) || *of == function::KEEP_ALIVE)?;
    let address = read.address.filter(|_| read.is_trusted() && read.direction == Some(Direction::Up))?;
    let mut body = format!("{:04X}{}", read.serial?, hex(&super::value::write_seconds(read.sent_at?)));
    if of != function::KEEP_ALIVE {
        let kind = read.station_kind.map_or('H', char::from);
        body.push_str(&format!("ST {} {kind} ", hex(&address)));
    }
    let mut observed = None;
    let mut rest = read.readings.as_slice();
    while let Some(first) = rest.first() {
        if observed != Some(first.observed_at) {
            observed = Some(first.observed_at);
            body.push_str(&format!("TT {} ", hex(&super::value::write_minutes(first.observed_at))));
        }
        let id = u8::from_str_radix(&first.id, 16).ok()?;
        let name = element(id).map_or(first.element, |kind| kind.mnemonic);
        let twelve = matches!(id, FIVE_MINUTE_RAIN..=FIVE_MINUTE_LEVEL_8);
        let (now, after) = rest.split_at_checked(if twelve { 12 } else { 1 })?;
        rest = after;
        body.push_str(&format!("{name} {} ", text_of(id, now)));
    }
    let body = body.into_bytes();
    let length = u16::try_from(body.len()).ok().filter(|l| usize::from(*l) <= super::MAX_BODY)?;
    let mut head = vec![read.centre?];
    head.extend(address);
    head.extend(read.password?.to_be_bytes());
    head.push(of);
    head.extend(length.to_be_bytes());
    let mut out = [&[control::SOH], hex(&head).as_bytes(), &[control::STX], &body, &[read.end?]].concat();
    let crc = format!("{:04X}", crc16(&out));
    out.extend(crc.into_bytes());
    Some(out)
}

fn text_of(id: u8, readings: &[super::Reading]) -> String {
    let whole = |value: f64, most: f64| (value.round().clamp(0.0, most)) as u32;
    match (id, readings) {
        (FIVE_MINUTE_RAIN, twelve) => twelve
            .iter()
            .map(|r| format!("{:02X}", r.value.map_or(0xFF, |v| whole(v * 10.0, 254.0))))
            .collect(),
        (FIVE_MINUTE_LEVEL_1..=FIVE_MINUTE_LEVEL_8, twelve) => twelve
            .iter()
            .map(|r| format!("{:04X}", r.value.map_or(0xFFFF, |v| whole(v * 100.0, 65_534.0))))
            .collect(),
        (STATUS, [one]) => format!("{:08X}", one.value.map_or(0, |v| whole(v, f64::from(u32::MAX)))),
        (_, [one, ..]) => one.value.map_or_else(|| "M".to_owned(), |v| format!("{v}")),
        (_, []) => String::new(),
    }
}
