//! Any bytes: the decoder gives a value, the cutter loses nothing and holds little.

use crate::cutting;
use wire::sl427::{FRAMING, decode, explain, json_line};

/// Panics when a promise is broken.
pub(crate) fn check(bytes: &[u8]) {
    let frame = decode(bytes);
    assert!(frame.remarks.is_trusted() || frame.readings.is_empty());
    let _ = frame.to_report(cutting::some_time());
    let _ = explain(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(json_line(text).starts_with("{\"protocol\":\"sl427\""));
    }
    cutting::are_cut(bytes, FRAMING);
}
