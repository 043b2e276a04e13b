//! One line after another, borrowed from the body.

use super::problem::{Problem, ProblemKind};
use super::{LINE_MAX, number};

/// One line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line<'a> {
    /// The body's line number, from 1.
    pub number: u32,
    /// The whole line as it came, without its end.
    pub raw: &'a [u8],
    series: &'a [u8],
    measurement: usize,
    fields: &'a [u8],
    /// The timestamp as written; its unit is the request's. `None`: the time of arrival counts.
    pub stamp: Option<i64>,
}

/// One field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field<'a> {
    /// Its name as written, escapes and all.
    pub name: &'a [u8],
    /// Its value.
    pub value: FieldValue<'a>,
}

/// A field's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FieldValue<'a> {
    /// `1.5`, `1e3`, `-7`, `12i`, `12u`. Integers beyond 2⁵³ lose their last digits.
    Number(f64),
    /// `t`, `true`, `F`, …
    Truth(bool),
    /// `"…"` without the quotes, with its escapes.
    Text(&'a [u8]),
}

impl FieldValue<'_> {
    /// As a number: a truth is 1 or 0, a text none.
    #[must_use]
    pub const fn number(self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(value),
            Self::Truth(truth) => Some(truth as u8 as f64),
            Self::Text(_) => None,
        }
    }
}

impl<'a> Line<'a> {
    /// Measurement and tags as written: what tells one series from another.
    #[must_use]
    pub const fn series(&self) -> &'a [u8] {
        self.series
    }

    /// The measurement as written.
    #[must_use]
    pub fn measurement(&self) -> &'a [u8] {
        self.series.get(..self.measurement).unwrap_or_default()
    }

    /// Name and value of each tag, as written.
    #[must_use]
    pub fn tags(&self) -> Tags<'a> {
        Tags { rest: self.series.get(self.measurement..).unwrap_or_default() }
    }

    /// The fields, checked when the line was read.
    #[must_use]
    pub const fn fields(&self) -> Fields<'a> {
        Fields { rest: self.fields, at: 0 }
    }
}

/// The tags of a line.
#[derive(Clone, Copy, Debug)]
pub struct Tags<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Tags<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.split_first()?.1;
        let equals = until(rest, |b| b == b'=');
        let name = rest.get(..equals)?;
        let value = rest.get(equals + 1..)?;
        let end = until(value, |b| b == b',');
        self.rest = value.get(end..)?;
        Some((name, value.get(..end)?))
    }
}

/// The fields of a line.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let (field, end) = field(self.rest.get(self.at..)?).ok()?;
        self.at += end + 1;
        Some(field)
    }
}

/// Goes over a body line by line.
#[must_use]
pub const fn lines(body: &[u8]) -> Lines<'_> {
    Lines { body, at: 0, number: 0 }
}

/// See [`lines`].
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    body: &'a [u8],
    at: usize,
    number: u32,
}

impl<'a> Lines<'a> {
    /// Where the next line begins.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.at
    }

    /// Goes on at `offset`, after `lines` lines were read by other means.
    pub fn skip_to(&mut self, offset: usize, lines: u32) {
        self.at = offset.min(self.body.len());
        self.number = self.number.saturating_add(lines);
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Result<Line<'a>, (Problem, &'a [u8])>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rest = self.body.get(self.at..).filter(|rest| !rest.is_empty())?;
            self.number = self.number.saturating_add(1);
            let first = rest.iter().position(|b| !matches!(b, b' ' | b'\t')).unwrap_or(rest.len());
            let begin = rest.get(first..).unwrap_or_default();
            if matches!(begin.first(), None | Some(b'\n' | b'\r' | b'#')) {
                let end = begin.iter().position(|b| *b == b'\n').map_or(begin.len(), |end| end + 1);
                self.at += first + end;
                continue;
            }
            let number = self.number;
            let (read, end) = read(begin, number);
            self.at += first + end;
            // A line feed inside a quoted text is part of the line, but a line of the body.
            let inside = begin.get(..end.saturating_sub(1)).unwrap_or_default();
            if read.is_ok_and(|line| line.fields.contains(&b'\n')) {
                let feeds = inside.iter().filter(|b| **b == b'\n').count();
                self.number = self.number.saturating_add(u32::try_from(feeds).unwrap_or(u32::MAX));
            }
            return Some(read.map_err(|(at, kind)| {
                let column = u32::try_from(first + at + 1).unwrap_or(u32::MAX);
                (Problem { line: number, column, kind }, trimmed(inside))
            }));
        }
    }
}

type Bad = (usize, ProblemKind);

/// One line at the start of `bytes`, and where the next begins.
fn read(bytes: &[u8], number: u32) -> (Result<Line<'_>, Bad>, usize) {
    match parse(bytes, number) {
        Ok((line, end)) => (Ok(line), end),
        Err(bad) => {
            // The next line begins behind the line feed after the fault.
            let end = bytes.iter().position(|b| *b == b'\n').map_or(bytes.len() + 1, |end| end + 1);
            (Err(bad), end)
        }
    }
}

fn parse(bytes: &[u8], number: u32) -> Result<(Line<'_>, usize), Bad> {
    let series_end = until(bytes, |b| matches!(b, b' ' | b'\n' | b'\r'));
    let series = bytes.get(..series_end).unwrap_or_default();
    let measurement = until(series, |b| b == b',');
    if measurement == 0 {
        return Err((0, ProblemKind::NoMeasurement));
    }
    check_tags(series, measurement)?;
    let blanks = blanks(bytes, series_end);
    let begun = series_end + blanks;
    if !matches!(bytes.get(series_end), Some(b' ')) || matches!(bytes.get(begun), None | Some(b'\n' | b'\r'))
    {
        return Err((begun, ProblemKind::NoField));
    }
    let mut at = begun;
    loop {
        let (_, end) = field(bytes.get(at..).unwrap_or_default()).map_err(|(bad, kind)| (at + bad, kind))?;
        at += end;
        if bytes.get(at) != Some(&b',') {
            break;
        }
        at += 1;
    }
    let fields = bytes.get(begun..at).unwrap_or_default();
    let stamp_at = at + self::blanks(bytes, at);
    let rest = bytes.get(stamp_at..).unwrap_or_default();
    let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    let text = trimmed(rest.get(..end).unwrap_or_default());
    if text.len() > 24 && stamp_at + end > LINE_MAX {
        return Err((0, ProblemKind::TooLong));
    }
    let stamp = match text {
        b"" => None,
        text => Some(number::whole(text).ok_or((stamp_at, ProblemKind::BadTime))?),
    };
    let whole = stamp_at + end;
    if whole > LINE_MAX {
        return Err((0, ProblemKind::TooLong));
    }
    let raw = trimmed(bytes.get(..whole).unwrap_or_default());
    Ok((Line { number, raw, series, measurement, fields, stamp }, whole + 1))
}

fn check_tags(series: &[u8], measurement: usize) -> Result<(), Bad> {
    let mut at = measurement;
    while at < series.len() {
        let rest = series.get(at + 1..).unwrap_or_default();
        let end = until(rest, |b| b == b',');
        let tag = rest.get(..end).unwrap_or_default();
        let equals = until(tag, |b| b == b'=');
        if equals == 0 || equals + 1 >= tag.len() {
            return Err((at + 1, ProblemKind::BadTag));
        }
        at += 1 + end;
    }
    Ok(())
}

/// One field at the start of `bytes`, and where it ends (at a comma, a blank or the line's end).
pub(crate) fn field(bytes: &[u8]) -> Result<(Field<'_>, usize), Bad> {
    let equals = until(bytes, |b| matches!(b, b'=' | b',' | b' ' | b'\n'));
    if equals == 0 || bytes.get(equals) != Some(&b'=') {
        return Err((0, ProblemKind::BadField));
    }
    let name = bytes.get(..equals).unwrap_or_default();
    let begun = equals + 1;
    let rest = bytes.get(begun..).unwrap_or_default();
    let (value, length) = value(rest).map_err(|kind| (begun, kind))?;
    Ok((Field { name, value }, begun + length))
}

/// A value at the start of `bytes`, and how many bytes it takes.
pub(crate) fn value(bytes: &[u8]) -> Result<(FieldValue<'_>, usize), ProblemKind> {
    if bytes.first() == Some(&b'"') {
        let rest = bytes.get(1..).unwrap_or_default();
        let mut at = 0;
        while let Some(byte) = rest.get(at) {
            match byte {
                b'\\' => at += 1,
                b'"' => {
                    let end = at + 2;
                    let text = rest.get(..at).unwrap_or_default();
                    return if ends(bytes, end) {
                        Ok((FieldValue::Text(text), end))
                    } else {
                        Err(ProblemKind::BadValue)
                    };
                }
                _ if at > LINE_MAX => return Err(ProblemKind::TooLong),
                _ => {}
            }
            at += 1;
        }
        return Err(ProblemKind::OpenText);
    }
    if let Some((value, length)) = number::quick(bytes)
        && ends(bytes, length)
    {
        return Ok((FieldValue::Number(value), length));
    }
    let end = bytes.iter().position(|b| matches!(b, b',' | b' ' | b'\n' | b'\r')).unwrap_or(bytes.len());
    slow(bytes.get(..end).unwrap_or_default()).map(|value| (value, end))
}

fn slow(word: &[u8]) -> Result<FieldValue<'static>, ProblemKind> {
    match word {
        b"t" | b"T" | b"true" | b"True" | b"TRUE" => return Ok(FieldValue::Truth(true)),
        b"f" | b"F" | b"false" | b"False" | b"FALSE" => return Ok(FieldValue::Truth(false)),
        _ => {}
    }
    let text = std::str::from_utf8(word).map_err(|_| ProblemKind::BadValue)?;
    let value = match word.split_last() {
        Some((b'i', digits)) if is_whole(digits) => whole(digits).ok_or(ProblemKind::TooLarge)? as f64,
        Some((b'u', digits)) if is_whole(digits) && digits.first() != Some(&b'-') => {
            let digits = std::str::from_utf8(digits).map_err(|_| ProblemKind::BadValue)?;
            digits.parse::<u64>().map_err(|_| ProblemKind::TooLarge)? as f64
        }
        Some((last, _)) if last.is_ascii_digit() || *last == b'.' => {
            text.parse().map_err(|_| ProblemKind::BadValue)?
        }
        _ => return Err(ProblemKind::BadValue),
    };
    if value.is_finite() { Ok(FieldValue::Number(value)) } else { Err(ProblemKind::TooLarge) }
}

fn is_whole(digits: &[u8]) -> bool {
    let digits = digits.strip_prefix(b"-").unwrap_or(digits);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

fn whole(digits: &[u8]) -> Option<i64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Whether a value may end at `at`.
#[inline]
fn ends(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at), None | Some(b',' | b' ' | b'\n' | b'\r'))
}

/// Bytes before the first unescaped one that `stop` says; all of them when there is none.
fn until(bytes: &[u8], stop: impl Fn(u8) -> bool) -> usize {
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            // A backslash never hides a line's end.
            b'\\' if !matches!(bytes.get(at + 1), None | Some(b'\n' | b'\r')) => at += 1,
            b if stop(*b) => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// How many blanks begin at `at`.
fn blanks(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).unwrap_or_default().iter().take_while(|b| **b == b' ').count()
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii_end()
}
