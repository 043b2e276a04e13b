//! Any body: explained with and without a mapping, and as an observation, each as one line.

use wire::json_push::{Mapping, explain, json_line, mapped};
use wire::sensorthings::{self, Observation};

const MAPPING: &str = r#"
items = "data"
station = "id"
time = { path = "$.at", format = "beijing" }

[[value]]
path = "v[0]"
element_at = "n"
unit_at = "u"
factor = 0.1
required = true
"#;

/// Panics when a promise is broken.
pub(crate) fn check(bytes: &[u8]) {
    let mapping: Mapping = toml::from_str(MAPPING).unwrap();
    let observed = sensorthings::explain(bytes);
    for explained in [explain(bytes), mapped(&mapping, bytes), observed.clone()] {
        assert!(explained.fields.iter().all(|f| f.start < f.end && f.end <= bytes.len()));
        assert!(!explained.decoded.to_string().contains('\n'));
    }
    // What is taken is shown, but for bodies nested deeper than is shown.
    let sound = observed.decoded["problems"].as_array().is_some_and(Vec::is_empty);
    assert!(!sound || observed.decoded["readings"].as_array().is_some_and(|r| r.len() == 1));
    let _ = Observation::read(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(json_line(text).starts_with('{') && sensorthings::json_line(text).starts_with('{'));
    }
}
