//! Packets as JSON: the lines of `zhizhen decode hj212`, and the view of the frame-trace page.

use super::command::command;
use super::decoded::Decoded;
use super::{MAX_FRAME, NAME, decode};
use crate::Explained;
use crate::fault;
use crate::hex::bytes_of;
use crate::view::{PacketView, explained, line};
use field::time::Time;
use serde::Serialize;

#[derive(Serialize)]
struct LineView<'a> {
    protocol: &'static str,
    station: Option<&'a str>,
    function: Option<String>,
    /// Which part of a split report it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    packet: Option<PacketView>,
    sent_at: Option<Time>,
    data_time: Option<Time>,
    readings: Vec<ReadingView<'a>>,
    problems: Vec<String>,
}

#[derive(Serialize)]
struct ReadingView<'a> {
    id: &'a str,
    field: &'a str,
    element: String,
    value: Option<f64>,
    unit: &'static str,
    quality: Option<&'a str>,
    observed_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    sampled_at: Option<Time>,
}

fn view(packet: &Decoded) -> LineView<'_> {
    LineView {
        protocol: NAME,
        station: packet.mn.as_deref(),
        function: packet.cn.map(|cn| cn.to_string()),
        packet: packet.packet.map(|p| PacketView { total: p.total, number: p.number }),
        sent_at: packet.sent_at,
        data_time: packet.data_time,
        readings: packet
            .readings
            .iter()
            .map(|reading| ReadingView {
                id: &reading.id,
                field: &reading.field,
                element: reading.element(packet.cn),
                value: reading.value,
                unit: reading.unit,
                quality: reading.flag.as_deref(),
                observed_at: reading.observed_at,
                sampled_at: reading.sampled_at,
            })
            .collect(),
        problems: fault::lines(&packet.remarks.problems),
    }
}

/// One packet, as its own text or in hexadecimal → one JSON object in one line, whatever is wrong.
#[must_use]
pub fn json_line(text: &str) -> String {
    let text = text.trim();
    let packet = if text.starts_with("##") {
        // `\r\n` written out, as logs do, belongs to no packet.
        let text = text.strip_suffix("\\n").unwrap_or(text);
        decode(text.strip_suffix("\\r").unwrap_or(text).as_bytes())
    } else {
        bytes_of(text, MAX_FRAME).map_or_else(
            |fault| Decoded { remarks: fault.into(), ..Decoded::default() },
            |bytes| decode(&bytes),
        )
    };
    line(&view(&packet))
}

/// One packet's bytes → what was read, and which bytes mean what.
#[must_use]
pub fn explain(bytes: &[u8]) -> Explained {
    let packet = decode(bytes);
    let items = packet.items.iter().map(|item| serde_json::json!({"name": item.key, "value": item.value}));
    let view = view(&packet);
    let more = [
        ("command_name", packet.cn.and_then(command).map(|c| c.zh).into()),
        ("system", packet.st.clone().into()),
        // The password itself is nobody's business on a screen.
        ("has_password", packet.pw.as_ref().is_some_and(|pw| !pw.is_empty()).into()),
        ("version", packet.version().into()),
        ("wants_answer", packet.wants_answer().into()),
        ("packet", serde_json::to_value(view.packet).unwrap_or_default()),
        ("items", items.collect::<Vec<_>>().into()),
    ];
    explained(&view, more, &packet.remarks)
}
