//! Names with their escapes taken away and put back.

use std::borrow::Cow;

/// A measurement, tag or field name without its escapes: `\,`, `\=`, `\ ` and `\\` before one of
/// them stand for the sign itself, any other backslash for itself. `None` when it is not UTF-8.
#[must_use]
pub fn unescape(raw: &[u8]) -> Option<Cow<'_, str>> {
    let text = std::str::from_utf8(raw).ok()?;
    if !text.contains('\\') {
        return Some(Cow::Borrowed(text));
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(sign) = rest.next() {
        match (sign, rest.peek()) {
            ('\\', Some(next @ (',' | '=' | ' ' | '\\'))) => {
                plain.push(*next);
                rest.next();
            }
            _ => plain.push(sign),
        }
    }
    Some(Cow::Owned(plain))
}

/// 规范序列名: measurement and tags, sorted by tag name, unescaped, as `measurement,tag=value,…`:
/// two lines of one series in another order of tags give the same text. `None` when a name is not
/// UTF-8.
#[must_use]
pub fn canonical(line: &super::Line<'_>) -> Option<String> {
    let mut tags = Vec::new();
    for (name, value) in line.tags() {
        tags.push((unescape(name)?, unescape(value)?));
    }
    tags.sort();
    let mut text = unescape(line.measurement())?.into_owned();
    for (name, value) in tags {
        text.push(',');
        text.push_str(&name);
        text.push('=');
        text.push_str(&value);
    }
    Some(text)
}
