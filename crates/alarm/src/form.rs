//! 规则参数: what a rule can be set to, in one list per rule: the settings form is drawn from it,
//! defaults come from it, and every stored or edited setting is checked against it.
//!
//! Promises that a setting which reads is complete, in range and has no unknown names.

use field::severity::{Severity, Thresholds};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// One parameter of a rule.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in the stored JSON.
    pub name: &'static str,
    /// Its unit: `point` means the unit of the point the rule watches.
    pub unit: &'static str,
    /// What it holds.
    pub kind: FieldKind,
}

/// What a parameter holds.
#[derive(Clone, Copy, Debug)]
pub enum FieldKind {
    /// A number in a range.
    Number {
        /// Least.
        min: f64,
        /// Greatest.
        max: f64,
        /// When it is left out.
        default: f64,
    },
    /// Up to four thresholds 蓝黄橙红, at least one of them.
    Thresholds {
        /// Least.
        min: f64,
        /// Greatest.
        max: f64,
        /// Whether worse means higher (else lower).
        rising: bool,
    },
    /// One of a few words.
    Choice {
        /// The words.
        of: &'static [&'static str],
        /// When it is left out.
        default: &'static str,
    },
    /// 预警等级 of the alarm it raises.
    Severity {
        /// When it is left out.
        default: Severity,
    },
}

impl Field {
    /// The field as data for a settings form.
    #[must_use]
    pub fn describe(&self) -> Value {
        let mut out = json!({ "name": self.name, "unit": self.unit });
        let more = match self.kind {
            FieldKind::Number { min, max, default } => {
                json!({ "kind": "number", "min": min, "max": max, "default": default })
            }
            FieldKind::Thresholds { min, max, rising } => {
                json!({ "kind": "thresholds", "min": min, "max": max, "rising": rising, "default": {} })
            }
            FieldKind::Choice { of, default } => json!({ "kind": "choice", "of": of, "default": default }),
            FieldKind::Severity { default } => {
                let of: Vec<&str> = Severity::ALL.iter().map(|s| s.code()).collect();
                json!({ "kind": "severity", "of": of, "default": default.code() })
            }
        };
        if let (Value::Object(out), Value::Object(more)) = (&mut out, more) {
            out.extend(more);
        }
        out
    }
}

/// What is wrong with a parameter.
#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Problem {
    /// The parameters are no JSON object.
    #[error("the parameters must be one JSON object")]
    NotAnObject,
    /// No parameter of that name.
    #[error("there is no such parameter")]
    Unknown,
    /// Not a number.
    #[error("a number is needed")]
    NotANumber,
    /// Out of range.
    #[error("{value} is outside {min} to {max}")]
    OutOfRange {
        /// The value given.
        value: f64,
        /// Least allowed.
        min: f64,
        /// Greatest allowed.
        max: f64,
    },
    /// No threshold given.
    #[error("at least one of blue, yellow, orange, red is needed")]
    NoThreshold,
    /// Thresholds out of order.
    #[error("thresholds must get worse from blue to red")]
    OutOfOrder,
    /// Not one of the words.
    #[error("it must be one of {0}")]
    NotOneOf(String),
}

/// A rule's parameters that cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize)]
#[error("rule `{kind}`, parameter `{param}`: {problem}")]
pub struct BadParams {
    /// Kind of rule.
    pub kind: String,
    /// Which parameter (empty: all of them).
    pub param: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// Parameters that were checked: each getter answers with the value or the field's default.
pub(crate) struct Form<'a> {
    given: &'a Map<String, Value>,
    fields: &'static [Field],
}

/// No parameters at all: every default.
static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);

impl<'a> Form<'a> {
    /// Checks `params` against `fields`.
    ///
    /// # Errors
    /// [`BadParams`] with the first parameter that does not fit.
    pub(crate) fn read(kind: &str, fields: &'static [Field], params: &'a Value) -> Result<Self, BadParams> {
        let bad =
            |param: &str, problem| BadParams { kind: kind.to_owned(), param: param.to_owned(), problem };
        let given = match params {
            Value::Object(given) => given,
            Value::Null => &EMPTY,
            _ => return Err(bad("", Problem::NotAnObject)),
        };
        for name in given.keys() {
            if !fields.iter().any(|f| f.name == name) {
                return Err(bad(&name.chars().take(64).collect::<String>(), Problem::Unknown));
            }
        }
        for field in fields {
            check(field, given.get(field.name)).map_err(|problem| bad(field.name, problem))?;
        }
        Ok(Self { given, fields })
    }

    fn field(&self, name: &str) -> Option<&'static FieldKind> {
        self.fields.iter().find(|f| f.name == name).map(|f| &f.kind)
    }

    /// A number.
    pub(crate) fn number(&self, name: &str) -> f64 {
        let default = match self.field(name) {
            Some(FieldKind::Number { default, .. }) => *default,
            _ => 0.0,
        };
        self.given.get(name).and_then(Value::as_f64).unwrap_or(default)
    }

    /// A span given in `unit_ms`.
    pub(crate) fn span_ms(&self, name: &str, unit_ms: i64) -> i64 {
        // The fields' ranges keep this far below 2^53.
        #[expect(
            clippy::cast_possible_truncation,
            reason = "checked range: at most some days in milliseconds"
        )]
        let ms = (self.number(name) * unit_ms as f64).round() as i64;
        ms
    }

    /// A count.
    pub(crate) fn count(&self, name: &str) -> usize {
        usize::try_from(self.span_ms(name, 1)).unwrap_or(0)
    }

    /// Thresholds.
    pub(crate) fn thresholds(&self, name: &str) -> Thresholds {
        let given = self.given.get(name).cloned().unwrap_or_default();
        serde_json::from_value(given).unwrap_or_default()
    }

    /// One of the words.
    pub(crate) fn choice(&self, name: &str) -> &str {
        let default = match self.field(name) {
            Some(FieldKind::Choice { default, .. }) => default,
            _ => "",
        };
        self.given.get(name).and_then(Value::as_str).unwrap_or(default)
    }

    /// A severity.
    pub(crate) fn severity(&self, name: &str) -> Severity {
        let default = match self.field(name) {
            Some(FieldKind::Severity { default }) => *default,
            _ => Severity::Blue,
        };
        self.given.get(name).and_then(Value::as_str).and_then(severity_from_code).unwrap_or(default)
    }
}

fn severity_from_code(code: &str) -> Option<Severity> {
    Severity::ALL.into_iter().find(|s| s.code() == code)
}

fn check(field: &Field, given: Option<&Value>) -> Result<(), Problem> {
    match (&field.kind, given) {
        (FieldKind::Thresholds { min, max, rising }, given) => {
            check_thresholds(given.unwrap_or(&Value::Null), *min, *max, *rising)
        }
        (_, None) => Ok(()),
        (FieldKind::Number { min, max, .. }, Some(value)) => in_range(value, *min, *max).map(|_| ()),
        (FieldKind::Choice { of, .. }, Some(value)) => match value.as_str() {
            Some(word) if of.contains(&word) => Ok(()),
            _ => Err(Problem::NotOneOf(of.join(", "))),
        },
        (FieldKind::Severity { .. }, Some(value)) => match value.as_str().and_then(severity_from_code) {
            Some(_) => Ok(()),
            None => Err(Problem::NotOneOf("blue, yellow, orange, red".to_owned())),
        },
    }
}

fn in_range(value: &Value, min: f64, max: f64) -> Result<f64, Problem> {
    let value = value.as_f64().filter(|v| v.is_finite()).ok_or(Problem::NotANumber)?;
    if (min..=max).contains(&value) { Ok(value) } else { Err(Problem::OutOfRange { value, min, max }) }
}

fn check_thresholds(given: &Value, min: f64, max: f64, rising: bool) -> Result<(), Problem> {
    let given = match given {
        Value::Object(given) => given,
        Value::Null => return Err(Problem::NoThreshold),
        _ => return Err(Problem::NotAnObject),
    };
    if given.keys().any(|name| severity_from_code(name).is_none()) {
        return Err(Problem::Unknown);
    }
    let mut last: Option<f64> = None;
    for severity in Severity::ALL {
        let Some(value) = given.get(severity.code()).filter(|v| !v.is_null()) else { continue };
        let value = in_range(value, min, max)?;
        if last.is_some_and(|last| if rising { value <= last } else { value >= last }) {
            return Err(Problem::OutOfOrder);
        }
        last = Some(value);
    }
    last.map(|_| ()).ok_or(Problem::NoThreshold)
}
