//! The functions of OGC 18-088, table 24, that can be asked of what we have.

use super::Value;
use super::geo::{distance, meets};
use field::time::{BEIJING_MS, Time};

/// Name, fewest and most arguments.
pub(super) const FUNCTIONS: &[(&str, usize, usize)] = &[
    ("substringof", 2, 2),
    ("endswith", 2, 2),
    ("startswith", 2, 2),
    ("length", 1, 1),
    ("indexof", 2, 2),
    ("substring", 2, 3),
    ("tolower", 1, 1),
    ("toupper", 1, 1),
    ("trim", 1, 1),
    ("concat", 2, 2),
    ("year", 1, 1),
    ("month", 1, 1),
    ("day", 1, 1),
    ("hour", 1, 1),
    ("minute", 1, 1),
    ("second", 1, 1),
    ("fractionalseconds", 1, 1),
    ("date", 1, 1),
    ("time", 1, 1),
    ("totaloffsetminutes", 1, 1),
    ("now", 0, 0),
    ("mindatetime", 0, 0),
    ("maxdatetime", 0, 0),
    ("round", 1, 1),
    ("floor", 1, 1),
    ("ceiling", 1, 1),
    ("geo.distance", 2, 2),
    ("geo.intersects", 2, 2),
    ("st_equals", 2, 2),
    ("st_disjoint", 2, 2),
    ("st_intersects", 2, 2),
    ("st_within", 2, 2),
    ("st_contains", 2, 2),
];

/// What a function comes to; null where its arguments have no such thing.
pub(super) fn call(name: &str, args: &[Value], now: Time) -> Value {
    let moment = |at: Time| Value::Span(at.ms(), at.ms());
    match (name, args) {
        ("now", []) => moment(now),
        ("mindatetime", []) => moment(Time::MIN),
        ("maxdatetime", []) => moment(Time::MAX),
        // Of many, each.
        (_, [Value::Many(all), rest @ ..]) => {
            let each = |one: &Value| {
                let mut args = vec![one.clone()];
                args.extend_from_slice(rest);
                call(name, &args, now)
            };
            Value::Many(all.iter().map(each).collect())
        }
        (_, [Value::Text(text)]) if of_text(name, text).is_some() => {
            of_text(name, text).unwrap_or(Value::Null)
        }
        (_, [Value::Text(a), Value::Text(b)]) => of_texts(name, a, b),
        ("substring", [Value::Text(text), Value::Number(from)]) => part(text, *from, f64::INFINITY),
        ("substring", [Value::Text(text), Value::Number(from), Value::Number(count)]) => {
            part(text, *from, *count)
        }
        (_, [Value::Number(number)]) => of_number(name, *number),
        (_, [time]) => time.span().map_or(Value::Null, |(_, end)| of_time(name, end)),
        (_, [a, b]) => of_places(name, a, b),
        _ => Value::Null,
    }
}

fn of_text(name: &str, text: &str) -> Option<Value> {
    Some(match name {
        "length" => Value::Number(text.chars().count() as f64),
        "tolower" => Value::Text(text.to_lowercase()),
        "toupper" => Value::Text(text.to_uppercase()),
        "trim" => Value::Text(text.trim().to_owned()),
        _ => return None,
    })
}

fn of_texts(name: &str, a: &str, b: &str) -> Value {
    match name {
        "substringof" => Value::Bool(b.contains(a)),
        "startswith" => Value::Bool(a.starts_with(b)),
        "endswith" => Value::Bool(a.ends_with(b)),
        "concat" => Value::Text(format!("{a}{b}")),
        "indexof" => {
            let before = a.split_once(b).map(|(before, _)| before.chars().count() as f64);
            Value::Number(before.unwrap_or(-1.0))
        }
        _ => Value::Null,
    }
}

/// From the sign numbered `from` (from 0) on, at most `count`; a float becomes the nearest count.
fn part(text: &str, from: f64, count: f64) -> Value {
    Value::Text(text.chars().skip(from as usize).take(count as usize).collect())
}

fn of_number(name: &str, number: f64) -> Value {
    match name {
        "round" => Value::Number(number.round()),
        "floor" => Value::Number(number.floor()),
        "ceiling" => Value::Number(number.ceil()),
        _ => Value::Null,
    }
}

/// Parts of a time, in UTC.
fn of_time(name: &str, ms: i64) -> Value {
    let wall = Time::from_ms(ms - BEIJING_MS).beijing();
    let number = match name {
        "year" => f64::from(wall.year()),
        "month" => f64::from(wall.month()),
        "day" => f64::from(wall.day()),
        "hour" => f64::from(wall.hour()),
        "minute" => f64::from(wall.minute()),
        "second" => f64::from(wall.second()),
        "fractionalseconds" => ms.rem_euclid(1_000) as f64 / 1_000.0,
        "totaloffsetminutes" => 0.0,
        "date" => return Value::Text(wall.date().to_string()),
        "time" => return Value::Text(wall.time().to_string()),
        _ => return Value::Null,
    };
    Value::Number(number)
}

fn of_places(name: &str, a: &Value, b: &Value) -> Value {
    let met = |yes: bool| meets(a, b).map_or(Value::Null, |meets| Value::Bool(meets == yes));
    let inside = |inner: &Value| if matches!(inner, Value::Place(_)) { met(true) } else { Value::Null };
    match name {
        "geo.distance" => distance(a, b).map_or(Value::Null, Value::Number),
        "geo.intersects" | "st_intersects" => met(true),
        "st_disjoint" => met(false),
        "st_equals" => Value::Bool(a == b),
        "st_within" => inside(a),
        "st_contains" => inside(b),
        _ => Value::Null,
    }
}
