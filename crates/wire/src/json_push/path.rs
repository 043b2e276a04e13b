//! A way through nested JSON: `a.b.0.c`. A dot in a name is written `\.`.

use serde_json::Value;

/// A path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    text: String,
    from_body: bool,
    steps: Vec<String>,
}

impl Path {
    /// Reads a path; `$.` at its start begins at the whole body, `$` or nothing is the whole.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let from_body = text.starts_with('$');
        let rest = text.strip_prefix('$').unwrap_or(text);
        let rest = rest.strip_prefix('.').unwrap_or(rest);
        let mut steps = vec![];
        let mut step = String::new();
        let mut signs = rest.chars();
        while let Some(sign) = signs.next() {
            match sign {
                '\\' => step.extend(signs.next()),
                '.' => steps.push(std::mem::take(&mut step)),
                _ => step.push(sign),
            }
        }
        if !step.is_empty() {
            steps.push(step);
        }
        Self { text: text.to_owned(), from_body, steps }
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it leads to, from the record or from the whole body.
    #[must_use]
    pub fn find<'a>(&self, record: &'a Value, body: &'a Value) -> Option<&'a Value> {
        let start = if self.from_body { body } else { record };
        self.steps.iter().try_fold(start, |at, step| match at {
            Value::Object(fields) => fields.get(step),
            Value::Array(items) => items.get(step.parse::<usize>().ok()?),
            _ => None,
        })
    }
}
