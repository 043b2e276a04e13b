//! Pasted frames, explained.

use super::packet::FieldMark;
use crate::session::hex;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use wire::{Explained, Protocol};

/// A protocol that can be decoded.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProtocolView {
    pub(crate) name: String,
    /// The standard it is, as its publisher writes it.
    pub(crate) title: String,
}

impl From<&Protocol> for ProtocolView {
    fn from(p: &Protocol) -> Self {
        Self { name: p.name.to_owned(), title: p.title.to_owned() }
    }
}

/// What to decode.
#[derive(Deserialize, ToSchema)]
pub(crate) struct DecodeEdit {
    /// A name of `/protocols`; none: whichever understands the frame best.
    pub(crate) protocol: Option<String>,
    /// Frames, one a line: hexadecimal, or the text itself.
    pub(crate) text: String,
}

/// A pasted frame, explained.
#[derive(Serialize, ToSchema)]
pub(crate) struct DecodedFrame {
    pub(crate) protocol: String,
    pub(crate) hex: String,
    /// As `zhizhen decode` prints it.
    #[schema(value_type = Object)]
    pub(crate) decoded: Value,
    pub(crate) fields: Vec<FieldMark>,
}

/// What editors put in front of UTF-8 text.
const BYTE_ORDER_MARK: char = '\u{FEFF}';

impl DecodedFrame {
    /// The line by the protocol asked for, or by the one that understands most of it.
    pub(crate) fn of(line: &str, asked: Option<&'static Protocol>) -> Self {
        let line = line.trim_start_matches(BYTE_ORDER_MARK);
        let bytes = bytes_of(line);
        let candidates = wire::PROTOCOLS.iter().filter(|p| asked.is_none_or(|a| a.name == p.name));
        // Some lines are no frame but say one, such as a topic and its payload.
        let said = |p: &Protocol| Explained {
            decoded: serde_json::from_str(&(p.json_line)(line)).unwrap_or_default(),
            fields: vec![],
        };
        let best = candidates
            .flat_map(|p| [(p, (p.explain)(&bytes)), (p, said(p))])
            .min_by_key(|(_, explained)| strangeness(explained));
        let (protocol, explained) = match best {
            Some((p, explained)) => (p.name, explained),
            None => ("", Explained { decoded: Value::Null, fields: vec![] }),
        };
        let fields = explained.fields.into_iter();
        Self {
            protocol: protocol.to_owned(),
            hex: hex(&bytes),
            decoded: explained.decoded,
            fields: fields.map(|f| FieldMark { start: f.start, end: f.end, name: f.name }).collect(),
        }
    }
}

/// How little a protocol makes of a frame: its problems, then what it left unread.
fn strangeness(explained: &Explained) -> (bool, usize, usize) {
    let list = |key: &str| explained.decoded.get(key).and_then(Value::as_array).map(Vec::len);
    let understood = explained.fields.iter().map(|f| f.end.saturating_sub(f.start)).sum::<usize>();
    let problems = list("problems").unwrap_or(usize::MAX);
    let named = explained.decoded.get("station").is_some_and(|s| !s.is_null()) || list("readings") > Some(0);
    (!named, problems, usize::MAX - understood)
}

/// Hexadecimal with or without blanks, or else the text's own bytes (with the line end that a text
/// protocol frames by).
fn bytes_of(line: &str) -> Vec<u8> {
    let number = line.strip_prefix("0x").or_else(|| line.strip_prefix("0X")).unwrap_or(line);
    let digits: Vec<u8> = number
        .bytes()
        .filter(|b| !b.is_ascii_whitespace())
        .map_while(|b| char::from(b).to_digit(16).map(|d| d as u8))
        .collect();
    let signs = number.bytes().filter(|b| !b.is_ascii_whitespace()).count();
    if digits.len() == signs && signs % 2 == 0 {
        return digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, d| byte << 4 | d)).collect();
    }
    let end = if line.starts_with("##") { "\r\n" } else { "" };
    format!("{line}{end}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_with_blanks_is_bytes_and_anything_else_is_its_text() {
        assert_eq!(bytes_of("7E 7e 01"), [0x7E, 0x7E, 0x01]);
        assert_eq!(bytes_of("0x7E7E"), [0x7E, 0x7E]);
        assert_eq!(bytes_of("7E7"), b"7E7");
        assert_eq!(bytes_of("##0004"), b"##0004\r\n");
    }

    #[test]
    fn a_frame_finds_its_protocol_by_itself() {
        let hj212 = "##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&1C80";
        assert_eq!(DecodedFrame::of(hj212, None).protocol, "hj212");
        let modbus = "00 01 00 00 00 06 01 03 00 00 00 02";
        assert_eq!(DecodedFrame::of(modbus, wire::protocol("modbus")).protocol, "modbus");
        assert_eq!(DecodedFrame::of("cpu,host=a usage=0.5 1434055562000000000", None).protocol, "influx");
    }

    #[test]
    fn a_topic_with_its_payload_is_understood_as_the_command_line_does() {
        let told = DecodedFrame::of("\u{FEFF}zhizhen/A/up {\"level\":2.5}", None);
        assert_eq!((told.protocol.as_str(), &told.decoded["readings"][0]["value"]), ("mqtt", &2.5.into()));
    }
}
