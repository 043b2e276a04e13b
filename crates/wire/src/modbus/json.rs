//! Frames as JSON: the lines of `zhizhen decode modbus`, and the view of the frame-trace page.

use super::decode::{Body, Decoded, Part, decode};
use super::pdu::{Answer, Request};
use super::{NAME, Transport};
use crate::Explained;
use crate::hex::{bytes_of, hex};
use crate::view::plain_quality;
use serde_json::{Value, json};

/// Longest row on a line, bytes: what the command line reads.
const MAX_ROW: usize = 32 * 1024;

/// A row of frames in hexadecimal → one JSON object in one line, whatever is wrong with the text.
///
/// Modbus carries no time: `observed_at` is null unless the map names the device's own time stamp.
#[must_use]
pub fn json_line(text: &str) -> String {
    let row = match bytes_of(text, MAX_ROW) {
        Ok(bytes) => decode(&bytes),
        Err(fault) => Decoded { problems: vec![fault], ..Decoded::default() },
    };
    view(&row).to_string()
}

/// A stored poll, explained for a page.
#[must_use]
pub fn explain(bytes: &[u8]) -> Explained {
    let row = decode(bytes);
    let decoded = view(&row);
    let mut fields = row.fields;
    fields.sort_by_key(|field| (field.start, field.end));
    Explained { decoded, fields }
}

fn view(row: &Decoded) -> Value {
    let first = row.parts.iter().find_map(|part| match &part.body {
        Body::Request(request) => Some(request.function()),
        Body::Answer(answer) => Some(answer.function()),
        Body::Note(_) | Body::Unread => None,
    });
    let readings = row.readings.iter().map(|read| {
        json!({
            "id": read.id,
            "element": read.title,
            "value": read.value,
            "unit": read.unit,
            "quality": plain_quality(read.value.is_some()),
            "why": read.why,
            "observed_at": row.observed_at,
        })
    });
    json!({
        "protocol": NAME,
        "transport": row.transport.filter(|_| !row.parts.is_empty()).map(transport),
        "station": null,
        "unit": row.parts.first().map(|part| part.unit),
        "function": first.map(|function| format!("{function:02X}")),
        "map": row.map_key,
        "sent_at": null,
        "readings": readings.collect::<Vec<_>>(),
        "frames": row.parts.iter().map(part).collect::<Vec<_>>(),
        "problems": crate::fault::lines(&row.problems),
    })
}

const fn transport(transport: Transport) -> &'static str {
    match transport {
        Transport::Tcp => "tcp",
        Transport::RtuOverTcp => "rtu_over_tcp",
    }
}

fn part(part: &Part) -> Value {
    let mut shown = match &part.body {
        Body::Request(request) => request_view(request),
        Body::Answer(answer) => answer_view(answer),
        Body::Note(key) => json!({ "kind": "note", "map": key }),
        Body::Unread => json!({ "kind": "unread" }),
    };
    if let Some(object) = shown.as_object_mut() {
        object.insert("start".to_owned(), part.start.into());
        object.insert("transaction".to_owned(), part.transaction.into());
        object.insert("unit".to_owned(), part.unit.into());
    }
    shown
}

fn request_view(request: &Request) -> Value {
    let function = format!("{:02X}", request.function());
    match request {
        Request::Read { table, address, count } => {
            json!({ "kind": "request", "function": function, "table": table, "address": address, "count": count })
        }
        Request::WriteCoil { address, on } => {
            json!({ "kind": "request", "function": function, "address": address, "on": on })
        }
        Request::WriteRegister { address, value } => {
            json!({ "kind": "request", "function": function, "address": address, "value": value })
        }
        Request::WriteCoils { address, bits } => {
            json!({ "kind": "request", "function": function, "address": address, "bits": bits })
        }
        Request::WriteRegisters { address, values } => {
            json!({ "kind": "request", "function": function, "address": address, "values": values })
        }
        Request::MaskWrite { address, and, or } => {
            json!({ "kind": "request", "function": function, "address": address, "and": and, "or": or })
        }
        Request::ReadWrite { address, count, write_address, values } => json!({
            "kind": "request", "function": function, "address": address, "count": count,
            "write_address": write_address, "values": values,
        }),
        Request::Identify { level, object } => {
            json!({ "kind": "request", "function": function, "level": level, "object": object })
        }
        Request::Other { data, .. } => json!({ "kind": "request", "function": function, "data": hex(data) }),
    }
}

fn answer_view(answer: &Answer) -> Value {
    let function = format!("{:02X}", answer.function());
    match answer {
        Answer::Bits { bits, .. } => json!({ "kind": "answer", "function": function, "bits": bits }),
        Answer::Registers { values, .. } | Answer::ReadWrote { values } => {
            json!({ "kind": "answer", "function": function, "values": values })
        }
        Answer::WroteCoil { address, on } => {
            json!({ "kind": "answer", "function": function, "address": address, "on": on })
        }
        Answer::WroteRegister { address, value } => {
            json!({ "kind": "answer", "function": function, "address": address, "value": value })
        }
        Answer::WroteCoils { address, count } | Answer::WroteRegisters { address, count } => {
            json!({ "kind": "answer", "function": function, "address": address, "count": count })
        }
        Answer::MaskWrote { address, and, or } => {
            json!({ "kind": "answer", "function": function, "address": address, "and": and, "or": or })
        }
        Answer::Identity { objects, next, .. } => {
            let object =
                |(id, text): &(u8, Vec<u8>)| json!({ "id": id, "text": String::from_utf8_lossy(text) });
            let objects: Vec<Value> = objects.iter().map(object).collect();
            json!({ "kind": "answer", "function": function, "objects": objects, "next": next })
        }
        Answer::Exception { exception, .. } => json!({
            "kind": "exception", "function": function, "exception": exception.0, "why": exception.code(),
        }),
        Answer::Other { data, .. } => json!({ "kind": "answer", "function": function, "data": hex(data) }),
    }
}
