//! Any bytes: every line is read or named, no mark stands outside the bytes.

use wire::opcua::{Line, explain, json_line};

/// Panics when a promise is broken.
pub(crate) fn check(bytes: &[u8]) {
    let explained = explain(bytes);
    assert!(explained.fields.iter().all(|f| f.start < f.end && f.end <= bytes.len()));
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(json_line(text).starts_with('{'));
        if let Ok(line) = Line::read(text) {
            let reading = line.reading();
            assert!(reading.value.is_none_or(f64::is_finite));
            let _ = line.problems();
        }
    }
}
