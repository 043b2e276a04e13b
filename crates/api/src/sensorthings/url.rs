//! 网址: percent signs in and out of a query.

use std::fmt::Write;

/// Reads `%XX`, and `+` as a space but where it belongs to a time's offset (`00:00+08:00`): many
/// clients leave it as it is there.
pub(super) fn decoded(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'%' => {
                let pair = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok())?;
                out.push(u8::from_str_radix(pair, 16).ok()?);
                at += 2;
            }
            b'+' if !is_offset(bytes, at) => out.push(b' '),
            byte => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8(out).ok()
}

/// Whether the sign at `at` begins `+08:00` behind a digit.
fn is_offset(bytes: &[u8], at: usize) -> bool {
    let digit = |n: usize| bytes.get(n).is_some_and(u8::is_ascii_digit);
    let before = at.checked_sub(1).is_some_and(digit);
    let colon = |n: usize| bytes.get(n) == Some(&b':') || bytes.get(n..n + 3) == Some(b"%3A");
    before && digit(at + 1) && digit(at + 2) && colon(at + 3)
}

/// Writes an option's value so that every reader gets it back.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~$(),:;'/=@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Cuts at `sign` where it stands in no bracket and no quotes.
pub(super) fn split(text: &str, sign: char) -> Vec<&str> {
    let (mut depth, mut quoted, mut from) = (0_usize, false, 0);
    let mut parts = vec![];
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            c if c == sign && !quoted && depth == 0 => {
                parts.push(text.get(from..at).unwrap_or_default());
                from = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text.get(from..).unwrap_or_default());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_is_a_space_but_in_an_offset() {
        assert_eq!(decoded("name+eq+%27a%20b%27").unwrap(), "name eq 'a b'");
        assert_eq!(decoded("ge+2021-06-30T00:00:00+08:00").unwrap(), "ge 2021-06-30T00:00:00+08:00");
        assert_eq!(decoded("%zz"), None);
        let odd = "a b&c=d+e#水";
        assert_eq!(decoded(&encoded(odd)).unwrap(), odd);
    }

    #[test]
    fn brackets_and_quotes_hold_together() {
        let parts = split("Datastreams($select=a,b;$expand=X),Locations,'a,b'", ',');
        assert_eq!(parts, ["Datastreams($select=a,b;$expand=X)", "Locations", "'a,b'"]);
    }
}
