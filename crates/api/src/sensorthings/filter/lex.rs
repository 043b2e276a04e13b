//! An expression's words.

use super::Value;
use super::geo;
use field::time::{DAY_MS, HOUR_MS, MINUTE_MS};

/// Most words of an expression.
const TOKENS_MAX: usize = 500;

/// One word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Open,
    Close,
    Comma,
    /// An operator, a function, a property, a path.
    Word(String),
    Literal(Value),
}

/// Cuts an expression into words.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = vec![];
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            ',' => (Token::Comma, 1),
            '\'' => {
                let (text, length) = quoted(rest)?;
                (Token::Literal(Value::Text(text)), length)
            }
            '-' | '0'..='9' => number_or_time(rest)?,
            c if c.is_alphabetic() || "@_$".contains(c) => word(rest)?,
            c => return Err(format!("`{c}` is not expected here")),
        };
        found.push(token);
        if found.len() > TOKENS_MAX {
            return Err(format!("at most {TOKENS_MAX} words"));
        }
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(found)
}

/// A text in quotes, in which two quotes are one; and its length as written.
fn quoted(text: &str) -> Result<(String, usize), String> {
    let mut out = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match (c, chars.peek()) {
            ('\'', Some((_, '\''))) => {
                out.push('\'');
                chars.next();
            }
            ('\'', _) => return Ok((out, at + 1)),
            _ => out.push(c),
        }
    }
    Err("a quotation mark is open".to_owned())
}

fn run(text: &str, signs: impl Fn(char) -> bool) -> &str {
    let end = text.char_indices().find(|(_, c)| !signs(*c)).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default()
}

fn number_or_time(text: &str) -> Result<(Token, usize), String> {
    let word = run(text, |c| c.is_ascii_alphanumeric() || "+-.:/".contains(c));
    let value = word.parse::<f64>().ok().filter(|n| n.is_finite()).map(Value::Number);
    let value = value.or_else(|| Value::time(word));
    let value = value.ok_or_else(|| format!("`{word}` is neither a number nor a time"))?;
    Ok((Token::Literal(value), word.len()))
}

fn word(text: &str) -> Result<(Token, usize), String> {
    let word = run(text, |c| c.is_alphanumeric() || "@_$./-".contains(c));
    let behind = text.get(word.len()..).unwrap_or_default();
    if behind.starts_with('\'') {
        let (inner, length) = quoted(behind)?;
        let value = match word {
            "geography" | "geometry" => geo::read(&inner),
            "duration" => duration(&inner).map(Value::Length),
            "datetime" | "datetimeoffset" => Value::time(&inner),
            _ => None,
        };
        let value = value.ok_or_else(|| format!("`{word}'{inner}'` is not understood"))?;
        return Ok((Token::Literal(value), word.len() + length));
    }
    let token = match word {
        "true" => Token::Literal(Value::Bool(true)),
        "false" => Token::Literal(Value::Bool(false)),
        "null" => Token::Literal(Value::Null),
        word => Token::Word(word.to_owned()),
    };
    Ok((token, word.len()))
}

/// ISO 8601: `P1DT2H30M`, `-PT5M`; months and years have no fixed length and are not taken. ms.
fn duration(text: &str) -> Option<i64> {
    let (sign, text) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
    let mut rest = text.strip_prefix('P')?;
    let (mut total, mut in_day) = (0.0, false);
    while !rest.is_empty() {
        if let Some(day) = rest.strip_prefix('T') {
            (rest, in_day) = (day, true);
            continue;
        }
        let digits = run(rest, |c| c.is_ascii_digit() || c == '.');
        let unit = rest.get(digits.len()..)?.chars().next()?;
        let each = match (in_day, unit) {
            (false, 'W') => 7 * DAY_MS,
            (false, 'D') => DAY_MS,
            (true, 'H') => HOUR_MS,
            (true, 'M') => MINUTE_MS,
            (true, 'S') => 1_000,
            _ => return None,
        };
        total += digits.parse::<f64>().ok()? * each as f64;
        rest = rest.get(digits.len() + 1..)?;
    }
    // A float becomes the nearest whole number, and the greatest where it is out of range.
    Some((sign * total).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_numbers_times_and_texts_are_told_apart() {
        let found = tokens("result gt -1.5e2 and phenomenonTime lt 2021-06-30T00:00:00+08:00").unwrap();
        assert_eq!(found[2], Token::Literal(Value::Number(-150.0)));
        let at = Value::time("2021-06-29T16:00:00Z").unwrap();
        assert_eq!(found[6], Token::Literal(at));
        assert_eq!(tokens("'it''s'").unwrap(), [Token::Literal(Value::Text("it's".into()))]);
        assert_eq!(duration("P1DT2H30M"), Some(DAY_MS + 2 * HOUR_MS + 30 * MINUTE_MS));
        assert_eq!((duration("-PT0.5S"), duration("P1M"), duration("x")), (Some(-500), None, None));
        for bad in ["'open", "2021-99", "a ; b", "geography'CIRCLE'"] {
            assert!(tokens(bad).is_err(), "{bad}");
        }
    }
}
