//! 规约: the list of protocols in sight, and what each can do with bytes it is shown.

use crate::fault::Fault;
use crate::view::unread;
use crate::{
    cjt188, dlt645, hj212, influx, json_push, modbus, mqtt, opcua, sensorthings, sl427, sl651, sparkplug,
};

/// A run of a frame's bytes with a meaning, for marking them in a hexadecimal view.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Field {
    /// First byte, counted from the frame's start.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Stable name, such as `crc` or `element:26`.
    pub name: String,
}

/// One frame, explained for a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// What was read from it; each protocol's own shape.
    pub decoded: serde_json::Value,
    /// Which bytes mean what, in the order of the frame.
    pub fields: Vec<Field>,
}

/// A protocol this house speaks.
#[derive(Clone, Copy, Debug)]
pub struct Protocol {
    /// The name used in commands, in stored packets and in the API.
    pub name: &'static str,
    /// The standard it is.
    pub title: &'static str,
    /// The port its listener takes when nothing else is configured.
    pub default_port: u16,
    /// One frame as hexadecimal text → one JSON object in one line, whatever is wrong with it.
    pub json_line: fn(&str) -> String,
    /// One frame's bytes → explained.
    pub explain: fn(&[u8]) -> Explained,
}

/// Every protocol.
pub const PROTOCOLS: &[Protocol] = &[
    Protocol {
        name: sl651::NAME,
        title: "SL 651-2014 水文监测数据通信规约",
        default_port: sl651::DEFAULT_PORT,
        json_line: sl651::json_line,
        explain: sl651::explain,
    },
    Protocol {
        name: hj212::NAME,
        title: "HJ 212-2017 污染物在线监控(监测)系统数据传输标准 (2005, 2025)",
        default_port: hj212::DEFAULT_PORT,
        json_line: hj212::json_line,
        explain: hj212::explain,
    },
    Protocol {
        name: sl427::NAME,
        title: "SL/T 427-2021 水资源监测数据传输规约 (SZY 206-2016)",
        default_port: sl427::DEFAULT_PORT,
        json_line: sl427::json_line,
        explain: sl427::explain,
    },
    Protocol {
        name: cjt188::NAME,
        title: "CJ/T 188 户用计量仪表数据传输技术条件",
        default_port: cjt188::DEFAULT_PORT,
        json_line: cjt188::json_line,
        explain: cjt188::explain,
    },
    Protocol {
        name: dlt645::NAME,
        title: "DL/T 645-2007 多功能电能表通信协议",
        default_port: dlt645::DEFAULT_PORT,
        json_line: dlt645::json_line,
        explain: dlt645::explain,
    },
    Protocol {
        name: influx::NAME,
        title: "InfluxDB line protocol",
        default_port: 8651,
        json_line: influx::json_line,
        explain: influx::explain,
    },
    // Before other JSON: whoever may be either is an observation.
    Protocol {
        name: sensorthings::NAME,
        title: "OGC SensorThings API 1.1 (18-088), Observation",
        default_port: 8651,
        json_line: sensorthings::json_line,
        explain: sensorthings::explain,
    },
    Protocol {
        name: json_push::NAME,
        title: "JSON (RFC 8259), read by a mapping",
        default_port: 8651,
        json_line: json_push::json_line,
        explain: json_push::explain,
    },
    Protocol {
        name: modbus::NAME,
        title: "Modbus TCP, RTU over TCP (V1.1b3)",
        default_port: modbus::DEFAULT_PORT,
        json_line: modbus::json_line,
        explain: modbus::explain,
    },
    Protocol {
        name: mqtt::NAME,
        title: "MQTT 3.1.1 / 5.0 (ISO/IEC 20922, OASIS)",
        default_port: mqtt::DEFAULT_PORT,
        json_line: mqtt::json_line,
        explain: mqtt::explain,
    },
    Protocol {
        name: opcua::NAME,
        title: "OPC UA (IEC 62541)",
        default_port: opcua::DEFAULT_PORT,
        json_line: opcua::json_line,
        explain: opcua::explain,
    },
    Protocol {
        name: sparkplug::NAME,
        title: "Sparkplug B 3.0 (ISO/IEC 20237)",
        default_port: mqtt::DEFAULT_PORT,
        json_line: sparkplug::json_line,
        explain: sparkplug::explain,
    },
];

/// Names of standards that a protocol here also reads, with its name.
const ALSO: &[(&str, &str)] = &[("szy206", sl427::NAME)];
/// A mark that editors put in front of UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
/// What a frame begins with that is text itself: an HJ 212 packet, SL 651 in ASCII form (SOH).
const TEXT_FRAMES: [&[u8]; 2] = [b"##", b"\x01"];

impl Protocol {
    /// One line of a file → one JSON object in one line, whatever bytes it holds: a frame in hexadecimal, or
    /// as itself where frames of the protocol are text, also in GB 18030.
    #[must_use]
    pub fn line(&self, line: &[u8]) -> String {
        let line = plain(line);
        match std::str::from_utf8(line) {
            Ok(text) if !line.starts_with(b"\x01") => (self.json_line)(text),
            // As hexadecimal no byte of the frame is lost.
            _ if TEXT_FRAMES.iter().any(|start| line.starts_with(start)) => {
                let frame = ["\\n", "\\r"]
                    .iter()
                    .fold(line, |frame, end| frame.strip_suffix(end.as_bytes()).unwrap_or(frame));
                (self.json_line)(&crate::hex::hex(frame))
            }
            _ => (self.json_line)(&String::from_utf8_lossy(line)),
        }
    }

    /// The object of a line that is longer than the `most` bytes that are read of one.
    #[must_use]
    pub fn too_long(&self, most: usize) -> String {
        let fault =
            Fault::fatal("line_too_long", format!("the line is longer than {most} bytes; it is not read"));
        unread(self.name, None, None, &[fault]).to_string()
    }
}

/// A line of a file without its end, blanks around it, and a byte order mark in front of it.
#[must_use]
pub fn plain(line: &[u8]) -> &[u8] {
    line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line).trim_ascii()
}

/// The protocol that a person means: by its name or that of another standard it reads, in any case.
#[must_use]
pub fn meant(name: &str) -> Option<&'static Protocol> {
    let also = ALSO.iter().find(|(also, _)| also.eq_ignore_ascii_case(name)).map(|(_, name)| *name);
    let name = also.unwrap_or(name);
    PROTOCOLS.iter().find(|p| p.name.eq_ignore_ascii_case(name))
}

/// The protocol of that name.
#[must_use]
pub fn protocol(name: &str) -> Option<&'static Protocol> {
    PROTOCOLS.iter().find(|p| p.name == name)
}
