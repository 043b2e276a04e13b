//! Any bytes: the packet reader gives a packet or a fault; what it read is written and read again.

use wire::mqtt::{Packet, TopicMap, Version, decode, explain, json_line, length};

/// Panics when a promise is broken.
pub(crate) fn check(bytes: &[u8]) {
    let _ = length(bytes);
    for version in [Version::V311, Version::V5] {
        if let Ok(packet) = decode(bytes, version) {
            let version = match &packet {
                Packet::Connect(connect) => connect.version,
                _ => version,
            };
            let written = packet.to_bytes(version);
            assert_eq!(length(&written), Ok(Some(written.len())));
            let _ = decode(&written, version);
        }
    }
    let _ = explain(bytes);
    let _ = TopicMap::plain().read("a/b/c", bytes, field::time::Time::MIN);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = json_line(text);
    }
}
