//! Any sequence of payloads: the host takes or refuses each, and keeps its limits.

use wire::sparkplug::{Host, Topic, explain};

const KINDS: [&str; 6] = ["NBIRTH", "NDATA", "NDEATH", "DBIRTH", "DDATA", "DDEATH"];

/// Panics when a promise is broken.
pub(crate) fn check(bytes: &[u8]) {
    let mut host = Host::default();
    for (n, part) in bytes.split(|byte| *byte == 0xFF).take(64).enumerate() {
        let kind = KINDS[part.first().map_or(n, |byte| usize::from(*byte)) % KINDS.len()];
        let device = if kind.starts_with('D') { "/d" } else { "" };
        let topic = Topic::parse(&format!("spBv1.0/g/{kind}/n{device}"));
        if let Some(topic) = topic {
            host.take(&topic, part.get(1..).unwrap_or_default(), field::time::Time::from_ms(n as i64));
        }
    }
    let _ = explain(bytes);
}
