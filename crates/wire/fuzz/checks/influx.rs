//! Any bytes: every line is read or named once, the quick way says what the full one says.

use wire::influx::{Rapid, canonical, explain, json_line, lines};

/// Panics when a promise is broken.
pub(crate) fn check(bytes: &[u8]) {
    let mut rapid = Rapid::default();
    for line in lines(bytes) {
        match line {
            Ok(line) => {
                let fields: Vec<_> = line.fields().collect();
                assert!(!fields.is_empty());
                let _ = (canonical(&line), line.tags().count());
                let first = fields[0];
                let key = [line.series(), b" ", first.name].concat();
                rapid.learn(&key, 7_u8);
                let mut hint = 0;
                if let Some(seen) = rapid.read(line.raw, &mut hint) {
                    assert_eq!(Some(seen.stamp), line.stamp);
                    assert_eq!(Some(seen.value), first.value.number());
                    assert_eq!(fields.len(), 1);
                }
            }
            Err((problem, raw)) => assert!(problem.line > 0 && raw.len() <= bytes.len()),
        }
    }
    let _ = explain(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(json_line(text).starts_with('{'));
    }
}
