//! A file's cells, whatever it is: CSV in UTF-8, UTF-16 or GB 18030, or Parquet.

use super::sheet;
use encoding_rs::{GB18030, UTF_8, UTF_16BE, UTF_16LE};

/// What every Parquet file begins with.
const PARQUET: &[u8] = b"PAR1";

/// Lines of cells; the first is the heading.
#[derive(Debug, Default, PartialEq)]
pub struct Sheet {
    /// `utf-8`, `gb18030`, `utf-16`, `parquet`.
    pub encoding: &'static str,
    pub(crate) heading: Vec<String>,
    pub(crate) rows: Vec<(usize, Vec<String>)>,
    /// Lines that could not be cut into cells: line, column, code, what stood there.
    pub(crate) broken: Vec<(usize, String, &'static str, String)>,
}

impl Sheet {
    /// Reads a file. Never fails: what is broken is noted.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        if bytes.starts_with(PARQUET) {
            return sheet::parquet(bytes);
        }
        let (encoding, text, broken_text) = decoded(bytes);
        let mut sheet = Self { encoding, ..Self::default() };
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .delimiter(delimiter(&text))
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let line = error.position().map_or(0, |p| usize::try_from(p.line()).unwrap_or(0));
                    sheet.broken.push((line, String::new(), "bad_csv", error.to_string()));
                    continue;
                }
            };
            let line = record.position().map_or(0, |p| usize::try_from(p.line()).unwrap_or(0));
            let cells: Vec<String> = record.iter().map(str::to_owned).collect();
            if sheet.heading.is_empty() {
                sheet.heading = cells;
            } else if cells.iter().any(|cell| !cell.is_empty()) {
                match cells.iter().position(|cell| broken_text && cell.contains('\u{FFFD}')) {
                    Some(n) => {
                        let column = sheet.heading.get(n).cloned().unwrap_or_default();
                        let cell = cells.get(n).cloned().unwrap_or_default();
                        sheet.broken.push((line, column, "bad_encoding", cell));
                    }
                    None => sheet.rows.push((line, cells)),
                }
            }
        }
        sheet
    }
}

/// The text, what it was written in, and whether signs were lost.
fn decoded(bytes: &[u8]) -> (&'static str, String, bool) {
    let whole = |encoding: &'static encoding_rs::Encoding, name, bytes| {
        let (text, lost) = encoding.decode_with_bom_removal(bytes);
        (name, text.into_owned(), lost)
    };
    match bytes {
        [0xFF, 0xFE, ..] => whole(UTF_16LE, "utf-16", bytes),
        [0xFE, 0xFF, ..] => whole(UTF_16BE, "utf-16", bytes),
        [0xEF, 0xBB, 0xBF, ..] => whole(UTF_8, "utf-8", bytes),
        _ => {
            let utf8 = whole(UTF_8, "utf-8", bytes);
            if !utf8.2 {
                return utf8;
            }
            let gb = whole(GB18030, "gb18030", bytes);
            // A few broken bytes in UTF-8 are no reason to read it as GB 18030.
            let lost = |text: &str| text.chars().filter(|c| *c == '\u{FFFD}').count();
            if lost(&gb.1) <= lost(&utf8.1) { gb } else { utf8 }
        }
    }
}

/// Comma, semicolon or tab: what the first line has most of.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let count = |sign: u8| first.bytes().filter(|b| *b == sign).count();
    [b',', b';', b'\t'].into_iter().max_by_key(|sign| (count(*sign), *sign == b',')).unwrap_or(b',')
}
