//! What an expression comes to, and how two are compared.

use super::Op;
use field::place::{Position, Ring};
use field::time::Time;
use serde_json::Value as Json;
use std::cmp::Ordering;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    /// From and to, ms since 1970; alike for a moment.
    Span(i64, i64),
    /// A length of time, ms.
    Length(i64),
    Place(Position),
    Area(Ring),
    /// What a path through many comes to: one that fits is enough.
    Many(Vec<Self>),
}

impl Value {
    /// A moment, or a stretch of time: `…/…`.
    pub(super) fn time(text: &str) -> Option<Self> {
        let moment = |text: &str| text.parse::<Time>().ok().map(Time::ms);
        match text.split_once('/') {
            Some((from, to)) => moment(from).zip(moment(to)).map(|(from, to)| Self::Span(from, to)),
            None => moment(text).map(|at| Self::Span(at, at)),
        }
    }

    /// From an entity's property.
    pub(crate) fn of(json: &Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(yes) => Self::Bool(*yes),
            Json::Number(number) => number.as_f64().map_or(Self::Null, Self::Number),
            Json::String(text) => Self::Text(text.clone()),
            Json::Array(items) => Self::Many(items.iter().map(Self::of).collect()),
            Json::Object(object) => {
                let at = |n: usize| object.get("coordinates")?.get(n)?.as_f64();
                let place = at(0).zip(at(1)).map(|(lon, lat)| Self::Place(Position { lon, lat }));
                place.unwrap_or(Self::Null)
            }
        }
    }

    /// As a time, where it is one or reads as one.
    pub(crate) fn span(&self) -> Option<(i64, i64)> {
        match self {
            Self::Span(from, to) => Some((*from, *to)),
            Self::Text(text) => match Self::time(text)? {
                Self::Span(from, to) => Some((from, to)),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Whether `a op b` holds. Null equals only null and has no order; of many, one that fits is enough.
pub(super) fn holds(op: Op, a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Many(all), other) => all.iter().any(|one| holds(op, one, other)),
        (other, Value::Many(all)) => all.iter().any(|one| holds(op, other, one)),
        (Value::Null, _) | (_, Value::Null) => match op {
            Op::Eq => a == b,
            Op::Ne => a != b,
            _ => false,
        },
        (Value::Span(..), _) | (_, Value::Span(..)) => match (a.span(), b.span()) {
            (Some(a), Some(b)) => spans(op, a, b),
            _ => op == Op::Ne,
        },
        _ => match op {
            Op::Eq => a == b,
            Op::Ne => a != b,
            _ => ordered(a, b).is_some_and(|order| fits(op, order)),
        },
    }
}

const fn fits(op: Op, order: Ordering) -> bool {
    match op {
        Op::Gt => order.is_gt(),
        Op::Ge => order.is_ge(),
        Op::Lt => order.is_lt(),
        Op::Le => order.is_le(),
        _ => false,
    }
}

/// A stretch is before another when it ends where that begins, or earlier.
const fn spans(op: Op, a: (i64, i64), b: (i64, i64)) -> bool {
    let same = a.0 == b.0 && a.1 == b.1;
    match op {
        Op::Eq => same,
        Op::Ne => !same,
        Op::Lt => a.1 <= b.0 && !same,
        Op::Gt => a.0 >= b.1 && !same,
        Op::Le => a.0 <= b.0 && a.1 <= b.1,
        Op::Ge => a.0 >= b.0 && a.1 >= b.1,
        _ => false,
    }
}

fn ordered(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(b),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Length(a), Value::Length(b)) => Some(a.cmp(b)),
        (Value::Span(a, a_end), Value::Span(b, b_end)) => Some((a_end, a).cmp(&(b_end, b))),
        _ => None,
    }
}

/// The order in which entities are given: nothing first, then numbers, times, texts.
pub(crate) fn compare(a: &Value, b: &Value) -> Ordering {
    const fn rank(value: &Value) -> u8 {
        match value {
            Value::Null => 0,
            Value::Bool(_) => 1,
            Value::Number(_) => 2,
            Value::Span(..) | Value::Length(_) => 3,
            Value::Text(_) => 4,
            _ => 5,
        }
    }
    ordered(a, b).unwrap_or_else(|| rank(a).cmp(&rank(b)))
}
